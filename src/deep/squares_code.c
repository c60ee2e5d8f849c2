/* SPDX-License-Identifier: MIT */
/*
 * What takes the time in least squares (squares.h), in plain loops: sums of products, and their solution by LDL' in
 * fixed point. Integers, so the code for other instruction sets (squares_lanes.h) computes the same.
 */
#include "deep/squares_solve.h"

/* products of eight pixels each: with one factor for each pixel */
static inline void multiply_row(const struct squares_strip *strip, const int16_t factors[STRIP], size_t first,
                                size_t size, int32_t *restrict sums) {
    for (size_t j = 0; j < size; j++) {
        int32_t sum = 0;
        for (unsigned x = 0; x < STRIP; x++) {
            sum += factors[x] * strip->regressors[x][first + j];
        }
        sums[j] = sum;
    }
}

static void multiply(const struct squares_strip *strip, unsigned count, int32_t *restrict sums) {
    const size_t padded = squares_padded(count);
    multiply_row(strip, strip->targets, 0, padded, sums);
    sums += padded;
    for (unsigned i = 0; i < padded; i++) {
        int16_t factors[STRIP];
        for (unsigned x = 0; x < STRIP; x++) {
            factors[x] = strip->regressors[x][i];
        }
        for (size_t panel = i / 8; panel < padded / 8; panel++) {
            multiply_row(strip, factors, 8 * panel, 8, sums + squares_product(i, 8 * panel));
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
        for (unsigned j = i; j < count; j++) {
            const size_t at = triangle + squares_product(i, j);
            const int64_t sum = sums[0][at] + sums[1][at] + sums[2][at];
            rest[i][j] = ((sum >> scaling.down) * ((int64_t)1 << scaling.up)) * ((int64_t)1 << L_BITS);
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
            int64_t *row = rest[i];
            for (unsigned j = i; j <= count; j++) {
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
