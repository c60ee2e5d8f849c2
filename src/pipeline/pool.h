/*
 * The workers: a pool of threads that run one function together, with a twin of no
 * threads.
 */
#ifndef BSWZ_POOL_H
#define BSWZ_POOL_H

#include "error.h"

struct worker_pool;

/* threads counts the caller: 1 starts none, and the same code runs. */
enum bswz_status worker_pool_create(unsigned threads, struct worker_pool **pool, struct bswz_error *error);
void worker_pool_destroy(struct worker_pool *pool);
unsigned worker_pool_threads(const struct worker_pool *pool);

/* Let every worker (1 ... threads - 1; the caller is number 0 and not among them)
 * run function once. worker_pool_join waits until all have returned; it must follow
 * before the next start. One caller at a time. */
void worker_pool_start(struct worker_pool *pool, void (*function)(void *context, unsigned worker), void *context);
void worker_pool_join(struct worker_pool *pool);

#endif
