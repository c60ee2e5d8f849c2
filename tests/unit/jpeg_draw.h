/* SPDX-License-Identifier: MIT */
/*
 * JPEG files of drawn pictures, made with libjpeg: the pixels that it decodes them to, and their coefficients.
 */
#ifndef JPEG_DRAW_H
#define JPEG_DRAW_H

#include "check.h"
#include "jpeg/planes.h"
#include "unjpeg/render.h"

#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>

enum drawn_sampling { DRAWN_444, DRAWN_422, DRAWN_420, DRAWN_440, DRAWN_GREY, DRAWN_SAMPLINGS };

struct drawn_jpeg {
    struct jpeg_planes planes;
    uint8_t *pixels; /* RGB or grey */
};

/* Something like a photograph: smooth shades, edges, textures, noise; partly too bright and too dark if `contrast`
 * is more than about 1. */
static inline uint8_t *drawn_photo(uint32_t width, uint32_t height, unsigned channels, float contrast, uint64_t seed) {
    uint8_t *pixels = malloc((size_t)width * height * channels);
    uint64_t state = seed * 2 + 1;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const float u = (float)x / 64.0f, v = (float)y / 64.0f;
            const float wave = (u * 3 - (float)(int)(u * 3)) * (v * 2 - (float)(int)(v * 2));
            const float disc = (u - 1) * (u - 1) + (v - 0.7f) * (v - 0.7f) < 0.3f ? 50.0f : -30.0f;
            for (unsigned c = 0; c < channels; c++) {
                const float shade = (c == 0 ? u : c == 1 ? v : 1 - u) * 30.0f;
                const float grain = (float)(noise(&state) >> 40) / 65536.0f / 16.0f - 8.0f;
                float value = 128 + contrast * (disc + shade * 0.5f + wave * (c == 1 ? 60.0f : 80.0f) - 20.0f + grain);
                value = value < 0 ? 0 : value > 255 ? 255 : value;
                pixels[((size_t)y * width + x) * channels + c] = (uint8_t)value;
            }
        }
    }
    return pixels;
}

static inline void drawn_jpeg_read(struct drawn_jpeg *jpeg, const unsigned char *file, unsigned long size) {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    struct bswz_error error = {.status = BSWZ_OK};
    decoder.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, file, size);
    jpeg_read_header(&decoder, TRUE);
    decoder.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&decoder);
    const size_t row_bytes = (size_t)decoder.output_width * (size_t)decoder.output_components;
    jpeg->pixels = malloc(row_bytes * decoder.output_height);
    while (decoder.output_scanline < decoder.output_height) {
        JSAMPROW row = jpeg->pixels + row_bytes * decoder.output_scanline;
        jpeg_read_scanlines(&decoder, &row, 1);
    }
    jpeg_finish_decompress(&decoder);
    jpeg_mem_src(&decoder, file, size);
    jpeg_read_header(&decoder, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&decoder);
    jpeg->planes = (struct jpeg_planes){
        .count = (unsigned)decoder.num_components, .width = decoder.image_width, .height = decoder.image_height};
    for (int c = 0; c < decoder.num_components; c++) {
        struct jpeg_component *component = &jpeg->planes.component[c];
        component->horizontal = (unsigned)(decoder.num_components == 1 ? 1 : decoder.comp_info[c].h_samp_factor);
        component->vertical = (unsigned)(decoder.num_components == 1 ? 1 : decoder.comp_info[c].v_samp_factor);
        for (int i = 0; i < 64; i++) {
            component->step[i] = decoder.comp_info[c].quant_table->quantval[i];
        }
    }
    render_shape(&jpeg->planes);
    jpeg_planes_allocate(&jpeg->planes, &error);
    for (int c = 0; c < decoder.num_components; c++) {
        struct jpeg_component *component = &jpeg->planes.component[c];
        for (uint32_t row = 0; row < component->rows; row++) {
            JBLOCKARRAY blocks = decoder.mem->access_virt_barray((j_common_ptr)&decoder, arrays[c], row, 1, FALSE);
            memcpy(component->block[(size_t)row * component->columns], blocks[0],
                   (size_t)component->columns * sizeof *component->block);
        }
    }
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
}

/* source: RGB or grey. */
static inline void drawn_jpeg_from(struct drawn_jpeg *jpeg, const uint8_t *source, uint32_t width, uint32_t height,
                                   int quality, enum drawn_sampling sampling) {
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long size = 0;
    const bool grey = sampling == DRAWN_GREY;
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &file, &size);
    encoder.image_width = width;
    encoder.image_height = height;
    encoder.input_components = grey ? 1 : 3;
    encoder.in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&encoder);
    jpeg_set_quality(&encoder, quality, TRUE);
    encoder.comp_info[0].h_samp_factor = sampling == DRAWN_422 || sampling == DRAWN_420 ? 2 : 1;
    encoder.comp_info[0].v_samp_factor = sampling == DRAWN_440 || sampling == DRAWN_420 ? 2 : 1;
    jpeg_start_compress(&encoder, TRUE);
    while (encoder.next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(source + (size_t)encoder.next_scanline * width * (grey ? 1 : 3));
        jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    drawn_jpeg_read(jpeg, file, size);
    free(file);
}

static inline void drawn_jpeg_make(struct drawn_jpeg *jpeg, uint32_t width, uint32_t height, int quality,
                                   enum drawn_sampling sampling, uint64_t seed) {
    uint8_t *source = drawn_photo(width, height, sampling == DRAWN_GREY ? 1 : 3, 1.0f, seed);
    drawn_jpeg_from(jpeg, source, width, height, quality, sampling);
    free(source);
}

static inline void drawn_jpeg_free(struct drawn_jpeg *jpeg) {
    jpeg_planes_free(&jpeg->planes);
    free(jpeg->pixels);
}

#endif
