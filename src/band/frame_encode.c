/* SPDX-License-Identifier: MIT */
/*
 * From the samples of a band to a frame: try the codings that suit the picture, and keep the smallest.
 *
 *     was a JPEG          its coefficients
 *     photograph          planes of the origin, by the model
 *     drawn               exact colours
 *     deep, or grey       samples one by one
 *     not sure, or small  all of them
 *     each in parts       some blocks drawn, the others by the model, if that promises enough (mixed_map.h)
 *     larger than plain   zstd, or stored
 *
 * A part of a photograph is also tried as a drawing, and a drawing that takes many bits is also tried as a photograph.
 * What a picture looks like only determines the order.
 *
 * A candidate is a frame header and a payload. Choices depend only on the samples and the level. A candidate is decoded
 * before it is chosen (frame_check.c). If it does not come back, the next smallest one is used, or the samples are
 * stored.
 */
#include "band/frame_candidate.h"

#include "band/alpha.h"
#include "band/coefficients_payload.h"
#include "band/frame_mixed.h"
#include "band/mixed.h"
#include "band/plane.h"
#include "band/trial.h"
#include "base/allocate.h"
#include "bytes/zstd.h"
#include "deep/deep.h"
#include "drawn/drawn.h"
#include "origin/exceptions_code.h"
#include "origin/origin.h"
#include "pyramid/hierarchy.h"

#include <stdlib.h>
#include <string.h>

/* On bands up to this size, zstd is always tried: it is fast, and has the least overhead. */
#define SMALL_BAND ((size_t)64 << 10)

/* For bands of up to this many pixels, the check runs all networks. */
#define SMALL_FRAME ((size_t)128 * 128)

/* Bands with fewer blocks are not mixed. */
#define LEAST_BLOCKS 4

/* ---- planes, coefficients ---- */

/* Three planes, coded by the model. Photo CD pictures never were JPEG. */
static enum bswz_status put_colour_planes(struct encoding *encoding, const struct origin_planes *planes,
                                          struct candidate *candidate, struct bswz_error *error) {
    struct coded_planes coded = {.width = planes->width,
                                 .height = planes->height,
                                 .count = 3,
                                 .head = head_of_origin(planes->kind),
                                 .half_chroma = planes->half_chroma,
                                 .grid_phase = -1,
                                 .plane = {planes->plane[0], planes->plane[1], planes->plane[2]}};
    if (planes->kind != ORIGIN_PHOTOYCC) {
        coded.grid_phase = origin_grid_phase(planes->plane[0], planes->width, planes->height, encoding->pool);
    }
    candidate->used_model = true;
    if (planes->kind == ORIGIN_RGB) {
        coded.block_bits = encoding->model_bits;
        encoding->has_model_bits = true;
    }
    coded.proof = encoding->is_proven ? &candidate->proofs.planes[candidate->proofs.count++] : NULL;
    return candidate_refuse(encoding, FRAME_PLANES,
                            model_planes_encode(encoding->coding, &coded, &candidate->payload, error), candidate,
                            error);
}

/* With so few exceptions, coefficients are always smaller than pixels, so the pixels are not tried. */
#define FEW_EXCEPTIONS 50 /* at most one pixel in 50 */

/* Were the colours a JPEG file? Then append its coefficients to the payload of the candidate; *sure says whether other
 * codings need not be tried. origin: NULL for one channel. */
static enum bswz_status try_coefficients(struct encoding *encoding, const uint8_t *colours,
                                         const struct origin_planes *origin, struct candidate *candidate, bool *found,
                                         bool *sure, struct bswz_error *error) {
    const bool is_grey = origin == NULL || origin->kind == ORIGIN_GREY;
    struct recovered *recovered = &candidate->recovered;
    *found = *sure = false;
    if (encoding->no_coefficients || encoding->options->effort > EFFORT_SHALLOW || !encoding->options->search_origin ||
        !encoding->may_have_origin || !coefficients_payload_holds(encoding->width, encoding->rows) ||
        (!is_grey && origin->kind != ORIGIN_JFIF)) {
        return BSWZ_OK;
    }
    enum bswz_status status =
        unjpeg_find(is_grey && origin != NULL ? origin->plane[0] : colours, encoding->width, encoding->rows,
                    is_grey ? 1 : 3, is_grey ? NULL : origin, encoding->pool, recovered, found, error);
    if (status == BSWZ_OK && *found) {
        *sure = recovered->is_certain &&
                (uint64_t)recovered->wrong * FEW_EXCEPTIONS <= (size_t)encoding->width * encoding->rows;
        candidate->header.method = FRAME_COEFFICIENTS;
        status = coefficients_payload_put(recovered, encoding->coding->level, encoding->pool,
                                          encoding->is_proven ? &candidate->proofs.coefficients : NULL,
                                          &candidate->payload, error);
        if (status == BSWZ_ERROR_CORRUPT) {
            *found = *sure = false;
            status = candidate_refuse(encoding, FRAME_COEFFICIENTS, status, candidate, error);
        }
    } else {
        *recovered = (struct recovered){.offset_x = 0};
    }
    return status;
}

/* The colours: RGB by its origin; a single channel is grey, or palette indices. */
static enum bswz_status put_grey(struct encoding *encoding, const uint8_t *grey, struct candidate *candidate,
                                 struct bswz_error *error) {
    const struct plane plane = {.width = encoding->width,
                                .rows = encoding->rows,
                                .samples = (uint8_t *)(uintptr_t)grey,
                                .model_bits = encoding->model_bits,
                                .is_grey = !encoding->is_indexed,
                                .proofs = encoding->is_proven ? &candidate->proofs : NULL};
    candidate->header.origin = ORIGIN_GREY;
    /* with alpha, the colours may still be drawn; without it, that is a separate candidate */
    const enum bswz_status status = plane_encode(encoding->coding, &plane, encoding->channels % 2 == 0,
                                                 &candidate->payload, &candidate->used_model, error);
    encoding->has_model_bits = candidate->used_model;
    return status;
}

/* Three channels, by their origin. */
static enum bswz_status put_origin(struct encoding *encoding, const struct origin_planes *planes,
                                   struct candidate *candidate, struct bswz_error *error) {
    struct frame_header *header = &candidate->header;
    enum bswz_status status = BSWZ_OK;
    header->origin = planes->kind;
    header->half_chroma = planes->half_chroma;
    header->flip_x = planes->flip_x;
    header->flip_y = planes->flip_y;
    header->has_exceptions = planes->exceptions.size > 0;
    if (header->has_exceptions) {
        const struct exceptions_place place = {.width = planes->width, .height = planes->height, .channels = 3};
        status = exceptions_put(&planes->exceptions, &place, &candidate->payload, error);
    }
    if (status == BSWZ_OK && planes->kind == ORIGIN_GREY) {
        return put_grey(encoding, planes->plane[0], candidate, error);
    }
    return status == BSWZ_OK ? put_colour_planes(encoding, planes, candidate, error) : status;
}

/* Find the origin of the colours, unless that has been done for this band. */
static enum bswz_status find_origin(struct encoding *encoding, const uint8_t *colours, bool search,
                                    struct bswz_error *error) {
    if (encoding->has_origin) {
        return BSWZ_OK;
    }
    const enum bswz_status status =
        origin_find(colours, encoding->width, encoding->rows, search, encoding->pool, &encoding->origin, error);
    encoding->has_origin = status == BSWZ_OK;
    return status;
}

static void forget_origin(struct encoding *encoding) {
    origin_planes_free(&encoding->origin);
    encoding->has_origin = false;
}

static enum bswz_status put_colours(struct encoding *encoding, const uint8_t *colours, struct candidate *candidate,
                                    struct bswz_error *error) {
    const bool search = encoding->options->search_origin && encoding->may_have_origin;
    const struct origin_planes *planes = encoding->channels >= 3 ? &encoding->origin : NULL;
    struct candidate pixels = *candidate; /* for the other coding */
    bool found = false, sure = false;
    enum bswz_status status = planes != NULL ? find_origin(encoding, colours, search, error) : BSWZ_OK;
    pixels.payload = (struct byte_buffer){0};
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&pixels.payload, candidate->payload.data, candidate->payload.size, error);
    }
    if (status == BSWZ_OK && !encoding->is_indexed) {
        status = try_coefficients(encoding, colours, planes, candidate, &found, &sure, error);
    }
    if (status == BSWZ_OK && !found && encoding->needs_jpeg) {
        candidate->payload.size = 0;
        encoding->no_coefficients = true; /* no need to search again */
    } else if (status == BSWZ_OK && !sure) {
        if (!found) {
            trial_offer(encoding);
        }
        status =
            planes == NULL ? put_grey(encoding, colours, &pixels, error) : put_origin(encoding, planes, &pixels, error);
        if (status == BSWZ_OK && (!found || (pixels.payload.size > 0 && candidate_cost(encoding, &pixels) <
                                                                            candidate_cost(encoding, candidate)))) {
            const struct candidate larger = *candidate;
            *candidate = pixels;
            pixels = larger;
        }
    }
    if (!encoding->is_proven) {
        candidate_free_evidence(candidate);
    }
    candidate_free(&pixels);
    return status;
}

static enum bswz_status try_planes(struct encoding *encoding, struct bswz_error *error) {
    const uint8_t *samples = encoding->reduction.samples;
    const size_t pixels = (size_t)encoding->width * encoding->rows;
    struct candidate candidate;
    enum bswz_status status = candidate_start(encoding, FRAME_PLANES, &candidate, error);
    if (status == BSWZ_OK && encoding->channels % 2 == 1) {
        status = put_colours(encoding, samples, &candidate, error);
    } else if (status == BSWZ_OK) {
        uint8_t *colours = bswz_allocate(pixels, encoding->channels - 1), *alpha = bswz_allocate(pixels, 1);
        if (colours == NULL || alpha == NULL) {
            status = bswz_no_memory(error);
        } else {
            split_alpha(samples, pixels, encoding->channels, colours, alpha);
            status = put_colours(encoding, colours, &candidate, error);
        }
        if (status == BSWZ_OK && candidate.payload.size > 0) {
            const struct plane plane = {.width = encoding->width,
                                        .rows = encoding->rows,
                                        .samples = alpha,
                                        .drawn_bits = encoding->model_bits,
                                        .proofs = encoding->is_proven ? &candidate.proofs : NULL};
            status = plane_encode(encoding->coding, &plane, true, &candidate.payload, &candidate.used_model, error);
        }
        candidate.colours = colours; /* grey itself is the plane */
        candidate.alpha = alpha;
    }
    if (status != BSWZ_OK) {
        candidate_free(&candidate);
        return status;
    }
    trial_offer_strips(encoding, candidate_cost(encoding, &candidate));
    return candidate_judge(encoding, &candidate, error);
}

/* Not sure whether the band is a photograph: was it a JPEG file? Then its coefficients are the first candidate, since a
 * drawing, which would have to repeat all the noise of a JPEG, takes long and is larger. */
static enum bswz_status try_jpeg(struct encoding *encoding, struct bswz_error *error) {
    if (encoding->content != CONTENT_MIXED || encoding->channels != 3 || encoding->coding->level >= THOROUGH_LEVEL ||
        encoding->options->effort > EFFORT_SHALLOW) {
        return BSWZ_OK;
    }
    encoding->needs_jpeg = true;
    return try_planes(encoding, error);
}

/* ---- the other methods ---- */

/* limit: no larger drawing is of interest. */
static enum bswz_status try_drawn(struct encoding *encoding, size_t limit, struct bswz_error *error) {
    struct drawn_picture picture = drawn_rows(encoding, encoding->rows);
    picture.is_noise = encoding->is_noise;
    picture.is_photo = encoding->is_photo;
    const uint8_t *before[PRIORS_MOST];
    struct candidate candidate;
    bool fits = false;
    enum bswz_status status = candidate_start(encoding, FRAME_DRAWN, &candidate, error);
    if (encoding->reduction.kind == REDUCTION_NONE) {
        picture.before = before;
        picture.before_count = priors_find(encoding->coding->priors, encoding->info, encoding->rows, before);
    }
    picture.block_bits = encoding->drawn_bits;
    picture.proof = encoding->is_proven ? &candidate.proofs.drawn : NULL;
    candidate.proofs.drawn_samples = encoding->reduction.samples;
    if (status == BSWZ_OK) {
        status = drawn_encode(&picture, encoding->reduction.samples, encoding->coding->level, limit, &candidate.payload,
                              &fits, NULL, error);
    }
    encoding->coding->refused |= candidate.proofs.drawn.is_wrong ? 1u << FRAME_DRAWN : 0;
    if (status != BSWZ_OK || !fits) {
        candidate_free(&candidate);
        return status;
    }
    encoding->has_drawn_bits = true;
    return candidate_judge(encoding, &candidate, error);
}

/* Try deep samples. */
static enum bswz_status try_deep(struct encoding *encoding, struct bswz_error *error) {
    const uint8_t *before[PRIORS_MOST];
    struct candidate candidate = {.header = {.method = FRAME_DEEP}, .proofs = {.deep_samples = encoding->samples}};
    const struct deep_picture picture = {
        .width = encoding->width,
        .height = encoding->rows,
        .channels = encoding->channels,
        .bytes = encoding->info->depth / 8u,
        .before = before,
        .before_count = priors_find(encoding->coding->priors, encoding->info, encoding->rows, before),
        .proof = encoding->is_proven ? &candidate.proofs.deep : NULL};
    const size_t limit = candidate_limit(encoding);
    bool fits;
    const enum bswz_status status =
        deep_encode(&picture, encoding->samples, encoding->coding->level, limit, &candidate.payload, &fits, error);
    encoding->coding->refused |= candidate.proofs.deep.is_wrong ? 1u << FRAME_DEEP : 0;
    if (status != BSWZ_OK || !fits) {
        candidate_free(&candidate);
        return status;
    }
    return candidate_judge(encoding, &candidate, error);
}

/* Allocate the bits per block, if there may be a choice; those of the model also tell whether a drawing is worth a
 * try. */
static enum bswz_status allocate_bits(struct encoding *encoding, struct bswz_error *error) {
    const size_t blocks = mixed_blocks(encoding->width, encoding->rows);
    if (blocks < LEAST_BLOCKS || encoding->is_indexed || encoding->options->effort > EFFORT_SHALLOW ||
        encoding->options->prefer_model) { /* nor if the work is not paid for (work_budget.h) */
        return BSWZ_OK;
    }
    const bool mixes = encoding->options->search_origin;
    encoding->drawn_bits = mixes ? bswz_allocate_zero(blocks, sizeof *encoding->drawn_bits) : NULL;
    encoding->model_bits = bswz_allocate_zero(blocks, sizeof *encoding->model_bits);
    return (encoding->drawn_bits != NULL || !mixes) && encoding->model_bits != NULL ? BSWZ_OK : bswz_no_memory(error);
}

/* Try zstd on the original samples, without a reduction. */
static enum bswz_status try_zstd(struct encoding *encoding, const uint8_t *samples, size_t size,
                                 struct bswz_error *error) {
    struct candidate candidate = {.header = {.method = FRAME_ZSTD}};
    const size_t limit = candidate_limit(encoding);
    bool fits;
    enum bswz_status status =
        bytes_pack(samples, size, encoding->coding->level, limit, &candidate.payload, &fits, error);
    if (status != BSWZ_OK) {
        candidate_free(&candidate);
        return status;
    }
    return candidate_judge(encoding, &candidate, error);
}

/* Does the band have a known origin? Then the gaps in its histogram come from the conversion. */
static enum bswz_status has_known_origin(struct encoding *encoding, const uint8_t *samples, bool *found,
                                         struct bswz_error *error) {
    const size_t pixels = (size_t)encoding->width * encoding->rows;
    uint8_t *colours = NULL, *alpha = NULL;
    enum bswz_status status = BSWZ_OK;
    *found = false;
    if (encoding->channels < 3 || !encoding->options->search_origin) {
        return BSWZ_OK;
    }
    if (encoding->channels == 4) {
        colours = bswz_allocate(pixels, 3);
        alpha = bswz_allocate(pixels, 1);
        if (colours == NULL || alpha == NULL) {
            status = bswz_no_memory(error);
        } else {
            split_alpha(samples, pixels, 4, colours, alpha);
        }
    }
    if (status == BSWZ_OK) {
        status = find_origin(encoding, colours != NULL ? colours : samples, true, error);
    }
    free(colours);
    free(alpha);
    *found = has_planes_of_origin(encoding);
    if (!*found || encoding->info->maxval != 255) { /* other samples are coded, or no origin is named */
        forget_origin(encoding);
    }
    return status;
}

/* Reduce the samples of the band to 8 bits, in encoding->reduction. */
static enum bswz_status reduce(struct encoding *encoding, const struct picture_info *info, const uint8_t *samples,
                               struct bswz_error *error) {
    const size_t pixels = (size_t)encoding->width * encoding->rows;
    bool tables = false;
    if (info->depth == 16 && encoding->options->effort != EFFORT_DRAWN &&
        !reduction_is_disguise(info, samples, pixels)) {
        encoding->is_deep = true;
        return BSWZ_OK;
    }
    if (info->depth == 8 && !info->indexed && encoding->options->effort != EFFORT_DRAWN &&
        content_of(samples, encoding->width, encoding->rows, encoding->channels) != CONTENT_DRAWN &&
        reduction_has_gaps(samples, pixels, encoding->channels)) {
        bool found;
        enum bswz_status status = has_known_origin(encoding, samples, &found, error);
        if (status != BSWZ_OK) {
            return status;
        }
        tables = !found;
    }
    return reduction_apply(info, samples, pixels, tables, encoding->coding->level, &encoding->reduction, error);
}

static enum bswz_status try_all(struct encoding *encoding, const uint8_t *samples, size_t size,
                                struct bswz_error *error) {
    if (encoding->is_deep) {
        const enum bswz_status deep = try_deep(encoding, error);
        const bool needs_more = size <= SMALL_BAND || encoding->best.header.method == FRAME_END;
        return deep == BSWZ_OK && needs_more ? try_zstd(encoding, samples, size, error) : deep;
    }
    enum bswz_status status = trial_noise(encoding, error);
    if (status != BSWZ_OK || encoding->is_noise) {
        return status == BSWZ_OK ? try_drawn(encoding, candidate_limit(encoding), error) : status;
    }
    bool is_photo = false;
    const bool prefers_model = encoding->options->prefer_model && encoding->options->effort != EFFORT_DRAWN;
    if (!prefers_model && encoding->options->effort != EFFORT_DRAWN) {
        status = trial_photographed(encoding, &is_photo, error);
    }
    if (status == BSWZ_OK && !is_photo && !prefers_model) {
        status = try_jpeg(encoding, error);
    }
    const bool has_planes = encoding->best.header.method != FRAME_END;
    is_photo |= encoding->best.header.method == FRAME_COEFFICIENTS;
    encoding->needs_jpeg = false;
    encoding->may_try_ahead = is_photo && !prefers_model;
    if (status == BSWZ_OK && !is_photo && !prefers_model) {
        status = try_drawn(encoding, candidate_limit(encoding), error);
    }
    bool needs_model = false;
    status = status == BSWZ_OK && !has_planes ? frame_may_need_model(encoding, &needs_model, error) : status;
    status = status == BSWZ_OK && needs_model ? try_planes(encoding, error) : status;
    encoding->no_coefficients = (encoding->coding->refused & 1u << FRAME_COEFFICIENTS) != 0;
    if (status == BSWZ_OK && encoding->no_coefficients && encoding->best.header.method == FRAME_END) {
        status = try_planes(encoding, error);
    }
    forget_origin(encoding);
    bool may_be = prefers_model && encoding->best.header.method == FRAME_END, in_part = false;
    if (status == BSWZ_OK && is_photo && !prefers_model) {
        status = trial_drawn(encoding, &may_be, &in_part, error);
    }
    if (status == BSWZ_OK && (may_be || in_part)) {
        status = try_drawn(encoding, in_part ? encoding->largest : candidate_limit(encoding), error);
    }
    if (status == BSWZ_OK && encoding->drawn_bits != NULL) {
        status = frame_try_mixed(encoding, error);
    }
    bool is_deep = status == BSWZ_OK && !candidate_is_settled(encoding) && may_be_deep(encoding);
    if (is_deep) {
        status = trial_deep(encoding, &is_deep, error);
    }
    if (status == BSWZ_OK && is_deep) {
        status = try_deep(encoding, error);
    }
    if (status == BSWZ_OK && (size <= SMALL_BAND || encoding->best.header.method == FRAME_END)) {
        status = try_zstd(encoding, samples, size, error);
    }
    return status;
}

/* Check the header of the frame by parsing it. There is no alternative to it, so a failure is that of the machine. */
static enum bswz_status check_header(const struct encoding *encoding, const struct byte_buffer *frame, size_t start,
                                     size_t size, struct bswz_error *error) {
    struct frame_header taken;
    size_t used = 0;
    if (!encoding->coding->verify) {
        return BSWZ_OK;
    }
    if (frame_header_take(frame->data + start, frame->size - start, true, encoding->number, size, &taken, &used,
                          NULL) != BSWZ_OK ||
        used != frame->size - start || frame_check(&taken, encoding->samples, size, NULL) != BSWZ_OK) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "a frame header does not come back");
    }
    return BSWZ_OK;
}

enum bswz_status frame_encode(struct coding_context *coding, const struct frame_options *options,
                              const struct picture_info *info, const uint8_t *samples, uint32_t rows, uint64_t number,
                              struct byte_buffer *out, struct frame_header *header, bool *used_model,
                              struct bswz_error *error) {
    const size_t size = picture_row_bytes(info) * rows;
    struct encoding encoding = {.coding = coding,
                                .options = options,
                                .info = info,
                                .samples = samples,
                                .number = number,
                                .is_proven = coding->verify && (uint64_t)info->width * rows > SMALL_FRAME,
                                .width = info->width,
                                .rows = rows,
                                .channels = info->channels,
                                .is_indexed = info->indexed,
                                .largest = size};
    enum bswz_status status = coding_pool(coding, (uint64_t)info->width * rows, &encoding.pool, error);
    if (status == BSWZ_OK) {
        status = reduce(&encoding, info, samples, error);
    }
    if (status == BSWZ_OK && !encoding.is_deep) {
        encoding.may_have_origin =
            (encoding.reduction.kind == REDUCTION_NONE && info->maxval == 255 && !info->indexed) ||
            (encoding.reduction.kind == REDUCTION_REPEAT && info->maxval == 65535);
        encoding.content = content_of(encoding.reduction.samples, info->width, rows, info->channels);
        status = allocate_bits(&encoding, error);
    }
    if (status == BSWZ_OK) {
        status = try_all(&encoding, samples, size, error);
    }
    struct candidate *best = &encoding.best;
    if (best->header.method == FRAME_END) {
        best->header.method = FRAME_STORED;
    }
    best->header.payload_size = best->payload.size;
    *header = best->header;
    *used_model = best->used_model;
    const size_t start = out->size;
    if (status == BSWZ_OK) {
        status = frame_header_put(header, true, number, samples, size, out, error);
    }
    if (status == BSWZ_OK) {
        status = check_header(&encoding, out, start, size, error);
    }
    if (status == BSWZ_OK) {
        status = header->method == FRAME_STORED
                     ? byte_buffer_append(out, samples, size, error)
                     : byte_buffer_append(out, best->payload.data, best->payload.size, error);
    }
    trial_leave(&encoding);
    candidate_free(best);
    forget_origin(&encoding);
    free(encoding.drawn_bits);
    free(encoding.model_bits);
    free(encoding.strips.drawn_bits);
    free(encoding.strips.estimated_bits);
    reduction_free(&encoding.reduction);
    return status;
}
