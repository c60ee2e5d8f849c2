/* SPDX-License-Identifier: MIT */
/*
 * Ordered jobs (ordered.h): a ring of items, offered to the pool.
 */
#include "threads/ordered.h"

#include "base/allocate.h"

#include <stdlib.h>

struct slot {
    void *item; /* owned by the owner, except while the slot is at work */
    bool done;  /* under the pool's lock: set by the thread that did the work, cleared by the owner */
};

struct ordered {
    struct shared_work shared;
    struct worker_pool *pool; /* constant, like work, count and owner */
    struct ordered_work work;
    unsigned count;
    unsigned owner; /* its number in the pool */
    /* Numbers of items; item n is in slot n modulo count. Under the pool's lock: */
    size_t begun;  /* written by whoever begins an item */
    size_t pushed; /* written by the owner */
    size_t given;  /* used only by the owner */
    struct slot slot[];
};

/* Process the next item that has not been begun. */
static bool step(struct shared_work *shared, struct worker_pool *pool, unsigned worker) {
    struct ordered *slots = (struct ordered *)shared; /* its first member */
    (void)worker;
    if (slots->begun == slots->pushed) {
        return false;
    }
    struct slot *slot = &slots->slot[slots->begun++ % slots->count];
    worker_pool_unlock(pool);
    slots->work.work(slots->work.context, slot->item);
    worker_pool_lock(pool);
    slot->done = true;
    worker_pool_wake(pool);
    return true;
}

enum bswz_status ordered_create(struct worker_pool *pool, struct ordered_work work, unsigned count,
                                struct ordered **slots, struct bswz_error *error) {
    struct ordered *made = bswz_allocate_zero(1, sizeof *made + count * sizeof made->slot[0]);
    *slots = made;
    if (made == NULL) {
        return bswz_no_memory(error);
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
static void *take_oldest(struct ordered *slots, bool wait) {
    void *item = NULL;
    worker_pool_lock(slots->pool);
    if (slots->given < slots->pushed) {
        struct slot *slot = &slots->slot[slots->given % slots->count];
        while (wait && !slot->done) {
            if (!worker_pool_help(slots->pool, slots->owner)) {
                worker_pool_wait(slots->pool);
            }
        }
        if (slot->done) {
            slot->done = false;
            item = slot->item;
            slots->given++;
        }
    }
    worker_pool_unlock(slots->pool);
    return item;
}

static void discard_all(struct ordered *slots) {
    worker_pool_lock(slots->pool);
    for (; slots->begun < slots->pushed; slots->begun++) { /* the rest need not be begun */
        slots->slot[slots->begun % slots->count].done = true;
    }
    worker_pool_unlock(slots->pool);
    for (void *item = take_oldest(slots, true); item != NULL; item = take_oldest(slots, true)) {
        slots->work.discard(item);
    }
}

/* Pass on what is done, and wait while there are more than `most` items. */
static enum bswz_status settle(struct ordered *slots, size_t most, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK) {
        void *item = take_oldest(slots, slots->pushed - slots->given > most);
        if (item == NULL) {
            return BSWZ_OK;
        }
        status = slots->work.give(slots->work.context, item, error);
    }
    discard_all(slots);
    return status;
}

enum bswz_status ordered_push(struct ordered *slots, void *item, struct bswz_error *error) {
    worker_pool_lock(slots->pool);
    slots->slot[slots->pushed++ % slots->count].item = item;
    worker_pool_wake(slots->pool);
    worker_pool_unlock(slots->pool);
    return settle(slots, slots->count - 1, error);
}

enum bswz_status ordered_finish(struct ordered *slots, struct bswz_error *error) {
    return settle(slots, 0, error);
}

void ordered_destroy(struct ordered *slots) {
    if (slots != NULL) {
        discard_all(slots);
        worker_pool_lock(slots->pool);
        worker_pool_withdraw(slots->pool, &slots->shared);
        worker_pool_unlock(slots->pool);
        free(slots);
    }
}
