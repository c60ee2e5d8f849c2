/* SPDX-License-Identifier: MIT */
/*
 * The quantisation steps of a component from the coefficients of some of its blocks, which are multiples of the
 * steps apart from the noise of rounding to samples.
 */
#ifndef BSWZ_STEP_ESTIMATE_H
#define BSWZ_STEP_ESTIMATE_H

#include "jpeg/planes.h"

#include <stdbool.h>

enum { ESTIMATES_MAX = 6, DEPARTURES_MAX = JPEG_BLOCK };

/* coefficients: of count blocks that are not flat; noise: its standard deviation at each frequency. is_colour:
 * which of libjpeg's tables to consider. Writes up to ESTIMATES_MAX different likely tables, and returns their
 * number; the right one is the one that decodes most blocks. */
unsigned estimate_steps(const float (*const *coefficients)[JPEG_BLOCK], unsigned count, const float noise[JPEG_BLOCK],
                        bool is_colour, uint16_t tables[ESTIMATES_MAX][JPEG_BLOCK]);

/* A step that is likelier than that of a table, by how much, in natural logarithms. */
struct step_departure {
    unsigned frequency;
    uint16_t step;
    float lead;
    bool is_clear; /* hardly any coefficient is far from a multiple of it */
};

/* The departures from a table, the most certain first; returns their number. */
unsigned estimate_departures(const float (*const *coefficients)[JPEG_BLOCK], unsigned count,
                             const float noise[JPEG_BLOCK], const uint16_t table[JPEG_BLOCK],
                             struct step_departure departures[DEPARTURES_MAX]);

/* A coefficient below this may be zero. */
float estimate_least(float noise);

#endif
