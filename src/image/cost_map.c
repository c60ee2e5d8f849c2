/* SPDX-License-Identifier: MIT */
/*
 * Maps of bits (cost_map.h).
 */
#include "image/cost_map.h"

#include "base/allocate.h"

#include <math.h>
#include <stdlib.h>

static uint32_t tiles_across(uint32_t side) {
    return (uint32_t)(((uint64_t)side + COST_TILE - 1) >> COST_SHIFT);
}

bool cost_map_open(struct cost_map *map, uint32_t width, uint32_t height) {
    *map = (struct cost_map){
        .width = width, .height = height, .columns = tiles_across(width), .rows = tiles_across(height)};
    map->costs = bswz_allocate_zero((size_t)map->columns * map->rows, COST_KINDS * sizeof *map->costs);
    return map->costs != NULL;
}

void cost_map_close(struct cost_map *map) {
    free(map->costs);
    *map = (struct cost_map){.costs = NULL};
}

static void add_to_tile(struct cost_map *map, uint64_t column, uint64_t row, enum cost_kind kind, int64_t units) {
    atomic_fetch_add_explicit(&map->costs[(row * map->columns + column) * COST_KINDS + kind], units,
                              memory_order_relaxed);
}

/* From the first to the last of the pixels at ... at + size - 1 that exist; of none, the nearest one. */
static void clip(int64_t at, uint64_t size, uint32_t side, uint64_t *first, uint64_t *last) {
    const int64_t end = at + (int64_t)size - 1, most = (int64_t)side - 1;
    *first = (uint64_t)(at < 0 ? 0 : at > most ? most : at);
    *last = (uint64_t)(end < 0 ? 0 : end > most ? most : end);
}

/* How many of the pixels first ... last are in a tile. */
static uint64_t overlap(uint64_t first, uint64_t last, uint64_t tile) {
    const uint64_t start = tile << COST_SHIFT, end = start + COST_TILE - 1;
    return (last < end ? last : end) - (first > start ? first : start) + 1;
}

void cost_add(const struct cost_place *place, int64_t x, int64_t y, uint64_t width, uint64_t height,
              enum cost_kind kind, double bits) {
    struct cost_map *map = place->map;
    uint64_t left, right, top, bottom;
    x = place->flip_x ? (int64_t)place->width - x - (int64_t)width : x;
    y = place->flip_y ? (int64_t)place->height - y - (int64_t)height : y;
    clip(place->left + x, width, map->width, &left, &right);
    clip(place->top + y, height, map->height, &top, &bottom);
    int64_t units = llround(bits * COST_UNIT);
    units = units != 0 ? units : 1; /* even what costs nothing has been coded somehow */
    uint64_t pixels = (right - left + 1) * (bottom - top + 1);
    for (uint64_t row = top >> COST_SHIFT; row <= bottom >> COST_SHIFT; row++) {
        for (uint64_t column = left >> COST_SHIFT; column <= right >> COST_SHIFT; column++) {
            const uint64_t here = overlap(left, right, column) * overlap(top, bottom, row);
            const int64_t share =
                here == pixels ? units : llround((double)units * ((double)here / (double)pixels)); /* of what is left */
            add_to_tile(map, column, row, kind, share);
            units -= share;
            pixels -= here;
        }
    }
}

double cost_of_tile(const struct cost_map *map, uint32_t column, uint32_t row, enum cost_kind *kind) {
    const _Atomic int64_t *costs = map->costs + ((size_t)row * map->columns + column) * COST_KINDS;
    int64_t sum = 0, most = 0;
    *kind = COST_KINDS;
    for (unsigned i = 0; i < COST_KINDS; i++) {
        const int64_t cost = atomic_load_explicit(&costs[i], memory_order_relaxed);
        sum += cost;
        if (cost > most || (cost != 0 && *kind == COST_KINDS)) {
            most = cost;
            *kind = (enum cost_kind)i;
        }
    }
    return (double)sum / COST_UNIT;
}
