/* SPDX-License-Identifier: MIT */
/*
 * Bands (band.h).
 */
#include "band/band.h"

#include "base/allocate.h"
#include "container/container.h"
#include "threads/queue.h"
#include "threads/thread.h"

#include <pthread.h>
#include <stdlib.h>

#define ROWS_UNIT 32

uint32_t band_rows_for(uint32_t width, uint32_t height, uint64_t pixels) {
    const uint64_t all = (uint64_t)width * height,
                   bands = all <= pixels ? 1 : (all + 2 * pixels - 1) / (2 * pixels) * 2;
    const uint64_t equal = (height + bands - 1) / bands, rows = (equal + ROWS_UNIT - 1) / ROWS_UNIT * ROWS_UNIT;
    if (bands == 1) {
        return height;
    }
    return width * rows <= 2 * pixels ? (uint32_t)(rows < height ? rows : height) : (uint32_t)equal;
}

/* What the queue carries: a band, the end, or a failure. */
struct delivery {
    struct band band;
    const struct byte_buffer *tail;
    enum bswz_status status;
    struct bswz_error failure; /* the message for status */
};

struct band_source {
    struct picture_reader *reader; /* belongs to the thread while it runs */
    struct input *mark;            /* NULL, or the input; also belongs to the thread */
    size_t row_bytes;              /* constant, like rows_per_band */
    uint32_t rows_per_band;
    uint32_t next_row;   /* used by the thread that fills */
    struct queue *queue; /* NULL: no thread */
    pthread_t thread;
};

/* Read the next band, or finish the picture, and report that in the delivery. */
static void fill(struct band_source *source, struct delivery *delivery) {
    const uint32_t height = picture_reader_info(source->reader)->height, left = height - source->next_row;
    if (left == 0) {
        delivery->status = picture_reader_finish(source->reader, &delivery->tail, &delivery->failure);
        return;
    }
    delivery->band.rows = left < source->rows_per_band ? left : source->rows_per_band;
    delivery->band.samples = bswz_allocate(delivery->band.rows, source->row_bytes);
    if (delivery->band.samples == NULL) {
        delivery->status = bswz_no_memory(&delivery->failure);
        return;
    }
    if (source->mark != NULL && source->next_row > 0) {
        input_mark(source->mark);
    }
    delivery->status =
        picture_reader_rows(source->reader, delivery->band.samples, delivery->band.rows, &delivery->failure);
    source->next_row += delivery->band.rows;
}

static void free_delivery(struct delivery *delivery) {
    if (delivery != NULL) {
        free(delivery->band.samples);
        free(delivery);
    }
}

static void *read_ahead(void *context) {
    struct band_source *source = context;
    bool more = true;
    while (more) {
        struct delivery *delivery = bswz_allocate_zero(1, sizeof *delivery);
        if (delivery == NULL) {
            queue_close(source->queue); /* the caller never sees the end, and reports the failure itself */
            break;
        }
        fill(source, delivery);
        more = delivery->status == BSWZ_OK && delivery->band.samples != NULL;
        if (!queue_push(source->queue, delivery)) {
            free_delivery(delivery);
            more = false;
        }
    }
    return NULL;
}

enum bswz_status band_source_open(struct picture_reader *reader, struct input *mark, uint32_t rows_per_band,
                                  bool threaded, struct band_source **source, struct bswz_error *error) {
    struct band_source *opened = bswz_allocate_zero(1, sizeof *opened);
    *source = NULL;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    const struct picture_info *info = picture_reader_info(reader);
    opened->reader = reader;
    opened->mark = mark;
    opened->row_bytes = picture_row_bytes(info);
    opened->rows_per_band = rows_per_band;
    if (threaded && rows_per_band < info->height) { /* a single band: nothing to read ahead */
        enum bswz_status status = queue_create(1, &opened->queue, error);
        if (status == BSWZ_OK && !thread_start(&opened->thread, read_ahead, opened)) {
            status = bswz_fail(error, BSWZ_ERROR_THREAD, "cannot start a thread");
        }
        if (status != BSWZ_OK) {
            queue_destroy(opened->queue);
            free(opened);
            return status;
        }
    }
    *source = opened;
    return BSWZ_OK;
}

enum bswz_status band_source_next(struct band_source *source, struct band *band, const struct byte_buffer **tail,
                                  struct bswz_error *error) {
    struct delivery here = {0}, *delivery = &here;
    *band = (struct band){0};
    *tail = NULL;
    if (source->queue == NULL) {
        fill(source, delivery);
    } else {
        void *item;
        if (!queue_pop(source->queue, &item)) {
            return bswz_no_memory(error);
        }
        delivery = item;
    }
    enum bswz_status status = delivery->status;
    if (status == BSWZ_OK) {
        *band = delivery->band;
        *tail = delivery->tail;
    } else {
        bswz_fail_at(error, status, delivery->failure.offset, "%s", delivery->failure.message);
        free(delivery->band.samples);
    }
    if (delivery != &here) {
        free(delivery);
    }
    return status;
}

void band_source_close(struct band_source *source) {
    if (source == NULL) {
        return;
    }
    if (source->queue != NULL) {
        queue_abandon(source->queue);
        pthread_join(source->thread, NULL);
        for (void *item = queue_left(source->queue); item != NULL; item = queue_left(source->queue)) {
            free_delivery(item);
        }
        queue_destroy(source->queue);
    }
    free(source);
}
