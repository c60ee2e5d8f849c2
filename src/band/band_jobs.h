/* SPDX-License-Identifier: MIT */
/*
 * Several bands at a time, each in a thread of its own, passed on in order (threads/ordered.h): what bands of pixels
 * (frame_jobs.h) and bands of coefficients (coefficient_jobs.h) have in common.
 *
 * Results are passed on in the caller's thread, which reads the input, counts and writes as if there were one band at a
 * time. A failure to code a band is reported in its turn, after all preceding bands have been passed on. Bands do not
 * depend on each other, so the stream does not depend on how many are coded at a time.
 *
 * Ownership: a job, with everything it points to, belongs to the thread that works on it. Jobs share the context's model
 * and workers, and nothing that changes.
 */
#ifndef BSWZ_BAND_JOBS_H
#define BSWZ_BAND_JOBS_H

#include "band/coding_context.h"

#include <stdbool.h>

/* More bands at a time would take more memory without saving time: one sequencer keeps several threads busy. */
#define BAND_JOBS_MOST 4

/* The first member of a job: what all have. Everything is zero at first. */
struct band_job {
    struct band_progress *progress; /* a member of the job */
    uint64_t pixels;                /* for the progress */
    const uint8_t *payload;         /* decoding, as are the next four */
    size_t payload_size;
    bool is_cut;       /* the end of the payload is missing */
    uint8_t *copy;     /* of the payload, unless that persists; freed by discard */
    uint64_t position; /* of the payload in the input, for errors */
    enum bswz_status status;
    struct bswz_error failure; /* the message for status */
};

/* The functions get the context of band_jobs_open. */
struct band_work {
    /* In any thread, for several jobs at a time: code the band. A failure goes into job->failure. */
    enum bswz_status (*code)(void *context, struct band_job *job);
    /* In the caller's thread, in order. Not called for a job that failed, unless it may have been damaged. */
    enum bswz_status (*give)(void *context, struct band_job *job, struct bswz_error *error);
    void (*discard)(void *job); /* frees the job, after give or instead of it */
    bool may_be_damaged;        /* rescue: give is called after CORRUPT as well */
};

struct band_jobs {
    struct ordered *slots;
    struct worker_pool *pool; /* constant, as is all that follows */
    unsigned count;
    struct progress *progress;
    struct band_work work;
    void *context;
};

/* How many bands to take at a time: at most one per thread. waits: as many more, since some bands take much longer than
 * others, and are passed on in order. */
unsigned band_jobs_count(unsigned threads, bool waits, uint64_t bands);

/* Set *jobs up, which does not move until band_jobs_close. pixels: of the picture. */
enum bswz_status band_jobs_open(struct band_jobs *jobs, struct coding_context *coding, uint64_t pixels, unsigned count,
                                struct band_work work, void *context, struct bswz_error *error);

/* Give the job its payload, which need not outlive the call of band_jobs_push. */
enum bswz_status band_jobs_take_payload(const struct band_jobs *jobs, struct band_job *job, const uint8_t *payload,
                                        size_t size, uint64_t position, struct bswz_error *error);

/* Takes over the job. A failure may be that of any previous one. */
enum bswz_status band_jobs_push(struct band_jobs *jobs, struct band_job *job, struct bswz_error *error);

/* Wait until everything has been passed on. */
enum bswz_status band_jobs_finish(struct band_jobs *jobs, struct bswz_error *error);

/* Discards what has not been passed on. */
void band_jobs_close(struct band_jobs *jobs);

#endif
