/* SPDX-License-Identifier: MIT */
/*
 * What the model of drawn pictures starts from: a picture of a few hundred pixels ends before the model has learned much.
 * Trained on icons and sprites by scripts/train-drawn.
 */
#ifndef BSWZ_DRAWN_START_H
#define BSWZ_DRAWN_START_H

#include <stdint.h>

enum {
    START_ENERGIES = 8,
    START_DISTANCES = 27, /* classes of distances */
    START_RANKS = 3,
    START_CONTEXTS = 10, /* of a sample in a palette */
    START_BITS = 15      /* first bits of its difference: none; one or more zeros or ones */
};

/* How often a sample is that far from its prediction, in surroundings of that energy; the nearest: 65535. */
extern const uint16_t start_errors[START_ENERGIES][START_DISTANCES];
/* The probability in 1024 that a candidate is right, by its rank, by which of the nearest four neighbours equal it, and by
 * how many of the next four do. */
extern const uint16_t start_near[START_RANKS * 16][5];
/* That a bit of a difference in a palette is one, in 1024. */
extern const uint16_t start_palette[START_CONTEXTS][START_BITS];

/* Weights in hundredths, by setting: for the inputs of each rank; for numbers in a palette; for the first sample of a
 * pixel, and for those that follow it; for the rest of a colour. */
extern const int8_t start_candidates_0[START_RANKS][16], start_candidates_1[START_RANKS][20],
    start_candidates_2[START_RANKS][38];
extern const int8_t start_numbers_0[1][10], start_numbers_1[1][26], start_numbers_2[1][26];
extern const int8_t start_samples_0[2][14], start_samples_1[2][20], start_samples_2[2][35];
extern const int8_t start_rests[1][4];

#endif
