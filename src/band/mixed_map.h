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
    const uint32_t *model_bits;  /* the same */
    uint64_t best_bits;          /* what the best coding of the whole takes */
    unsigned least_gain;         /* expected, in 1/1024 of these, to be worth trying */
};

/* Fill the map, 1 where a block is drawn. False: it is not worth trying. */
bool mixed_map_choose(const struct mixed_costs *costs, uint8_t *map);

struct mixed_picture {
    const uint8_t *samples; /* interleaved, 8 bits */
    uint32_t width, rows;
    unsigned channels;
    bool may_have_origin;   /* as a decoder may have made them */
};

/* The same, and the origin of what is not drawn: of a part that was a JPEG, it is hoped to be JFIF. One of the costs
 * may be NULL: not known. */
enum bswz_status mixed_map_find(const struct mixed_costs *costs, const struct mixed_picture *picture, uint8_t *map,
                                enum origin_kind *origin, bool *is_worth_it, struct bswz_error *error);

#endif
