/* SPDX-License-Identifier: MIT */
/*
 * Codes JPEG files with a model of coefficients, without headers or recipes:
 *
 *     build/bench/coefficients [--adaptive] MODEL.bsm FILE.jpg ...
 *
 * prints for every file its size, the coded bytes of its coefficients, and the seconds that encoding and decoding
 * took; the decoded coefficients are compared. --adaptive: with probabilities that adapt, as at levels 8 and 9.
 */
#include "../tests/tools/load.h"
#include "coefficients/coefficient_model.h"
#include "coefficients/coefficients.h"
#include "jpeg/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, const struct bswz_error *error) {
    fprintf(stderr, "coefficients: %s: %s\n", what, error->message);
    exit(1);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void measure(const struct coefficient_model *model, bool is_adaptive, const char *path) {
    struct bswz_error error = {0};
    struct jpeg_planes planes, restored;
    struct byte_buffer file = {0}, recipe = {0}, coded = {0};
    if (!load(path, &file)) {
        fail(path, &(struct bswz_error){.message = "cannot be read"});
    }
    if (jpeg_file_planes(file.data, file.size, &planes, &error) != BSWZ_OK ||
        jpeg_file_take_apart(file.data, file.size, &planes, &recipe, &error) != BSWZ_OK) {
        fail(path, &error);
    }
    restored = planes;
    const double start = seconds();
    if (jpeg_planes_allocate(&restored, &error) != BSWZ_OK ||
        coefficients_encode_with(model, &planes, is_adaptive, NULL, NULL, &coded, &error) != BSWZ_OK) {
        fail(path, &error);
    }
    const double middle = seconds();
    if (coefficients_decode_with(model, &restored, NULL, coded.data, coded.size, false, &error) != BSWZ_OK) {
        fail(path, &error);
    }
    const double end = seconds();
    for (unsigned c = 0; c < planes.count; c++) {
        const size_t blocks = (size_t)planes.component[c].rows * planes.component[c].columns;
        if (memcmp(planes.component[c].block, restored.component[c].block,
                   blocks * sizeof *planes.component[c].block) != 0) {
            fail(path, &(struct bswz_error){.message = "other coefficients came back"});
        }
    }
    printf("file %zu coded %zu encode %.3f decode %.3f %s\n", file.size, coded.size, middle - start, end - middle,
           path);
    jpeg_planes_free(&planes);
    jpeg_planes_free(&restored);
    free(recipe.data);
    free(coded.data);
    free(file.data);
}

int main(int argc, char **argv) {
    struct bswz_error error = {0};
    struct coefficient_model *model;
    struct byte_buffer file = {0};
    const bool is_adaptive = argc > 1 && strcmp(argv[1], "--adaptive") == 0;
    argv += is_adaptive;
    argc -= is_adaptive;
    if (argc < 3) {
        fputs("usage: coefficients [--adaptive] MODEL.bsm FILE.jpg ...\n", stderr);
        return 1;
    }
    if (!load(argv[1], &file)) {
        fail(argv[1], &(struct bswz_error){.message = "cannot be read"});
    }
    if (coefficient_model_load(file.data, file.size, is_adaptive, &model, &error) != BSWZ_OK) {
        fail(argv[1], &error);
    }
    for (int i = 2; i < argc; i++) {
        measure(model, is_adaptive, argv[i]);
    }
    coefficient_model_free(model);
    free(file.data);
    return 0;
}
