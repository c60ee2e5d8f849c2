/* SPDX-License-Identifier: MIT */
/*
 * Whole JPEG files (file.h).
 */
#include "jpeg/file.h"

#include "base/allocate.h"
#include "jpeg/read.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The decoder's own tables and buffers. */
#define OVERHEAD ((uint64_t)1 << 20)

uint64_t jpeg_memory_to_take_apart(const struct jpeg_planes *planes, uint64_t file_size) {
    return 2 * jpeg_planes_bytes(planes) + 3 * file_size + OVERHEAD;
}

uint64_t jpeg_memory_to_restore(const struct jpeg_planes *planes, uint64_t file_size) {
    return jpeg_planes_bytes(planes) + 3 * file_size + OVERHEAD;
}

/* Does what was put into the stream restore the file? */
static enum bswz_status check(const uint8_t *file, size_t size, const struct jpeg_planes *planes, struct cursor packed,
                              struct worker_pool *pool, struct bswz_error *error) {
    struct jpeg_recipe recipe = {.headers = {0}};
    enum bswz_status status = jpeg_recipe_take(&packed, size, NULL, &recipe, error);
    uint8_t *again = bswz_allocate(size, 1);
    if (status == BSWZ_OK && again == NULL) {
        status = bswz_no_memory(error);
    }
    if (status == BSWZ_OK) {
        status = jpeg_write(planes, &recipe, pool, again, size, error);
    }
    if (status == BSWZ_OK && memcmp(file, again, size) != 0) {
        status = bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "JPEG: the file cannot be rebuilt exactly");
    }
    free(again);
    jpeg_recipe_free(&recipe);
    return status;
}

/* Append a recipe that restores the file. */
static enum bswz_status find_recipe(const uint8_t *file, size_t size, const struct jpeg_planes *planes,
                                    const struct jpeg_gaps *gaps, bool keep_tables, struct worker_pool *pool,
                                    struct byte_buffer *packed, struct bswz_error *error) {
    struct jpeg_recipe recipe = {.headers = {0}};
    const size_t start = packed->size;
    enum bswz_status status = jpeg_recipe_find(planes, gaps, file, size, keep_tables, pool, &recipe, error);
    if (status == BSWZ_OK) {
        status = jpeg_recipe_put(&recipe, size, NULL, packed, error);
    }
    jpeg_recipe_free(&recipe);
    if (status == BSWZ_OK) {
        status = check(file, size, planes, (struct cursor){.bytes = packed->data, .size = packed->size, .at = start},
                       pool, error);
    }
    packed->size = status == BSWZ_OK ? packed->size : start;
    return status;
}

enum bswz_status jpeg_file_planes(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                  struct bswz_error *error) {
    const enum bswz_status status = jpeg_markers_planes(file, size, planes, error);
    return status == BSWZ_OK ? jpeg_planes_check(planes, size, error) : status;
}

enum bswz_status jpeg_file_read(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                const struct jpeg_watch *watch, struct worker_pool *pool, struct jpeg_gaps *gaps,
                                struct bswz_error *error) {
    *gaps = (struct jpeg_gaps){.gap = NULL};
    enum bswz_status status = jpeg_planes_allocate_shared(planes, pool, error);
    if (status != BSWZ_OK) {
        return status;
    }
    status = jpeg_planes_read(file, size, planes, watch, gaps, error);
    if (status != BSWZ_OK) {
        free(gaps->gap);
    }
    return status;
}

enum bswz_status jpeg_file_recipe(const uint8_t *file, size_t size, const struct jpeg_planes *planes,
                                  const struct jpeg_gaps *gaps, struct worker_pool *pool, struct byte_buffer *recipe,
                                  struct bswz_error *error) {
    enum bswz_status status = find_recipe(file, size, planes, gaps, false, pool, recipe, error);
    if (status == BSWZ_ERROR_CORRUPT || status == BSWZ_ERROR_UNSUPPORTED) {
        bswz_forgive(error);
        status = find_recipe(file, size, planes, gaps, true, pool, recipe, error);
    }
    return status;
}

enum bswz_status jpeg_file_take_apart(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                      struct byte_buffer *recipe, struct bswz_error *error) {
    struct jpeg_gaps gaps;
    enum bswz_status status = jpeg_file_read(file, size, planes, NULL, NULL, &gaps, error);
    if (status == BSWZ_OK) {
        status = jpeg_file_recipe(file, size, planes, &gaps, NULL, recipe, error);
        free(gaps.gap);
    }
    if (status != BSWZ_OK) {
        jpeg_planes_free(planes);
    }
    return status;
}
