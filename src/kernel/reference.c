/* SPDX-License-Identifier: MIT */
/*
 * The reference kernel: plain loops that define what every kernel must compute.
 */
#include "kernel/finish.h"
#include "kernel/pairs.h"

#include <stdlib.h>

static bool available(void) {
    return true;
}

static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    (void)error;
    layer->packed = NULL; /* the weights are used unchanged */
    return BSWZ_OK;
}

static inline int32_t input_at(const struct layer *layer, const void *in, size_t index) {
    return layer->wide ? ((const int16_t *)in)[index] : ((const uint8_t *)in)[index];
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch) {
    (void)scratch;
    const unsigned channels = layer->in, size = layer->size;
    int32_t half[LAYER_MAX_CHANNELS] = {0}, shift[LAYER_MAX_CHANNELS] = {0};
    if (form != FORM_SUMS) {
        finish_constants(layer, half, shift);
    }
    for (unsigned row = 0; row < rows; row++) {
        const struct layer_rows place = layer_row(layer, rows, row, columns);
        for (unsigned p = 0; p < place.count; p++) {
            const unsigned column = place.first + p * place.step;
            size_t number = (place.at + p * (size_t)place.apart) * layer->out;
            for (unsigned o = 0; o < layer->out; o++) {
                const int16_t *weight = layer->weight + (size_t)o * size * size * channels;
                int32_t sum = 0;
                for (unsigned y = 0; y < size; y++) {
                    size_t at = (row + y) * row_stride + (size_t)column * channels;
                    for (unsigned i = 0; i < size * channels; i++) { /* the taps of a row are contiguous */
                        sum += *weight++ * input_at(layer, in, at + i);
                    }
                }
                finish_to(form, result, number++, sum, half[o], shift[o]);
            }
        }
    }
}

const struct kernel kernel_reference = {"ref",         available,      pack,           multiply,
                                        finish_hidden, finish_correct, plain_add_pairs};
