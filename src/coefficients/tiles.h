/* SPDX-License-Identifier: MIT */
/*
 * Tiles of blocks, and which groups of their coefficients are empty: all zero.
 *
 * Most files have many such groups, of high frequencies, and above all of colour. A bit for each says so; then neither
 * the nets are evaluated nor a coefficient is coded there. The bits are coded on the stack, those of a row of tiles just
 * after the second round of the group before it in the same tiles. The chance of each depends on how many coefficients of
 * that group are not zero, on the tiles at its left and above, and for Cr on Cb.
 */
#ifndef BSWZ_COEFFICIENT_TILES_H
#define BSWZ_COEFFICIENT_TILES_H

#include "coder/ans.h"
#include "coefficients/adaptive.h"
#include "coefficients/groups.h"
#include "jpeg/planes.h"

#include <stdbool.h>

enum {
    TILE_ROWS = 2, /* of blocks; the last ones of a band may be smaller */
    TILE_COLUMNS = GROUP_ROW,
    HALF_BLOCKS = TILE_COLUMNS, /* of a tile, in a round: as many as a batch has */
    TILE_CONTEXTS = 64
};

/* The tiles of a component. Owned by the thread that codes the band; workers only read. */
struct tiles {
    uint32_t rows, columns;   /* blocks */
    uint32_t down, across;    /* tiles */
    const struct tiles *like; /* those of a component that is like this one, of as many tiles; or NULL */
    uint8_t *empty;           /* [GROUP_COUNT][down * across]: 1 or 0 */
    uint8_t *fullness;        /* the same: bits of the number of coefficients that are not zero, at most 7; between the
                               * rounds of a group, the number of those in the even blocks */
    uint16_t *chance;         /* the same: of being empty; encoding */
    uint32_t sum[TILE_CONTEXTS], count[TILE_CONTEXTS]; /* of what has been coded so far */
};

/* The blocks of a tile. */
struct tile {
    uint32_t row, column;
    unsigned rows, columns;
};

enum bswz_status tiles_open(struct tiles *tiles, const struct jpeg_component *component, const struct tiles *like,
                            struct bswz_error *error);
void tiles_close(struct tiles *tiles);

static inline size_t tiles_count(const struct tiles *tiles) {
    return (size_t)tiles->down * tiles->across;
}

static inline struct tile tile_at(const struct tiles *tiles, uint32_t down, uint32_t across) {
    struct tile tile = {.row = down * TILE_ROWS, .column = across * TILE_COLUMNS};
    tile.rows = tiles->rows - tile.row < TILE_ROWS ? tiles->rows - tile.row : TILE_ROWS;
    tile.columns = tiles->columns - tile.column < TILE_COLUMNS ? tiles->columns - tile.column : TILE_COLUMNS;
    return tile;
}

/* The blocks of a tile in one half of them, in the order in which they are coded: column by column. */
struct tile_half {
    unsigned count;
    struct {
        uint32_t row, column;
    } at[HALF_BLOCKS];
};

static inline struct tile_half tile_half_of(struct tile tile, unsigned half) {
    struct tile_half blocks;
    blocks.count = 0;
    for (unsigned column = 0; column < tile.columns; column++) {
        const unsigned row = (column + half) % 2; /* tiles begin at even blocks */
        if (row < tile.rows) {
            blocks.at[blocks.count].row = tile.row + row;
            blocks.at[blocks.count++].column = tile.column + column;
        }
    }
    return blocks;
}

static inline bool tile_is_empty(const struct tiles *tiles, unsigned group, size_t number) {
    return tiles->empty[group * tiles_count(tiles) + number] != 0;
}

/* Are this tile and those around it empty? */
bool tile_is_quiet(const struct tiles *tiles, unsigned group, uint32_t down, uint32_t across);

/* Encoding: find the empty groups of all tiles, and the chances. */
void tiles_find(struct tiles *tiles, const struct jpeg_component *component);

/* The bits of a group in a row of tiles. tiles_pops: pop what was pushed, and compare. */
void tiles_push(const struct tiles *tiles, unsigned group, uint32_t down, struct ans *ans);
bool tiles_pops(const struct tiles *tiles, unsigned group, uint32_t down, struct ans *ans);

/* Decoding, row after row and group after group. */
void tiles_pop(struct tiles *tiles, unsigned group, uint32_t down, struct ans *ans);
/* The same with decisions; returns what they cost, if that is counted. known: NULL to decode, or the tiles of the source, in which the empty ones are known. */
double tiles_decide(struct tiles *tiles, unsigned group, uint32_t down, struct adaptive *adaptive,
                    const struct tiles *known);
/* filled: how many coefficients of the tile are not zero in this round. */
void tiles_fill(struct tiles *tiles, unsigned round, size_t number, unsigned filled);

#endif
