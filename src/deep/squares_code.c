/* SPDX-License-Identifier: MIT */
/*
 * What takes the time in least squares (squares.h): sums of products, and their solution by LDL' in fixed point.  Plain
 * loops, compiled for each instruction set; integers, so all compute the same.
 */
#include "deep/squares.h"

#define INLINE static inline __attribute__((always_inline))

static inline int64_t limited(int64_t value, int64_t limit) {
    return value < -limit ? -limit : value > limit ? limit : value;
}

static inline unsigned bits_of(uint64_t value) {
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* a row of products of eight pixels each: with one factor for each pixel */
INLINE void multiply_row(const struct squares_strip *strip, const int32_t factors[STRIP], size_t size,
                         int32_t *restrict sums) {
    const int32_t(*r)[SQUARES_MOST] = strip->regressors;
    for (size_t j = 0; j < size; j++) {
        sums[j] = factors[0] * r[0][j] + factors[1] * r[1][j] + factors[2] * r[2][j] + factors[3] * r[3][j] +
                  factors[4] * r[4][j] + factors[5] * r[5][j] + factors[6] * r[6][j] + factors[7] * r[7][j];
    }
}

INLINE void multiply_body(const struct squares_strip *strip, unsigned count, int32_t *restrict sums) {
    multiply_row(strip, strip->targets, squares_padded(count), sums);
    sums += squares_padded(count);
    for (unsigned i = 0; i < count; i++) {
        int32_t factors[STRIP];
        for (unsigned x = 0; x < STRIP; x++) {
            factors[x] = strip->regressors[x][i];
        }
        multiply_row(strip, factors, squares_padded(i + 1), sums + squares_row(i));
    }
}

INLINE void fade_body(int64_t *restrict all, const int32_t *restrict sums, size_t size, unsigned fading) {
    for (size_t i = 0; i < size; i++) {
        all[i] += sums[i] - (all[i] >> fading);
    }
}

INLINE int64_t sum_body(const int32_t *restrict weights, const int32_t *restrict regressors, size_t size) {
    int64_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += (int64_t)weights[i] * regressors[i];
    }
    return sum;
}

/* What D is divided by: 2^shift / D, below 2^31. */
struct inverse {
    int64_t factor;
    unsigned shift;
};

static inline struct inverse invert(int64_t d) {
    const unsigned shift = bits_of((uint64_t)d) - 1;
    return (struct inverse){(int64_t)(((uint64_t)1 << (30 + shift)) / (uint64_t)d), 30 + shift};
}

/*
 * The largest sum is shifted to DIAGONAL_BITS. Entries of L have L_BITS of fraction and are at most L_LARGEST, what they
 * multiply is at most C_LARGEST: a product is at most 2^55, and SQUARES_MOST of them, with L_BITS of fraction like the
 * matrix that they are taken from, below 2^63.
 */
enum { L_BITS = 20, DIAGONAL_BITS = 30, RIDGE = 11 };
#define L_LARGEST ((int64_t)1 << 25)
#define C_LARGEST ((int64_t)1 << 30)
#define W_LARGEST ((int64_t)1 << 20)

INLINE void solve_body(const int64_t *const sums[3], unsigned count, struct squares_matrix *restrict matrix,
                       int32_t *restrict weights) {
    int64_t(*rest)[SQUARES_MOST + 1] = matrix->rest;
    int32_t(*l)[SQUARES_MOST + 1] = matrix->l, c[SQUARES_MOST + 1];
    int64_t scaled[SQUARES_MOST];
    const size_t triangle = squares_padded(count);
    int64_t largest = 1;
    for (unsigned i = 0; i < count; i++) {
        const size_t at = triangle + squares_row(i) + i;
        const int64_t diagonal = sums[0][at] + sums[1][at] + sums[2][at];
        largest = diagonal > largest ? diagonal : largest;
    }
    const unsigned bits = bits_of((uint64_t)largest);
    const unsigned down = bits > DIAGONAL_BITS ? bits - DIAGONAL_BITS : 0;
    const unsigned up = bits < DIAGONAL_BITS ? DIAGONAL_BITS - bits : 0;
    for (unsigned i = 0; i < count; i++) {
        const size_t row = triangle + squares_row(i);
        for (unsigned j = 0; j <= i; j++) {
            const int64_t sum = sums[0][row + j] + sums[1][row + j] + sums[2][row + j];
            rest[j][i] = ((sum >> down) * ((int64_t)1 << up)) * ((int64_t)1 << L_BITS);
        }
        rest[i][i] += (rest[i][i] >> RIDGE) + ((int64_t)1 << (DIAGONAL_BITS - 16 + L_BITS));
        const int64_t sum = sums[0][i] + sums[1][i] + sums[2][i];
        rest[i][count] = limited((sum >> down) * ((int64_t)1 << up), C_LARGEST) * ((int64_t)1 << L_BITS);
    }
    for (unsigned k = 0; k < count; k++) {
        const int64_t d = rest[k][k] >> L_BITS, least = (int64_t)1 << (DIAGONAL_BITS - 18);
        const struct inverse inverse = invert(d < least ? least : d > C_LARGEST ? C_LARGEST : d);
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

/* The same code, compiled for each instruction set. */
#define CODE(name, attribute)                                                                                          \
    attribute static void multiply_##name(const struct squares_strip *strip, unsigned count, int32_t *sums) {          \
        multiply_body(strip, count, sums);                                                                             \
    }                                                                                                                  \
    attribute static void fade_##name(int64_t *all, const int32_t *sums, size_t size, unsigned fading) {               \
        fade_body(all, sums, size, fading);                                                                            \
    }                                                                                                                  \
    attribute static int64_t sum_##name(const int32_t *weights, const int32_t *regressors, size_t size) {              \
        return sum_body(weights, regressors, size);                                                                    \
    }                                                                                                                  \
    attribute static void solve_##name(const int64_t *const sums[3], unsigned count, struct squares_matrix *matrix,    \
                                       int32_t *weights) {                                                             \
        solve_body(sums, count, matrix, weights);                                                                      \
    }                                                                                                                  \
    static const struct squares_code code_##name = {multiply_##name, fade_##name, sum_##name, solve_##name};

CODE(plain, )
#if defined(__x86_64__)
CODE(avx2, __attribute__((target("avx2"))))
CODE(avx512, __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))))
#endif

const struct squares_code *squares_code_by(enum instruction_set set) {
    switch (set) {
    case INSTRUCTIONS_PLAIN: return &code_plain;
#if defined(__x86_64__)
    case INSTRUCTIONS_AVX2: return instructions_are_here(set) ? &code_avx2 : NULL;
    case INSTRUCTIONS_AVX512: return instructions_are_here(set) ? &code_avx512 : NULL;
#else
    case INSTRUCTIONS_AVX2:
    case INSTRUCTIONS_AVX512:
#endif
    case INSTRUCTION_SETS:
    default: return NULL;
    }
}
