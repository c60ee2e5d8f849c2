/* SPDX-License-Identifier: MIT */
/*
 * Lists of pixels that the planes do not reproduce, for the conversion of an origin and for coefficients
 * (exceptions.c describes the format).
 */
#ifndef BSWZ_EXCEPTIONS_H
#define BSWZ_EXCEPTIONS_H

#include "base/buffer.h"

/* Append the list of differing pixels (channels bytes each, 1 or 3): wanted minus got. *count: their number; if it
 * is 0, nothing is appended. */
enum bswz_status exceptions_list(const uint8_t *wanted, const uint8_t *got, uint32_t width, uint32_t height,
                                 unsigned channels, size_t *count, struct byte_buffer *exceptions,
                                 struct bswz_error *error);

#define EXCEPTIONS_BIT 65536 /* the unit of exceptions_bits: parts of a bit */

/* Roughly how many bits a list takes once it is compressed. Below 2^54. */
uint64_t exceptions_bits(const struct byte_buffer *exceptions, unsigned channels);

/* The picture that a list belongs to, and which of its rows and columns are present: those divisible by 2^scale. */
struct exceptions_place {
    uint32_t width, height;
    unsigned channels, scale;
};

/* Correct the pixels by an untrusted list. CORRUPT: it is damaged, and some pixels may have been changed. */
enum bswz_status exceptions_apply(const struct byte_buffer *exceptions, const struct exceptions_place *place,
                                  uint8_t *pixels, struct bswz_error *error);

/* Append the list of residuals modulo 256, map [height][width][channels], of which most are zero. place->scale is
 * ignored. */
enum bswz_status exceptions_of_map(const uint8_t *map, const struct exceptions_place *place, struct byte_buffer *list,
                                   struct bswz_error *error);

#endif
