/*
 * The curves of colour profiles, in headers before they are packed.
 *
 * A curve ("curv", four zeros, a count, and so many numbers of 16 bits, from black to white) is smooth: thousands of bytes that zstd can do nothing
 * with, but whose second differences are mostly -1, 0 and 1.  These take the numbers' place: all upper bytes, then all lower ones.
 *
 * A part of the format. Nothing is parsed but the four letters and the count, wherever they stand; any bytes come back.
 */
#ifndef BSWZ_JPEG_CURVES_H
#define BSWZ_JPEG_CURVES_H

#include "error.h"

#include <stddef.h>
#include <stdint.h>

/* In place. Errors: MEMORY. */
enum bswz_status jpeg_curves_to_differences(uint8_t *headers, size_t size, struct bswz_error *error);
enum bswz_status jpeg_curves_from_differences(uint8_t *headers, size_t size, struct bswz_error *error);

/* count numbers, or their differences, as they take each other's place. */
void jpeg_curve_to_differences(const uint8_t *numbers, size_t count, uint8_t *differences);
void jpeg_curve_from_differences(const uint8_t *differences, size_t count, uint8_t *numbers);

#endif
