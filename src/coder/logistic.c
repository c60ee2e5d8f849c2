/* SPDX-License-Identifier: MIT */
/*
 * Finding a symbol under the discretised logistic: a table of quantiles gives an approximate position, and a few
 * steps find the exact one.
 */
#include "coder/logistic.h"

/* Sum of the frequencies of the symbols below an edge. */
typedef uint32_t below_function(int32_t mean, int32_t inverse, int edge);

/* lowest: the first symbol; end: one after the last. */
static inline int find(below_function *below, int lowest, int end, int32_t mean, int32_t inverse, int32_t scale,
                       uint32_t slot, uint32_t *start, uint32_t *frequency) {
    /* quantile: 1/2048 of a scale; scale: 1/1024 of a level; mean: 1/64 of a level */
    int64_t offset = ((int64_t)logistic_quantile[slot >> 14] * scale) >> 21;
    int64_t near = ((mean + MEAN_UNIT / 2) >> 6) + offset;
    int guess = near < lowest ? lowest : near > end - 1 ? end - 1 : (int)near;
    /* widen a bracket low <= symbol < high around the guess, then halve it */
    uint32_t at_guess = below(mean, inverse, guess), at_low, at_high;
    int low, high;
    if (at_guess <= slot) {
        int step = 1;
        low = guess;
        at_low = at_guess;
        for (;;) {
            high = low + step > end ? end : low + step;
            at_high = below(mean, inverse, high);
            if (at_high > slot) {
                break;
            }
            low = high;
            at_low = at_high;
            step *= 2;
        }
    } else {
        int step = 1;
        high = guess;
        at_high = at_guess;
        for (;;) {
            low = high - step < lowest ? lowest : high - step;
            at_low = below(mean, inverse, low);
            if (at_low <= slot) {
                break;
            }
            high = low;
            at_high = at_low;
            step *= 2;
        }
    }
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        uint32_t at_middle = below(mean, inverse, middle);
        if (at_middle <= slot) {
            low = middle;
            at_low = at_middle;
        } else {
            high = middle;
            at_high = at_middle;
        }
    }
    *start = at_low;
    *frequency = at_high - at_low;
    return low;
}

int logistic_find(int32_t mean, int32_t inverse, int32_t scale, uint32_t slot, uint32_t *start, uint32_t *frequency) {
    return find(logistic_below, 0, 256, mean, inverse, scale, slot, start, frequency);
}

int logistic_wide_find(int32_t mean, int32_t inverse, int32_t scale, uint32_t slot, uint32_t *start,
                       uint32_t *frequency) {
    return find(logistic_wide_below, -WIDE_LARGEST, WIDE_LARGEST + 1, mean, inverse, scale, slot, start, frequency);
}
