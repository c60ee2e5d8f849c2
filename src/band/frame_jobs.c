/* SPDX-License-Identifier: MIT */
/*
 * Bands in slots (frame_jobs.h).
 *
 * Ownership: a job, with everything it points to, belongs to the slot that works on it. Jobs share the codec's
 * model and workers and nothing that changes: each job has its own copy of struct codec.
 */
#include "band/frame_jobs.h"

#include "base/allocate.h"
#include "container/memory.h"
#include "image/scaled.h"
#include "threads/ordered.h"

#include <stdlib.h>
#include <string.h>

/* More bands at a time would take more memory without saving time: one sequencer keeps several threads busy. */
#define MOST_LANES 4

/* The memory that all slots together may take, whatever the kind of picture; a single slot may take more. */
#define LANES_MEMORY ((uint64_t)200 << 20)

struct frame_jobs {
    struct ordered *slots;
    unsigned count;
    struct codec *codec; /* the caller's; constant, like the following fields */
    const struct frame_options *options;
    const struct picture_info *info;
    const struct picture_header *picture; /* NULL: encoding */
    unsigned scale;                       /* decoding, as is */
    bool rescue;
    const struct bswz_model *model; /* decoding: that of the picture; NULL: it names none, or it was not found */
    enum bswz_status (*give_frame)(void *context, const struct coded_frame *frame, struct bswz_error *error);
    enum bswz_status (*give_samples)(void *context, uint8_t *samples, uint32_t rows, const struct frame_loss *loss,
                                     struct bswz_error *error);
    void *context;
    uint64_t pushed;   /* in bands; used by the owner */
    uint32_t next_row; /* decoding */
};

/* One band. */
struct job {
    struct codec codec;
    uint32_t rows;
    uint32_t first_row;   /* decoding */
    uint32_t scaled_rows; /* decoding: of the samples */
    uint64_t number;      /* encoding, as is */
    enum effort effort;
    uint8_t *samples;
    struct coded_frame frame;
    uint8_t *copy;          /* decoding: of the payload, unless that persists */
    const uint8_t *payload; /* decoding */
    size_t payload_size;    /* decoding */
    struct frame_loss loss; /* decoding with rescue */
    uint64_t position;      /* decoding */
    enum bswz_status status;
    struct bswz_error failure; /* the message for status */
};

unsigned frame_jobs_count(unsigned threads, const struct picture_info *info, uint32_t band_rows, uint64_t spare) {
    const uint64_t bands = ((uint64_t)info->height + band_rows - 1) / band_rows;
    const uint64_t each = memory_of_band(info, band_rows);
    const uint64_t within = LANES_MEMORY / each;
    uint64_t count = 1 + spare / each;
    count = count < within ? count : within;
    count = count < MOST_LANES ? count : MOST_LANES;
    count = count < threads ? count : threads;
    count = count < bands ? count : bands;
    return count > 1 ? (unsigned)count : 1;
}

static void free_job(void *item) {
    struct job *job = item;
    if (job != NULL) {
        free(job->samples);
        free(job->copy);
        free(job->frame.bytes.data);
        free(job);
    }
}

static enum bswz_status decode(const struct frame_jobs *slots, struct job *job) {
    const struct picture_info *info = &slots->picture->info;
    const struct frame_source source = {.picture = slots->picture,
                                        .header = &job->frame.header,
                                        .payload = job->payload,
                                        .payload_size = job->payload_size,
                                        .first_row = job->first_row,
                                        .rows = job->rows,
                                        .scale = slots->scale,
                                        .loss = slots->rescue ? &job->loss : NULL};
    job->scaled_rows = picture_scaled_rows(job->first_row, job->rows, slots->scale);
    job->samples = bswz_allocate(job->scaled_rows, picture_row_bytes(info) / info->width *
                                                       picture_scaled_side(info->width, slots->scale));
    if (job->samples == NULL) {
        return bswz_no_memory(&job->failure);
    }
    return job->scaled_rows == 0 ? BSWZ_OK : frame_decode(&job->codec, &source, job->samples, &job->failure);
}

/* In any thread. */
static void work(void *context, void *item) {
    const struct frame_jobs *slots = context;
    struct job *job = item;
    const struct picture_info *info = slots->picture == NULL ? slots->info : &slots->picture->info;
    progress_begin_band(&job->codec.band, job->codec.progress, (uint64_t)info->width * job->rows);
    if (slots->picture == NULL) {
        struct frame_options options = *slots->options;
        options.effort = job->effort;
        job->status = frame_encode(&job->codec, &options, slots->info, job->samples, job->rows, job->number,
                                   &job->frame.bytes, &job->frame.header, &job->frame.used_model, &job->failure);
        job->frame.model = job->codec.model;
        job->frame.refused = job->codec.refused;
    } else {
        job->status = decode(slots, job);
    }
    if (job->status == BSWZ_OK) {
        progress_end_band(&job->codec.band);
    }
}

static enum bswz_status give(void *context, void *item, struct bswz_error *error) {
    const struct frame_jobs *slots = context;
    struct job *job = item;
    enum bswz_status status = job->status;
    if (status != BSWZ_OK) {
        bswz_fail_at(error, status, job->failure.offset != 0 ? job->failure.offset : job->position, "%s",
                     job->failure.message);
    } else if (slots->picture == NULL) {
        status = slots->give_frame(slots->context, &job->frame, error);
    } else {
        uint8_t *samples = job->samples;
        job->samples = NULL;
        status =
            slots->give_samples(slots->context, samples, job->scaled_rows, slots->rescue ? &job->loss : NULL, error);
    }
    free_job(job);
    return status;
}

/* The slots of a picture, and what they share. pixels: in a band. */
static enum bswz_status open_slots(const struct frame_jobs *wanted, uint64_t pixels, struct frame_jobs **slots,
                                   struct bswz_error *error) {
    struct worker_pool *pool;
    struct frame_jobs *opened = bswz_allocate(1, sizeof *opened);
    *slots = NULL;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    *opened = *wanted;
    enum bswz_status status = codec_pool(opened->codec, pixels, &pool, error);
    if (status == BSWZ_OK) {
        const struct ordered_work ordered_work = {work, give, free_job, opened};
        status = ordered_create(pool, ordered_work, opened->count, &opened->slots, error);
    }
    if (status != BSWZ_OK) {
        free(opened);
        return status;
    }
    *slots = opened;
    return BSWZ_OK;
}

enum bswz_status frame_jobs_encode(struct codec *codec, const struct frame_options *options,
                                   const struct picture_info *info, unsigned count,
                                   enum bswz_status (*give_frame)(void *context, const struct coded_frame *frame,
                                                                  struct bswz_error *error),
                                   void *context, struct frame_jobs **slots, struct bswz_error *error) {
    progress_begin_picture(codec->progress, info);
    const struct frame_jobs wanted = {
        .count = count, .codec = codec, .options = options, .info = info, .give_frame = give_frame, .context = context};
    return open_slots(&wanted, (uint64_t)info->width * info->height, slots, error);
}

enum bswz_status frame_jobs_decode(struct codec *codec, const struct picture_header *picture, uint32_t first_row,
                                   unsigned scale, bool rescue, unsigned count,
                                   enum bswz_status (*give_samples)(void *context, uint8_t *samples, uint32_t rows,
                                                                    const struct frame_loss *loss,
                                                                    struct bswz_error *error),
                                   void *context, struct frame_jobs **slots, struct bswz_error *error) {
    progress_begin_picture(codec->progress, &picture->info);
    const struct bswz_model *model = NULL; /* searched for here, since the caller's function may only be called from one
                                            * thread */
    if (picture->model.name[0] != 0 && codec_find_model(codec, &picture->model, &model, NULL) != BSWZ_OK) {
        model = NULL; /* an error only for a frame that needs it */
    }
    const struct frame_jobs wanted = {.count = count,
                                      .codec = codec,
                                      .picture = picture,
                                      .next_row = first_row,
                                      .scale = scale,
                                      .rescue = rescue,
                                      .model = model,
                                      .give_samples = give_samples,
                                      .context = context};
    return open_slots(&wanted, (uint64_t)picture->info.width * picture->info.height, slots, error);
}

static enum bswz_status push(struct frame_jobs *slots, struct job *job, struct bswz_error *error) {
    job->codec = *slots->codec; /* with the workers that open_slots has created */
    job->codec.try_default = slots->options != NULL && slots->options->try_default && slots->pushed == 0;
    if (slots->picture != NULL) {
        job->codec.model = slots->model;
        job->codec.find_model = NULL;
    }
    slots->pushed++;
    return ordered_push(slots->slots, job, error);
}

enum bswz_status frame_jobs_push_band(struct frame_jobs *slots, const struct band *band, enum effort effort,
                                      struct bswz_error *error) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job == NULL) {
        free(band->samples);
        return bswz_no_memory(error);
    }
    const bool decides = slots->options->try_default && slots->pushed == 0;
    job->rows = band->rows;
    job->number = slots->pushed;
    job->effort = effort;
    job->samples = band->samples;
    const enum bswz_status status = push(slots, job, error);
    return status == BSWZ_OK && decides ? ordered_finish(slots->slots, error) : status;
}

enum bswz_status frame_jobs_push_frame(struct frame_jobs *slots, const struct frame_header *header, uint32_t rows,
                                       const uint8_t *payload, size_t payload_size, uint64_t position,
                                       struct bswz_error *error) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job == NULL) {
        return bswz_no_memory(error);
    }
    job->rows = rows;
    job->first_row = slots->next_row;
    slots->next_row += rows;
    job->frame.header = *header;
    job->position = position;
    job->payload = payload;
    job->payload_size = payload_size;
    if (slots->count > 1) { /* with a single slot, push returns when the band is done */
        job->copy = bswz_allocate(payload_size, 1);
        if (job->copy == NULL) {
            free_job(job);
            return bswz_no_memory(error);
        }
        memcpy(job->copy, payload, payload_size);
        job->payload = job->copy;
    }
    return push(slots, job, error);
}

enum bswz_status frame_jobs_finish(struct frame_jobs *slots, struct bswz_error *error) {
    return ordered_finish(slots->slots, error);
}

void frame_jobs_close(struct frame_jobs *slots) {
    if (slots != NULL) {
        ordered_destroy(slots->slots);
        free(slots);
    }
}
