/*
 * A pass over a picture in which a place depends on those around it that come before
 * it in raster order, shared among threads.
 *
 * The picture is cut into pieces along rows and along lines x + y = constant:
 *
 *      ____________________
 *     /  0 /  1 /  2 /  3 /|     the turns
 *    /____/____/____/____/ |
 *    |  2 /  3 /  4 /  5  /
 *    |___/____/____/_____/
 *
 * The eight places around (x, y) that may come before it have x + y less by two up to equal; so a
 * piece depends on the one to the left of it and on those above and above to the left, in
 * this slanted grid, and on none of the same turn.  Pieces of one turn are
 * worked on at the same time; the result is that of the raster order, whatever the
 * number of threads.
 */
#ifndef BSWZ_WAVEFRONT_H
#define BSWZ_WAVEFRONT_H

#include "pipeline/pool.h"

#include <stddef.h>
#include <stdint.h>

struct wavefront {
    uint32_t width, height; /* places, at least 1 */
    /* Work on columns first ... end - 1 of a row, in this order. */
    size_t (*run)(void *context, uint32_t row, uint32_t first, uint32_t end);
    void *context;
};

/* pool: NULL or the workers to share it with. Returns the sum of what run returned. */
size_t wavefront_run(const struct wavefront *wavefront, struct worker_pool *pool);

#endif
