/* SPDX-License-Identifier: MIT */
/*
 * Small files with pages, drawn for the tests of src/pages: TIFF with each coding, in strips, tiles and planes; DICOM,
 * FITS, run-length encoded BMP and plain PNM.
 */
#ifndef PAGES_DRAW_H
#define PAGES_DRAW_H

#include "check.h"
#include "pages/coding.h"
#include "pages/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct drawn_file {
    enum picture_format format;
    struct byte_buffer file;
};

static const struct pages_limits usual_limits = {.plain = 1 << 20, .work = UINT64_MAX};

/* A TIFF page to draw. */
struct tiff_kind {
    uint16_t compression, bits, samples, planes, predictor, format, tile;
    bool is_big, is_wide; /* byte order; BigTIFF */
};

static const struct tiff_kind tiff_kinds[] = {
    {.compression = 1, .bits = 8, .samples = 3, .planes = 1, .predictor = 1, .format = 1, .tile = 16},
    {.compression = 32773, .bits = 8, .samples = 1, .planes = 1, .predictor = 1, .format = 1},
    {.compression = 32773, .bits = 4, .samples = 1, .planes = 1, .predictor = 1, .format = 1, .is_big = true},
    {.compression = 5, .bits = 8, .samples = 3, .planes = 1, .predictor = 2, .format = 1},
    {.compression = 5, .bits = 16, .samples = 3, .planes = 2, .predictor = 2, .format = 1, .is_big = true},
    {.compression = 5, .bits = 16, .samples = 1, .planes = 1, .predictor = 1, .format = 2, .tile = 16},
    {.compression = 8, .bits = 8, .samples = 4, .planes = 1, .predictor = 2, .format = 1},
    {.compression = 8, .bits = 32, .samples = 1, .planes = 1, .predictor = 3, .format = 3},
    {.compression = 1, .bits = 12, .samples = 1, .planes = 1, .predictor = 1, .format = 1},
    {.compression = 1, .bits = 32, .samples = 2, .planes = 1, .predictor = 1, .format = 2},
    {.compression = 4, .bits = 1, .samples = 1, .planes = 1, .predictor = 1, .format = 1},
    {.compression = 1, .bits = 8, .samples = 6, .planes = 1, .predictor = 1, .format = 1, .is_big = true},
    {.compression = 1, .bits = 64, .samples = 1, .planes = 1, .predictor = 1, .format = 3, .is_big = true},
    {.compression = 5, .bits = 8, .samples = 3, .planes = 1, .predictor = 1, .format = 1, .is_wide = true},
    {.compression = 8,
     .bits = 16,
     .samples = 1,
     .planes = 1,
     .predictor = 1,
     .format = 1,
     .tile = 16,
     .is_big = true,
     .is_wide = true},
    {.compression = 7, .bits = 8, .samples = 3, .planes = 1, .predictor = 1, .format = 1},
    {.compression = 7, .bits = 8, .samples = 1, .planes = 1, .predictor = 1, .format = 1, .tile = 16, .is_wide = true},
};

enum { TIFF_KINDS = sizeof tiff_kinds / sizeof *tiff_kinds, PAGES_KINDS = TIFF_KINDS + 8 };
enum { DRAWN_WIDTH = 37, DRAWN_HEIGHT = 23, DRAWN_STRIP = 8 };

static inline void draw_bytes(struct byte_buffer *buffer, const void *bytes, size_t size) {
    if (byte_buffer_append(buffer, bytes, size, NULL) != BSWZ_OK) {
        exit(1);
    }
}

static inline void draw_number(struct byte_buffer *buffer, uint64_t value, unsigned bytes, bool is_big) {
    for (unsigned i = 0; i < bytes; i++) {
        const uint8_t byte = (uint8_t)(value >> 8 * (is_big ? bytes - 1 - i : i));
        draw_bytes(buffer, &byte, 1);
    }
}

/* Flat areas, edges, and some noise. */
static inline void draw_piece(uint8_t *bytes, size_t size, uint64_t *state) {
    uint8_t last = 0;
    for (size_t i = 0; i < size; i++) {
        const uint64_t number = noise(state);
        last = number % 5 == 0 ? (uint8_t)(number >> 32) : last;
        bytes[i] = last;
    }
}

/* A piece that looks like JPEG: of one or three components, in MCUs of 8 x 8. The second piece has data that cannot be
 * part of another file. */
static inline void draw_jpeg_piece(const struct page *page, uint32_t tile, const uint8_t *bytes,
                                   struct byte_buffer *out) {
    const unsigned rows = page_place_of(page, tile).rows, components = page->samples;
    const uint8_t frame[] = {0xff,
                             0xd8,
                             0xff,
                             0xc0,
                             0,
                             (uint8_t)(8 + 3 * components),
                             8,
                             0,
                             (uint8_t)rows,
                             0,
                             (uint8_t)page->tile_width,
                             (uint8_t)components};
    draw_bytes(out, frame, sizeof frame);
    for (unsigned i = 0; i < components; i++) {
        const uint8_t component[] = {(uint8_t)(i + 1), 0x11, 0};
        draw_bytes(out, component, sizeof component);
    }
    const uint8_t scan[] = {0xff, 0xda, 0, (uint8_t)(6 + 2 * components), (uint8_t)components};
    draw_bytes(out, scan, sizeof scan);
    for (unsigned i = 0; i < components; i++) {
        const uint8_t component[] = {(uint8_t)(i + 1), 0};
        draw_bytes(out, component, sizeof component);
    }
    draw_bytes(out, "\0\77\0", 3);
    for (unsigned i = 0; i < 100 + tile; i++) {
        draw_bytes(out, bytes + i, 1);
        draw_bytes(out, "", bytes[i] == 0xff);
    }
    draw_bytes(out, tile == 1 ? "\377\320\1\2\3\377\331" : "\377\331", tile == 1 ? 7 : 2);
}

/* A piece as its coding makes it of these bytes. */
static inline void draw_coded(uint16_t compression, const struct piece_shape *shape, const uint8_t *bytes,
                              struct byte_buffer *out) {
    struct cursor nothing = {.bytes = bytes};
    struct coding_state state = {0};
    const size_t size = shape->row_bytes * shape->rows;
    if (compression == 8) {
        uint8_t packed[8192];
        uLongf length = sizeof packed;
        if (compress2(packed, &length, bytes, (uLong)size, 6) != Z_OK) {
            exit(1);
        }
        draw_bytes(out, packed, length);
        return;
    }
    const enum page_coding coding = compression == 5       ? PAGE_LZW
                                    : compression == 32773 ? PAGE_PACKBITS
                                    : compression == 4     ? PAGE_FAX
                                                           : PAGE_PLAIN;
    if (piece_encode(coding, shape, bytes, &nothing, 1 << 20, out, &state, NULL) != BSWZ_OK) {
        exit(1);
    }
}

/* The tables of all pieces that look like JPEG. */
static const char jpeg_tables[] = "\377\330\377\333\0\7some \377\304\0\11tables \377\331";

static inline struct byte_buffer draw_tiff(const struct tiff_kind *kind) {
    const struct page page = {.width = DRAWN_WIDTH,
                              .height = DRAWN_HEIGHT,
                              .samples = (uint8_t)kind->samples,
                              .together = 1,
                              .bits = (uint8_t)kind->bits,
                              .tile_width = kind->tile != 0 ? kind->tile : DRAWN_WIDTH,
                              .tile_height = kind->tile != 0 ? kind->tile : DRAWN_STRIP,
                              .flags = (kind->planes == 2 ? PAGE_PLANAR : 0u) | (kind->tile != 0 ? PAGE_TILED : 0u)};
    const uint32_t tiles = page_tiles(&page);
    struct byte_buffer file = {0}, offsets = {0}, sizes = {0};
    uint64_t state = kind->compression + kind->bits;
    uint8_t bytes[8192];
    const unsigned word = kind->is_wide ? 8 : 4;
    draw_bytes(&file, kind->is_big ? "MM" : "II", 2);
    draw_number(&file, kind->is_wide ? 43 : 42, 2, kind->is_big);
    draw_number(&file, 8, kind->is_wide ? 2 : 0, kind->is_big);
    draw_number(&file, 0, kind->is_wide ? 2 : 0, kind->is_big);
    draw_number(&file, 0, word, kind->is_big);
    for (uint32_t i = 0; i < tiles; i++) {
        const struct page_place place = page_place_of(&page, i);
        const struct piece_shape shape = {page_row_bytes(&page), place.rows, (uint32_t)page_row_values(&page),
                                          page.bits, page_pixel_bytes(&page)};
        const size_t start = file.size;
        draw_piece(bytes, page_piece_bytes(&page, i), &state);
        const unsigned used = DRAWN_WIDTH * kind->bits % 8;
        for (uint32_t y = 0; y < place.rows && used != 0; y++) { /* nothing beyond the edge */
            bytes[(y + 1) * shape.row_bytes - 1] &= (uint8_t) ~(0xffu >> used);
        }
        if (kind->compression == 7) {
            draw_jpeg_piece(&page, i, bytes, &file);
        } else {
            draw_coded(kind->compression, &shape, bytes, &file);
        }
        draw_number(&offsets, start, word, kind->is_big);
        draw_number(&sizes, file.size - start, 4, kind->is_big);
    }
    const size_t offsets_at = file.size;
    draw_bytes(&file, offsets.data, offsets.size);
    const size_t sizes_at = file.size;
    draw_bytes(&file, sizes.data, sizes.size);
    const size_t bits_at = file.size;
    for (unsigned i = 0; i < kind->samples; i++) {
        draw_number(&file, kind->bits, 2, kind->is_big);
    }
    const size_t tables_at = file.size;
    draw_bytes(&file, jpeg_tables, sizeof jpeg_tables - 1);
    const bool is_short = 2u * kind->samples <= word;
    const uint32_t fields[][4] = {/* tag, type, count, value */
                                  {256, 4, 1, DRAWN_WIDTH},
                                  {257, 4, 1, DRAWN_HEIGHT},
                                  {258, 3, is_short ? 1 : kind->samples, is_short ? kind->bits : (uint32_t)bits_at},
                                  {259, 3, 1, kind->compression},
                                  {262, 3, 1, kind->samples >= 3 ? 2 : 1},
                                  {kind->tile != 0 ? 324 : 273, 4, tiles, (uint32_t)offsets_at}, /* of words */
                                  {277, 3, 1, kind->samples},
                                  {278, 4, 1, DRAWN_STRIP},
                                  {kind->tile != 0 ? 325 : 279, 4, tiles, (uint32_t)sizes_at},
                                  {284, 3, 1, kind->planes},
                                  {317, 3, 1, kind->predictor},
                                  {kind->tile != 0 ? 322 : 300, 4, 1, kind->tile},
                                  {kind->tile != 0 ? 323 : 301, 4, 1, kind->tile},
                                  {339, 3, 1, kind->format},
                                  {347, 7, sizeof jpeg_tables - 1, (uint32_t)tables_at}};
    const size_t directory = file.size, count = sizeof fields / sizeof *fields;
    draw_number(&file, count, kind->is_wide ? 8 : 2, kind->is_big);
    for (size_t i = 0; i < count; i++) {
        const bool is_offset = i == 5, is_16 = fields[i][1] == 3, is_here = !is_offset && fields[i][2] == 1;
        const unsigned taken = !is_here ? word : is_16 ? 2 : 4;
        draw_number(&file, fields[i][0], 2, kind->is_big);
        draw_number(&file, is_offset && kind->is_wide ? 16 : fields[i][1], 2, kind->is_big);
        draw_number(&file, fields[i][2], word, kind->is_big);
        draw_number(&file, fields[i][3], taken, kind->is_big);
        draw_number(&file, 0, word - taken, kind->is_big);
    }
    draw_number(&file, 0, word, kind->is_big);
    for (size_t i = 0; i < word; i++) {
        file.data[word + i] = (uint8_t)(directory >> 8 * (kind->is_big ? word - 1 - i : i));
    }
    free(offsets.data);
    free(sizes.data);
    return file;
}

static inline void draw_element(struct byte_buffer *file, uint16_t group, uint16_t number, const char *kind,
                                const void *value, size_t size) {
    draw_number(file, group, 2, false);
    draw_number(file, number, 2, false);
    if (kind == NULL) { /* implicit */
        draw_number(file, (uint32_t)size, 4, false);
    } else {
        draw_bytes(file, kind, 2);
        draw_number(file, (uint32_t)size, 2, false);
    }
    draw_bytes(file, value, size);
}

/* Two frames of 16 bits, signed. */
static inline struct byte_buffer draw_dicom(bool is_implicit) {
    static const struct {
        uint16_t number;
        uint16_t value;
    } shape[] = {{2, 1}, {0x10, DRAWN_HEIGHT}, {0x11, DRAWN_WIDTH}, {0x100, 16}, {0x101, 16}, {0x103, 1}};
    const char *const us = is_implicit ? NULL : "US";
    struct byte_buffer file = {0};
    static uint8_t zeros[128];
    uint8_t pixels[2 * 2 * DRAWN_WIDTH * DRAWN_HEIGHT];
    uint64_t state = 5;
    draw_bytes(&file, zeros, sizeof zeros);
    draw_bytes(&file, "DICM", 4);
    draw_element(&file, 2, 0x10, "UI", is_implicit ? "1.2.840.10008.1.2" : "1.2.840.10008.1.2.1\0",
                 is_implicit ? 18 : 20);
    draw_element(&file, 0x28, 8, is_implicit ? NULL : "IS", "2 ", 2);
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        const uint8_t value[2] = {(uint8_t)shape[i].value, (uint8_t)(shape[i].value >> 8)};
        draw_element(&file, 0x28, shape[i].number, us, value, 2);
    }
    draw_piece(pixels, sizeof pixels, &state);
    draw_number(&file, 0x7fe0, 2, false);
    draw_number(&file, 0x10, 2, false);
    draw_bytes(&file, "OW\0\0", is_implicit ? 0 : 4);
    draw_number(&file, sizeof pixels, 4, false);
    draw_bytes(&file, pixels, sizeof pixels);
    return file;
}

/* A cube of two planes. */
static inline struct byte_buffer draw_fits(int bits) {
    struct byte_buffer file = {0};
    char header[2881];
    uint8_t plane[4 * DRAWN_WIDTH * DRAWN_HEIGHT];
    const size_t size = DRAWN_WIDTH * DRAWN_HEIGHT * (size_t)abs(bits) / 8;
    uint64_t state = 9;
    snprintf(header, sizeof header, "%-80s%-10s%20d%50s%-10s%20d%50s%-10s%20d%50s%-10s%20d%50s%-10s%20d%50s%-2400s",
             "SIMPLE  =                    T", "BITPIX  =", bits, "", "NAXIS   =", 3, "", "NAXIS1  =", DRAWN_WIDTH, "",
             "NAXIS2  =", DRAWN_HEIGHT, "", "NAXIS3  =", 2, "", "END");
    draw_bytes(&file, header, 2880);
    for (int i = 0; i < 2; i++) {
        draw_piece(plane, size, &state);
        draw_bytes(&file, plane, size);
    }
    while (file.size % 2880 != 0) {
        draw_bytes(&file, "", 1);
    }
    return file;
}

static inline struct byte_buffer draw_bmp_rle(uint8_t bits) {
    const struct piece_shape shape = {(DRAWN_WIDTH * bits + 7u) / 8, DRAWN_HEIGHT, DRAWN_WIDTH, bits, 1};
    struct byte_buffer file = {0};
    struct coding_state coding = {0};
    static const uint8_t rule[] = {2};
    struct cursor notes = {.bytes = rule, .size = 1};
    uint8_t rows[DRAWN_WIDTH * DRAWN_HEIGHT];
    uint64_t state = 7;
    draw_piece(rows, shape.row_bytes * shape.rows, &state);
    draw_bytes(&file, "BM", 2);
    const uint32_t numbers[] = {0, 0, 54, 40, DRAWN_WIDTH, DRAWN_HEIGHT, (uint32_t)bits << 16 | 1, bits == 8 ? 1 : 2, 0,
                                0, 0, 0,  0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        draw_number(&file, numbers[i], 4, false);
    }
    if (piece_encode(PAGE_RLE, &shape, rows, &notes, 1 << 20, &file, &coding, NULL) != BSWZ_OK) {
        exit(1);
    }
    return file;
}

static inline struct byte_buffer draw_text(unsigned kind) {
    static const char *const headers[] = {"P1\n# a comment\n37 23\n", "P3 37 23 300\n"};
    struct byte_buffer file = {0};
    uint64_t state = 3;
    char text[16];
    draw_bytes(&file, headers[kind], strlen(headers[kind]));
    for (int i = 0; i < DRAWN_WIDTH * DRAWN_HEIGHT * (kind == 0 ? 1 : 3); i++) {
        const unsigned value = (unsigned)(noise(&state) % (kind == 0 ? 2 : 301));
        const int length = snprintf(text, sizeof text, "%u%s", value, kind == 0 ? "" : i % 12 == 11 ? "\n" : " ");
        draw_bytes(&file, text, (size_t)length);
    }
    draw_bytes(&file, "\n", 1);
    return file;
}

/* ---- animated PNG ---- */

static inline void draw_png_chunk(struct byte_buffer *file, const char *type, const uint8_t *data, size_t size) {
    const size_t start = file->size;
    draw_number(file, (uint32_t)size, 4, true);
    draw_bytes(file, type, 4);
    draw_bytes(file, data, size);
    draw_number(file, (uint32_t)crc32_z(0, file->data + start + 4, size + 4), 4, true);
}

/* Of a frame of this size: its control chunk, and its pixels in two chunks of data. */
static inline void draw_animation_frame(struct byte_buffer *file, uint32_t number, uint32_t width, uint32_t height) {
    struct byte_buffer chunk = {0};
    uint8_t rows[33 * 24], stream[2048];
    uLongf size = sizeof stream;
    uint32_t sequence = number == 0 ? 0 : 3 * number - 2;
    uint64_t state = number;
    for (size_t i = 0; i < (size_t)height * (width + 1); i++) {
        rows[i] = i % (width + 1) == 0 ? (uint8_t)(i / (width + 1) % 5) : (uint8_t)(noise(&state) % 4);
    }
    compress2(stream, &size, rows, height * (width + 1), 9);
    draw_number(&chunk, sequence++, 4, true);
    draw_number(&chunk, width, 4, true);
    draw_number(&chunk, height, 4, true);
    draw_bytes(&chunk, "\0\0\0\0\0\0\0\0\0\1\0\12\0", 14);
    draw_png_chunk(file, "fcTL", chunk.data, chunk.size);
    for (size_t part = 0; part < 2; part++) {
        const uint8_t *data = part == 0 ? stream : stream + size / 2;
        const size_t length = part == 0 ? size / 2 : size - size / 2;
        chunk.size = 0;
        if (number > 0) {
            draw_number(&chunk, sequence++, 4, true);
        }
        draw_bytes(&chunk, data, length);
        draw_png_chunk(file, number == 0 ? "IDAT" : "fdAT", chunk.data, chunk.size);
    }
    free(chunk.data);
}

static inline struct byte_buffer draw_animation(void) {
    struct byte_buffer file = {0};
    draw_bytes(&file, "\x89PNG\r\n\x1a\n", 8);
    draw_png_chunk(&file, "IHDR", (const uint8_t *)"\0\0\0\40\0\0\0\30\10\0\0\0", 13);
    draw_png_chunk(&file, "acTL", (const uint8_t *)"\0\0\0\3\0\0\0", 8);
    draw_png_chunk(&file, "tRNS", (const uint8_t *)"\0\3", 2);
    draw_animation_frame(&file, 0, 32, 24);
    draw_animation_frame(&file, 1, 20, 24);
    draw_png_chunk(&file, "tEXt", (const uint8_t *)"Comment\0between", 15);
    draw_animation_frame(&file, 2, 32, 13);
    draw_png_chunk(&file, "IEND", (const uint8_t *)"", 0);
    return file;
}

static inline struct drawn_file draw_pages(unsigned kind) {
    switch (kind) {
    case TIFF_KINDS:
    case TIFF_KINDS + 1: return (struct drawn_file){PICTURE_DICOM, draw_dicom(kind == TIFF_KINDS)};
    case TIFF_KINDS + 2:
    case TIFF_KINDS + 3: return (struct drawn_file){PICTURE_FITS, draw_fits(kind == TIFF_KINDS + 2 ? 16 : -32)};
    case TIFF_KINDS + 4: return (struct drawn_file){PICTURE_BMP, draw_bmp_rle(8)};
    case TIFF_KINDS + 5:
    case TIFF_KINDS + 6: return (struct drawn_file){PICTURE_TEXT, draw_text(kind - TIFF_KINDS - 5)};
    case TIFF_KINDS + 7: return (struct drawn_file){PICTURE_PNG, draw_animation()};
    default: return (struct drawn_file){PICTURE_TIFF, draw_tiff(&tiff_kinds[kind])};
    }
}

#endif
