/* SPDX-License-Identifier: MIT */
/*
 * Probabilities that adapt.
 *
 * A cell is the probability of a one in its upper 22 bits and the number of bits it has seen in its lower 10. Each bit
 * moves it by 1/(n + 1.5) of the distance; n stops growing at a limit. Probabilities outside cells have 16 bits.
 * "Stretched" means ln(p / (1 - p)) in units of 1/256, at most STRETCH_LARGEST in magnitude.
 */
#ifndef BSWZ_MIXING_PROBABILITY_H
#define BSWZ_MIXING_PROBABILITY_H

#include "mixing/mixing_tables.h"

#include <stdbool.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef uint32_t cell;

#define CELL_EVEN ((cell)1 << 31)

static inline cell cell_of(uint32_t probability, uint32_t count) {
    return probability << 16 | count;
}

static inline uint32_t cell_probability(cell c) {
    return c >> 16;
}

static inline uint32_t cell_count(cell c) {
    return c & 1023;
}

static inline void cell_update(cell *c, unsigned bit, uint32_t limit) {
    const uint32_t n = *c & 1023;
    const int64_t p = *c >> 10;
    const int64_t target = bit ? (1 << 22) - 1 : 0;
    const int64_t moved = p + ((target - p) * mixing_reciprocal[n] >> 16);
    *c = (cell)moved << 10 | (n < limit ? n + 1 : limit);
}

/* What becomes of `count` cells with these values, a multiple of four. */
static inline void cells_update_plain(cell *values, unsigned count, unsigned bit, uint32_t limit) {
    for (unsigned i = 0; i < count; i++) {
        cell_update(&values[i], bit, limit);
    }
}

#ifdef __SSE2__
/* A cell's distance from its target is not negative, so that unsigned products do; what a cell that falls loses is
 * rounded up. Quotients are those of mixing_reciprocal: none is near the middle between two whole numbers. */
static inline void cells_update(cell *values, unsigned count, unsigned bit, uint32_t limit) {
    const __m128i most = _mm_set1_epi32((int)limit), sign = _mm_set1_epi32(bit ? 0 : -1);
    const __m128i round = _mm_set1_epi64x(bit ? 0 : 65535), one = _mm_set1_epi32(1);
    for (unsigned i = 0; i < count; i += 4) {
        const __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(values + i));
        const __m128i p = _mm_srli_epi32(c, 10), n = _mm_and_si128(c, _mm_set1_epi32(1023));
        const __m128 seen = _mm_cvtepi32_ps(_mm_or_si128(_mm_add_epi32(n, n), one)); /* 2 n + 1 */
        const __m128 quotient = _mm_div_ps(_mm_set1_ps(131072), _mm_add_ps(seen, _mm_set1_ps(2)));
        const __m128i by = _mm_cvttps_epi32(_mm_add_ps(quotient, _mm_set1_ps(0.5f)));
        const __m128i off = _mm_xor_si128(p, _mm_andnot_si128(sign, _mm_set1_epi32((1 << 22) - 1)));
        const __m128i even = _mm_srli_epi64(_mm_add_epi64(_mm_mul_epu32(off, by), round), 16);
        const __m128i odd =
            _mm_srli_epi64(_mm_add_epi64(_mm_mul_epu32(_mm_srli_epi64(off, 32), _mm_srli_epi64(by, 32)), round), 16);
        const __m128i step = _mm_or_si128(even, _mm_slli_epi64(odd, 32));
        const __m128i moved = _mm_add_epi32(p, _mm_sub_epi32(_mm_xor_si128(step, sign), sign));
        const __m128i more = _mm_add_epi32(n, one), is_over = _mm_cmpgt_epi32(more, most);
        const __m128i next = _mm_or_si128(_mm_andnot_si128(is_over, more), _mm_and_si128(is_over, most));
        _mm_storeu_si128((__m128i *)(void *)(values + i), _mm_or_si128(_mm_slli_epi32(moved, 10), next));
    }
}
#else
static inline void cells_update(cell *values, unsigned count, unsigned bit, uint32_t limit) {
    cells_update_plain(values, count, bit, limit);
}
#endif

/* Clamp a probability to the range that can be coded. */
static inline uint32_t clamp_probability(uint32_t p) {
    return p < 1 ? 1 : p > 65535 ? 65535 : p;
}

/* Without branches, since the processor could rarely predict them. */
static inline int stretch(uint32_t p) {
    const uint32_t is_high = p >> 15, small = is_high ? 65535 - p : p;
    const uint32_t index = small < 2048 ? small : 2048 + (small >> 4);
    const int sign = -(int)is_high;
    return (mixing_stretch[index] ^ sign) - sign;
}

static inline uint32_t squash(int x) {
    x = x < -STRETCH_LARGEST ? -STRETCH_LARGEST : x > STRETCH_LARGEST ? STRETCH_LARGEST : x;
    const uint32_t below = mixing_squash[x < 0 ? -x : x];
    return x < 0 ? below : 65536u - below;
}

/* An adaptive curve over stretched probabilities: it corrects the result of the mixer for a context. */
enum { CURVE_POINTS = 25 };

struct curve_at {
    cell *low;         /* the lower one of the two points around it */
    uint32_t fraction; /* 0 ... 255, the position between them */
};

static inline uint32_t curve_probability(cell *curve, int stretched, struct curve_at *at) {
    const uint32_t position = (uint32_t)(stretched + 12 * 256); /* 0 ... 24 * 256 */
    uint32_t index = position >> 8;
    index = index > CURVE_POINTS - 2 ? CURVE_POINTS - 2 : index;
    at->low = curve + index;
    at->fraction = position - (index << 8);
    return (cell_probability(at->low[0]) * (256 - at->fraction) + cell_probability(at->low[1]) * at->fraction) >> 8;
}

static inline void curve_update(const struct curve_at *at, unsigned bit, uint32_t limit) {
    cell_update(at->low + (at->fraction >= 128), bit, limit);
}

void curve_init(cell *curves, unsigned count);

/* Hash two numbers. */
static inline uint32_t hash_2(uint32_t a, uint32_t b) {
    uint32_t x = a * 0x9e3779b1u ^ (b + 0x7f4a7c15u) * 0x85ebca6bu;
    x ^= x >> 15;
    return x * 0x2c1b3c6du;
}

#endif
