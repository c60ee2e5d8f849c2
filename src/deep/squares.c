/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Least squares (squares.h): the sums, and their solution by LDL' in fixed point.
 */
#include "deep/squares.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

bool squares_init(struct squares *squares, unsigned count, uint32_t width, unsigned fading, unsigned every) {
    const unsigned products = count * (count + 1) / 2 + count;
    *squares = (struct squares){
        .count = count, .products = products, .fading = fading, .every = every, .strips = width / STRIP + (width % STRIP != 0)};
    squares->strips = squares->strips < STRIPS_MOST ? squares->strips : STRIPS_MOST;
    squares->sums = bswz_allocate_zero((size_t)squares->strips + 1, products * sizeof *squares->sums);
    squares->now = squares->sums == NULL ? NULL : squares->sums + (size_t)squares->strips * products;
    return squares->sums != NULL;
}

void squares_free(struct squares *squares) {
    free(squares->sums);
    squares->sums = NULL;
}

static int64_t limited(int64_t value, int64_t limit) {
    return value < -limit ? -limit : value > limit ? limit : value;
}

static unsigned bits_of(uint64_t value) {
    unsigned bits = 0;
    for (unsigned step = 32; step > 0; step /= 2) {
        if (value >> step != 0) {
            bits += step;
            value >>= step;
        }
    }
    return bits + (value != 0);
}

/* The reciprocal of D: 2^(30 + shift) / D, below 2^31. */
struct inverse {
    int64_t factor;
    unsigned shift;
};

static struct inverse invert(int64_t d) {
    const unsigned shift = bits_of((uint64_t)d) - 1;
    return (struct inverse){(int64_t)(((uint64_t)1 << (30 + shift)) / (uint64_t)d), 30 + shift};
}

/* Entries of L have 20 bits of fraction and are below 2^6; their factors are below 2^31: a product is below 2^57, and
 * 28 of them below 2^62. */
enum { L_BITS = 20, DIAGONAL_BITS = 30 };
#define L_LARGEST ((int64_t)1 << 26)
#define C_LARGEST ((int64_t)1 << 31)
#define W_LARGEST ((int64_t)1 << 20)

/* sums: as in struct squares, with the same bounds. */
static void solve(const int64_t *sums, unsigned count, int32_t *weights) {
    int64_t l[SQUARES_MOST][SQUARES_MOST], c[SQUARES_MOST][SQUARES_MOST], z[SQUARES_MOST];
    struct inverse inverse[SQUARES_MOST];
    int64_t largest = 1;
    for (unsigned i = 0; i < count; i++) {
        const int64_t diagonal = sums[i * (i + 1) / 2 + i];
        largest = diagonal > largest ? diagonal : largest;
    }
    const unsigned bits = bits_of((uint64_t)largest);
    const unsigned down = bits > DIAGONAL_BITS ? bits - DIAGONAL_BITS : 0;
    const unsigned up = bits < DIAGONAL_BITS ? DIAGONAL_BITS - bits : 0;
    const int64_t *row = sums, *with_target = sums + count * (count + 1) / 2;
    for (unsigned i = 0; i < count; row += ++i) {
        for (unsigned j = 0; j <= i; j++) {
            int64_t sum = (int64_t)((uint64_t)(row[j] >> down) << up);
            if (i == j) {
                sum += (sum >> 9) + ((int64_t)1 << (DIAGONAL_BITS - 16));
            }
            for (unsigned k = 0; k < j; k++) {
                sum -= l[i][k] * c[j][k] >> L_BITS;
            }
            sum = limited(sum, C_LARGEST);
            if (i == j) {
                const int64_t least = (int64_t)1 << (DIAGONAL_BITS - 18);
                inverse[i] = invert(sum < least ? least : sum);
            } else {
                c[i][j] = sum;
                l[i][j] = limited(sum * inverse[j].factor >> (inverse[j].shift - L_BITS), L_LARGEST);
            }
        }
        int64_t sum = limited((int64_t)((uint64_t)(with_target[i] >> down) << up), C_LARGEST);
        for (unsigned k = 0; k < i; k++) {
            sum -= l[i][k] * z[k] >> L_BITS;
        }
        z[i] = limited(sum, C_LARGEST);
    }
    for (unsigned i = count; i-- > 0;) {
        int64_t sum = limited(z[i] * inverse[i].factor >> (inverse[i].shift - SQUARES_ONE_BITS), W_LARGEST);
        for (unsigned k = i + 1; k < count; k++) {
            sum -= l[k][i] * weights[k] >> L_BITS;
        }
        weights[i] = (int32_t)limited(sum, W_LARGEST);
    }
}

void squares_begin_pixel(struct squares *squares, uint32_t x) {
    if (x % STRIP != 0) {
        return;
    }
    const uint32_t strip = x / STRIP % squares->strips;
    const size_t products = squares->products;
    const int64_t *here = squares->sums + strip * products;
    const int64_t *left = strip > 0 ? here - products : here;
    const int64_t *right = strip + 1 < squares->strips ? here + products : here;
    int64_t sums[SQUARES_MOST * (SQUARES_MOST + 3) / 2];
    memset(squares->now, 0, products * sizeof *squares->now);
    if (x / STRIP % squares->every != 0) {
        return;
    }
    for (size_t i = 0; i < products; i++) {
        sums[i] = left[i] + here[i] + right[i];
    }
    solve(sums, squares->count, squares->weights);
}

static void add_products(struct squares *squares, const int32_t *regressors, int32_t target, int32_t weight) {
    int64_t *sum = squares->now;
    for (unsigned i = 0; i < squares->count; i++) {
        const int64_t weighted = (int64_t)regressors[i] * weight;
        for (unsigned j = 0; j <= i; j++) {
            *sum++ += weighted * regressors[j];
        }
    }
    const int64_t weighted = (int64_t)target * weight;
    for (unsigned i = 0; i < squares->count; i++) {
        *sum++ += weighted * regressors[i];
    }
}

void squares_end_pixel(struct squares *squares, uint32_t x, uint32_t y, uint32_t width, const int32_t *regressors,
                       int32_t target, int32_t weight) {
    if (squares->every == 1 || (x + y) % 2 == 0) {
        add_products(squares, regressors, target, weight);
    }
    if (x % STRIP == STRIP - 1 || x + 1 == width) {
        int64_t *all = squares->sums + (size_t)(x / STRIP % squares->strips) * squares->products;
        for (unsigned i = 0; i < squares->products; i++) {
            all[i] += squares->now[i] - (all[i] >> squares->fading);
        }
    }
}
