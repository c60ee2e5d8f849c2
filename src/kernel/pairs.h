/* SPDX-License-Identifier: MIT */
/*
 * Sparse layers (kernel.h): plain code; dot_blocks.h has vector code.
 */
#ifndef BSWZ_KERNEL_PAIRS_H
#define BSWZ_KERNEL_PAIRS_H

#include "kernel/kernel.h"

static inline void plain_add_pairs(const struct layer *layer, unsigned tap, const struct input_pair *pair, size_t count,
                                   unsigned columns, int32_t *sums) {
    const unsigned out = layer->out, size = layer->size;
    for (; count > 0; count--, pair++) {
        const int32_t *weight = (const int32_t *)layer->packed + ((size_t)pair->number * size + tap) * size * out;
        for (unsigned x = 0; x < size; x++, weight += out) {
            const unsigned column = pair->column + x - size / 2; /* wraps around at the left */
            for (unsigned o = 0; o < out && column < columns; o++) {
                sums[(size_t)column * out + o] +=
                    pair->value[0] * (int16_t)(weight[o] & 0xffff) + pair->value[1] * (weight[o] >> 16);
            }
        }
    }
}

#endif
