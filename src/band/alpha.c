/* SPDX-License-Identifier: MIT */
/*
 * Alpha apart from the colours (alpha.h).
 */
#include "band/alpha.h"

#include <string.h>

void split_alpha(const uint8_t *samples, size_t pixels, unsigned channels, uint8_t *colours, uint8_t *alpha) {
    const unsigned kept = channels - 1;
    for (size_t i = 0; i < pixels; i++) {
        memcpy(colours + i * kept, samples + i * channels, kept);
        alpha[i] = samples[i * channels + kept];
    }
}

void join_alpha(const uint8_t *colours, const uint8_t *alpha, size_t pixels, unsigned channels, uint8_t *samples) {
    const unsigned kept = channels - 1;
    for (size_t i = 0; i < pixels; i++) {
        memcpy(samples + i * channels, colours + i * kept, kept);
        samples[i * channels + kept] = alpha[i];
    }
}
