/* SPDX-License-Identifier: MIT */
/*
 * What takes the time in least squares (squares.h), in plain loops: sums of products, and their solution by LDL' in
 * fixed point. Integers, so the code for other instruction sets (squares_lanes.h) computes the same.
 */
#include "deep/squares_solve.h"

#include <string.h>

/* Pixels with 32 bits: compilers multiply these best. */
struct wide {
    int32_t regressors[STRIP][SQUARES_MOST];
};

/* Products of eight pixels each with one factor for each pixel, for eight regressors. */
static inline void multiply_eight(const struct wide *strip, const int32_t factors[STRIP], size_t first, int32_t *sums) {
    int32_t all[8] = {0};
    for (unsigned x = 0; x < STRIP; x++) {
        const int32_t *r = strip->regressors[x] + first;
        for (unsigned j = 0; j < 8; j++) {
            all[j] += factors[x] * r[j];
        }
    }
    memcpy(sums, all, sizeof all);
}

static void multiply(const struct squares_strip *strip, unsigned count, int32_t *sums) {
    const size_t padded = squares_padded(count);
    struct wide wide;
    int32_t factors[STRIP];
    for (unsigned x = 0; x < STRIP; x++) {
        factors[x] = strip->targets[x];
        for (size_t i = 0; i < padded; i++) {
            wide.regressors[x][i] = strip->regressors[x][i];
        }
    }
    for (size_t first = 0; first < padded; first += 8) {
        multiply_eight(&wide, factors, first, sums + first);
    }
    sums += padded;
    for (size_t i = 0; i < padded; i++) {
        for (unsigned x = 0; x < STRIP; x++) {
            factors[x] = wide.regressors[x][i];
        }
        for (size_t first = i / 8 * 8; first < padded; first += 8) {
            multiply_eight(&wide, factors, first, sums + squares_product(i, first));
        }
    }
}

static void fade(int64_t *restrict all, const int32_t *restrict sums, size_t size, unsigned fading) {
    for (size_t i = 0; i < size; i++) {
        all[i] += sums[i] - (all[i] >> fading);
    }
}

static int64_t sum_products(const int32_t *restrict weights, const int32_t *restrict regressors, size_t size) {
    int64_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += (int64_t)weights[i] * regressors[i];
    }
    return sum;
}

static void solve(const int64_t *const sums[3], unsigned count, struct squares_matrix *restrict matrix,
                  int32_t *restrict weights) {
    int64_t(*rest)[SQUARES_MOST + 1] = (int64_t(*)[SQUARES_MOST + 1]) matrix->rest;
    int32_t(*l)[SQUARES_MOST + 1] = (int32_t(*)[SQUARES_MOST + 1]) matrix->l, c[SQUARES_MOST + 1];
    int64_t scaled[SQUARES_MOST];
    const size_t triangle = squares_padded(count);
    const struct scaling scaling = squares_scaling(sums, count);
    for (unsigned i = 0; i < count; i++) {
        for (size_t first = i / 8 * 8; first < count; first += 8) {
            const size_t at = triangle + squares_product(i, first);
            for (unsigned j = 0; j < 8; j++) {
                const int64_t sum = sums[0][at + j] + sums[1][at + j] + sums[2][at + j];
                rest[i][first + j] = ((sum >> scaling.down) * ((int64_t)1 << scaling.up)) * ((int64_t)1 << L_BITS);
            }
        }
        rest[i][i] += (rest[i][i] >> RIDGE) + RIDGE_LEAST;
        const int64_t sum = sums[0][i] + sums[1][i] + sums[2][i];
        rest[i][count] =
            limited((sum >> scaling.down) * ((int64_t)1 << scaling.up), C_LARGEST) * ((int64_t)1 << L_BITS);
    }
    for (unsigned k = 0; k < count; k++) {
        const struct inverse inverse = invert(rest[k][k] >> L_BITS);
        for (unsigned i = k + 1; i <= count; i++) {
            const int64_t limit = limited(rest[k][i] >> L_BITS, C_LARGEST);
            c[i] = (int32_t)limit;
            l[k][i] = (int32_t)limited(limit * inverse.factor >> (inverse.shift - L_BITS), L_LARGEST);
        }
        scaled[k] = limited(c[count] * inverse.factor >> (inverse.shift - SQUARES_ONE_BITS), W_LARGEST);
        for (unsigned i = k + 1; i < count; i++) {
            const int32_t factor = l[k][i];
            int64_t *restrict row = rest[i];
            for (size_t j = i; j <= count; j++) {
                row[j] -= (int64_t)factor * c[j];
            }
        }
    }
    for (unsigned i = count; i-- > 0;) {
        int64_t sum = 0;
        for (unsigned k = i + 1; k < count; k++) {
            sum += (int64_t)l[i][k] * weights[k];
        }
        weights[i] = (int32_t)limited(scaled[i] - (sum >> L_BITS), W_LARGEST);
    }
}

static const struct squares_code plain = {multiply, fade, sum_products, solve};

const struct squares_code *squares_code_by(enum instruction_set set) {
    switch (set) {
    case INSTRUCTIONS_PLAIN: return &plain;
#if defined(__x86_64__)
    case INSTRUCTIONS_AVX2: return instructions_are_here(set) ? &squares_avx2 : NULL;
    case INSTRUCTIONS_AVX512: return instructions_are_here(set) ? &squares_avx512 : NULL;
#else
    case INSTRUCTIONS_AVX2:
    case INSTRUCTIONS_AVX512:
#endif
    case INSTRUCTION_SETS:
    default: return NULL;
    }
}
