/* SPDX-License-Identifier: MIT */
/*
 * The kernel for WebAssembly with 128-bit vectors, which every browser has.
 *
 * The only multiplication that adds up takes pairs of 16-bit numbers, so hidden values are widened to 16 bits. It is
 * exact: the bounds of layer_check hold for every partial sum. There is nothing to detect: a program with vectors does
 * not start without them.
 */
#include "kernel/kernel.h"

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#define VECTOR v128_t
#define LANES 4u
#define ZERO() wasm_i32x4_const_splat(0)
#define LOAD(p) wasm_v128_load(p)
#define LOAD_ANY(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define SPREAD(p) wasm_v128_load32_splat(p)
#define DOT_WIDE(sum, x, w) wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(x, w))
/* there are no narrow products */
#define DOT_NARROW(sum, x, w) DOT_WIDE(sum, x, w)
/* engines have the 16 registers of x86 or the 32 of ARM: 8 for sums, 4 for weights */
#define BLOCK_COLUMNS 2u
#define BLOCK_VECTORS 4u
#define MOST_COLUMNS BLOCK_COLUMNS /* the outputs are a multiple of four registers */

#define TO_BYTES(sum, half, shift, p) wasm_v128_store32_lane(p, finished_bytes(sum, half, shift), 0)
#define TO_BYTES_AS_WORDS(sum, half, shift, p)                                                                         \
    wasm_v128_store64_lane(p, wasm_u16x8_extend_low_u8x16(finished_bytes(sum, half, shift)), 0)
#define TO_WORDS(sum, half, shift, p) wasm_v128_store64_lane(p, finished_words(sum, half, shift), 0)

/* (sum + half) >> shift, to int16 with saturation, twice. Lanes are shifted one by one, since vectors have one shift for
 * all lanes. */
static inline v128_t finished_words(v128_t sum, const int32_t *half, const int32_t *shift) {
    sum = wasm_i32x4_add(sum, wasm_v128_load(half));
    sum = wasm_i32x4_make(wasm_i32x4_extract_lane(sum, 0) >> shift[0], wasm_i32x4_extract_lane(sum, 1) >> shift[1],
                          wasm_i32x4_extract_lane(sum, 2) >> shift[2], wasm_i32x4_extract_lane(sum, 3) >> shift[3]);
    return wasm_i16x8_narrow_i32x4(sum, sum);
}

static inline v128_t finished_bytes(v128_t sum, const int32_t *half, const int32_t *shift) {
    const v128_t words = finished_words(sum, half, shift);
    return wasm_u8x16_narrow_i16x8(words, words);
}

#define CORRECT_WORDS(p, factor, offset, shift) correct_words(p, factor, offset, shift)

static inline v128_t corrected(v128_t wide, const int32_t *factor, const int32_t *offset, int shift) {
    const v128_t scaled = wasm_i32x4_mul(wide, wasm_v128_load(factor));
    return wasm_i32x4_shr(wasm_i32x4_add(scaled, wasm_v128_load(offset)), (uint32_t)shift);
}

static inline void correct_words(int16_t *outputs, const int32_t *factor, const int32_t *offset, int shift) {
    for (unsigned i = 0; i < LAYER_CHANNEL_STEP; i += 8) {
        const v128_t words = wasm_v128_load(outputs + i);
        const v128_t low = corrected(wasm_i32x4_extend_low_i16x8(words), factor + i, offset + i, shift);
        const v128_t high = corrected(wasm_i32x4_extend_high_i16x8(words), factor + i + 4, offset + i + 4, shift);
        wasm_v128_store(outputs + i, wasm_i16x8_narrow_i32x4(low, high));
    }
}

#include "kernel/dot_blocks.h"

static bool available(void) {
    return true;
}

static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    return pack_groups(layer, true, error);
}

static void multiply_words(const struct layer *layer, const int16_t *in, size_t row_stride, unsigned rows,
                           unsigned columns, enum layer_form form, void *result) {
    convolve(layer, layer->packed, in, row_stride * sizeof(int16_t), rows, columns, form, result, true);
}

#define WIDEN(to, from) wasm_v128_store(to, wasm_u16x8_load8x8(from))
#include "kernel/widened.h"

const struct kernel kernel_simd128 = {"simd128", available, pack, multiply, hidden, correct, add_pairs};
#endif
