/* SPDX-License-Identifier: MIT */
/*
 * Bands of coefficients in slots (jpeg_bands.h).
 *
 * Ownership: a job, with everything it points to, belongs to the slot that works on it; no other job uses the
 * blocks of its band. Jobs share the codec's workers and nothing that changes.
 */
#include "band/jpeg_bands.h"

#include "base/allocate.h"
#include "coefficients/coefficients.h"
#include "container/jpeg_header.h"
#include "threads/ordered.h"

#include <stdlib.h>
#include <string.h>

/* As for bands of pixels. */
#define MOST_LANES 4

struct jpeg_decoder { /* also used for encoding */
    struct ordered *slots;
    unsigned count;
    struct codec *codec; /* the caller's; constant, like the following fields */
    struct worker_pool *pool;
    const struct jpeg_planes *planes;
    bool is_encoding;
    bool is_rescue;
    enum bswz_status (*give)(void *context, const struct byte_buffer *payload, struct bswz_error *error);
    void *context;
    uint32_t pushed, bands; /* used by the owner, like the following fields */
    bool is_damaged;        /* rescue: not all bands were restored exactly */
};

/* One band. */
struct job {
    struct jpeg_planes band;
    struct band_progress progress;
    struct byte_buffer payload; /* encoding: made here; decoding: a copy, if there are several slots */
    const uint8_t *bytes;       /* decoding */
    size_t size;
    uint64_t position;
    enum bswz_status status;
    struct bswz_error failure; /* the message for status */
};

static void free_job(void *item) {
    struct job *job = item;
    free(job->payload.data);
    free(job);
}

/* In any thread. */
static void work(void *context, void *item) {
    const struct jpeg_decoder *decoder = context;
    struct job *job = item;
    struct coefficients_proof proof;
    progress_begin_band(&job->progress, decoder->codec->progress, (uint64_t)job->band.width * job->band.height);
    job->status = decoder->is_encoding
                      ? coefficients_encode(&job->band, decoder->pool, decoder->codec->verify ? &proof : NULL,
                                            &job->payload, &job->failure)
                      : coefficients_decode(&job->band, decoder->pool, job->bytes, job->size, &job->failure);
    if (job->status == BSWZ_OK) {
        progress_end_band(&job->progress);
    }
}

static enum bswz_status give(void *context, void *item, struct bswz_error *error) {
    struct jpeg_decoder *decoder = context;
    struct job *job = item;
    enum bswz_status status = job->status;
    if (status == BSWZ_ERROR_CORRUPT && decoder->is_rescue) {
        decoder->is_damaged = true;
        status = BSWZ_OK;
    }
    if (status != BSWZ_OK) {
        bswz_fail_at(error, status, job->failure.offset != 0 ? job->failure.offset : job->position, "%s",
                     job->failure.message);
    } else if (decoder->is_encoding) {
        status = decoder->give(decoder->context, &job->payload, error);
    }
    free_job(job);
    return status;
}

static enum bswz_status open_slots(const struct jpeg_decoder *wanted, struct jpeg_decoder **decoder,
                                   struct bswz_error *error) {
    const struct jpeg_planes *planes = wanted->planes;
    struct jpeg_decoder *opened = bswz_allocate(1, sizeof *opened);
    *decoder = NULL;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    *opened = *wanted;
    opened->bands = jpeg_bands(planes);
    opened->count = opened->codec->threads < MOST_LANES ? opened->codec->threads : MOST_LANES;
    opened->count = opened->count < opened->bands ? opened->count : opened->bands;
    const struct picture_info info = {.width = planes->width, .height = planes->height};
    progress_begin_picture(opened->codec->progress, &info);
    enum bswz_status status = codec_pool(opened->codec, (uint64_t)planes->width * planes->height, &opened->pool, error);
    if (status == BSWZ_OK) {
        const struct ordered_work ordered_work = {work, give, free_job, opened};
        status = ordered_create(opened->pool, ordered_work, opened->count, &opened->slots, error);
    }
    if (status != BSWZ_OK) {
        free(opened);
        return status;
    }
    *decoder = opened;
    return BSWZ_OK;
}

/* The next band. */
static struct job *make_job(struct jpeg_decoder *decoder) {
    struct job *job = bswz_allocate_zero(1, sizeof *job);
    if (job != NULL) {
        jpeg_band(decoder->planes, decoder->pushed++, &job->band);
    }
    return job;
}

enum bswz_status jpeg_bands_encode(struct codec *codec, const struct jpeg_planes *planes,
                                   enum bswz_status (*give_payload)(void *context, const struct byte_buffer *payload,
                                                                    struct bswz_error *error),
                                   void *context, struct bswz_error *error) {
    const struct jpeg_decoder wanted = {
        .codec = codec, .planes = planes, .is_encoding = true, .give = give_payload, .context = context};
    struct jpeg_decoder *slots;
    enum bswz_status status = open_slots(&wanted, &slots, error);
    if (status != BSWZ_OK) {
        return status;
    }
    while (slots->pushed < slots->bands && status == BSWZ_OK) {
        struct job *job = make_job(slots);
        status = job == NULL ? bswz_no_memory(error) : ordered_push(slots->slots, job, error);
    }
    if (status == BSWZ_OK) {
        status = ordered_finish(slots->slots, error);
    }
    jpeg_decoder_close(slots);
    return status;
}

enum bswz_status jpeg_decoder_open(struct codec *codec, const struct jpeg_planes *planes, bool rescue,
                                   struct jpeg_decoder **decoder, struct bswz_error *error) {
    const struct jpeg_decoder wanted = {.codec = codec, .planes = planes, .is_rescue = rescue};
    return open_slots(&wanted, decoder, error);
}

enum bswz_status jpeg_decoder_push(struct jpeg_decoder *decoder, const uint8_t *payload, size_t size, uint64_t position,
                                   struct bswz_error *error) {
    if (decoder->pushed == decoder->bands) {
        return bswz_fail_at(error, BSWZ_ERROR_CORRUPT, position, "a JPEG file has the wrong number of bands");
    }
    struct job *job = make_job(decoder);
    if (job == NULL) {
        return bswz_no_memory(error);
    }
    job->position = position;
    job->bytes = payload;
    job->size = size;
    if (decoder->count > 1) { /* with a single slot, push returns when the band is done */
        const enum bswz_status status = byte_buffer_append(&job->payload, payload, size, error);
        if (status != BSWZ_OK) {
            free_job(job);
            return status;
        }
        job->bytes = job->payload.data;
    }
    return ordered_push(decoder->slots, job, error);
}

enum bswz_status jpeg_decoder_finish(struct jpeg_decoder *decoder, bool *is_damaged, struct bswz_error *error) {
    const enum bswz_status status = ordered_finish(decoder->slots, error);
    const bool is_short = decoder->pushed < decoder->bands;
    *is_damaged = decoder->is_damaged || is_short;
    if (status == BSWZ_OK && is_short && !decoder->is_rescue) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a JPEG file has the wrong number of bands");
    }
    return status;
}

void jpeg_decoder_close(struct jpeg_decoder *decoder) {
    if (decoder != NULL) {
        ordered_destroy(decoder->slots);
        free(decoder);
    }
}
