/* SPDX-License-Identifier: MIT */
/*
 * The distributions that a sample may come from, with AVX2: eight at a time. curves.c defines what is computed.
 */
#include "deep/curves.h"

#if defined(__x86_64__)
#include "deep/deep_tables.h"

#include <immintrin.h>

static inline __m256i load(const int32_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline void store(void *to, __m256i a) {
    _mm256_storeu_si256((__m256i *)to, a);
}

/* Where each is in the table of tails, in units of 1/64, at most at its end. */
static inline __m256i far_away(__m256i away, __m256i inverse) {
    const __m256i most = _mm256_set1_epi64x(TAIL_LARGEST * 64);
    __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(away, inverse), 20);
    __m256i odd = _mm256_srli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(away, 32), _mm256_srli_epi64(inverse, 32)), 20);
    even = _mm256_blendv_epi8(even, most, _mm256_cmpgt_epi64(even, most));
    odd = _mm256_blendv_epi8(odd, most, _mm256_cmpgt_epi64(odd, most));
    return _mm256_or_si256(even, _mm256_slli_epi64(odd, 32));
}

/* Two entries of the table, each with the next one. */
static inline __m128i two_tails(uint32_t a, uint32_t b) {
    const __m128i first = _mm_loadl_epi64((const __m128i *)(const void *)(deep_tail + a));
    return _mm_unpacklo_epi64(first, _mm_loadl_epi64((const __m128i *)(const void *)(deep_tail + b)));
}

struct sides {
    __m256i below, above;
};

static inline struct sides find_sides(const struct curves *curves, int32_t at) {
    const __m256i off = _mm256_sub_epi32(_mm256_set1_epi32(at * UNIT - UNIT / 2), load(curves->mean));
    const __m256i x = far_away(_mm256_abs_epi32(off), load(curves->inverse));
    uint32_t index[CURVES];
    store(index, _mm256_srli_epi32(x, 6));
    const __m256i first = _mm256_set_m128i(two_tails(index[4], index[5]), two_tails(index[0], index[1]));
    const __m256i second = _mm256_set_m128i(two_tails(index[6], index[7]), two_tails(index[2], index[3]));
    const __m256 a = _mm256_castsi256_ps(first), b = _mm256_castsi256_ps(second);
    const __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    const __m256i high = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd));
    const __m256i part = _mm256_and_si256(x, _mm256_set1_epi32(63));
    const __m256i step = _mm256_srli_epi32(_mm256_mullo_epi32(_mm256_sub_epi32(low, high), part), 6);
    const __m256i tail = _mm256_sub_epi32(low, step), rest = _mm256_sub_epi32(_mm256_set1_epi32(1 << 30), tail);
    const __m256i is_below = _mm256_srai_epi32(off, 31);
    return (struct sides){_mm256_blendv_epi8(rest, tail, is_below), _mm256_blendv_epi8(tail, rest, is_below)};
}

/* Four quotients, of numbers not above 2^30, in 1/65536. */
static inline __m128i four_shares(__m128i part, __m128i all) {
    const __m256d parts = _mm256_mul_pd(_mm256_cvtepi32_pd(part), _mm256_set1_pd(65536));
    return _mm256_cvttpd_epi32(_mm256_div_pd(parts, _mm256_cvtepi32_pd(all)));
}

void curves_edges_avx2(const struct curves *curves, int32_t at, struct edges *edges) {
    const struct sides sides = find_sides(curves, at);
    store(edges->below, sides.below);
    store(edges->above, sides.above);
}

void curves_look_avx2(const struct interval *left, int32_t at, struct edges *edges, uint32_t shares[CURVES]) {
    const struct sides sides = find_sides(left->curves, at);
    const __m256i low_above = load(left->lows.above), low_below = load(left->lows.below), one = _mm256_set1_epi32(1);
    const __m256i high_above = load(left->highs.above), high_below = load(left->highs.below);
    const __m256i is_low = _mm256_cmpgt_epi32(low_above, low_below);
    const __m256i part = _mm256_blendv_epi8(_mm256_sub_epi32(sides.above, high_above),
                                            _mm256_sub_epi32(high_below, sides.below), is_low);
    const __m256i all =
        _mm256_blendv_epi8(_mm256_sub_epi32(low_above, high_above), _mm256_sub_epi32(high_below, low_below), is_low);
    const __m256i safe = _mm256_max_epi32(all, one);
    const __m128i first = four_shares(_mm256_castsi256_si128(part), _mm256_castsi256_si128(safe));
    const __m128i second = four_shares(_mm256_extracti128_si256(part, 1), _mm256_extracti128_si256(safe, 1));
    const __m256i unknown = _mm256_blendv_epi8(_mm256_set1_epi32(8192), _mm256_set1_epi32(65536 - 8192), is_low);
    const __m256i share = _mm256_blendv_epi8(_mm256_set_m128i(second, first), unknown, _mm256_cmpgt_epi32(one, all));
    store(shares, _mm256_min_epi32(_mm256_max_epi32(share, one), _mm256_set1_epi32(65535)));
    store(edges->below, sides.below);
    store(edges->above, sides.above);
}
#endif
