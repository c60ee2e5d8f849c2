/* SPDX-License-Identifier: MIT */
/*
 * Kept blocks (spares.h): a short list, searched under the pool's lock.
 */
#include "threads/spares.h"

#include "base/allocate.h"

#include <stdlib.h>

void spares_keep(struct worker_pool *pool) {
    worker_pool_lock(pool);
    worker_pool_spares(pool)->users++;
    worker_pool_unlock(pool);
}

void spares_drop(struct worker_pool *pool) {
    worker_pool_lock(pool);
    struct spares *spares = worker_pool_spares(pool);
    spares->users--;
    while (spares->users == 0 && spares->count > 0) {
        free(spares->spare[--spares->count].block);
    }
    worker_pool_unlock(pool);
}

/* The smallest block of at least `room` bytes, unless more than half of it would not be used. */
static void *take(struct spares *spares, size_t room) {
    struct spare *best = NULL;
    for (unsigned i = 0; i < spares->count; i++) {
        struct spare *spare = &spares->spare[i];
        if (spare->room >= room && spare->room / 2 <= room && (best == NULL || spare->room < best->room)) {
            best = spare;
        }
    }
    if (best == NULL) {
        return NULL;
    }
    void *block = best->block;
    *best = spares->spare[--spares->count];
    return block;
}

void *spares_take(struct worker_pool *pool, size_t count, size_t size) {
    size_t bytes, room = 0;
    void *block = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes)) {
        room = bswz_room(bytes);
    }
    if (pool != NULL && room > 0) {
        worker_pool_lock(pool);
        block = take(worker_pool_spares(pool), room);
        worker_pool_unlock(pool);
    }
    return block != NULL ? block : bswz_allocate(count, size);
}

void spares_give(struct worker_pool *pool, void *block, size_t count, size_t size) {
    const size_t room = block == NULL ? 0 : bswz_room(count * size);
    if (pool != NULL && room > 0) {
        worker_pool_lock(pool);
        struct spares *spares = worker_pool_spares(pool);
        if (spares->users > 0 && spares->count < SPARES_MOST) {
            spares->spare[spares->count++] = (struct spare){block, room};
            block = NULL;
        }
        worker_pool_unlock(pool);
    }
    free(block);
}
