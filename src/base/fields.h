/* SPDX-License-Identifier: MIT */
/*
 * The building blocks of every format here (streams, coded data, model files): little-endian numbers and varints,
 * written to a buffer and read from memory.
 *
 * Reading handles any input: whatever the bytes are, it yields a value within the given limit or false, and never
 * reads past the end. A cursor remembers why it failed: short if bytes were missing, otherwise because the bytes were
 * wrong.
 *
 * A varint has seven bits per byte, lowest first, with the top bit set on every byte but the last. There is exactly
 * one way to write each value: a final byte of zero after others is an error.
 */
#ifndef BSWZ_FIELDS_H
#define BSWZ_FIELDS_H

#include "base/buffer.h"

#include <stdbool.h>

struct cursor {
    const uint8_t *bytes;
    size_t size, at;
    bool is_short; /* reading failed because bytes were missing */
};

static inline size_t cursor_left(const struct cursor *cursor) {
    return cursor->size - cursor->at;
}

bool take_bytes(struct cursor *cursor, size_t count, const uint8_t **bytes);
/* A number of up to 8 bytes; 0 if there are none. */
bool take_little(struct cursor *cursor, size_t count, uint64_t *value);
bool take_8(struct cursor *cursor, uint8_t *value);
bool take_16(struct cursor *cursor, uint16_t *value);
bool take_32(struct cursor *cursor, uint32_t *value);
bool take_64(struct cursor *cursor, uint64_t *value);
bool take_varint(struct cursor *cursor, uint64_t limit, uint64_t *value);
/* The same if limit fits in 32 bits. */
bool take_varint_32(struct cursor *cursor, uint32_t limit, uint32_t *value);

enum bswz_status put_8(struct byte_buffer *buffer, unsigned value, struct bswz_error *error);
enum bswz_status put_16(struct byte_buffer *buffer, unsigned value, struct bswz_error *error);
enum bswz_status put_32(struct byte_buffer *buffer, uint32_t value, struct bswz_error *error);
enum bswz_status put_64(struct byte_buffer *buffer, uint64_t value, struct bswz_error *error);
enum bswz_status put_varint(struct byte_buffer *buffer, uint64_t value, struct bswz_error *error);
/* The size of bytes, a varint, and the bytes. */
enum bswz_status put_sized(struct byte_buffer *buffer, const struct byte_buffer *bytes, struct bswz_error *error);

/* The number of bytes that put_varint writes. */
size_t varint_size(uint64_t value);

/* The number of bits needed for values up to maximum. */
unsigned bit_width(uint32_t maximum);

/* Is the check or hash that a stream carries the right one for its bytes? A build for fuzzing accepts any, because
 * otherwise hardly any input would get past the checks to the decoders. */
static inline bool check_agrees(uint64_t carried, uint64_t actual) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)carried;
    (void)actual;
    return true;
#else
    return carried == actual;
#endif
}

#endif
