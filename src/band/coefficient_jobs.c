/* SPDX-License-Identifier: MIT */
/*
 * Bands of coefficients (coefficient_jobs.h). No job uses the blocks of another one's band.
 */
#include "band/coefficient_jobs.h"

#include "band/band_jobs.h"
#include "base/allocate.h"
#include "coefficients/coefficients.h"
#include "container/jpeg_header.h"
#include "threads/spares.h"

#include <stdlib.h>

struct coefficient_jobs {
    struct band_jobs jobs;
    const struct jpeg_planes *planes; /* constant, like the following fields */
    bool is_encoding, is_adaptive, verify, is_rescue;
    struct cost_map *map; /* decoding: NULL, or where bits are counted */
    enum bswz_status (*give)(void *context, const struct byte_buffer *payload, struct bswz_error *error);
    void *context;
    uint32_t pushed, bands; /* used by the owner, like the following field */
    bool is_damaged;        /* rescue: not all bands were restored exactly */
    bool keeps_spares;      /* as long as there are more bands */
};

struct job {
    struct band_job job;
    struct jpeg_planes band;
    struct cost_place place;
    struct band_progress progress;
    struct byte_buffer made; /* encoding: the payload */
};

static void discard(void *item) {
    struct job *job = item;
    free(job->made.data);
    free(job->job.copy);
    free(job);
}

static enum bswz_status code(void *context, struct band_job *item) {
    const struct coefficient_jobs *jobs = context;
    struct job *job = (struct job *)item;
    struct coefficients_proof proof;
    return jobs->is_encoding ? coefficients_encode(&job->band, jobs->is_adaptive, jobs->jobs.pool,
                                                   jobs->verify ? &proof : NULL, &job->made, &item->failure)
                             : coefficients_decode(&job->band, jobs->jobs.pool, jobs->map != NULL ? &job->place : NULL,
                                                   item->payload, item->payload_size, item->is_cut, &item->failure);
}

static enum bswz_status give(void *context, struct band_job *item, struct bswz_error *error) {
    struct coefficient_jobs *jobs = context;
    jobs->is_damaged |= item->status != BSWZ_OK;
    return jobs->is_encoding ? jobs->give(jobs->context, &((struct job *)item)->made, error) : BSWZ_OK;
}

static void drop_spares(struct coefficient_jobs *jobs) {
    if (jobs->keeps_spares) {
        spares_drop(jobs->jobs.pool);
        jobs->keeps_spares = false;
    }
}

static enum bswz_status open_jobs(const struct coefficient_jobs *wanted, struct coding_context *coding,
                                  struct coefficient_jobs **jobs, struct bswz_error *error) {
    const struct jpeg_planes *planes = wanted->planes;
    const struct picture_info info = {.width = planes->width, .height = planes->height};
    struct coefficient_jobs *opened = bswz_allocate(1, sizeof *opened);
    *jobs = NULL;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    *opened = *wanted;
    opened->bands = jpeg_bands(planes);
    progress_begin_picture(coding->progress, &info);
    const enum bswz_status status =
        band_jobs_open(&opened->jobs, coding, (uint64_t)planes->width * planes->height,
                       band_jobs_count(coding->threads, true, opened->bands),
                       (struct band_work){code, give, discard, wanted->is_rescue}, opened, error);
    if (status != BSWZ_OK) {
        free(opened);
        return status;
    }
    spares_keep(opened->jobs.pool);
    opened->keeps_spares = true;
    *jobs = opened;
    return BSWZ_OK;
}

/* The next band; NULL: no memory. */
static struct job *make_job(struct coefficient_jobs *jobs) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job != NULL) {
        const uint32_t top = jpeg_band(jobs->planes, jobs->pushed++, &job->band);
        job->place =
            (struct cost_place){.map = jobs->map, .top = top, .width = job->band.width, .height = job->band.height};
        job->job.progress = &job->progress;
        job->job.pixels = (uint64_t)job->band.width * job->band.height;
    }
    return job;
}

enum bswz_status coefficient_jobs_encode(struct coding_context *coding, const struct jpeg_planes *planes,
                                         enum bswz_status (*give_payload)(void *context,
                                                                          const struct byte_buffer *payload,
                                                                          struct bswz_error *error),
                                         void *context, struct coefficient_jobs **jobs, struct bswz_error *error) {
    const struct coefficient_jobs wanted = {.planes = planes,
                                            .is_encoding = true,
                                            .is_adaptive = coding->level >= THOROUGH_LEVEL,
                                            .verify = coding->verify,
                                            .give = give_payload,
                                            .context = context};
    return open_jobs(&wanted, coding, jobs, error);
}

uint32_t coefficient_jobs_first(const struct coding_context *coding, const struct jpeg_planes *planes) {
    struct jpeg_planes band;
    if (coding->threads == 1 || jpeg_bands(planes) == 1) {
        return 0;
    }
    jpeg_band(planes, 0, &band);
    return jpeg_mcu_rows(&band);
}

enum bswz_status coefficient_jobs_push_band(struct coefficient_jobs *jobs, struct bswz_error *error) {
    struct job *job = make_job(jobs);
    return job == NULL ? bswz_no_memory(error) : band_jobs_push(&jobs->jobs, &job->job, error);
}

enum bswz_status coefficient_jobs_push_rest(struct coefficient_jobs *jobs, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    while (jobs->pushed < jobs->bands && status == BSWZ_OK) {
        status = coefficient_jobs_push_band(jobs, error);
    }
    if (status == BSWZ_OK) {
        status = band_jobs_finish(&jobs->jobs, error);
    }
    drop_spares(jobs);
    return status;
}

enum bswz_status coefficient_jobs_decode(struct coding_context *coding, const struct jpeg_planes *planes, bool rescue,
                                         struct cost_map *map, struct coefficient_jobs **jobs,
                                         struct bswz_error *error) {
    const struct coefficient_jobs wanted = {.planes = planes, .is_rescue = rescue, .map = map};
    return open_jobs(&wanted, coding, jobs, error);
}

enum bswz_status coefficient_jobs_push(struct coefficient_jobs *jobs, const uint8_t *payload, size_t size, bool is_cut,
                                       uint64_t position, struct bswz_error *error) {
    if (jobs->pushed == jobs->bands) {
        return bswz_fail_at(error, BSWZ_ERROR_CORRUPT, position, "a JPEG file has the wrong number of bands");
    }
    struct job *job = make_job(jobs);
    if (job == NULL) {
        return bswz_no_memory(error);
    }
    const enum bswz_status status = band_jobs_take_payload(&jobs->jobs, &job->job, payload, size, position, error);
    if (status != BSWZ_OK) {
        discard(job);
        return status;
    }
    job->job.is_cut = is_cut;
    return band_jobs_push(&jobs->jobs, &job->job, error);
}

enum bswz_status coefficient_jobs_finish(struct coefficient_jobs *jobs, bool *is_damaged, struct bswz_error *error) {
    const enum bswz_status status = band_jobs_finish(&jobs->jobs, error);
    drop_spares(jobs);
    const bool is_short = jobs->pushed < jobs->bands;
    *is_damaged = jobs->is_damaged || is_short;
    if (status == BSWZ_OK && is_short && !jobs->is_rescue) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a JPEG file has the wrong number of bands");
    }
    return status;
}

void coefficient_jobs_close(struct coefficient_jobs *jobs) {
    if (jobs != NULL) {
        band_jobs_close(&jobs->jobs);
        drop_spares(jobs);
        free(jobs);
    }
}
