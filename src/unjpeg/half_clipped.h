/* SPDX-License-Identifier: MIT */
/*
 * Blocks of colour at half resolution that came out wrong because pixels are clipped.
 *
 * A search that changes coefficient after coefficient (half_colour.c) needs colours to compare with, which clipped pixels
 * do not have. So blocks near them are guessed as a whole (half_joint.c), and what makes fewer pixels wrong is kept. A
 * guess is best where the blocks around it are right, so this begins at the edges of clipped areas, and goes on inwards.
 */
#ifndef BSWZ_HALF_CLIPPED_H
#define BSWZ_HALF_CLIPPED_H

#include "unjpeg/pixel_source.h"

/* planes: their blocks of Cb and Cr are changed, and so are the samples that these make, [2]: 8 rows of 8 samples for each
 * block, row by row of the component. Errors: MEMORY. */
enum bswz_status half_clipped_solve(const struct unjpeg_source *source, struct jpeg_planes *planes,
                                    const struct half_plane *half, uint8_t *const samples[2], struct bswz_error *error);

#endif
