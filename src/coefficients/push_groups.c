/* SPDX-License-Identifier: MIT */
/*
 * Pushing the AC coefficients of a component (band.h).
 *
 * The encoder goes backwards: its sums start with all rounds, and lose them one by one. Rounds and rows (rows.h) are
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

static unsigned round_before(const struct row_piece *piece) {
    return ROUND_COUNT - 1 - piece->round;
}

static struct span span_before(const struct work *work, const struct row_piece *piece) {
    return span_of(work, work_rows(work) - 1 - piece->row);
}

static bool sum_before(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_before(work, piece);
    const unsigned round = round_before(piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        if (piece->round > 0) {
            component_add(&work->coder, round, down);
        }
        component_hide(&work->coder, round, down);
    }
    return true;
}

static bool evaluate_before(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_before(work, piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        component_evaluate(&work->coder, round_before(piece), down, piece->worker);
    }
    return true;
}

/* Those that the next round will lose. */
static bool fill_before(void *context, const struct row_piece *piece) {
    struct work *work = context;
    const struct span span = span_before(work, piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        component_fill(&work->coder, round_before(piece) - 1, false, down);
    }
    return true;
}

/* Where the prepared groups of a tile are. */
static struct prepared_groups *prepared_at(const struct work *work, const struct slot *slot, struct span span,
                                           size_t tile) {
    return &slot->prepared[tile - (size_t)span.first * work->tiles->across];
}

static void prepare_tile(const struct work *work, unsigned round, struct tile tile, struct prepared_groups *prepared) {
    const struct tile_half blocks = tile_half_of(tile, half_of(round));
    const struct group_batch batch = batch_of(work, round, tile, 0, blocks.count);
    int16_t coefficient[GROUP_ROW][GROUP_LARGEST];
    for (unsigned b = 0; b < blocks.count; b++) {
        gather(&coefficient_groups[group_of(round)], block_at(work, blocks.at[b].row, blocks.at[b].column),
               coefficient[b]);
    }
    if (blocks.count > 0) { /* a tile may be a single block */
        work->band->model->engine->group->prepare(&batch, (const int16_t(*)[GROUP_LARGEST])coefficient, prepared);
    }
}

static bool prepare_row(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    const struct span span = span_before(work, piece);
    const unsigned round = round_before(piece);
    for (uint32_t down = span.first; down < span.end; down++) {
        for (uint32_t across = 0; across < work->tiles->across; across++) {
            const size_t number = tile_number(work, down, across);
            if (!tile_is_empty(work->tiles, group_of(round), number)) {
                prepare_tile(work, round, tile_at(work->tiles, down, across),
                             prepared_at(work, &work->band->slots[piece->slot], span, number));
            }
        }
    }
    return true;
}

/* Push the blocks of a tile's half, last ones first. */
static void push_blocks(struct ans *ans, const struct work *work, unsigned round, unsigned count,
                        const struct prepared_groups *prepared) {
    for (unsigned batch = (count + ans->lanes - 1) / ans->lanes; batch-- > 0;) {
        const unsigned at = batch * ans->lanes, left = count - at;
        work->band->model->engine->group->push(ans, at, left < ans->lanes ? left : ans->lanes,
                                               coefficient_groups[group_of(round)].count, prepared);
    }
}

/* Is the row of work followed by the bits of the next group? */
static bool has_next_tiles(unsigned round) {
    return half_of(round) == 1 && round + 1 < ROUND_COUNT;
}

static void push_row(struct ans *ans, const struct work *work, unsigned round, struct span span,
                     const struct slot *slot) {
    for (uint32_t down = span.end; down-- > span.first;) {
        if (has_next_tiles(round)) {
            tiles_push(work->tiles, group_of(round) + 1, down, ans);
        }
        for (uint32_t across = work->tiles->across; across-- > 0;) {
            const size_t number = tile_number(work, down, across);
            if (!tile_is_empty(work->tiles, group_of(round), number)) {
                const struct tile_half blocks = tile_half_of(tile_at(work->tiles, down, across), half_of(round));
                push_blocks(ans, work, round, blocks.count, prepared_at(work, slot, span, number));
            }
        }
    }
}

/* The most symbols in a row of work that are popped before as many words are available again. */
static size_t most_symbols(const struct work *work) {
    return (size_t)work->each * work->tiles->across * (HALF_BLOCKS + 1);
}

static bool push_in_order(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    struct slot *slot = &work->band->slots[piece->slot];
    struct ans *ans = &work->band->ans;
    if (work->band->is_proven && !proof_begin(&slot->proof, ans, most_symbols(work))) {
        ans->failed = true;
        return false;
    }
    push_row(ans, work, round_before(piece), span_before(work, piece), slot);
    if (work->band->is_proven && proof_popping(&slot->proof, ans) == NULL) {
        ans->failed = true;
    }
    return !ans->failed;
}

/* Pop the blocks of a tile that were pushed, and compare. */
static bool blocks_pop(struct ans *ans, const struct work *work, unsigned round, struct tile tile) {
    const struct tile_half blocks = tile_half_of(tile, half_of(round));
    for (unsigned at = 0; at < blocks.count; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST], known[GROUP_LARGEST];
        const unsigned left = blocks.count - at;
        const struct group_batch batch = batch_of(work, round, tile, at, left < ans->lanes ? left : ans->lanes);
        work->band->model->engine->group->pop(ans, &batch, coefficient);
        for (unsigned b = 0; b < batch.blocks; b++) {
            gather(&coefficient_groups[group_of(round)],
                   block_at(work, blocks.at[at + b].row, blocks.at[at + b].column), known);
            if (memcmp(known, coefficient[b], batch.count * sizeof known[0]) != 0) {
                return false;
            }
        }
    }
    return true;
}

static bool row_pops(struct ans *ans, const struct work *work, unsigned round, struct span span) {
    for (uint32_t down = span.first; down < span.end; down++) {
        for (uint32_t across = 0; across < work->tiles->across; across++) {
            const size_t number = tile_number(work, down, across);
            if (!tile_is_empty(work->tiles, group_of(round), number) &&
                !blocks_pop(ans, work, round, tile_at(work->tiles, down, across))) {
                return false;
            }
        }
        if (has_next_tiles(round) && !tiles_pops(work->tiles, group_of(round) + 1, down, ans)) {
            return false;
        }
    }
    return true;
}

static bool prove_row(void *context, const struct row_piece *piece) {
    const struct work *work = context;
    struct proof *proof = &work->band->slots[piece->slot].proof;
    return row_pops(&proof->copy, work, round_before(piece), span_before(work, piece)) &&
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

/* The sums of all rounds but the last. */
static void begin_row(void *context, size_t down, unsigned worker) {
    component_begin(&((struct work *)context)->coder, (uint32_t)down, worker);
}

struct summing {
    struct work *work;
    unsigned round;
};

static void fill_row(void *context, size_t down, unsigned worker) {
    (void)worker;
    const struct summing *summing = context;
    component_fill(&summing->work->coder, summing->round, true, (uint32_t)down);
}

static void add_row(void *context, size_t down, unsigned worker) {
    (void)worker;
    const struct summing *summing = context;
    component_add(&summing->work->coder, summing->round, (uint32_t)down);
}

static void sum_all(struct work *work) {
    loop_run(work->band->pool, work->tiles->down, begin_row, work);
    for (unsigned round = 0; round < ROUND_COUNT - 1; round++) {
        struct summing summing = {work, round};
        loop_run(work->band->pool, work->tiles->down, fill_row, &summing);
        loop_run(work->band->pool, work->tiles->down, add_row, &summing);
    }
}

enum bswz_status groups_push(struct work *work, struct bswz_error *error) {
    struct band *band = work->band;
    const struct row_work rows = {.rows = work_rows(work),
                                  .rounds = ROUND_COUNT,
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
