/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue between two threads, through which one stage of the pipeline passes work to the next.
 *
 * Ownership. An item is a pointer. A producer owns it until queue_push returns true, a consumer from the moment
 * queue_pop returns it; in between it belongs to the queue. After the threads have ended, the thread that destroys the
 * queue takes the remaining items with queue_left.
 *
 * Waiting. push waits while the queue is full, pop while it is empty: nothing else waits, and neither holds the
 * lock meanwhile. When a producer is done it calls queue_close: the consumer still gets the remaining items, then
 * false. A thread that gives up (at either end, or a third one) calls queue_abandon: all waiting threads wake up, and
 * every later push and pop returns false at once. So an error on one side always releases the other, and no order of
 * events leaves a thread asleep.
 *
 * Memory. At most capacity items wait. With one item being processed on either side, no more than capacity + 2
 * exist at any time, whatever the speeds of the two.
 */
#ifndef BSWZ_QUEUE_H
#define BSWZ_QUEUE_H

#include "base/error.h"

#include <stdbool.h>

struct queue;

enum bswz_status queue_create(size_t capacity, struct queue **queue, struct bswz_error *error);

/* No thread may be in a call on the queue any more, and no item left in it. */
void queue_destroy(struct queue *queue);

/* Add item, waiting for room. false: abandoned, and item still belongs to the caller. */
bool queue_push(struct queue *queue, void *item);

/* The oldest item, waiting for one. false: closed and empty, or abandoned. */
bool queue_pop(struct queue *queue, void **item);

void queue_close(struct queue *queue);
void queue_abandon(struct queue *queue);

/* An item that was never popped, or NULL. Works on an abandoned queue. */
void *queue_left(struct queue *queue);

#endif
