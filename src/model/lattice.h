/* SPDX-License-Identifier: MIT */
/*
 * A lattice level: how the pixels of x^i are divided into x^(i+1) and the two passes, and what the networks see of
 * them.
 *
 * The levels share the memory of the picture: x^i is every (2^i)-th row and column, and nothing is ever copied. On the
 * grid of 2 x 2 cells of x^i, a is the upper left pixel (it belongs to x^(i+1)), d the lower right, b the upper right,
 * c the lower left:
 *
 *     a b        pass 1 codes d given a
 *     c d        pass 2 codes b and c given a and d
 *
 * Beyond an edge, the networks see the last row or column of a and of d repeated.
 */
#ifndef BSWZ_LATTICE_H
#define BSWZ_LATTICE_H

#include "model/net.h"

enum { PASS_ONE = 0, PASS_TWO = 1, LATTICE_MAX_SETS = 2 };

/* Planes seen at level i: samples at rows and columns that are multiples of step. */
struct lattice {
    uint8_t *plane[3];      /* of the whole picture; only plane[0] if planes is 1 */
    unsigned planes;        /* 1 or 3 */
    size_t row_stride;      /* bytes between rows of the picture */
    uint32_t width, height; /* of x^i */
    unsigned step;          /* 2^i */
};

/* x^level of a picture of the given size. */
struct lattice lattice_at_level(uint8_t *const *plane, unsigned planes, uint32_t width, uint32_t height,
                                unsigned level);

/* A block of cells, and one of its passes. rows, columns: 1 ... NET_TILE. */
struct lattice_tile {
    uint32_t row, column;
    unsigned rows, columns;
    unsigned pass;
};

/* Cells that a pass visits: floor(size / 2) for pass 1, ceil(size / 2) for pass 2. */
uint32_t lattice_cells(uint32_t size, unsigned pass);

/* The pixels of a cell that a pass codes, in order: d, or b then c. Returns false if the cell has no such pixel
 * (odd sizes). *row and *column: in x^i. */
bool lattice_pixel(const struct lattice *lattice, unsigned pass, unsigned set, uint32_t cell_row, uint32_t cell_column,
                   uint32_t *row, uint32_t *column);

static inline uint8_t *lattice_sample(const struct lattice *lattice, unsigned plane, uint32_t row, uint32_t column) {
    return lattice->plane[plane] + (size_t)row * lattice->step * lattice->row_stride + (size_t)column * lattice->step;
}

/* Fill scratch->input for the tile with its halo, from the pixels known to the pass, and base[set][cell][plane] with
 * the interpolations of the pixels to code (cells row by row; a set's block is NET_TILE * NET_TILE cells). */
void lattice_input(const struct lattice *lattice, const struct net *net, const struct lattice_tile *tile,
                   struct net_scratch *scratch, uint8_t base[][NET_TILE * NET_TILE][3]);
/* The same without wider vectors, for a test. */
void lattice_input_plain(const struct lattice *lattice, const struct net *net, const struct lattice_tile *tile,
                         struct net_scratch *scratch, uint8_t base[][NET_TILE * NET_TILE][3]);

#endif
