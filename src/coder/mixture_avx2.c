/*
 * The mixture with AVX2: eight pixels at a time; popping handles the components of one pixel in parallel.
 */
#include "coder/mixture.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR __m256i
#define PIXELS 8u
#define SET1(x) _mm256_set1_epi32(x)
#define ADD(a, b) _mm256_add_epi32(a, b)
#define SUB(a, b) _mm256_sub_epi32(a, b)
#define MULTIPLY(a, b) _mm256_mullo_epi32(a, b)
#define PAIRS(a, b) _mm256_madd_epi16(a, b)
#define AND(a, b) _mm256_and_si256(a, b)
#define AND_NOT(a, b) _mm256_andnot_si256(a, b)
#define OR(a, b) _mm256_or_si256(a, b)
#define LEFT(a, n) _mm256_slli_epi32(a, n)
#define RIGHT(a, n) _mm256_srli_epi32(a, n)
#define RIGHT_SIGNED(a, n) _mm256_srai_epi32(a, n)
#define LEFT_BY(a, n) _mm256_sllv_epi32(a, n)
#define MINIMUM(a, b) _mm256_min_epi32(a, b)
#define MAXIMUM(a, b) _mm256_max_epi32(a, b)
#define ABSOLUTE(a) _mm256_abs_epi32(a)
#define UNPACK_LOW_32(a, b) _mm256_unpacklo_epi32(a, b)
#define UNPACK_HIGH_32(a, b) _mm256_unpackhi_epi32(a, b)
#define UNPACK_LOW_64(a, b) _mm256_unpacklo_epi64(a, b)
#define UNPACK_HIGH_64(a, b) _mm256_unpackhi_epi64(a, b)
#define EQUAL_LANES(a, b) _mm256_cmpeq_epi32(a, b)
#define EQUAL(a, b) _mm256_cmpeq_epi32(a, b)
#define KEEP_UNLESS(mask, v) _mm256_andnot_si256(mask, v)
#define CHOOSE(mask, if_clear, if_set) _mm256_blendv_epi8(if_clear, if_set, mask)
#define LOOK_UP(table, index, scale) _mm256_i32gather_epi32((const int *)(const void *)(table), index, scale)
#define INVERSE_SCALES(index) LOOK_UP(inverse_scale, index, 4)
#define CDF_PAIRS(index, low, high) cdf_pairs(index, low, high)
#define SPREAD_BYTES(v, from) _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(from))
#define ROWS(p, stride) rows(p, stride)
#define STORE_ROWS(p, stride, v) store_rows(p, stride, v)

#define HALF __m256i
#define SET1_HALF(x) _mm256_set1_epi64x(x)
#define WIDEN(v, half) _mm256_cvtepu32_epi64(part(v, half))
#define ADD_HALF(a, b) _mm256_add_epi64(a, b)
#define OR_HALF(a, b) _mm256_or_si256(a, b)
#define MULTIPLY_HALF(a, b) _mm256_mul_epu32(a, b)
#define UPPER_HALF(a) _mm256_srli_epi64(a, 32)
#define RIGHT_BY_HALF(a, n) _mm256_srlv_epi64(a, n)
#define MAXIMUM_HALF(a, b) _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(b, a))
#define BITS_OVER(a, bits) bits_over(a, bits)

#define HALF_DOUBLE __m256d
#define SET1_DOUBLE(x) _mm256_set1_pd(x)
#define ADD_DOUBLE(a, b) _mm256_add_pd(a, b)
#define MULTIPLY_DOUBLE(a, b) _mm256_mul_pd(a, b)
#define DIVIDE_DOUBLE(a, b) _mm256_div_pd(a, b)
#define FLOOR(a) _mm256_floor_pd(a)
#define DOUBLE_OF(a) double_of(a)
#define DOUBLE_OF_SIGNED(v, half) _mm256_cvtepi32_pd(part(v, half))
#define JOIN_TRUNCATED(a, b) _mm256_set_m128i(_mm256_cvttpd_epi32(b), _mm256_cvttpd_epi32(a))
#define JOIN_EQUAL(a, a_other, b, b_other) join(_mm256_cmpeq_epi64(a, a_other), _mm256_cmpeq_epi64(b, b_other))

static inline __m128i part(VECTOR value, unsigned half) {
    return half == 0 ? _mm256_castsi256_si128(value) : _mm256_extracti128_si256(value, 1);
}

static inline VECTOR rows(const uint8_t *from, size_t stride) {
    return _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(const void *)(from + 4 * stride)),
                            _mm_loadu_si128((const __m128i *)(const void *)from));
}

static inline void store_rows(uint8_t *to, size_t stride, VECTOR row) {
    _mm_storeu_si128((__m128i *)(void *)to, _mm256_castsi256_si128(row));
    _mm_storeu_si128((__m128i *)(void *)(to + 4 * stride), _mm256_extracti128_si256(row, 1));
}

/* The lower or the upper 32 bits of eight 64-bit values. */
static inline VECTOR join(__m256i a, __m256i b) {
    __m256 lower = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(lower), 0xd8);
}

static inline VECTOR join_upper(__m256i a, __m256i b) {
    __m256 upper = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xdd);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(upper), 0xd8);
}

/* A single 64-bit load gets two neighbouring entries of the table. */
static inline void cdf_pairs(VECTOR index, VECTOR *low, VECTOR *high) {
    const long long *table = (const long long *)(const void *)logistic_cdf;
    __m256i a = _mm256_i32gather_epi64(table, _mm256_castsi256_si128(index), 4);
    __m256i b = _mm256_i32gather_epi64(table, _mm256_extracti128_si256(index, 1), 4);
    *low = join(a, b);
    *high = join_upper(a, b);
}

/* Exact below 2^52. */
static inline __m256d double_of(__m256i value) {
    const __m256d unit = _mm256_set1_pd(4503599627370496.0); /* 2^52: its last bit has the value 1 */
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(value, _mm256_castpd_si256(unit))), unit);
}

/* The number of bits beyond `bits` that a value below 2^52 has: from its exponent as a double. */
static inline __m256i bits_over(__m256i value, int bits) {
    __m256i exponent = _mm256_srli_epi64(_mm256_castpd_si256(double_of(value)), 52);
    return _mm256_max_epi32(_mm256_sub_epi64(exponent, _mm256_set1_epi64x(1022 + bits)), _mm256_setzero_si256());
}

#include "coder/mixture_lanes.h"

const struct mixture_coder mixture_avx2 = {prepare, await, mixture_pop_run_avx2};
#endif
