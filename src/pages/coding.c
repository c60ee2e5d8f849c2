/* SPDX-License-Identifier: MIT */
/*
 * Codings of pieces (coding.h): which is which, and zlib's.
 *
 *     notes of PAGE_ZLIB = nothing: as the last piece of the page
 *                        | header of the zlib stream (2), recipe (deflate/deflate.h)
 */
#include "pages/coding.h"

#include "deflate/deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ZLIB_HEADER 2
#define ZLIB_CHECK 4

static size_t shape_bytes(const struct piece_shape *shape) {
    return shape->row_bytes * shape->rows;
}

/* ---- zlib ---- */

static enum bswz_status describe(const uint8_t *stream, size_t size, const uint8_t *header,
                                 const struct byte_buffer *plain, struct byte_buffer *notes, struct coding_state *state,
                                 bool *is_done, struct bswz_error *error) {
    struct byte_buffer *recipe = &state->recipe;
    struct bswz_error own = {.status = BSWZ_OK};
    enum bswz_status status = BSWZ_ERROR_CORRUPT;
    if (recipe->size > ZLIB_HEADER && memcmp(recipe->data, header, ZLIB_HEADER) == 0) {
        status = deflate_prove(stream, size, plain->data, plain->size, recipe->data + ZLIB_HEADER,
                               recipe->size - ZLIB_HEADER, NULL, &own);
    }
    if (status == BSWZ_ERROR_CORRUPT) {
        own = (struct bswz_error){.status = BSWZ_OK};
        recipe->size = 0;
        status = byte_buffer_append(recipe, header, ZLIB_HEADER, &own);
        if (status == BSWZ_OK) {
            status = deflate_describe(stream, size, plain->data, plain->size, size / 2 + 64, recipe, NULL, &own);
        }
        if (status == BSWZ_OK) {
            status = byte_buffer_append(notes, recipe->data, recipe->size, &own);
        }
    }
    recipe->size = status == BSWZ_OK ? recipe->size : 0;
    *is_done = status == BSWZ_OK;
    return status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error) : BSWZ_OK;
}

static enum bswz_status zlib_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                                    size_t *used, struct byte_buffer *notes, struct coding_state *state, bool *is_done,
                                    struct bswz_error *error) {
    struct byte_buffer plain = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    const size_t expected = shape_bytes(shape);
    size_t stream = 0;
    *is_done = false;
    if (size < ZLIB_HEADER + ZLIB_CHECK || (coded[0] & 15) != 8 || (coded[1] & 32) != 0) {
        return BSWZ_OK;
    }
    enum bswz_status status = deflate_inflate(coded + ZLIB_HEADER, size - ZLIB_HEADER, expected, &plain, &stream, &own);
    if (status == BSWZ_OK && plain.size == expected && size - ZLIB_HEADER - stream >= ZLIB_CHECK) {
        memcpy(bytes, plain.data, expected);
        *used = ZLIB_HEADER + stream + ZLIB_CHECK;
        status = describe(coded + ZLIB_HEADER, stream, coded, &plain, notes, state, is_done, error);
    } else {
        status = status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error) : BSWZ_OK;
    }
    free(plain.data);
    return status;
}

static enum bswz_status zlib_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes,
                                    size_t most, struct byte_buffer *out, struct coding_state *state,
                                    struct bswz_error *error) {
    struct byte_buffer *recipe = &state->recipe;
    const size_t size = shape_bytes(shape);
    enum bswz_status status = BSWZ_OK;
    if (cursor_left(notes) > 0) {
        recipe->size = 0;
        status = byte_buffer_append(recipe, notes->bytes + notes->at, cursor_left(notes), error);
        notes->at = notes->size;
    }
    if (status == BSWZ_OK && (recipe->size <= ZLIB_HEADER || most < ZLIB_HEADER + ZLIB_CHECK)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "there is no recipe for a zlib stream");
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, recipe->data, ZLIB_HEADER, error);
    }
    if (status == BSWZ_OK) {
        status = deflate_rebuild(bytes, size, recipe->data + ZLIB_HEADER, recipe->size - ZLIB_HEADER,
                                 most - ZLIB_HEADER - ZLIB_CHECK, out, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    const uint32_t check = (uint32_t)adler32_z(1, bytes, size);
    const uint8_t end[ZLIB_CHECK] = {(uint8_t)(check >> 24), (uint8_t)(check >> 16), (uint8_t)(check >> 8),
                                     (uint8_t)check};
    return byte_buffer_append(out, end, sizeof end, error);
}

/* ---- all ---- */

typedef size_t decoder(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                       struct byte_buffer *notes);
typedef bool encoder(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                     struct byte_buffer *out, struct bswz_error *error);

static decoder *const decoders[] = {
    [PAGE_PACKBITS] = packbits_decode, [PAGE_LZW] = lzw_decode,   [PAGE_FAX] = fax_decode,
    [PAGE_RLE] = rle_decode,           [PAGE_TEXT] = text_decode, [PAGE_FILTERED] = filtered_decode};
static encoder *const encoders[] = {
    [PAGE_PACKBITS] = packbits_encode, [PAGE_LZW] = lzw_encode,   [PAGE_FAX] = fax_encode,
    [PAGE_RLE] = rle_encode,           [PAGE_TEXT] = text_encode, [PAGE_FILTERED] = filtered_encode};

enum bswz_status piece_decode(enum page_coding coding, const struct piece_shape *shape, const uint8_t *coded,
                              size_t size, uint8_t *bytes, size_t *used, struct byte_buffer *notes,
                              struct coding_state *state, bool *is_done, struct bswz_error *error) {
    const size_t expected = shape_bytes(shape);
    *is_done = false;
    if (coding == PAGE_ZLIB) {
        return zlib_decode(shape, coded, size, bytes, used, notes, state, is_done, error);
    }
    if (coding == PAGE_PLAIN) {
        *is_done = size >= expected;
        *used = expected;
        memcpy(bytes, coded, *is_done ? expected : 0);
        return BSWZ_OK;
    }
    *used = (size_t)coding < sizeof decoders / sizeof decoders[0] && decoders[coding] != NULL
                ? decoders[coding](shape, coded, size, bytes, notes)
                : 0;
    *is_done = *used != 0 && *used <= size;
    return *used == SIZE_MAX ? bswz_no_memory(error) : BSWZ_OK;
}

enum bswz_status piece_encode(enum page_coding coding, const struct piece_shape *shape, const uint8_t *bytes,
                              struct cursor *notes, size_t most, struct byte_buffer *out, struct coding_state *state,
                              struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    if (coding == PAGE_ZLIB) {
        return zlib_encode(shape, bytes, notes, most, out, state, error);
    }
    if (coding == PAGE_PLAIN) {
        return shape_bytes(shape) <= most ? byte_buffer_append(out, bytes, shape_bytes(shape), error)
                                          : bswz_fail(error, BSWZ_ERROR_FORMAT, "a piece is too long");
    }
    if ((size_t)coding < sizeof encoders / sizeof encoders[0] && encoders[coding] != NULL &&
        encoders[coding](shape, bytes, notes, most, out, &own)) {
        return BSWZ_OK;
    }
    return own.status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error)
                                           : bswz_fail(error, BSWZ_ERROR_FORMAT, "the notes of a piece do not fit");
}
