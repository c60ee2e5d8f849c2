/* SPDX-License-Identifier: MIT */
/*
 * Logistic distributions that a sample may come from, side by side (curves.c).
 */
#ifndef BSWZ_DEEP_CURVES_H
#define BSWZ_DEEP_CURVES_H

#include "deep/errors.h"
#include "deep/instructions.h"

enum {
    WITH_SCALE = 6,         /* predictors with a distribution around each, */
    CURVES = 2 + WITH_SCALE /* and two around the mean */
};

struct curves {
    int32_t mean[CURVES];
    int32_t inverse[CURVES]; /* of the scale */
};

static inline void curves_set(struct curves *curves, unsigned i, int32_t mean, uint32_t size) {
    curves->mean[i] = mean;
    curves->inverse[i] = (int32_t)(5954088144.0 / size); /* 1.3863 * 2^32: 2 ln 2 is mean error by scale */
}

/* How much of each lies below a value, and how much above, in 2^-30. */
struct edges {
    int32_t below[CURVES], above[CURVES];
};

/* The interval that is left, as the distributions see it. */
struct interval {
    int32_t low, high; /* both may still be it */
    unsigned bits;     /* values are this many bits apart */
    const struct curves *curves;
    struct edges lows, highs;
    uint64_t given_low, given_high; /* of a given mixture: how much lies below either end */
};

struct curves_code {
    /* Just below the whole number at. */
    void (*edges)(const struct curves *curves, int32_t at, struct edges *edges);
    /* The same, and each one's share of what lies above at in what lies in the interval, 1 ... 65535 */
    void (*look)(const struct interval *left, int32_t at, struct edges *edges, uint32_t shares[CURVES]);
};

/* NULL: this machine does not have the instruction set. */
const struct curves_code *curves_code_by(enum instruction_set set);

/* Of curves_avx2.c. */
void curves_edges_avx2(const struct curves *curves, int32_t at, struct edges *edges);
void curves_look_avx2(const struct interval *left, int32_t at, struct edges *edges, uint32_t shares[CURVES]);

#endif
