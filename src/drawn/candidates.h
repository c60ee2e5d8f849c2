/* SPDX-License-Identifier: MIT */
/*
 * Candidates for the colour of a pixel, and the question whether it has the colour of one of them.
 */
#ifndef BSWZ_DRAWN_CANDIDATES_H
#define BSWZ_DRAWN_CANDIDATES_H

#include "drawn/contexts.h"

enum { CONTEXT_LANES = 24 }; /* at least CONTEXTS */

struct candidates {
    alignas(16) uint32_t colour[CANDIDATES];
    uint32_t score[CANDIDATES];
    unsigned count;
    struct slot *slot[CONTEXTS];
    /* of the slots: counts, their sums, and the candidate number of each colour */
    alignas(32) uint16_t counts[CONTEXT_LANES];
    uint8_t totals[CONTEXT_LANES], places[3][CONTEXT_LANES];
};

/* Patterns of equal neighbours. */
struct pattern {
    uint32_t hash[2];              /* of a bit for each neighbour: is it the first with its colour? */
    uint32_t expected, expected_2; /* the colours that would continue a smooth surface */
    unsigned energy;
};

/* The pixel being coded. */
struct place {
    alignas(16) uint32_t near[NEIGHBOURS];
    uint32_t x;
    struct repeated repeated;
    struct pattern pattern;
    struct candidates candidates;
    unsigned missed; /* how many of the nearest pixels matched no candidate */
    bool is_flat;    /* and the pixel does not have their colour */
    unsigned rank, chosen;
    bool is_tried[CANDIDATES];
    uint32_t tried[8];
    cell *sure; /* the probability of the likely colour, if it was too low to ask for that */
    uint32_t likely;
};

#endif
