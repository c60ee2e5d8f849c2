/*
 * Lanes: several items at work at once, each in a thread of its own, handed on in the
 * order in which they came.
 *
 * Why.  The bands of a picture do not depend on each other, and a band has parts that only one
 * thread can do: the sequencer, a hash, zstd, libwebp.  With a band a thread these run beside
 * each other.  What a thread that has no band of its own does is help with the others'
 * tiles (pool.h): towards the end of a picture, or when there are more threads than lanes.
 *
 * Who owns what.  lanes_push takes an item over; from the time that a thread begins it until it
 * is marked done, under the pool's lock, it is that thread's, then the owner's, the one thread that
 * calls the functions below.  Results are given on in order by the owner.
 *
 * Who waits on whom.  The owner waits for the oldest item when all lanes are taken, and
 * works like any other thread meanwhile; workers wait for nothing here.  Memory: as many
 * items as there are lanes.
 *
 * The first failure of `give` ends it: what follows is discarded.
 */
#ifndef BSWZ_LANES_H
#define BSWZ_LANES_H

#include "pipeline/pool.h"

struct lanes_work {
    /* In any thread, for several items at a time. How it went is told to give by the item. */
    void (*work)(void *context, void *item);
    /* In the owner's thread, in order. Disposes of the item. */
    enum bswz_status (*give)(void *context, void *item, struct bswz_error *error);
    void (*discard)(void *item);
    void *context;
};

struct lanes;

/* count: lanes, at least 1. The pool must be there until lanes_destroy. */
enum bswz_status lanes_create(struct worker_pool *pool, struct lanes_work work, unsigned count, struct lanes **lanes,
                              struct bswz_error *error);

/* Add an item, and wait until a lane is free again. Owns the item in any case. A failure is that of a give. */
enum bswz_status lanes_push(struct lanes *lanes, void *item, struct bswz_error *error);

/* Wait until every item has been given on. Nothing remains after a failure either. */
enum bswz_status lanes_finish(struct lanes *lanes, struct bswz_error *error);

/* Waits for what is at work, and discards it. NULL is allowed. */
void lanes_destroy(struct lanes *lanes);

#endif
