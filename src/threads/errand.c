/* SPDX-License-Identifier: MIT */
/*
 * Errands (errand.h).
 */
#include "threads/errand.h"

static bool step(struct shared_work *shared, struct worker_pool *pool, unsigned worker) {
    (void)worker;
    struct errand *errand = (struct errand *)shared; /* its first member */
    if (errand->is_begun) {
        return false;
    }
    errand->is_begun = true;
    worker_pool_unlock(pool);
    errand->run(errand->context);
    worker_pool_lock(pool);
    errand->is_done = true;
    worker_pool_wake(pool);
    return true;
}

void errand_begin(struct errand *errand, struct worker_pool *pool, void (*run)(void *context), void *context) {
    *errand = (struct errand){.shared = {.step = step}, .pool = pool, .run = run, .context = context};
    worker_pool_lock(pool);
    worker_pool_offer(pool, &errand->shared);
    worker_pool_unlock(pool);
}

/* With the lock held. */
static void wait_for(struct errand *errand) {
    while (errand->is_begun && !errand->is_done) {
        worker_pool_wait(errand->pool);
    }
    worker_pool_withdraw(errand->pool, &errand->shared);
}

void errand_finish(struct errand *errand) {
    worker_pool_lock(errand->pool);
    step(&errand->shared, errand->pool, 0);
    wait_for(errand);
    worker_pool_unlock(errand->pool);
}

void errand_cancel(struct errand *errand) {
    worker_pool_lock(errand->pool);
    wait_for(errand);
    worker_pool_unlock(errand->pool);
}

bool errand_is_done(const struct errand *errand) {
    worker_pool_lock(errand->pool);
    const bool is_done = errand->is_done;
    worker_pool_unlock(errand->pool);
    return is_done;
}
