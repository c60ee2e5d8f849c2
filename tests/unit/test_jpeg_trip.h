/* SPDX-License-Identifier: MIT */
/*
 * JPEG files split into coefficients and a recipe, and rebuilt.
 */
#ifndef TEST_JPEG_TRIP_H
#define TEST_JPEG_TRIP_H

#include "test_jpeg.h"

#include "jpeg/file.h"

static inline enum bswz_status take_apart(const struct byte_buffer *file, struct jpeg_planes *planes,
                                          struct byte_buffer *packed, struct bswz_error *error) {
    const enum bswz_status status = jpeg_file_planes(file->data, file->size, planes, error);
    return status == BSWZ_OK ? jpeg_file_take_apart(file->data, file->size, planes, packed, error) : status;
}

/* The planes and the packed recipe give exactly this file. */
static inline void check_written(const char *what, const struct byte_buffer *file, const struct jpeg_planes *planes,
                                 const struct byte_buffer *packed) {
    struct cursor cursor = {.bytes = packed->data, .size = packed->size}, skipped = cursor;
    struct jpeg_recipe recipe = {.headers = {0}};
    struct jpeg_planes told;
    struct bswz_error error = {.status = BSWZ_OK};
    size_t wanted;
    uint8_t *again = malloc(file->size);
    CHECK(jpeg_recipe_skip(&skipped, file->size, &wanted) && skipped.at == packed->size, "%s", what);
    CHECK(jpeg_recipe_take(&cursor, file->size, NULL, &recipe, &error) == BSWZ_OK && cursor.at == packed->size,
          "%s: %s", what, error.message);
    CHECK(jpeg_markers_planes(recipe.headers.data, recipe.headers.size, &told, &error) == BSWZ_OK, "%s: %s", what,
          error.message);
    bool same = told.count == planes->count && told.width == planes->width && told.height == planes->height;
    for (unsigned c = 0; c < told.count && same; c++) {
        const struct jpeg_component *a = &told.component[c], *b = &planes->component[c];
        same = a->columns == b->columns && a->rows == b->rows && memcmp(a->step, b->step, sizeof a->step) == 0;
    }
    CHECK(same, "%s: the recipe's headers tell of other planes", what);
    CHECK(jpeg_write(planes, &recipe, NULL, again, file->size, &error) == BSWZ_OK &&
              memcmp(again, file->data, file->size) == 0,
          "%s: %s", what, error.message);
    CHECK(jpeg_write(planes, &recipe, NULL, again, file->size - 1, &error) == BSWZ_ERROR_CORRUPT, "%s: too short",
          what);
    jpeg_recipe_free(&recipe);
    free(again);
}

/* Returns the size of the recipe; frees the file. */
static inline size_t expect_rebuilt(const char *what, struct byte_buffer file) {
    struct jpeg_planes planes;
    struct byte_buffer packed = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = take_apart(&file, &planes, &packed, &error);
    CHECK(status == BSWZ_OK, "%s: %s", what, error.message);
    if (status == BSWZ_OK) {
        check_written(what, &file, &planes, &packed);
        jpeg_planes_free(&planes);
    }
    free(file.data);
    free(packed.data);
    return packed.size;
}

#endif
