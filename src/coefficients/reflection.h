/* SPDX-License-Identifier: MIT */
/*
 * Views of a picture: as it is, mirrored left to right, top to bottom, and both.
 *
 * A net does not say quite the same about a picture and about its mirror image, and the mean of what it says about all
 * four is better than each (doc/jpeg.md). The picture stays as it is: instead, the net's weights are reflected when they
 * are loaded, with which it computes what it would of the mirror image. Taps and neighbours change places, and what is
 * odd along an axis changes its sign.
 */
#ifndef BSWZ_COEFFICIENT_REFLECTION_H
#define BSWZ_COEFFICIENT_REFLECTION_H

#include "coefficients/dc.h"
#include "model/layer_file.h"

/* What view `view` has in the place of each channel: from a channel of the file, with its sign. */
struct reflection {
    bool across, down;                                          /* bits 0 and 1 of the view */
    struct layer_channel around[COMPONENT_INPUTS_DC];           /* component.c: fill_dc */
    struct layer_channel group[GROUP_COUNT][2 * GROUP_LARGEST]; /* a group's amplitudes and magnitudes */
    struct layer_channel other[COMPONENT_INPUTS_OTHER];         /* those of all groups */
    int8_t outputs[GROUP_COUNT][GROUP_OUTPUTS(GROUP_LARGEST)];  /* signs */
    struct layer_channel dc[DC_TYPES][DC_INPUTS_CHROMA];        /* dc.c: fill; luma has only the first */
};

void reflection_init(struct reflection *reflection, unsigned view);

#endif
