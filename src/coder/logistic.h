/*
 * The discretised logistic distribution over 0 ... 255, in integers.
 *
 * A mean in 1/64 of a level and a scale index give a cumulative function over the
 * 257 edges: an interpolated table of the logistic function plus one unit for each
 * symbol below, so that every symbol can be coded.  What lies beyond the ends
 * belongs to 0 and 255.
 */
#ifndef BSWZ_LOGISTIC_H
#define BSWZ_LOGISTIC_H

#include "coder/tables.h"

enum {
    LOGISTIC_BITS = 24,    /* frequencies sum to 2^24 */
    MEAN_UNIT = 64,        /* means are in 1/64 of a level */
    MEAN_LOWEST = -128 * MEAN_UNIT,
    MEAN_HIGHEST = 383 * MEAN_UNIT
};

/* Sum of the frequencies of the symbols below edge (0 ... 256). mean: MEAN_LOWEST
 * ... MEAN_HIGHEST; inverse: inverse_scale[index]. */
static inline uint32_t logistic_below(int32_t mean, int32_t inverse, int edge) {
    if (edge <= 0) {
        return 0;
    }
    if (edge >= 256) {
        return (uint32_t)1 << LOGISTIC_BITS;
    }
    int64_t at = ((int64_t)(edge * MEAN_UNIT - MEAN_UNIT / 2 - mean) * inverse) >> 4; /* 12 bits of fraction */
    at += (int64_t)512 << 12;
    at = at < 0 ? 0 : at > ((int64_t)1024 << 12) - 1 ? ((int64_t)1024 << 12) - 1 : at;
    uint32_t index = (uint32_t)at >> 12, fraction = (uint32_t)at & 4095;
    uint32_t low = logistic_cdf[index], high = logistic_cdf[index + 1];
    return low + (((high - low) * fraction) >> 12) + (uint32_t)edge;
}

/* The symbol whose interval holds slot (0 ... 2^24 - 1); *start and *frequency
 * receive the interval. scale: scale_of_index[index]. */
int logistic_find(int32_t mean, int32_t inverse, int32_t scale, uint32_t slot, uint32_t *start,
                  uint32_t *frequency);

#endif
