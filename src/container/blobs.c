/* SPDX-License-Identifier: MIT */
/*
 * Blobs (blobs.h).
 */
#include "container/blobs.h"

#include "base/allocate.h"
#include "bytes/zstd.h"

#include <stdlib.h>
#include <string.h>

static enum bswz_status bad_blob(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a part of the stream is damaged");
}

enum bswz_status take_blob(struct cursor *cursor, uint8_t *content, size_t size, struct bswz_error *error) {
    uint64_t packed_size;
    const uint8_t *packed;
    if (size == 0) {
        return BSWZ_OK;
    }
    /* packed is smaller than plain, or it would not have been packed */
    if (!take_varint(cursor, size - 1, &packed_size) ||
        !take_bytes(cursor, packed_size == 0 ? size : (size_t)packed_size, &packed)) {
        return bad_blob(error);
    }
    if (packed_size == 0) {
        memcpy(content, packed, size);
        return BSWZ_OK;
    }
    return bytes_unpack(packed, (size_t)packed_size, content, size, error);
}

enum bswz_status take_sized_blob(struct cursor *cursor, size_t limit, struct byte_buffer *content,
                                 struct bswz_error *error) {
    uint64_t size;
    if (!take_varint(cursor, limit, &size)) {
        return bad_blob(error);
    }
    uint8_t *plain = bswz_allocate((size_t)size, 1);
    if (plain == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = take_blob(cursor, plain, (size_t)size, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(content, plain, (size_t)size, error);
    }
    free(plain);
    return status;
}

bool skip_sized_blob(struct cursor *cursor, size_t limit, size_t *wanted) {
    uint64_t size, packed_size = 0;
    const uint8_t *bytes;
    *wanted = cursor->size + 1;
    if (!take_varint(cursor, limit, &size) || (size > 0 && !take_varint(cursor, size - 1, &packed_size))) {
        return false;
    }
    const size_t length = (size_t)(packed_size == 0 ? size : packed_size);
    *wanted = cursor->at + length;
    return take_bytes(cursor, length, &bytes);
}

enum bswz_status put_blob(struct byte_buffer *buffer, const uint8_t *content, size_t size, int level,
                          struct bswz_error *error) {
    if (size == 0) {
        return BSWZ_OK;
    }
    struct byte_buffer packed = {0};
    bool fits;
    enum bswz_status status = bytes_pack(content, size, level, size, &packed, &fits, error);
    if (status == BSWZ_OK) {
        status = put_varint(buffer, packed.size, error);
    }
    if (status == BSWZ_OK) {
        status = fits ? byte_buffer_append(buffer, packed.data, packed.size, error)
                      : byte_buffer_append(buffer, content, size, error);
    }
    free(packed.data);
    return status;
}

enum bswz_status put_sized_blob(struct byte_buffer *buffer, const struct byte_buffer *content, int level,
                                struct bswz_error *error) {
    enum bswz_status status = put_varint(buffer, content->size, error);
    return status == BSWZ_OK ? put_blob(buffer, content->data, content->size, level, error) : status;
}
