/* SPDX-License-Identifier: MIT */
/*
 * The NEON kernel for every 64-bit ARM processor.
 *
 * Hidden values are widened to 16 bits, because without dot products (neon_dot.c) the widest multiplication that
 * accumulates in 32 bits takes 16-bit numbers. It is exact: the bounds of layer_check hold for every partial sum.
 */
#include "kernel/kernel.h"

#if defined(__aarch64__)
/* there are no narrow products */
#define DOT_NARROW(sum, x, w) DOT_WIDE(sum, x, w)
#include "kernel/neon_words.h"

static bool available(void) {
    return true;
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     int32_t *sums, void *scratch) {
    if (layer->wide) {
        multiply_words(layer, in, row_stride, rows, columns, sums);
        return;
    }
    const size_t width = (size_t)(columns + layer->size - 1) * layer->in; /* a multiple of 16 */
    int16_t *widened = scratch;
    for (unsigned row = 0; row < rows + layer->size - 1; row++) {
        const uint8_t *from = (const uint8_t *)in + row * row_stride;
        for (size_t i = 0; i < width; i += 8) {
            vst1q_s16(widened + row * width + i, vreinterpretq_s16_u16(vmovl_u8(vld1_u8(from + i))));
        }
    }
    multiply_words(layer, widened, width, rows, columns, sums);
}

const struct kernel kernel_neon = {"neon", available, pack_words, multiply, hidden, outputs, plain_add_pairs};
#endif
