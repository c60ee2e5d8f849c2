/* SPDX-License-Identifier: MIT */
/*
 * Sums of products of eight pixels in pairs (squares_lanes.h), for eight regressors at a time: the same instructions
 * with AVX2 and AVX-512.
 */
#ifndef BSWZ_DEEP_SQUARES_PAIRS_H
#define BSWZ_DEEP_SQUARES_PAIRS_H

#include "deep/squares.h"

#include <immintrin.h>
#include <string.h>

/* Eight regressors of eight pixels. */
struct pixels {
    __m256i pair[STRIP / 2];
};

static inline struct pixels load_pixels(int16_t (*pairs)[SQUARES_MOST][2], size_t first) {
    struct pixels pixels;
    for (unsigned i = 0; i < STRIP / 2; i++) {
        pixels.pair[i] = _mm256_loadu_si256((const __m256i *)(const void *)pairs[i][first]);
    }
    return pixels;
}

static inline __m256i multiply_pair(__m256i pair, const int16_t factors[2]) {
    int32_t both;
    memcpy(&both, factors, sizeof both);
    return _mm256_madd_epi16(pair, _mm256_set1_epi32(both));
}

static inline __m256i multiply_pairs(const struct pixels *pixels, const int16_t a[2], const int16_t b[2],
                                     const int16_t c[2], const int16_t d[2]) {
    return _mm256_add_epi32(_mm256_add_epi32(multiply_pair(pixels->pair[0], a), multiply_pair(pixels->pair[1], b)),
                            _mm256_add_epi32(multiply_pair(pixels->pair[2], c), multiply_pair(pixels->pair[3], d)));
}

static inline void store_sums(int32_t *to, __m256i sums) {
    _mm256_storeu_si256((__m256i *)(void *)to, sums);
}

#endif
