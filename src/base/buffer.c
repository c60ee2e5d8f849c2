/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes. It doubles, so that many small appends cost O(size).
 */
#include "base/buffer.h"

#include "base/allocate.h"

#include <string.h>

enum bswz_status byte_buffer_reserve(struct byte_buffer *buffer, size_t extra, struct bswz_error *error) {
    size_t needed, grown;
    if (__builtin_add_overflow(buffer->size, extra, &needed)) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "more bytes than this machine can address");
    }
    if (needed <= buffer->capacity) {
        return BSWZ_OK;
    }
    if (__builtin_mul_overflow(buffer->capacity, (size_t)2, &grown) || grown < needed) {
        grown = needed;
    }
    uint8_t *data = bswz_grow(buffer->data, buffer->size, grown);
    if (data == NULL) {
        return bswz_no_memory(error);
    }
    buffer->data = data;
    buffer->capacity = grown;
    return BSWZ_OK;
}

enum bswz_status byte_buffer_append(struct byte_buffer *buffer, const void *bytes, size_t size,
                                    struct bswz_error *error) {
    enum bswz_status status = byte_buffer_reserve(buffer, size, error);
    if (status == BSWZ_OK && size > 0) {
        memcpy(buffer->data + buffer->size, bytes, size);
        buffer->size += size;
    }
    return status;
}
