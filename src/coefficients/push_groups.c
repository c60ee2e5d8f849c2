/* SPDX-License-Identifier: MIT */
/*
 * Pushing the AC coefficients of a component (band.h).
 *
 * The encoder goes backwards: its sums start with all groups, and lose them one by one. Rounds and rows (rows.h) are
 * those of the decoder from the last to the first.
 */
#include "coefficients/band.h"

#include "threads/loop.h"

#include <string.h>

static enum bswz_status not_restored(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check");
}

/* The coefficients of a group in one block. */
static void gather(const struct coefficient_group *group, const int16_t *block, int16_t *coefficient) {
    for (unsigned i = 0; i < group->count; i++) {
        coefficient[i] = block[group->frequency[i]];
    }
}

static unsigned group_before(const struct row_piece *piece) {
    return GROUP_COUNT - 1 - piece->round;
}

static struct span span_before(const struct work *work, const struct row_piece *piece) {
    return span_of(work, work_rows(work) - 1 - piece->row);
}

static bool sum_before(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_before(work, piece);
    const unsigned g = group_before(piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        if (piece->round > 0) {
            component_add(&work->coder, g, down);
        }
        component_hide(&work->coder, g, down);
    }
    return true;
}

static bool evaluate_before(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_before(work, piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        component_evaluate(&work->coder, group_before(piece), down, piece->worker);
    }
    return true;
}

/* Those that the next group will lose. */
static bool fill_before(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_before(work, piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        component_fill(&work->coder, group_before(piece) - 1, false, down);
    }
    return true;
}

/* Where the prepared groups of a row of a tile are. */
static struct prepared_groups *prepared_at(const struct work *work, const struct slot *slot, struct span span,
                                           uint32_t row, uint32_t across) {
    return &slot->prepared[(size_t)(row - span.first * TILE_ROWS) * work->tiles->across + across];
}

static bool prepare_row(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    const struct span span = span_before(work, piece);
    const unsigned g = group_before(piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        for (uint32_t across = 0; across < work->tiles->across; across++) {
            const struct tile tile = tile_at(work->tiles, down, across);
            for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
                if (tile_is_empty(work->tiles, g, tile_number(work, down, across))) {
                    continue;
                }
                int16_t coefficient[GROUP_ROW][GROUP_LARGEST];
                const struct group_batch batch = batch_of(work, g, row, tile.column, tile.columns);
                for (unsigned b = 0; b < batch.blocks; b++) {
                    gather(&coefficient_groups[g],
                           work->coder.component->block[(size_t)row * work->tiles->columns + tile.column + b],
                           coefficient[b]);
                }
                work->band->model->engine->group->prepare(
                    &batch, (const int16_t(*)[GROUP_LARGEST])coefficient,
                    prepared_at(work, &work->band->slots[piece->slot], span, row, across));
            }
        }
    }
    return true;
}

/* Push the blocks of a row of a tile, last ones first. */
static void push_blocks(struct ans *ans, const struct work *work, unsigned g, unsigned count,
                        const struct prepared_groups *prepared) {
    for (unsigned batch = (count + ans->lanes - 1) / ans->lanes; batch-- > 0;) {
        const unsigned at = batch * ans->lanes, left = count - at;
        work->band->model->engine->group->push(ans, at, left < ans->lanes ? left : ans->lanes,
                                               coefficient_groups[g].count, prepared);
    }
}

static void push_row(struct ans *ans, const struct work *work, unsigned g, struct span span, const struct slot *slot) {
    for (uint32_t down = span.end; down-- > span.first;) {
        if (g + 1 < GROUP_COUNT) {
            tiles_push(work->tiles, g + 1, down, ans);
        }
        for (uint32_t across = work->tiles->across; across-- > 0;) {
            const struct tile tile = tile_at(work->tiles, down, across);
            for (uint32_t row = tile.row + tile.rows; row-- > tile.row;) {
                if (!tile_is_empty(work->tiles, g, tile_number(work, down, across))) {
                    push_blocks(ans, work, g, tile.columns, prepared_at(work, slot, span, row, across));
                }
            }
        }
    }
}

/* The most symbols in a row of work that are popped before as many words are available again. */
static size_t most_symbols(const struct work *work) {
    return (size_t)work->each * TILE_ROWS * work->tiles->columns + (size_t)work->each * work->tiles->across;
}

static bool push_in_order(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    struct slot *slot = &work->band->slots[piece->slot];
    struct ans *ans = &work->band->ans;
    if (work->band->is_proven && !proof_begin(&slot->proof, ans, most_symbols(work))) {
        ans->failed = true;
        return false;
    }
    push_row(ans, work, group_before(piece), span_before(work, piece), slot);
    if (work->band->is_proven && proof_popping(&slot->proof, ans) == NULL) {
        ans->failed = true;
    }
    return !ans->failed;
}

/* Pop the blocks that were pushed, and compare. */
static bool blocks_pop(struct ans *ans, const struct work *work, unsigned g, uint32_t row, struct tile tile) {
    for (unsigned at = 0; at < tile.columns; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST], known[GROUP_LARGEST];
        const unsigned left = tile.columns - at;
        const struct group_batch batch =
            batch_of(work, g, row, tile.column + at, left < ans->lanes ? left : ans->lanes);
        work->band->model->engine->group->pop(ans, &batch, coefficient);
        for (unsigned b = 0; b < batch.blocks; b++) {
            gather(&coefficient_groups[g],
                   work->coder.component->block[(size_t)row * work->tiles->columns + tile.column + at + b], known);
            if (memcmp(known, coefficient[b], batch.count * sizeof known[0]) != 0) {
                return false;
            }
        }
    }
    return true;
}

static bool row_pops(struct ans *ans, const struct work *work, unsigned g, struct span span) {
    for (uint32_t down = span.first; down < span.end; down++) {
        for (uint32_t across = 0; across < work->tiles->across; across++) {
            const struct tile tile = tile_at(work->tiles, down, across);
            for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
                if (!tile_is_empty(work->tiles, g, tile_number(work, down, across)) &&
                    !blocks_pop(ans, work, g, row, tile)) {
                    return false;
                }
            }
        }
        if (g + 1 < GROUP_COUNT && !tiles_pops(work->tiles, g + 1, down, ans)) {
            return false;
        }
    }
    return true;
}

static bool prove_row(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    struct proof *proof = &work->band->slots[piece->slot].proof;
    return row_pops(&proof->copy, work, group_before(piece), span_before(work, piece)) &&
           proof_end(proof, &proof->copy);
}

/* Which tiles the first group is empty in, before its coefficients. */
static enum bswz_status push_first_tiles(struct band *band, const struct tiles *tiles, struct bswz_error *error) {
    struct ans *copy = &band->proof.copy;
    if (band->is_proven && !proof_begin(&band->proof, &band->ans, tiles_count(tiles))) {
        return bswz_no_memory(error);
    }
    for (uint32_t down = tiles->down; down-- > 0;) {
        tiles_push(tiles, 0, down, &band->ans);
    }
    if (band->is_proven) {
        bool same = proof_popping(&band->proof, &band->ans) != NULL;
        for (uint32_t down = 0; down < tiles->down && same; down++) {
            same = tiles_pops(tiles, 0, down, copy);
        }
        if (!same || !proof_end(&band->proof, copy)) {
            return not_restored(error);
        }
    }
    return BSWZ_OK;
}

/* The sums of all groups: row by row, with one group after the other. */
static void begin_row(void *context, size_t down, unsigned worker) {
    component_begin(&((struct work *)context)->coder, (uint32_t)down, worker);
}

struct summing {
    struct work *work;
    unsigned group;
};

static void fill_row(void *context, size_t down, unsigned worker) {
    (void)worker;
    const struct summing *summing = context;
    component_fill(&summing->work->coder, summing->group, true, (uint32_t)down);
}

static void add_row(void *context, size_t down, unsigned worker) {
    (void)worker;
    const struct summing *summing = context;
    component_add(&summing->work->coder, summing->group, (uint32_t)down);
}

static void sum_all(struct work *work) {
    loop_run(work->band->pool, work->tiles->down, begin_row, work);
    for (unsigned g = 0; g < GROUP_COUNT - 1; g++) {
        struct summing summing = {work, g};
        loop_run(work->band->pool, work->tiles->down, fill_row, &summing);
        loop_run(work->band->pool, work->tiles->down, add_row, &summing);
    }
}

enum bswz_status groups_push(struct work *work, struct bswz_error *error) {
    struct band *band = work->band;
    const struct row_work rows = {.rows = work_rows(work),
                                  .rounds = GROUP_COUNT,
                                  .slots = band->slot_count,
                                  .stage = {sum_before, evaluate_before, prepare_row, push_in_order,
                                            band->is_proven ? prove_row : NULL, fill_before},
                                  .context = work};
    bool is_complete;
    sum_all(work);
    const enum bswz_status status = rows_run(band->pool, &rows, &is_complete, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (!is_complete) {
        return band->ans.failed ? bswz_no_memory(error) : not_restored(error);
    }
    return push_first_tiles(band, work->tiles, error);
}
