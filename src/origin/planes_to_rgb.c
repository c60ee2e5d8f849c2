/* SPDX-License-Identifier: MIT */
/*
 * From planes to the picture: the decoder's side of origins.
 */
#include "origin/steps.h"

#include <stdlib.h>
#include <string.h>

static void interleave(const uint8_t *red, const uint8_t *green, const uint8_t *blue, uint8_t *restrict rgb,
                       size_t pixels) {
    for (size_t i = 0; i < pixels; i++) {
        rgb[3 * i] = red[i];
        rgb[3 * i + 1] = green[i];
        rgb[3 * i + 2] = blue[i];
    }
}

enum bswz_status origin_restore(const struct origin_planes *planes, uint8_t *rgb, struct bswz_error *error) {
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
    if (converted) {
        struct conversion conversion;
        conversion_prepare(&conversion, planes->kind);
        for (uint32_t y = 0; y < planes->height; y++) {
            restore_row(&conversion, planes, y, rgb + 3 * (size_t)y * planes->width);
        }
        const struct exceptions_place place = {.width = planes->scale > 0 ? planes->whole_width : planes->width,
                                               .height = planes->scale > 0 ? planes->whole_height : planes->height,
                                               .channels = 3,
                                               .scale = planes->scale};
        return exceptions_apply(&planes->exceptions, &place, rgb, error);
    }
    if (planes->kind == ORIGIN_RGB) {
        interleave(planes->plane[1], planes->plane[0], planes->plane[2], rgb, pixels);
    } else if (planes->kind == ORIGIN_GREY) {
        interleave(planes->plane[0], planes->plane[0], planes->plane[0], rgb, pixels);
    } else {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "unknown kind of colour planes");
    }
    return BSWZ_OK;
}

void origin_planes_free(struct origin_planes *planes) {
    for (int i = 0; i < 3; i++) {
        free(planes->plane[i]);
    }
    free(planes->exceptions.data);
    memset(planes, 0, sizeof *planes);
}
