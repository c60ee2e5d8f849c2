/*
 * Lists of pixels that are not what the planes give (exceptions.c says how they are written): of an origin's
 * conversion, and of coefficients.
 */
#ifndef BSWZ_EXCEPTIONS_H
#define BSWZ_EXCEPTIONS_H

#include "buffer.h"

/* Append the list of pixels (channels bytes each, 1 or 3) that differ: wanted less got. *count: how many they are; none:
 * nothing is appended. */
enum bswz_status exceptions_list(const uint8_t *wanted, const uint8_t *got, uint32_t width, uint32_t height,
                                 unsigned channels, size_t *count, struct byte_buffer *exceptions,
                                 struct bswz_error *error);

#define EXCEPTIONS_BIT 65536 /* what exceptions_bits counts in: parts of a bit */

/* Roughly how many bits a list costs once it is compressed. Below 2^54. */
uint64_t exceptions_bits(const struct byte_buffer *exceptions, unsigned channels);

/* The picture that a list is of, and which of its rows and columns there are: those that 2^scale divides. */
struct exceptions_place {
    uint32_t width, height;
    unsigned channels, scale;
};

/* Correct the pixels by an untrusted list. CORRUPT: it is damaged, some pixels may have been changed. */
enum bswz_status exceptions_apply(const struct byte_buffer *exceptions, const struct exceptions_place *place,
                                  uint8_t *pixels, struct bswz_error *error);

/* Longest list of a picture of so many pixels. */
static inline size_t exceptions_limit(size_t pixels) {
    return 8 * pixels + 16; /* a varint's 5 bytes for the gap and 3 residuals a pixel; the count */
}

#endif
