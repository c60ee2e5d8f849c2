/* SPDX-License-Identifier: MIT */
/*
 * Which JPEG files come back byte for byte from coefficients and a recipe? Prints for each file the result, its
 * size and that of its recipe, and at the end one line for all:
 *
 *     jpeg_rebuild FILE...
 *
 *     rebuilt   81234  45  FILE
 *     kept      81234   -  FILE: JPEG: samples that are not of 8 bits
 *     all: 12 files, 11 rebuilt, 1 kept; a recipe takes 51.2 bytes in the mean
 *
 * Exit status 1 if a file cannot be loaded.
 */
#include "jpeg/file.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    unsigned long rebuilt = 0, kept = 0;
    size_t recipes = 0;
    for (int i = 1; i < argc; i++) {
        struct byte_buffer file = {0}, recipe = {0};
        struct jpeg_planes planes;
        struct bswz_error error = {.status = BSWZ_OK};
        if (!load(argv[i], &file)) {
            perror(argv[i]);
            return 1;
        }
        if (jpeg_file_planes(file.data, file.size, &planes, &error) == BSWZ_OK &&
            jpeg_file_take_apart(file.data, file.size, &planes, &recipe, &error) == BSWZ_OK) {
            printf("rebuilt %8zu %6zu  %s\n", file.size, recipe.size, argv[i]);
            jpeg_planes_free(&planes);
            recipes += recipe.size;
            rebuilt++;
        } else {
            printf("kept    %8zu      -  %s: %s\n", file.size, argv[i], error.message);
            kept++;
        }
        free(file.data);
        free(recipe.data);
    }
    printf("all: %d files, %lu rebuilt, %lu kept; a recipe takes %.1f bytes in the mean\n", argc - 1, rebuilt, kept,
           rebuilt > 0 ? (double)recipes / (double)rebuilt : 0.0);
    return 0;
}
