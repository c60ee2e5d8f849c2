/* SPDX-License-Identifier: MIT */
/*
 * Solving the systems of least squares (squares.h) by LDL' in fixed point: what the code for all instruction sets has
 * in common.
 *
 * The largest sum is shifted to DIAGONAL_BITS. Entries of L have L_BITS of fraction and are at most L_LARGEST, what they
 * multiply is at most C_LARGEST: a product is at most 2^55, and SQUARES_MOST of them, with L_BITS of fraction like the
 * matrix that they are taken from, below 2^63.
 */
#ifndef BSWZ_DEEP_SQUARES_SOLVE_H
#define BSWZ_DEEP_SQUARES_SOLVE_H

#include "deep/squares.h"

enum { L_BITS = 20, DIAGONAL_BITS = 30, RIDGE = 11 };
#define L_LARGEST ((int64_t)1 << 25)
#define C_LARGEST ((int64_t)1 << 30)
#define W_LARGEST ((int64_t)1 << 20)
#define RIDGE_LEAST ((int64_t)1 << (DIAGONAL_BITS - 16 + L_BITS))

extern const struct squares_code squares_avx2, squares_avx512;

static inline int64_t limited(int64_t value, int64_t limit) {
    return value < -limit ? -limit : value > limit ? limit : value;
}

static inline unsigned bits_of(uint64_t value) {
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* How far sums are shifted: down or up. */
struct scaling {
    unsigned down, up;
};

static inline struct scaling squares_scaling(const int64_t *const sums[3], unsigned count) {
    int64_t largest = 1;
    for (unsigned i = 0; i < count; i++) {
        const size_t at = squares_padded(count) + squares_product(i, i);
        const int64_t diagonal = sums[0][at] + sums[1][at] + sums[2][at];
        largest = diagonal > largest ? diagonal : largest;
    }
    const unsigned bits = bits_of((uint64_t)largest);
    return (struct scaling){bits > DIAGONAL_BITS ? bits - DIAGONAL_BITS : 0,
                            bits < DIAGONAL_BITS ? DIAGONAL_BITS - bits : 0};
}

/* What D is divided by: 2^shift / D, below 2^31. */
struct inverse {
    int64_t factor;
    unsigned shift;
};

static inline struct inverse invert(int64_t d) {
    const int64_t least = (int64_t)1 << (DIAGONAL_BITS - 18);
    d = d < least ? least : d > C_LARGEST ? C_LARGEST : d;
    const unsigned shift = bits_of((uint64_t)d) - 1;
    return (struct inverse){(int64_t)(((uint64_t)1 << (30 + shift)) / (uint64_t)d), 30 + shift};
}

#endif
