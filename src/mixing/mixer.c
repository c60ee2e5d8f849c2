/* SPDX-License-Identifier: MIT */
/*
 * Weights for the mixer (mixer.h).
 */
#include "mixing/mixer.h"

#include <stdlib.h>

int16_t *mix_weights(unsigned count, unsigned inputs, const int16_t *values) {
    const size_t stride = mix_stride(inputs);
    int16_t *weights = aligned_alloc(16, count * stride * sizeof *weights);
    for (size_t i = 0; i < count * stride && weights != NULL; i++) {
        weights[i] = i % stride < inputs ? values[i % stride] : 0;
    }
    return weights;
}
