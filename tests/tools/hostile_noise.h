/* SPDX-License-Identifier: MIT */
/*
 * Noise and other things that look like pictures: all codings are tried, and none helps.
 */
#ifndef HOSTILE_NOISE_H
#define HOSTILE_NOISE_H

#include "hostile_files.h"

static void put_noise(size_t count) {
    for (size_t i = 0; i < count; i++) {
        put_byte(random_32() & 255);
    }
}

/* ---- PNG ---- */

static void put_png_noise(unsigned depth, unsigned type, unsigned channels, uint32_t width) {
    const size_t row = 1 + ((size_t)width * channels * depth + 7) / 8;
    const uint32_t height = (uint32_t)(wanted / row) + 1;
    uint8_t *rows = get_bytes(height * row);
    for (size_t i = 0; i < height * row; i++) {
        rows[i] = i % row == 0 ? 0 : (uint8_t)random_32();
    }
    put_png_rows(width, height, depth, type, rows, row, 1);
    free(rows);
}

static void make_png_bits_2(void) {
    put_png_noise(2, 0, 1, 2000);
}

static void make_png_bits_4(void) {
    put_png_noise(4, 0, 1, 2000);
}

/* A single very long row. */
static void make_png_wide(void) {
    put_png_noise(1, 0, 1, (uint32_t)wanted * 4);
}

static void make_png_grey(void) {
    put_png_noise(8, 0, 1, 1000);
}

static void make_png_grey_alpha(void) {
    put_png_noise(8, 4, 2, 1000);
}

static void make_png_rgba(void) {
    put_png_noise(8, 6, 4, 500);
}

static void make_png_deep(void) {
    put_png_noise(16, 2, 3, 500);
}

/* Noise of two values in seven interlaced passes: the rows of each begin with their filters, too. */
static void make_png_bits_interlaced(void) {
    static const unsigned first_x[] = {0, 4, 0, 2, 0, 1, 0}, step_x[] = {8, 8, 4, 4, 2, 2, 1};
    static const unsigned first_y[] = {0, 0, 4, 0, 2, 0, 1}, step_y[] = {8, 8, 8, 4, 4, 2, 2};
    const uint32_t width = 2000, height = (uint32_t)(wanted / (width / 8));
    uint8_t *rows = get_bytes((size_t)height * (width / 8 + 8)), header[13] = {[8] = 1, [12] = 1};
    size_t size = 0;
    for (unsigned pass = 0; pass < 7; pass++) {
        const size_t across = (width - first_x[pass] + step_x[pass] - 1) / step_x[pass];
        for (uint32_t y = first_y[pass]; y < height; y += step_y[pass]) {
            rows[size++] = 0;
            for (size_t i = 0; i < (across + 7) / 8; i++) {
                rows[size++] = (uint8_t)random_32();
            }
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        header[i] = (uint8_t)(width >> (24 - 8 * i));
        header[4 + i] = (uint8_t)(height >> (24 - 8 * i));
    }
    uLongf packed_size = compressBound((uLong)size);
    uint8_t *packed = get_bytes(packed_size);
    if (compress2(packed, &packed_size, rows, (uLong)size, 1) != Z_OK) {
        fail("cannot pack");
    }
    put("\211PNG\r\n\032\n", 8);
    put_chunk("IHDR", header, sizeof header);
    put_chunk("IDAT", packed, packed_size);
    put_chunk("IEND", NULL, 0);
    free(packed);
    free(rows);
}

/* A smooth grey picture with little noise: it has far more samples than bytes. */
static void put_png_smooth(unsigned depth, unsigned share) {
    const uint32_t width = 2000, row = width * depth / 8 + 1, height = (uint32_t)(wanted * share / width);
    uint8_t *rows = get_bytes((size_t)height * row);
    for (uint32_t y = 0; y < height; y++) {
        uint8_t *at = rows + (size_t)y * row;
        *at++ = 2;
        for (uint32_t x = 0; x < width; x++) { /* differences to the row above */
            const unsigned step = random_32() % 16 == 0 ? random_32() % 3 : 0;
            if (depth == 16) {
                *at++ = 0;
            }
            *at++ = (uint8_t)(y == 0 ? x / 8 + step : step);
        }
    }
    put_png_rows(width, height, depth, 0, rows, row, 9);
    free(rows);
}

static void make_png_smooth(void) {
    put_png_smooth(8, 18);
}

static void make_png_smooth_deep(void) {
    put_png_smooth(16, 16);
}

/* ---- other pictures ---- */

static void put_pnm_noise(const char *magic, const char *maxval, unsigned width, unsigned bits) {
    char header[60];
    const unsigned height = (unsigned)(wanted * 8 / bits / width);
    snprintf(header, sizeof header, "%s %u %u%s\n", magic, width, height, maxval);
    put_text(header);
    put_noise((size_t)height * (width * bits / 8));
}

static void make_pbm_noise(void) {
    put_pnm_noise("P4", "", 2000, 1);
}

static void make_pgm_noise(void) {
    put_pnm_noise("P5", " 255", 1000, 8);
}

static void make_pgm_noise_deep(void) {
    put_pnm_noise("P5", " 65535", 1000, 16);
}

static void make_ppm_noise(void) {
    put_pnm_noise("P6", " 255", 1000, 24);
}

/* Two values, a byte for each. */
static void make_pgm_two(void) {
    char header[40];
    snprintf(header, sizeof header, "P5 1000 %u 255\n", (unsigned)(wanted / 1000));
    put_text(header);
    for (size_t i = 0; i < wanted / 1000 * 1000; i++) {
        put_byte(random_32() & 1 ? 255 : 0);
    }
}

/* Two colours, in blocks of 8 by 8 pixels that are half noise. */
static void make_bmp_bits(void) {
    const uint32_t width = 2048, height = (uint32_t)(wanted / (width / 8));
    put_text("BM");
    put_little_32(62 + height * (width / 8));
    put_little_32(0);
    put_little_32(62);
    put_little_32(40);
    put_little_32(width);
    put_little_32(height);
    put_little_16(1);
    put_little_16(1);
    put_zeros(24);
    put("\0\0\0\0\377\377\377\0", 8);
    for (uint32_t i = 0; i < height * (width / 8); i++) {
        put_byte(((i % 256 / 3 + i / 2048) & 1) != 0 ? random_32() & 255 : 0);
    }
}

static void put_card(const char *text) {
    char card[81];
    snprintf(card, sizeof card, "%-80s", text);
    put(card, 80);
}

static void make_fits_noise(void) {
    const unsigned height = (unsigned)(wanted / 2000);
    char card[81];
    put_card("SIMPLE  =                    T");
    put_card("BITPIX  =                   16");
    put_card("NAXIS   =                    2");
    put_card("NAXIS1  =                 1000");
    snprintf(card, sizeof card, "NAXIS2  = %20u", height);
    put_card(card);
    put_card("END");
    for (unsigned i = 0; i < 30; i++) {
        put_card("");
    }
    put_noise((size_t)height * 2000);
    put_zeros((2880 - (size_t)height * 2000 % 2880) % 2880);
}

static void put_element(unsigned group, unsigned element, const char *kind, unsigned size) {
    put_little_16(group);
    put_little_16(element);
    put(kind, 2);
    put_little_16(size);
}

static void put_number(unsigned group, unsigned element, unsigned value) {
    put_element(group, element, "US", 2);
    put_little_16(value);
}

/* An explicit little-endian file, with samples of 16 bits. */
static void make_dicom_noise(void) {
    const unsigned height = (unsigned)(wanted / 2000);
    put_zeros(128);
    put_text("DICM");
    put_element(2, 0, "UL", 4);
    put_little_32(28);
    put_element(2, 0x10, "UI", 20);
    put("1.2.840.10008.1.2.1\0", 20);
    put_number(0x28, 2, 1);
    put_element(0x28, 4, "CS", 12);
    put("MONOCHROME2 ", 12);
    put_number(0x28, 0x10, height);
    put_number(0x28, 0x11, 1000);
    put_number(0x28, 0x100, 16);
    put_number(0x28, 0x101, 16);
    put_number(0x28, 0x102, 15);
    put_number(0x28, 0x103, 0);
    put_element(0x7fe0, 0x10, "OW", 0);
    put_little_32(height * 2000);
    put_noise((size_t)height * 2000);
}

/* Noise in strips of one row each. */
static void make_tiff_strips(void) {
    const uint32_t width = 100, height = (uint32_t)(wanted / (width + 8)), start = put_strips(width, height, 0);
    for (uint32_t i = 0; i < height; i++) {
        put_little_32(start + width * i);
    }
    put_times(height, width);
    put_noise((size_t)width * height);
}

/* Samples as text. */
static void make_pnm_text(void) {
    char header[40];
    snprintf(header, sizeof header, "P3 1000 %u 255\n", (unsigned)(wanted / 4 / 3000));
    put_text(header);
    for (unsigned i = 0; is_short(); i++) {
        char number[8];
        snprintf(number, sizeof number, i % 20 == 19 ? "%u\n" : "%u ", random_32() & 255);
        put_text(number);
    }
}

/* ---- GIF ---- */

/* Images of noise in many colours, or of few pixels. */
static void put_gif_noise(unsigned side, unsigned bits, bool is_interlaced) {
    struct gif_file gif = {0};
    uint8_t *indices = get_bytes((size_t)side * side);
    gif_screen(&gif, side, side, bits);
    while (gif.size < wanted) {
        for (unsigned i = 0; i < side * side; i++) {
            indices[i] = (uint8_t)(random_32() & ((1u << bits) - 1));
        }
        gif_control(&gif, 1, -1);
        gif_image(&gif, 0, 0, side, side, 0, indices, &(struct gif_kind){.bits = bits, .is_interlaced = is_interlaced});
    }
    free(indices);
    gif_put_8(&gif, 0x3b);
    put_gif(&gif);
}

static void make_gif_noise_large(void) {
    put_gif_noise(1000, 8, true);
}

static void make_gif_bits(void) {
    put_gif_noise(700, 2, false);
}

static void make_gif_tiny(void) {
    put_gif_noise(3, 2, false);
}

/* ---- compression and archives ---- */

/* Zeros, a thousand for each byte of the file. */
static void make_gzip_bomb(void) {
    uint8_t *plain = calloc(wanted, 1000);
    if (plain == NULL) {
        fail("no memory");
    }
    put_gzip(plain, wanted * 1000, 9);
    free(plain);
}

/* Bombs after each other. */
static void make_gzip_bombs(void) {
    uint8_t *plain = calloc(1 << 20, 1);
    if (plain == NULL) {
        fail("no memory");
    }
    while (is_short()) {
        put_gzip(plain, 1 << 20, 9);
    }
    free(plain);
}

static void make_gzip_noise(void) {
    uint8_t *plain = get_bytes(wanted);
    for (size_t i = 0; i < wanted; i++) {
        plain[i] = (uint8_t)(random_32() & 127);
    }
    put_gzip(plain, wanted, 6);
    free(plain);
}

/* Members of a ZIP archive: a few stored bytes, or a bomb. */
static void put_zip_member(const uint8_t *packed, unsigned size, unsigned plain_size, unsigned method, uint32_t check) {
    put_little_32(0x04034b50);
    put_little_16(20);
    put_little_16(0);
    put_little_16(method);
    put_little_32(0);
    put_little_32(check);
    put_little_32(size);
    put_little_32(plain_size);
    put_little_16(1);
    put_little_16(0);
    put_text("a");
    put(packed, size);
}

static void make_zip_members(void) {
    static const uint8_t plain[] = "xy";
    while (is_short()) {
        put_zip_member(plain, 2, 2, 0, (uint32_t)crc32(0, plain, 2));
    }
}

static void make_zip_bombs(void) {
    enum { SIZE = 1 << 20 };
    size_t size;
    uint8_t *packed = pack_rows(SIZE, &size), *plain = calloc(SIZE, 1);
    if (plain == NULL) {
        fail("no memory");
    }
    const uint32_t check = (uint32_t)crc32(0, plain, SIZE);
    while (is_short()) { /* without the zlib header and check */
        put_zip_member(packed + 2, (unsigned)size - 6, SIZE, 8, check);
    }
    free(packed);
    free(plain);
}

#endif
