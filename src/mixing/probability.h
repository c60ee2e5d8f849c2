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
