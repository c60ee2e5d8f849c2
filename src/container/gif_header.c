/* SPDX-License-Identifier: MIT */
/*
 * The layout of a GIF segment, byte by byte (gif_header.h).
 *
 *     varint     size of the file, 1 ... GIF_FILE_MAX
 *     varint     twice the pixels of the largest coded image, which are 1 ... GIF_PIXELS_MAX; 1 more: coded images have
 *                no local tables in the skeleton
 *     sized blob the skeleton: the file without the data of coded images
 *     sized blob the choices of these
 *     64 bits    hash of the file
 *     32 bits    check of all these bytes
 */
#include "container/gif_header.h"

#include "container/blobs.h"
#include "container/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

/* The tables of the coder and of LZW. */
#define OVERHEAD ((uint64_t)32 << 20)

void gif_header_free(struct gif_header *header) {
    free(header->skeleton.data);
    free(header->choices.data);
    *header = (struct gif_header){.file_size = 0};
}

bool gif_image_is_codable(const struct gif_image *image) {
    return image->index_bits > 0 && (uint64_t)image->width * image->height <= GIF_PIXELS_MAX;
}

void gif_describe(const struct gif_header *header, char text[64]) {
    snprintf(text, 64, "GIF %ux%u", header->width, header->height);
}

enum bswz_status gif_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *skeleton,
                                const struct byte_buffer *choices, uint64_t largest, bool is_bare, int level,
                                struct byte_buffer *out, struct bswz_error *error) {
    const size_t start = out->size;
    enum bswz_status status = put_varint(out, file_size, error);
    if (status == BSWZ_OK) {
        status = put_varint(out, 2 * largest + is_bare, error);
    }
    if (status == BSWZ_OK) {
        status = put_sized_blob(out, skeleton, level, error);
    }
    if (status == BSWZ_OK) {
        status = put_sized_blob(out, choices, level, error);
    }
    if (status == BSWZ_OK) {
        status = put_64(out, XXH3_64bits(file, file_size), error);
    }
    return status == BSWZ_OK ? put_check(out, start, error) : status;
}

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the header of a GIF file is damaged");
}

/* Take the facts from the skeleton, or report damage. */
static enum bswz_status look_into(struct gif_header *header, struct bswz_error *error) {
    struct gif_walk walk;
    if (!gif_walk_begin(&walk, header->skeleton.data, header->skeleton.size)) {
        return damaged(error);
    }
    header->width = walk.width;
    header->height = walk.height;
    return BSWZ_OK;
}

enum bswz_status gif_header_take(const uint8_t *bytes, size_t size, struct gif_header *header, size_t *used,
                                 struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint64_t file_size, largest;
    *header = (struct gif_header){.file_size = 0};
    *used = size + 1;
    if (!take_varint(&cursor, GIF_FILE_MAX, &file_size) || file_size == 0 ||
        !take_varint(&cursor, 2 * GIF_PIXELS_MAX + 1, &largest) || largest < 2) {
        return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(error);
    }
    header->largest = largest / 2;
    header->is_bare = largest % 2 != 0;
    header->file_size = (size_t)file_size;
    struct cursor blobs = cursor;
    if (!skip_sized_blob(&cursor, GIF_RECORD_MAX, used) || !skip_sized_blob(&cursor, GIF_RECORD_MAX, used)) {
        return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(error);
    }
    header->record_size = cursor.at - blobs.at;
    *used = cursor.at + 12;
    enum bswz_status status = take_64(&cursor, &header->hash) ? take_check(&cursor, 0) : BSWZ_ERROR_TRUNCATED;
    if (status != BSWZ_OK) {
        return status == BSWZ_ERROR_CORRUPT ? damaged(error) : status;
    }
    status = take_sized_blob(&blobs, GIF_RECORD_MAX, &header->skeleton, error);
    if (status == BSWZ_OK) {
        status = take_sized_blob(&blobs, GIF_RECORD_MAX, &header->choices, error);
    }
    if (status == BSWZ_OK) {
        status = look_into(header, error);
    }
    if (status != BSWZ_OK) {
        gif_header_free(header);
    }
    return status;
}

uint64_t gif_memory(const struct gif_header *header) {
    const uint64_t screen = (uint64_t)header->width * header->height;
    /* indices in both orders, and those of the coder; colours of the screen, and what was there before */
    return 4 * (uint64_t)header->file_size + 10 * (uint64_t)header->skeleton.size + 14 * header->largest +
           (screen <= GIF_PIXELS_MAX ? 8 * screen : 0) + OVERHEAD;
}
