/* SPDX-License-Identifier: MIT */
/*
 * Popping the AC coefficients of a component (band.h), in the order of rows.h.
 */
#include "coefficients/band.h"

static bool sum_row(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_of(work, piece->row);
    for (uint32_t down = span.first; down < span.end; down++) {
        if (piece->round == 0) {
            component_begin(&work->coder, down, piece->worker);
        } else {
            component_add(&work->coder, piece->round - 1, down);
        }
        component_hide(&work->coder, piece->round, down);
    }
    return true;
}

static bool evaluate_row(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_of(work, piece->row);
    for (uint32_t down = span.first; down < span.end; down++) {
        component_evaluate(&work->coder, piece->round, down, piece->worker);
    }
    return true;
}

static bool fill_inputs(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_of(work, piece->row);
    for (uint32_t down = span.first; down < span.end; down++) {
        component_fill(&work->coder, piece->round, true, down);
    }
    return true;
}

/* Which tiles of a row are empty: no tile in particular pays for that. */
static void pop_tiles(const struct work *work, unsigned g, uint32_t down) {
    struct band *band = work->band;
    const struct cost_place *place = band->place;
    double bits = place != NULL ? ans_bits(&band->ans) : 0.0;
    if (band->adaptive != NULL) {
        bits = tiles_decide(work->tiles, g, down, band->adaptive,
                            band->source_tiles != NULL ? &band->source_tiles[work->number] : NULL);
    } else {
        tiles_pop(work->tiles, g, down, &band->ans);
        bits = place != NULL ? bits - ans_bits(&band->ans) : 0.0;
    }
    if (place != NULL && !band_has_failed(band)) {
        cost_add(place, 0, 0, place->width, place->height, COST_COEFFICIENTS, bits);
    }
}

/* The blocks of a tile's half, block by block; returns how many coefficients are not zero. */
static unsigned decide_blocks(const struct work *work, unsigned round, struct tile tile,
                              const struct tile_half *blocks) {
    struct band *band = work->band;
    const struct group_batch batch = batch_of(work, round, tile, 0, blocks->count);
    unsigned filled = 0;
    for (unsigned b = 0; b < blocks->count && !band_has_failed(band); b++) {
        filled += adaptive_group(band->adaptive, &batch, b, round, blocks->at[b].row, blocks->at[b].column);
        if (band->place != NULL) {
            block_costs_add(&band->costs, blocks->at[b].row, blocks->at[b].column, band->adaptive->bits);
        }
    }
    return filled;
}

/* The blocks of a batch, counted. */
static void pop_counted(struct band *band, const struct group_batch *batch, const struct tile_half *blocks,
                        unsigned first, int16_t (*coefficient)[GROUP_LARGEST]) {
    double bits[ANS_MAX_LANES];
    group_pop_counted(&band->ans, batch, coefficient, bits);
    for (unsigned b = 0; b < batch->blocks && !band->ans.failed; b++) {
        block_costs_add(&band->costs, blocks->at[first + b].row, blocks->at[first + b].column, bits[b]);
    }
}

/* The blocks of a tile's half; returns how many coefficients are not zero. */
static unsigned pop_blocks(const struct work *work, unsigned round, struct tile tile, const struct tile_half *blocks) {
    struct ans *ans = &work->band->ans;
    const struct coefficient_group *group = &coefficient_groups[group_of(round)];
    unsigned filled = 0;
    for (unsigned at = 0; at < blocks->count && !ans->failed; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const unsigned left = blocks->count - at;
        const struct group_batch batch = batch_of(work, round, tile, at, left < ans->lanes ? left : ans->lanes);
        if (work->band->place == NULL) {
            work->band->model->engine->group->pop(ans, &batch, coefficient);
        } else {
            pop_counted(work->band, &batch, blocks, at, coefficient);
        }
        for (unsigned b = 0; b < batch.blocks && !ans->failed; b++) {
            int16_t *block = block_at(work, blocks->at[at + b].row, blocks->at[at + b].column);
            for (unsigned i = 0; i < group->count; i++) {
                block[group->frequency[i]] = coefficient[b][i];
                filled += coefficient[b][i] != 0;
            }
        }
    }
    return filled;
}

static void pop_tile(const struct work *work, unsigned round, size_t number, struct tile tile) {
    unsigned filled = 0;
    if (!tile_is_empty(work->tiles, group_of(round), number)) {
        const struct tile_half blocks = tile_half_of(tile, half_of(round));
        filled = work->band->adaptive != NULL ? decide_blocks(work, round, tile, &blocks)
                                              : pop_blocks(work, round, tile, &blocks);
    }
    tiles_fill(work->tiles, round, number, filled);
}

static bool pop_in_order(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    const struct span span = span_of(work, piece->row);
    for (uint32_t down = span.first; down < span.end && !band_has_failed(work->band); down++) {
        for (uint32_t across = 0; across < work->tiles->across; across++) {
            pop_tile(work, piece->round, tile_number(work, down, across), tile_at(work->tiles, down, across));
        }
        if (half_of(piece->round) == 1 && piece->round + 1 < ROUND_COUNT) {
            pop_tiles(work, group_of(piece->round) + 1, down);
        }
    }
    return !band_has_failed(work->band);
}

enum bswz_status groups_pop(struct work *work, struct bswz_error *error) {
    const struct row_work rows = {.rows = work_rows(work),
                                  .rounds = ROUND_COUNT,
                                  .slots = 1,
                                  .stage = {sum_row, evaluate_row, NULL, pop_in_order, NULL, fill_inputs},
                                  .context = work};
    bool is_complete;
    for (uint32_t down = 0; down < work->tiles->down; down++) {
        pop_tiles(work, 0, down);
    }
    return band_has_failed(work->band) ? BSWZ_OK : rows_run(work->band->pool, &rows, &is_complete, error);
}
