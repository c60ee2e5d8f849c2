/*
 * What a model of coefficients makes of JPEG files, without headers or recipes:
 *
 *     build/bench/coefficients MODEL.bsm FILE.jpg ...
 *
 * prints for every file its size, the coded bytes of its coefficients, and the seconds of encoding and decoding; the
 * decoded coefficients are compared.
 */
#include "coefficients/coefficients.h"
#include "coefficients/model.h"
#include "jpeg/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, const struct bswz_error *error) {
    fprintf(stderr, "coefficients: %s: %s\n", what, error->message);
    exit(1);
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        const long end = ftell(file);
        *size = end > 0 ? (size_t)end : 0;
        rewind(file);
        bytes = malloc(*size + 1);
        if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    if (bytes == NULL) {
        perror(path);
        exit(1);
    }
    return bytes;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void measure(const struct coefficient_model *model, const char *path) {
    struct bswz_error error = {0};
    struct jpeg_planes planes, restored;
    struct byte_buffer recipe = {0}, coded = {0};
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    if (jpeg_file_planes(bytes, size, &planes, &error) != BSWZ_OK ||
        jpeg_file_take_apart(bytes, size, &planes, &recipe, &error) != BSWZ_OK) {
        fail(path, &error);
    }
    restored = planes;
    const double start = seconds();
    if (jpeg_planes_allocate(&restored, &error) != BSWZ_OK ||
        coefficients_encode_with(model, &planes, NULL, &coded, &error) != BSWZ_OK) {
        fail(path, &error);
    }
    const double middle = seconds();
    if (coefficients_decode_with(model, &restored, NULL, coded.data, coded.size, &error) != BSWZ_OK) {
        fail(path, &error);
    }
    const double end = seconds();
    for (unsigned c = 0; c < planes.count; c++) {
        const size_t blocks = (size_t)planes.component[c].rows * planes.component[c].columns;
        if (memcmp(planes.component[c].block, restored.component[c].block, blocks * sizeof *planes.component[c].block) != 0) {
            fail(path, &(struct bswz_error){.message = "other coefficients came back"});
        }
    }
    printf("file %zu coded %zu encode %.3f decode %.3f %s\n", size, coded.size, middle - start, end - middle, path);
    jpeg_planes_free(&planes);
    jpeg_planes_free(&restored);
    free(recipe.data);
    free(coded.data);
    free(bytes);
}

int main(int argc, char **argv) {
    struct bswz_error error = {0};
    struct coefficient_model *model;
    size_t size;
    if (argc < 3) {
        fputs("usage: coefficients MODEL.bsm FILE.jpg ...\n", stderr);
        return 1;
    }
    uint8_t *bytes = read_file(argv[1], &size);
    if (coefficient_model_load(bytes, size, &model, &error) != BSWZ_OK) {
        fail(argv[1], &error);
    }
    for (int i = 2; i < argc; i++) {
        measure(model, argv[i]);
    }
    coefficient_model_free(model);
    free(bytes);
    return 0;
}
