/*
 * The bounded, ordered queue between the workers and the sequencer (tiles.h).
 */
#include "pipeline/tiles.h"

#include <pthread.h>
#include <stdlib.h>

struct tile_queue {
    const struct tile_work *work; /* constant */
    unsigned slots;               /* constant */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock: */
    size_t claimed;   /* written by any thread that claims */
    size_t sequenced; /* written by the sequencer */
    bool *done;       /* [slots]: set by the thread that evaluated, cleared by the sequencer */
    bool cancelled;   /* written by the sequencer */
};

unsigned tile_queue_slots(unsigned threads) {
    return threads == 1 ? 1 : 2 * threads;
}

/* Evaluate the next tile if it may be claimed; the lock is held before and after. */
static bool claim_and_evaluate(struct tile_queue *queue, unsigned worker) {
    const struct tile_work *work = queue->work;
    size_t index = queue->claimed;
    if (index >= work->count || index >= queue->sequenced + queue->slots ||
        (work->ready_after != NULL && work->ready_after[index] > queue->sequenced)) {
        return false;
    }
    queue->claimed++;
    pthread_mutex_unlock(&queue->lock);
    unsigned slot = (unsigned)(index % queue->slots);
    work->evaluate(work->context, index, slot, worker);
    pthread_mutex_lock(&queue->lock);
    queue->done[slot] = true;
    pthread_cond_broadcast(&queue->changed);
    return true;
}

static void work_until_claimed(void *context, unsigned worker) {
    struct tile_queue *queue = context;
    pthread_mutex_lock(&queue->lock);
    while (!queue->cancelled && queue->claimed < queue->work->count) {
        if (!claim_and_evaluate(queue, worker)) {
            pthread_cond_wait(&queue->changed, &queue->lock);
        }
    }
    pthread_mutex_unlock(&queue->lock);
}

static enum bswz_status run_sequencer(struct tile_queue *queue, struct bswz_error *error) {
    const struct tile_work *work = queue->work;
    enum bswz_status status = BSWZ_OK;
    for (size_t index = 0; index < work->count && status == BSWZ_OK; index++) {
        unsigned slot = (unsigned)(index % queue->slots);
        pthread_mutex_lock(&queue->lock);
        while (!queue->done[slot]) {
            if (!claim_and_evaluate(queue, 0)) {
                pthread_cond_wait(&queue->changed, &queue->lock);
            }
        }
        pthread_mutex_unlock(&queue->lock);
        status = work->sequence(work->context, index, slot, error);
        pthread_mutex_lock(&queue->lock);
        queue->done[slot] = false;
        queue->sequenced++;
        queue->cancelled = status != BSWZ_OK;
        pthread_cond_broadcast(&queue->changed);
        pthread_mutex_unlock(&queue->lock);
    }
    return status;
}

enum bswz_status tile_queue_run(struct worker_pool *pool, const struct tile_work *work, struct bswz_error *error) {
    struct tile_queue queue = {.work = work, .slots = tile_queue_slots(worker_pool_threads(pool))};
    queue.done = bswz_allocate_zero(queue.slots, sizeof *queue.done);
    if (queue.done == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the tile queue");
    }
    pthread_mutex_init(&queue.lock, NULL);
    pthread_cond_init(&queue.changed, NULL);
    worker_pool_start(pool, work_until_claimed, &queue);
    enum bswz_status status = run_sequencer(&queue, error);
    worker_pool_join(pool);
    pthread_cond_destroy(&queue.changed);
    pthread_mutex_destroy(&queue.lock);
    free(queue.done);
    return status;
}
