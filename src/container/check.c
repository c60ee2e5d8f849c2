/* SPDX-License-Identifier: MIT */
/*
 * Checks of headers (check.h).
 */
#include "container/check.h"

#include <xxhash.h>

static uint32_t check_of(const uint8_t *bytes, size_t size) {
    return (uint32_t)XXH3_64bits(bytes, size);
}

enum bswz_status put_check(struct byte_buffer *out, size_t start, struct bswz_error *error) {
    return put_32(out, check_of(out->data + start, out->size - start), error);
}

enum bswz_status take_check(struct cursor *cursor, size_t start) {
    const uint32_t expected = check_of(cursor->bytes + start, cursor->at - start);
    uint32_t check;
    if (!take_32(cursor, &check)) {
        return BSWZ_ERROR_TRUNCATED;
    }
    return check_agrees(check, expected) ? BSWZ_OK : BSWZ_ERROR_CORRUPT;
}
