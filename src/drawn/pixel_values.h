/* SPDX-License-Identifier: MIT */
/*
 * What is coded of a pixel: a number in a palette, an index, or the samples of the channels that matter.
 */
#ifndef BSWZ_DRAWN_PIXEL_VALUES_H
#define BSWZ_DRAWN_PIXEL_VALUES_H

#include "drawn/palette.h"

struct pixel_values {
    unsigned channels; /* interleaved samples of a pixel, 1 ... 4 */
    bool has_palette;
    struct palette palette;
    uint32_t colours; /* values are numbers below this; 0: they are packed samples, the first in the lowest byte */
    /* channels that are neither constant nor equal to the first one are coded */
    unsigned kept, place[4];
    uint8_t kinds[4], constants[4];
};

/* The encoder: choose what to code. */
void pixel_values_find(struct pixel_values *values, const uint8_t *samples, size_t pixels, unsigned channels,
                       bool is_indexed);
/* Code that choice; the decoder gets it. */
void pixel_values_code(struct pixel_values *values, struct decisions *decisions, unsigned channels, bool is_indexed);

/* From the samples of count pixels to their values. */
void pixel_values_take(const struct pixel_values *values, const uint8_t *samples, uint32_t count, uint32_t *out);
/* The same for pixels of another picture; what this one does not have becomes 0. */
void pixel_values_take_other(const struct pixel_values *values, const uint8_t *samples, uint32_t count, uint32_t *out);
/* And back. */
void pixel_values_put(const struct pixel_values *values, const uint32_t *in, uint32_t count, uint8_t *samples);

#endif
