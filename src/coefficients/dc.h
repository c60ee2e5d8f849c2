/* SPDX-License-Identifier: MIT */
/*
 * The DC coefficients of a component, as a picture of its own: a lattice.
 *
 *     level i: rows and columns divisible by 2^(i+1) are known; first come the positions between four of them
 *              on the diagonals, then those between four known ones at their sides
 *
 * All positions of a pass are independent given the preceding passes. A small net sees the sixteen nearest known
 * positions as differences to their mean, and for chroma what the other components have there.
 */
#ifndef BSWZ_COEFFICIENT_DC_H
#define BSWZ_COEFFICIENT_DC_H

#include "coder/proof.h"
#include "coefficients/adaptive.h"
#include "coefficients/block_costs.h"
#include "coefficients/coefficient_model.h"
#include "jpeg/planes.h"
#include "threads/pool.h"

enum {
    DC_NEIGHBOURS = 16,
    DC_LEVEL_INPUTS = 4,
    DC_INPUTS_LUMA = 2 * DC_NEIGHBOURS + 2 + DC_LEVEL_INPUTS,
    DC_INPUTS_OTHER = 6,
    DC_INPUTS_CHROMA = DC_INPUTS_LUMA + 2 * DC_INPUTS_OTHER + 2
};

/* Rows and columns in units of the spacing: of each neighbour, its mirror images are neighbours, too. */
static const int8_t dc_neighbour[DC_TYPES][DC_NEIGHBOURS][2] = {
    {{-1, -1},
     {-1, 1},
     {1, -1},
     {1, 1},
     {-1, -3},
     {-1, 3},
     {1, -3},
     {1, 3},
     {-3, -1},
     {-3, 1},
     {3, -1},
     {3, 1},
     {-3, -3},
     {-3, 3},
     {3, -3},
     {3, 3}},
    {{-1, 0},
     {0, -1},
     {0, 1},
     {1, 0},
     {-2, -1},
     {-2, 1},
     {2, -1},
     {2, 1},
     {-1, -2},
     {-1, 2},
     {1, -2},
     {1, 2},
     {-3, 0},
     {0, -3},
     {0, 3},
     {3, 0}},
};

/* number: 0 luma, 1 Cb, 2 Cr. other: amplitudes of the preceding components in this one's blocks. */
struct dc_plane {
    const struct coefficient_model *model;
    struct worker_pool *pool; /* shares the work, or NULL */
    const struct jpeg_component *component;
    unsigned number;
    const int16_t (*other[2])[JPEG_BLOCK];
    const struct block_costs *costs; /* decoding: NULL, or where the bits are counted */
    struct adaptive *adaptive; /* NULL, or what codes the coefficients in the decoder's order; the stack is not used */
    bool stops_when_dry;       /* with it: the payload ends too early */
};

/* is_proven: everything is popped again; CORRUPT if it does not come back. */
enum bswz_status dc_push(const struct dc_plane *plane, struct ans *ans, bool is_proven, struct bswz_error *error);
/* With adaptive, this encodes, too. */
enum bswz_status dc_pop(const struct dc_plane *plane, struct ans *ans, struct bswz_error *error);

#endif
