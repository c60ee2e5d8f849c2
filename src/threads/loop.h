/*
 * A loop whose rounds are independent of each other, shared among the workers.
 */
#ifndef BSWZ_LOOP_H
#define BSWZ_LOOP_H

#include "threads/pool.h"

#include <stddef.h>

/* Call round(context, 0 ... count - 1, worker), each once, in any threads and order; returns when all have
 * returned. pool NULL: only the caller's thread does it, as number 0. */
void loop_run(struct worker_pool *pool, size_t count, void (*round)(void *context, size_t index, unsigned worker),
              void *context);

#endif
