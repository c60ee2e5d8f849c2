/* SPDX-License-Identifier: MIT */
/*
 * Which coefficients of a block are not zero. Most are zero, and a branch for each is often predicted wrongly. A loop over
 * the bits of this mask visits only those that are not.
 */
#ifndef BSWZ_JPEG_FILLED_H
#define BSWZ_JPEG_FILLED_H

#include "jpeg/planes.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bit i: block[i] is not zero. */
static inline uint64_t jpeg_filled_plain(const int16_t block[JPEG_BLOCK]) {
    uint64_t mask = 0;
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        mask |= (uint64_t)(block[i] != 0) << i;
    }
    return mask;
}

#ifdef __SSE2__
static inline uint64_t jpeg_filled(const int16_t block[JPEG_BLOCK]) {
    uint64_t zeros = 0;
    for (unsigned i = 0; i < JPEG_BLOCK; i += 16) {
        const __m128i *from = (const __m128i *)(const void *)(block + i);
        /* saturated to bytes, what is not zero stays so */
        const __m128i bytes = _mm_packs_epi16(_mm_loadu_si128(from), _mm_loadu_si128(from + 1));
        zeros |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) << i;
    }
    return ~zeros;
}
#else
static inline uint64_t jpeg_filled(const int16_t block[JPEG_BLOCK]) {
    return jpeg_filled_plain(block);
}
#endif

#endif
