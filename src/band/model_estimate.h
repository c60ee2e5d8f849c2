/* SPDX-License-Identifier: MIT */
/*
 * What would the model take for a band? Running its networks takes several times as long as drawing, so the encoder
 * first looks at the differences from a simple prediction.
 */
#ifndef BSWZ_MODEL_ESTIMATE_H
#define BSWZ_MODEL_ESTIMATE_H

#include <stdint.h>

/* Estimate the bits of each block of image/known.h, rather too few than too many. Samples are interleaved: one channel,
 * grey and alpha, RGB, RGBA. */
void model_estimate(const uint8_t *samples, uint32_t width, uint32_t rows, unsigned channels, uint32_t *block_bits);

#endif
