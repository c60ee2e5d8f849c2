/* SPDX-License-Identifier: MIT */
/*
 * The order of rows in image data: from top to bottom, or interlaced, with every eighth row first and those in between
 * later.
 */
#ifndef BSWZ_GIF_INTERLACE_H
#define BSWZ_GIF_INTERLACE_H

#include "gif/blocks.h"

/* Both have width * height indices. */
void gif_rows_from_data(const struct gif_image *image, const uint8_t *data, uint8_t *pixels);
void gif_rows_to_data(const struct gif_image *image, const uint8_t *pixels, uint8_t *data);

#endif
