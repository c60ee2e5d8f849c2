/*
 * The quantisation steps of a component from some of its blocks' coefficients, which are multiples of
 * the steps but for the noise that rounding to samples left.
 */
#ifndef BSWZ_STEP_ESTIMATE_H
#define BSWZ_STEP_ESTIMATE_H

#include "jpeg/planes.h"

#include <stdbool.h>

enum { ESTIMATES_MAX = 6 };

/* coefficients: of count blocks that are not flat; noise: its standard deviation at each frequency. is_colour: which of libjpeg's
 * tables to think of. Writes up to ESTIMATES_MAX different tables that are likely, and returns how many; what tells them
 * apart is how many blocks they decode. */
unsigned estimate_steps(const float (*coefficients)[JPEG_BLOCK], unsigned count, const float noise[JPEG_BLOCK],
                        bool is_colour, uint16_t tables[ESTIMATES_MAX][JPEG_BLOCK]);

#endif
