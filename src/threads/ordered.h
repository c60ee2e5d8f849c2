/* SPDX-License-Identifier: MIT */
/*
 * Slots: several items are processed at the same time, each in a thread of its own, and passed on in the order in
 * which they came.
 *
 * Why. The bands of a picture do not depend on each other, and some work on a band can only be done by one thread:
 * the sequencer, a hash, zstd, libwebp. With one band per thread, these run in parallel. A thread without a band of its
 * own helps with the tiles of others (pool.h): towards the end of a picture, or if there are more threads than slots.
 *
 * Ownership. ordered_push takes over an item. From the time that a thread begins it until it is marked done, both under
 * the pool's lock, it belongs to that thread; otherwise to the owner, the only thread that calls the functions below.
 * The owner passes on the results in order.
 *
 * Waiting. The owner waits for the oldest item if all slots are taken, and works like any other thread meanwhile;
 * workers never wait here. Memory: as many items as there are slots.
 *
 * The first failure of `give` ends it: everything that follows is discarded.
 */
#ifndef BSWZ_ORDERED_H
#define BSWZ_ORDERED_H

#include "threads/pool.h"

struct ordered_work {
    /* Called in any thread, for several items at a time. The item itself tells give how it went. */
    void (*work)(void *context, void *item);
    /* Called in the owner's thread, in order. Disposes of the item. */
    enum bswz_status (*give)(void *context, void *item, struct bswz_error *error);
    void (*discard)(void *item);
    void *context;
};

struct ordered;

/* count: number of slots, at least 1. The pool must exist until ordered_destroy. */
enum bswz_status ordered_create(struct worker_pool *pool, struct ordered_work work, unsigned count,
                                struct ordered **slots, struct bswz_error *error);

/* Add an item, and wait until a slot is free again. Takes over the item in any case. A failure is that of a give. */
enum bswz_status ordered_push(struct ordered *slots, void *item, struct bswz_error *error);

/* Wait until every item has been passed on. Nothing remains after a failure either. */
enum bswz_status ordered_finish(struct ordered *slots, struct bswz_error *error);

/* Waits for items at work, and discards them. NULL is allowed. */
void ordered_destroy(struct ordered *slots);

#endif
