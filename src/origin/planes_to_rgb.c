/* SPDX-License-Identifier: MIT */
/*
 * From planes to the picture: the decoder's side of origins.
 */
#include "origin/steps.h"
#include "threads/loop.h"

#include <stdlib.h>
#include <string.h>

struct restoring {
    const struct origin_planes *planes;
    const struct conversion *conversion; /* NULL: planes are copied */
    uint8_t *rgb;
};

static void interleave(const struct origin_planes *planes, size_t first, size_t pixels, uint8_t *restrict rgb) {
    const bool is_grey = planes->kind == ORIGIN_GREY;
    const uint8_t *green = planes->plane[0] + first;
    const uint8_t *red = is_grey ? green : planes->plane[1] + first, *blue = is_grey ? green : planes->plane[2] + first;
    for (size_t i = 0; i < pixels; i++) {
        rgb[3 * i] = red[i];
        rgb[3 * i + 1] = green[i];
        rgb[3 * i + 2] = blue[i];
    }
}

static void restore_rows(void *context, size_t round, unsigned worker) {
    (void)worker;
    const struct restoring *restoring = context;
    const struct origin_planes *planes = restoring->planes;
    const size_t width = planes->width;
    const uint32_t first = (uint32_t)round * ROWS_AT_ONCE, end = round_end(round, planes->height);
    if (restoring->conversion == NULL) {
        interleave(planes, first * width, (end - first) * width, restoring->rgb + 3 * first * width);
        return;
    }
    for (uint32_t y = first; y < end; y++) {
        restore_row(restoring->conversion, planes, y, restoring->rgb + 3 * y * width);
    }
}

enum bswz_status origin_restore(const struct origin_planes *planes, struct worker_pool *pool, uint8_t *rgb,
                                struct bswz_error *error) {
    size_t pixels, bytes;
    if (__builtin_mul_overflow((size_t)planes->width, (size_t)planes->height, &pixels) ||
        __builtin_mul_overflow(pixels, (size_t)3, &bytes) || pixels > PICTURE_MAX_PIXELS) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the picture is too large");
    }
    const struct origin_row *row = origin_row(planes->kind);
    const bool converted = row->prepare != NULL;
    if (((planes->half_chroma || planes->flip_x || planes->flip_y) && !row->has_half_chroma) ||
        (planes->exceptions.size != 0 && !converted) || (planes->scale > 0 && (planes->flip_x || planes->flip_y))) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the description of the colour planes is inconsistent");
    }
    if (!converted && planes->kind != ORIGIN_RGB && planes->kind != ORIGIN_GREY) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "unknown kind of colour planes");
    }
    struct conversion conversion;
    struct restoring restoring = {.planes = planes, .conversion = converted ? &conversion : NULL, .rgb = rgb};
    if (converted) {
        conversion_prepare(&conversion, planes->kind);
    }
    loop_run(pool, row_rounds(planes->height), restore_rows, &restoring);
    if (!converted) {
        return BSWZ_OK;
    }
    const struct exceptions_place place = {.width = planes->scale > 0 ? planes->whole_width : planes->width,
                                           .height = planes->scale > 0 ? planes->whole_height : planes->height,
                                           .channels = 3,
                                           .scale = planes->scale};
    return exceptions_apply(&planes->exceptions, &place, rgb, error);
}

void origin_planes_free(struct origin_planes *planes) {
    for (int i = 0; i < 3; i++) {
        free(planes->plane[i]);
    }
    free(planes->exceptions.data);
    memset(planes, 0, sizeof *planes);
}
