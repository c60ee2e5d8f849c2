/* SPDX-License-Identifier: MIT */
/*
 * Rows in the order of data, and back (interlace.h).
 */
#include "gif/interlace.h"

#include <string.h>

static void move_rows(const struct gif_image *image, const uint8_t *from, uint8_t *to, bool to_data) {
    static const uint8_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
    size_t place = 0;
    if (!image->is_interlaced) {
        memcpy(to, from, (size_t)image->width * image->height);
        return;
    }
    for (unsigned pass = 0; pass < 4; pass++) {
        for (uint32_t y = first[pass]; y < image->height; y += step[pass], place += image->width) {
            const size_t row = (size_t)y * image->width;
            memcpy(to + (to_data ? place : row), from + (to_data ? row : place), image->width);
        }
    }
}

void gif_rows_from_data(const struct gif_image *image, const uint8_t *data, uint8_t *pixels) {
    move_rows(image, data, pixels, false);
}

void gif_rows_to_data(const struct gif_image *image, const uint8_t *pixels, uint8_t *data) {
    move_rows(image, pixels, data, true);
}
