/*
 * From a frame to a band's samples.  The payload is untrusted; whatever it says,
 * nothing is believed before the frame's hash has been checked at the end.
 *
 * At a scale the planes of a model are decoded as far as that takes; what is coded in
 * another way, or lies across the scale's grid, is decoded as a whole, and most of it dropped.
 *
 * Sizes are the caller's: the band has been held against the limits before its
 * samples were allocated, and nothing here allocates more than a few times that.
 */
#include "allocate.h"
#include "stream/frame.h"

#include "bytes/zstd.h"
#include "image/scaled.h"
#include "origin/origin.h"
#include "pipeline/hierarchy.h"
#include "stream/plane.h"
#include "stream/reduction.h"
#include "stream/webp.h"

#include <stdlib.h>
#include <string.h>

struct decoding {
    struct codec *codec;
    const struct frame_source *source;
    const struct picture_info *info;
    const struct frame_header *header;
    unsigned scale;        /* that planes are decoded at */
    uint32_t width, rows;  /* what there is then */
    size_t pixels;
    size_t whole_pixels;   /* of the band */
    struct cursor payload;
};

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame is damaged");
}

/* Exceptions take at least four bytes each, a pixel has one at most: count, gaps, residuals. */
static size_t exceptions_limit(size_t pixels) {
    return 8 * pixels + 16;
}

/* The next plane of the payload. */
static enum bswz_status decode_plane(struct decoding *decoding, uint8_t *samples, struct bswz_error *error) {
    const struct plane plane = {.width = decoding->info->width,
                                .rows = decoding->source->rows,
                                .samples = samples,
                                .scale = decoding->scale};
    return plane_decode(decoding->codec, &plane, &decoding->source->picture->model, &decoding->payload, error);
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
    enum bswz_status status = BSWZ_OK;
    const unsigned count = header->origin == ORIGIN_GREY ? 1 : 3;
    for (unsigned i = 0; i < count && status == BSWZ_OK; i++) {
        planes.plane[i] = bswz_allocate(decoding->pixels, 1);
        if (planes.plane[i] == NULL) {
            status = bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
        }
    }
    if (status == BSWZ_OK && header->has_exceptions) {
        status = take_sized_blob(&decoding->payload, exceptions_limit(decoding->whole_pixels), &planes.exceptions, error);
    }
    if (status == BSWZ_OK && count == 1) {
        status = decode_plane(decoding, planes.plane[0], error);
    } else if (status == BSWZ_OK) {
        struct coded_planes coded = {.width = decoding->info->width,
                                     .height = decoding->source->rows,
                                     .count = 3,
                                     .head = header->origin == ORIGIN_JFIF       ? HEAD_JFIF
                                             : header->origin == ORIGIN_PHOTOYCC ? HEAD_PHOTOYCC
                                                                                 : HEAD_RGB,
                                     .half_chroma = planes.half_chroma,
                                     .scale = decoding->scale,
                                     .plane = {planes.plane[0], planes.plane[1], planes.plane[2]}};
        status = model_planes_decode(decoding->codec, &coded, &decoding->source->picture->model, &decoding->payload, error);
    }
    if (status == BSWZ_OK) {
        status = origin_restore(&planes, rgb, error);
    }
    origin_planes_free(&planes);
    return status;
}

/* One or three channels of colour without alpha. */
static enum bswz_status decode_opaque(struct decoding *decoding, unsigned channels, uint8_t *samples,
                                      struct bswz_error *error) {
    const struct frame_header *header = decoding->header;
    if ((header->half_chroma && header->origin != ORIGIN_PHOTOYCC) ||
        (channels == 1 && (header->origin != ORIGIN_GREY || header->flip_x || header->flip_y ||
                           header->has_exceptions))) {
        return damaged(error);
    }
    if (channels == 3) {
        return decode_colours(decoding, samples, error);
    }
    return decode_plane(decoding, samples, error);
}

static enum bswz_status decode_planes(struct decoding *decoding, uint8_t *samples, struct bswz_error *error) {
    const unsigned channels = decoding->info->channels;
    enum bswz_status status = BSWZ_OK;
    if (channels % 2 == 1) {
        return decode_opaque(decoding, channels, samples, error);
    }
    uint8_t *colours = bswz_allocate(decoding->pixels, channels - 1), *alpha = bswz_allocate(decoding->pixels, 1);
    if (colours == NULL || alpha == NULL) {
        status = bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    } else {
        status = decode_opaque(decoding, channels - 1, colours, error);
    }
    if (status == BSWZ_OK) {
        status = decode_plane(decoding, alpha, error);
    }
    if (status == BSWZ_OK) {
        join_alpha(colours, alpha, decoding->pixels, channels, samples);
    }
    free(colours);
    free(alpha);
    return status;
}

/* The method's 8-bit samples; the payload is used up afterwards. */
static enum bswz_status decode_method(struct decoding *decoding, uint8_t *samples, size_t size,
                                      struct bswz_error *error) {
    struct cursor *payload = &decoding->payload;
    const uint8_t *rest;
    enum bswz_status status;
    if (decoding->header->method == FRAME_PLANES) {
        status = decode_planes(decoding, samples, error);
        return status == BSWZ_OK && cursor_left(payload) != 0 ? damaged(error) : status;
    }
    const size_t left = cursor_left(payload);
    take_bytes(payload, left, &rest);
    if (decoding->header->method == FRAME_WEBP) {
        return webp_band_decode(rest, left, decoding->width, decoding->rows, decoding->info->channels, samples, error);
    }
    return bytes_unpack(rest, left, samples, size, error);
}

/* A frame with a reduction: its data, the reduced samples, and the way back. */
static enum bswz_status decode_reduced(struct decoding *decoding, uint8_t *samples, struct bswz_error *error) {
    const struct picture_info *info = decoding->info;
    const enum frame_reduction kind = decoding->header->reduction;
    const size_t size = reduction_samples(info, decoding->pixels);
    struct reduction_tables *tables = bswz_allocate_zero(1, sizeof *tables);
    uint8_t *reduced = bswz_allocate(size, 1);
    enum bswz_status status;
    if (tables == NULL || reduced == NULL) {
        status = bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    } else {
        status = reduction_take(kind, info, decoding->whole_pixels, &decoding->payload, tables, error);
        if (status == BSWZ_OK) {
            status = decode_method(decoding, reduced, size, error);
        }
        if (status == BSWZ_OK) {
            status = reduction_undo(kind, info, decoding->source->rows, decoding->scale, tables, reduced, samples, error);
        }
        free(tables->low.data);
    }
    free(tables);
    free(reduced);
    return status;
}

/* Samples at a scale, or all of the band, which are checked then. */
static enum bswz_status decode_at(struct codec *codec, const struct frame_source *source, unsigned scale,
                                  uint8_t *samples, struct bswz_error *error) {
    const struct picture_info *info = &source->picture->info;
    const struct frame_header *header = source->header;
    struct decoding decoding = {.codec = codec,
                                .source = source,
                                .info = info,
                                .header = header,
                                .scale = scale,
                                .width = picture_scaled_side(info->width, scale),
                                .rows = picture_scaled_side(source->rows, scale),
                                .whole_pixels = (size_t)info->width * source->rows,
                                .payload = {.bytes = source->payload, .size = (size_t)header->payload_size}};
    decoding.pixels = (size_t)decoding.width * decoding.rows;
    const size_t size = decoding.pixels * info->channels * (info->depth / 8u);
    enum bswz_status status = BSWZ_OK;
    if (header->method == FRAME_STORED) {
        memcpy(samples, source->payload, size);
    } else if (header->reduction != REDUCTION_NONE) {
        status = decode_reduced(&decoding, samples, error);
    } else if (info->depth == 16 && header->method != FRAME_ZSTD) {
        status = damaged(error); /* these hold 8-bit samples */
    } else {
        status = decode_method(&decoding, samples, size, error);
    }
    return status == BSWZ_OK && scale == 0 ? frame_check(header, samples, size, error) : status;
}

enum bswz_status frame_decode(struct codec *codec, const struct frame_source *source, uint8_t *samples,
                              struct bswz_error *error) {
    const struct picture_info *info = &source->picture->info;
    const struct frame_header *header = source->header;
    const unsigned scale = source->scale;
    if (scale == 0 || (header->method == FRAME_PLANES && !header->flip_x && !header->flip_y &&
                       source->first_row % (1u << scale) == 0)) {
        return decode_at(codec, source, scale, samples, error);
    }
    const size_t row_bytes = picture_row_bytes(info);
    uint8_t *whole = bswz_allocate(source->rows, row_bytes);
    enum bswz_status status = whole == NULL ? bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory")
                                            : decode_at(codec, source, 0, whole, error);
    if (status == BSWZ_OK) {
        picture_scale_samples(whole, info->width, source->first_row, source->rows, row_bytes / info->width, scale,
                              samples);
    }
    free(whole);
    return status;
}
