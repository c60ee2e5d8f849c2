/* SPDX-License-Identifier: MIT */
/*
 * Reading a PNG file as the coder for drawings takes it.
 */
#ifndef BSWZ_DRAWN_LOAD_H
#define BSWZ_DRAWN_LOAD_H

#include "drawn/drawn.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>

struct loaded {
    struct drawn_picture picture;
    uint8_t *samples;
    size_t palette_bytes;
};

/* Frees nothing on failure: its callers are programs that measure. */
static bool load(const char *name, struct loaded *loaded) {
    FILE *file = fopen(name, "rb");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (file == NULL || setjmp(png_jmpbuf(png))) {
        fprintf(stderr, "%s: cannot be read\n", name);
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    png_init_io(png, file);
    png_read_info(png, info);
    const unsigned type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
    const bool is_indexed = type == PNG_COLOR_TYPE_PALETTE;
    if (depth > 8) {
        fprintf(stderr, "%s: more than 8 bits\n", name);
        png_destroy_read_struct(&png, &info, NULL);
        fclose(file);
        return false;
    }
    png_set_packing(png);
    if (!is_indexed && png_get_valid(png, info, PNG_INFO_tRNS) != 0) {
        png_set_tRNS_to_alpha(png);
    }
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    const uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
    const unsigned channels = png_get_channels(png, info);
    const size_t stride = (size_t)width * channels;
    loaded->picture =
        (struct drawn_picture){.width = width, .height = height, .channels = channels, .is_indexed = is_indexed};
    loaded->samples = malloc(stride * height);
    png_bytep *rows = malloc(height * sizeof *rows);
    for (uint32_t y = 0; y < height; y++) {
        rows[y] = loaded->samples + y * stride;
    }
    png_read_image(png, rows);
    free(rows);
    unsigned largest = 0;
    for (size_t i = 0; is_indexed && i < stride * height; i++) {
        largest = loaded->samples[i] > largest ? loaded->samples[i] : largest;
    }
    loaded->palette_bytes = is_indexed ? 3 * (largest + 1) : 0;
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    return true;
}

#endif
