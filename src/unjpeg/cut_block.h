/* SPDX-License-Identifier: MIT */
/*
 * Blocks cut by the edge of the picture: what may the samples beyond it have been?
 *
 * If whole rows or whole columns of a block are missing, the transform along the existing lines is known, and
 * leaves eight problems of eight integers each: which coefficients of one frequency along the edge give what is
 * known about it? There are fewer equations than unknowns, but the coefficients are multiples of their steps, and
 * probably close to those of a block that repeats its last line, as encoders do. The most likely answer is usually
 * the right one, or gives the known samples as well.
 */
#ifndef BSWZ_CUT_BLOCK_H
#define BSWZ_CUT_BLOCK_H

#include "unjpeg/block_search.h"

#include <stdbool.h>

/* How far the rest of the block may be from a repeated line. */
enum cut_block_trust { CUT_BLOCK_REPEATED, CUT_BLOCK_NEAR, CUT_BLOCK_FAR, CUT_BLOCK_TRUSTS };

/* Are whole rows or whole columns missing, and nothing else? known: for each sample. */
bool cut_block_is_one(const bool known[JPEG_BLOCK], bool *by_columns);

/* The coefficients, multiples of the steps, of a cut block. value: samples less 128; unknown ones are those of the
 * nearest known line. Takes a bounded number of steps, and gives the same result on every machine. */
void cut_block_guess(const struct block_steps *steps, const float value[JPEG_BLOCK], const bool known[JPEG_BLOCK],
                     bool by_columns, enum cut_block_trust trust, float coefficients[JPEG_BLOCK]);

#endif
