/* SPDX-License-Identifier: MIT */
/*
 * The curves of colour profiles, in headers before they are packed.
 *
 * A curve ("curv", four zeros, a count, and that many 16-bit numbers, from black to white) is smooth: thousands of
 * bytes that zstd cannot compress, but whose second differences are mostly -1, 0 and 1. These replace the numbers:
 * first all upper bytes, then all lower ones.
 *
 * This is a part of the format. Only the four letters and the count are parsed, wherever they occur; any bytes
 * come back.
 */
#ifndef BSWZ_JPEG_CURVES_H
#define BSWZ_JPEG_CURVES_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* In place. Errors: MEMORY. */
enum bswz_status jpeg_curves_to_differences(uint8_t *headers, size_t size, struct bswz_error *error);
enum bswz_status jpeg_curves_from_differences(uint8_t *headers, size_t size, struct bswz_error *error);

/* count numbers, or their differences, as they replace each other. */
void jpeg_curve_to_differences(const uint8_t *numbers, size_t count, uint8_t *differences);
void jpeg_curve_from_differences(const uint8_t *differences, size_t count, uint8_t *numbers);

#endif
