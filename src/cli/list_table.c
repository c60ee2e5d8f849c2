/* SPDX-License-Identifier: MIT */
/*
 * Lists in the form that people read.
 */
#include "cli/list_print.h"

#include "cli/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_ratio(uint64_t compressed, uint64_t restored) {
    if (restored > 0) {
        printf(" %7.3f", (double)compressed / (double)restored);
    } else {
        printf(" %7s", "-");
    }
}

static void print_source(const struct list_sums *sums) {
    print_ratio(sums->compressed, list_has_source(sums) ? sums->source : 0);
}

static void print_name(const char *name) {
    fputs("  ", stdout);
    message_put_masked(stdout, name);
    putchar('\n');
}

/* "640x480x3", or "640x480x3/16" if samples do not have 8 bits. */
static void print_dimensions(const struct bswz_entry *entry) {
    char text[64] = "-";
    if (entry->is_picture && entry->depth == 8) {
        snprintf(text, sizeof text, "%" PRIu32 "x%" PRIu32 "x%" PRIu32, entry->width, entry->height, entry->channels);
    } else if (entry->is_picture) {
        snprintf(text, sizeof text, "%" PRIu32 "x%" PRIu32 "x%" PRIu32 "/%" PRIu32, entry->width, entry->height,
                 entry->channels, entry->depth);
    }
    printf("  %-16s", text);
}

/* A JPEG file coded by its coefficients is a kind of its own, as is a GIF file: neither its pixels nor its bytes are
 * coded. What is not a picture is called as its format: bytes, or the beginning of a deflate stream or of pages. */
static const char *kind_of(const struct bswz_entry *entry) {
    if (!entry->is_picture) {
        return entry->format;
    }
    return strcmp(entry->origin, "DCT") == 0 ? "JPEG" : strcmp(entry->format, "GIF") == 0 ? "GIF" : "picture";
}

void list_table_heading(bool verbose) {
    printf("%12s %12s %7s", "compressed", "restored", "ratio");
    if (!verbose) {
        printf(" %7s", "of-file");
    }
    printf("  %-8s  %-16s", "kind", "dimensions");
    if (verbose) {
        printf("  %-6s  %-8s  %-7s  %6s  %6s  %-25s", "format", "origin", "promise", "frames", "tiles", "model");
    }
    fputs("  name\n", stdout);
}

static void print_part(const struct bswz_entry *entry, const char *name) {
    char model[64] = "-";
    if (entry->model_hash != 0) {
        snprintf(model, sizeof model, "%s %016" PRIx64, entry->model_name, entry->model_hash);
    }
    printf("%12" PRIu64 " %12" PRIu64, entry->compressed_size, entry->restored_size);
    print_ratio(entry->compressed_size, entry->restored_size);
    printf("  %-8s", kind_of(entry));
    print_dimensions(entry);
    printf("  %-6s  %-8s  %-7s  %6" PRIu64 "  %6" PRIu64 "  ", entry->format, entry->origin, entry->promise,
           entry->frames, entry->tiles);
    message_put_masked(stdout, model);
    for (size_t length = strlen(model); length < 25; length++) {
        putchar(' ');
    }
    print_name(name);
}

static void print_whole(const char *name, const struct bswz_entry *parts, const struct list_sums *sums) {
    printf("%12" PRIu64 " %12" PRIu64, sums->compressed, sums->restored);
    print_ratio(sums->compressed, sums->restored);
    print_source(sums);
    if (sums->parts == 1) {
        printf("  %-8s", kind_of(parts));
        print_dimensions(parts);
    } else {
        char kind[32];
        snprintf(kind, sizeof kind, "%" PRIu64 " parts", sums->parts);
        printf("  %-8s  %-16s", kind, "-");
    }
    print_name(name);
}

void list_table_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums, bool verbose) {
    if (!verbose) {
        print_whole(name, parts, sums);
    }
    for (uint64_t i = 0; verbose && i < sums->parts; i++) {
        print_part(&parts[i], name);
    }
}

static void print_share(const char *name, int64_t bytes, const struct bswz_account *account) {
    static const struct {
        const char *name, *words;
    } known[] = {
        {"level-0", "the finest level"},
        {"index", "choice of the curve for each pixel"},
        {"top", "the coarsest level"},
        {"latents", "latent variables, less the bits that come back"},
        {"corrections", "corrections of the networks"},
        {"stack", "the coder's final states and borrowed bits"},
        {"exceptions", "pixels that the origin or coefficients do not reproduce"},
        {"reductions", "tables of sample values, lower bits"},
        {"drawn", "pictures and planes coded as drawings"},
        {"deep", "samples predicted one by one"},
        {"zstd", "samples compressed with zstd"},
        {"stored", "samples stored unchanged"},
        {"coefficients", "of JPEG files, also of decoded ones"},
        {"bytes", "data that is not a picture"},
        {"records", "metadata"},
        {"headers", "headers, hashes and checks"},
        {"undecoded", "parts that could not be decoded"},
    };
    const char *words = strncmp(name, "level-", 6) == 0 ? "a coarser level" : "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        words = strcmp(name, known[i].name) == 0 ? known[i].words : words;
    }
    printf("%12" PRId64 " %7.2f%%", bytes, 100.0 * (double)bytes / (double)account->size);
    if (account->samples > 0) {
        printf(" %11.4f", 8.0 * (double)bytes / (double)account->samples);
    } else {
        printf(" %11s", "-");
    }
    printf("  %-12s%s%s\n", name, *words != '\0' ? "  " : "", words);
}

void list_table_account(const struct bswz_account *account) {
    printf("%12s %8s %11s  %s\n", "bytes", "share", "bits/sample", "spent on");
    for (size_t i = 0; i < BSWZ_SHARES; i++) {
        if (account->shares[i].bytes != 0) {
            print_share(account->shares[i].name, account->shares[i].bytes, account);
        }
    }
    print_share("all", (int64_t)account->size, account);
}

void list_table_total(const struct list_sums *sums, bool verbose) {
    char kind[32], name[32];
    snprintf(kind, sizeof kind, "%" PRIu64 " parts", sums->parts);
    snprintf(name, sizeof name, "%" PRIu64 " file%s", sums->files, sums->files == 1 ? "" : "s");
    printf("%12" PRIu64 " %12" PRIu64, sums->compressed, sums->restored);
    print_ratio(sums->compressed, sums->restored);
    if (!verbose) {
        print_source(sums);
    }
    printf("  %-8s  %-16s", kind, "-");
    if (verbose) {
        printf("  %-6s  %-8s  %-7s  %6s  %6s  %-25s", "-", "-", "-", "-", "-", "-");
    }
    print_name(name);
}
