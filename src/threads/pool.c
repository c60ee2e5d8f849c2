/* SPDX-License-Identifier: MIT */
/*
 * The workers (pool.h).
 */
#include "threads/pool.h"

#include "base/allocate.h"
#include "threads/thread.h"

#include <pthread.h>
#include <stdlib.h>

struct worker {
    pthread_t thread;
    struct worker_pool *pool;
    unsigned number; /* 1 ... */
};

struct worker_pool {
    unsigned threads;       /* including the caller; constant once the pool has been created */
    struct worker *workers; /* [threads - 1]; just as constant */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock: */
    struct shared_work *offers; /* the oldest first */
    bool ending;                /* written by worker_pool_destroy */
    unsigned idle;              /* workers that have found nothing to do */
    struct spares spares;
};

static void *run(void *argument) {
    const struct worker *worker = argument;
    struct worker_pool *pool = worker->pool;
    worker_pool_lock(pool);
    while (!pool->ending) {
        if (!worker_pool_help(pool, worker->number)) {
            pool->idle++;
            worker_pool_wait(pool);
            pool->idle--;
        }
    }
    worker_pool_unlock(pool);
    return NULL;
}

enum bswz_status worker_pool_create(unsigned threads, struct worker_pool **pool, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    *pool = NULL;
    struct worker_pool *made = bswz_allocate_zero(1, sizeof *made);
    if (made == NULL) {
        return bswz_no_memory(error);
    }
    made->threads = 1;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, NULL);
    made->workers = bswz_allocate_zero(threads, sizeof *made->workers);
    if (made->workers == NULL) {
        worker_pool_destroy(made);
        return bswz_no_memory(error);
    }
    worker_pool_lock(made); /* nobody looks before all are known */
    while (made->threads < threads && status == BSWZ_OK) {
        struct worker *worker = &made->workers[made->threads - 1];
        worker->pool = made;
        worker->number = made->threads;
        if (!thread_start(&worker->thread, run, worker)) {
            status = bswz_fail(error, BSWZ_ERROR_THREAD, "cannot start thread %u of %u", made->threads + 1, threads);
        } else {
            made->threads++;
        }
    }
    worker_pool_unlock(made);
    if (status != BSWZ_OK) {
        worker_pool_destroy(made);
        return status;
    }
    *pool = made;
    return BSWZ_OK;
}

void worker_pool_destroy(struct worker_pool *pool) {
    if (pool == NULL) {
        return;
    }
    worker_pool_lock(pool);
    pool->ending = true;
    worker_pool_wake(pool);
    worker_pool_unlock(pool);
    for (unsigned i = 1; i < pool->threads; i++) {
        pthread_join(pool->workers[i - 1].thread, NULL);
    }
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

unsigned worker_pool_threads(const struct worker_pool *pool) {
    return pool->threads;
}

unsigned worker_pool_number(const struct worker_pool *pool) {
    const pthread_t self = pthread_self();
    for (unsigned i = 1; i < pool->threads; i++) {
        if (pthread_equal(pool->workers[i - 1].thread, self)) {
            return i;
        }
    }
    return 0;
}

void worker_pool_lock(struct worker_pool *pool) {
    pthread_mutex_lock(&pool->lock);
}

void worker_pool_unlock(struct worker_pool *pool) {
    pthread_mutex_unlock(&pool->lock);
}

void worker_pool_wait(struct worker_pool *pool) {
    pthread_cond_wait(&pool->changed, &pool->lock);
}

void worker_pool_wake(struct worker_pool *pool) {
    pthread_cond_broadcast(&pool->changed);
}

bool worker_pool_is_idle(const struct worker_pool *pool) {
    return pool->idle > 0;
}

void worker_pool_offer(struct worker_pool *pool, struct shared_work *work) {
    struct shared_work **last = &pool->offers;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    work->next = NULL;
    *last = work;
    worker_pool_wake(pool);
}

void worker_pool_withdraw(struct worker_pool *pool, struct shared_work *work) {
    struct shared_work **at = &pool->offers;
    while (*at != work) {
        at = &(*at)->next;
    }
    *at = work->next;
}

struct spares *worker_pool_spares(struct worker_pool *pool) {
    return &pool->spares;
}

bool worker_pool_help(struct worker_pool *pool, unsigned worker) {
    for (struct shared_work *work = pool->offers; work != NULL; work = work->next) {
        if (work->step(work, pool, worker)) {
            return true;
        }
    }
    return false;
}
