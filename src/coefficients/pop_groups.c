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

/* The blocks of a batch, counted. */
static void pop_counted(struct band *band, const struct group_batch *batch, uint32_t row, uint32_t column,
                        int16_t (*coefficient)[GROUP_LARGEST]) {
    double bits[ANS_MAX_LANES];
    group_pop_counted(&band->ans, batch, coefficient, bits);
    for (unsigned b = 0; b < batch->blocks && !band->ans.failed; b++) {
        block_costs_add(&band->costs, row, column + b, bits[b]);
    }
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

/* A row of blocks of a tile, block by block; returns how many coefficients are not zero. */
static unsigned decide_blocks(const struct work *work, unsigned g, uint32_t row, struct tile tile) {
    struct band *band = work->band;
    const struct group_batch batch = batch_of(work, g, row, tile.column, tile.columns);
    unsigned filled = 0;
    for (unsigned b = 0; b < tile.columns && !band_has_failed(band); b++) {
        filled += adaptive_group(band->adaptive, &batch, b, g, row, tile.column + b);
        if (band->place != NULL) {
            block_costs_add(&band->costs, row, tile.column + b, band->adaptive->bits);
        }
    }
    return filled;
}

/* A row of blocks of a tile; returns how many coefficients are not zero. */
static unsigned pop_blocks(const struct work *work, unsigned g, uint32_t row, struct tile tile) {
    struct ans *ans = &work->band->ans;
    const struct coefficient_group *group = &coefficient_groups[g];
    unsigned filled = 0;
    for (unsigned at = 0; at < tile.columns && !ans->failed; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const unsigned left = tile.columns - at;
        const struct group_batch batch =
            batch_of(work, g, row, tile.column + at, left < ans->lanes ? left : ans->lanes);
        int16_t(*block)[JPEG_BLOCK] =
            work->coder.component->block + (size_t)row * work->tiles->columns + tile.column + at;
        if (work->band->place == NULL) {
            work->band->model->engine->group->pop(ans, &batch, coefficient);
        } else {
            pop_counted(work->band, &batch, row, tile.column + at, coefficient);
        }
        for (unsigned b = 0; b < batch.blocks && !ans->failed; b++) {
            for (unsigned i = 0; i < group->count; i++) {
                block[b][group->frequency[i]] = coefficient[b][i];
                filled += coefficient[b][i] != 0;
            }
        }
    }
    return filled;
}

static bool pop_in_order(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    const struct span span = span_of(work, piece->row);
    const unsigned g = piece->round;
    for (uint32_t down = span.first; down < span.end && !band_has_failed(work->band); down++) {
        for (uint32_t across = 0; across < work->tiles->across; across++) {
            const struct tile tile = tile_at(work->tiles, down, across);
            const size_t number = tile_number(work, down, across);
            unsigned filled = 0;
            for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
                filled += tile_is_empty(work->tiles, g, number) ? 0
                          : work->band->adaptive != NULL        ? decide_blocks(work, g, row, tile)
                                                                : pop_blocks(work, g, row, tile);
            }
            tiles_fill(work->tiles, g, number, filled);
        }
        if (g + 1 < GROUP_COUNT) {
            pop_tiles(work, g + 1, down);
        }
    }
    return !band_has_failed(work->band);
}

enum bswz_status groups_pop(struct work *work, struct bswz_error *error) {
    const struct row_work rows = {.rows = work_rows(work),
                                  .rounds = GROUP_COUNT,
                                  .slots = 1,
                                  .stage = {sum_row, evaluate_row, NULL, pop_in_order, NULL, fill_inputs},
                                  .context = work};
    bool is_complete;
    for (uint32_t down = 0; down < work->tiles->down; down++) {
        pop_tiles(work, 0, down);
    }
    return band_has_failed(work->band) ? BSWZ_OK : rows_run(work->band->pool, &rows, &is_complete, error);
}
