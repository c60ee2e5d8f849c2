/* SPDX-License-Identifier: MIT */
/*
 * The operations that the coder's vector code is written in (vector.h), with NEON of 64-bit ARM: four lanes of 32 bits.
 */
#ifndef BSWZ_VECTOR_NEON_H
#define BSWZ_VECTOR_NEON_H

#include "coder/mixture_tables.h"

#include <arm_neon.h>
#include <string.h>

#define VECTOR int32x4_t
#define PIXELS 4u
#define UNSIGNED(a) vreinterpretq_u32_s32(a)
#define SIGNED(a) vreinterpretq_s32_u32(a)
#define SET1(x) vdupq_n_s32((int32_t)(x))
#define ADD(a, b) vaddq_s32(a, b)
#define SUB(a, b) vsubq_s32(a, b)
#define MULTIPLY(a, b) vmulq_s32(a, b)
#define PAIRS(a, b) pairs(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b))
#define AND(a, b) vandq_s32(a, b)
#define AND_NOT(a, b) vbicq_s32(b, a)
#define OR(a, b) vorrq_s32(a, b)
#define LEFT(a, n) vshlq_n_s32(a, n)
#define RIGHT(a, n) SIGNED(vshrq_n_u32(UNSIGNED(a), n))
#define RIGHT_SIGNED(a, n) vshrq_n_s32(a, n)
#define LEFT_BY(a, n) vshlq_s32(a, n)
#define MINIMUM(a, b) vminq_s32(a, b)
#define MAXIMUM(a, b) vmaxq_s32(a, b)
#define ABSOLUTE(a) vabsq_s32(a)
#define UNPACK_LOW_32(a, b) vzip1q_s32(a, b)
#define UNPACK_HIGH_32(a, b) vzip2q_s32(a, b)
#define UNPACK_LOW_64(a, b) vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)))
#define UNPACK_HIGH_64(a, b) vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)))
#define EQUAL_LANES(a, b) SIGNED(vceqq_s32(a, b))
#define EQUAL(a, b) vceqq_s32(a, b)
#define KEEP_UNLESS(mask, v) vbicq_s32(v, SIGNED(mask))
#define CHOOSE(mask, if_clear, if_set) vbslq_s32(mask, if_set, if_clear)
#define LOOK_UP(table, index, scale) looked_up((const uint8_t *)(table), index, scale)
#define SCALE_ENTRIES(table, index) LOOK_UP(table, index, 4)
#define WIDE_ENTRIES(table, index) LOOK_UP(table, index, 4)
#define TABLE_PAIRS(table, index, low, high) table_pairs((const uint32_t *)(table), index, low, high)
#define SPREAD_BYTES(v, from) vreinterpretq_s32_u8(vqtbl1q_u8(vreinterpretq_u8_s32(v), vld1q_u8(from)))
#define ROWS(p, stride) ((void)(stride), vreinterpretq_s32_u8(vld1q_u8(p)))
#define LOAD(p) vreinterpretq_s32_u8(vld1q_u8((const uint8_t *)(p)))
#define STORE(p, v) vst1q_u8((uint8_t *)(p), vreinterpretq_u8_s32(v))
#define LOAD_16(p) SIGNED(vmovl_u16(vld1_u16(p)))
#define STORE_16(p, v) vst1_u16(p, vmovn_u32(UNSIGNED(v)))
#define MASK uint32x4_t
#define GREATER(a, b) vcgtq_s32(a, b)
#define MASK_BITS(mask) mask_bits(mask)

#define HALF int64x2_t
#define UNSIGNED_HALF(a) vreinterpretq_u64_s64(a)
#define SIGNED_HALF(a) vreinterpretq_s64_u64(a)
#define SET1_HALF(x) vdupq_n_s64((int64_t)(x))
#define WIDEN(v, half) SIGNED_HALF(vmovl_u32(vreinterpret_u32_s32(part(v, half))))
#define ADD_HALF(a, b) vaddq_s64(a, b)
#define OR_HALF(a, b) vorrq_s64(a, b)
#define MULTIPLY_HALF(a, b) SIGNED_HALF(vmull_u32(vmovn_u64(UNSIGNED_HALF(a)), vmovn_u64(UNSIGNED_HALF(b))))
#define RIGHT_BY_HALF(a, n) SIGNED_HALF(vshlq_u64(UNSIGNED_HALF(a), vnegq_s64(n)))
#define MAXIMUM_HALF(a, b) vbslq_s64(vcgtq_s64(b, a), b, a)
#define BITS_OVER(a, bits) bits_over(a, bits)

#define LOAD_HALF(p) SIGNED_HALF(vld1q_u64(p))
#define STORE_HALF(p, v) vst1q_u64(p, UNSIGNED_HALF(v))
#define LOWER_HALVES(a, b) vuzp1q_s32(vreinterpretq_s32_s64(a), vreinterpretq_s32_s64(b))
#define SUB_HALF(a, b) vsubq_s64(a, b)
#define AND_HALF(a, b) vandq_s64(a, b)
#define LEFT_HALF(a, n) vshlq_s64(a, vdupq_n_s64(n))
#define RIGHT_HALF(a, n) SIGNED_HALF(vshlq_u64(UNSIGNED_HALF(a), vdupq_n_s64(-(int64_t)(n))))
#define MASK_HALF uint64x2_t
#define GREATER_HALF(a, b) vcgtq_s64(a, b)
#define CHOOSE_HALF(mask, if_clear, if_set) vbslq_s64(mask, if_set, if_clear)
#define MASK_BITS_HALF(mask) ((uint32_t)vaddvq_u64(vandq_u64(mask, vld1q_u64(bit_of_half))))
#define MASK_OF_BITS_HALF(bits) vtstq_u64(vdupq_n_u64(bits), vld1q_u64(bit_of_half))
#define QUOTIENT(state, divisor) SIGNED_HALF(vcvtq_u64_f64(vdivq_f64(DOUBLE_OF(state), DOUBLE_OF(divisor))))
#define FETCH_UP(words, size, bits, state) fetched((words) + (size)-2, fetch_up[bits], state)
#define FETCH_DOWN(words, size, bits, state) fetched((words) + (size)-2, fetch_down[bits], state)
#define STORE_UP(words, size, bits, state) store_words((words) + (size), store_up[bits], state)
#define STORE_DOWN(words, size, bits, state) store_words((words) + (size), store_down[bits], state)

#define HALF_DOUBLE float64x2_t
#define SET1_DOUBLE(x) vdupq_n_f64(x)
#define ADD_DOUBLE(a, b) vaddq_f64(a, b)
#define MULTIPLY_DOUBLE(a, b) vmulq_f64(a, b)
#define DIVIDE_DOUBLE(a, b) vdivq_f64(a, b)
#define MINIMUM_DOUBLE(a, b) vminq_f64(a, b)
#define MAXIMUM_DOUBLE(a, b) vmaxq_f64(a, b)
#define FLOOR(a) vrndmq_f64(a)
#define DOUBLE_OF(a) vcvtq_f64_u64(UNSIGNED_HALF(a))
#define DOUBLE_OF_SIGNED(v, half) vcvtq_f64_s64(vmovl_s32(part(v, half)))
#define JOIN_TRUNCATED(a, b) LOWER_HALVES(vcvtq_s64_f64(a), vcvtq_s64_f64(b))
#define JOIN_EQUAL(a, a_other, b, b_other)                                                                             \
    LOWER_HALVES(SIGNED_HALF(vceqq_s64(a, a_other)), SIGNED_HALF(vceqq_s64(b, b_other)))

static const uint64_t bit_of_half[2] = {1, 2};

static inline int32x2_t part(VECTOR value, unsigned half) {
    return half == 0 ? vget_low_s32(value) : vget_high_s32(value);
}

static inline VECTOR pairs(int16x8_t a, int16x8_t b) {
    return vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
}

static inline uint32_t mask_bits(MASK mask) {
    static const uint32_t bit[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(mask, vld1q_u32(bit)));
}

/* There is no gathering: one load a lane. Entries may lie at any address. */
static inline VECTOR looked_up(const uint8_t *table, VECTOR index, int scale) {
    int32_t value[4];
    memcpy(&value[0], table + scale * (int64_t)vgetq_lane_s32(index, 0), sizeof value[0]);
    memcpy(&value[1], table + scale * (int64_t)vgetq_lane_s32(index, 1), sizeof value[1]);
    memcpy(&value[2], table + scale * (int64_t)vgetq_lane_s32(index, 2), sizeof value[2]);
    memcpy(&value[3], table + scale * (int64_t)vgetq_lane_s32(index, 3), sizeof value[3]);
    return vsetq_lane_s32(value[3], vsetq_lane_s32(value[2], vsetq_lane_s32(value[1], vdupq_n_s32(value[0]), 1), 2), 3);
}

/* Neighbouring entries of the table come with one 64-bit load. */
static inline void table_pairs(const uint32_t *table, VECTOR index, VECTOR *low, VECTOR *high) {
    const uint32x4_t a =
        vcombine_u32(vld1_u32(table + vgetq_lane_s32(index, 0)), vld1_u32(table + vgetq_lane_s32(index, 1)));
    const uint32x4_t b =
        vcombine_u32(vld1_u32(table + vgetq_lane_s32(index, 2)), vld1_u32(table + vgetq_lane_s32(index, 3)));
    *low = SIGNED(vuzp1q_u32(a, b));
    *high = SIGNED(vuzp2q_u32(a, b));
}

/* From the exponent of the value as a double, which is exact below 2^53; that of 0 is less than any. */
static inline HALF bits_over(HALF value, int bits) {
    const int64x2_t exponent = SIGNED_HALF(vshrq_n_u64(vreinterpretq_u64_f64(DOUBLE_OF(value)), 52));
    const int64x2_t over = vsubq_s64(exponent, vdupq_n_s64(1022 + bits));
    return vandq_s64(over, SIGNED_HALF(vcgtzq_s64(over)));
}

/* ---- words of the stack ---- */

/* For each set of lanes: the bytes of a state (0 ... 15) and of two words (16 ... 23) that the next states have. */
#define KEPT(lane)                                                                                                     \
    8 * (lane), 8 * (lane) + 1, 8 * (lane) + 2, 8 * (lane) + 3, 8 * (lane) + 4, 8 * (lane) + 5, 8 * (lane) + 6,        \
        8 * (lane) + 7
#define MOVED(lane, word)                                                                                              \
    16 + 4 * (word), 17 + 4 * (word), 18 + 4 * (word), 19 + 4 * (word), 8 * (lane), 8 * (lane) + 1, 8 * (lane) + 2,    \
        8 * (lane) + 3
static const uint8_t fetch_up[4][16] = {
    {KEPT(0), KEPT(1)}, {MOVED(0, 1), KEPT(1)}, {KEPT(0), MOVED(1, 1)}, {MOVED(0, 1), MOVED(1, 0)}};
static const uint8_t fetch_down[4][16] = {
    {KEPT(0), KEPT(1)}, {MOVED(0, 1), KEPT(1)}, {KEPT(0), MOVED(1, 1)}, {MOVED(0, 0), MOVED(1, 1)}};

/* The lower word of each lane in the set, packed together; the rest is of no matter. */
#define LOWER(lane) 8 * (lane), 8 * (lane) + 1, 8 * (lane) + 2, 8 * (lane) + 3
static const uint8_t store_up[4][8] = {
    {LOWER(0), LOWER(1)}, {LOWER(0), LOWER(1)}, {LOWER(1), LOWER(0)}, {LOWER(0), LOWER(1)}};
static const uint8_t store_down[4][8] = {
    {LOWER(0), LOWER(1)}, {LOWER(0), LOWER(1)}, {LOWER(1), LOWER(0)}, {LOWER(1), LOWER(0)}};

static inline HALF fetched(const uint32_t *words, const uint8_t order[16], HALF state) {
    const uint8x16x2_t from = {
        {vreinterpretq_u8_s64(state), vcombine_u8(vreinterpret_u8_u32(vld1_u32(words)), vdup_n_u8(0))}};
    return vreinterpretq_s64_u8(vqtbl2q_u8(from, vld1q_u8(order)));
}

static inline void store_words(uint32_t *to, const uint8_t order[8], HALF state) {
    vst1_u32(to, vreinterpret_u32_u8(vqtbl1_u8(vreinterpretq_u8_s64(state), vld1_u8(order))));
}

#endif
