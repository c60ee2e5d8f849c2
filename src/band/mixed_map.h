/* SPDX-License-Identifier: MIT */
/*
 * Choosing which blocks of a band to draw, and which to leave to the model, by what each block took when the whole band
 * was coded in both ways.
 */
#ifndef BSWZ_MIXED_MAP_H
#define BSWZ_MIXED_MAP_H

#include "origin/origin.h"

/* What is known about a band. */
struct mixed_costs {
    uint32_t columns, rows;     /* of blocks */
    const uint32_t *drawn_bits; /* the bits of each block, measured or expected */
    const uint32_t *model_bits; /* the same */
    uint64_t best_bits;         /* the size of the best coding of the whole band */
    unsigned least_gain;        /* the expected gain that is worth trying, in 1/1024 of best_bits */
};

/* Fill the map, 1 where a block is drawn. False: it is not worth trying. */
bool mixed_map_choose(const struct mixed_costs *costs, uint8_t *map);

struct mixed_picture {
    const uint8_t *samples; /* interleaved, 8 bits */
    uint32_t width, rows;
    unsigned channels;
    bool may_have_origin; /* the samples may be the output of a decoder */
};

/* The same, and the origin of the blocks that are not drawn: JFIF if a part seems to have been a JPEG file. One of the
 * costs may be NULL (unknown). */
enum bswz_status mixed_map_find(const struct mixed_costs *costs, const struct mixed_picture *picture, uint8_t *map,
                                enum origin_kind *origin, bool *is_worth_it, struct bswz_error *error);

/* Could the model be better for some blocks of a drawn band, or for all of it? costs: without model_bits;
 * drawn_bits may be NULL if no mixed picture would be tried. The model need not be run to know that it is hopeless: what
 * it would take is estimated. Nothing is known of grey. */
enum bswz_status mixed_map_may_pay(const struct mixed_costs *costs, const struct mixed_picture *picture, bool *may,
                                   struct bswz_error *error);

#endif
