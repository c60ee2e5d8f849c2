/* SPDX-License-Identifier: MIT */
/*
 * JPEG files of every kind, made here with libjpeg.
 */
#ifndef TEST_JPEG_H
#define TEST_JPEG_H

#include "check.h"

#include "base/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* Scripts of scans; each ends with a scan of no components. */
static const jpeg_scan_info sequential_script[] = {
    {1, {1}, 0, 63, 0, 0}, {1, {0}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}, {0, {0}, 0, 0, 0, 0}};
static const jpeg_scan_info pair_script[] = {{1, {0}, 0, 63, 0, 0}, {2, {1, 2}, 0, 63, 0, 0}, {0, {0}, 0, 0, 0, 0}};
static const jpeg_scan_info odd_script[] = {
    {1, {0}, 0, 0, 0, 3},  {2, {1, 2}, 0, 0, 0, 2}, {1, {0}, 1, 3, 0, 4},    {1, {0}, 4, 63, 0, 3},
    {1, {1}, 1, 63, 0, 2}, {1, {2}, 1, 63, 0, 0},   {1, {0}, 1, 3, 4, 3},    {1, {0}, 1, 63, 3, 2},
    {1, {0}, 0, 0, 3, 2},  {1, {0}, 0, 0, 2, 1},    {2, {1, 2}, 0, 0, 2, 1}, {1, {0}, 1, 63, 2, 1},
    {1, {1}, 1, 63, 2, 1}, {1, {0}, 1, 63, 1, 0},   {1, {0}, 0, 0, 1, 0},    {0, {0}, 0, 0, 0, 0}};
static const jpeg_scan_info cut_script[] = {
    {3, {0, 1, 2}, 0, 0, 0, 1}, {1, {0}, 1, 20, 0, 1}, {1, {2}, 1, 63, 0, 3}, {0, {0}, 0, 0, 0, 0}};

struct jpeg_kind {
    int components;  /* 1, 2, 3, or 4: CMYK */
    int sampling[3]; /* 10 * horizontal + vertical; 0: 11 */
    int quality;     /* 0: 75 */
    bool is_progressive, is_optimised, is_arithmetic;
    bool is_ycck; /* 4 components */
    int restart;  /* MCUs */
    const jpeg_scan_info *script;
    bool has_segments; /* comment, EXIF with a thumbnail, a profile */
    bool is_flat;      /* large squares, */
    bool is_smooth;    /* or a slope with a few dots; otherwise a picture with a lot of noise */
};

static inline int jpeg_scans_of(const jpeg_scan_info *script) {
    int count = 0;
    while (script[count].comps_in_scan > 0) {
        count++;
    }
    return count;
}

static inline void append_or_abort(struct byte_buffer *buffer, const void *bytes, size_t size) {
    if (byte_buffer_append(buffer, bytes, size, NULL) != BSWZ_OK) {
        abort();
    }
}

static inline struct byte_buffer make_jpeg(uint32_t width, uint32_t height, const struct jpeg_kind *kind);

static inline void add_segments(struct jpeg_compress_struct *encoder) {
    const struct jpeg_kind small = {.components = 3};
    struct byte_buffer thumbnail = make_jpeg(16, 12, &small), body = {0};
    append_or_abort(&body, "Exif\0\0MM\0*\0\0\0\10", 14);
    append_or_abort(&body, thumbnail.data, thumbnail.size);
    jpeg_write_marker(encoder, JPEG_APP0 + 1, body.data, (unsigned)body.size);
    jpeg_write_marker(encoder, JPEG_APP0 + 2, (const JOCTET *)"ICC_PROFILE\0\1\1 not much of a profile", 36);
    jpeg_write_marker(encoder, JPEG_COM, (const JOCTET *)"a comment with \xff\xd9 and \xff\xda in it", 29);
    free(thumbnail.data);
    free(body.data);
}

static inline struct byte_buffer make_jpeg(uint32_t width, uint32_t height, const struct jpeg_kind *kind) {
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    uint64_t state = 1000003u * width + height + (uint64_t)kind->components;
    encoder.err = jpeg_std_error(&manager);
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &bytes, &size);
    encoder.image_width = width;
    encoder.image_height = height;
    encoder.input_components = kind->components;
    encoder.in_color_space = kind->components == 1   ? JCS_GRAYSCALE
                             : kind->components == 2 ? JCS_UNKNOWN
                             : kind->components == 3 ? JCS_RGB
                                                     : JCS_CMYK;
    jpeg_set_defaults(&encoder);
    if (kind->is_ycck) {
        jpeg_set_colorspace(&encoder, JCS_YCCK);
    }
    jpeg_set_quality(&encoder, kind->quality != 0 ? kind->quality : 75, TRUE);
    for (int c = 0; c < kind->components && c < 3; c++) {
        const int sampling = kind->sampling[c] != 0 ? kind->sampling[c] : 11;
        encoder.comp_info[c].h_samp_factor = sampling / 10;
        encoder.comp_info[c].v_samp_factor = sampling % 10;
    }
    encoder.optimize_coding = kind->is_optimised;
    encoder.arith_code = kind->is_arithmetic;
    encoder.restart_interval = (unsigned)kind->restart;
    if (kind->is_progressive) {
        jpeg_simple_progression(&encoder);
    }
    if (kind->script != NULL) {
        encoder.scan_info = kind->script;
        encoder.num_scans = jpeg_scans_of(kind->script);
    }
    jpeg_start_compress(&encoder, TRUE);
    if (kind->has_segments) {
        add_segments(&encoder);
    }
    JSAMPLE *row = malloc((size_t)width * (size_t)kind->components);
    while (row != NULL && encoder.next_scanline < height) {
        const uint32_t y = encoder.next_scanline;
        for (uint32_t x = 0; x < width; x++) {
            for (unsigned c = 0; c < (unsigned)kind->components; c++) {
                const unsigned grain = kind->is_flat ? 0 : (unsigned)(noise(&state) >> 58);
                row[x * (unsigned)kind->components + c] =
                    (JSAMPLE)(kind->is_flat     ? 40 + 50 * c + (x / 64 + y / 64) * 8 % 80
                              : kind->is_smooth ? (30 + x + y / 2 + 20 * c + (x * y % 31 == 0 ? 9 : 0)) % 256
                                                : (x * 5 + y * 3 + c * 60 + (x / 11 + y / 7) % 3 * 40 + grain) % 256);
            }
        }
        jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    free(row);
    struct byte_buffer file = {0};
    append_or_abort(&file, bytes, size);
    free(bytes);
    return file;
}

/* The position of a marker's segment (its 0xff) in headers without thumbnails; SIZE_MAX: there is none. */
static inline size_t find_segment(const struct byte_buffer *file, unsigned marker) {
    size_t at = 2;
    while (at + 4 <= file->size && file->data[at] == 0xff) {
        if (file->data[at + 1] == marker) {
            return at;
        }
        at += 2 + ((size_t)file->data[at + 2] << 8 | file->data[at + 3]);
    }
    return SIZE_MAX;
}

#endif
