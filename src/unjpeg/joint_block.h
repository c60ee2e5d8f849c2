/* SPDX-License-Identifier: MIT */
/*
 * Blocks with clipped pixels: what did the decoder have there?
 *
 * A channel that is 0 or 255 hides how far beyond it the decoder was, but the pixel's other channels are known. So one
 * number for each clipped channel is missing, and it moves the samples of all components together. Coefficients are
 * multiples of their steps, and those of high frequencies are small: if few numbers are missing, this is enough to find
 * them.
 */
#ifndef BSWZ_JOINT_BLOCK_H
#define BSWZ_JOINT_BLOCK_H

#include "unjpeg/block_search.h"

#include <stdbool.h>

enum {
    JOINT_HIDDEN = 64, /* most that may be hidden */
    JOINT_SIZE = 3 * JPEG_BLOCK,
    JOINT_TRUSTS = 2
};

/* What a clipped channel of a pixel hides: a number that is not negative if is_high, and not positive otherwise. */
struct joint_hidden {
    uint8_t at; /* the pixel */
    bool is_high;
    float direction[3]; /* how the samples change with the number */
};

/* The blocks of one component, or of three, in the same place. */
struct joint_block {
    unsigned count; /* of components */
    unsigned hidden_count;
    struct joint_hidden hidden[JOINT_HIDDEN];
    float value[3][JPEG_BLOCK]; /* samples less 128, as if nothing were hidden */
};

/* Working memory of a thread. */
struct joint_scratch;
enum bswz_status joint_scratch_create(struct joint_scratch **scratch, struct bswz_error *error);
void joint_scratch_free(struct joint_scratch *scratch);

/* Replace the samples of clipped pixels by what is likely. steps: of each component. trust: below JOINT_TRUSTS, how
 * large high frequencies are taken to be. Takes a bounded number of steps, and gives the same result on every machine. */
void joint_block_guess(struct joint_scratch *scratch, const struct block_steps *steps, unsigned trust,
                       struct joint_block *block);
/* The same, for any processor (widths.h): for tests. */
void joint_block_guess_plain(struct joint_scratch *scratch, const struct block_steps *steps, unsigned trust,
                             struct joint_block *block);

#endif
