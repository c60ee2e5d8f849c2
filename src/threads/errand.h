/* SPDX-License-Identifier: MIT */
/*
 * An errand: something that will be needed later, and that another thread may do until then.
 */
#ifndef BSWZ_ERRAND_H
#define BSWZ_ERRAND_H

#include "threads/pool.h"

/* Owned by the thread that begins it, and not moved before it has ended. */
struct errand {
    struct shared_work shared;
    struct worker_pool *pool;
    void (*run)(void *context);
    void *context;
    bool is_begun, is_done; /* under the pool's lock */
};

/* run(context) will be called once, in any thread, unless it is cancelled. */
void errand_begin(struct errand *errand, struct worker_pool *pool, void (*run)(void *context), void *context);
/* Returns when it has been run: by this thread if no other has begun. */
void errand_finish(struct errand *errand);
/* The same, but without running it if nobody has begun. */
void errand_cancel(struct errand *errand);
/* Has it been run? It must still be ended by one of these. */
bool errand_is_done(const struct errand *errand);

#endif
