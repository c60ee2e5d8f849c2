/*
 * The workers: threads that help whoever has work to share, with a twin of no threads.
 *
 * A thread with more work than it can do alone offers it: struct shared_work, which knows how
 * to do one piece.  Workers go through the offers, oldest first, and do a piece of the first
 * that has one; so several threads may have offers at a time, and an offer may be made
 * within a piece of another one: a worker that codes a band shares that band's tiles.  Whoever waits
 * for a piece that another thread is doing may help meanwhile (worker_pool_help).
 *
 *     lanes.h        pieces are bands, each coded by the thread that took it
 *     tile_queue.c   pieces are the tiles of a band
 *     loop.c         pieces are the rounds of a loop: rows of a picture, passes of a fit
 *
 * Everything that threads tell each other goes under one lock, the pool's, and everybody
 * who waits does so for its one condition: a piece takes a millisecond and more, so nobody
 * queues for the lock, and there is one order of events to reason about.
 *
 * Nobody waits forever: a piece waits only for pieces of an offer that was made within it,
 * and of those only for such as another thread has begun.
 */
#ifndef BSWZ_POOL_H
#define BSWZ_POOL_H

#include "error.h"

#include <stdbool.h>

struct worker_pool;

/* Work that the pool's threads may join in. The one who offers it owns it and embeds it in what step needs. */
struct shared_work {
    /* Called and left with the pool's lock held. false, at once: there is nothing to begin now.
     * true: a piece has been done, with the lock released meanwhile; then the offer may be gone. worker: the
     * calling thread's number. */
    bool (*step)(struct shared_work *work, struct worker_pool *pool, unsigned worker);
    struct shared_work *next; /* the pool's, under its lock */
};

/* threads counts the caller: 1 starts none, and the same code runs. */
enum bswz_status worker_pool_create(unsigned threads, struct worker_pool **pool, struct bswz_error *error);
void worker_pool_destroy(struct worker_pool *pool);
unsigned worker_pool_threads(const struct worker_pool *pool);

/* The calling thread's number: 1 ... threads - 1 for a worker; 0 for the one other thread
 * that may use the pool. */
unsigned worker_pool_number(const struct worker_pool *pool);

void worker_pool_lock(struct worker_pool *pool);
void worker_pool_unlock(struct worker_pool *pool);

/* The rest is for threads that hold the lock. */

/* Wait until somebody calls worker_pool_wake; spurious returns are possible. */
void worker_pool_wait(struct worker_pool *pool);
/* Something has changed that others may wait for. */
void worker_pool_wake(struct worker_pool *pool);

/* From the offer until withdrawn workers call step. Withdraw when no piece is being done any more. */
void worker_pool_offer(struct worker_pool *pool, struct shared_work *work);
void worker_pool_withdraw(struct worker_pool *pool, struct shared_work *work);

/* Do one piece of any offer; false: there is none to be done now. */
bool worker_pool_help(struct worker_pool *pool, unsigned worker);

#endif
