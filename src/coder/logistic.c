/*
 * Finding a symbol under the discretised logistic: a table of quantiles says about
 * where it is, a few steps say exactly.
 */
#include "coder/logistic.h"

int logistic_find(int32_t mean, int32_t inverse, int32_t scale, uint32_t slot, uint32_t *start,
                  uint32_t *frequency) {
    /* quantile: 1/2048 of a scale; scale: 1/1024 of a level; mean: 1/64 of a level */
    int64_t offset = ((int64_t)logistic_quantile[slot >> 14] * scale) >> 21;
    int guess = (int)(((mean + MEAN_UNIT / 2) >> 6) + offset);
    guess = guess < 0 ? 0 : guess > 255 ? 255 : guess;
    /* widen a bracket low <= symbol < high around the guess, then halve it */
    uint32_t at_guess = logistic_below(mean, inverse, guess), at_low, at_high;
    int low, high;
    if (at_guess <= slot) {
        int step = 1;
        low = guess;
        at_low = at_guess;
        for (;;) {
            high = low + step > 256 ? 256 : low + step;
            at_high = logistic_below(mean, inverse, high);
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
            low = high - step < 0 ? 0 : high - step;
            at_low = logistic_below(mean, inverse, low);
            if (at_low <= slot) {
                break;
            }
            high = low;
            at_high = at_low;
            step *= 2;
        }
    }
    while (high - low > 1) {
        int middle = (low + high) / 2;
        uint32_t at_middle = logistic_below(mean, inverse, middle);
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
