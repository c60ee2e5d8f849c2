/* SPDX-License-Identifier: MIT */
/*
 * Constants that define what the nets see of coefficients. They are part of the stream format
 * (scripts/make-tables).
 */
#ifndef BSWZ_COEFFICIENT_TABLES_H
#define BSWZ_COEFFICIENT_TABLES_H

#include <stdint.h>

enum { AMPLITUDE_COUNT = 2048, STEP_COUNT = 255 };

extern const uint8_t magnitude_of_amplitude[AMPLITUDE_COUNT];
extern const int16_t halving[8 * 16];
extern const uint16_t step_bits[STEP_COUNT];

#endif
