/*
 * The pool: workers sleep until the generation number changes, run the function,
 * and report that they are back.
 */
#include "pipeline/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct worker {
    pthread_t thread;
    struct worker_pool *pool;
    unsigned number; /* 1 ... */
};

struct worker_pool {
    unsigned threads; /* the caller included; constant */
    struct worker *workers; /* [threads - 1]; constant */
    pthread_mutex_t lock;
    pthread_cond_t started, returned;
    /* under the lock: */
    void (*function)(void *context, unsigned worker);
    void *context;
    unsigned long generation; /* written by the caller */
    unsigned busy;            /* workers that have not returned yet */
    bool ending;              /* written by worker_pool_destroy */
};

static void *run(void *argument) {
    struct worker *worker = argument;
    struct worker_pool *pool = worker->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->ending && pool->generation == seen) {
            pthread_cond_wait(&pool->started, &pool->lock);
        }
        if (pool->ending) {
            break;
        }
        seen = pool->generation;
        void (*function)(void *, unsigned) = pool->function;
        void *context = pool->context;
        pthread_mutex_unlock(&pool->lock);
        function(context, worker->number);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0) {
            pthread_cond_signal(&pool->returned);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

enum bswz_status worker_pool_create(unsigned threads, struct worker_pool **pool, struct bswz_error *error) {
    *pool = NULL;
    struct worker_pool *made = bswz_allocate_zero(1, sizeof *made);
    if (made == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the workers");
    }
    made->threads = 1;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->started, NULL);
    pthread_cond_init(&made->returned, NULL);
    made->workers = bswz_allocate_zero(threads, sizeof *made->workers);
    if (made->workers == NULL) {
        worker_pool_destroy(made);
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the workers");
    }
    while (made->threads < threads) {
        struct worker *worker = &made->workers[made->threads - 1];
        worker->pool = made;
        worker->number = made->threads;
        if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
            worker_pool_destroy(made);
            return bswz_fail(error, BSWZ_ERROR_THREAD, "cannot start thread %u of %u", made->threads + 1, threads);
        }
        made->threads++;
    }
    *pool = made;
    return BSWZ_OK;
}

void worker_pool_destroy(struct worker_pool *pool) {
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->started);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 1; i < pool->threads; i++) {
        pthread_join(pool->workers[i - 1].thread, NULL);
    }
    pthread_cond_destroy(&pool->returned);
    pthread_cond_destroy(&pool->started);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

unsigned worker_pool_threads(const struct worker_pool *pool) {
    return pool->threads;
}

void worker_pool_start(struct worker_pool *pool, void (*function)(void *context, unsigned worker), void *context) {
    pthread_mutex_lock(&pool->lock);
    pool->function = function;
    pool->context = context;
    pool->busy = pool->threads - 1;
    pool->generation++;
    pthread_cond_broadcast(&pool->started);
    pthread_mutex_unlock(&pool->lock);
}

void worker_pool_join(struct worker_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    while (pool->busy > 0) {
        pthread_cond_wait(&pool->returned, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}
