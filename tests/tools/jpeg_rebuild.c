/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Which JPEG files come back byte for byte from coefficients and a recipe? Prints for each file the result, its
 * size and that of its recipe, and at the end one line for all:
 *
 *     jpeg_rebuild FILE...
 *
 *     rebuilt   81234  45  FILE
 *     kept      81234   -  FILE: JPEG: damaged: Premature end of JPEG file
 *     all: 12 files, 11 rebuilt, 1 kept of which libjpeg reads 0; a recipe takes 51.2 bytes in the mean
 *
 * Exit status 1 if a file cannot be loaded.
 */
#include "jpeg/file.h"
#include "jpeg/read.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

/* Does libjpeg read the file without a warning, as far as it has planes? */
static int is_read(const struct byte_buffer *file) {
    struct jpeg_planes planes;
    if (jpeg_markers_planes(file->data, file->size, &planes, NULL) != BSWZ_OK ||
        jpeg_planes_allocate(&planes, NULL) != BSWZ_OK) {
        return 0;
    }
    const enum bswz_status status = jpeg_planes_read(file->data, file->size, &planes, NULL);
    jpeg_planes_free(&planes);
    return status == BSWZ_OK;
}

int main(int argc, char **argv) {
    unsigned long rebuilt = 0, kept = 0, readable = 0;
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
            readable += (unsigned long)is_read(&file);
        }
        free(file.data);
        free(recipe.data);
    }
    printf("all: %d files, %lu rebuilt, %lu kept of which libjpeg reads %lu; a recipe takes %.1f bytes in the mean\n",
           argc - 1, rebuilt, kept, readable, rebuilt > 0 ? (double)recipes / (double)rebuilt : 0.0);
    return 0;
}
