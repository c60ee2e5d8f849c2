/* SPDX-License-Identifier: MIT */
/*
 * The likelihood of the mixture and its gradient in floating point, for fitting the corrections of a picture
 * (correction_fit.h).
 *
 * One sweep goes over a sample of pixels and determines the effect of every scale and shift of the network's outputs.
 * It is the integer mixture of src/coder without the rounding. Only a choice of the encoder depends on it; but that
 * choice is in the stream, so it must be the same everywhere. Therefore it uses only + - * / on floats, each rounded
 * once, in an order fixed by the source: exponentials and logarithms are polynomials, a sum over pixels has SWEEP_LANES
 * partial sums, and a wider vector unit changes the speed but no bit of the result (the Makefile forbids contraction to
 * fused operations).
 */
#ifndef BSWZ_CORRECTION_SWEEP_H
#define BSWZ_CORRECTION_SWEEP_H

#include "coder/mixture.h"

enum {
    SWEEP_BLOCK = 64, /* pixels that are processed together */
    SWEEP_LANES = 16, /* partial sums of every sum; a factor of SWEEP_BLOCK */
    SWEEP_PLANES = 6
};

/* Pixels of a pass and the network's outputs for them, in blocks of SWEEP_BLOCK: field f of block b begins at (b *
 * fields + f) * SWEEP_BLOCK. */
struct sweep_sample {
    unsigned channels; /* 1 or 3 */
    size_t blocks;
    float *outputs;  /* MIXTURE_OUTPUTS fields, in units of sweep_unit */
    float *pixels;   /* SWEEP_PLANES fields: three values, three interpolations, in levels */
    float growth[3]; /* like struct mixture_growth, in scale indices per nat of ln(1 + |residual|) */
};

/* Output o of a pixel becomes factor[o] * output + offset[o]. */
struct sweep_map {
    float factor[MIXTURE_OUTPUTS], offset[MIXTURE_OUTPUTS];
};

/* Sums over the pixels of the sample. */
struct sweep_result {
    double loss;                                                   /* -ln p */
    double by_factor[MIXTURE_OUTPUTS], by_offset[MIXTURE_OUTPUTS]; /* its derivatives */
    /* sums of the squared derivatives at each pixel */
    double factor_square[MIXTURE_OUTPUTS], offset_square[MIXTURE_OUTPUTS];
};

/* The unit of an output of the network, in levels, scale indices, ones or nats. */
float sweep_unit(unsigned output);

void sweep(const struct sweep_sample *sample, const struct sweep_map *map, struct sweep_result *result);

/* The same with a given instruction set, for tests; false: this processor lacks it, and nothing is done. */
enum sweep_instructions { SWEEP_PLAIN, SWEEP_AVX2, SWEEP_AVX512, SWEEP_INSTRUCTIONS };
bool sweep_by(enum sweep_instructions instructions, const struct sweep_sample *sample, const struct sweep_map *map,
              struct sweep_result *result);

/* log2 of a positive, normal number, accurate to 1e-9, with the same operations. */
double sweep_log2(double x);

#endif
