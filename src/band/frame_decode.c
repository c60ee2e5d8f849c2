/* SPDX-License-Identifier: MIT */
/*
 * From a frame to the samples of a band. The payload is untrusted: nothing is trusted before the hash of the frame has
 * been checked at the end.
 *
 * With a scale, planes of a model are decoded only as far as necessary. Other codings, and bands that do not fit the
 * grid of the scale, are decoded completely, and most of the result is discarded.
 *
 * If losses are allowed, a step that cannot continue leaves substitutes for the unknown pixels, and counts them; if it
 * cannot decode anything, all pixels are unknown.
 *
 * The caller is responsible for sizes: it has checked the band against the limits before allocating its samples, and
 * nothing here allocates more than a few times that.
 */
#include "band/alpha.h"
#include "band/frame.h"
#include "base/allocate.h"

#include "band/coefficients_payload.h"
#include "band/mixed.h"
#include "band/plane.h"
#include "band/reduction.h"
#include "bytes/zstd.h"
#include "container/methods.h"
#include "deep/deep.h"
#include "drawn/drawn.h"
#include "image/loss.h"
#include "image/scaled.h"
#include "origin/exceptions_code.h"
#include "origin/origin.h"
#include "pyramid/hierarchy.h"

#include <stdlib.h>
#include <string.h>

struct decoding {
    struct coding_context *coding;
    const struct frame_source *source;
    const struct picture_info *info;
    const struct frame_header *header;
    unsigned scale;       /* that planes are decoded at */
    uint32_t width, rows; /* the size at that scale */
    size_t pixels;
    size_t whole_pixels; /* of the band */
    struct cursor payload;
    struct pixel_loss *loss; /* NULL: losses are not allowed */
    uint8_t stand_in[4];     /* substitutes for unknown 8-bit samples of each channel, if losses are allowed */
};

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame is damaged");
}

/* Decode the next plane of the payload: grey, palette indices, or alpha. */
static enum bswz_status decode_plane(struct decoding *decoding, unsigned channel, uint8_t *samples,
                                     struct bswz_error *error) {
    const struct plane plane = {.width = decoding->info->width,
                                .rows = decoding->source->rows,
                                .samples = samples,
                                .proofs = decoding->source->proofs,
                                .is_indexed = decoding->info->indexed,
                                .is_grey = channel == 0 && !decoding->info->indexed,
                                .scale = decoding->scale,
                                .account = decoding->source->account,
                                .loss = decoding->loss};
    if (decoding->loss != NULL) {
        memset(samples, decoding->stand_in[channel], decoding->pixels);
    }
    return plane_decode(decoding->coding, &plane, &decoding->source->picture->model, &decoding->payload, error);
}

static enum bswz_status decode_three_planes(struct decoding *decoding, const struct origin_planes *planes,
                                            struct bswz_error *error) {
    struct coded_planes coded = {.width = decoding->info->width,
                                 .height = decoding->source->rows,
                                 .count = 3,
                                 .head = head_of_origin(planes->kind),
                                 .half_chroma = planes->half_chroma,
                                 .scale = decoding->scale,
                                 .plane = {planes->plane[0], planes->plane[1], planes->plane[2]},
                                 .account = decoding->source->account,
                                 .proof = proofs_take(decoding->source->proofs),
                                 .loss = decoding->loss};
    const uint8_t *rgb = decoding->stand_in, grb[3] = {rgb[1], rgb[0], rgb[2]};
    for (unsigned i = 0; i < 3 && decoding->loss != NULL; i++) {
        memset(planes->plane[i], planes->kind == ORIGIN_RGB ? grb[i] : origin_row(planes->kind)->unknown[i],
               decoding->pixels);
    }
    struct account *account = decoding->source->account;
    if (account != NULL) {
        account->place.flip_x = planes->flip_x;
        account->place.flip_y = planes->flip_y;
    }
    const enum bswz_status status =
        model_planes_decode(decoding->coding, &coded, &decoding->source->picture->model, &decoding->payload, error);
    if (account != NULL) {
        account->place.flip_x = account->place.flip_y = false;
    }
    return status;
}

/* Take the list of exceptions; if losses are allowed, a damaged list counts as empty. */
static enum bswz_status take_exceptions(struct decoding *decoding, struct origin_planes *planes,
                                        struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    const size_t start = decoding->payload.at;
    const struct exceptions_place place = {
        .width = decoding->info->width, .height = decoding->source->rows, .channels = 3};
    const enum bswz_status status = exceptions_take(&decoding->payload, &place, &planes->exceptions, &own);
    account_spread(decoding->source->account, SHARE_EXCEPTIONS, (enum cost_kind)(COST_PLANES + planes->kind),
                   decoding->payload.at - start);
    if (status == BSWZ_OK || (decoding->loss != NULL && status == BSWZ_ERROR_CORRUPT)) {
        return BSWZ_OK;
    }
    return bswz_fail(error, status, "%s", own.message);
}

static enum bswz_status decode_colours(struct decoding *decoding, uint8_t *rgb, struct bswz_error *error) {
    const struct frame_header *header = decoding->header;
    struct origin_planes planes = {.kind = header->origin,
                                   .half_chroma = header->half_chroma,
                                   .flip_x = header->flip_x,
                                   .flip_y = header->flip_y,
                                   .width = decoding->width,
                                   .height = decoding->rows,
                                   .scale = decoding->scale,
                                   .whole_width = decoding->info->width,
                                   .whole_height = decoding->source->rows};
    struct bswz_error own = {.status = BSWZ_OK};
    struct worker_pool *pool;
    enum bswz_status status = coding_pool(decoding->coding, decoding->pixels, &pool, error);
    const unsigned count = origin_row(header->origin)->planes;
    for (unsigned i = 0; i < count && status == BSWZ_OK; i++) {
        planes.plane[i] = bswz_allocate(decoding->pixels, 1);
        if (planes.plane[i] == NULL) {
            status = bswz_no_memory(error);
        }
    }
    if (status == BSWZ_OK && header->has_exceptions) {
        status = take_exceptions(decoding, &planes, error);
    }
    if (status == BSWZ_OK) {
        status = count == 1 ? decode_plane(decoding, 0, planes.plane[0], error)
                            : decode_three_planes(decoding, &planes, error);
    }
    if (status == BSWZ_OK) {
        status = origin_restore(&planes, pool, rgb, &own);
        if (status == BSWZ_ERROR_CORRUPT && decoding->loss != NULL && planes.exceptions.size > 0) {
            planes.exceptions.size = 0; /* no exceptions are better than some in wrong places */
            status = origin_restore(&planes, pool, rgb, &own);
        }
        status = status == BSWZ_OK ? status : bswz_fail(error, status, "%s", own.message);
    }
    origin_planes_free(&planes);
    return status;
}

static enum bswz_status decode_coefficients(struct decoding *decoding, unsigned channels, uint8_t *samples,
                                            struct bswz_error *error) {
    const struct frame_proofs *proofs = decoding->source->proofs;
    struct worker_pool *pool;
    const enum bswz_status status = coding_pool(decoding->coding, decoding->pixels, &pool, error);
    return status == BSWZ_OK ? coefficients_payload_take(&decoding->payload, decoding->width, decoding->rows, channels,
                                                         pool, decoding->source->account,
                                                         proofs != NULL ? &proofs->coefficients : NULL, samples, error)
                             : status;
}

/* Decode one or three channels of colour, without alpha. */
static enum bswz_status decode_opaque(struct decoding *decoding, unsigned channels, uint8_t *samples,
                                      struct bswz_error *error) {
    const struct frame_header *header = decoding->header;
    if (header->method == FRAME_COEFFICIENTS) {
        return decode_coefficients(decoding, channels, samples, error);
    }
    if ((header->half_chroma && !origin_row(header->origin)->has_half_chroma) ||
        (channels == 1 &&
         (header->origin != ORIGIN_GREY || header->flip_x || header->flip_y || header->has_exceptions))) {
        return damaged(error);
    }
    return channels == 3 ? decode_colours(decoding, samples, error) : decode_plane(decoding, 0, samples, error);
}

/* Nothing may be left of the payload, unless losses are allowed. */
static enum bswz_status all_taken(const struct decoding *decoding, enum bswz_status status, struct bswz_error *error) {
    return status == BSWZ_OK && decoding->loss == NULL && cursor_left(&decoding->payload) != 0 ? damaged(error)
                                                                                               : status;
}

static enum bswz_status decode_with_alpha(struct decoding *decoding, uint8_t *samples, struct bswz_error *error) {
    const unsigned channels = decoding->info->channels;
    enum bswz_status status = BSWZ_OK;
    if (channels % 2 == 1) {
        return decode_opaque(decoding, channels, samples, error);
    }
    uint8_t *colours = bswz_allocate(decoding->pixels, channels - 1), *alpha = bswz_allocate(decoding->pixels, 1);
    if (colours == NULL || alpha == NULL) {
        status = bswz_no_memory(error);
    } else {
        status = decode_opaque(decoding, channels - 1, colours, error);
    }
    if (status == BSWZ_OK) {
        const struct pixel_loss colours_lost = decoding->loss != NULL ? *decoding->loss : (struct pixel_loss){0};
        status = decode_plane(decoding, channels - 1, alpha, error);
        if (colours_lost.guessed + colours_lost.unknown > 0) {
            *decoding->loss = colours_lost; /* these are the same pixels */
        }
    }
    if (status == BSWZ_OK) {
        join_alpha(colours, alpha, decoding->pixels, channels, samples);
    }
    free(colours);
    free(alpha);
    return status;
}

/* FRAME_PLANES, FRAME_COEFFICIENTS. */
static enum bswz_status decode_planes(struct decoding *decoding, uint8_t *samples, size_t size,
                                      struct bswz_error *error) {
    (void)size;
    return all_taken(decoding, decode_with_alpha(decoding, samples, error), error);
}

/* Mark everything after the first `known` rows as unknown. */
static void lose_rows(const struct decoding *decoding, uint32_t known) {
    decoding->loss->unknown += (uint64_t)decoding->width * (decoding->rows - known);
}

/* Decode a drawing. If losses are allowed, rows from *known on keep their substitutes. */
static enum bswz_status decode_drawing(const struct decoding *decoding, const uint8_t *bytes, size_t size,
                                       uint8_t *samples, uint32_t *known, struct bswz_error *error) {
    const uint8_t *before[PRIORS_MOST];
    const struct drawn_picture picture = {
        .width = decoding->width,
        .height = decoding->rows,
        .channels = decoding->info->channels,
        .is_indexed = decoding->info->indexed,
        .place = account_place(decoding->source->account),
        .before = before,
        .before_count = decoding->header->reduction == REDUCTION_NONE
                            ? priors_find(decoding->coding->priors, decoding->info, decoding->rows, before)
                            : 0};
    struct bswz_error own = {.status = BSWZ_OK};
    const bool is_cut = decoding->source->payload_size < decoding->header->payload_size;
    const struct frame_proofs *proofs = decoding->source->proofs;
    if (proofs != NULL && payload_is_proven(&proofs->drawn, bytes, size)) {
        memcpy(samples, proofs->drawn_samples, decoding->pixels * picture.channels);
        return BSWZ_OK;
    }
    const enum bswz_status status = drawn_decode(&picture, bytes, size, is_cut, samples, known, &own);
    if (status != BSWZ_ERROR_CORRUPT || decoding->loss == NULL) {
        return status == BSWZ_OK ? BSWZ_OK : bswz_fail(error, status, "%s", own.message);
    }
    for (size_t i = (size_t)*known * picture.width * picture.channels; i < decoding->pixels * picture.channels; i++) {
        samples[i] = decoding->stand_in[i % picture.channels];
    }
    return BSWZ_OK;
}

/* Decode a mixed picture: some blocks are drawn, the others are coded by the model. */
static enum bswz_status decode_mixed(struct decoding *decoding, uint8_t *samples, size_t size,
                                     struct bswz_error *error) {
    (void)size;
    const struct frame_header *header = decoding->header;
    const struct mixed mixed = {.width = decoding->width,
                                .rows = decoding->rows,
                                .channels = decoding->info->channels,
                                .is_indexed = decoding->info->indexed,
                                .origin = header->origin,
                                .has_exceptions = header->has_exceptions,
                                .proofs = decoding->source->proofs};
    const struct mixed_target target = {.model = &decoding->source->picture->model,
                                        .samples = samples,
                                        .account = decoding->source->account,
                                        .loss = decoding->loss,
                                        .stand_in = decoding->stand_in};
    if (header->half_chroma || header->flip_x || header->flip_y || header->origin == ORIGIN_PHOTOYCC ||
        (header->origin != ORIGIN_GREY && mixed.channels < 3) ||
        (header->origin != ORIGIN_JFIF && header->has_exceptions)) {
        return damaged(error);
    }
    return all_taken(decoding, mixed_decode(decoding->coding, &mixed, &target, &decoding->payload, error), error);
}

static enum bswz_status decode_drawn(struct decoding *decoding, uint8_t *samples, size_t size,
                                     struct bswz_error *error) {
    const size_t left = cursor_left(&decoding->payload);
    const uint8_t *rest;
    uint32_t known = 0;
    (void)size;
    take_bytes(&decoding->payload, left, &rest);
    account_bytes(decoding->source->account, SHARE_DRAWN, left);
    const enum bswz_status status = decode_drawing(decoding, rest, left, samples, &known, error);
    if (decoding->loss != NULL) {
        lose_rows(decoding, known);
    }
    return status;
}

static enum bswz_status decode_zstd(struct decoding *decoding, uint8_t *samples, size_t size,
                                    struct bswz_error *error) {
    const size_t left = cursor_left(&decoding->payload);
    const uint8_t *rest;
    size_t got;
    take_bytes(&decoding->payload, left, &rest);
    account_spread(decoding->source->account, SHARE_ZSTD, COST_BYTES, left);
    if (decoding->loss == NULL) {
        return bytes_unpack(rest, left, samples, size, error);
    }
    const enum bswz_status status = bytes_unpack_part(rest, left, samples, size, &got, error);
    lose_rows(decoding, (uint32_t)(got / (size / decoding->rows)));
    return status;
}

static enum bswz_status decode_stored(struct decoding *decoding, uint8_t *samples, size_t size,
                                      struct bswz_error *error) {
    const size_t there = decoding->payload.size < size ? decoding->payload.size : size;
    (void)error;
    account_spread(decoding->source->account, SHARE_STORED, COST_BYTES, there);
    memcpy(samples, decoding->payload.bytes, there);
    if (decoding->loss != NULL) {
        lose_rows(decoding, (uint32_t)(there / (size / decoding->rows)));
    }
    return BSWZ_OK;
}

/* Decode deep samples. If losses are allowed, unknown rows get their substitutes again. */
static enum bswz_status decode_deep(struct decoding *decoding, uint8_t *samples, size_t size,
                                    struct bswz_error *error) {
    const struct picture_info *info = decoding->info;
    const uint8_t *before[PRIORS_MOST];
    const struct deep_picture picture = {.width = decoding->width,
                                         .height = decoding->rows,
                                         .channels = info->channels,
                                         .bytes = info->depth / 8u,
                                         .place = account_place(decoding->source->account),
                                         .before = before,
                                         .before_count =
                                             priors_find(decoding->coding->priors, info, decoding->rows, before)};
    const struct cursor *payload = &decoding->payload;
    struct bswz_error own = {.status = BSWZ_OK};
    const bool is_cut = payload->size < decoding->header->payload_size;
    const struct frame_proofs *proofs = decoding->source->proofs;
    uint32_t known = 0;
    (void)size;
    if (info->indexed) {
        return damaged(error);
    }
    if (proofs != NULL && payload_is_proven(&proofs->deep, payload->bytes, payload->size)) {
        memcpy(samples, proofs->deep_samples, picture_row_bytes(info) * decoding->rows);
        return BSWZ_OK;
    }
    const enum bswz_status status = deep_decode(&picture, payload->bytes, payload->size, is_cut, samples, &known, &own);
    account_bytes(decoding->source->account, SHARE_DEEP, payload->size);
    if (status != BSWZ_OK && (status != BSWZ_ERROR_CORRUPT || decoding->loss == NULL)) {
        return bswz_fail(error, status, "%s", own.message);
    }
    if (decoding->loss != NULL) {
        picture_fill_unknown(info, samples + picture_row_bytes(info) * known,
                             (size_t)decoding->width * (decoding->rows - known));
        lose_rows(decoding, known);
    }
    return BSWZ_OK;
}

/* Fills in the size bytes of the samples, which are those of a reduction, if there is one. */
typedef enum bswz_status method_decoder(struct decoding *decoding, uint8_t *samples, size_t size,
                                        struct bswz_error *error);

static method_decoder *const decoders[] = {
    [FRAME_STORED] = decode_stored, [FRAME_ZSTD] = decode_zstd,           [FRAME_DRAWN] = decode_drawn,
    [FRAME_PLANES] = decode_planes, [FRAME_COEFFICIENTS] = decode_planes, [FRAME_MIXED] = decode_mixed,
    [FRAME_DEEP] = decode_deep};

/* Choose substitutes for unknown reduced samples, so that no index is beyond the tables. */
static void reduce_stand_ins(struct decoding *decoding, const struct reduction_tables *tables) {
    const unsigned channels = decoding->info->channels;
    uint8_t pixel[8];
    picture_fill_unknown(decoding->info, pixel, 1);
    for (unsigned c = 0; c < channels; c++) {
        const unsigned bytes = decoding->info->depth / 8u, last = tables->counts[c] - 1;
        const unsigned sample = bytes == 1 ? pixel[c] : pixel[2 * c] | (unsigned)pixel[2 * c + 1] << 8;
        const bool is_alpha = channels % 2 == 0 && c == channels - 1;
        decoding->stand_in[c] = (uint8_t)(decoding->header->reduction == REDUCTION_TABLES ? is_alpha ? last : last / 2
                                          : decoding->header->reduction == REDUCTION_SPLIT
                                              ? sample >> (bit_width(decoding->info->maxval) - 8)
                                              : sample >> 8);
    }
}

static void limit_to_tables(const struct decoding *decoding, const struct reduction_tables *tables, uint8_t *reduced,
                            size_t size) {
    for (size_t i = 0; i < size; i++) {
        const unsigned last = tables->counts[i % decoding->info->channels] - 1;
        reduced[i] = (uint8_t)(reduced[i] < last ? reduced[i] : last);
    }
}

/* Decode a frame with a reduction: take its data, decode the reduced samples, and restore the original ones. */
static enum bswz_status decode_reduced(struct decoding *decoding, uint8_t *samples, struct bswz_error *error) {
    const struct picture_info *info = decoding->info;
    const enum frame_reduction kind = decoding->header->reduction;
    const size_t size = reduction_samples(info, decoding->pixels);
    struct reduction_tables *tables = bswz_allocate_zero(1, sizeof *tables);
    uint8_t *reduced = bswz_allocate(size, 1);
    enum bswz_status status;
    if (tables == NULL || reduced == NULL) {
        status = bswz_no_memory(error);
    } else {
        status = reduction_take(kind, info, decoding->whole_pixels, &decoding->payload, tables, error);
        if (kind == REDUCTION_SPLIT) {
            account_spread(decoding->source->account, SHARE_REDUCTIONS, COST_BYTES, decoding->payload.at);
        } else {
            account_bytes(decoding->source->account, SHARE_REDUCTIONS, decoding->payload.at);
        }
        if (status == BSWZ_OK && decoding->loss != NULL) {
            reduce_stand_ins(decoding, tables);
            for (size_t i = 0; i < size; i++) {
                reduced[i] = decoding->stand_in[i % info->channels];
            }
        }
        if (status == BSWZ_OK) {
            status = decoders[decoding->header->method](decoding, reduced, size, error);
        }
        if (status == BSWZ_OK && decoding->loss != NULL && kind == REDUCTION_TABLES) {
            limit_to_tables(decoding, tables, reduced, size);
        }
        if (status == BSWZ_OK) {
            status =
                reduction_undo(kind, info, decoding->source->rows, decoding->scale, tables, reduced, samples, error);
        }
        free(tables->low.data);
    }
    free(tables);
    free(reduced);
    return status;
}

static enum bswz_status decode_samples(struct decoding *decoding, uint8_t *samples, size_t size,
                                       struct bswz_error *error) {
    const struct frame_header *header = decoding->header;
    if (header->reduction != REDUCTION_NONE) {
        return decode_reduced(decoding, samples, error);
    }
    if (decoding->info->depth == 16 && !frame_method_row(header->method)->any_depth) {
        return damaged(error);
    }
    return decoders[header->method](decoding, samples, size, error);
}

/* Decode samples at a scale, or the whole band, whose hash is then checked. */
static enum bswz_status decode_at(struct coding_context *coding, const struct frame_source *source, unsigned scale,
                                  uint8_t *samples, struct bswz_error *error) {
    const struct picture_info *info = &source->picture->info;
    struct bswz_error own = {.status = BSWZ_OK};
    struct frame_loss *loss = source->loss;
    struct decoding decoding = {.coding = coding,
                                .source = source,
                                .info = info,
                                .header = source->header,
                                .scale = scale,
                                .width = picture_scaled_side(info->width, scale),
                                .rows = picture_scaled_side(source->rows, scale),
                                .whole_pixels = (size_t)info->width * source->rows,
                                .payload = {.bytes = source->payload, .size = source->payload_size},
                                .loss = loss != NULL ? &loss->pixels : NULL};
    decoding.pixels = (size_t)decoding.width * decoding.rows;
    const size_t size = decoding.pixels * info->channels * (info->depth / 8u);
    if (loss != NULL) {
        *loss = (struct frame_loss){.is_damaged = false};
        picture_fill_unknown(info, samples, decoding.pixels);
        memcpy(decoding.stand_in, samples, info->depth == 8 ? info->channels : 0); /* 16 bits: set by the reduction */
    }
    enum bswz_status status = decode_samples(&decoding, samples, size, &own);
    if (status == BSWZ_OK && scale == 0 && frame_check(source->header, samples, size, &own) != BSWZ_OK) {
        status = loss == NULL ? BSWZ_ERROR_CORRUPT : BSWZ_OK;
        if (loss != NULL) {
            loss->is_damaged = true;
        }
    }
    if (loss != NULL && (status == BSWZ_ERROR_CORRUPT || status == BSWZ_ERROR_VERSION)) {
        loss->pixels = (struct pixel_loss){.unknown = decoding.pixels};
        picture_fill_unknown(info, samples, decoding.pixels);
        status = BSWZ_OK;
    }
    return status == BSWZ_OK ? BSWZ_OK : bswz_fail_at(error, status, own.offset, "%s", own.message);
}

/* Keep the picture for later ones, with whatever was lost. */
static enum bswz_status keep_prior(const struct frame_source *source, const uint8_t *samples,
                                   struct bswz_error *error) {
    const struct picture_info *info = &source->picture->info;
    if (source->prior == NULL || !frame_is_prior(info, source->header, source->rows)) {
        return BSWZ_OK;
    }
    const size_t size = picture_row_bytes(info) * info->height;
    *source->prior = bswz_allocate(size, 1);
    if (*source->prior == NULL) {
        return bswz_no_memory(error);
    }
    memcpy(*source->prior, samples, size);
    return BSWZ_OK;
}

bool frame_is_prior(const struct picture_info *info, const struct frame_header *header, uint32_t rows) {
    return (header->method == FRAME_DEEP || header->method == FRAME_DRAWN) && rows == info->height && priors_take(info);
}

enum bswz_status frame_decode(struct coding_context *coding, const struct frame_source *source, uint8_t *samples,
                              struct bswz_error *error) {
    const struct picture_info *info = &source->picture->info;
    const struct frame_header *header = source->header;
    const unsigned scale = source->scale;
    if (scale == 0 || (header->method == FRAME_PLANES && !header->flip_x && !header->flip_y &&
                       source->first_row % (1u << scale) == 0)) {
        const enum bswz_status decoded = decode_at(coding, source, scale, samples, error);
        return decoded == BSWZ_OK ? keep_prior(source, samples, error) : decoded;
    }
    const size_t row_bytes = picture_row_bytes(info);
    uint8_t *whole = bswz_allocate(source->rows, row_bytes);
    enum bswz_status status = whole == NULL ? bswz_no_memory(error) : decode_at(coding, source, 0, whole, error);
    if (status == BSWZ_OK) {
        status = keep_prior(source, whole, error);
    }
    if (status == BSWZ_OK) {
        picture_scale_samples(whole, info->width, source->first_row, source->rows, row_bytes / info->width, scale,
                              samples);
        if (source->loss != NULL) {
            pixel_loss_scale(&source->loss->pixels, scale);
        }
    }
    free(whole);
    return status;
}
