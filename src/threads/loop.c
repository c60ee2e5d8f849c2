/* SPDX-License-Identifier: MIT */
/*
 * Shared loops (loop.h).
 */
#include "threads/loop.h"

struct loop {
    struct shared_work work;
    void (*round)(void *context, size_t index, unsigned worker); /* constant, like context and count */
    void *context;
    size_t count;
    /* under the pool's lock, written by the thread that takes a round: */
    size_t begun, finished;
};

static bool step(struct shared_work *work, struct worker_pool *pool, unsigned worker) {
    struct loop *loop = (struct loop *)work; /* its first member */
    if (loop->begun == loop->count) {
        return false;
    }
    const size_t index = loop->begun++;
    worker_pool_unlock(pool);
    loop->round(loop->context, index, worker);
    worker_pool_lock(pool);
    if (++loop->finished == loop->count) {
        worker_pool_wake(pool);
    }
    return true;
}

void loop_run(struct worker_pool *pool, size_t count, void (*round)(void *context, size_t index, unsigned worker),
              void *context) {
    if (pool == NULL || worker_pool_threads(pool) == 1 || count < 2) {
        const unsigned worker = pool == NULL ? 0 : worker_pool_number(pool);
        for (size_t index = 0; index < count; index++) {
            round(context, index, worker);
        }
        return;
    }
    struct loop loop = {.work = {.step = step}, .round = round, .context = context, .count = count};
    const unsigned worker = worker_pool_number(pool);
    worker_pool_lock(pool);
    worker_pool_offer(pool, &loop.work);
    while (loop.finished < count) {
        if (!step(&loop.work, pool, worker)) {
            worker_pool_wait(pool);
        }
    }
    worker_pool_withdraw(pool, &loop.work);
    worker_pool_unlock(pool);
}
