/* SPDX-License-Identifier: MIT */
/*
 * The quantisation steps of components, from some of their blocks.
 *
 * Likely tables (step_estimate.c) are tried: with the right one, most blocks decode exactly.
 */
#ifndef BSWZ_STEP_GUESS_H
#define BSWZ_STEP_GUESS_H

#include "unjpeg/pixel_source.h"

enum {
    GUESS_CHECKED = 120,       /* blocks, for checking exactness */
    GUESS_FEWEST_CHECKED = 12, /* fewer prove nothing */
    GUESS_ENOUGH_EXACT = 25,   /* the percentage of the checked blocks that must be exact: in a picture that never was a
                                * JPEG hardly any are, unless all steps are 1 */
    GUESS_ENOUGH_BITS = 20     /* an exact block proves the steps if there are that many step_bits */
};

/* The sampled blocks of one component. */
struct sampled {
    float (*coefficients)[JPEG_BLOCK]; /* [most] */
    struct block_bounds *bounds;       /* full resolution */
    uint32_t (*place)[2];              /* half resolution */
    unsigned count;
};

/* For one component, or for both colour components. */
struct sampling {
    unsigned most; /* blocks of a component */
    void *memory;
    struct sampled component[2];
    const float (**active)[JPEG_BLOCK]; /* [2 * most]: those of busy blocks */
    unsigned active_count;
};

/* What is assumed about a component. */
struct guess {
    uint16_t step[JPEG_BLOCK];
    unsigned exact, checked; /* blocks */
    unsigned rounded;        /* of the exact ones, those that need no search; at half resolution, all of them */
    unsigned bits;           /* step_bits; 0: no steps yet */
};

static inline bool is_exact_enough(const struct guess *guess, unsigned percent) {
    return guess->exact * 100 >= guess->checked * percent;
}

/* Room for the blocks of a picture. Errors: MEMORY. */
enum bswz_status sampling_open(const struct unjpeg_source *source, struct sampling *sampling, struct bswz_error *error);
void sampling_close(struct sampling *sampling);

/* Of the likely tables, choose the ones that decode most blocks, for count components starting with first. half:
 * NULL, or their planes. all_qualities: if these are not good enough, try all of libjpeg's, and reconsider single steps. */
void guess_steps(const struct unjpeg_source *source, unsigned first, unsigned count, const struct half_plane *half,
                 bool all_qualities, struct sampling *sampling, struct guess *guess);

#endif
