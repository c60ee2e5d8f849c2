/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes, for everything that is built up piece by piece.
 */
#ifndef BSWZ_BUFFER_H
#define BSWZ_BUFFER_H

#include "base/error.h"

/* Start with {0}; free with free(data). */
struct byte_buffer {
    uint8_t *data;
    size_t size, capacity;
};

/* Make room for extra more bytes. Errors: LIMIT, MEMORY; the buffer then stays as it was. */
enum bswz_status byte_buffer_reserve(struct byte_buffer *buffer, size_t extra, struct bswz_error *error);

/* Append size bytes. Errors as above. */
enum bswz_status byte_buffer_append(struct byte_buffer *buffer, const void *bytes, size_t size,
                                    struct bswz_error *error);

#endif
