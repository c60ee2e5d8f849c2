/* SPDX-License-Identifier: MIT */
/*
 * Converting a row of planes to pixels: the encoder compares them with the picture, and the decoder writes them.
 */
#include "origin/steps.h"

static void reverse_pixels(uint8_t *rgb, uint32_t width) {
    for (uint32_t left = 0, right = width; left + 1 < right; left++) {
        right--;
        for (size_t channel = 0; channel < 3; channel++) {
            uint8_t *a = rgb + 3 * (size_t)left + channel, *b = rgb + 3 * (size_t)right + channel;
            uint8_t kept = *a;
            *a = *b;
            *b = kept;
        }
    }
}

void restore_row(const struct conversion *conversion, const struct origin_planes *planes, uint32_t y, uint8_t *rgb) {
    size_t start = (size_t)(planes->flip_y ? planes->height - 1 - y : y) * planes->width;
    conversion_forward(conversion, planes->plane[0] + start, planes->plane[1] + start, planes->plane[2] + start, rgb,
                       planes->width);
    if (planes->flip_x) {
        reverse_pixels(rgb, planes->width);
    }
}
