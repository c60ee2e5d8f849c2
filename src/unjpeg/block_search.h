/* SPDX-License-Identifier: MIT */
/*
 * The coefficients of one block from its samples.
 *
 * A decoder rounds its results to whole samples, so each sample says only that the block's value there is within
 * one half of it. Rounding adds noise of 0.29 to a coefficient, whatever its frequency. If the quantisation step
 * is 3 or more, dividing and rounding finds the coefficient. If it is 1 or 2, some coefficients come out wrong by
 * one, and the block that they make violates the bounds of its samples here and there. A beam search then changes
 * the coefficients, one by one, so that the violations shrink. What counts in the end is that the decoder's own
 * transform gives each sample.
 *
 * All of this is floating-point arithmetic that adds and multiplies in a fixed order: the result is the same on
 * every machine.
 */
#ifndef BSWZ_BLOCK_SEARCH_H
#define BSWZ_BLOCK_SEARCH_H

#include "jpeg/planes.h"

#define BLOCK_WIDEST 32 /* beam */

/* What is known about the blocks of a component. */
struct block_steps {
    uint16_t step[JPEG_BLOCK];
    float size[JPEG_BLOCK], inverse[JPEG_BLOCK]; /* the steps, and their reciprocals */
    float basis[JPEG_BLOCK][JPEG_BLOCK];
};

void block_steps_set(struct block_steps *steps, const uint16_t step[JPEG_BLOCK]);

/* The nearest multiples of the steps. */
void block_round(const struct block_steps *steps, const float coefficients[JPEG_BLOCK], int16_t out[JPEG_BLOCK]);

/* The range of each sample, both ends included. */
struct block_bounds {
    uint8_t low[JPEG_BLOCK], high[JPEG_BLOCK];
};

/* Working memory of a thread. */
struct block_scratch;
enum bswz_status block_scratch_create(struct block_scratch **scratch, struct bswz_error *error);
void block_scratch_free(struct block_scratch *scratch);

/* coefficients: of the samples as they are assumed to be, less 128, not quantised. beam: how many candidates are
 * kept at a time, 0 ... BLOCK_WIDEST; 0: only rounding. Only coefficients with steps up to largest_step are
 * changed. out: the best block that was found. Returns the number of samples out of bounds; 0: exact. */
unsigned block_search(struct block_scratch *scratch, const struct block_steps *steps,
                      const float coefficients[JPEG_BLOCK], const struct block_bounds *bounds, unsigned beam,
                      float largest_step, int16_t out[JPEG_BLOCK]);
/* The same, for any processor (widths.h): for tests. */
unsigned block_search_plain(struct block_scratch *scratch, const struct block_steps *steps,
                            const float coefficients[JPEG_BLOCK], const struct block_bounds *bounds, unsigned beam,
                            float largest_step, int16_t out[JPEG_BLOCK]);

#endif
