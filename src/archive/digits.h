/* SPDX-License-Identifier: MIT */
/*
 * Numbers, zeros and padding in the headers of archives.
 */
#ifndef BSWZ_ARCHIVE_DIGITS_H
#define BSWZ_ARCHIVE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of zero bytes at the start. */
size_t leading_zeros(const uint8_t *bytes, size_t size);

/* Parse a number in base 8 or 16 from exactly size digits. */
bool parse_digits(const uint8_t *bytes, size_t size, unsigned base, uint64_t *value);

/* The padding from position to the next multiple of unit, a power of two. */
static inline uint64_t padding_to(uint64_t position, uint64_t unit) {
    return (0 - position) & (unit - 1);
}

#endif
