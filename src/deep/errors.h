/* SPDX-License-Identifier: MIT */
/*
 * How large is the error of a prediction going to be? From errors nearby, multiplied by a ratio that is learned.
 *
 * Predictions are in units of 1 / 2^UNIT_BITS, stored errors in units of 1 / 2^ERROR_BITS.
 *
 * Some quotients are computed with doubles, which is faster than with integers of 64 bits. The result is that of whole
 * numbers: a quotient of whole numbers below 2^53 that is not whole is further from the next whole number than a double
 * is from it.
 */
#ifndef BSWZ_DEEP_ERRORS_H
#define BSWZ_DEEP_ERRORS_H

#include "mixing/mixing_tables.h"

#include <stdint.h>
#include <stdlib.h>

enum { UNIT_BITS = 10, UNIT = 1 << UNIT_BITS, ERROR_BITS = 4, SCALE_STEPS = 56, SPREADS = 8, WIDES = 8 };

/* log2 of value + 1, in quarters: 0 for 0, 4 for 1 ... */
static inline unsigned quarter_log(uint32_t value) {
    const uint64_t v = (uint64_t)value + 1;
    const unsigned bits = 63 - (unsigned)__builtin_clzll(v);
    return 4 * bits + (unsigned)((v << 2 >> bits) & 3);
}

static inline uint32_t distance(int32_t a, int32_t b) {
    return (uint32_t)(a > b ? a - b : b - a);
}

enum { SCALE_ONE = 4096 };

/* How much larger errors are than those nearby. */
struct scale {
    uint32_t ratio; /* SCALE_ONE is one */
    uint32_t count;
};

static inline void scales_begin(struct scale *scales, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        scales[i].ratio = SCALE_ONE;
    }
}

/* Eight errors nearby: two each of the residuals to the left and above, and those next to them; and half of one. here,
 * up: the residuals of this row and of the one above, at the sample */
static inline uint32_t error_near(const int32_t *here, const int32_t *up) {
    return 2 * (uint32_t)abs(here[-1]) + (uint32_t)abs(here[-2]) + 2 * (uint32_t)abs(up[0]) + (uint32_t)abs(up[-1]) +
           (uint32_t)abs(up[1]) + (uint32_t)abs(up[2]) + 8;
}

/* As many further away, from sums in which older residuals fade: of the row, and of columns, at the sample. */
static inline uint32_t error_wide(uint32_t faded_row, const uint32_t *faded) {
    uint32_t wide = faded_row * 2;
    for (int i = -4; i < 4; i++) {
        wide += faded[i];
    }
    return wide / 16 + 8;
}

/* The same as error_near for each of several predictors, whose errors lie next to each other. */
static inline void errors_near(const uint32_t *here, const uint32_t *up, int predictors, uint32_t *sums) {
    for (int i = 0; i < predictors; i++) {
        sums[i] = 2 * here[i - predictors] + here[i - 2 * predictors] + 2 * up[i] + up[i - predictors] +
                  up[i + predictors] + up[i + 2 * predictors] + 8;
    }
}

/* The size of an error that is to be expected. */
struct expected {
    uint32_t error; /* of eight errors nearby, from which it follows */
    struct scale *scale;
    uint32_t size; /* in units, never zero */
};

/* Half of a size in quarters, as an index. */
static inline unsigned scale_step(unsigned quarters) {
    return quarters / 2 < SCALE_STEPS ? quarters / 2 : SCALE_STEPS - 1;
}

static inline struct expected expect(uint32_t error, struct scale *scale) {
    const uint64_t size = ((uint64_t)error << (UNIT_BITS - ERROR_BITS - 3)) * scale->ratio >> 12;
    return (struct expected){error, scale, size < 64 ? 64 : (uint32_t)size};
}

/* error: what it was, in units */
static inline void scale_learn(const struct expected *expected, uint32_t error) {
    struct scale *scale = expected->scale;
    const double all = (double)error * (1 << (12 - (UNIT_BITS - ERROR_BITS - 3))) / (double)expected->error;
    const int64_t ratio = all < 16 << 12 ? (int64_t)all : 16 << 12;
    const int64_t step = (ratio - (int64_t)scale->ratio) * mixing_reciprocal[scale->count + 8] >> 16;
    scale->ratio = (uint32_t)((int64_t)scale->ratio + step);
    scale->ratio = scale->ratio < 64 ? 64 : scale->ratio;
    scale->count += scale->count < 400;
}

/* One size relative to another, both in quarters: 0 ... classes - 1 */
static inline unsigned relative_class(int steps, int other, unsigned classes) {
    const int relative = (steps - other + 2 * (int)classes) / 4;
    return (unsigned)(relative < 0 ? 0 : relative >= (int)classes ? (int)classes - 1 : relative);
}

/* The systematic error of predictions in a context. */
struct bias {
    int32_t mean; /* in units */
    uint32_t count;
};

/* off: the error, in units, of a prediction that takes the bias into account; size: what was expected */
static inline void bias_learn(struct bias *bias, int64_t off, uint32_t size) {
    const int64_t limit = (int64_t)size / 2;
    off = off < -limit ? -limit : off > limit ? limit : off;
    bias->mean += (int32_t)(off * mixing_reciprocal[bias->count + 6] >> 16);
    bias->count += bias->count < 200;
}

enum { WEIGHTED_MOST = 16 };

/* Predictions weighted by the fourth power of how well each did around; the first `better` of them count four times as
 * much. Errors are never zero, and below 2^31. */
static inline int32_t weighted_average(const int32_t *values, const uint32_t *errors, unsigned count, unsigned better) {
    uint32_t least = UINT32_MAX, all = 0, shares[WEIGHTED_MOST];
    int64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        least = errors[i] < least ? errors[i] : least;
    }
    const double best = (double)least * 1024;
    for (unsigned i = 0; i < count; i++) {
        shares[i] = (uint32_t)(int32_t)(best / (double)(int32_t)errors[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        const uint32_t square = shares[i] * shares[i] >> 10, weight = square * square >> (i < better ? 8 : 10);
        sum += (int64_t)weight * (values[i] - values[0]);
        all += weight;
    }
    return values[0] + (int32_t)(sum / all);
}

/* Between two values, by the fourth power of how well each did around. */
static inline int32_t weighted_between(int32_t a, uint32_t error_a, int32_t b, uint32_t error_b) {
    uint64_t square_a = (uint64_t)error_a * error_a, square_b = (uint64_t)error_b * error_b;
    const unsigned bits = 64 - (unsigned)__builtin_clzll(square_a | square_b | 1), down = bits > 15 ? bits - 15 : 0;
    square_a >>= down;
    square_b >>= down;
    const int64_t fourth_a = (int64_t)(square_a * square_a), fourth_b = (int64_t)(square_b * square_b) + 1;
    return a + (int32_t)((int64_t)(b - a) * fourth_a / (fourth_a + fourth_b));
}

#endif
