/* SPDX-License-Identifier: MIT */
/*
 * Where in a picture its bits go: a decoder counts them on request (--map), for tiles of 32 x 32 pixels.
 *
 * A decoder that has a place tells it what pixels cost, and how they were coded. Otherwise it has none, and pays
 * nothing: the place is looked at once per tile of a plane, or once per row of pixels.
 *
 * Bits are counted in whole units, so that their sums do not depend on the order in which threads add them.
 */
#ifndef BSWZ_COST_MAP_H
#define BSWZ_COST_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { COST_SHIFT = 5, COST_TILE = 1 << COST_SHIFT };

/* How pixels are coded. Planes of a model are of an origin (origin.h): COST_PLANES + its number. */
enum cost_kind { COST_PLANES = 0, COST_COEFFICIENTS = 4, COST_DRAWN, COST_DEEP, COST_BYTES, COST_KINDS };

/* Of a picture. Any thread may add to it. */
struct cost_map {
    uint32_t width, height; /* pixels */
    uint32_t columns, rows; /* tiles */
    _Atomic int64_t *costs; /* [tile][COST_KINDS], in 1 / COST_UNIT of a bit */
};

#define COST_UNIT 1048576.0

/* A part of a picture, such as a band; map NULL: nothing is counted. */
struct cost_place {
    struct cost_map *map;
    int64_t left, top;      /* of the part's first pixel in the picture */
    bool flip_x, flip_y;    /* the part is mirrored, and is */
    uint32_t width, height; /* pixels large */
    unsigned origin;        /* of its planes */
};

/* False: no memory. */
bool cost_map_open(struct cost_map *map, uint32_t width, uint32_t height);
void cost_map_close(struct cost_map *map);

/* Add the bits of pixels of a part, a rectangle, to the tiles that they are in. What is outside the picture, like the
 * padding of JPEG blocks, counts for the pixels next to it. */
void cost_add(const struct cost_place *place, int64_t x, int64_t y, uint64_t width, uint64_t height,
              enum cost_kind kind, double bits);

/* The bits of a tile, and the kind that most of them are; COST_KINDS: there are none. */
double cost_of_tile(const struct cost_map *map, uint32_t column, uint32_t row, enum cost_kind *kind);

#endif
