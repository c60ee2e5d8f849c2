/* SPDX-License-Identifier: MIT */
/*
 * The values that a channel's samples have: the first one, the common divisor of all differences, and which of the rest
 * are in use, if many are not. So a window of a CT with gaps, 12 bits shifted to 16, and 8-bit tables become numbers
 * without gaps, and 9 to 15 bits that were stretched to 16 become the original numbers.
 */
#ifndef BSWZ_DEEP_VALUES_H
#define BSWZ_DEEP_VALUES_H

#include "mixing/decisions.h"

enum { VALUES_MOST = 65536 };

struct values {
    unsigned grid; /* how fewer bits were stretched to 16: see grid_value in values.c; 0: they were not */
    uint32_t first, step;
    uint32_t last; /* steps from first to the largest value */
    bool is_list;  /* some values do not occur */
    uint32_t count;
    uint16_t value[VALUES_MOST]; /* the value of each number; index is the inverse, for the encoder */
    uint16_t index[VALUES_MOST];
};

/* Encoder. least: a list must save more than that, in units of 1/256 bit. counts: room for VALUES_MOST */
void values_find(struct values *values, const uint8_t *samples, size_t pixels, unsigned channel, unsigned channels,
                 unsigned bytes, int64_t least, uint32_t *counts);

/* Encode or decode them. */
void values_code(struct values *values, struct decisions *decisions, unsigned bytes);

#endif
