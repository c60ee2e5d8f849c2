/* SPDX-License-Identifier: MIT */
/*
 * What the edges of neighbouring blocks say about a coefficient: pictures go on across them.
 *
 * The pixels along an edge, transformed along it, are a weighted sum of a row or a column of coefficients. So each
 * coefficient is in two such sums at opposite edges. If the sum of the neighbour's edge is known, and the rest of the own
 * one, the difference says what the coefficient would be if there were no step. Sums are of what is known so far.
 *
 * The last pixels of a block lie half a pixel from the edge, so the weights extrapolate: 3/2 of the last, less 1/2 of the
 * last but one.
 */
#ifndef BSWZ_COEFFICIENT_EDGES_H
#define BSWZ_COEFFICIENT_EDGES_H

#include "jpeg/planes.h"

#include <stddef.h>

enum {
    EDGES = 4, /* left, top, right, bottom */
    EDGE_UNIT = 16,
    EDGE_REGRESSORS = 7,
    EDGE_ROLES = 3
};

/* Owned by the thread that codes the band. */
struct edges {
    const struct jpeg_component *component;
    int32_t (*sum)[EDGES][8]; /* of each block: of its left and right edge, for each row of coefficients; of its top and
                               * bottom edge, for each column */
    uint32_t reciprocal[2][JPEG_BLOCK]; /* of weight times step, by column and by row */
    int32_t step[JPEG_BLOCK];
    int32_t weight[EDGE_ROLES][JPEG_BLOCK][EDGE_REGRESSORS]; /* of the regressors, 65536 is one */
    uint32_t power[EDGE_ROLES][JPEG_BLOCK];                  /* what their squares sum to, on average */
};

/* Coefficients in units of 1 / EDGE_UNIT. */
struct edge_view {
    int32_t of[EDGES];                  /* 0: there is no neighbour */
    int32_t regressor[EDGE_REGRESSORS]; /* these, what the net says, and two neighbours' */
    int32_t expected;                   /* what is learned from them */
};

/* blocks: of the largest component. false: no memory. */
bool edges_open(struct edges *edges, size_t blocks);
void edges_close(struct edges *edges);

/* All DC coefficients of the component are known, and nothing else. */
void edges_begin(struct edges *edges, const struct jpeg_component *component);

/* mean: the net's, 64 for one; first, second: the same coefficient in two neighbours. */
void edges_look(const struct edges *edges, unsigned role, uint32_t row, uint32_t column, unsigned frequency,
                int32_t mean, int first, int second, struct edge_view *view);
void edges_learn(struct edges *edges, unsigned role, unsigned frequency, const struct edge_view *view, int value);

/* A coefficient of block `number` that is not zero. */
void edges_add(struct edges *edges, size_t number, unsigned frequency, int value);

/* A class of values in units of 1 / EDGE_UNIT, below 32. The classes of a sign begin at 1, 4, 7, 12, 18, 32, 64, 128. */
static inline unsigned edge_class(int32_t value) {
    static const uint8_t classes[32] = {0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4,
                                        4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    const int32_t size = value < 0 ? -value : value;
    const unsigned class = size < 32 ? classes[size] : size < 64 ? 6 : size < 128 ? 7 : 8;
    return value < 0 ? 16 + class : class;
}

#endif
