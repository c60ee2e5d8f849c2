/*
 * The values that a channel's samples have: where it begins, what divides all differences, and which of the rest are in
 * use, if many are not.  So a window of a CT with gaps, 12 bits that were shifted to 16, and 8-bit tables become
 * numbers without gaps.  9 to 15 bits that were stretched to 16 become what they were before.
 */
#ifndef BSWZ_DEEP_VALUES_H
#define BSWZ_DEEP_VALUES_H

#include "drawn/decisions.h"

enum { VALUES_MOST = 65536 };

struct values {
    unsigned grid; /* 16 bits that fewer bits were stretched to: see grid_value in values.c; 0: none */
    uint32_t first, step;
    uint32_t last; /* steps from first to the largest value */
    bool is_list;  /* some are left out */
    uint32_t count;
    uint16_t value[VALUES_MOST]; /* of each number; the encoder's index the other way round */
    uint16_t index[VALUES_MOST];
};

/* Encoder. */
void values_find(struct values *values, const uint8_t *samples, size_t pixels, unsigned channel, unsigned channels,
                 unsigned bytes);

/* Write them or read them. */
void values_code(struct values *values, struct decisions *decisions, unsigned bytes);

#endif
