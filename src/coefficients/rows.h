/* SPDX-License-Identifier: MIT */
/*
 * The order of work on a component: rows of tiles go through stages, once for every group.
 *
 *     sum         add what the group before says to the sums, and make hidden values of them
 *     evaluate    the nets' outputs
 *     prepare     what will be pushed            (encoding)
 *     sequence    push or pop: row after row, by the thread that owns the stack
 *     prove       pop what was pushed            (encoding, with a proof)
 *     fill        the inputs that the next sums will be made of
 *
 * The nets see the rows around a row, so its next sums must wait until those have been filled, and its outputs until those
 * have been summed. That is all: while the sequencer works on a group, the other threads follow it through the rows
 * and evaluate the next group. While nobody follows, and none is idle, the sequencer itself finishes what it can before
 * each row, which then is still in its cache.
 *
 * Why one buffer for each kind of data is enough. No stage of a row overwrites what another row still needs: a row is
 * filled when its neighbours' sums, which read its inputs, are complete, since its outputs had to wait for them; it is
 * summed when its neighbours' outputs, which read its hidden values, are complete, since they have been filled.
 */
#ifndef BSWZ_COEFFICIENT_ROWS_H
#define BSWZ_COEFFICIENT_ROWS_H

#include "threads/pool.h"

#include <stddef.h>

enum row_stage { ROW_SUM, ROW_EVALUATE, ROW_PREPARE, ROW_SEQUENCE, ROW_PROVE, ROW_FILL, ROW_STAGES };

/* A piece of work: a row in the round of a group. slot: of the row from prepare to prove; no two rows have the same
 * there. */
struct row_piece {
    size_t row;
    unsigned round, slot, worker;
};

struct row_work {
    size_t rows;
    unsigned rounds, slots;
    /* NULL, except for ROW_SEQUENCE: there is no such stage. The sequence is only called in the thread of rows_run,
     * all rows of a round in order, and round after round. false: nothing more is to be begun. */
    bool (*stage[ROW_STAGES])(void *context, const struct row_piece *piece);
    void *context;
};

/* What should be the number of slots. */
unsigned rows_slots(const struct worker_pool *pool);

/* Returns when all is done, or nothing is being done any more. pool NULL: everything runs in the caller's thread, as
 * worker 0. *is_complete: no stage returned false. Errors: MEMORY. */
enum bswz_status rows_run(struct worker_pool *pool, const struct row_work *work, bool *is_complete,
                          struct bswz_error *error);

#endif
