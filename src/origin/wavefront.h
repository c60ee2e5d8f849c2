/* SPDX-License-Identifier: MIT */
/*
 * A pass over a picture in which each position depends on the surrounding ones that precede it in raster order,
 * shared among threads.
 *
 * The picture is cut into pieces along rows and along lines x + y = constant:
 *
 *      ____________________
 *     /  0 /  1 /  2 /  3 /|     the turns
 *    /____/____/____/____/ |
 *    |  2 /  3 /  4 /  5  /
 *    |___/____/____/_____/
 *
 * The positions around (x, y) that can precede it have an x + y between two less and equal. So a piece depends on
 * the one to its left and on those above and above to the left, in this slanted grid, and on none of the same
 * turn. Pieces of one turn are processed at the same time; the result is that of raster order, whatever the number
 * of threads.
 */
#ifndef BSWZ_WAVEFRONT_H
#define BSWZ_WAVEFRONT_H

#include "threads/pool.h"

#include <stddef.h>
#include <stdint.h>

struct wavefront {
    uint32_t width, height; /* in positions, at least 1 */
    /* Process columns first ... end - 1 of a row, in this order. */
    size_t (*run)(void *context, uint32_t row, uint32_t first, uint32_t end);
    void *context;
};

/* pool: NULL, or the workers that share the pass. Returns the sum of what run returned. */
size_t wavefront_run(const struct wavefront *wavefront, struct worker_pool *pool);

#endif
