/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Bands in lanes (frame_jobs.h).
 *
 * Ownership: a job, with everything it points to, belongs to the lane that works on it. Jobs share the codec's
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

/* The memory that all lanes together may take, whatever the kind of picture; a single lane may take more. */
#define LANES_MEMORY ((uint64_t)200 << 20)

struct frame_lanes {
    struct lanes *lanes;
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
    uint32_t first_row;    /* decoding */
    uint32_t scaled_rows;  /* decoding: of the samples */
    uint64_t number;       /* encoding, as is */
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

unsigned frame_lanes_count(unsigned threads, const struct picture_info *info, uint32_t band_rows, uint64_t spare) {
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

static enum bswz_status decode(const struct frame_lanes *lanes, struct job *job) {
    const struct picture_info *info = &lanes->picture->info;
    const struct frame_source source = {.picture = lanes->picture,
                                        .header = &job->frame.header,
                                        .payload = job->payload,
                                        .payload_size = job->payload_size,
                                        .first_row = job->first_row,
                                        .rows = job->rows,
                                        .scale = lanes->scale,
                                        .loss = lanes->rescue ? &job->loss : NULL};
    job->scaled_rows = picture_scaled_rows(job->first_row, job->rows, lanes->scale);
    job->samples = bswz_allocate(job->scaled_rows,
                                 picture_row_bytes(info) / info->width * picture_scaled_side(info->width, lanes->scale));
    if (job->samples == NULL) {
        return bswz_fail(&job->failure, BSWZ_ERROR_MEMORY, "out of memory");
    }
    return job->scaled_rows == 0 ? BSWZ_OK : frame_decode(&job->codec, &source, job->samples, &job->failure);
}

/* In any thread. */
static void work(void *context, void *item) {
    const struct frame_lanes *lanes = context;
    struct job *job = item;
    const struct picture_info *info = lanes->picture == NULL ? lanes->info : &lanes->picture->info;
    progress_begin_band(&job->codec.band, job->codec.progress, (uint64_t)info->width * job->rows);
    if (lanes->picture == NULL) {
        struct frame_options options = *lanes->options;
        options.effort = job->effort;
        job->status = frame_encode(&job->codec, &options, lanes->info, job->samples, job->rows, job->number,
                                   &job->frame.bytes, &job->frame.header, &job->frame.used_model, &job->failure);
        job->frame.model = job->codec.model;
        job->frame.refused = job->codec.refused;
    } else {
        job->status = decode(lanes, job);
    }
    if (job->status == BSWZ_OK) {
        progress_end_band(&job->codec.band);
    }
}

static enum bswz_status give(void *context, void *item, struct bswz_error *error) {
    const struct frame_lanes *lanes = context;
    struct job *job = item;
    enum bswz_status status = job->status;
    if (status != BSWZ_OK) {
        bswz_fail_at(error, status, job->failure.offset != 0 ? job->failure.offset : job->position, "%s",
                     job->failure.message);
    } else if (lanes->picture == NULL) {
        status = lanes->give_frame(lanes->context, &job->frame, error);
    } else {
        uint8_t *samples = job->samples;
        job->samples = NULL;
        status = lanes->give_samples(lanes->context, samples, job->scaled_rows, lanes->rescue ? &job->loss : NULL, error);
    }
    free_job(job);
    return status;
}

/* The lanes of a picture, and what they share. pixels: in a band. */
static enum bswz_status open_lanes(const struct frame_lanes *wanted, uint64_t pixels, struct frame_lanes **lanes,
                                   struct bswz_error *error) {
    struct worker_pool *pool;
    struct frame_lanes *opened = bswz_allocate(1, sizeof *opened);
    *lanes = NULL;
    if (opened == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    *opened = *wanted;
    enum bswz_status status = codec_pool(opened->codec, pixels, &pool, error);
    if (status == BSWZ_OK) {
        const struct lanes_work lanes_work = {work, give, free_job, opened};
        status = lanes_create(pool, lanes_work, opened->count, &opened->lanes, error);
    }
    if (status != BSWZ_OK) {
        free(opened);
        return status;
    }
    *lanes = opened;
    return BSWZ_OK;
}

enum bswz_status frame_lanes_encode(struct codec *codec, const struct frame_options *options,
                                    const struct picture_info *info, unsigned count,
                                    enum bswz_status (*give_frame)(void *context, const struct coded_frame *frame,
                                                                   struct bswz_error *error),
                                    void *context, struct frame_lanes **lanes, struct bswz_error *error) {
    progress_begin_picture(codec->progress, info);
    const struct frame_lanes wanted = {.count = count,
                                       .codec = codec,
                                       .options = options,
                                       .info = info,
                                       .give_frame = give_frame,
                                       .context = context};
    return open_lanes(&wanted, (uint64_t)info->width * info->height, lanes, error);
}

enum bswz_status frame_lanes_decode(struct codec *codec, const struct picture_header *picture, unsigned scale,
                                    bool rescue, unsigned count,
                                    enum bswz_status (*give_samples)(void *context, uint8_t *samples, uint32_t rows,
                                                                     const struct frame_loss *loss,
                                                                     struct bswz_error *error),
                                    void *context, struct frame_lanes **lanes, struct bswz_error *error) {
    progress_begin_picture(codec->progress, &picture->info);
    const struct bswz_model *model = NULL; /* searched for here, since the caller's function may only be called from one
                                            * thread */
    if (picture->model.name[0] != 0 && codec_find_model(codec, &picture->model, &model, NULL) != BSWZ_OK) {
        model = NULL; /* an error only for a frame that needs it */
    }
    const struct frame_lanes wanted = {.count = count,
                                       .codec = codec,
                                       .picture = picture,
                                       .scale = scale,
                                       .rescue = rescue,
                                       .model = model,
                                       .give_samples = give_samples,
                                       .context = context};
    return open_lanes(&wanted, (uint64_t)picture->info.width * picture->info.height, lanes, error);
}

static enum bswz_status push(struct frame_lanes *lanes, struct job *job, struct bswz_error *error) {
    job->codec = *lanes->codec; /* with the workers that open_lanes has created */
    job->codec.try_default = lanes->options != NULL && lanes->options->try_default && lanes->pushed == 0;
    if (lanes->picture != NULL) {
        job->codec.model = lanes->model;
        job->codec.find_model = NULL;
    }
    lanes->pushed++;
    return lanes_push(lanes->lanes, job, error);
}

enum bswz_status frame_lanes_push_band(struct frame_lanes *lanes, const struct band *band, enum effort effort,
                                       struct bswz_error *error) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job == NULL) {
        free(band->samples);
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    const bool decides = lanes->options->try_default && lanes->pushed == 0;
    job->rows = band->rows;
    job->number = lanes->pushed;
    job->effort = effort;
    job->samples = band->samples;
    const enum bswz_status status = push(lanes, job, error);
    return status == BSWZ_OK && decides ? lanes_finish(lanes->lanes, error) : status;
}

enum bswz_status frame_lanes_push_frame(struct frame_lanes *lanes, const struct frame_header *header, uint32_t rows,
                                        const uint8_t *payload, size_t payload_size, uint64_t position,
                                        struct bswz_error *error) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    job->rows = rows;
    job->first_row = lanes->next_row;
    lanes->next_row += rows;
    job->frame.header = *header;
    job->position = position;
    job->payload = payload;
    job->payload_size = payload_size;
    if (lanes->count > 1) { /* with a single lane, push returns when the band is done */
        job->copy = bswz_allocate(payload_size, 1);
        if (job->copy == NULL) {
            free_job(job);
            return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
        }
        memcpy(job->copy, payload, payload_size);
        job->payload = job->copy;
    }
    return push(lanes, job, error);
}

enum bswz_status frame_lanes_finish(struct frame_lanes *lanes, struct bswz_error *error) {
    return lanes_finish(lanes->lanes, error);
}

void frame_lanes_close(struct frame_lanes *lanes) {
    if (lanes != NULL) {
        lanes_destroy(lanes->lanes);
        free(lanes);
    }
}
