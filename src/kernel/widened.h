/* SPDX-License-Identifier: MIT */
/*
 * Products of bytes for kernels that only multiply words: the bytes are widened to 16 bits first. Included by a kernel
 * after it has defined
 *
 *     WIDEN(to, from)      eight bytes to as many words
 *     multiply_words()     like the kernel's multiply, for a wide layer; row_stride in words
 */
#ifndef BSWZ_WIDENED_H
#define BSWZ_WIDENED_H

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch) {
    if (layer->wide) {
        multiply_words(layer, in, row_stride, rows, columns, form, result);
        return;
    }
    const size_t width = (size_t)(columns + layer->size - 1) * layer->in; /* a multiple of 16 */
    int16_t *widened = scratch;
    for (unsigned row = 0; row < rows + layer->size - 1; row++) {
        const uint8_t *from = (const uint8_t *)in + row * row_stride;
        for (size_t i = 0; i < width; i += 8) {
            WIDEN(widened + row * width + i, from + i);
        }
    }
    multiply_words(layer, widened, width, rows, columns, form, result);
}

#endif
