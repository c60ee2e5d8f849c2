/*
 * What follows the multiplications, written once and compiled by each kernel's file
 * for its instruction set.
 */
#ifndef BSWZ_FINISH_H
#define BSWZ_FINISH_H

#include "kernel/kernel.h"

/* bias + half of the last bit that the shift drops, and the shift, ready for vectors. */
static inline void finish_constants(const struct layer *layer, int32_t *half, int32_t *shift) {
    for (unsigned o = 0; o < layer->out; o++) {
        shift[o] = layer->shift[o];
        half[o] = layer->bias[o] + (shift[o] > 0 ? 1 << (shift[o] - 1) : 0);
    }
}

static inline void finish_hidden(const struct layer *layer, const int32_t *sums, unsigned positions,
                                 uint8_t *hidden) {
    const unsigned out = layer->out;
    int32_t half[LAYER_MAX_CHANNELS], shift[LAYER_MAX_CHANNELS];
    finish_constants(layer, half, shift);
    for (unsigned p = 0; p < positions; p++) {
        for (unsigned o = 0; o < out; o++) {
            int32_t value = (sums[o] + half[o]) >> shift[o];
            value = value < 0 ? 0 : value;
            value = value > 255 ? 255 : value;
            hidden[o] = (uint8_t)value;
        }
        sums += out;
        hidden += out;
    }
}

static inline void finish_outputs(const struct layer *layer, const int32_t *sums, unsigned positions,
                                  int16_t *outputs) {
    const unsigned out = layer->out;
    int32_t half[LAYER_MAX_CHANNELS], shift[LAYER_MAX_CHANNELS];
    finish_constants(layer, half, shift);
    for (unsigned p = 0; p < positions; p++) {
        for (unsigned o = 0; o < out; o++) {
            int32_t value = (sums[o] + half[o]) >> shift[o];
            value = value < INT16_MIN ? INT16_MIN : value;
            value = value > INT16_MAX ? INT16_MAX : value;
            outputs[o] = (int16_t)value;
        }
        sums += out;
        outputs += out;
    }
}

#endif
