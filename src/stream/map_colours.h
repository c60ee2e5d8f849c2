/* SPDX-License-Identifier: MIT */
/*
 * The colours of maps (bswz_map): a hue for each way of coding, and a lightness for the bits per pixel.
 */
#ifndef BSWZ_MAP_COLOURS_H
#define BSWZ_MAP_COLOURS_H

#include "image/cost_map.h"

struct map_row {
    const char *coding, *origin, *colour; /* of struct bswz_map_tile */
    double hue, chroma;                   /* of Oklch, in degrees and at most */
};

/* kind: COST_KINDS is nothing. */
const struct map_row *map_row(enum cost_kind kind);

/* In sRGB. */
void map_colour(enum cost_kind kind, double bits_per_pixel, uint8_t rgb[3]);

#endif
