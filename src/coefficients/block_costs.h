/* SPDX-License-Identifier: MIT */
/*
 * Where in a picture the bits of a component's blocks are counted (image/cost_map.h).
 */
#ifndef BSWZ_BLOCK_COSTS_H
#define BSWZ_BLOCK_COSTS_H

#include "image/cost_map.h"
#include "jpeg/planes.h"

struct block_costs {
    const struct cost_place *place;  /* its first pixel is that of the first block */
    unsigned across, down;           /* the component's sampling factors, */
    unsigned most_across, most_down; /* and the largest of all components */
};

static inline struct block_costs block_costs_of(const struct jpeg_planes *planes, unsigned number,
                                                const struct cost_place *place) {
    struct block_costs costs = {place, planes->component[number].horizontal, planes->component[number].vertical, 1, 1};
    for (unsigned c = 0; c < planes->count; c++) {
        const struct jpeg_component *component = &planes->component[c];
        costs.most_across = component->horizontal > costs.most_across ? component->horizontal : costs.most_across;
        costs.most_down = component->vertical > costs.most_down ? component->vertical : costs.most_down;
    }
    return costs;
}

static inline void block_costs_add(const struct block_costs *costs, uint32_t row, uint32_t column, double bits) {
    const uint64_t width = 8 * costs->most_across / costs->across, height = 8 * costs->most_down / costs->down;
    cost_add(costs->place, (int64_t)(column * width), (int64_t)(row * height), width, height, COST_COEFFICIENTS, bits);
}

#endif
