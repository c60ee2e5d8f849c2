/* SPDX-License-Identifier: MIT */
/*
 * Coding one plane (plane.h).
 *
 *     byte    the kind
 *     DRAWN   a varint with the length, the payload of drawn_encode
 *     MODEL   the payload of model_planes_encode: the phase of the JPEG grid (0 ... 63, 64: none; 128 is added if the
 *             finest levels are blended), a varint with the length, the coded plane
 */
#include "band/plane.h"

#include "base/allocate.h"
#include "container/container.h"
#include "drawn/drawn.h"
#include "image/scaled.h"
#include "model/model_private.h"
#include "origin/origin.h"

#include <stdlib.h>
#include <string.h>

enum { PLANE_DRAWN = 0, PLANE_MODEL = 1 };

#define NO_PHASE 64
#define BLENDED 128 /* added to the phase */

/* Compression levels below this are for speed, and do not fit corrections. */
#define CORRECTED_LEVEL 4
/* Blending takes thirty times as long as the networks. */
#define BLENDED_LEVEL 9

/* No model makes a plane smaller than a drawing of at most half a bit per pixel. */
#define DRAWN_SHARE 16

/* ---- the model's payload ---- */

/* Keep the smaller of two results in *coded. Returns whether it is the other one. */
static bool keep_smaller(struct byte_buffer *coded, struct byte_buffer *other) {
    const struct byte_buffer first = *coded;
    const bool is_other = other->size < first.size;
    if (is_other) {
        *coded = *other;
        *other = first;
    }
    return is_other;
}

/* If that is still undecided, code the planes with the default model as well. The smaller result is kept, and its model
 * is used from then on. */
static enum bswz_status try_default_model(struct coding_context *coding, const struct coded_planes *planes,
                                          struct worker_pool *pool, struct byte_buffer *coded,
                                          struct bswz_error *error) {
    struct coded_planes again = *planes;
    struct planes_proof proof;
    struct byte_buffer other = {0};
    const struct bswz_model *model = bswz_model_embedded("default", error);
    if (model == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "the model cannot be used");
    }
    coding->try_default = false;
    again.proof = planes->proof != NULL ? &proof : NULL;
    again.block_bits = NULL;
    enum bswz_status status = hierarchy_encode(model, &again, pool, &other, error);
    if (status == BSWZ_OK && keep_smaller(coded, &other)) {
        coding->model = model;
        if (planes->proof != NULL) {
            *planes->proof = proof;
        }
    }
    free(other.data);
    return status;
}

/* Code the planes again, with blended levels. The smaller result is kept. */
static enum bswz_status try_blended(const struct bswz_model *model, struct coded_planes *planes,
                                    struct worker_pool *pool, struct byte_buffer *coded, struct bswz_error *error) {
    struct coded_planes again = *planes;
    struct byte_buffer other = {0};
    again.proof = NULL;
    again.block_bits = NULL;
    again.blended = true;
    enum bswz_status status = hierarchy_encode(model, &again, pool, &other, error);
    planes->blended = status == BSWZ_OK && keep_smaller(coded, &other);
    free(other.data);
    return status;
}

enum bswz_status model_planes_encode(struct coding_context *coding, struct coded_planes *planes,
                                     struct byte_buffer *out, struct bswz_error *error) {
    const struct bswz_model *model;
    struct worker_pool *pool;
    struct byte_buffer coded = {0};
    enum bswz_status status = coding_model(coding, &model, error);
    if (status == BSWZ_OK) {
        status = coding_pool(coding, (uint64_t)planes->width * planes->height, &pool, error);
    }
    if (status == BSWZ_OK) {
        planes->correct = coding->level >= CORRECTED_LEVEL;
        planes->sequenced = progress_tiles;
        planes->sequenced_context = &coding->band;
        status = hierarchy_encode(model, planes, pool, &coded, error);
    }
    if (status == BSWZ_OK && coding->try_default) {
        status = try_default_model(coding, planes, pool, &coded, error);
    }
    if (status == BSWZ_OK && coding->level >= BLENDED_LEVEL && planes->known == NULL) {
        status = try_blended(coding->model, planes, pool, &coded, error);
    }
    if (status == BSWZ_OK) {
        const unsigned phase = planes->grid_phase < 0 ? NO_PHASE : (unsigned)planes->grid_phase;
        status = put_8(out, phase + (planes->blended ? BLENDED : 0), error);
    }
    if (status == BSWZ_OK) {
        status = put_sized(out, &coded, error);
    }
    free(coded.data);
    return status;
}

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame is damaged");
}

/* For a model with fewer levels than the scale leaves out: decode its coarsest picture, and take some pixels of it. */
static enum bswz_status decode_coarsest(const struct bswz_model *model, const struct coded_planes *planes,
                                        struct worker_pool *pool, const uint8_t *coded, size_t size,
                                        struct bswz_error *error) {
    struct coded_planes larger = *planes;
    struct pixel_loss loss = {0};
    larger.scale = model->levels;
    larger.loss = planes->loss != NULL ? &loss : NULL;
    const uint32_t width = picture_scaled_side(planes->width, larger.scale);
    const uint32_t height = picture_scaled_side(planes->height, larger.scale);
    enum bswz_status status = BSWZ_OK;
    for (unsigned i = 0; i < planes->count; i++) {
        larger.plane[i] = bswz_allocate(width, height);
        if (larger.plane[i] == NULL) {
            status = bswz_no_memory(error);
        } else if (larger.loss != NULL) {
            memset(larger.plane[i], planes->plane[i][0], (size_t)width * height);
        }
    }
    if (status == BSWZ_OK) {
        status = hierarchy_decode(model, &larger, pool, coded, size, error);
    }
    for (unsigned i = 0; i < planes->count; i++) {
        if (status == BSWZ_OK) {
            picture_scale_samples(larger.plane[i], width, 0, height, 1, planes->scale - larger.scale, planes->plane[i]);
        }
        free(larger.plane[i]);
    }
    if (planes->loss != NULL) {
        pixel_loss_scale(&loss, planes->scale - larger.scale);
        pixel_loss_add(planes->loss, &loss);
    }
    return status;
}

/* The next *size bytes of the payload. If some are missing, *size is reduced. */
static const uint8_t *take_what_is_there(struct cursor *payload, uint64_t *size) {
    const uint8_t *bytes = payload->bytes + payload->at;
    const size_t left = cursor_left(payload);
    *size = *size < left ? *size : left;
    payload->at += (size_t)*size;
    return bytes;
}

/* The payload cannot be decoded any further: all rows after the first `known` ones keep their previous content. An
 * error unless losses are allowed. */
static enum bswz_status lose(struct cursor *payload, uint32_t width, uint32_t rows, uint32_t known, unsigned scale,
                             struct pixel_loss *loss, struct bswz_error *error) {
    if (loss == NULL) {
        return damaged(error);
    }
    payload->at = payload->size;
    loss->unknown += (uint64_t)picture_scaled_side(width, scale) *
                     (picture_scaled_side(rows, scale) - picture_scaled_side(known, scale));
    return BSWZ_OK;
}

enum bswz_status model_planes_decode(struct coding_context *coding, struct coded_planes *planes,
                                     const struct model_reference *reference, struct cursor *payload,
                                     struct bswz_error *error) {
    const struct bswz_model *model;
    struct worker_pool *pool;
    const size_t start = payload->at;
    uint8_t phase;
    uint64_t length;
    if (!take_8(payload, &phase) || (phase & ~BLENDED) > NO_PHASE || (phase >= BLENDED && planes->known != NULL) ||
        !take_varint(payload, planes->loss == NULL ? cursor_left(payload) : UINT64_MAX, &length) ||
        (planes->loss == NULL && length > cursor_left(payload))) {
        return lose(payload, planes->width, planes->height, 0, planes->scale, planes->loss, error);
    }
    account_bytes(planes->account, SHARE_HEADERS, payload->at - start);
    const uint64_t wanted = length;
    const uint8_t *coded = take_what_is_there(payload, &length);
    planes->is_cut = length < wanted;
    planes->blended = phase >= BLENDED;
    phase &= BLENDED - 1;
    planes->grid_phase = phase == NO_PHASE ? -1 : phase;
    planes->sequenced = progress_tiles;
    planes->sequenced_context = &coding->band;
    enum bswz_status status = coding_find_model(coding, reference, &model, error);
    if (status == BSWZ_OK) {
        status = coding_pool(coding, (uint64_t)planes->width * planes->height, &pool, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    return planes->scale > model->levels ? decode_coarsest(model, planes, pool, coded, (size_t)length, error)
                                         : hierarchy_decode(model, planes, pool, coded, (size_t)length, error);
}

static struct coded_planes as_coded(const struct plane *plane) {
    return (struct coded_planes){.width = plane->width,
                                 .height = plane->rows,
                                 .count = 1,
                                 .head = plane->is_grey ? HEAD_GREY : HEAD_JFIF,
                                 .grid_phase = -1,
                                 .known = plane->known,
                                 .block_bits = plane->model_bits,
                                 .scale = plane->scale,
                                 .account = plane->account,
                                 .loss = plane->loss,
                                 .plane = {plane->samples}};
}

/* ---- encoding ---- */

static struct drawn_picture as_drawn(const struct plane *plane) {
    return (struct drawn_picture){.width = plane->width,
                                  .height = plane->rows,
                                  .channels = 1,
                                  .is_indexed = plane->is_indexed,
                                  .known = plane->known,
                                  .block_bits = plane->drawn_bits,
                                  .place = account_place(plane->account)};
}

/* **fits: it took at most limit bytes. */
static enum bswz_status encode_drawn(const struct plane *plane, int level, size_t limit, struct byte_buffer *out,
                                     bool *fits, struct bswz_error *error) {
    const struct drawn_picture picture = as_drawn(plane);
    struct byte_buffer coded = {0};
    enum bswz_status status = drawn_encode(&picture, plane->samples, level, limit, &coded, fits, NULL, error);
    if (status == BSWZ_OK && *fits) {
        status = put_8(out, PLANE_DRAWN, error);
        if (status == BSWZ_OK) {
            status = put_sized(out, &coded, error);
        }
    }
    free(coded.data);
    return status;
}

static enum bswz_status encode_model(struct coding_context *coding, const struct plane *plane, bool with_phase,
                                     struct byte_buffer *out, struct bswz_error *error) {
    struct coded_planes planes = as_coded(plane);
    struct frame_proofs *proofs = plane->proofs;
    struct worker_pool *pool;
    planes.proof = proofs != NULL ? &proofs->planes[proofs->count] : NULL;
    enum bswz_status status = coding_pool(coding, (uint64_t)plane->width * plane->rows, &pool, error);
    if (status == BSWZ_OK && with_phase) {
        planes.grid_phase = origin_grid_phase(plane->samples, plane->width, plane->rows, pool);
    }
    if (status == BSWZ_OK) {
        status = put_8(out, PLANE_MODEL, error);
    }
    return status == BSWZ_OK ? model_planes_encode(coding, &planes, out, error) : status;
}

/* Noise of many values: coding it as a drawing takes longest, and helps least. Large planes are examined, by some of
 * their rows. */
#define NOISE_LEAST ((size_t)1 << 16)
#define NOISE_TRIED 16384
#define NOISE_SHARE 64
#define LIGHT_LEVEL 1

static enum bswz_status find_noise(const struct plane *plane, bool *is_noise, struct bswz_error *error) {
    struct plane middle = *plane;
    struct byte_buffer coded = {0};
    bool fits;
    *is_noise = false;
    if (plane->known != NULL || (size_t)plane->width * plane->rows < NOISE_LEAST) {
        return BSWZ_OK;
    }
    middle.rows = NOISE_TRIED / plane->width + 1;
    middle.rows = middle.rows < plane->rows ? middle.rows : plane->rows;
    middle.samples += (size_t)((plane->rows - middle.rows) / 2) * plane->width;
    middle.drawn_bits = NULL;
    const size_t plain = (size_t)middle.rows * plane->width;
    const enum bswz_status status =
        encode_drawn(&middle, LIGHT_LEVEL, plain - plain / NOISE_SHARE, &coded, &fits, error);
    *is_noise = status == BSWZ_OK && !fits;
    free(coded.data);
    return status;
}

enum bswz_status plane_encode(struct coding_context *coding, const struct plane *plane, bool may_be_drawn,
                              struct byte_buffer *out, bool *used_model, struct bswz_error *error) {
    const size_t pixels = (size_t)plane->width * plane->rows;
    struct byte_buffer drawn = {0}, modelled = {0};
    enum bswz_status status = BSWZ_OK;
    bool fits = false, is_noise = false;
    if (may_be_drawn) {
        status = find_noise(plane, &is_noise, error);
    }
    if (status == BSWZ_OK && may_be_drawn && !is_noise) {
        status = encode_drawn(plane, coding->level, SIZE_MAX, &drawn, &fits, error);
    }
    const bool is_enough = fits && drawn.size <= pixels / DRAWN_SHARE;
    if (status == BSWZ_OK && !is_enough) {
        status = encode_model(coding, plane, plane->is_grey || !may_be_drawn, &modelled, error);
        if (status == BSWZ_ERROR_CORRUPT) { /* it failed a check */
            coding->refused |= 1u << FRAME_PLANES;
            modelled.size = 0;
            status = bswz_forgive(error);
            status = fits ? status : encode_drawn(plane, coding->level, SIZE_MAX, &drawn, &fits, error);
        }
    }
    const bool is_model = modelled.size > 0 && (!fits || modelled.size < drawn.size);
    const struct byte_buffer *best = is_model ? &modelled : &drawn;
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, best->data, best->size, error);
        *used_model |= is_model;
        if (is_model && plane->proofs != NULL) {
            plane->proofs->count++;
        }
    }
    free(drawn.data);
    free(modelled.data);
    return status;
}

/* ---- decoding ---- */

static enum bswz_status lose_rows(const struct plane *plane, struct cursor *payload, size_t known,
                                  struct bswz_error *error) {
    return lose(payload, plane->width, plane->rows, (uint32_t)known, plane->scale, plane->loss, error);
}

/* Decodes the first *known rows into samples, which have the full size of the plane. */
static enum bswz_status decode_whole(const struct plane *plane, const uint8_t *bytes, size_t size, bool is_cut,
                                     uint8_t *samples, uint32_t *known, struct bswz_error *error) {
    const struct drawn_picture picture = as_drawn(plane);
    struct bswz_error own = {.status = BSWZ_OK};
    const enum bswz_status status = drawn_decode(&picture, bytes, size, is_cut, samples, known, &own);
    return status == BSWZ_OK || (status == BSWZ_ERROR_CORRUPT && plane->loss != NULL)
               ? BSWZ_OK
               : bswz_fail(error, status, "%s", own.message);
}

static enum bswz_status decode_drawn(const struct plane *plane, struct cursor *payload, struct bswz_error *error) {
    const bool may_lose = plane->loss != NULL;
    uint64_t length;
    uint32_t known = 0;
    if (!take_varint(payload, may_lose ? UINT64_MAX : cursor_left(payload), &length)) {
        return lose_rows(plane, payload, 0, error);
    }
    const uint64_t wanted = length;
    const uint8_t *bytes = take_what_is_there(payload, &length);
    uint8_t *whole = bswz_allocate(plane->rows, plane->width);
    if (whole == NULL) {
        return bswz_no_memory(error);
    }
    if (plane->known != NULL) {
        memcpy(whole, plane->samples, (size_t)plane->width * plane->rows);
    }
    const enum bswz_status status = decode_whole(plane, bytes, (size_t)length, length < wanted, whole, &known, error);
    if (status == BSWZ_OK) {
        picture_scale_samples(whole, plane->width, 0, known, 1, plane->scale, plane->samples);
    }
    free(whole);
    return status == BSWZ_OK && known < plane->rows ? lose_rows(plane, payload, known, error) : status;
}

enum bswz_status plane_decode(struct coding_context *coding, const struct plane *plane,
                              const struct model_reference *model, struct cursor *payload, struct bswz_error *error) {
    const size_t start = payload->at;
    uint8_t how = 0;
    if (!take_8(payload, &how)) {
        return lose_rows(plane, payload, 0, error);
    }
    if (how == PLANE_MODEL) {
        struct coded_planes planes = as_coded(plane);
        planes.proof = proofs_take(plane->proofs);
        account_bytes(plane->account, SHARE_HEADERS, 1);
        return model_planes_decode(coding, &planes, model, payload, error);
    }
    if (how != PLANE_DRAWN) {
        return plane->loss != NULL
                   ? lose_rows(plane, payload, 0, error)
                   : bswz_fail(error, BSWZ_ERROR_VERSION,
                               "unknown coding of a plane: the stream needs a newer bswz, or is damaged");
    }
    const enum bswz_status status = decode_drawn(plane, payload, error);
    account_bytes(plane->account, SHARE_DRAWN, payload->at - start);
    return status;
}
