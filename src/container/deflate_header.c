/* SPDX-License-Identifier: MIT */
/*
 * The header of a deflate segment, or of a pages segment (deflate_header.h):
 *
 *     varint  size of the stream, 1 ... DEFLATE_STREAM_MAX or PAGES_FILE_MAX
 *     varint  size of its content, 0 ... DEFLATE_HELD_MAX or PAGES_PLAIN_MAX
 *     varint  size of the recipe, and the recipe
 *     64 bits hash of the stream
 *     32 bits check of all these bytes
 */
#include "container/deflate_header.h"

#include "container/check.h"
#include "deflate/deflate.h"
#include "pages/pages.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void deflate_header_free(struct deflate_header *header) {
    free(header->recipe.data);
    *header = (struct deflate_header){.size = 0};
}

enum bswz_status deflate_header_put(const struct deflate_header *header, struct byte_buffer *out,
                                    struct bswz_error *error) {
    const size_t start = out->size;
    enum bswz_status status = put_varint(out, header->size, error);
    if (status == BSWZ_OK) {
        status = put_varint(out, header->plain_size, error);
    }
    if (status == BSWZ_OK) {
        status = put_sized(out, &header->recipe, error);
    }
    if (status == BSWZ_OK) {
        status = put_64(out, header->hash, error);
    }
    return status == BSWZ_OK ? put_check(out, start, error) : status;
}

static enum bswz_status damaged(bool is_pages, struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the header of a %s is damaged",
                     is_pages ? "file of pictures" : "deflate stream");
}

uint64_t deflate_header_memory(const struct deflate_header *header) {
    return (uint64_t)header->size + header->plain_size * (header->is_pages ? UINT64_C(2) : 1);
}

enum bswz_status deflate_header_take(const uint8_t *bytes, size_t size, bool is_pages, struct deflate_header *header,
                                     size_t *used, struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint64_t stream_size, plain_size, recipe_size;
    const uint8_t *recipe;
    *header = (struct deflate_header){.is_pages = is_pages};
    *used = size + 1;
    if (!take_varint(&cursor, is_pages ? PAGES_FILE_MAX : DEFLATE_STREAM_MAX, &stream_size) || stream_size == 0 ||
        !take_varint(&cursor, is_pages ? PAGES_PLAIN_MAX : DEFLATE_HELD_MAX, &plain_size) ||
        !take_varint(&cursor, stream_size, &recipe_size)) {
        return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(is_pages, error);
    }
    *used = cursor.at + (size_t)recipe_size + 12;
    if (!take_bytes(&cursor, (size_t)recipe_size, &recipe) || !take_64(&cursor, &header->hash)) {
        return BSWZ_ERROR_TRUNCATED;
    }
    const enum bswz_status status = take_check(&cursor, 0);
    if (status != BSWZ_OK) {
        return status == BSWZ_ERROR_CORRUPT ? damaged(is_pages, error) : status;
    }
    header->size = (size_t)stream_size;
    header->plain_size = (size_t)plain_size;
    return byte_buffer_append(&header->recipe, recipe, (size_t)recipe_size, error);
}

/* Fill the stream with zeros up to its length. */
static enum bswz_status fill_up(struct byte_buffer *stream, size_t end, struct bswz_error *error) {
    const enum bswz_status status =
        end > stream->size ? byte_buffer_reserve(stream, end - stream->size, error) : BSWZ_OK;
    if (status == BSWZ_OK && end > stream->size) {
        memset(stream->data + stream->size, 0, end - stream->size);
    }
    stream->size = status == BSWZ_OK ? end : stream->size;
    return status;
}

static enum bswz_status rebuild(const struct deflate_header *header, const struct byte_buffer *plain,
                                struct byte_buffer *stream, struct bswz_error *error) {
    struct cursor recipe = {.bytes = header->recipe.data, .size = header->recipe.size};
    uint64_t pictures_size;
    if (!header->is_pages) {
        return deflate_rebuild(plain->data, plain->size, recipe.bytes, recipe.size, header->size, stream, error);
    }
    if (!take_varint(&recipe, plain->size, &pictures_size) || cursor_left(&recipe) != 0) {
        return BSWZ_ERROR_CORRUPT;
    }
    return pages_put_together(plain->data, plain->size, (size_t)pictures_size, header->size, stream, error);
}

enum bswz_status deflate_header_restore(const struct deflate_header *header, const struct byte_buffer *plain,
                                        struct byte_buffer *stream, struct bswz_error *error) {
    const size_t start = stream->size;
    struct bswz_error own = {.status = BSWZ_OK};
    enum bswz_status status = rebuild(header, plain, stream, &own);
    if (status == BSWZ_ERROR_MEMORY) {
        return bswz_no_memory(error);
    }
    if (status == BSWZ_OK && stream->size - start == header->size &&
        check_agrees(header->hash, XXH3_64bits(stream->data + start, header->size))) {
        return BSWZ_OK;
    }
    status = fill_up(stream, start + header->size, error);
    return status == BSWZ_OK ? bswz_fail(error, BSWZ_ERROR_CORRUPT, "a %s is damaged: its hash is wrong",
                                         header->is_pages ? "file of pictures" : "deflate stream")
                             : status;
}
