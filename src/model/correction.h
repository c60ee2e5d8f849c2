/*
 * Corrections: what an encoder may change of a lattice pass for one picture.
 *
 * A net has learned from many pictures, and a single one has noise that is a little
 * wider than usual, or colours that hang together more closely.  So an encoder may
 * send a scale and a shift for each of the MIXTURE_OUTPUTS numbers that the net says
 * of a pixel (the two sets of pass 2 share them).  With all in the net's own units,
 *
 *     corrected = output + (((output - centre) * scale + 16) >> 5) + shift * unit
 *
 * clamped to 16 bits, so a scale is in 1/32 and every unit is a choice of this file.
 * Applying it to the outputs, rather than folding it into the last layer, keeps the
 * layer's proven bounds out of an untrusted stream's reach and costs two instructions
 * an output.
 *
 * In a stream the corrections lie on top of the ANS stack, each number coded by the
 * same discretised logistic as a pixel, around "no change".
 */
#ifndef BSWZ_CORRECTION_H
#define BSWZ_CORRECTION_H

#include "coder/ans.h"
#include "coder/mixture.h"

enum {
    CORRECTION_LEVELS = 3,           /* only the finest levels have enough pixels to pay for one */
    CORRECTION_PASSES = 2,
    CORRECTION_LEAST_SIDE = 64,      /* pictures narrower or lower than this have none, and no word about it */
    CORRECTION_SCALE_BITS = 5,       /* scales are in 1/32 */
    CORRECTION_LOWEST = -128,        /* of scales and shifts */
    CORRECTION_HIGHEST = 127,
    CORRECTION_SPREADS = 8
};

/* Of one pass. */
struct correction {
    bool present;   /* otherwise the rest means nothing */
    uint8_t spread; /* 0 ... CORRECTION_SPREADS - 1: how narrowly the numbers lie around 0; for their coding only */
    int8_t scale[MIXTURE_OUTPUTS], shift[MIXTURE_OUTPUTS];
};

/* Of a picture. */
struct picture_correction {
    struct correction pass[CORRECTION_LEVELS][CORRECTION_PASSES];
};

/* May a picture of this size have corrections? */
bool correction_allowed(uint32_t width, uint32_t height);

/* What output o (0 ... MIXTURE_OUTPUTS - 1) is scaled around, and the unit of its shift. */
int32_t correction_centre(unsigned output);
int32_t correction_unit(unsigned output);

/* Does the mixture of one channel use this output? Of three it uses all. */
bool correction_concerns(unsigned output, unsigned channels);

/* outputs [positions][stride], as net_evaluate leaves them: correct the sets (1 or 2) of each position in place. */
void correction_apply(const struct correction *correction, unsigned sets, unsigned positions, unsigned stride,
                      int16_t *outputs);

/* The interval of value (CORRECTION_LOWEST ... CORRECTION_HIGHEST) as a scale or a shift of the output, of a total
 * of 2^LOGISTIC_BITS: what it costs. */
uint32_t correction_frequency(unsigned output, bool is_shift, unsigned spread, int value);

/* Push the corrections of `levels` lattice levels, of which the finest CORRECTION_LEVELS at most are meant.
 * channels[level]: 1 or 3. */
void correction_push(const struct picture_correction *correction, unsigned levels, const unsigned *channels,
                     struct ans *ans);

/* The exact inverse, from an untrusted stack: any bits make corrections, and where they end too early
 * ans->failed is set. */
void correction_pop(struct picture_correction *correction, unsigned levels, const unsigned *channels,
                    struct ans *ans);

#endif
