/* SPDX-License-Identifier: MIT */
/*
 * The layout of a JPEG segment, byte by byte (jpeg_header.h).
 *
 *     varint  size of the file, 1 ... JPEG_FILE_MAX
 *             recipe (jpeg/recipe.c)
 *     varint  size of the thumbnails, 0: none; and these (thumbnails.h)
 *     64 bits hash of the file
 *     32 bits check of all these bytes
 */
#include "container/jpeg_header.h"

#include "container/check.h"
#include "container/container.h"
#include "jpeg/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void jpeg_header_free(struct jpeg_header *header) {
    jpeg_recipe_free(&header->recipe);
    free(header->thumbnails.data);
    *header = (struct jpeg_header){.file_size = 0};
}

void jpeg_describe(const struct jpeg_planes *planes, char text[64]) {
    snprintf(text, 64, "JPEG %ux%u", planes->width, planes->height);
}

enum bswz_status jpeg_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *recipe,
                                 const struct byte_buffer *thumbnails, struct byte_buffer *out,
                                 struct bswz_error *error) {
    const size_t start = out->size;
    enum bswz_status status = put_varint(out, file_size, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, recipe->data, recipe->size, error);
    }
    if (status == BSWZ_OK) {
        status = put_sized(out, thumbnails, error);
    }
    if (status == BSWZ_OK) {
        status = put_64(out, XXH3_64bits(file, file_size), error);
    }
    return status == BSWZ_OK ? put_check(out, start, error) : status;
}

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the header of a JPEG file is damaged");
}

enum bswz_status jpeg_header_take(const uint8_t *bytes, size_t size, const struct byte_buffer *last,
                                  struct jpeg_header *header, size_t *used, struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint64_t file_size;
    *header = (struct jpeg_header){.file_size = 0};
    *used = size + 1;
    if (!take_varint(&cursor, JPEG_FILE_MAX, &file_size) || file_size == 0) {
        return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(error);
    }
    header->file_size = (size_t)file_size;
    struct cursor recipe = cursor;
    if (!jpeg_recipe_skip(&cursor, header->file_size, used)) {
        return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(error);
    }
    uint64_t thumbnails_size;
    const uint8_t *thumbnails;
    *used = size + 1;
    if (!take_varint(&cursor, header->file_size, &thumbnails_size)) {
        return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(error);
    }
    *used = cursor.at + (size_t)thumbnails_size + 12;
    if (!take_bytes(&cursor, (size_t)thumbnails_size, &thumbnails)) {
        return BSWZ_ERROR_TRUNCATED;
    }
    header->recipe_size = cursor.at - recipe.at;
    enum bswz_status status = take_64(&cursor, &header->hash) ? take_check(&cursor, 0) : BSWZ_ERROR_TRUNCATED;
    if (status != BSWZ_OK) {
        return status == BSWZ_ERROR_CORRUPT ? damaged(error) : status;
    }
    status = jpeg_recipe_take(&recipe, header->file_size, last, &header->recipe, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&header->thumbnails, thumbnails, (size_t)thumbnails_size, error);
    }
    if (status == BSWZ_OK && (jpeg_markers_planes(header->recipe.headers.data, header->recipe.headers.size,
                                                  &header->planes, NULL) != BSWZ_OK ||
                              jpeg_planes_check(&header->planes, file_size, NULL) != BSWZ_OK)) {
        status = damaged(error);
    }
    if (status != BSWZ_OK) {
        jpeg_header_free(header);
    }
    return status;
}

enum bswz_status jpeg_header_check(const struct jpeg_header *header, const uint8_t *file, struct bswz_error *error) {
    if (!check_agrees(header->hash, XXH3_64bits(file, header->file_size))) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a JPEG file is damaged: its hash is wrong");
    }
    return BSWZ_OK;
}

/* ---- bands ---- */

/* MCU rows of every band except the last. As with bands of pixels, there is one, or an even number of about the
 * same height. */
static uint32_t band_mcu_rows(const struct jpeg_planes *planes) {
    const uint32_t rows = jpeg_mcu_rows(planes);
    const uint64_t pixels = (uint64_t)planes->width * planes->height;
    uint64_t count = (pixels + BAND_PIXELS - 1) / BAND_PIXELS;
    count += count > 1 ? count % 2 : 0;
    return (uint32_t)((rows + count - 1) / count);
}

uint32_t jpeg_bands(const struct jpeg_planes *planes) {
    const uint32_t each = band_mcu_rows(planes);
    return (jpeg_mcu_rows(planes) + each - 1) / each;
}

uint32_t jpeg_band(const struct jpeg_planes *planes, uint32_t number, struct jpeg_planes *band) {
    const uint32_t all = jpeg_mcu_rows(planes), each = band_mcu_rows(planes), first = number * each;
    const uint32_t rows = all - first < each ? all - first : each;
    uint32_t tallest = 1;
    *band = *planes;
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &band->component[c];
        component->rows = rows * component->vertical;
        if (component->block != NULL) {
            component->block += (size_t)first * component->vertical * component->columns;
        }
        tallest = component->vertical > tallest ? component->vertical : tallest;
    }
    const uint32_t top = first * 8 * tallest, height = rows * 8 * tallest;
    band->height = planes->height - top < height ? planes->height - top : height;
    return top;
}
