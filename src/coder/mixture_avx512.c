/*
 * The mixture with AVX-512: sixteen pixels at a time. Popping goes pixel by pixel and uses the AVX2 code.
 */
#include "coder/mixture.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR __m512i
#define PIXELS 16u
#define SET1(x) _mm512_set1_epi32(x)
#define ADD(a, b) _mm512_add_epi32(a, b)
#define SUB(a, b) _mm512_sub_epi32(a, b)
#define MULTIPLY(a, b) _mm512_mullo_epi32(a, b)
#define PAIRS(a, b) _mm512_madd_epi16(a, b)
#define AND(a, b) _mm512_and_si512(a, b)
#define AND_NOT(a, b) _mm512_andnot_si512(a, b)
#define OR(a, b) _mm512_or_si512(a, b)
#define LEFT(a, n) _mm512_slli_epi32(a, n)
#define RIGHT(a, n) _mm512_srli_epi32(a, n)
#define RIGHT_SIGNED(a, n) _mm512_srai_epi32(a, n)
#define LEFT_BY(a, n) _mm512_sllv_epi32(a, n)
#define MINIMUM(a, b) _mm512_min_epi32(a, b)
#define MAXIMUM(a, b) _mm512_max_epi32(a, b)
#define ABSOLUTE(a) _mm512_abs_epi32(a)
#define UNPACK_LOW_32(a, b) _mm512_unpacklo_epi32(a, b)
#define UNPACK_HIGH_32(a, b) _mm512_unpackhi_epi32(a, b)
#define UNPACK_LOW_64(a, b) _mm512_unpacklo_epi64(a, b)
#define UNPACK_HIGH_64(a, b) _mm512_unpackhi_epi64(a, b)
#define EQUAL_LANES(a, b) _mm512_movm_epi32(_mm512_cmpeq_epi32_mask(a, b))
#define EQUAL(a, b) _mm512_cmpeq_epi32_mask(a, b)
#define KEEP_UNLESS(mask, v) _mm512_maskz_mov_epi32(_knot_mask16(mask), v)
#define CHOOSE(mask, if_clear, if_set) _mm512_mask_mov_epi32(if_clear, mask, if_set)
#define LOOK_UP(table, index, scale) _mm512_i32gather_epi32(index, (const void *)(table), scale)
#define INVERSE_SCALES(index) inverse_scales(index)
#define CDF_PAIRS(index, low, high) cdf_pairs(index, low, high)
#define SPREAD_BYTES(v, from) _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(from))
#define ROWS(p, stride) rows(p, stride)
#define STORE_ROWS(p, stride, v) store_rows(p, stride, v)

#define HALF __m512i
#define SET1_HALF(x) _mm512_set1_epi64(x)
#define WIDEN(v, half) _mm512_cvtepu32_epi64(part(v, half))
#define ADD_HALF(a, b) _mm512_add_epi64(a, b)
#define OR_HALF(a, b) _mm512_or_si512(a, b)
#define MULTIPLY_HALF(a, b) _mm512_mul_epu32(a, b)
#define UPPER_HALF(a) _mm512_srli_epi64(a, 32)
#define RIGHT_BY_HALF(a, n) _mm512_srlv_epi64(a, n)
#define MAXIMUM_HALF(a, b) _mm512_max_epi64(a, b)
#define BITS_OVER(a, bits) bits_over(a, bits)

#define HALF_DOUBLE __m512d
#define SET1_DOUBLE(x) _mm512_set1_pd(x)
#define ADD_DOUBLE(a, b) _mm512_add_pd(a, b)
#define MULTIPLY_DOUBLE(a, b) _mm512_mul_pd(a, b)
#define DIVIDE_DOUBLE(a, b) _mm512_div_pd(a, b)
#define FLOOR(a) _mm512_roundscale_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)
#define DOUBLE_OF(a) _mm512_cvtepu64_pd(a)
#define DOUBLE_OF_SIGNED(v, half) _mm512_cvtepi32_pd(part(v, half))
#define JOIN_TRUNCATED(a, b) \
    _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvttpd_epi32(a)), _mm512_cvttpd_epi32(b), 1)
#define JOIN_EQUAL(a, a_other, b, b_other) \
    _mm512_movm_epi32(_mm512_kunpackb(_mm512_cmpeq_epi64_mask(b, b_other), _mm512_cmpeq_epi64_mask(a, a_other)))

static inline __m256i part(VECTOR value, unsigned half) {
    return half == 0 ? _mm512_castsi512_si256(value) : _mm512_extracti64x4_epi64(value, 1);
}

static inline VECTOR rows(const uint8_t *from, size_t stride) {
    __m512i row = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)from));
    row = _mm512_inserti32x4(row, _mm_loadu_si128((const __m128i *)(const void *)(from + 4 * stride)), 1);
    row = _mm512_inserti32x4(row, _mm_loadu_si128((const __m128i *)(const void *)(from + 8 * stride)), 2);
    return _mm512_inserti32x4(row, _mm_loadu_si128((const __m128i *)(const void *)(from + 12 * stride)), 3);
}

static inline void store_rows(uint8_t *to, size_t stride, VECTOR row) {
    _mm_storeu_si128((__m128i *)(void *)to, _mm512_castsi512_si128(row));
    _mm_storeu_si128((__m128i *)(void *)(to + 4 * stride), _mm512_extracti32x4_epi32(row, 1));
    _mm_storeu_si128((__m128i *)(void *)(to + 8 * stride), _mm512_extracti32x4_epi32(row, 2));
    _mm_storeu_si128((__m128i *)(void *)(to + 12 * stride), _mm512_extracti32x4_epi32(row, 3));
}

/* A single 64-bit load gets two neighbouring entries of the table. */
static inline void cdf_pairs(VECTOR index, VECTOR *low, VECTOR *high) {
    const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    __m512i a = _mm512_i32gather_epi64(_mm512_castsi512_si256(index), (const void *)logistic_cdf, 4);
    __m512i b = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(index, 1), (const void *)logistic_cdf, 4);
    *low = _mm512_permutex2var_epi32(a, even, b);
    *high = _mm512_permutex2var_epi32(a, odd, b);
}

/* 128 entries fill eight registers; a permutation selects from two. */
static inline VECTOR inverse_scales(VECTOR index) {
    __m512i quarter[4];
    for (unsigned i = 0; i < 4; i++) {
        quarter[i] = _mm512_permutex2var_epi32(_mm512_loadu_si512((const void *)(inverse_scale + 32 * i)), index,
                                               _mm512_loadu_si512((const void *)(inverse_scale + 32 * i + 16)));
    }
    __mmask16 second = _mm512_test_epi32_mask(index, SET1(32)), upper = _mm512_test_epi32_mask(index, SET1(64));
    return _mm512_mask_mov_epi32(_mm512_mask_mov_epi32(quarter[0], second, quarter[1]), upper,
                                 _mm512_mask_mov_epi32(quarter[2], second, quarter[3]));
}

static inline __m512i bits_over(__m512i value, int bits) {
    return _mm512_max_epi64(_mm512_sub_epi64(_mm512_set1_epi64(64 - bits), _mm512_lzcnt_epi64(value)),
                            _mm512_setzero_si512());
}

#include "coder/mixture_lanes.h"

const struct mixture_coder mixture_avx512 = {prepare, await, mixture_pop_run_avx2};
#endif
