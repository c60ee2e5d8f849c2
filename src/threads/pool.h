/* SPDX-License-Identifier: MIT */
/*
 * The workers: threads that help whoever has work to share. The same code also runs with no worker threads.
 *
 * A thread with more work than it can do alone offers it as a struct shared_work, which can do one piece. Workers
 * go through the offers, oldest first, and do a piece of the first one that has any. So several threads may have
 * offers at a time, and an offer may be made within a piece of another one: a worker that codes a band shares that
 * band's tiles. A thread that waits for a piece that another thread is doing may help in the meantime
 * (worker_pool_help).
 *
 *     ordered.h        pieces are bands, each coded by the thread that took it
 *     tile_queue.c   pieces are the tiles of a band
 *     loop.c         pieces are the rounds of a loop: rows of a picture, passes of a fit
 *
 * Everything that threads tell each other is protected by a single lock, the pool's, and all waiting uses its only
 * condition variable: a piece takes a millisecond or more, so nobody queues for the lock, and there is only one
 * order of events to reason about.
 *
 * Nobody waits forever: a piece waits only for pieces of an offer that was made within it, and only for those that
 * another thread has begun.
 */
#ifndef BSWZ_POOL_H
#define BSWZ_POOL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct worker_pool;

/* Work that threads of the pool may join. The thread that offers it owns it, and embeds it in a struct with the data
 * that step needs. */
struct shared_work {
    /* Called with the pool's lock held, which is held again on return. false, at once: there is nothing to begin
     * now. true: a piece has been done, with the lock released in the meantime; the offer may be gone by then.
     * worker: the number of the calling thread. */
    bool (*step)(struct shared_work *work, struct worker_pool *pool, unsigned worker);
    struct shared_work *next; /* owned by the pool, under its lock */
};

/* threads includes the caller: with 1, no thread is started, and the same code runs. */
enum bswz_status worker_pool_create(unsigned threads, struct worker_pool **pool, struct bswz_error *error);
void worker_pool_destroy(struct worker_pool *pool);
unsigned worker_pool_threads(const struct worker_pool *pool);

/* The number of the calling thread: 1 ... threads - 1 for a worker; 0 for the only other thread that may use the
 * pool. */
unsigned worker_pool_number(const struct worker_pool *pool);

void worker_pool_lock(struct worker_pool *pool);
void worker_pool_unlock(struct worker_pool *pool);

/* The rest is for threads that hold the lock. */

/* Wait until some thread calls worker_pool_wake; spurious returns are possible. */
void worker_pool_wait(struct worker_pool *pool);
/* Something has changed that others may be waiting for. */
void worker_pool_wake(struct worker_pool *pool);

/* Is a worker without anything to do? It will look for work when it is woken. */
bool worker_pool_is_idle(const struct worker_pool *pool);

/* Between offer and withdraw, workers call step. Withdraw when no piece is being done any more. */
void worker_pool_offer(struct worker_pool *pool, struct shared_work *work);
void worker_pool_withdraw(struct worker_pool *pool, struct shared_work *work);

/* Blocks that are kept (spares.h). */
enum { SPARES_MOST = 32 };
struct spares {
    struct spare {
        void *block;
        size_t room; /* bytes */
    } spare[SPARES_MOST];
    unsigned count, users; /* users: how many want them to be kept */
};
struct spares *worker_pool_spares(struct worker_pool *pool);

/* Do one piece of any offer; false: there is none to be done now. */
bool worker_pool_help(struct worker_pool *pool, unsigned worker);

#endif
