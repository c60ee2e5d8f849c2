/* SPDX-License-Identifier: MIT */
/*
 * Drawn pictures for the tests of origins: textures that look a little like photographs, and conversion to JPEG
 * and back.
 */
#ifndef TEST_ORIGIN_DRAW_H
#define TEST_ORIGIN_DRAW_H

#include "base/allocate.h"
#include "check.h"

#include "base/error.h"
#include "origin/origin.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

struct drawing {
    uint32_t width, height;
    uint8_t *bytes; /* interleaved RGB, or one plane */
};

static inline uint32_t hash(uint32_t x, uint32_t y, uint32_t seed) {
    uint64_t state = ((uint64_t)seed << 48 ^ (uint64_t)x << 24 ^ y) * 0x9e3779b97f4a7c15ull + 1;
    return (uint32_t)(noise(&state) >> 32);
}

/* Noise between points of a grid of the given spacing, interpolated: 0 ... 255. */
static inline int smooth_noise(uint32_t x, uint32_t y, uint32_t spacing, uint32_t seed) {
    uint32_t left = x / spacing, top = y / spacing;
    int across = (int)(x % spacing), down = (int)(y % spacing), s = (int)spacing;
    int a = hash(left, top, seed) & 255, b = hash(left + 1, top, seed) & 255;
    int c = hash(left, top + 1, seed) & 255, d = hash(left + 1, top + 1, seed) & 255;
    return ((a * (s - across) + b * across) * (s - down) + (c * (s - across) + d * across) * down) / (s * s);
}

/* Something like a photograph: broad shades, texture, a little grain; about low ... high. */
static inline int texture(uint32_t x, uint32_t y, uint32_t seed, int low, int high) {
    int value = 5 * smooth_noise(x, y, 41, seed) + 2 * smooth_noise(x, y, 9, seed + 1) +
                smooth_noise(x, y, 3, seed + 2) + (int)(hash(x, y, seed + 3) & 31);
    return low + value * (high - low) / (8 * 255 + 31);
}

static inline uint8_t clip(int value) {
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline void *get(size_t size) {
    void *memory = bswz_allocate(size, 1);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static inline struct drawing draw_rgb(uint32_t width, uint32_t height, uint32_t seed, int low, int high) {
    struct drawing drawing = {width, height, get((size_t)3 * width * height)};
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            for (uint32_t k = 0; k < 3; k++) {
                drawing.bytes[3 * ((size_t)y * width + x) + k] = clip(texture(x, y, seed + 5 * k, low, high));
            }
        }
    }
    return drawing;
}

/* Colours that the JFIF conversion gives, for a picture that never was a JPEG. */
static inline struct drawing draw_jfif(uint32_t width, uint32_t height, uint32_t seed) {
    struct origin_planes planes = {.kind = ORIGIN_JFIF, .width = width, .height = height};
    struct drawing drawing = {width, height, get((size_t)3 * width * height)};
    for (uint32_t c = 0; c < 3; c++) {
        planes.plane[c] = get((size_t)width * height);
        for (uint32_t i = 0; i < width * height; i++) {
            planes.plane[c][i] = clip(c == 0 ? texture(i % width, i / width, seed, 20, 230)
                                             : texture(i % width, i / width, seed + c, 110, 150));
        }
    }
    CHECK(origin_restore(&planes, NULL, drawing.bytes, NULL) == BSWZ_OK, "JFIF");
    origin_planes_free(&planes);
    return drawing;
}

struct memory {
    unsigned char *bytes;
    unsigned long size;
};

static inline struct memory compress_jpeg(const struct drawing *drawing, int components, int quality, int sampling) {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    struct memory memory = {NULL, 0};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &memory.bytes, &memory.size);
    info.image_width = drawing->width;
    info.image_height = drawing->height;
    info.input_components = components;
    info.in_color_space = components == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = sampling;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = drawing->bytes + (size_t)info.next_scanline * drawing->width * (size_t)components;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    return memory;
}

static inline struct drawing decompress_jpeg(const struct memory *memory, J_COLOR_SPACE space) {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, memory->bytes, memory->size);
    jpeg_read_header(&info, TRUE);
    info.out_color_space = space;
    jpeg_start_decompress(&info);
    size_t row_bytes = (size_t)info.output_width * (size_t)info.output_components;
    struct drawing drawing = {info.output_width, info.output_height, get(row_bytes * info.output_height)};
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = drawing.bytes + info.output_scanline * row_bytes;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    return drawing;
}

/* ---- reference conversions, directly from their definitions ---- */

static inline int floor_divide(int a, int b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static inline void reference_forward(enum origin_kind kind, int p0, int p1, int p2, uint8_t rgb[3]) {
    if (kind == ORIGIN_JFIF) {
        int b = p1 - 128, r = p2 - 128;
        rgb[0] = clip(p0 + floor_divide(91881 * r + 32768, 65536));
        rgb[1] = clip(p0 + floor_divide(32768 - 22554 * b - 46802 * r, 65536));
        rgb[2] = clip(p0 + floor_divide(116130 * b + 32768, 65536));
    } else {
        int b = p1 - 156, r = p2 - 137;
        int blue = floor_divide(22179 * b, 10000), red = floor_divide(18215 * r, 10000);
        rgb[0] = clip(floor_divide(13584 * p0 + 18215 * r, 10000));
        rgb[1] = clip(floor_divide(13584 * p0 - 1940 * blue - 5090 * red, 10000));
        rgb[2] = clip(floor_divide(13584 * p0 + 22179 * b, 10000));
    }
}

#endif
