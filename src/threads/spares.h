/* SPDX-License-Identifier: MIT */
/*
 * Large blocks of memory that one band leaves to the next: the kernel clears all memory that it provides, which takes
 * two hundredths of the time of restoring a large JPEG file.
 */
#ifndef BSWZ_SPARES_H
#define BSWZ_SPARES_H

#include "threads/pool.h"

#include <stddef.h>

/* Blocks that the pool's threads give back are kept between these calls. */
void spares_keep(struct worker_pool *pool);
void spares_drop(struct worker_pool *pool);

/* As bswz_allocate and free, of the same size. The contents are anything. pool: NULL, or where blocks may be kept. */
void *spares_take(struct worker_pool *pool, size_t count, size_t size);
void spares_give(struct worker_pool *pool, void *block, size_t count, size_t size);

#endif
