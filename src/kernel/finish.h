/* SPDX-License-Identifier: MIT */
/*
 * The last steps after the multiplications: plain code, and constants for the vector code of dot_blocks.h.
 */
#ifndef BSWZ_FINISH_H
#define BSWZ_FINISH_H

#include "kernel/kernel.h"

/* bias plus the rounding term of the shift, and the shift, in the form that vectors need. */
static inline void finish_constants(const struct layer *layer, int32_t *half, int32_t *shift) {
    for (unsigned o = 0; o < layer->out; o++) {
        shift[o] = layer->shift[o];
        half[o] = layer->bias[o] + (shift[o] > 0 ? 1 << (shift[o] - 1) : 0);
    }
}

/* Finish a sum, for both kinds of layer: round, shift, clamp. */
static inline int32_t finish_sum(int32_t sum, int32_t half, int32_t shift, int32_t lowest, int32_t highest) {
    int32_t value = (sum + half) >> shift;
    value = value < lowest ? lowest : value;
    return value > highest ? highest : value;
}

static inline void finish_hidden(const struct layer *layer, const int32_t *sums, unsigned positions, uint8_t *hidden) {
    int32_t half[LAYER_MAX_CHANNELS], shift[LAYER_MAX_CHANNELS];
    finish_constants(layer, half, shift);
    for (unsigned p = 0; p < positions; p++, sums += layer->out, hidden += layer->out) {
        for (unsigned o = 0; o < layer->out; o++) {
            hidden[o] = (uint8_t)finish_sum(sums[o], half[o], shift[o], 0, 255);
        }
    }
}

/* Sum number `at` of a result, of output o, for kernels that have sums one by one. */
static inline void finish_to(enum layer_form form, void *result, size_t at, int32_t sum, int32_t half, int32_t shift) {
    switch (form) {
    case FORM_SUMS: ((int32_t *)result)[at] = sum; break;
    case FORM_BYTES: ((uint8_t *)result)[at] = (uint8_t)finish_sum(sum, half, shift, 0, 255); break;
    case FORM_BYTES_AS_WORDS: ((int16_t *)result)[at] = (int16_t)finish_sum(sum, half, shift, 0, 255); break;
    case FORM_WORDS: ((int16_t *)result)[at] = (int16_t)finish_sum(sum, half, shift, INT16_MIN, INT16_MAX); break;
    }
}

static inline void finish_correct(const struct layer_correction *correction, unsigned positions, unsigned out,
                                  int16_t *outputs) {
    for (unsigned p = 0; p < positions; p++) {
        for (unsigned o = 0; o < out; o++, outputs++) {
            *outputs = (int16_t)finish_sum(*outputs * correction->factor[o], correction->offset[o], correction->shift,
                                           INT16_MIN, INT16_MAX);
        }
    }
}

#endif
