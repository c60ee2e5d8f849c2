/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Small inputs of every kind that a stream can hold, each with the options that produce this kind when toy models
 * (toy_model.h) replace the embedded ones.
 */
#ifndef EVERY_INPUT_H
#define EVERY_INPUT_H

#include "gif_draw.h"
#include "jpeg_draw.h"
#include "test_archive.h"
#include "test_jpeg.h"
#include "test_stream.h"

/* The receiver of inputs. band_pixels: 0, or the size of bands for compress(). */
struct inputs {
    void (*take)(void *context, const char *name, const struct byte_buffer *input,
                 const struct bswz_compress_options *options, uint64_t band_pixels);
    void *context;
};

/* Pass the input on, and empty it. */
static inline void input_take(const struct inputs *inputs, const char *name, struct byte_buffer *input,
                              struct bswz_compress_options options, uint64_t band_pixels) {
    options.size = sizeof options;
    options.threads = 1;
    options.level = options.level > 0 ? options.level : 6;
    inputs->take(inputs->context, name, input, &options, band_pixels);
    input->size = 0;
}

static inline void input_drawn(const struct inputs *inputs, const char *name, enum motif motif, uint32_t width,
                               uint32_t height, unsigned channels, unsigned maxval, int level, uint64_t band_pixels) {
    struct byte_buffer input = {0};
    draw_pnm(&input, motif, width, height, channels, maxval, false);
    input_take(inputs, name, &input, (struct bswz_compress_options){.level = level, .exact = 1}, band_pixels);
    free(input.data);
}

static inline void every_picture(const struct inputs *inputs) {
    input_drawn(inputs, "RGB, level 1", MOTIF_SMOOTH, 14, 12, 3, 255, 1, 0);
    input_drawn(inputs, "RGB, level 6", MOTIF_SMOOTH, 15, 12, 3, 255, 6, 0);
    input_drawn(inputs, "RGB, level 9", MOTIF_SMOOTH, 23, 22, 3, 255, 9, 0);
    input_drawn(inputs, "RGB in bands", MOTIF_SMOOTH, 16, 40, 3, 255, 6, 256);
    input_drawn(inputs, "grey", MOTIF_SMOOTH, 16, 14, 1, 255, 6, 0);
    input_drawn(inputs, "grey as RGB", MOTIF_GREY, 40, 36, 3, 255, 3, 0);
    input_drawn(inputs, "RGB and alpha", MOTIF_SMOOTH, 24, 20, 4, 255, 6, 0);
    input_drawn(inputs, "grey and alpha of 10 bits", MOTIF_SMOOTH, 15, 12, 2, 1000, 6, 0);
    input_drawn(inputs, "a bitmap", MOTIF_FEW, 30, 40, 1, 1, 6, 900);
    input_drawn(inputs, "few values", MOTIF_FEW, 20, 20, 4, 200, 6, 0);
    input_drawn(inputs, "flat shapes", MOTIF_DRAWN, 24, 20, 3, 255, 6, 0);
    input_drawn(inputs, "pixels of a JPEG next to a drawing", MOTIF_WINDOW, 96, 64, 3, 255, 4, 0);
    input_drawn(inputs, "the same with alpha", MOTIF_WINDOW, 96, 64, 4, 255, 6, 0);
    input_drawn(inputs, "8 bits as 16", MOTIF_DISGUISED, 20, 22, 3, 65535, 6, 0);
    input_drawn(inputs, "16 bits", MOTIF_SMOOTH, 16, 16, 3, 65535, 6, 0);
    input_drawn(inputs, "noise", MOTIF_NOISE, 8, 6, 3, 255, 6, 0);
    input_drawn(inputs, "one colour", MOTIF_CONSTANT, 30, 20, 3, 7, 6, 0);
}

/* Pixels that came out of a JPEG decoder. */
static inline void input_decoded(const struct inputs *inputs, const char *name, uint32_t side,
                                 enum drawn_sampling sampling, int level) {
    struct drawn_jpeg jpeg;
    struct byte_buffer input = {0};
    char header[32];
    const unsigned channels = sampling == DRAWN_GREY ? 1 : 3;
    drawn_jpeg_make(&jpeg, side, side, 85, sampling, 3);
    snprintf(header, sizeof header, "P%c\n%u %u\n255\n", channels == 1 ? '5' : '6', side, side);
    append(&input, header, strlen(header));
    append(&input, jpeg.pixels, (size_t)side * side * channels);
    input_take(inputs, name, &input, (struct bswz_compress_options){.level = level, .exact = 1}, 0);
    drawn_jpeg_free(&jpeg);
    free(input.data);
}

static const struct bswz_compress_options input_exact = {.exact = 1}, input_pixels = {.keep_pixels = 1};

static inline void every_jpeg(const struct inputs *inputs) {
    static const struct jpeg_kind kinds[] = {{.components = 1},
                                             {.components = 3, .sampling = {22}, .is_smooth = true},
                                             {.components = 3, .is_progressive = true, .restart = 1, .is_smooth = true},
                                             {.components = 3, .has_segments = true, .is_smooth = true}};
    struct byte_buffer file = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        file = make_jpeg(24, 16, &kinds[i]);
        input_take(inputs, "JPEG file", &file, input_exact, 0);
        free(file.data);
    }
    file = make_jpeg(24, 24, &kinds[1]);
    input_take(inputs, "JPEG file by its pixels", &file, input_pixels, 0);
    free(file.data);
    input_decoded(inputs, "pixels out of JPEG", 64, DRAWN_420, 6);
    input_decoded(inputs, "pixels out of JPEG, level 1", 48, DRAWN_444, 1);
    input_decoded(inputs, "grey pixels out of JPEG", 48, DRAWN_GREY, 6);
}

/* A BMP file of 24 bits. */
static inline void append_bmp(struct byte_buffer *buffer, uint8_t width, uint8_t height) {
    const size_t row_bytes = (width * 3u + 3) / 4 * 4, size = 54 + row_bytes * height;
    uint8_t header[54] = "BM";
    struct byte_buffer pnm = {0};
    header[2] = (uint8_t)size;
    header[3] = (uint8_t)(size >> 8);
    header[10] = 54;
    header[14] = 40;
    header[18] = width;
    header[22] = height;
    header[26] = 1;
    header[28] = 24;
    append(buffer, header, sizeof header);
    draw_pnm(&pnm, MOTIF_SMOOTH, width, height, 3, 255, false);
    for (uint8_t y = 0; y < height; y++) {
        append(buffer, pnm.data + pnm.size - 3u * width * (y + 1u), 3u * width);
        append(buffer, "\0\0\0", row_bytes - 3u * width);
    }
    free(pnm.data);
}

static inline void every_file(const struct inputs *inputs) {
    struct byte_buffer input = {0}, picture = {0};
    draw_pnm(&picture, MOTIF_SMOOTH, 40, 30, 3, 255, false);
    append_png(&input, &picture);
    input_take(inputs, "PNG", &input, input_pixels, 0);
    append_png(&input, &picture);
    input_take(inputs, "PNG file", &input, input_exact, 0);
    append_bmp(&input, 15, 12);
    input_take(inputs, "BMP", &input, input_exact, 0);
    for (unsigned images = 1; images < 4; images += 2) {
        const struct gif_file gif = gif_animation(40, 30, images, true, &(struct gif_kind){.bits = 5});
        append(&input, gif.bytes, gif.size);
        free(gif.bytes);
        input_take(inputs, images == 1 ? "GIF" : "GIF animation", &input, input_exact, 0);
    }
    append(&input, "hello hello hello hello hello hello hello", 41);
    input_take(inputs, "bytes", &input, input_exact, 0);
    draw_noise(&input, 200, 3);
    input_take(inputs, "bytes that are noise", &input, input_exact, 0);
    input_take(inputs, "nothing", &input, input_exact, 0);
    free(input.data);
    free(picture.data);
}

/* Several things in one. */
static inline void every_mixture(const struct inputs *inputs) {
    static const struct jpeg_kind smooth = {.components = 3, .is_smooth = true};
    struct byte_buffer input = {0}, picture = {0}, file = make_jpeg(24, 16, &smooth);
    draw_pnm(&picture, MOTIF_SMOOTH, 14, 12, 3, 255, false);
    tar_member(&input, TAR_USTAR, '0', "a", picture.data, picture.size);
    tar_member(&input, TAR_GNU, '0', "b", picture.data, picture.size);
    put_zeros(&input, 1024);
    input_take(inputs, "tar", &input, input_exact, 0);
    cpio_member(&input, true, 0100644, "a", picture.data, picture.size);
    cpio_member(&input, true, 0, "TRAILER!!!", "", 0);
    input_take(inputs, "cpio", &input, input_exact, 0);
    append(&input, "%PDF-1.4 or so", 14);
    append(&input, file.data, file.size);
    append(&input, "endstream", 9);
    input_take(inputs, "JPEG inside of something", &input, input_exact, 0);
    for (unsigned i = 0; i < 3; i++) {
        append(&input, picture.data, picture.size);
    }
    draw_noise(&input, 20, 7);
    input_take(inputs, "three pictures and noise", &input, input_exact, 0);
    draw_pnm(&input, MOTIF_FEW, 20, 70, 1, 15, false);
    input.size -= 50;
    input_take(inputs, "a picture that broke off", &input, input_exact, 640);
    append(&input, picture.data + 15, 14 * 12 * 3 - 15);
    input_take(inputs, "raw samples", &input,
               (struct bswz_compress_options){.raw_width = 14, .raw_height = 6, .raw_channels = 3, .exact = 1}, 0);
    free(input.data);
    free(picture.data);
    free(file.data);
}

static inline void every_input(const struct inputs *inputs) {
    every_picture(inputs);
    every_jpeg(inputs);
    every_file(inputs);
    every_mixture(inputs);
}

#endif
