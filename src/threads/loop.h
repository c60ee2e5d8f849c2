/* SPDX-License-Identifier: MIT */
/*
 * A loop whose rounds are independent of each other, shared among the workers.
 */
#ifndef BSWZ_LOOP_H
#define BSWZ_LOOP_H

#include "threads/pool.h"

#include <stddef.h>

/* Call round(context, 0 ... count - 1, worker), each once, in any threads and order; returns when all have
 * returned. pool NULL: everything runs in the caller's thread, as worker 0. */
void loop_run(struct worker_pool *pool, size_t count, void (*round)(void *context, size_t index, unsigned worker),
              void *context);

#endif
