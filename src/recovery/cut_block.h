/*
 * Blocks that the picture's edge cuts: what may the samples beyond it have been?
 *
 * Where whole rows of a block are missing, or whole columns, the transform along the lines that are there is
 * known, and leaves eight problems of eight integers each: which coefficients of one frequency along the edge
 * give what is known of it?  There are fewer equations than unknowns, but the coefficients are multiples of
 * their steps, and probably not far from those of a block whose last line is repeated, as encoders do it.
 * The likeliest answer is the right one as a rule, or gives the known samples as well.
 */
#ifndef BSWZ_CUT_BLOCK_H
#define BSWZ_CUT_BLOCK_H

#include "recovery/block_search.h"

#include <stdbool.h>

/* How far from a repeated line the rest of the block may be. */
enum cut_block_trust { CUT_BLOCK_REPEATED, CUT_BLOCK_NEAR, CUT_BLOCK_FAR, CUT_BLOCK_TRUSTS };

/* Are whole rows missing, or whole columns, and nothing else? known: of each sample. */
bool cut_block_is_one(const bool known[JPEG_BLOCK], bool *by_columns);

/* The coefficients of the block, multiples of the steps, of a cut block. value: samples less 128, where unknown those of
 * the nearest known line. Takes a bounded number of steps, and gives the same on every machine. */
void cut_block_guess(const struct block_steps *steps, const float value[JPEG_BLOCK], const bool known[JPEG_BLOCK],
                     bool by_columns, enum cut_block_trust trust, float coefficients[JPEG_BLOCK]);

#endif
