/* SPDX-License-Identifier: MIT */
/*
 * Least squares (squares.h) with AVX2.
 */
#include "deep/squares.h"

#if defined(__x86_64__)
#include <immintrin.h>

typedef struct {
    __m256i low, high;
} lanes;

static inline __m256i load_half(const void *from) {
    return _mm256_loadu_si256((const __m256i *)from);
}

static inline lanes load(const int64_t *from) {
    return (lanes){load_half(from), load_half(from + 4)};
}

static inline void store(int64_t *to, lanes a) {
    _mm256_storeu_si256((__m256i *)(void *)to, a.low);
    _mm256_storeu_si256((__m256i *)(void *)(to + 4), a.high);
}

static inline lanes load_32(const int32_t *from) {
    const __m256i both = load_half(from);
    return (lanes){_mm256_cvtepi32_epi64(_mm256_castsi256_si128(both)),
                   _mm256_cvtepi32_epi64(_mm256_extracti128_si256(both, 1))};
}

static inline void store_32(int32_t *to, lanes a) {
    const __m256i both = _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(a.low), _mm256_castsi256_ps(a.high), 0x88)); /* the lower halves */
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_permute4x64_epi64(both, 0xd8));
}

static inline lanes add(lanes a, lanes b) {
    return (lanes){_mm256_add_epi64(a.low, b.low), _mm256_add_epi64(a.high, b.high)};
}

static inline lanes subtract(lanes a, lanes b) {
    return (lanes){_mm256_sub_epi64(a.low, b.low), _mm256_sub_epi64(a.high, b.high)};
}

static inline lanes multiply(lanes a, lanes b) {
    return (lanes){_mm256_mul_epi32(a.low, b.low), _mm256_mul_epi32(a.high, b.high)};
}

static inline lanes left(lanes a, unsigned bits) {
    const __m128i by = _mm_cvtsi32_si128((int)bits);
    return (lanes){_mm256_sll_epi64(a.low, by), _mm256_sll_epi64(a.high, by)};
}

/* There is only an unsigned shift: 2^63 is added before, and what becomes of it is taken away. */
static inline lanes right(lanes a, unsigned bits) {
    const __m128i by = _mm_cvtsi32_si128((int)bits);
    const __m256i sign = _mm256_set1_epi64x(INT64_MIN), moved = _mm256_srl_epi64(sign, by);
    return (lanes){_mm256_sub_epi64(_mm256_srl_epi64(_mm256_xor_si256(a.low, sign), by), moved),
                   _mm256_sub_epi64(_mm256_srl_epi64(_mm256_xor_si256(a.high, sign), by), moved)};
}

static inline __m256i limit_half(__m256i a, __m256i most, __m256i least) {
    a = _mm256_blendv_epi8(a, most, _mm256_cmpgt_epi64(a, most));
    return _mm256_blendv_epi8(a, least, _mm256_cmpgt_epi64(least, a));
}

static inline lanes limit(lanes a, int64_t limit) {
    const __m256i most = _mm256_set1_epi64x(limit), least = _mm256_set1_epi64x(-limit);
    return (lanes){limit_half(a.low, most, least), limit_half(a.high, most, least)};
}

static inline lanes every(int64_t a) {
    const __m256i half = _mm256_set1_epi64x(a);
    return (lanes){half, half};
}

static inline lanes every_32(int32_t a) {
    const __m256i half = _mm256_set1_epi32(a);
    return (lanes){half, half};
}

static inline int64_t pick(lanes a, unsigned lane) {
    int64_t all[8];
    store(all, a);
    return all[lane];
}

static inline lanes spread(lanes a, unsigned lane) {
    const __m256i half =
        _mm256_permutevar8x32_epi32(lane < 4 ? a.low : a.high, _mm256_set1_epi32((int)(2 * (lane % 4))));
    return (lanes){half, half};
}

static inline lanes choose(lanes a, lanes b, unsigned lane) {
    const __m256i number = _mm256_set1_epi64x(lane);
    return (lanes){_mm256_blendv_epi8(a.low, b.low, _mm256_cmpeq_epi64(number, _mm256_setr_epi64x(0, 1, 2, 3))),
                   _mm256_blendv_epi8(a.high, b.high, _mm256_cmpeq_epi64(number, _mm256_setr_epi64x(4, 5, 6, 7)))};
}

static inline int64_t sum_of(lanes a) {
    const __m256i four = _mm256_add_epi64(a.low, a.high);
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

#include "deep/squares_pairs.h"

#include "deep/squares_lanes.h"

const struct squares_code squares_avx2 = {multiply_strip, fade_sums, sum_products, solve_system};
#endif
