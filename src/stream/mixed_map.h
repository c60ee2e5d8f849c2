/*
 * Which blocks of a band to draw, and which to leave to the model: by what each took when the whole was coded by the
 * one and by the other.
 */
#ifndef BSWZ_MIXED_MAP_H
#define BSWZ_MIXED_MAP_H

#include "origin/origin.h"

/* What is known of a band. */
struct mixed_costs {
    uint32_t columns, rows;      /* of blocks */
    const uint32_t *drawn_bits;  /* what each took, or is expected to take */
    const uint32_t *model_bits;
    uint64_t best_bits;          /* what the best coding of the whole takes */
    unsigned least_gain;         /* expected, in 1/1024 of these, to be worth trying */
};

/* What each block may take of the model that is given JFIF's planes; one of the costs may be NULL, which is not known
 * then. False: nothing looks like that. */
bool mixed_map_expect_jfif(const struct mixed_costs *costs, const struct origin_evidence *evidence,
                           uint32_t *model_bits);

/* Fill the map, 1 where a block is drawn. False: it is not worth trying. */
bool mixed_map_choose(const struct mixed_costs *costs, uint8_t *map);

#endif
