/* SPDX-License-Identifier: MIT */
/*
 * More inputs that take much time: GIF files, deflate streams, and pictures that many codings are tried on.
 */
#ifndef HOSTILE_FILES_H
#define HOSTILE_FILES_H

#include "../unit/gif_draw.h"
#include "hostile_put.h"

#include <zlib.h>

static uint32_t random_32(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

/* ---- GIF ---- */

static void put_gif(const struct gif_file *gif) {
    put(gif->bytes, gif->size);
    free(gif->bytes);
}

/* As many images as possible on a large screen, each of which is gone afterwards. */
static void make_gif_images(void) {
    struct gif_file gif = {0};
    const uint8_t indices[4] = {0, 1, 1, 0};
    gif_screen(&gif, 4000, 4000, 1);
    for (unsigned i = 0; gif.size < wanted; i++) {
        gif_control(&gif, 2 + i % 2, 0);
        gif_image(&gif, i % 3999, i * 7 % 3999, 2, 2, 0, indices, &(struct gif_kind){.bits = 2});
    }
    gif_put_8(&gif, 0x3b);
    put_gif(&gif);
}

/* Large images of few bytes. */
static void make_gif_large(void) {
    enum { SIDE = 2000 };
    struct gif_file gif = {0};
    uint8_t *indices = calloc(SIDE, SIDE);
    if (indices == NULL) {
        fail("no memory");
    }
    gif_screen(&gif, SIDE, SIDE, 2);
    for (unsigned i = 0; gif.size < wanted; i++) {
        for (unsigned n = 0; n < 500; n++) {
            indices[random_32() % (SIDE * SIDE)] = random_32() & 3;
        }
        gif_control(&gif, 1, -1);
        gif_image(&gif, 0, 0, SIDE, SIDE, 0, indices, &(struct gif_kind){.bits = 2});
    }
    free(indices);
    gif_put_8(&gif, 0x3b);
    put_gif(&gif);
}

static void make_gif_noise(void) {
    struct gif_file gif = {0};
    static uint8_t indices[200 * 200];
    gif_screen(&gif, 200, 200, 8);
    while (gif.size < wanted) {
        for (unsigned i = 0; i < sizeof indices; i++) {
            indices[i] = random_32() & 255;
        }
        gif_control(&gif, 1, -1);
        gif_image(&gif, 0, 0, 200, 200, 0, indices, &(struct gif_kind){.bits = 8});
    }
    gif_put_8(&gif, 0x3b);
    put_gif(&gif);
}

/* Small files in a row. */
static void make_gif_files(void) {
    for (unsigned i = 0; is_short(); i++) {
        const struct gif_file gif = gif_still(4 + i % 20, 4 + i % 7, &(struct gif_kind){.bits = 3});
        put_gif(&gif);
    }
}

/* ---- deflate ---- */

static void put_gzip(const uint8_t *plain, size_t size, int level) {
    z_stream zlib = {.next_in = (Bytef *)(uintptr_t)plain, .avail_in = (uInt)size};
    uint8_t *out = malloc(size + size / 100 + 1000);
    if (out == NULL || deflateInit2(&zlib, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        fail("no memory");
    }
    zlib.next_out = out;
    zlib.avail_out = (uInt)(size + size / 100 + 1000);
    if (deflate(&zlib, Z_FINISH) != Z_STREAM_END) {
        fail("cannot pack");
    }
    put(out, zlib.total_out);
    deflateEnd(&zlib);
    free(out);
}

static uint8_t *get_bytes(size_t size) {
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        fail("no memory");
    }
    return bytes;
}

/* Four letters: matches everywhere. */
static void make_gzip_letters(void) {
    const size_t size = wanted * 7 / 2;
    uint8_t *plain = get_bytes(size);
    for (size_t i = 0; i < size; i++) {
        plain[i] = (uint8_t) "ACGT"[random_32() & 3];
    }
    put_gzip(plain, size, 9);
    free(plain);
}

/* Two letters and pieces that come again and again: long chains of long matches. */
static void make_gzip_repeats(void) {
    const size_t size = wanted * 36;
    uint8_t *plain = get_bytes(size), piece[300];
    size_t at = 0;
    for (unsigned i = 0; i < sizeof piece; i++) {
        piece[i] = (uint8_t)('a' + (random_32() & 1));
    }
    while (at < size) {
        const unsigned from = random_32() % sizeof piece, length = 3 + random_32() % 297;
        for (unsigned i = from; i < sizeof piece && i < from + length && at < size; i++) {
            plain[at++] = piece[i];
        }
        if (at < size) {
            plain[at++] = (uint8_t)('a' + (random_32() & 1));
        }
    }
    put_gzip(plain, size, 9);
    free(plain);
}

static void make_gzip_members(void) {
    for (unsigned i = 0; is_short(); i++) {
        uint8_t plain[200];
        for (unsigned k = 0; k < sizeof plain; k++) {
            plain[k] = k < 150 ? (uint8_t)("member "[k % 7] + (int)(i & 1)) : (uint8_t)random_32();
        }
        put_gzip(plain, sizeof plain, 9);
    }
}

/* ---- pictures that all codings are tried on ---- */

/* A PNG file of rows that begin with their filters, row_size bytes each. */
static void put_png_rows(uint32_t width, uint32_t height, unsigned depth, unsigned type, const uint8_t *rows,
                         size_t row_size, int level) {
    uLongf size = compressBound((uLong)(height * row_size));
    uint8_t *packed = get_bytes(size);
    if (compress2(packed, &size, rows, (uLong)(height * row_size), level) != Z_OK) {
        fail("cannot pack");
    }
    put_png_header(width, height, depth, type);
    put_chunk("IDAT", packed, size);
    put_chunk("IEND", NULL, 0);
    free(packed);
}

/* Noise of two values, a bit for each. */
static void make_png_bits(void) {
    const uint32_t width = 2000, height = (uint32_t)(wanted / (width / 8));
    uint8_t *rows = get_bytes((size_t)height * 251);
    for (size_t i = 0; i < (size_t)height * 251; i++) {
        rows[i] = i % 251 == 0 ? 0 : (uint8_t)random_32();
    }
    put_png_rows(width, height, 1, 0, rows, 251, 1);
    free(rows);
}

/* One colour, and here and there a pixel of another: a drawing that is never settled. */
static void make_png_sparse(void) {
    const uint32_t width = 2500, row = 3 * width + 1, height = (uint32_t)(wanted * 18 / width);
    uint8_t *rows = get_bytes((size_t)height * row);
    memset(rows, 0, (size_t)height * row);
    for (size_t i = 0; i < (size_t)height * width / 43; i++) {
        const uint32_t colour = random_32() % 5;
        uint8_t *pixel = rows + random_32() % height * (size_t)row + 1 + 3 * (size_t)(random_32() % width);
        pixel[0] = (uint8_t)(40 + 40 * colour);
        pixel[1] = (uint8_t)(200 - 30 * colour);
        pixel[2] = (uint8_t)(17 * colour);
    }
    put_png_rows(width, height, 8, 2, rows, row, 9);
    free(rows);
}

/* Samples of 16 bits: a slope and some noise. */
static void make_pgm_deep(void) {
    char header[40];
    const unsigned side = 500, height = (unsigned)(wanted / 2 / side);
    snprintf(header, sizeof header, "P5 %u %u 65535\n", side, height);
    put_text(header);
    for (unsigned i = 0; i < side * height; i++) {
        const unsigned value = (i % side * 50 + i / side * 20 + random_32() % 64) & 65535;
        put_byte(value >> 8);
        put_byte(value & 255);
    }
}

/* Blocks of noise, of a slope, and of few colours in turn. */
static void make_ppm_mixed(void) {
    char header[40];
    const unsigned side = 512, height = (unsigned)(wanted / 3 / side);
    snprintf(header, sizeof header, "P6 %u %u 255\n", side, height);
    put_text(header);
    for (unsigned i = 0; i < side * height; i++) {
        const unsigned x = i % side, y = i / side, kind = (x / 64 + y / 64 * 3) % 4, noise = random_32();
        for (unsigned c = 0; c < 3; c++) {
            put_byte(kind == 0   ? noise >> 8 * c & 255
                     : kind == 1 ? ((x + y) / 2 + (noise >> 8 * c & 7)) & 255
                     : kind == 2 ? (x / 5 * 7 + y / 6 * 3 + c * 50) % 8 * 30
                                 : (x / 9 + y / 7) % 3 * 100 + c);
        }
    }
}

#endif
