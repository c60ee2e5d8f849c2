/* SPDX-License-Identifier: MIT */
/*
 * One program for all targets, chosen by the name under which it is called. The Makefile takes the names from the
 * table.
 */
#include "fuzz.h"

static const struct {
    const char *name;
    void (*run)(const uint8_t *data, size_t size);
} targets[] = {
    {"decompress", fuzz_decompress},
    {"rescue", fuzz_rescue},
    {"list", fuzz_list},
    {"count", fuzz_count},
    {"pixels", fuzz_pixels},
    {"trip", fuzz_trip},
    {"model", fuzz_model},
    {"coefficients", fuzz_coefficients},
    {"jpeg-file", fuzz_jpeg_file},
    {"recipe", fuzz_recipe},
    {"gif-file", fuzz_gif_file},
    {"gif-data", fuzz_gif_data},
    {"deflate", fuzz_deflate},
    {"deflate-recipe", fuzz_deflate_recipe},
    {"pages", fuzz_pages},
    {"pages-plan", fuzz_pages_plan},
    {"archive", fuzz_archive},
    {"page-unpack", fuzz_page_unpack},
    {"page-pack", fuzz_page_pack},
    {"page-inflate", fuzz_page_inflate},
    {"page-png", fuzz_page_png},
    {"exceptions", fuzz_exceptions},
    {"record", fuzz_record},
    {"record-trip", fuzz_record_trip},
    {"png", fuzz_png},
    {"png-file", fuzz_png_file},
    {"jpeg", fuzz_jpeg},
    {"webp", fuzz_webp},
    {"bmp", fuzz_bmp},
    {"tiff", fuzz_tiff},
    {"pnm", fuzz_pnm},
    {"raw", fuzz_raw},
};

static void (*target)(const uint8_t *data, size_t size); /* set once */

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called by the sanitizers. An allocation may fail, as it does elsewhere, and abort() leaves a report. */
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:handle_abort=1";
}

const char *__ubsan_default_options(void) {
    return "print_stacktrace=1";
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    const char *slash = strrchr((*argv)[0], '/'), *name = slash != NULL ? slash + 1 : (*argv)[0];
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (strcmp(name, targets[i].name) == 0) {
            target = targets[i].run;
            return 0;
        }
    }
    fprintf(stderr, "fuzz: there is no target '%s'\n", name);
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    target(data, size);
    return 0;
}
