/* SPDX-License-Identifier: MIT */
/*
 * A small network that predicts a sample from those before it.
 *
 * Least squares learn from the picture alone, and each picture teaches them anew what most pictures have in common. The
 * expert knows that from training (scripts/train-expert), but nothing about the picture. It sees the nearest samples as
 * differences, divided by how much they differ, so that it serves any depth and contrast; and it says how far off it
 * will be.
 *
 * Three hidden layers of 64, in integers: inputs and hidden values are multiples of 1/64, weights of 1/1024. Bounds:
 * inputs are at most 511 in magnitude, hidden values 1023, weights 4096, biases 2^26: a sum is below 2^29.
 */
#ifndef BSWZ_DEEP_EXPERT_H
#define BSWZ_DEEP_EXPERT_H

#include "deep/instructions.h"

#include <stdint.h>

enum {
    EXPERT_SEES = 40, /* differences: that of W and N, and those of the nearest other samples to the mean of W and N */
    EXPERT_WIDTH = 64,
    EXPERT_LAYERS = 3,
    EXPERT_PAIRS = EXPERT_SEES / 2 + 1, /* of inputs: the last one is how much they differ, and nothing */
    EXPERT_NEAREST = 12                 /* how many of them say how much they differ */
};

/* Pairs of weights, one for each of two adjacent inputs, for all outputs of a layer; then the biases. */
struct expert_numbers {
    int16_t first[EXPERT_PAIRS * EXPERT_WIDTH * 2];
    int16_t others[(EXPERT_LAYERS - 1) * EXPERT_WIDTH * EXPERT_WIDTH];
    int16_t last[2 * EXPERT_WIDTH];
    int32_t biases[EXPERT_LAYERS * EXPERT_WIDTH], last_biases[2];
};

extern const struct expert_numbers expert_numbers; /* expert_numbers.c */

/* A layer: out = (biases + weights * in), rounded, 0 ... 1023. out may be in. */
typedef void expert_layer(const int16_t *in, unsigned pairs, const int16_t *weights, const int32_t biases[EXPERT_WIDTH],
                          int16_t out[EXPERT_WIDTH]);

/* NULL: this machine does not have the instruction set. */
expert_layer *expert_layer_by(enum instruction_set set);

struct expert_answer {
    int32_t mean;   /* relative to the mean of W and N, in units of 1 / 2^UNIT_BITS */
    uint32_t error; /* how far off it will be: as of eight errors nearby, in units of 1 / 2^ERROR_BITS; 8 ... 2^23 */
};

/* sees: differences below 2^17 in magnitude */
struct expert_answer expert_ask(expert_layer *layer, const int32_t sees[EXPERT_SEES]);

/* Of expert_avx2.c and expert_avx512.c. */
expert_layer expert_layer_avx2, expert_layer_avx512;

#endif
