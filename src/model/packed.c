/* SPDX-License-Identifier: MIT */
/*
 * Unpacking models (packed.h).
 */
#include "model/packed.h"

#include "base/fields.h"
#include "bytes/zstd.h"

enum { HEADER = 16 };

uint64_t packed_hash(const uint8_t *packed) {
    struct cursor cursor = {.bytes = packed, .size = HEADER};
    uint64_t hash = 0;
    take_64(&cursor, &hash);
    return hash;
}

enum bswz_status packed_open(const uint8_t *packed, const uint8_t *end, struct byte_buffer *file,
                             struct bswz_error *error) {
    struct cursor cursor = {.bytes = packed, .size = (size_t)(end - packed)};
    uint64_t hash = 0, size = 0;
    if (!take_64(&cursor, &hash) || !take_64(&cursor, &size) || size > SIZE_MAX) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "a built-in model is damaged");
    }
    const enum bswz_status status = byte_buffer_reserve(file, (size_t)size, error);
    if (status != BSWZ_OK) {
        return status;
    }
    file->size = (size_t)size;
    return bytes_unpack(packed + HEADER, cursor_left(&cursor), file->data, file->size, error);
}
