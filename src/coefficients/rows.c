/* SPDX-License-Identifier: MIT */
/*
 * Rows of tiles in the order that their data allow (rows.h).
 *
 * A place is a row in a round: round * rows + row. A row goes through its stages in order, so a count says how far it
 * is. Where work is looked for is bounded by the number of threads, not by the number of rows: of any three rows next
 * to each other that nobody works on, and which the sequencer has left, one can go on.
 */
#include "coefficients/rows.h"

#include "base/allocate.h"

#include <stdint.h>
#include <stdlib.h>

enum { MOST_SLOTS = 8 };

struct rows {
    struct shared_work shared;
    const struct row_work *work; /* constant, like pool */
    struct worker_pool *pool;
    /* under the pool's lock: */
    uint32_t *done;   /* [rows]: stages, including those that do not exist; written by the thread that has done one */
    bool *busy;       /* [rows]: a thread works on it */
    size_t evaluated; /* the first place that is not evaluated yet */
    size_t sequenced; /* how many places are; written by the sequencer */
    size_t proven;    /* the first place whose slot is not free again */
    unsigned at_work; /* threads */
    bool is_cancelled;
};

unsigned rows_slots(const struct worker_pool *pool) {
    const unsigned threads = pool == NULL ? 1 : worker_pool_threads(pool);
    return threads == 1 ? 1 : threads < MOST_SLOTS / 2 ? 2 * threads : MOST_SLOTS;
}

static unsigned threads_of(const struct rows *rows) {
    return rows->pool == NULL ? 1 : worker_pool_threads(rows->pool);
}

static void lock(const struct rows *rows) {
    if (rows->pool != NULL) {
        worker_pool_lock(rows->pool);
    }
}

static void unlock(const struct rows *rows) {
    if (rows->pool != NULL) {
        worker_pool_unlock(rows->pool);
    }
}

static void wake(const struct rows *rows) {
    if (rows->pool != NULL) {
        worker_pool_wake(rows->pool);
    }
}

static size_t places_of(const struct rows *rows) {
    return rows->work->rows * rows->work->rounds;
}

/* How many stages of a row are done when it has come to a stage of a round. */
static uint32_t at_stage(unsigned round, unsigned stage) {
    return round * ROW_STAGES + stage;
}

static bool neighbours_have(const struct rows *rows, size_t row, uint32_t done) {
    return (row == 0 || rows->done[row - 1] >= done) && (row + 1 == rows->work->rows || rows->done[row + 1] >= done);
}

/* Pass over stages that do not exist. */
static void settle(struct rows *rows, size_t row) {
    while (rows->work->stage[rows->done[row] % ROW_STAGES] == NULL) {
        rows->done[row]++;
    }
    const size_t places = places_of(rows), all = rows->work->rows;
    while (rows->evaluated < places &&
           rows->done[rows->evaluated % all] > at_stage((unsigned)(rows->evaluated / all), ROW_EVALUATE)) {
        rows->evaluated++;
    }
    while (rows->proven < rows->sequenced &&
           rows->done[rows->proven % all] > at_stage((unsigned)(rows->proven / all), ROW_PROVE)) {
        rows->proven++;
    }
}

/* Can the next stage of a row be done, on the way to being sequenced in this round? */
static bool is_ready(const struct rows *rows, size_t row, unsigned round) {
    const uint32_t done = rows->done[row];
    if (rows->busy[row]) {
        return false;
    }
    switch (done % ROW_STAGES) {
    case ROW_FILL: return done + 1 == at_stage(round, ROW_SUM);
    case ROW_SUM:
        return done == at_stage(round, ROW_SUM) && (round == 0 || neighbours_have(rows, row, at_stage(round, ROW_SUM)));
    case ROW_EVALUATE:
        return done == at_stage(round, ROW_EVALUATE) && neighbours_have(rows, row, at_stage(round, ROW_EVALUATE));
    case ROW_PREPARE:
        return done == at_stage(round, ROW_PREPARE) &&
               round * rows->work->rows + row < rows->proven + rows->work->slots;
    default: return done == at_stage(round, ROW_PROVE);
    }
}

/* The first place among `count` from one on that something can be done for; SIZE_MAX: none. */
static size_t find_ready(const struct rows *rows, size_t from, size_t count) {
    const size_t all = rows->work->rows, places = places_of(rows);
    for (size_t place = from; place < from + count && place < places; place++) {
        if (is_ready(rows, place % all, (unsigned)(place / all))) {
            return place;
        }
    }
    return SIZE_MAX;
}

/* What the sequencer needs next comes first, then what frees a slot. */
static size_t find_work(const struct rows *rows) {
    const size_t window = 3 * (size_t)threads_of(rows) + 4, all = rows->work->rows, slots = rows->work->slots;
    size_t place = SIZE_MAX;
    if (rows->work->stage[ROW_PREPARE] != NULL) {
        place = find_ready(rows, rows->proven, slots < all ? slots : all);
    }
    return place == SIZE_MAX ? find_ready(rows, rows->evaluated, window < all ? window : all) : place;
}

static bool do_stage(struct rows *rows, size_t place, unsigned worker) {
    const size_t row = place % rows->work->rows;
    const unsigned stage = rows->done[row] % ROW_STAGES;
    const struct row_piece piece = {row, rows->done[row] / ROW_STAGES, (unsigned)(place % rows->work->slots), worker};
    rows->busy[row] = true;
    rows->at_work++;
    unlock(rows);
    const bool goes_on = rows->work->stage[stage](rows->work->context, &piece);
    lock(rows);
    rows->busy[row] = false;
    rows->at_work--;
    rows->is_cancelled |= !goes_on;
    rows->done[row]++;
    rows->sequenced += stage == ROW_SEQUENCE;
    settle(rows, row);
    wake(rows);
    return goes_on;
}

static bool step(struct shared_work *shared, struct worker_pool *pool, unsigned worker) {
    (void)pool;
    struct rows *rows = (struct rows *)shared; /* its first member */
    const size_t place = rows->is_cancelled ? SIZE_MAX : find_work(rows);
    if (place == SIZE_MAX) {
        return false;
    }
    do_stage(rows, place, worker);
    return true;
}

/* A worker that has been woken takes a while to come, and would find nothing if the sequencer did everything. */
static bool has_idle(const struct rows *rows) {
    return rows->pool != NULL && worker_pool_is_idle(rows->pool);
}

/* With the lock held. */
static void run(struct rows *rows, unsigned worker) {
    while (rows->sequenced < places_of(rows) && !rows->is_cancelled) {
        const size_t row = rows->sequenced % rows->work->rows;
        const unsigned round = (unsigned)(rows->sequenced / rows->work->rows);
        if (rows->at_work == 0 && !has_idle(rows) && step(&rows->shared, rows->pool, worker)) {
            continue; /* while nobody follows, it is best to finish a row that is still in the cache */
        }
        if (!rows->busy[row] && rows->done[row] == at_stage(round, ROW_SEQUENCE)) {
            do_stage(rows, rows->sequenced, worker);
        } else if (!step(&rows->shared, rows->pool, worker)) {
            worker_pool_wait(rows->pool);
        }
    }
    /* proofs are left */
    while (rows->proven < rows->sequenced && !rows->is_cancelled) {
        if (!step(&rows->shared, rows->pool, worker)) {
            worker_pool_wait(rows->pool);
        }
    }
    while (rows->at_work > 0) {
        worker_pool_wait(rows->pool);
    }
}

enum bswz_status rows_run(struct worker_pool *pool, const struct row_work *work, bool *is_complete,
                          struct bswz_error *error) {
    struct rows rows = {.shared = {.step = step}, .work = work, .pool = pool};
    rows.done = bswz_allocate_zero(work->rows, sizeof *rows.done);
    rows.busy = bswz_allocate_zero(work->rows, sizeof *rows.busy);
    if (rows.done == NULL || rows.busy == NULL) {
        free(rows.done);
        free(rows.busy);
        return bswz_no_memory(error);
    }
    for (size_t row = 0; row < work->rows; row++) {
        settle(&rows, row);
    }
    const unsigned worker = pool == NULL ? 0 : worker_pool_number(pool);
    const bool is_shared = threads_of(&rows) > 1;
    lock(&rows);
    if (is_shared) {
        worker_pool_offer(pool, &rows.shared);
    }
    run(&rows, worker);
    if (is_shared) {
        worker_pool_withdraw(pool, &rows.shared);
    }
    unlock(&rows);
    *is_complete = !rows.is_cancelled;
    free(rows.done);
    free(rows.busy);
    return BSWZ_OK;
}
