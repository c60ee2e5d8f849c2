/* SPDX-License-Identifier: MIT */
/*
 * The bounded, ordered queue between the workers and the sequencer (tiles.h).
 */
#include "base/allocate.h"
#include "pyramid/tiles.h"

#include <stdlib.h>

struct tile_queue {
    struct shared_work shared;
    const struct tile_work *work; /* constant */
    unsigned slots;               /* constant */
    /* under the pool's lock: */
    size_t claimed;   /* written by any thread that claims */
    size_t evaluated; /* written by any thread that has evaluated a tile */
    size_t sequenced; /* written by the sequencer */
    bool *done;       /* [slots]: set by the thread that evaluated, cleared by the sequencer */
    bool cancelled;   /* written by the sequencer */
};

unsigned tile_queue_slots(unsigned threads) {
    return threads == 1 ? 1 : 2 * threads;
}

/* Evaluate the next tile if it may be claimed. */
static bool claim_and_evaluate(struct shared_work *shared, struct worker_pool *pool, unsigned worker) {
    struct tile_queue *queue = (struct tile_queue *)shared; /* its first member */
    const struct tile_work *work = queue->work;
    size_t index = queue->claimed;
    if (queue->cancelled || index >= work->count || index >= queue->sequenced + queue->slots ||
        (work->ready_after != NULL && work->ready_after[index] > queue->sequenced)) {
        return false;
    }
    queue->claimed++;
    worker_pool_unlock(pool);
    unsigned slot = (unsigned)(index % queue->slots);
    work->evaluate(work->context, index, slot, worker);
    worker_pool_lock(pool);
    queue->done[slot] = true;
    queue->evaluated++;
    worker_pool_wake(pool);
    return true;
}

/* Called with the lock held, which is held again on return. */
static enum bswz_status run_sequencer(struct tile_queue *queue, struct worker_pool *pool, unsigned worker,
                                      struct bswz_error *error) {
    const struct tile_work *work = queue->work;
    enum bswz_status status = BSWZ_OK;
    for (size_t index = 0; index < work->count && status == BSWZ_OK; index++) {
        unsigned slot = (unsigned)(index % queue->slots);
        while (!queue->done[slot]) {
            if (!claim_and_evaluate(&queue->shared, pool, worker)) {
                worker_pool_wait(pool);
            }
        }
        worker_pool_unlock(pool);
        status = work->sequence(work->context, index, slot, error);
        worker_pool_lock(pool);
        queue->done[slot] = false;
        queue->sequenced++;
        queue->cancelled = status != BSWZ_OK;
        worker_pool_wake(pool);
    }
    return status;
}

enum bswz_status tile_queue_run(struct worker_pool *pool, const struct tile_work *work, struct bswz_error *error) {
    struct tile_queue queue = {
        .shared = {.step = claim_and_evaluate}, .work = work, .slots = tile_queue_slots(worker_pool_threads(pool))};
    queue.done = bswz_allocate_zero(queue.slots, sizeof *queue.done);
    if (queue.done == NULL) {
        return bswz_no_memory(error);
    }
    const unsigned worker = worker_pool_number(pool);
    worker_pool_lock(pool);
    worker_pool_offer(pool, &queue.shared);
    enum bswz_status status = run_sequencer(&queue, pool, worker, error);
    while (queue.evaluated < queue.claimed) { /* after a failure */
        worker_pool_wait(pool);
    }
    worker_pool_withdraw(pool, &queue.shared);
    worker_pool_unlock(pool);
    free(queue.done);
    return status;
}
