/* SPDX-License-Identifier: MIT */
/*
 * Shared by both NEON kernels: products of 16-bit inputs, and the last steps.
 *
 * A 32-bit group of the wide kind is two inputs, multiplied by two weights of each of the four outputs of a
 * register. vmlal multiplies four weights by one input, so the weights of a register are ordered by input, not by
 * output (pack_words).
 */
#include "kernel/kernel.h"
#include "kernel/pairs.h"

#include <arm_neon.h>

#define VECTOR int32x4_t
#define PLAIN_PAIRS /* weights have another order */
#define LANES 4u
#define ZERO() vdupq_n_s32(0)
#define LOAD(p) vld1q_s32(p)
#define STORE(p, v) vst1q_s32(p, v)
#define SPREAD(p) vdupq_n_s32(read_group(p))
#define DOT_WIDE(sum, x, w) dot_words(sum, x, w)
/* of 32 registers: 24 for sums, the others for the weights of four and the inputs of one position */
#define BLOCK_COLUMNS 6u
#define BLOCK_VECTORS 4u
#define MOST_COLUMNS BLOCK_COLUMNS /* the outputs are a multiple of four registers */

#define LOAD_ANY(p) LOAD(p)
#define TO_BYTES(sum, half, shift, p)                                                                                  \
    vst1_lane_u32((uint32_t *)(void *)(p), vreinterpret_u32_u8(finished_bytes(sum, half, shift)), 0)
#define TO_BYTES_AS_WORDS(sum, half, shift, p)                                                                         \
    vst1_s16(p, vreinterpret_s16_u16(vget_low_u16(vmovl_u8(finished_bytes(sum, half, shift)))))
#define TO_WORDS(sum, half, shift, p) vst1_s16(p, finished_words(sum, half, shift))

static inline int32x4_t dot_words(int32x4_t sum, int32x4_t x, int32x4_t w) {
    const int16x4_t inputs = vget_low_s16(vreinterpretq_s16_s32(x));
    const int16x8_t weights = vreinterpretq_s16_s32(w);
    sum = vmlal_lane_s16(sum, vget_low_s16(weights), inputs, 0);
    return vmlal_lane_s16(sum, vget_high_s16(weights), inputs, 1);
}

/* (sum + half) >> shift, to int16 with saturation. */
static inline int16x4_t finished_words(int32x4_t sum, const int32_t *half, const int32_t *shift) {
    return vqmovn_s32(vshlq_s32(vaddq_s32(sum, LOAD(half)), vnegq_s32(LOAD(shift)))); /* to the right, rounding down */
}

/* Four bytes, twice. */
static inline uint8x8_t finished_bytes(int32x4_t sum, const int32_t *half, const int32_t *shift) {
    const int16x4_t words = finished_words(sum, half, shift);
    return vqmovun_s16(vcombine_s16(words, words));
}

#define CORRECT_WORDS(p, factor, offset, shift) correct_words(p, factor, offset, shift)

static inline void correct_words(int16_t *outputs, const int32_t *factor, const int32_t *offset, int shift) {
    for (unsigned i = 0; i < LAYER_CHANNEL_STEP; i += 4) {
        const int32x4_t wide = vmovl_s16(vld1_s16(outputs + i));
        const int32x4_t sum = vmlaq_s32(vld1q_s32(offset + i), wide, vld1q_s32(factor + i));
        vst1_s16(outputs + i, vqmovn_s32(vshlq_s32(sum, vdupq_n_s32(-shift))));
    }
}

#include "kernel/dot_blocks.h"

/* Pack in groups of two 16-bit weights; then, within each register, which holds four outputs, turn o0 o0 o1 o1 o2
 * o2 o3 o3 into the first weights of all four followed by the second ones. */
static inline enum bswz_status pack_words(struct layer *layer, struct bswz_error *error) {
    enum bswz_status status = pack_groups(layer, true, error);
    const size_t words = (size_t)layer->size * layer->size * layer->in * layer->out;
    int16_t *packed = layer->packed;
    for (size_t i = 0; i < words && status == BSWZ_OK; i += 8) {
        const int16x8x2_t apart = vuzpq_s16(vld1q_s16(packed + i), vld1q_s16(packed + i));
        vst1q_s16(packed + i, vcombine_s16(vget_low_s16(apart.val[0]), vget_low_s16(apart.val[1])));
    }
    return status;
}

static inline void multiply_words(const struct layer *layer, const void *in, size_t row_stride, unsigned rows,
                                  unsigned columns, enum layer_form form, void *result) {
    convolve(layer, layer->packed, in, row_stride * sizeof(int16_t), rows, columns, form, result, true);
}
