/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Ordered jobs (ordered.h): a ring of items, offered to the pool.
 */
#include "threads/ordered.h"

#include "base/allocate.h"

#include <stdlib.h>

struct lane {
    void *item; /* owned by the owner, except while the lane is at work */
    bool done;  /* under the pool's lock: set by the thread that did the work, cleared by the owner */
};

struct lanes {
    struct shared_work shared;
    struct worker_pool *pool; /* constant, like work, count and owner */
    struct lanes_work work;
    unsigned count;
    unsigned owner; /* its number in the pool */
    /* Numbers of items; item n is in lane n modulo count. Under the pool's lock: */
    size_t begun;  /* written by whoever begins an item */
    size_t pushed; /* written by the owner */
    size_t given;  /* used only by the owner */
    struct lane lane[];
};

/* Process the next item that has not been begun. */
static bool step(struct shared_work *shared, struct worker_pool *pool, unsigned worker) {
    struct lanes *lanes = (struct lanes *)shared; /* its first member */
    (void)worker;
    if (lanes->begun == lanes->pushed) {
        return false;
    }
    struct lane *lane = &lanes->lane[lanes->begun++ % lanes->count];
    worker_pool_unlock(pool);
    lanes->work.work(lanes->work.context, lane->item);
    worker_pool_lock(pool);
    lane->done = true;
    worker_pool_wake(pool);
    return true;
}

enum bswz_status lanes_create(struct worker_pool *pool, struct lanes_work work, unsigned count, struct lanes **lanes,
                              struct bswz_error *error) {
    struct lanes *made = bswz_allocate_zero(1, sizeof *made + count * sizeof made->lane[0]);
    *lanes = made;
    if (made == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    made->shared.step = step;
    made->pool = pool;
    made->work = work;
    made->count = count;
    made->owner = worker_pool_number(pool);
    worker_pool_lock(pool);
    worker_pool_offer(pool, &made->shared);
    worker_pool_unlock(pool);
    return BSWZ_OK;
}

/* The oldest item, if it is done: at once, or, with wait, after helping until it is. NULL: there is none, or it is
 * not done. */
static void *take_oldest(struct lanes *lanes, bool wait) {
    void *item = NULL;
    worker_pool_lock(lanes->pool);
    if (lanes->given < lanes->pushed) {
        struct lane *lane = &lanes->lane[lanes->given % lanes->count];
        while (wait && !lane->done) {
            if (!worker_pool_help(lanes->pool, lanes->owner)) {
                worker_pool_wait(lanes->pool);
            }
        }
        if (lane->done) {
            lane->done = false;
            item = lane->item;
            lanes->given++;
        }
    }
    worker_pool_unlock(lanes->pool);
    return item;
}

static void discard_all(struct lanes *lanes) {
    worker_pool_lock(lanes->pool);
    for (; lanes->begun < lanes->pushed; lanes->begun++) { /* the rest need not be begun */
        lanes->lane[lanes->begun % lanes->count].done = true;
    }
    worker_pool_unlock(lanes->pool);
    for (void *item = take_oldest(lanes, true); item != NULL; item = take_oldest(lanes, true)) {
        lanes->work.discard(item);
    }
}

/* Pass on what is done, and wait while there are more than `most` items. */
static enum bswz_status settle(struct lanes *lanes, size_t most, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK) {
        void *item = take_oldest(lanes, lanes->pushed - lanes->given > most);
        if (item == NULL) {
            return BSWZ_OK;
        }
        status = lanes->work.give(lanes->work.context, item, error);
    }
    discard_all(lanes);
    return status;
}

enum bswz_status lanes_push(struct lanes *lanes, void *item, struct bswz_error *error) {
    worker_pool_lock(lanes->pool);
    lanes->lane[lanes->pushed++ % lanes->count].item = item;
    worker_pool_wake(lanes->pool);
    worker_pool_unlock(lanes->pool);
    return settle(lanes, lanes->count - 1, error);
}

enum bswz_status lanes_finish(struct lanes *lanes, struct bswz_error *error) {
    return settle(lanes, 0, error);
}

void lanes_destroy(struct lanes *lanes) {
    if (lanes != NULL) {
        discard_all(lanes);
        worker_pool_lock(lanes->pool);
        worker_pool_withdraw(lanes->pool, &lanes->shared);
        worker_pool_unlock(lanes->pool);
        free(lanes);
    }
}
