/* SPDX-License-Identifier: MIT */
/*
 * Corrections: how an encoder may adjust a lattice pass to one picture.
 *
 * A network has learned from many pictures, and a single one may have slightly more noise than usual, or more strongly
 * correlated colours. So an encoder may send a scale and a shift for each of the MIXTURE_OUTPUTS outputs of the network
 * for a pixel (the two sets of pass 2 share them). In the units of the network,
 *
 *     corrected = output + (((output - centre) * scale + 16) >> 5) + shift * unit
 *
 * clamped to 16 bits. So a scale is in 1/32, and the units are defined in this file. Applying a correction to the
 * outputs, rather than folding it into the last layer, keeps the proven bounds of the layer independent of an untrusted
 * stream, and costs two instructions per output.
 *
 * In a stream, the corrections are on top of the ANS stack. Each number is coded by the same discretised logistic
 * as a pixel, around "no change".
 */
#ifndef BSWZ_CORRECTION_H
#define BSWZ_CORRECTION_H

#include "coder/ans.h"
#include "coder/mixture.h"
#include "kernel/kernel.h"

enum {
    CORRECTION_LEVELS = 3, /* only the finest levels have enough pixels to pay for them */
    CORRECTION_PASSES = 2,
    CORRECTION_LEAST_SIDE = 64, /* smaller pictures have none, and nothing is stored about that */
    CORRECTION_SCALE_BITS = 5,  /* scales are in 1/32 */
    CORRECTION_LOWEST = -128,   /* the smallest scale and shift */
    CORRECTION_HIGHEST = 127,
    CORRECTION_SPREADS = 8
};

/* For one pass. */
struct correction {
    bool present;   /* otherwise the rest is meaningless */
    uint8_t spread; /* 0 ... CORRECTION_SPREADS - 1: how close the numbers are to 0; used only to code them */
    int8_t scale[MIXTURE_OUTPUTS], shift[MIXTURE_OUTPUTS];
};

/* For one picture. */
struct picture_correction {
    struct correction pass[CORRECTION_LEVELS][CORRECTION_PASSES];
};

/* May a picture of this size have corrections? */
bool correction_allowed(uint32_t width, uint32_t height);

/* The centre around which output o (0 ... MIXTURE_OUTPUTS - 1) is scaled, and the unit of its shift. */
int32_t correction_centre(unsigned output);
int32_t correction_unit(unsigned output);

/* Does the mixture of one channel use this output? With three channels, all are used. */
bool correction_concerns(unsigned output, unsigned channels);

/* outputs [positions][stride], as written by net_evaluate: correct the sets (1 or 2) of each position in place. */
void correction_apply(const struct correction *correction, const struct kernel *kernel, unsigned sets,
                      unsigned positions, unsigned stride, int16_t *outputs);

/* The interval of value (CORRECTION_LOWEST ... CORRECTION_HIGHEST) as a scale or a shift of the output, out of a
 * total of 2^LOGISTIC_BITS: this gives its cost. */
uint32_t correction_frequency(unsigned output, bool is_shift, unsigned spread, int value);

/* Push the corrections of `levels` lattice levels, but at most the finest CORRECTION_LEVELS. channels[level]: 1 or
 * 3. */
void correction_push(const struct picture_correction *correction, unsigned levels, const unsigned *channels,
                     struct ans *ans);

/* The exact inverse, from an untrusted stack: any bits give valid corrections, and if they end too early,
 * ans->failed is set. */
void correction_pop(struct picture_correction *correction, unsigned levels, const unsigned *channels, struct ans *ans);

#endif
