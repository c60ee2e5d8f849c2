/* SPDX-License-Identifier: MIT */
/*
 * The discretised logistic distribution, in integers: over the samples 0 ... 255, and over the wider range of
 * coefficients.
 *
 * A mean in 1/64 of a level and a scale index give a cumulative function over the edges between symbols: an
 * interpolated table of the logistic function plus one unit for each symbol below, so that every symbol can be
 * coded. The tails beyond the ends belong to the first and the last symbol.
 */
#ifndef BSWZ_LOGISTIC_H
#define BSWZ_LOGISTIC_H

#include "coder/mixture_tables.h"

enum {
    LOGISTIC_BITS = 24, /* frequencies sum to 2^24 */
    MEAN_UNIT = 64,     /* means are in 1/64 of a level */
    MEAN_LOWEST = -128 * MEAN_UNIT,
    MEAN_HIGHEST = 383 * MEAN_UNIT,
    WIDE_LARGEST = 2047,                 /* wide symbols are -2047 ... 2047 */
    WIDE_MEAN_LARGEST = 2048 * MEAN_UNIT /* largest magnitude of their means */
};

/* The table value at the lower edge of a symbol. */
static inline uint32_t logistic_at(int32_t mean, int32_t inverse, int edge) {
    int64_t at = ((int64_t)(edge * MEAN_UNIT - MEAN_UNIT / 2 - mean) * inverse) >> 4; /* 12 bits of fraction */
    at += (int64_t)512 << 12;
    at = at < 0 ? 0 : at > ((int64_t)1024 << 12) - 1 ? ((int64_t)1024 << 12) - 1 : at;
    uint32_t index = (uint32_t)at >> 12, fraction = (uint32_t)at & 4095;
    uint32_t low = logistic_cdf[index], high = logistic_cdf[index + 1];
    return low + (((high - low) * fraction) >> 12);
}

/* Sum of the frequencies of the symbols below edge (0 ... 256). mean: MEAN_LOWEST
 * ... MEAN_HIGHEST; inverse: inverse_scale[index]. */
static inline uint32_t logistic_below(int32_t mean, int32_t inverse, int edge) {
    if (edge <= 0) {
        return 0;
    }
    if (edge >= 256) {
        return (uint32_t)1 << LOGISTIC_BITS;
    }
    return logistic_at(mean, inverse, edge) + (uint32_t)edge;
}

/* The same for wide symbols; edge: -2047 ... 2048. */
static inline uint32_t logistic_wide_below(int32_t mean, int32_t inverse, int edge) {
    if (edge <= -WIDE_LARGEST) {
        return 0;
    }
    if (edge > WIDE_LARGEST) {
        return (uint32_t)1 << LOGISTIC_BITS;
    }
    const uint32_t at = logistic_at(mean, inverse, edge); /* at most 2^24 - 256: the rest is for the units */
    return at - (at >> 12) + (uint32_t)(edge + WIDE_LARGEST);
}

/* The symbol whose interval contains slot (0 ... 2^24 - 1); *start and *frequency receive the interval. scale:
 * scale_of_index[index]. */
int logistic_find(int32_t mean, int32_t inverse, int32_t scale, uint32_t slot, uint32_t *start, uint32_t *frequency);
int logistic_wide_find(int32_t mean, int32_t inverse, int32_t scale, uint32_t slot, uint32_t *start,
                       uint32_t *frequency);

#endif
