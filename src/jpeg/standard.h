/* SPDX-License-Identifier: MIT */
/*
 * Segments that most JPEG files have in common: the Huffman tables of the standard, the quantisation tables that
 * libjpeg derives from its quality, the frame and the scans of libraries and cameras, and the contents of most
 * sRGB profiles.
 *
 * Headers are packed against them (recipe.h), so they are, byte for byte, part of the stream format.
 */
#ifndef BSWZ_JPEG_STANDARD_H
#define BSWZ_JPEG_STANDARD_H

#include "jpeg/planes.h"

#include <stddef.h>

#define JPEG_QUALITIES 100
#define JPEG_STANDARD_MAX 6144

/* A whole segment with all four Huffman tables. */
extern const uint8_t jpeg_standard_tables[];
extern const size_t jpeg_standard_tables_size;

/* The sRGB curve: the light intensity for i / 1023, as a fraction of 65535. */
extern const uint16_t jpeg_srgb_curve[1024];

/* The steps of a quality, 1 ... JPEG_QUALITIES, in zigzag order; colour: 0 or 1. */
void jpeg_standard_steps(unsigned quality, unsigned colour, uint8_t steps[JPEG_BLOCK]);

/* The quality whose steps for luma occur somewhere in these bytes, or 0. */
unsigned jpeg_standard_quality(const uint8_t *bytes, size_t size);

/* All of the segments in a row, with the quantisation tables for a quality, or without them for 0; returns their
 * size. */
size_t jpeg_standard_segments(unsigned quality, uint8_t segments[JPEG_STANDARD_MAX]);

#endif
