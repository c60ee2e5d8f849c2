/* SPDX-License-Identifier: MIT */
/*
 * Which origin does a picture have?
 *
 * First grey is tried, then each conversion: a sample of the pixels says whether it is worth inverting the whole
 * picture, and the cost of the exceptions says whether the result is used. Nothing has to be taken on trust:
 * exceptions_collect runs the decoder's conversion on the planes and lists every difference.
 *
 * When is an origin used? Coding planes instead of RGB was measured to save 1.6 bits per pixel for JFIF, 2.4 for
 * PhotoYCC and another 1.3 for its half-resolution chroma. The exceptions may take half of that; the other half is
 * a margin, because each of them also disturbs the planes.
 */
#include "base/allocate.h"
#include "origin/steps.h"

#include <stdlib.h>
#include <string.h>

/* In tenths of a bit per pixel, in addition to what the conversion saves. */
#define HALF_CHROMA_SAVES 13

static bool is_grey(const uint8_t *rgb, size_t pixels) {
    for (size_t start = 0; start < pixels; start += 1024) {
        size_t end = pixels - start < 1024 ? pixels : start + 1024;
        unsigned differences = 0;
        for (size_t i = start; i < end; i++) {
            differences |= (unsigned)(rgb[3 * i] ^ rgb[3 * i + 1]) | (unsigned)(rgb[3 * i] ^ rgb[3 * i + 2]);
        }
        if (differences != 0) {
            return false;
        }
    }
    return true;
}

/* Initialise planes of the given kind and size. */
static enum bswz_status allocate_planes(struct origin_planes *planes, enum origin_kind kind, uint32_t width,
                                        uint32_t height, struct bswz_error *error) {
    memset(planes, 0, sizeof *planes);
    planes->kind = kind;
    planes->width = width;
    planes->height = height;
    for (unsigned i = 0; i < origin_row(kind)->planes; i++) {
        planes->plane[i] = bswz_allocate(width, height);
        if (planes->plane[i] == NULL) {
            origin_planes_free(planes);
            return bswz_no_memory(error);
        }
    }
    return BSWZ_OK;
}

static void split(const uint8_t *rgb, size_t pixels, const struct origin_planes *planes) {
    for (size_t i = 0; i < pixels; i++) {
        planes->plane[0][i] = rgb[3 * i + 1];
    }
    if (planes->kind == ORIGIN_GREY) {
        return;
    }
    for (size_t i = 0; i < pixels; i++) {
        planes->plane[1][i] = rgb[3 * i];
        planes->plane[2][i] = rgb[3 * i + 2];
    }
}

/* Copy a picture of unit bytes per pixel, mirrored if requested. */
static void copy_flipped(uint8_t *to, const uint8_t *from, uint32_t width, uint32_t height, size_t unit, bool flip_x,
                         bool flip_y) {
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = from + (size_t)(flip_y ? height - 1 - y : y) * width * unit;
        uint8_t *target = to + (size_t)y * width * unit;
        if (!flip_x) {
            memcpy(target, row, width * unit);
            continue;
        }
        for (uint32_t x = 0; x < width; x++) {
            memcpy(target + x * unit, row + (width - 1 - x) * unit, unit);
        }
    }
}

/* What the exceptions may cost if `saves` tenths of a bit are saved per pixel, in units of EXCEPTIONS_BIT. */
static uint64_t half_of(unsigned saves, size_t pixels) {
    return pixels * (uint64_t)saves * EXCEPTIONS_BIT / 20;
}

/* Replace PhotoYCC planes of full resolution by planes with half-resolution chroma if that is what the picture has
 * and the exceptions are worth it. exact is that of solve_planes. */
static enum bswz_status try_half_chroma(const struct conversion *conversion, const uint8_t *rgb, const uint8_t *exact,
                                        struct worker_pool *pool, struct origin_planes *planes,
                                        struct bswz_error *error) {
    uint32_t width = planes->width, height = planes->height;
    size_t pixels = (size_t)width * height;
    bool flip_x = false, flip_y = false;
    const uint8_t *solved[3] = {planes->plane[0], planes->plane[1], planes->plane[2]};
    if (!half_chroma_find(solved, exact, width, height, &flip_x, &flip_y, pool)) {
        return BSWZ_OK;
    }
    struct origin_planes half;
    enum bswz_status status = allocate_planes(&half, ORIGIN_PHOTOYCC, width, height, error);
    if (status != BSWZ_OK) {
        return status;
    }
    uint8_t *flipped_rgb = bswz_allocate(pixels, 3), *flipped_exact = bswz_allocate(pixels, 1);
    if (flipped_rgb == NULL || flipped_exact == NULL) {
        status = bswz_no_memory(error);
    } else {
        half.half_chroma = true;
        half.flip_x = flip_x;
        half.flip_y = flip_y;
        copy_flipped(flipped_rgb, rgb, width, height, 3, flip_x, flip_y);
        copy_flipped(flipped_exact, exact, width, height, 1, flip_x, flip_y);
        for (int i = 0; i < 3; i++) {
            copy_flipped(half.plane[i], planes->plane[i], width, height, 1, flip_x, flip_y);
        }
        half_chroma_fit(conversion, flipped_rgb, width, height, half.plane, flipped_exact, pool);
        status = exceptions_collect(conversion, rgb, &half, pool, error);
    }
    free(flipped_rgb);
    free(flipped_exact);
    if (status == BSWZ_OK && exceptions_bits(&half.exceptions, 3) <=
                                 exceptions_bits(&planes->exceptions, 3) + half_of(HALF_CHROMA_SAVES, pixels)) {
        struct origin_planes full = *planes;
        *planes = half;
        half = full;
    }
    origin_planes_free(&half);
    return status;
}

/* Invert one conversion. *found: it is the picture's origin, and planes have been set; otherwise there is nothing
 * to free. */
static enum bswz_status try_conversion(enum origin_kind kind, const uint8_t *rgb, uint32_t width, uint32_t height,
                                       struct worker_pool *pool, struct origin_planes *planes, bool *found,
                                       struct bswz_error *error) {
    size_t pixels = (size_t)width * height;
    const struct origin_row *row = origin_row(kind);
    struct conversion conversion;
    *found = false;
    conversion_prepare(&conversion, kind);
    if (!solve_sample(&conversion, rgb, pixels)) {
        return BSWZ_OK;
    }
    enum bswz_status status = allocate_planes(planes, kind, width, height, error);
    if (status != BSWZ_OK) {
        return status;
    }
    conversion_prepare_inverse(&conversion);
    uint8_t *exact = bswz_allocate(pixels, 1);
    if (exact == NULL) {
        status = bswz_no_memory(error);
    } else if (solve_planes(&conversion, rgb, width, height, planes->plane, exact, pool)) {
        status = exceptions_collect(&conversion, rgb, planes, pool, error);
        if (status == BSWZ_OK && row->has_half_chroma) {
            status = try_half_chroma(&conversion, rgb, exact, pool, planes, error);
        }
        const unsigned allowed = row->saves + (planes->half_chroma ? HALF_CHROMA_SAVES : 0);
        *found = status == BSWZ_OK &&
                 exceptions_bits(&planes->exceptions, 3) <= half_of(allowed, pixels) + 64 * EXCEPTIONS_BIT;
    }
    free(exact);
    if (!*found) {
        origin_planes_free(planes);
    }
    return status;
}

enum bswz_status origin_find(const uint8_t *rgb, uint32_t width, uint32_t height, bool search, struct worker_pool *pool,
                             struct origin_planes *planes, struct bswz_error *error) {
    size_t pixels, bytes;
    memset(planes, 0, sizeof *planes);
    if (__builtin_mul_overflow((size_t)width, (size_t)height, &pixels) ||
        __builtin_mul_overflow(pixels, (size_t)3, &bytes) || pixels > PICTURE_MAX_PIXELS) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the picture is too large");
    }
    bool grey = is_grey(rgb, pixels), found = false;
    enum bswz_status status = BSWZ_OK;
    if (search && !grey) {
        for (int kind = 0; kind < ORIGIN_KINDS && status == BSWZ_OK && !found; kind++) {
            if (origin_row((enum origin_kind)kind)->prepare != NULL) {
                status = try_conversion((enum origin_kind)kind, rgb, width, height, pool, planes, &found, error);
            }
        }
    }
    if (status != BSWZ_OK || found) {
        return status;
    }
    status = allocate_planes(planes, grey ? ORIGIN_GREY : ORIGIN_RGB, width, height, error);
    if (status == BSWZ_OK) {
        split(rgb, pixels, planes);
    }
    return status;
}
