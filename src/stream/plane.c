/*
 * Coding one plane (plane.h).
 *
 *     byte    how
 *     CONSTANT  the value
 *     FEW       the number of values less one, 1 ... 15; the values, ascending; a blob of indices, 1, 2 or 4 bits
 *               each for up to 2, 4, 16 values, the first in the lowest bits; each row starts a new byte
 *     BYTES     a blob
 *     MODEL     what model_planes_encode writes: the phase of the JPEG grid (0 ... 63, 64: none), a varint with the
 *               length, the coded plane
 */
#include "stream/plane.h"

#include "allocate.h"
#include "image/scaled.h"
#include "origin/origin.h"
#include "model/model_private.h"
#include "stream/container.h"

#include <stdlib.h>
#include <string.h>

enum { PLANE_CONSTANT = 0, PLANE_FEW = 1, PLANE_BYTES = 2, PLANE_MODEL = 3 };

#define FEW_MAX 16
#define NO_PHASE 64

/* Compression levels below this are for speed, and spare themselves the fit of corrections. */
#define CORRECTED_LEVEL 4

/* The cheap ways are good enough below this: half a bit a pixel. */
#define CHEAP_SHARE 16

static unsigned index_bits(unsigned count) {
    return count <= 2 ? 1 : count <= 4 ? 2 : 4;
}

static size_t few_size(const struct plane *plane, unsigned count) {
    return ((size_t)plane->width * index_bits(count) + 7) / 8 * plane->rows;
}

/* ---- the model's payload ---- */

/* With the default model, too, if that has not been decided: the smaller result stays, and so does its model. */
static enum bswz_status try_default_model(struct codec *codec, const struct coded_planes *planes,
                                          struct worker_pool *pool, struct byte_buffer *coded,
                                          struct bswz_error *error) {
    struct coded_planes again = *planes;
    struct planes_proof proof;
    struct byte_buffer other = {0};
    const struct bswz_model *model = bswz_model_embedded("default", error);
    if (model == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "the model cannot be used");
    }
    codec->try_default = false;
    again.proof = planes->proof != NULL ? &proof : NULL;
    enum bswz_status status = hierarchy_encode(model, &again, pool, &other, error);
    if (status == BSWZ_OK && other.size < coded->size) {
        const struct byte_buffer larger = *coded;
        *coded = other;
        other = larger;
        codec->model = model;
        if (planes->proof != NULL) {
            *planes->proof = proof;
        }
    }
    free(other.data);
    return status;
}

enum bswz_status model_planes_encode(struct codec *codec, struct coded_planes *planes, struct byte_buffer *out,
                                     struct bswz_error *error) {
    const struct bswz_model *model;
    struct worker_pool *pool;
    struct byte_buffer coded = {0};
    enum bswz_status status = codec_model(codec, &model, error);
    if (status == BSWZ_OK) {
        status = codec_pool(codec, (uint64_t)planes->width * planes->height, &pool, error);
    }
    if (status == BSWZ_OK) {
        planes->correct = codec->level >= CORRECTED_LEVEL;
        planes->sequenced = progress_tiles;
        planes->sequenced_context = &codec->band;
        status = hierarchy_encode(model, planes, pool, &coded, error);
    }
    if (status == BSWZ_OK && codec->try_default) {
        status = try_default_model(codec, planes, pool, &coded, error);
    }
    if (status == BSWZ_OK) {
        status = put_8(out, planes->grid_phase < 0 ? NO_PHASE : (unsigned)planes->grid_phase, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, coded.size, error);
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, coded.data, coded.size, error);
    }
    free(coded.data);
    return status;
}

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame is damaged");
}

/* A model of fewer levels than are to be left out: the coarsest picture that it knows, and of that some pixels. */
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
            status = bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
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

/* The payload's next `size` of which not all need be there. */
static const uint8_t *take_what_is_there(struct cursor *payload, uint64_t *size) {
    const uint8_t *bytes = payload->bytes + payload->at;
    const size_t left = cursor_left(payload);
    *size = *size < left ? *size : left;
    payload->at += (size_t)*size;
    return bytes;
}

/* Nothing more can be made of the payload: what the plane held before stays in all rows but the first `known` ones. An
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

enum bswz_status model_planes_decode(struct codec *codec, struct coded_planes *planes,
                                     const struct model_reference *reference, struct cursor *payload,
                                     struct bswz_error *error) {
    const struct bswz_model *model;
    struct worker_pool *pool;
    const size_t start = payload->at;
    uint8_t phase;
    uint64_t length;
    if (!take_8(payload, &phase) || phase > NO_PHASE ||
        !take_varint(payload, planes->loss == NULL ? cursor_left(payload) : UINT64_MAX, &length) ||
        (planes->loss == NULL && length > cursor_left(payload))) {
        return lose(payload, planes->width, planes->height, 0, planes->scale, planes->loss, error);
    }
    account_bytes(planes->account, SHARE_HEADERS, payload->at - start);
    const uint8_t *coded = take_what_is_there(payload, &length);
    planes->grid_phase = phase == NO_PHASE ? -1 : phase;
    planes->sequenced = progress_tiles;
    planes->sequenced_context = &codec->band;
    enum bswz_status status = codec_find_model(codec, reference, &model, error);
    if (status == BSWZ_OK) {
        status = codec_pool(codec, (uint64_t)planes->width * planes->height, &pool, error);
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
                                 .head = HEAD_JFIF,
                                 .grid_phase = -1,
                                 .scale = plane->scale,
                                 .account = plane->account,
                                 .loss = plane->loss,
                                 .plane = {plane->samples}};
}

/* ---- encoding ---- */

/* The values in use, ascending; their number, or FEW_MAX + 1 when there are more. */
static unsigned collect(const struct plane *plane, uint8_t values[FEW_MAX], uint8_t index[256]) {
    bool used[256] = {false};
    const size_t size = (size_t)plane->width * plane->rows;
    unsigned count = 0;
    for (size_t i = 0; i < size && count <= FEW_MAX; i++) {
        if (!used[plane->samples[i]]) {
            used[plane->samples[i]] = true;
            count++;
        }
    }
    for (unsigned value = 0, at = 0; value < 256 && count <= FEW_MAX; value++) {
        if (used[value]) {
            index[value] = (uint8_t)at;
            values[at++] = (uint8_t)value;
        }
    }
    return count;
}

static enum bswz_status encode_few(const struct plane *plane, const uint8_t *values, const uint8_t index[256],
                                   unsigned count, int level, struct byte_buffer *out, struct bswz_error *error) {
    const size_t size = few_size(plane, count);
    const unsigned bits = index_bits(count);
    uint8_t *packed = bswz_allocate_zero(size, 1);
    if (packed == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    const uint8_t *sample = plane->samples;
    uint8_t *row = packed;
    for (uint32_t y = 0; y < plane->rows; y++, row += size / plane->rows) {
        for (size_t x = 0; x < plane->width; x++) {
            row[x * bits / 8] |= (uint8_t)(index[*sample++] << x * bits % 8);
        }
    }
    enum bswz_status status = put_8(out, PLANE_FEW, error);
    status = status == BSWZ_OK ? put_8(out, count - 1, error) : status;
    status = status == BSWZ_OK ? byte_buffer_append(out, values, count, error) : status;
    status = status == BSWZ_OK ? put_blob(out, packed, size, level, error) : status;
    free(packed);
    return status;
}

static enum bswz_status encode_bytes(const struct plane *plane, int level, struct byte_buffer *out,
                                     struct bswz_error *error) {
    enum bswz_status status = put_8(out, PLANE_BYTES, error);
    return status == BSWZ_OK ? put_blob(out, plane->samples, (size_t)plane->width * plane->rows, level, error)
                             : status;
}

static enum bswz_status encode_model(struct codec *codec, const struct plane *plane, bool with_phase,
                                     struct byte_buffer *out, struct bswz_error *error) {
    struct coded_planes planes = as_coded(plane);
    struct frame_proofs *proofs = plane->proofs;
    struct worker_pool *pool;
    planes.proof = proofs != NULL ? &proofs->planes[proofs->count] : NULL;
    enum bswz_status status = codec_pool(codec, (uint64_t)plane->width * plane->rows, &pool, error);
    if (status == BSWZ_OK && with_phase) {
        planes.grid_phase = origin_grid_phase(plane->samples, plane->width, plane->rows, pool);
    }
    status = status == BSWZ_OK ? put_8(out, PLANE_MODEL, error) : status;
    return status == BSWZ_OK ? model_planes_encode(codec, &planes, out, error) : status;
}

/* Keep the smaller of *best and *candidate in *best, and empty *candidate. */
static bool keep_smaller(struct byte_buffer *best, struct byte_buffer *candidate) {
    const bool better = best->size == 0 || candidate->size < best->size;
    if (better) {
        const struct byte_buffer loser = *best;
        *best = *candidate;
        *candidate = loser;
    }
    candidate->size = 0;
    return better;
}

enum bswz_status plane_encode(struct codec *codec, const struct plane *plane, enum content content, bool with_phase,
                              struct byte_buffer *out, bool *used_model, struct bswz_error *error) {
    uint8_t values[FEW_MAX], index[256] = {0};
    const unsigned count = collect(plane, values, index);
    struct byte_buffer best = {0}, candidate = {0};
    enum bswz_status status = BSWZ_OK;
    if (count == 1) {
        status = put_8(&best, PLANE_CONSTANT, error);
        status = status == BSWZ_OK ? put_8(&best, values[0], error) : status;
    } else {
        bool is_model = false;
        if (count <= FEW_MAX) {
            status = encode_few(plane, values, index, count, codec->level, &best, error);
        }
        if (status == BSWZ_OK && (content != CONTENT_PHOTO || count <= FEW_MAX)) {
            status = encode_bytes(plane, codec->level, &candidate, error);
            keep_smaller(&best, &candidate);
        }
        const bool is_cheap = best.size > 0 && best.size <= (size_t)plane->width * plane->rows / CHEAP_SHARE;
        if (status == BSWZ_OK && content != CONTENT_DRAWN && !is_cheap) {
            status = encode_model(codec, plane, with_phase, &candidate, error);
            if (status == BSWZ_ERROR_CORRUPT) { /* it does not come back */
                codec->refused |= 1u << FRAME_PLANES;
                candidate.size = 0;
                status = bswz_forgive(error);
            } else {
                is_model = keep_smaller(&best, &candidate);
            }
            if (status == BSWZ_OK && (best.size == 0 || best.size > (size_t)plane->width * plane->rows)) { /* noise */
                status = encode_bytes(plane, codec->level, &candidate, error);
                is_model = !keep_smaller(&best, &candidate) && is_model;
            }
        }
        *used_model |= is_model;
        if (is_model && plane->proofs != NULL) {
            plane->proofs->count++;
        }
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, best.data, best.size, error);
    }
    free(best.data);
    free(candidate.data);
    return status;
}

/* ---- decoding ---- */

static enum bswz_status lose_rows(const struct plane *plane, struct cursor *payload, size_t known,
                                  struct bswz_error *error) {
    return lose(payload, plane->width, plane->rows, (uint32_t)known, plane->scale, plane->loss, error);
}

/* A blob of so many bytes for each row. *known: the rows that are there. */
static enum bswz_status take_rows(const struct plane *plane, struct cursor *payload, uint8_t *content,
                                  size_t row_bytes, size_t *known, struct bswz_error *error) {
    const size_t size = row_bytes * plane->rows;
    if (plane->loss == NULL) {
        *known = plane->rows;
        return take_blob(payload, content, size, error);
    }
    size_t got;
    const enum bswz_status status = take_blob_part(payload, content, size, &got, error);
    *known = got / row_bytes;
    return status == BSWZ_OK && got < size ? lose_rows(plane, payload, *known, error) : status;
}

static enum bswz_status decode_few(const struct plane *plane, struct cursor *payload, struct bswz_error *error) {
    uint8_t less_one;
    const uint8_t *values;
    if (!take_8(payload, &less_one) || less_one < 1 || less_one >= FEW_MAX ||
        !take_bytes(payload, less_one + 1u, &values)) {
        return lose_rows(plane, payload, 0, error);
    }
    const unsigned count = less_one + 1u, bits = index_bits(count), mask = (1u << bits) - 1;
    const size_t row_bytes = few_size(plane, count) / plane->rows;
    uint8_t *packed = bswz_allocate(plane->rows, row_bytes);
    if (packed == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    size_t known = 0;
    enum bswz_status status = take_rows(plane, payload, packed, row_bytes, &known, error);
    const size_t step = (size_t)1 << plane->scale;
    uint8_t *sample = plane->samples;
    for (size_t y = 0; y < known && status == BSWZ_OK; y += step) {
        const uint8_t *row = packed + y * row_bytes;
        for (size_t x = 0; x < plane->width; x += step) {
            const unsigned at = ((unsigned)row[x * bits / 8] >> x * bits % 8) & mask;
            if (at >= count && plane->loss == NULL) {
                status = damaged(error);
                break;
            }
            *sample++ = values[at < count ? at : 0];
        }
    }
    free(packed);
    return status;
}

static enum bswz_status decode_bytes(const struct plane *plane, struct cursor *payload, struct bswz_error *error) {
    size_t known = 0;
    if (plane->scale == 0) {
        return take_rows(plane, payload, plane->samples, plane->width, &known, error);
    }
    uint8_t *whole = bswz_allocate(plane->rows, plane->width);
    if (whole == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    const enum bswz_status status = take_rows(plane, payload, whole, plane->width, &known, error);
    if (status == BSWZ_OK) {
        picture_scale_samples(whole, plane->width, 0, (uint32_t)known, 1, plane->scale, plane->samples);
    }
    free(whole);
    return status;
}

/* The byte that says how has been taken. */
static enum bswz_status decode_cheaply(uint8_t how, const struct plane *plane, struct cursor *payload,
                                       struct bswz_error *error) {
    uint8_t value;
    switch (how) {
    case PLANE_CONSTANT:
        if (!take_8(payload, &value)) {
            return lose_rows(plane, payload, 0, error);
        }
        memset(plane->samples, value,
               (size_t)picture_scaled_side(plane->width, plane->scale) * picture_scaled_side(plane->rows, plane->scale));
        return BSWZ_OK;
    case PLANE_FEW:
        return decode_few(plane, payload, error);
    case PLANE_BYTES:
        return decode_bytes(plane, payload, error);
    default:
        return plane->loss != NULL ? lose_rows(plane, payload, 0, error)
                                   : bswz_fail(error, BSWZ_ERROR_VERSION,
                                               "unknown coding of a plane: the stream needs a newer bswz, or is damaged");
    }
}

enum bswz_status plane_decode(struct codec *codec, const struct plane *plane, const struct model_reference *model,
                              struct cursor *payload, struct bswz_error *error) {
    const size_t start = payload->at;
    uint8_t how = 0;
    if (!take_8(payload, &how)) {
        return lose_rows(plane, payload, 0, error);
    }
    if (how == PLANE_MODEL) {
        struct coded_planes planes = as_coded(plane);
        planes.proof = proofs_take(plane->proofs);
        account_bytes(plane->account, SHARE_HEADERS, 1);
        return model_planes_decode(codec, &planes, model, payload, error);
    }
    const enum bswz_status status = decode_cheaply(how, plane, payload, error);
    account_bytes(plane->account, SHARE_PLANES, payload->at - start);
    return status;
}
