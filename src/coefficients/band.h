/* SPDX-License-Identifier: MIT */
/*
 * A band of coefficients while it is coded, and the AC coefficients of a component in it: what push_groups.c and
 * pop_groups.c have in common. coefficients.c has the whole.
 */
#ifndef BSWZ_COEFFICIENT_BAND_H
#define BSWZ_COEFFICIENT_BAND_H

#include "coder/proof.h"
#include "coefficients/adaptive.h"
#include "coefficients/block_costs.h"
#include "coefficients/component.h"
#include "coefficients/rows.h"

enum { PIECE_BLOCKS = 512 /* at least, that a thread works on at a time */ };

/* What is needed for a row of work from when it is prepared to when it is proven. Used by one thread at a time. */
struct slot {
    struct prepared_groups *prepared; /* [tiles]: of those that are not empty */
    struct proof proof;
};

/* Owned by the thread that codes the band; others use the rows that they have taken, and their slots. */
struct band {
    const struct coefficient_model *model;
    const struct jpeg_planes *planes;
    struct worker_pool *pool;
    struct ans ans;                   /* without adaptive */
    struct adaptive *adaptive;        /* NULL, or the coefficients are coded with it, in the decoder's order, */
    const struct jpeg_planes *source; /* from these when encoding, */
    struct tiles *source_tiles;       /* whose empty groups are known */
    bool stops_when_dry;              /* decoding: the payload ends too early */
    int16_t (*other[2])[JPEG_BLOCK];  /* amplitudes of luma and Cb in chroma's blocks; NULL if there is only one
                                      * component */
    size_t other_blocks[2];
    struct component_memory memory;
    struct tiles tiles[JPEG_MAX_COMPONENTS];
    bool is_proven; /* what is pushed is popped again */
    struct proof proof;
    struct slot *slots; /* [slot_count]; encoding */
    unsigned slot_count;
    const struct cost_place *place; /* decoding: NULL, or where bits are counted, */
    struct block_costs costs;       /* for this component */
};

/* Is there no point in going on? */
static inline bool band_has_failed(const struct band *band) {
    return band->adaptive == NULL ? band->ans.failed
                                  : decisions_are_useless(&band->adaptive->decisions) ||
                                        (band->stops_when_dry && band->adaptive->decisions.is_dry);
}

/* A component while it is coded. */
struct work {
    struct band *band;
    struct component_coder coder;
    unsigned number;
    struct tiles *tiles;
    uint32_t each; /* rows of tiles in a row of work */
    struct group_step step[GROUP_COUNT][GROUP_LARGEST];
};

/* Push the AC coefficients of a component, which is open, and which of its tiles are empty. CORRUPT: what was pushed
 * does not come back. */
enum bswz_status groups_push(struct work *work, struct bswz_error *error);
/* Pop them into the blocks; or decide them, in either direction. The band has failed if not all are there. */
enum bswz_status groups_pop(struct work *work, struct bswz_error *error);

/* Some blocks of a tile's half, from number `first` of them on, one per lane. */
static inline struct group_batch batch_of(const struct work *work, unsigned round, struct tile tile, unsigned first,
                                          unsigned blocks) {
    const size_t stride = component_outputs_each(&work->coder, round);
    return (struct group_batch){.blocks = blocks,
                                .outputs = component_outputs_at(&work->coder, round, tile) + first * stride,
                                .stride = stride,
                                .step = work->step[group_of(round)],
                                .count = coefficient_groups[group_of(round)].count};
}

/* The coefficients of a block. */
static inline int16_t *block_at(const struct work *work, uint32_t row, uint32_t column) {
    return work->coder.component->block[(size_t)row * work->tiles->columns + column];
}

/* How many rows of tiles a row of work has. */
static inline uint32_t rows_each(const struct tiles *tiles) {
    const size_t blocks = (size_t)tiles->columns * TILE_ROWS;
    return blocks >= PIECE_BLOCKS ? 1 : (uint32_t)((PIECE_BLOCKS + blocks - 1) / blocks);
}

static inline size_t work_rows(const struct work *work) {
    return (work->tiles->down + work->each - 1) / work->each;
}

/* The rows of tiles from first to end - 1. */
struct span {
    uint32_t first, end;
};

static inline struct span span_of(const struct work *work, size_t row) {
    const uint32_t first = (uint32_t)row * work->each, left = work->tiles->down - first;
    return (struct span){first, first + (left < work->each ? left : work->each)};
}

static inline size_t tile_number(const struct work *work, uint32_t down, uint32_t across) {
    return (size_t)down * work->tiles->across + across;
}

#endif
