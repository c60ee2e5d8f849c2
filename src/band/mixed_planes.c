/* SPDX-License-Identifier: MIT */
/*
 * Planes of mixed pictures (mixed_planes.h).
 */
#include "band/mixed_planes.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

static size_t pixels_of(const struct mixed *mixed) {
    return (size_t)mixed->width * mixed->rows;
}

/* Extract one of `count` interleaved channels. */
static uint8_t *channel(const uint8_t *samples, size_t pixels, unsigned count, unsigned which) {
    uint8_t *plane = bswz_allocate(pixels, 1);
    for (size_t i = 0; i < pixels && plane != NULL; i++) {
        plane[i] = samples[i * count + which];
    }
    return plane;
}

/* A copy of RGB without alpha. */
static uint8_t *rgb_of(const struct mixed *mixed, const uint8_t *samples) {
    uint8_t *rgb = bswz_allocate(pixels_of(mixed), 3);
    for (size_t i = 0; i < pixels_of(mixed) && rgb != NULL; i++) {
        memcpy(rgb + 3 * i, samples + i * mixed->channels, 3);
    }
    return rgb;
}

/* Split the samples into planes of this kind. */
static enum bswz_status split(const struct mixed *mixed, enum origin_kind kind, const uint8_t *samples,
                              struct origin_planes *planes, struct bswz_error *error) {
    static const uint8_t order[3] = {1, 0, 2};
    *planes = (struct origin_planes){.kind = kind, .width = mixed->width, .height = mixed->rows};
    for (unsigned i = 0; i < origin_row(kind)->planes; i++) {
        planes->plane[i] = channel(samples, pixels_of(mixed), mixed->channels, kind == ORIGIN_GREY ? 0 : order[i]);
        if (planes->plane[i] == NULL) {
            return bswz_no_memory(error);
        }
    }
    return BSWZ_OK;
}

static enum bswz_status take_alpha(const struct mixed *mixed, const uint8_t *samples, uint8_t **alpha,
                                   struct bswz_error *error) {
    *alpha = mixed->channels % 2 == 0 ? channel(samples, pixels_of(mixed), mixed->channels, mixed->channels - 1) : NULL;
    return *alpha == NULL && mixed->channels % 2 == 0 ? bswz_no_memory(error) : BSWZ_OK;
}

enum bswz_status mixed_planes_find(const struct mixed *mixed, const struct known_blocks *known, const uint8_t *samples,
                                   struct worker_pool *pool, struct origin_planes *planes, uint8_t **alpha,
                                   struct bswz_error *error) {
    bool found = false;
    *planes = (struct origin_planes){.kind = ORIGIN_RGB};
    enum bswz_status status = take_alpha(mixed, samples, alpha, error);
    if (status == BSWZ_OK && mixed->origin == ORIGIN_JFIF) {
        uint8_t *rgb = rgb_of(mixed, samples);
        status = rgb == NULL ? bswz_no_memory(error)
                             : origin_find_part(known, mixed->width, mixed->rows, rgb, pool, planes, &found, error);
        free(rgb);
    }
    if (status == BSWZ_OK && !found) {
        status = split(mixed, mixed->origin == ORIGIN_GREY ? ORIGIN_GREY : ORIGIN_RGB, samples, planes, error);
    }
    return status;
}

enum bswz_status mixed_planes_open(const struct mixed *mixed, const struct known_blocks *known, const uint8_t *samples,
                                   struct origin_planes *planes, uint8_t **alpha, struct bswz_error *error) {
    *planes = (struct origin_planes){.kind = ORIGIN_RGB};
    enum bswz_status status = take_alpha(mixed, samples, alpha, error);
    if (status == BSWZ_OK) {
        status = split(mixed, mixed->origin, samples, planes, error);
    }
    if (status == BSWZ_OK && mixed->origin == ORIGIN_JFIF) {
        uint8_t *rgb = rgb_of(mixed, samples);
        status = rgb == NULL ? bswz_no_memory(error)
                             : origin_approach(known, mixed->width, mixed->rows, rgb, planes->plane, error);
        free(rgb);
    }
    return status;
}

/* colours: count bytes per pixel. */
static void join(const struct mixed *mixed, const struct known_blocks *known, const uint8_t *colours, unsigned count,
                 const uint8_t *alpha, uint8_t *samples) {
    for (uint32_t y = 0; y < mixed->rows; y++) {
        for (uint32_t x = 0; x < mixed->width; x++) {
            const size_t i = (size_t)y * mixed->width + x;
            if (!known_at(known, 0, y, x)) {
                memcpy(samples + i * mixed->channels, colours + i * count, count);
                if (alpha != NULL) {
                    samples[i * mixed->channels + count] = alpha[i];
                }
            }
        }
    }
}

enum bswz_status mixed_planes_join(const struct mixed *mixed, const struct known_blocks *known,
                                   struct origin_planes *planes, const uint8_t *alpha, bool may_lose, uint8_t *samples,
                                   struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    if (mixed->channels < 3) {
        join(mixed, known, planes->plane[0], 1, alpha, samples);
        return BSWZ_OK;
    }
    uint8_t *rgb = bswz_allocate(pixels_of(mixed), 3);
    if (rgb == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = origin_restore(planes, NULL, rgb, &own);
    if (status == BSWZ_ERROR_CORRUPT && may_lose && planes->exceptions.size > 0) {
        planes->exceptions.size = 0; /* no exceptions are better than some in wrong places */
        status = origin_restore(planes, NULL, rgb, &own);
    }
    if (status == BSWZ_OK) {
        join(mixed, known, rgb, 3, alpha, samples);
    }
    free(rgb);
    return status == BSWZ_OK ? BSWZ_OK : bswz_fail(error, status, "%s", own.message);
}
