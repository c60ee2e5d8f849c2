/* SPDX-License-Identifier: MIT */
/*
 * A stage applies a function to each item it is given, in order, in a thread of its own; without a thread it does so at
 * once, so that -T1 runs the same code.
 *
 * The stage owns an item from the call of stage_push on, whatever that returns: either apply or discard gets it, and
 * must dispose of it.
 *
 * The first failure of apply ends the stage: later items are discarded, and the next stage_push, or stage_finish,
 * returns the failure.
 */
#ifndef BSWZ_STAGE_H
#define BSWZ_STAGE_H

#include "base/error.h"

#include <stdbool.h>

struct stage;

struct stage_work {
    enum bswz_status (*apply)(void *context, void *item, struct bswz_error *error);
    void (*discard)(void *item);
    void *context; /* belongs to the stage's thread until stage_finish or stage_destroy */
};

/* capacity: how many items may wait. */
enum bswz_status stage_create(struct stage_work work, bool threaded, size_t capacity, struct stage **stage,
                              struct bswz_error *error);

enum bswz_status stage_push(struct stage *stage, void *item, struct bswz_error *error);

/* Wait until every item has been processed; no push may follow. */
enum bswz_status stage_finish(struct stage *stage, struct bswz_error *error);

/* Discards waiting items, unless stage_finish was called. NULL is allowed. */
void stage_destroy(struct stage *stage);

#endif
