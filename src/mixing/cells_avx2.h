/* SPDX-License-Identifier: MIT */
/*
 * Cells and mixing with AVX2, eight cells or sixteen inputs at a time. The results are those of probability.h and
 * mixer.h.
 */
#ifndef BSWZ_MIXING_CELLS_AVX2_H
#define BSWZ_MIXING_CELLS_AVX2_H

#include "mixing/mixer.h"

#include <immintrin.h>

/* Constants in the arguments must be known to the compiler. */
#define AVX2 static inline __attribute__((always_inline, target("avx2")))

/* A bit for each lane. */
AVX2 unsigned equal_lanes(__m256i a, __m256i b) {
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)));
}

/* The first count cells at these places. */
AVX2 __m256i gather_some(const cell *cells, __m256i places, unsigned count) {
    return count <= 4
               ? _mm256_castsi128_si256(_mm_i32gather_epi32((const int *)cells, _mm256_castsi256_si128(places), 4))
               : _mm256_i32gather_epi32((const int *)cells, places, 4);
}

AVX2 void scatter_some(cell *cells, __m256i places, __m256i values, unsigned count) {
    alignas(32) uint32_t at[8], value[8];
    _mm256_store_si256((__m256i *)at, places);
    _mm256_store_si256((__m256i *)value, values);
    for (unsigned i = 0; i < count; i++) {
        cells[at[i]] = value[i];
    }
}

/* The stretched probability of each cell. */
AVX2 __m256i stretch_lanes(__m256i cells) {
    const __m256i is_high = _mm256_srai_epi32(cells, 31);
    const __m256i small = _mm256_srli_epi32(_mm256_xor_si256(cells, is_high), 16);
    const __m256i coarse = _mm256_add_epi32(_mm256_srli_epi32(small, 4), _mm256_set1_epi32(2048));
    const __m256i index = _mm256_blendv_epi8(coarse, small, _mm256_cmpgt_epi32(_mm256_set1_epi32(2048), small));
    const __m256i found = _mm256_i32gather_epi32((const int *)mixing_stretch, index, 2);
    const __m256i x = _mm256_srai_epi32(_mm256_slli_epi32(found, 16), 16);
    return _mm256_sub_epi32(_mm256_xor_si256(x, is_high), is_high);
}

/* cell_update for each cell. Products have 38 bits: the halves of the distance are multiplied separately. */
AVX2 __m256i update_lanes(__m256i cells, unsigned bit, unsigned limit) {
    const __m256i halves = _mm256_set1_epi32(0xffff);
    const __m256i towards = _mm256_set1_epi32(bit ? (1 << 22) - 1 : 0); /* distances are from zero, rounded up, or */
    const __m256i round = _mm256_set1_epi32(bit ? 0 : 65535);           /* from the largest, rounded down */
    const __m256i n = _mm256_and_si256(cells, _mm256_set1_epi32(1023));
    const __m256i found = _mm256_i32gather_epi32((const int *)mixing_reciprocal, n, 2);
    const __m256i rate = _mm256_and_si256(found, halves);
    const __m256i x = _mm256_xor_si256(_mm256_srli_epi32(cells, 10), towards);
    const __m256i low = _mm256_mullo_epi32(_mm256_and_si256(x, halves), rate);
    const __m256i high = _mm256_mullo_epi32(_mm256_srli_epi32(x, 16), rate);
    const __m256i step = _mm256_add_epi32(high, _mm256_srli_epi32(_mm256_add_epi32(low, round), 16));
    const __m256i moved = _mm256_xor_si256(_mm256_sub_epi32(x, step), towards);
    const __m256i count = _mm256_min_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(1)), _mm256_set1_epi32((int)limit));
    return _mm256_or_si256(_mm256_slli_epi32(moved, 10), count);
}

/* Sixteen inputs: of the given ones, only the first `used`; zeros; at `constant`, the input that is always the same. */
AVX2 __m256i place_inputs(__m256i given, unsigned used, unsigned constant) {
    const __m256i numbers = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m256i is_constant = _mm256_cmpeq_epi16(_mm256_set1_epi16((short)constant), numbers);
    given = _mm256_and_si256(given, _mm256_cmpgt_epi16(_mm256_set1_epi16((short)used), numbers));
    return _mm256_or_si256(given, _mm256_and_si256(is_constant, _mm256_set1_epi16(100)));
}

/* Append sixteen inputs to `pairs` pairs of them: they are rotated to their place, and end in the next vector. */
AVX2 void append_inputs(__m256i *in, unsigned pairs, __m256i more) {
    const unsigned shift = pairs % 8, first = pairs / 8;
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i is_before = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)shift), lane);
    more = _mm256_permutevar8x32_epi32(more, _mm256_sub_epi32(lane, _mm256_set1_epi32((int)shift)));
    in[first] = shift == 0 ? more : _mm256_blendv_epi8(more, in[first], is_before);
    in[first + 1] = _mm256_and_si256(more, is_before);
}

/* The current prediction (struct mix); its inputs are in vectors. */
struct mix_avx2 {
    int16_t *weights[MIX_SETS];
    int32_t *last, dot[MIX_SETS], result;
};

/* padded: the number of inputs, a multiple of MIX_STEP */
AVX2 __m256i mix_avx2_dot(const int16_t *weights, const __m256i *in, unsigned padded) {
    __m256i sum = _mm256_setzero_si256();
    for (unsigned i = 0; i < padded; i += 16) {
        const __m256i w = i + 8 < padded ? _mm256_loadu_si256((const __m256i *)(weights + i))
                                         : _mm256_zextsi128_si256(_mm_load_si128((const __m128i *)(weights + i)));
        sum = _mm256_add_epi32(sum, _mm256_srai_epi32(_mm256_madd_epi16(w, in[i / 16]), 8));
    }
    return sum;
}

AVX2 uint32_t mix_avx2_probability(struct mix_avx2 *mix, const __m256i *in, unsigned padded, unsigned sets) {
    const __m256i a = mix_avx2_dot(mix->weights[0], in, padded), b = mix_avx2_dot(mix->weights[1], in, padded);
    const __m256i c = sets > 2 ? mix_avx2_dot(mix->weights[2], in, padded) : _mm256_setzero_si256();
    const __m256i both = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, c));
    __m128i dots = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    dots = _mm_srai_epi32(dots, 6);
    dots = _mm_max_epi32(_mm_min_epi32(dots, _mm_set1_epi32(STRETCH_LARGEST)), _mm_set1_epi32(-STRETCH_LARGEST));
    _mm_storeu_si128((__m128i *)mix->dot, dots);
    int64_t sum = 1 << 15;
    sum += (int64_t)_mm_cvtsi128_si32(dots) * mix->last[0];
    sum += (int64_t)_mm_extract_epi32(dots, 1) * mix->last[1];
    if (sets > 2) {
        sum += (int64_t)_mm_extract_epi32(dots, 2) * mix->last[2];
    }
    mix->result = clamp_stretched((int32_t)(sum >> 16));
    return squash(mix->result);
}

AVX2 void mix_avx2_learn(int16_t *weights, const __m256i *in, unsigned padded, int16_t error) {
    const __m256i e = _mm256_set1_epi16(error), one = _mm256_set1_epi16(1);
    for (unsigned i = 0; i < padded; i += 16) {
        const __m256i x = _mm256_slli_epi16(in[i / 16], 3);
        const __m256i step = _mm256_srai_epi16(_mm256_add_epi16(_mm256_mulhi_epi16(x, e), one), 1);
        if (i + 8 < padded) {
            __m256i *w = (__m256i *)(weights + i);
            _mm256_storeu_si256(w, _mm256_adds_epi16(_mm256_loadu_si256(w), step));
        } else {
            __m128i *w = (__m128i *)(weights + i);
            _mm_store_si128(w, _mm_adds_epi16(_mm_load_si128(w), _mm256_castsi256_si128(step)));
        }
    }
}

/* mix_update */
AVX2 void mix_avx2_update(struct mix_avx2 *mix, const __m256i *in, unsigned padded, unsigned sets, unsigned bit,
                          int32_t base, int32_t boost) {
    const int32_t target = bit ? 65536 : 0, error = target - (int32_t)squash(mix->result);
    for (unsigned s = 0; s < sets; s++) {
        const int16_t step =
            mix_set_update(&mix->last[s], mix->weights[s] + padded, mix->dot[s], target, error, base, boost);
        mix_avx2_learn(mix->weights[s], in, padded, step);
    }
}

#endif
