/*
 * Which blocks of a band to draw, and which to leave to the model: by what each took when the whole was coded by the
 * one and by the other.
 */
#ifndef BSWZ_MIXED_MAP_H
#define BSWZ_MIXED_MAP_H

#include "image/known.h"

/* What is known of a band. */
struct mixed_costs {
    uint32_t columns, rows;      /* of blocks */
    const uint32_t *drawn_bits;  /* NULL: not known */
    const uint32_t *model_bits;  /* the same */
    uint64_t best_bits;          /* what the best coding of the whole takes */
    unsigned least_gain;         /* expected, in 1/1024 of these, to be worth trying */
};

/* Fill the map, 1 where a block is drawn. False: it is not worth trying. */
bool mixed_map_choose(const struct mixed_costs *costs, uint8_t *map);

#endif
