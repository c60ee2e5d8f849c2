/* SPDX-License-Identifier: MIT */
/*
 * The quantisation tables that libjpeg makes for its qualities, since most files have one of them.
 */
#ifndef BSWZ_UNJPEG_TABLES_H
#define BSWZ_UNJPEG_TABLES_H

#include "jpeg/planes.h"

#include <stdbool.h>

enum { TABLE_QUALITIES = 100 };

/* The steps of libjpeg's quality 1 ... 100, for brightness or for colour (baseline: 1 ... 255). */
void table_of_quality(unsigned quality, bool is_colour, uint16_t step[JPEG_BLOCK]);

/* The quality that has exactly these steps, 0: none. */
unsigned table_quality(bool is_colour, const uint16_t step[JPEG_BLOCK]);

#endif
