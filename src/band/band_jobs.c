/* SPDX-License-Identifier: MIT */
/*
 * Several bands at a time (band_jobs.h).
 */
#include "band/band_jobs.h"

#include "base/allocate.h"
#include "threads/ordered.h"

#include <stdlib.h>
#include <string.h>

unsigned band_jobs_count(unsigned threads, bool waits, uint64_t bands) {
    uint64_t count = threads > 1 && waits ? 2 * (uint64_t)threads : threads;
    count = count < BAND_JOBS_MOST ? count : BAND_JOBS_MOST;
    count = count < bands ? count : bands;
    return count > 1 ? (unsigned)count : 1;
}

/* In any thread. */
static void code(void *context, void *item) {
    const struct band_jobs *jobs = context;
    struct band_job *job = item;
    progress_begin_band(job->progress, jobs->progress, job->pixels);
    job->status = jobs->work.code(jobs->context, job);
    if (job->status == BSWZ_OK) {
        progress_end_band(job->progress);
    }
}

static enum bswz_status give(void *context, void *item, struct bswz_error *error) {
    const struct band_jobs *jobs = context;
    struct band_job *job = item;
    enum bswz_status status = job->status;
    if (status == BSWZ_OK || (status == BSWZ_ERROR_CORRUPT && jobs->work.may_be_damaged)) {
        status = jobs->work.give(jobs->context, job, error);
    } else {
        bswz_fail_at(error, status, job->failure.offset != 0 ? job->failure.offset : job->position, "%s",
                     job->failure.message);
    }
    jobs->work.discard(job);
    return status;
}

enum bswz_status band_jobs_open(struct band_jobs *jobs, struct coding_context *coding, uint64_t pixels, unsigned count,
                                struct band_work work, void *context, struct bswz_error *error) {
    *jobs = (struct band_jobs){.count = count, .progress = coding->progress, .work = work, .context = context};
    const enum bswz_status status = coding_pool(coding, pixels, &jobs->pool, error);
    const struct ordered_work ordered_work = {code, give, work.discard, jobs};
    return status == BSWZ_OK ? ordered_create(jobs->pool, ordered_work, count, &jobs->slots, error) : status;
}

enum bswz_status band_jobs_take_payload(const struct band_jobs *jobs, struct band_job *job, const uint8_t *payload,
                                        size_t size, uint64_t position, struct bswz_error *error) {
    job->position = position;
    job->payload = payload;
    job->payload_size = size;
    if (jobs->count > 1 && size > 0) { /* with a single slot, push returns when the band is done */
        job->copy = bswz_allocate(size, 1);
        if (job->copy == NULL) {
            return bswz_no_memory(error);
        }
        memcpy(job->copy, payload, size);
        job->payload = job->copy;
    }
    return BSWZ_OK;
}

enum bswz_status band_jobs_push(struct band_jobs *jobs, struct band_job *job, struct bswz_error *error) {
    return ordered_push(jobs->slots, job, error);
}

enum bswz_status band_jobs_finish(struct band_jobs *jobs, struct bswz_error *error) {
    return ordered_finish(jobs->slots, error);
}

void band_jobs_close(struct band_jobs *jobs) {
    ordered_destroy(jobs->slots);
}
