/* SPDX-License-Identifier: MIT */
/*
 * Stages (stage.h) on top of the bounded queue.
 *
 * Only the stage's thread writes status and failure. The owner reads them only after the thread has ended: when a
 * push is refused, it joins first. So they need no lock of their own.
 */
#include "threads/stage.h"

#include "base/allocate.h"
#include "threads/queue.h"
#include "threads/thread.h"

#include <pthread.h>
#include <stdlib.h>

struct stage {
    struct stage_work work;
    struct queue *queue; /* NULL: no thread */
    pthread_t thread;
    bool running; /* the thread has to be joined; used only by the owner */
    enum bswz_status status;
    struct bswz_error failure; /* the message for status */
};

static void apply(struct stage *stage, void *item) {
    if (stage->status == BSWZ_OK) {
        stage->status = stage->work.apply(stage->work.context, item, &stage->failure);
    } else {
        stage->work.discard(item);
    }
}

static void *run(void *context) {
    struct stage *stage = context;
    void *item;
    while (stage->status == BSWZ_OK && queue_pop(stage->queue, &item)) {
        apply(stage, item);
    }
    if (stage->status != BSWZ_OK) {
        queue_abandon(stage->queue);
    }
    return NULL;
}

enum bswz_status stage_create(struct stage_work work, bool threaded, size_t capacity, struct stage **stage,
                              struct bswz_error *error) {
    struct stage *made = bswz_allocate_zero(1, sizeof *made);
    *stage = NULL;
    if (made == NULL) {
        return bswz_no_memory(error);
    }
    made->work = work;
    if (threaded) {
        enum bswz_status status = queue_create(capacity, &made->queue, error);
        if (status == BSWZ_OK && !thread_start(&made->thread, run, made)) {
            status = bswz_fail(error, BSWZ_ERROR_THREAD, "cannot start a thread");
        }
        if (status != BSWZ_OK) {
            queue_destroy(made->queue);
            free(made);
            return status;
        }
        made->running = true;
    }
    *stage = made;
    return BSWZ_OK;
}

/* Wait for the thread to end. Afterwards status and failure belong to the owner. */
static void join(struct stage *stage) {
    if (stage->running) {
        pthread_join(stage->thread, NULL);
        stage->running = false;
        for (void *item = queue_left(stage->queue); item != NULL; item = queue_left(stage->queue)) {
            stage->work.discard(item);
        }
    }
}

static enum bswz_status outcome(const struct stage *stage, struct bswz_error *error) {
    if (stage->status == BSWZ_OK) {
        return BSWZ_OK;
    }
    return bswz_fail_at(error, stage->status, stage->failure.offset, "%s", stage->failure.message);
}

enum bswz_status stage_push(struct stage *stage, void *item, struct bswz_error *error) {
    if (stage->queue == NULL) {
        apply(stage, item);
        return outcome(stage, error);
    }
    if (queue_push(stage->queue, item)) {
        return BSWZ_OK;
    }
    stage->work.discard(item);
    join(stage);
    return outcome(stage, error);
}

enum bswz_status stage_finish(struct stage *stage, struct bswz_error *error) {
    if (stage->queue != NULL) {
        queue_close(stage->queue);
        join(stage);
    }
    return outcome(stage, error);
}

void stage_destroy(struct stage *stage) {
    if (stage == NULL) {
        return;
    }
    if (stage->queue != NULL) {
        queue_abandon(stage->queue);
        join(stage);
        queue_destroy(stage->queue);
    }
    free(stage);
}
