/* SPDX-License-Identifier: MIT */
/*
 * What vector code of the coder is written in: operations on registers that vector_avx2.h, vector_avx512.h and vector_neon.h define, so
 * that it is written once for every vector length.
 *
 *     VECTOR, PIXELS         the register type and its 32-bit lanes, one a pixel
 *     SPREAD_BYTES(v, from)  byte i of a lane group = its byte from[i], or 0 if that is 255
 *     ROWS(p, stride)        lane group b (128 bits) = 16 bytes at p + 4 * b * stride
 *     LOAD_16(p), STORE_16(p, v)  lanes from and to unsigned 16-bit values; LOAD(p), STORE(p, v): 32 bits
 *     SET1, ADD, SUB, MULTIPLY, PAIRS (pmaddwd), AND, AND_NOT (of the first), OR, LEFT, RIGHT,
 *     RIGHT_SIGNED, LEFT_BY, MINIMUM, MAXIMUM, ABSOLUTE, UNPACK_LOW_32 ...   32-bit lanes
 *     EQUAL_LANES(a, b)      all bits of a lane set where a = b
 *     EQUAL(a, b)            the same as a mask for KEEP_UNLESS(mask, v), CHOOSE(mask, if_clear, if_set)
 *     LOOK_UP(table, index, scale)  32 bits at scale * index bytes
 *     SCALE_ENTRIES(table, index), WIDE_ENTRIES   32-bit entries of a table, the first SCALE_COUNT or WIDE_SCALE_COUNT
 *     TABLE_PAIRS(table, index, &low, &high)  its 32-bit entries at index and index + 1
 *     HALF, HALF_DOUBLE      64-bit lanes, integers and doubles, of half as many pixels
 *     WIDEN(v, half), DOUBLE_OF_SIGNED(v, half)     from one half of a VECTOR
 *     DOUBLE_OF(a)           of a HALF below 2^52
 *     BITS_OVER(a, bits)     how many bits more than `bits` a HALF below 2^52 has, or 0
 *     JOIN_TRUNCATED(a, b)   two HALF_DOUBLE to a VECTOR of integers
 *     JOIN_EQUAL(a, c, b, d) EQUAL_LANES of two pairs of HALF
 *     GREATER(a, b)            a mask for CHOOSE, signed
 *     LOWER_HALVES(a, b)       the lower 32 bits of two HALF as a VECTOR
 *     LOAD_HALF, STORE_HALF(p, v), SUB_HALF, LEFT_HALF(a, n), RIGHT_HALF(a, n), AND_HALF, GREATER_HALF(a, b) a mask,
 *     CHOOSE_HALF(mask, if_clear, if_set), MASK_BITS_HALF(mask) as a number
 *     QUOTIENT(state, divisor)   floor or one more or less, of a state below divisor * 2^48
 *     FETCH_UP(words, size, bits, state)    states of the lanes in bits moved up by 32 for a word each, the first
 *                              lane's from words[size - 1], the next one's from below it
 *     FETCH_DOWN(...)          the last lane's from words[size - 1]
 *     STORE_UP(words, size, bits, state), STORE_DOWN   the inverses: the lower words to words[size] and up
 *     MASK, MASK_HALF          the types of masks; MASK_BITS(m) as a number; MASK_OF_BITS_HALF(bits) the inverse
 */
#ifndef BSWZ_VECTOR_H
#define BSWZ_VECTOR_H

#include "coder/logistic.h"

/* ---- the logistic's table ---- */

/* The cumulative function at a place of the table (12 bits of fraction), without the
 * unit for each symbol below. */
static inline VECTOR cumulative_lanes(VECTOR at) {
    at = MINIMUM(MAXIMUM(at, SET1(0)), SET1((1024 << 12) - 1));
    VECTOR low, high;
    TABLE_PAIRS(logistic_cdf, RIGHT(at, 12), &low, &high);
    return ADD(low, RIGHT(MULTIPLY(SUB(high, low), AND(at, SET1(4095))), 12));
}

/* The table at both edges of symbols, without the units for those below. residual: the symbol's middle less the mean,
 * in 1/64 of a symbol; scale: an index, inverse: inverse_scale of it. Distances from the mean that lie beyond the
 * table's ends by more than a symbol are clamped, before the product can leave 32 bits: limit * inverse is 2^25 ... 2^26.
 * The upper edge, 64 / 64 of a symbol on, is then exactly 64 * inverse >> 4 further in the table. */
static inline void edges_lanes(VECTOR residual, VECTOR scale, VECTOR inverse, VECTOR *below, VECTOR *above) {
    /* 64 * 2^(scale / 12), rounded down to a power of two */
    const VECTOR limit = LEFT_BY(SET1(64), RIGHT(PAIRS(scale, SET1(171)), 11));
    const VECTOR farthest = ADD(limit, SET1(MEAN_UNIT));
    VECTOR distance = SUB(residual, SET1(MEAN_UNIT / 2));
    distance = MINIMUM(MAXIMUM(distance, SUB(SET1(0), farthest)), farthest);
    const VECTOR at = ADD(RIGHT_SIGNED(MULTIPLY(distance, inverse), 4), SET1(512 << 12));
    *below = cumulative_lanes(at);
    *above = cumulative_lanes(ADD(at, LEFT(inverse, 2)));
}

/* Where a slot of LOGISTIC_BITS bits lies, in 1/2048 of a scale, on straight lines between the entries of the table, which
 * are for the middles of 1024 parts: a guess. */
static inline VECTOR quantile_lanes(VECTOR slot) {
    const VECTOR at = MAXIMUM(SUB(slot, SET1(1 << 13)), SET1(0)), index = MINIMUM(RIGHT(at, 14), SET1(1022));
    const VECTOR fraction = MINIMUM(SUB(at, LEFT(index, 14)), SET1(1 << 14));
    VECTOR low, high;
    TABLE_PAIRS(logistic_quantile, index, &low, &high);
    return ADD(low, RIGHT_SIGNED(MULTIPLY(SUB(high, low), fraction), 14));
}

/* Is x the symbol of the slot? */
struct finding {
    uint32_t wrong; /* bit i: not in lane i */
    VECTOR nearer;  /* x, and in those lanes one more or less: the next guess */
};

static inline struct finding compare_lanes(VECTOR x, VECTOR slot, VECTOR start, VECTOR frequency) {
    const VECTOR into = SUB(slot, start);
    const MASK is_below = GREATER(SET1(0), into), is_within = GREATER(frequency, into);
    return (struct finding){.nearer = ADD(x, CHOOSE(is_below, CHOOSE(is_within, SET1(1), SET1(0)), SET1(-1))),
                            .wrong = MASK_BITS(is_below) | ~MASK_BITS(is_within)};
}

/* After this many guesses, the plain code looks for what is still wrong. */
enum { GUESSES = 3 };

#endif
