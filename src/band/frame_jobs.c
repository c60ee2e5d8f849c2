/* SPDX-License-Identifier: MIT */
/*
 * Bands of pixels (frame_jobs.h). Each job has its own copy of struct coding_context.
 */
#include "band/frame_jobs.h"

#include "band/band_jobs.h"
#include "base/allocate.h"
#include "coefficients/coefficient_model.h"
#include "container/memory.h"
#include "image/scaled.h"
#include "threads/errand.h"

#include <stdlib.h>

/* The memory that all jobs together may take, whatever the kind of picture; a single one may take more. */
#define JOBS_MEMORY ((uint64_t)200 << 20)

struct frame_jobs {
    struct band_jobs jobs;
    struct coding_context *coding; /* the caller's; constant, like the following fields */
    const struct frame_options *options;
    const struct picture_info *info;
    const struct picture_header *picture; /* NULL: encoding */
    enum frame_method method;             /* decoding: of the first frame */
    unsigned scale;                       /* decoding, as is */
    bool rescue;
    /* Decoding: the model of the picture, once a frame has come; NULL: it names none, or it was not found. A worker may
     * have loaded it by then. */
    const struct bswz_model *model;
    struct errand loading;
    bool is_loading;
    enum bswz_status (*give_frame)(void *context, const struct coded_frame *frame, struct bswz_error *error);
    enum bswz_status (*give_samples)(void *context, uint8_t *samples, uint32_t rows, const struct frame_loss *loss,
                                     struct bswz_error *error);
    void *context;
    uint8_t *prior;    /* the samples of the picture, if later ones may refer to it; used by the owner, like the rest */
    uint64_t pushed;   /* in bands */
    uint32_t next_row; /* decoding */
};

struct job {
    struct band_job job;
    struct coding_context coding;
    uint32_t rows;
    uint32_t first_row;   /* decoding */
    uint32_t scaled_rows; /* decoding: of the samples */
    uint64_t number;      /* encoding, as is */
    enum effort effort;
    uint8_t *samples;
    uint8_t *prior; /* decoding */
    struct coded_frame frame;
    struct frame_loss loss; /* decoding with rescue */
};

unsigned frame_jobs_count(unsigned threads, bool is_encoding, const struct picture_info *info, uint32_t band_rows,
                          uint64_t spare) {
    const uint64_t bands = ((uint64_t)info->height + band_rows - 1) / band_rows;
    const uint64_t each = memory_of_band(info, band_rows);
    const uint64_t within = JOBS_MEMORY / each;
    const uint64_t count = 1 + spare / each < within ? 1 + spare / each : within;
    return band_jobs_count(threads, is_encoding, count < bands ? count : bands);
}

static void discard(void *item) {
    struct job *job = item;
    free(job->samples);
    free(job->prior);
    free(job->frame.bytes.data);
    free(job->job.copy);
    free(job);
}

static enum bswz_status decode(const struct frame_jobs *jobs, struct job *job) {
    const struct picture_info *info = &jobs->picture->info;
    const struct frame_source source = {.picture = jobs->picture,
                                        .header = &job->frame.header,
                                        .payload = job->job.payload,
                                        .payload_size = job->job.payload_size,
                                        .first_row = job->first_row,
                                        .rows = job->rows,
                                        .scale = jobs->scale,
                                        .prior = &job->prior,
                                        .loss = jobs->rescue ? &job->loss : NULL};
    job->scaled_rows = picture_scaled_rows(job->first_row, job->rows, jobs->scale);
    job->samples = bswz_allocate(job->scaled_rows,
                                 picture_row_bytes(info) / info->width * picture_scaled_side(info->width, jobs->scale));
    if (job->samples == NULL) {
        return bswz_no_memory(&job->job.failure);
    }
    return job->scaled_rows == 0 ? BSWZ_OK : frame_decode(&job->coding, &source, job->samples, &job->job.failure);
}

static enum bswz_status code(void *context, struct band_job *item) {
    const struct frame_jobs *jobs = context;
    struct job *job = (struct job *)item;
    if (jobs->picture != NULL) {
        return decode(jobs, job);
    }
    struct frame_options options = *jobs->options;
    options.effort = job->effort;
    const enum bswz_status status =
        frame_encode(&job->coding, &options, jobs->info, job->samples, job->rows, job->number, &job->frame.bytes,
                     &job->frame.header, &job->frame.used_model, &item->failure);
    job->frame.model = job->coding.model;
    job->frame.refused = job->coding.refused;
    return status;
}

/* Keep a picture that later ones may refer to. */
static void keep_prior(struct frame_jobs *jobs, struct job *job) {
    if (jobs->picture == NULL && frame_is_prior(jobs->info, &job->frame.header, job->rows)) {
        job->prior = job->samples;
        job->samples = NULL;
    }
    free(jobs->prior);
    jobs->prior = job->prior;
    job->prior = NULL;
}

static enum bswz_status give(void *context, struct band_job *item, struct bswz_error *error) {
    struct frame_jobs *jobs = context;
    struct job *job = (struct job *)item;
    keep_prior(jobs, job);
    if (jobs->picture == NULL) {
        return jobs->give_frame(jobs->context, &job->frame, error);
    }
    uint8_t *samples = job->samples;
    job->samples = NULL;
    return jobs->give_samples(jobs->context, samples, job->scaled_rows, jobs->rescue ? &job->loss : NULL, error);
}

static enum bswz_status open_jobs(const struct frame_jobs *wanted, const struct picture_info *info, unsigned count,
                                  struct frame_jobs **jobs, struct bswz_error *error) {
    struct frame_jobs *opened = bswz_allocate(1, sizeof *opened);
    *jobs = NULL;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    *opened = *wanted;
    progress_begin_picture(opened->coding->progress, info);
    const enum bswz_status status =
        band_jobs_open(&opened->jobs, opened->coding, (uint64_t)info->width * info->height, count,
                       (struct band_work){.code = code, .give = give, .discard = discard}, opened, error);
    if (status != BSWZ_OK) {
        free(opened);
        return status;
    }
    *jobs = opened;
    return BSWZ_OK;
}

enum bswz_status frame_jobs_encode(struct coding_context *coding, const struct frame_options *options,
                                   const struct picture_info *info, unsigned count,
                                   enum bswz_status (*give_frame)(void *context, const struct coded_frame *frame,
                                                                  struct bswz_error *error),
                                   void *context, struct frame_jobs **jobs, struct bswz_error *error) {
    const struct frame_jobs wanted = {
        .coding = coding, .options = options, .info = info, .give_frame = give_frame, .context = context};
    return open_jobs(&wanted, info, count, jobs, error);
}

/* What the first frame needs, if it is built in. */
static void load_model(void *context) {
    const struct frame_jobs *jobs = context;
    if (jobs->method == FRAME_COEFFICIENTS) {
        const struct coefficient_model *model;
        coefficient_model_embedded(false, &model, NULL);
    } else {
        bswz_model_embedded(jobs->picture->model.name, NULL);
    }
}

enum bswz_status
frame_jobs_decode(struct coding_context *coding, const struct picture_header *picture, enum frame_method method,
                  uint32_t first_row, unsigned scale, bool rescue, unsigned count,
                  enum bswz_status (*give_samples)(void *context, uint8_t *samples, uint32_t rows,
                                                   const struct frame_loss *loss, struct bswz_error *error),
                  void *context, struct frame_jobs **jobs, struct bswz_error *error) {
    const struct frame_jobs wanted = {.coding = coding,
                                      .picture = picture,
                                      .method = method,
                                      .next_row = first_row,
                                      .scale = scale,
                                      .rescue = rescue,
                                      .give_samples = give_samples,
                                      .context = context};
    const enum bswz_status status = open_jobs(&wanted, &picture->info, count, jobs, error);
    if (status == BSWZ_OK && (method == FRAME_COEFFICIENTS || picture->model.name[0] != 0)) {
        errand_begin(&(*jobs)->loading, (*jobs)->jobs.pool, load_model, *jobs);
        (*jobs)->is_loading = true;
    }
    return status;
}

/* The caller's function may only be called from one thread: this one. */
static void find_model(struct frame_jobs *jobs) {
    errand_finish(&jobs->loading);
    jobs->is_loading = false;
    if (jobs->picture->model.name[0] == 0 ||
        coding_find_model(jobs->coding, &jobs->picture->model, &jobs->model, NULL) != BSWZ_OK) {
        jobs->model = NULL; /* an error only for a frame that needs it */
    }
}

static enum bswz_status push(struct frame_jobs *jobs, struct job *job, struct bswz_error *error) {
    const struct picture_info *info = jobs->picture == NULL ? jobs->info : &jobs->picture->info;
    job->coding = *jobs->coding; /* with the workers that band_jobs_open has created */
    job->coding.try_default = jobs->options != NULL && jobs->options->try_default && jobs->pushed == 0;
    if (jobs->picture != NULL) {
        job->coding.model = jobs->model;
        job->coding.find_model = NULL;
    }
    job->job.progress = &job->coding.band;
    job->job.pixels = (uint64_t)info->width * job->rows;
    jobs->pushed++;
    return band_jobs_push(&jobs->jobs, &job->job, error);
}

enum bswz_status frame_jobs_push_band(struct frame_jobs *jobs, const struct band *band, enum effort effort,
                                      struct bswz_error *error) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job == NULL) {
        free(band->samples);
        return bswz_no_memory(error);
    }
    const bool decides = jobs->options->try_default && jobs->pushed == 0;
    job->rows = band->rows;
    job->number = jobs->pushed;
    job->effort = effort;
    job->samples = band->samples;
    const enum bswz_status status = push(jobs, job, error);
    return status == BSWZ_OK && decides ? frame_jobs_finish(jobs, error) : status;
}

enum bswz_status frame_jobs_push_frame(struct frame_jobs *jobs, const struct frame_header *header, uint32_t rows,
                                       const uint8_t *payload, size_t payload_size, uint64_t position,
                                       struct bswz_error *error) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job == NULL) {
        return bswz_no_memory(error);
    }
    if (jobs->is_loading) {
        find_model(jobs);
    }
    job->rows = rows;
    job->first_row = jobs->next_row;
    jobs->next_row += rows;
    job->frame.header = *header;
    const enum bswz_status status =
        band_jobs_take_payload(&jobs->jobs, &job->job, payload, payload_size, position, error);
    if (status != BSWZ_OK) {
        discard(job);
        return status;
    }
    return push(jobs, job, error);
}

enum bswz_status frame_jobs_finish(struct frame_jobs *jobs, struct bswz_error *error) {
    return band_jobs_finish(&jobs->jobs, error);
}

uint8_t *frame_jobs_take_prior(struct frame_jobs *jobs) {
    uint8_t *prior = jobs->prior;
    jobs->prior = NULL;
    return prior;
}

void frame_jobs_close(struct frame_jobs *jobs) {
    if (jobs != NULL) {
        if (jobs->is_loading) {
            errand_cancel(&jobs->loading);
        }
        band_jobs_close(&jobs->jobs);
        free(jobs->prior);
        free(jobs);
    }
}
