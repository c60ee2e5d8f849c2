/* SPDX-License-Identifier: MIT */
/*
 * What takes the time in least squares, with eight lanes of 64 bits; squares_code.c defines what it computes. Included
 * by a file for each instruction set, which first defines the operations on lanes:
 *
 *     load, store, load_32, store_32    numbers of 64 bits, or of 32; the upper halves of lanes are cut off
 *     add, subtract, multiply           multiply takes the lower halves, which are signed
 *     left, right, limit                right is signed; limit: to this magnitude
 *     every, every_32                   a number in all lanes; of every_32, only the lower halves are right
 *     pick, spread                      a lane; the lower half of a lane in all lanes
 *     choose                            a single lane of the second argument, the others of the first
 *     sum_of                            all lanes
 *     multiply_pairs                    eight sums of products of eight pixels, which are pairs
 */
#ifndef BSWZ_DEEP_SQUARES_LANES_H
#define BSWZ_DEEP_SQUARES_LANES_H

#include "deep/squares_solve.h"

#include <stdalign.h>
#include <string.h>

#define UNROLLED static inline __attribute__((always_inline))

/* ---- sums ---- */

/* Pixels in pairs. */
struct paired {
    alignas(64) int16_t pairs[STRIP / 2][SQUARES_MOST][2];
};

static void multiply_strip(const struct squares_strip *strip, unsigned count, int32_t *sums) {
    const size_t padded = squares_padded(count);
    struct paired paired;
    int16_t targets[STRIP / 2][2];
    for (unsigned pair = 0; pair < STRIP / 2; pair++) {
        const int16_t *first = strip->regressors[2 * pair], *second = strip->regressors[2 * pair + 1];
        for (size_t i = 0; i < padded; i++) {
            paired.pairs[pair][i][0] = first[i];
            paired.pairs[pair][i][1] = second[i];
        }
        targets[pair][0] = strip->targets[2 * pair];
        targets[pair][1] = strip->targets[2 * pair + 1];
    }
    int32_t *triangle = sums + padded;
    for (size_t column = 0; column < padded; column += 8, sums += 8) {
        const struct pixels pixels = load_pixels(paired.pairs, column);
        store_sums(sums, multiply_pairs(&pixels, targets[0], targets[1], targets[2], targets[3]));
        for (size_t i = 0; i < column + 8; i++, triangle += 8) {
            store_sums(triangle, multiply_pairs(&pixels, paired.pairs[0][i], paired.pairs[1][i], paired.pairs[2][i],
                                                paired.pairs[3][i]));
        }
    }
}

static void fade_sums(int64_t *all, const int32_t *sums, size_t size, unsigned fading) {
    for (size_t i = 0; i < size; i += 8) {
        const lanes old = load(all + i);
        store(all + i, add(old, subtract(load_32(sums + i), right(old, fading))));
    }
}

static int64_t sum_products(const int32_t *weights, const int32_t *regressors, size_t size) {
    lanes sum = multiply(load_32(weights), load_32(regressors));
    for (size_t i = 8; i < size; i += 8) {
        sum = add(sum, multiply(load_32(weights + i), load_32(regressors + i)));
    }
    return sum_of(sum);
}

/* ---- systems ---- */

/*
 * A system under way. It is solved panel by panel, from the left: with row k of a panel of the triangle,
 *
 *     c[k] = row k - sum over i < k of L'[i][k] c[i],    L'[k] = c[k] / D[k]
 *
 * The sums of eight rows at a time are kept in registers.
 */
struct solving {
    const int64_t *const *sums;
    unsigned count, target; /* regressors, and the panel with the target's column */
    struct scaling scaling;
    int64_t targets[SQUARES_MOST]; /* that column */
    struct inverse inverse[SQUARES_MOST];
    int64_t *c;
    int32_t *l;
};

/* Eight scaled sums. */
static inline lanes add_up(const struct solving *solving, size_t at) {
    const lanes sum = add(add(load(solving->sums[0] + at), load(solving->sums[1] + at)), load(solving->sums[2] + at));
    return left(right(sum, solving->scaling.down), solving->scaling.up);
}

/* A row of a panel of what is to be solved. */
static inline lanes begin_row(const struct solving *solving, unsigned panel, unsigned row) {
    const size_t padded = squares_padded(solving->count);
    lanes sum = every(0);
    if (8 * panel < padded) {
        sum = add_up(solving, padded + squares_product(row, 8 * panel));
    }
    if (panel == solving->target) {
        sum = choose(sum, every(solving->targets[row]), solving->count % 8);
    }
    return left(sum, L_BITS);
}

/* Eight rows of a panel, less what the rows above them take away. */
UNROLLED void begin_rows(const struct solving *solving, unsigned panel, unsigned first, lanes rest[8]) {
    const int32_t *l = solving->l + squares_panel(first / 8);
    const int64_t *c = solving->c + squares_panel(panel);
    for (unsigned i = 0; i < 8; i++) {
        rest[i] = begin_row(solving, panel, first + i);
        if (panel == first / 8) {
            rest[i] = choose(rest[i], add(rest[i], add(right(rest[i], RIDGE), every(RIDGE_LEAST))), i);
        }
    }
    for (unsigned k = 0; k < first; k++, c += 8, l += 8) {
        const lanes factor = load(c);
        for (unsigned i = 0; i < 8; i++) {
            rest[i] = subtract(rest[i], multiply(factor, every_32(l[i])));
        }
    }
}

/* A row is complete: c. */
static inline lanes keep_c(struct solving *solving, size_t at, lanes rest) {
    const lanes c = limit(right(rest, L_BITS), C_LARGEST);
    store(solving->c + at, c);
    return c;
}

/* L' of it */
static inline lanes keep_l(struct solving *solving, size_t at, struct inverse inverse, lanes c) {
    const lanes l = limit(right(multiply(c, every_32((int32_t)inverse.factor)), inverse.shift - L_BITS), L_LARGEST);
    store_32(solving->l + at, l);
    return l;
}

/* The rows on the diagonal, and D. */
static void solve_diagonal(struct solving *solving, unsigned panel) {
    lanes rest[8];
    const unsigned first = 8 * panel, rows = solving->count - first < 8 ? solving->count - first : 8;
    begin_rows(solving, panel, first, rest);
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++) {
        if (i == rows) {
            break;
        }
        const size_t at = squares_product(first + i, first);
        const struct inverse inverse = invert(pick(rest[i], i) >> L_BITS);
        solving->inverse[first + i] = inverse;
        const lanes c = keep_c(solving, at, rest[i]), l = keep_l(solving, at, inverse, c);
        for (unsigned j = i + 1; j < 8; j++) {
            rest[j] = subtract(rest[j], multiply(c, spread(l, j)));
        }
    }
}

/* The rows from the one with the number first on, in a panel right of their diagonal. */
static void solve_rows(struct solving *solving, unsigned panel, unsigned first) {
    lanes rest[8];
    begin_rows(solving, panel, first, rest);
    const int32_t *l = solving->l + squares_product(first, first);
    for (unsigned i = 0; i < 8; i++, l += 8) {
        const size_t at = squares_product(first + i, 8 * (size_t)panel);
        const lanes c = keep_c(solving, at, rest[i]);
        keep_l(solving, at, solving->inverse[first + i], c);
        for (unsigned j = i + 1; j < 8; j++) {
            rest[j] = subtract(rest[j], multiply(c, every_32(l[j])));
        }
    }
}

/* The weights, from the last to the first: in the rows of a panel's diagonal. */
static void find_weights(const struct solving *solving, unsigned panel, int32_t *weights) {
    const unsigned first = 8 * panel, rows = solving->count - first < 8 ? solving->count - first : 8;
    const unsigned panels = (unsigned)squares_padded(solving->count) / 8;
    int64_t sum[8];
    for (unsigned i = 0; i < rows; i++) {
        lanes sums = every(0);
        for (unsigned right_of = panel + 1; right_of < panels; right_of++) {
            sums = add(sums, multiply(load_32(solving->l + squares_product(first + i, 8 * (size_t)right_of)),
                                      load_32(weights + 8 * (size_t)right_of)));
        }
        sum[i] = sum_of(sums);
    }
    for (unsigned k = rows; k-- > 0;) {
        const struct inverse *inverse = &solving->inverse[first + k];
        const int64_t target = solving->c[squares_product(first + k, solving->count)];
        const int64_t scaled = limited(target * inverse->factor >> (inverse->shift - SQUARES_ONE_BITS), W_LARGEST);
        const int64_t weight = limited(scaled - (sum[k] >> L_BITS), W_LARGEST);
        weights[first + k] = (int32_t)weight;
        for (unsigned i = 0; i < k; i++) {
            sum[i] += solving->l[squares_product(first + i, first + k)] * weight;
        }
    }
}

static void solve_system(const int64_t *const sums[3], unsigned count, struct squares_matrix *matrix,
                         int32_t *weights) {
    const unsigned panels = (unsigned)squares_padded(count) / 8;
    struct solving solving; /* without initialiser, which would clear all of it */
    solving.sums = sums;
    solving.count = count;
    solving.target = count / 8;
    solving.scaling = squares_scaling(sums, count);
    solving.c = matrix->rest;
    solving.l = matrix->l;
    for (unsigned i = 0; i < 8 * panels; i += 8) {
        store(solving.targets + i, limit(add_up(&solving, i), C_LARGEST));
        store_32(weights + i, every(0));
    }
    for (unsigned panel = 0; panel <= solving.target; panel++) {
        for (unsigned first = 0; first < 8 * panel && first < count; first += 8) {
            solve_rows(&solving, panel, first);
        }
        if (panel < panels) {
            solve_diagonal(&solving, panel);
        }
    }
    for (unsigned panel = panels; panel-- > 0;) {
        find_weights(&solving, panel, weights);
    }
}

#endif
