/* SPDX-License-Identifier: MIT */
/*
 * Constants of the model of drawn pictures, made by scripts/make-tables.
 */
#ifndef BSWZ_DRAWN_TABLES_H
#define BSWZ_DRAWN_TABLES_H

#include <stdint.h>

enum { STRETCH_LARGEST = 3071 };

extern const uint16_t drawn_reciprocal[1024]; /* 65536 / (n + 1.5) */
extern const int16_t drawn_stretch[4096];     /* for probabilities below 2048, then for those below one half in steps of
                                                 16 */
extern const uint8_t drawn_offset_class[257];
extern const uint8_t drawn_distance_class[256];
extern const uint16_t drawn_squash[3072];     /* the probability for stretched -x */

#endif
