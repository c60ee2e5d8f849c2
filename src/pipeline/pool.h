/*
 * The workers: a pool of threads that run tasks, with a twin of no threads.
 */
#ifndef BSWZ_POOL_H
#define BSWZ_POOL_H

#include "error.h"

struct worker_pool;

/* threads counts the caller: 1 starts none, and the same code runs. */
enum bswz_status worker_pool_create(unsigned threads, struct worker_pool **pool, struct bswz_error *error);
void worker_pool_destroy(struct worker_pool *pool);
unsigned worker_pool_threads(const struct worker_pool *pool);

#endif
