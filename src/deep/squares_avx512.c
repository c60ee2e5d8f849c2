/* SPDX-License-Identifier: MIT */
/*
 * Least squares (squares.h) with AVX-512.
 */
#include "deep/squares.h"

#if defined(__x86_64__)
#include <immintrin.h>

typedef __m512i lanes;

static inline lanes load(const int64_t *from) {
    return _mm512_loadu_si512(from);
}

static inline void store(int64_t *to, lanes a) {
    _mm512_storeu_si512(to, a);
}

static inline lanes load_32(const int32_t *from) {
    return _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)from));
}

static inline void store_32(int32_t *to, lanes a) {
    _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtepi64_epi32(a));
}

static inline lanes add(lanes a, lanes b) {
    return _mm512_add_epi64(a, b);
}

static inline lanes subtract(lanes a, lanes b) {
    return _mm512_sub_epi64(a, b);
}

static inline lanes multiply(lanes a, lanes b) {
    return _mm512_mul_epi32(a, b);
}

static inline lanes left(lanes a, unsigned bits) {
    return _mm512_sll_epi64(a, _mm_cvtsi32_si128((int)bits));
}

static inline lanes right(lanes a, unsigned bits) {
    return _mm512_sra_epi64(a, _mm_cvtsi32_si128((int)bits));
}

static inline lanes limit(lanes a, int64_t limit) {
    return _mm512_max_epi64(_mm512_min_epi64(a, _mm512_set1_epi64(limit)), _mm512_set1_epi64(-limit));
}

static inline lanes every(int64_t a) {
    return _mm512_set1_epi64(a);
}

static inline lanes every_32(int32_t a) {
    return _mm512_set1_epi32(a);
}

static inline int64_t pick(lanes a, unsigned lane) {
    return _mm_cvtsi128_si64(_mm512_castsi512_si128(_mm512_permutexvar_epi64(_mm512_set1_epi64(lane), a)));
}

static inline lanes spread(lanes a, unsigned lane) {
    return _mm512_permutexvar_epi64(_mm512_set1_epi64(lane), a);
}

static inline lanes choose(lanes a, lanes b, unsigned lane) {
    return _mm512_mask_mov_epi64(a, (__mmask8)(1u << lane), b);
}

static inline int64_t sum_of(lanes a) {
    return _mm512_reduce_add_epi64(a);
}

#include "deep/squares_pairs.h"

#include "deep/squares_lanes.h"

const struct squares_code squares_avx512 = {multiply_strip, fade_sums, sum_products, solve_system};
#endif
