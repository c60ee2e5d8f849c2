/* SPDX-License-Identifier: MIT */
/*
 * The operations that the coder's vector code is written in (vector.h), with AVX2: eight lanes of 32 bits.
 */
#ifndef BSWZ_VECTOR_AVX2_H
#define BSWZ_VECTOR_AVX2_H

#include "coder/mixture_tables.h"

#include <immintrin.h>
#include <string.h>

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
#define SCALE_ENTRIES(table, index) LOOK_UP(table, index, 4)
#define WIDE_ENTRIES(table, index) LOOK_UP(table, index, 4)
#define TABLE_PAIRS(table, index, low, high) table_pairs((const int32_t *)(table), index, low, high)
#define SPREAD_BYTES(v, from)                                                                                          \
    _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(from))))
#define ROWS(p, stride) rows(p, stride)
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define LOAD_16(p) _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define STORE_16(p, v) _mm_storeu_si128((__m128i *)(void *)(p), lower_words(v))
#define MASK __m256i
#define GREATER(a, b) _mm256_cmpgt_epi32(a, b)
#define MASK_BITS(mask) ((uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(mask)))

#define HALF __m256i
#define SET1_HALF(x) _mm256_set1_epi64x(x)
#define WIDEN(v, half) _mm256_cvtepu32_epi64(part(v, half))
#define ADD_HALF(a, b) _mm256_add_epi64(a, b)
#define OR_HALF(a, b) _mm256_or_si256(a, b)
#define MULTIPLY_HALF(a, b) _mm256_mul_epu32(a, b)
#define RIGHT_BY_HALF(a, n) _mm256_srlv_epi64(a, n)
#define MAXIMUM_HALF(a, b) _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(b, a))
#define BITS_OVER(a, bits) bits_over(a, bits)

#define LOAD_HALF(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE_HALF(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define LOWER_HALVES(a, b) join(a, b)
#define SUB_HALF(a, b) _mm256_sub_epi64(a, b)
#define AND_HALF(a, b) _mm256_and_si256(a, b)
#define LEFT_HALF(a, n) _mm256_slli_epi64(a, n)
#define RIGHT_HALF(a, n) _mm256_srli_epi64(a, n)
#define MASK_HALF __m256i
#define GREATER_HALF(a, b) _mm256_cmpgt_epi64(a, b)
#define CHOOSE_HALF(mask, if_clear, if_set) _mm256_blendv_epi8(if_clear, if_set, mask)
#define MASK_BITS_HALF(mask) ((uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(mask)))
#define MASK_OF_BITS_HALF(bits) mask_of_bits(bits)
#define QUOTIENT(state, divisor) quotients(state, divisor)
#define FETCH_UP(words, size, bits, state) fetched(words_at((words) + (size)-4), bits, 3, state)
#define FETCH_DOWN(words, size, bits, state)                                                                           \
    fetched(words_at((words) + (size)-__builtin_popcount(bits)), bits, 0, state)
#define STORE_UP(words, size, bits, state) store_words((words) + (size), packed(lane_of_word[0][bits], state))
#define STORE_DOWN(words, size, bits, state) store_words((words) + (size), packed(lane_of_word[1][bits], state))

#define HALF_DOUBLE __m256d
#define SET1_DOUBLE(x) _mm256_set1_pd(x)
#define ADD_DOUBLE(a, b) _mm256_add_pd(a, b)
#define MULTIPLY_DOUBLE(a, b) _mm256_mul_pd(a, b)
#define DIVIDE_DOUBLE(a, b) _mm256_div_pd(a, b)
#define MINIMUM_DOUBLE(a, b) _mm256_min_pd(a, b)
#define MAXIMUM_DOUBLE(a, b) _mm256_max_pd(a, b)
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

/* The lower halves of eight 32-bit values. */
static inline __m128i lower_words(VECTOR value) {
    const __m256i words = _mm256_and_si256(value, _mm256_set1_epi32(0xffff));
    return _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

/* The lower, or the upper, 32 bits of eight 64-bit values. */
static inline VECTOR join(__m256i a, __m256i b) {
    __m256 lower = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(lower), 0xd8);
}

static inline VECTOR join_upper(__m256i a, __m256i b) {
    __m256 upper = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xdd);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(upper), 0xd8);
}

/* Neighbouring entries of the table come with one 64-bit load; single loads are faster than gathering. */
static inline __m128i pair_at(const int32_t *table, uint64_t index) {
    return _mm_loadl_epi64((const __m128i *)(const void *)(table + index));
}

static inline __m256i four_pairs(const int32_t *table, __m128i index) {
    const uint64_t low = (uint64_t)_mm_cvtsi128_si64(index), high = (uint64_t)_mm_extract_epi64(index, 1);
    return _mm256_set_m128i(_mm_unpacklo_epi64(pair_at(table, (uint32_t)high), pair_at(table, high >> 32)),
                            _mm_unpacklo_epi64(pair_at(table, (uint32_t)low), pair_at(table, low >> 32)));
}

static inline void table_pairs(const int32_t *table, VECTOR index, VECTOR *low, VECTOR *high) {
    const __m256i a = four_pairs(table, _mm256_castsi256_si128(index));
    const __m256i b = four_pairs(table, _mm256_extracti128_si256(index, 1));
    *low = join(a, b);
    *high = join_upper(a, b);
}

/* Below 2^52: exact. */
static inline __m256d double_of(__m256i value) {
    const __m256d unit = _mm256_set1_pd(4503599627370496.0); /* 2^52: its last bit is worth 1 */
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(value, _mm256_castpd_si256(unit))), unit);
}

/* How many bits more than `bits` a value below 2^52 has: from its exponent as a double. */
static inline __m256i bits_over(__m256i value, int bits) {
    __m256i exponent = _mm256_srli_epi64(_mm256_castpd_si256(double_of(value)), 52);
    return _mm256_max_epi32(_mm256_sub_epi64(exponent, _mm256_set1_epi64x(1022 + bits)), _mm256_setzero_si256());
}

/* ---- words of the stack ---- */

static inline __m256i mask_of_bits(uint32_t bits) {
    const __m256i each = _mm256_setr_epi64x(1, 2, 4, 8);
    return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(bits), each), each);
}

/* Of values below 2^48 times the divisor; as near as a double is. */
static inline __m256i quotients(__m256i value, __m256i divisor) {
    const __m256d unit = _mm256_set1_pd(4503599627370496.0); /* 2^52 */
    const __m256d upper = double_of(_mm256_srli_epi64(value, 32));
    const __m256d lower = double_of(_mm256_and_si256(value, _mm256_set1_epi64x(0xffffffff)));
    const __m256d all = _mm256_add_pd(_mm256_mul_pd(upper, _mm256_set1_pd(4294967296.0)), lower);
    const __m256d share = _mm256_add_pd(_mm256_floor_pd(_mm256_div_pd(all, double_of(divisor))), unit);
    return _mm256_xor_si256(_mm256_castpd_si256(share), _mm256_castpd_si256(unit));
}

static inline __m128i words_at(const uint32_t *from) {
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

static inline void store_words(uint32_t *to, __m128i words) {
    _mm_storeu_si128((__m128i *)(void *)to, words);
}

/* Of the lanes in a set of four: how many of the set are below a lane; and which lane is first, second ..., counted
 * from the first lane up or from the last one down. */
static const uint8_t word_of_lane[16][4] = {
    {0, 0, 0, 0}, {0, 1, 1, 1}, {0, 0, 1, 1}, {0, 1, 2, 2}, {0, 0, 0, 1}, {0, 1, 1, 2}, {0, 0, 1, 2}, {0, 1, 2, 3},
    {0, 0, 0, 0}, {0, 1, 1, 1}, {0, 0, 1, 1}, {0, 1, 2, 2}, {0, 0, 0, 1}, {0, 1, 1, 2}, {0, 0, 1, 2}, {0, 1, 2, 3}};
static const uint8_t lane_of_word[2][16][4] = {{{0, 0, 0, 0},
                                                {0, 0, 0, 0},
                                                {1, 0, 0, 0},
                                                {0, 1, 0, 0},
                                                {2, 0, 0, 0},
                                                {0, 2, 0, 0},
                                                {1, 2, 0, 0},
                                                {0, 1, 2, 0},
                                                {3, 0, 0, 0},
                                                {0, 3, 0, 0},
                                                {1, 3, 0, 0},
                                                {0, 1, 3, 0},
                                                {2, 3, 0, 0},
                                                {0, 2, 3, 0},
                                                {1, 2, 3, 0},
                                                {0, 1, 2, 3}},
                                               {{0, 0, 0, 0},
                                                {0, 0, 0, 0},
                                                {1, 0, 0, 0},
                                                {1, 0, 0, 0},
                                                {2, 0, 0, 0},
                                                {2, 0, 0, 0},
                                                {2, 1, 0, 0},
                                                {2, 1, 0, 0},
                                                {3, 0, 0, 0},
                                                {3, 0, 0, 0},
                                                {3, 1, 0, 0},
                                                {3, 1, 0, 0},
                                                {3, 2, 0, 0},
                                                {3, 2, 0, 0},
                                                {3, 2, 1, 0},
                                                {3, 2, 1, 0}}};

static inline __m128i indices(const uint8_t four[4]) {
    int32_t bytes;
    memcpy(&bytes, four, sizeof bytes);
    return _mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes));
}

static inline __m128i picked(__m128i words, __m128i index) {
    return _mm_castps_si128(_mm_permutevar_ps(_mm_castsi128_ps(words), index));
}

/* The lower words of the states, in an order of lanes. */
static inline __m128i packed(const uint8_t order[4], __m256i state) {
    const __m256i lower = _mm256_permutevar8x32_epi32(state, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
    return picked(_mm256_castsi256_si128(lower), indices(order));
}

/* turned: 3 where the first lane takes the last word, 0 where it takes the first. */
static inline __m256i fetched(__m128i words, uint32_t bits, int turned, __m256i state) {
    const __m128i index = _mm_xor_si128(indices(word_of_lane[bits]), _mm_set1_epi32(turned));
    const __m256i full = _mm256_or_si256(_mm256_slli_epi64(state, 32), _mm256_cvtepu32_epi64(picked(words, index)));
    return _mm256_blendv_epi8(state, full, mask_of_bits(bits));
}

#endif
