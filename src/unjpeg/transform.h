/* SPDX-License-Identifier: MIT */
/*
 * The cosine transforms of a block: the inverse that JPEG decoders compute, in integers, and
 * both directions in floating point for the search.
 *
 * Blocks are 8 x 8, in the order of struct jpeg_component: 8 * vertical + horizontal.
 */
#ifndef BSWZ_TRANSFORM_H
#define BSWZ_TRANSFORM_H

#include "jpeg/planes.h"

/* Part of the format: what libjpeg's "islow" makes of a block. out: samples 0 ... 255. Total: any coefficients
 * and steps give something, on every machine the same. */
void transform_to_samples(const int16_t block[JPEG_BLOCK], const uint16_t step[JPEG_BLOCK], uint8_t out[JPEG_BLOCK]);

/* Orthonormal, without rounding to integers. These add and multiply in a fixed order and nothing else, so
 * they give the same numbers on every machine with IEEE arithmetic. in and out may be the same. */
void transform_forward(const float in[JPEG_BLOCK], float out[JPEG_BLOCK]);
void transform_inverse(const float in[JPEG_BLOCK], float out[JPEG_BLOCK]);

/* The same, for any processor (widths.h): for tests. */
void transform_to_samples_plain(const int16_t block[JPEG_BLOCK], const uint16_t step[JPEG_BLOCK],
                                uint8_t out[JPEG_BLOCK]);
void transform_forward_plain(const float in[JPEG_BLOCK], float out[JPEG_BLOCK]);
void transform_inverse_plain(const float in[JPEG_BLOCK], float out[JPEG_BLOCK]);

/* basis[f]: the samples of a block whose coefficient f is 1, all others 0. */
void transform_fill_basis(float basis[JPEG_BLOCK][JPEG_BLOCK]);

#endif
