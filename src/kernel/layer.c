/* SPDX-License-Identifier: MIT */
/*
 * Layers: proof of their bounds, and memory.
 */
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

void *kernel_allocate(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 64) {
        return NULL;
    }
    return aligned_alloc(64, (bytes + 63) / 64 * 64 + (bytes == 0 ? 64 : 0));
}

void layer_free(struct layer *layer) {
    free(layer->weight);
    free(layer->bias);
    free(layer->shift);
    free(layer->packed);
    memset(layer, 0, sizeof *layer);
}

static inline int32_t magnitude(int32_t value) {
    return value < 0 ? -value : value;
}

enum bswz_status layer_check(struct layer *layer, int32_t largest, struct bswz_error *error) {
    const size_t each = (size_t)layer->size * layer->size * layer->in; /* even, at most 9 * LAYER_MAX_CHANNELS */
    int32_t largest_pair = 0;
    for (unsigned o = 0; o < layer->out; o++) {
        int32_t sum = 0;
        for (size_t i = 0; i < each; i += 2) {
            const int16_t *weight = layer->weight + o * each + i;
            int32_t pair = magnitude(weight[0]) + magnitude(weight[1]);
            sum += pair;
            largest_pair = pair > largest_pair ? pair : largest_pair;
        }
        /* 2^24: every partial sum is an exact float. 2^30: adding bias and rounding stays within 32 bits. */
        if ((int64_t)sum * largest >= (int64_t)1 << 24 || layer->bias[o] >= 1 << 30 || layer->bias[o] <= -(1 << 30) ||
            layer->shift[o] > 24) {
            return bswz_fail(error, BSWZ_ERROR_MODEL, "model breaks the bounds of integer arithmetic");
        }
    }
    layer->pairs_fit = !layer->wide && largest_pair <= 128;
    return BSWZ_OK;
}

enum bswz_status layer_pack_pairs(struct layer *layer, struct bswz_error *error) {
    const size_t taps = (size_t)layer->size * layer->size, pairs = layer->in / 2;
    int32_t *packed = kernel_allocate(pairs * taps * layer->out, sizeof *packed);
    if (packed == NULL) {
        return bswz_no_memory(error);
    }
    layer->packed = packed;
    for (size_t pair = 0; pair < pairs; pair++) {
        for (size_t tap = 0; tap < taps; tap++) {
            /* the rightmost tap is that of an input to the right of its output */
            const size_t from = tap / layer->size * layer->size + layer->size - 1 - tap % layer->size;
            for (size_t o = 0; o < layer->out; o++) {
                const int16_t *weight = layer->weight + (o * taps + from) * layer->in + pair;
                *packed++ = (int32_t)((uint32_t)(uint16_t)weight[pairs] << 16 | (uint16_t)weight[0]);
            }
        }
    }
    return BSWZ_OK;
}

size_t kernel_scratch_size(void) {
    return (size_t)KERNEL_MAX_POSITIONS * LAYER_MAX_CHANNELS * (sizeof(float) + sizeof(float));
}
