/* SPDX-License-Identifier: MIT */
/*
 * A block of colour at half resolution where pixels are clipped.
 *
 * The channels of such a pixel that are not clipped relate its colour to its luma, and two of them relate Cb to Cr. A
 * block of colour has fewer samples than pixels, and its coefficients are multiples of steps; so are those of luma, which
 * follow from it. Together this is often enough to find the block of Cb and that of Cr, as in joint_block.c, with the
 * coefficients themselves as the hidden numbers.
 */
#ifndef BSWZ_HALF_JOINT_H
#define BSWZ_HALF_JOINT_H

#include "unjpeg/block_search.h"

#include <stdbool.h>

enum {
    HALF_JOINT_TRUSTS = 3,
    HALF_JOINT_SIDE = 16, /* pixels of a block in a direction, at most */
    HALF_JOINT_PIXELS = HALF_JOINT_SIDE * HALF_JOINT_SIDE,
    HALF_AROUND = 10 /* samples of a block in a direction, and the one before and after these */
};

enum { AREA_CERTAIN, AREA_CLIPPED, AREA_OUTSIDE };

/* The pixels of a block of Cb and of Cr, row by row, and the samples around it. */
struct half_area {
    unsigned horizontal, vertical;   /* pixels of a sample in each direction, 1 or 2 */
    unsigned width, height;          /* 8 times as many */
    uint8_t kind[HALF_JOINT_PIXELS]; /* AREA_ ... */
    /* Of pixels that are not AREA_OUTSIDE. */
    uint8_t rgb[HALF_JOINT_PIXELS][3];
    uint8_t plane[3][HALF_JOINT_PIXELS];
    /* Less 128; those of the block itself, in the middle, do not count. At an edge of the picture they are its own, too. */
    float around[2][HALF_AROUND][HALF_AROUND];
    bool is_own[2][HALF_AROUND]; /* for each column, and each row */
    uint8_t own[2][HALF_AROUND]; /* then which of the block's */
    float usual[2];              /* what the mean of each block is likely to be, less 128 */
};

/* Working memory of a thread. */
struct half_joint_scratch;
enum bswz_status half_joint_scratch_create(struct half_joint_scratch **scratch, struct bswz_error *error);
void half_joint_scratch_free(struct half_joint_scratch *scratch);

/* The likely blocks of Cb and Cr. steps: of Y, Cb and Cr. trust: below HALF_JOINT_TRUSTS, how large high frequencies are
 * taken to be. Takes a bounded number of steps, and gives the same result on every machine. */
void half_joint_guess(struct half_joint_scratch *scratch, const struct block_steps steps[3],
                      const struct half_area *area, unsigned trust, int16_t block[2][JPEG_BLOCK]);
/* The same, for any processor (widths.h): for tests. */
void half_joint_guess_plain(struct half_joint_scratch *scratch, const struct block_steps steps[3],
                            const struct half_area *area, unsigned trust, int16_t block[2][JPEG_BLOCK]);

/* How much Cb and Cr add to the difference of two channels, 0 red ... 2 blue. */
void half_joint_difference(unsigned one, unsigned two, float by[2]);

#endif
