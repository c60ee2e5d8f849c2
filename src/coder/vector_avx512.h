/* SPDX-License-Identifier: MIT */
/*
 * The operations that the coder's vector code is written in (vector.h), with AVX-512: sixteen lanes of 32 bits.
 */
#ifndef BSWZ_VECTOR_AVX512_H
#define BSWZ_VECTOR_AVX512_H

#include "coder/mixture_tables.h"

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
#define SCALE_ENTRIES(table, index) scale_entries(table, index)
#define WIDE_ENTRIES(table, index) wide_entries(table, index)
#define TABLE_PAIRS(table, index, low, high) table_pairs(table, index, low, high)
#define SPREAD_BYTES(v, from)                                                                                          \
    _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)(from))))
#define ROWS(p, stride) rows(p, stride)
#define LOAD(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, v) _mm512_storeu_si512((void *)(p), v)
#define LOAD_16(p) _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(p)))
#define STORE_16(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), _mm512_cvtepi32_epi16(v))
#define MASK __mmask16
#define GREATER(a, b) _mm512_cmpgt_epi32_mask(a, b)
#define MASK_BITS(mask) ((uint32_t)(mask))

#define HALF __m512i
#define SET1_HALF(x) _mm512_set1_epi64(x)
#define WIDEN(v, half) _mm512_cvtepu32_epi64(part(v, half))
#define ADD_HALF(a, b) _mm512_add_epi64(a, b)
#define OR_HALF(a, b) _mm512_or_si512(a, b)
#define MULTIPLY_HALF(a, b) _mm512_mul_epu32(a, b)
#define RIGHT_BY_HALF(a, n) _mm512_srlv_epi64(a, n)
#define MAXIMUM_HALF(a, b) _mm512_max_epi64(a, b)
#define BITS_OVER(a, bits) bits_over(a, bits)

#define LOAD_HALF(p) _mm512_loadu_si512((const void *)(p))
#define STORE_HALF(p, v) _mm512_storeu_si512((void *)(p), v)
#define LOWER_HALVES(a, b)                                                                                             \
    _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(a)), _mm512_cvtepi64_epi32(b), 1)
#define SUB_HALF(a, b) _mm512_sub_epi64(a, b)
#define AND_HALF(a, b) _mm512_and_si512(a, b)
#define LEFT_HALF(a, n) _mm512_slli_epi64(a, (unsigned)(n))
#define RIGHT_HALF(a, n) _mm512_srli_epi64(a, (unsigned)(n))
#define MASK_HALF __mmask8
#define GREATER_HALF(a, b) _mm512_cmpgt_epi64_mask(a, b)
#define CHOOSE_HALF(mask, if_clear, if_set) _mm512_mask_mov_epi64(if_clear, mask, if_set)
#define MASK_BITS_HALF(mask) ((uint32_t)(mask))
#define MASK_OF_BITS_HALF(bits) ((__mmask8)(bits))
#define QUOTIENT(state, divisor)                                                                                       \
    _mm512_cvttpd_epu64(_mm512_div_pd(_mm512_cvtepu64_pd(state), _mm512_cvtepu64_pd(divisor)))
#define FETCH_UP(words, size, bits, state) fetched(reversed(words_at((words) + (size)-8), 7), bits, state)
#define FETCH_DOWN(words, size, bits, state) fetched(words_at((words) + (size)-__builtin_popcount(bits)), bits, state)
#define STORE_UP(words, size, bits, state) store_words((words) + (size), packed(bits, state))
#define STORE_DOWN(words, size, bits, state)                                                                           \
    store_words((words) + (size), reversed(packed(bits, state), __builtin_popcount(bits) - 1))

#define HALF_DOUBLE __m512d
#define SET1_DOUBLE(x) _mm512_set1_pd(x)
#define ADD_DOUBLE(a, b) _mm512_add_pd(a, b)
#define MULTIPLY_DOUBLE(a, b) _mm512_mul_pd(a, b)
#define DIVIDE_DOUBLE(a, b) _mm512_div_pd(a, b)
#define MINIMUM_DOUBLE(a, b) _mm512_min_pd(a, b)
#define MAXIMUM_DOUBLE(a, b) _mm512_max_pd(a, b)
#define FLOOR(a) _mm512_roundscale_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)
#define DOUBLE_OF(a) _mm512_cvtepu64_pd(a)
#define DOUBLE_OF_SIGNED(v, half) _mm512_cvtepi32_pd(part(v, half))
#define JOIN_TRUNCATED(a, b)                                                                                           \
    _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvttpd_epi32(a)), _mm512_cvttpd_epi32(b), 1)
#define JOIN_EQUAL(a, a_other, b, b_other)                                                                             \
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

/* Neighbouring entries of the table come with one 64-bit load. */
static inline void table_pairs(const void *table, VECTOR index, VECTOR *low, VECTOR *high) {
    const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    __m512i a = _mm512_i32gather_epi64(_mm512_castsi512_si256(index), table, 4);
    __m512i b = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(index, 1), table, 4);
    *low = _mm512_permutex2var_epi32(a, even, b);
    *high = _mm512_permutex2var_epi32(a, odd, b);
}

/* 128 entries are eight registers; a permutation chooses among two. */
static inline VECTOR scale_entries(const int32_t *table, VECTOR index) {
    __m512i quarter[4];
    for (unsigned i = 0; i < 4; i++) {
        quarter[i] = _mm512_permutex2var_epi32(_mm512_loadu_si512((const void *)(table + 32 * i)), index,
                                               _mm512_loadu_si512((const void *)(table + 32 * i + 16)));
    }
    __mmask16 second = _mm512_test_epi32_mask(index, SET1(32)), upper = _mm512_test_epi32_mask(index, SET1(64));
    return _mm512_mask_mov_epi32(_mm512_mask_mov_epi32(quarter[0], second, quarter[1]), upper,
                                 _mm512_mask_mov_epi32(quarter[2], second, quarter[3]));
}

/* 192 entries are twelve. */
static inline VECTOR wide_entries(const int32_t *table, VECTOR index) {
    __m512i part[6];
    for (unsigned i = 0; i < 6; i++) {
        part[i] = _mm512_permutex2var_epi32(_mm512_loadu_si512((const void *)(table + 32 * i)), index,
                                            _mm512_loadu_si512((const void *)(table + 32 * i + 16)));
    }
    const __mmask16 odd = _mm512_test_epi32_mask(index, SET1(32)), second = _mm512_test_epi32_mask(index, SET1(64));
    const __m512i half[2] = {_mm512_mask_mov_epi32(part[0], odd, part[1]),
                             _mm512_mask_mov_epi32(part[2], odd, part[3])};
    return _mm512_mask_mov_epi32(_mm512_mask_mov_epi32(half[0], second, half[1]),
                                 _mm512_test_epi32_mask(index, SET1(128)),
                                 _mm512_mask_mov_epi32(part[4], odd, part[5]));
}

static inline __m512i bits_over(__m512i value, int bits) {
    return _mm512_max_epi64(_mm512_sub_epi64(_mm512_set1_epi64(64 - bits), _mm512_lzcnt_epi64(value)),
                            _mm512_setzero_si512());
}

/* ---- words of the stack ---- */

static inline __m256i words_at(const uint32_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline void store_words(uint32_t *to, __m256i words) {
    _mm256_storeu_si256((__m256i *)(void *)to, words);
}

/* Word i comes from word last - i. */
static inline __m256i reversed(__m256i words, int last) {
    return _mm256_permutevar8x32_epi32(
        words, _mm256_sub_epi32(_mm256_set1_epi32(last), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
}

/* The lower words of the states in bits, packed together. */
static inline __m256i packed(uint32_t bits, __m512i state) {
    return _mm256_maskz_compress_epi32((__mmask8)bits, _mm512_cvtepi64_epi32(state));
}

static inline __m512i fetched(__m256i words, uint32_t bits, __m512i state) {
    const __m512i spread = _mm512_cvtepu32_epi64(_mm256_maskz_expand_epi32((__mmask8)bits, words));
    return _mm512_mask_or_epi64(state, (__mmask8)bits, _mm512_slli_epi64(state, 32), spread);
}

#endif
