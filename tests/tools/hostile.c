/* SPDX-License-Identifier: MIT */
/*
 * Inputs designed to take much time or memory: hostile KIND BYTES > file
 *
 * Writes about BYTES bytes of the given kind (kinds[] below). A program must handle them with time and memory in
 * proportion to the size of the input, whatever the input says about itself. Most are valid files, drawn here bit by
 * bit, since no encoder would write them.
 */
#include "hostile_jpeg.h"
#include "hostile_put.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- PNM ---- */

/* A row of different pictures with the given side. */
static void put_pnm(char letter, unsigned side, unsigned number) {
    char header[80];
    const unsigned samples = letter == '6' ? 3 : letter == '7' ? 4 : 1;
    const size_t bytes = letter == '4' ? (size_t)side * ((side + 7) / 8) : (size_t)side * side * samples;
    if (letter == '7') {
        snprintf(header, sizeof header, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
                 side, side);
    } else {
        snprintf(header, sizeof header, letter == '4' ? "P%c %u %u\n" : "P%c %u %u 255\n", letter, side, side);
    }
    put_text(header);
    for (size_t i = 0; i < bytes; i++) {
        put_byte(letter == '4' ? 0 : (number * 7 + (unsigned)i * 11) & 255);
    }
}

static void make_pgm(void) {
    for (unsigned i = 0; is_short(); i++) {
        put_pnm('5', 1, i);
    }
}

static void make_pnm_mixed(void) {
    for (unsigned i = 0; is_short(); i++) {
        put_pnm("4567"[i % 4], 1 + i % 5, i);
    }
}

/* Large enough to be worth a segment each. */
static void make_ppm(void) {
    for (unsigned i = 0; is_short(); i++) {
        put_pnm('6', 6 + i % 3, i);
    }
}

static void make_pnm_huge(void) {
    put_text("P6 40000 40000 255\n");
    while (is_short()) {
        put_text("only the first few of so many rows, or not even these ");
    }
}

/* ---- PNG ---- */

static void put_chunk(const char *type, const void *data, size_t size) {
    uint32_t check = (uint32_t)crc32(crc32(0, NULL, 0), (const uint8_t *)type, 4);
    put_big_32((uint32_t)size);
    put(type, 4);
    if (size > 0) {
        put(data, size);
        check = (uint32_t)crc32(check, data, (unsigned)size);
    }
    put_big_32(check);
}

static void put_png_header(uint32_t width, uint32_t height, unsigned depth, unsigned colour) {
    const uint32_t sides[2] = {width, height};
    uint8_t header[13] = {[8] = (uint8_t)depth, [9] = (uint8_t)colour};
    for (unsigned i = 0; i < 8; i++) {
        header[i] = (uint8_t)(sides[i / 4] >> (24 - i % 4 * 8));
    }
    put("\211PNG\r\n\032\n", 8);
    put_chunk("IHDR", header, sizeof header);
}

/* Compressed rows of zeros, to be freed by the caller. */
static uint8_t *pack_rows(size_t bytes, size_t *packed) {
    uint8_t *rows = calloc(bytes, 1);
    uLongf room = compressBound(bytes);
    uint8_t *out = malloc(room);
    if (rows == NULL || out == NULL || compress2(out, &room, rows, bytes, 9) != Z_OK) {
        fail("cannot pack");
    }
    free(rows);
    *packed = room;
    return out;
}

static void put_png(unsigned side, unsigned number) {
    uint8_t rows[64 * 65], packed[8192];
    uLongf size = sizeof packed;
    for (unsigned i = 0; i < side * (side + 1); i++) {
        rows[i] = i % (side + 1) == 0 ? 0 : (number + i * 3) & 255;
    }
    if (compress(packed, &size, rows, side * (side + 1)) != Z_OK) {
        fail("cannot pack");
    }
    put_png_header(side, side, 8, 0);
    put_chunk("IDAT", packed, size);
    put_chunk("IEND", NULL, 0);
}

static void make_png(void) {
    for (unsigned i = 0; is_short(); i++) {
        put_png(1 + i % 3, i);
    }
}

/* Large enough to be worth a segment. */
static void make_png_larger(void) {
    for (unsigned i = 0; is_short(); i++) {
        put_png(24, i);
    }
}

static void make_png_inside(void) {
    put_text("x");
    make_png();
}

static void make_png_larger_inside(void) {
    put_text("x");
    make_png_larger();
}

static void make_png_chunks(void) {
    static const uint8_t packed[] = {0x78, 0x9c, 0x63, 0, 0, 0, 2, 0, 1}; /* a row of one black pixel */
    put_png_header(1, 1, 8, 0);
    while (is_short()) {
        put_chunk("teSt", NULL, 0);
    }
    put_chunk("IDAT", packed, sizeof packed);
    put_chunk("IEND", NULL, 0);
}

/* The pixels in pieces of zero bytes and one byte. */
static void make_png_pieces(void) {
    size_t size;
    uint8_t *packed = pack_rows((size_t)4001 * 4000, &size);
    put_png_header(4000, 4000, 8, 0);
    for (size_t i = 0; i < size; i++) {
        put_chunk("IDAT", packed + i, i + 1 < size ? 1 : size - i);
        for (unsigned j = 0; j < 4 && is_short(); j++) {
            put_chunk("IDAT", NULL, 0);
        }
    }
    free(packed);
    put_chunk("IEND", NULL, 0);
}

/* As many pixels as the bytes can claim: a thousand per byte, or eight thousand. */
static void put_bomb(unsigned depth, unsigned colour, unsigned channels) {
    size_t size;
    const uint32_t width = 16000, row = width * channels * depth / 8 + 1;
    const uint32_t height = (uint32_t)(wanted * 1000 / row) + 1;
    uint8_t *packed = pack_rows((size_t)row * height, &size);
    put_png_header(width, height, depth, colour);
    put_chunk("IDAT", packed, size);
    put_chunk("IEND", NULL, 0);
    free(packed);
}

static void make_png_bomb(void) {
    put_bomb(8, 2, 3);
}

static void make_png_bitmap(void) {
    put_bomb(1, 0, 1);
}

/* A text that expands to many times its size, which a reader may want to examine. */
static void make_png_text(void) {
    static const uint8_t packed_row[] = {0x78, 0x9c, 0x63, 0, 0, 0, 2, 0, 1};
    size_t size;
    uint8_t *packed = pack_rows(wanted * 1000, &size), *text = calloc(size + 3, 1);
    if (text == NULL) {
        fail("no memory");
    }
    text[0] = 'k';
    memcpy(text + 3, packed, size);
    put_png_header(1, 1, 8, 0);
    put_chunk("zTXt", text, size + 3);
    put_chunk("IDAT", packed_row, sizeof packed_row);
    put_chunk("IEND", NULL, 0);
    free(packed);
    free(text);
}

/* Beginnings, each of which extends to the end of the file and has no end. */
static void make_png_beginnings(void) {
    uint8_t body[46] = {0};
    memcpy(body, "\211PNG\r\n\032\n\0\0\0\015IHDR", 16); /* the header of the file ends in this chunk */
    put_text("x");
    put_png_header(1, 1, 8, 0);
    while (is_short()) {
        put_chunk("teSt", body, 29);
    }
}

#include "hostile_files.h" /* puts chunks, too */

/* ---- others ---- */

/* A WebP file of a few dozen bytes: each of the five codes has a single symbol. */
static void put_webp(unsigned width, unsigned height) {
    uint8_t bits[40] = {0x2f};
    unsigned at = 8;
    const struct {
        unsigned value, count;
    } fields[] = {{width - 1, 14}, {height - 1, 14}, {0, 1}, {0, 3}, /* no alpha, version */
                  {0, 1},          {0, 1},           {0, 1},         /* no transform, cache, other codes */
                  {1, 1},          {0, 1},           {0, 1}, {0, 1}, /* green: simple, one symbol, of one bit, 0 */
                  {1, 1},          {0, 1},           {0, 1}, {0, 1}, {1, 1}, {0, 1}, {0, 1}, {0, 1},
                  {1, 1},          {0, 1},           {0, 1}, {0, 1}, {1, 1}, {0, 1}, {0, 1}, {0, 1}};
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        for (unsigned i = 0; i < fields[f].count; i++, at++) {
            bits[at / 8] |= (uint8_t)((fields[f].value >> i & 1) << at % 8);
        }
    }
    const uint32_t size = 20; /* zeros after the last bit, which old decoders need */
    put_text("RIFF");
    put_little_32(12 + size);
    put_text("WEBPVP8L");
    put_little_32(size);
    put(bits, size);
}

static void make_webp(void) {
    while (is_short()) {
        put_webp(1, 1);
    }
}

/* Two hundred megapixels in 40 bytes. */
static void make_webp_bomb(void) {
    put_webp(16383, 16383);
}

static void make_webp_bombs(void) {
    while (is_short()) {
        put_webp(16383, 16383);
    }
}

static void put_bmp(int32_t width, int32_t height) {
    put_text("BM");
    put_little_32(54 + 4 * 3);
    put_little_32(0);
    put_little_32(54);
    put_little_32(40);
    put_little_32((uint32_t)width);
    put_little_32((uint32_t)height);
    put_little_16(1);
    put_little_16(24);
    put_zeros(24);
    put("\1\2\3\0\4\5\6\0\7\10\11\0", 12);
}

static void make_bmp(void) {
    while (is_short()) {
        put_bmp(1, 3);
    }
}

static void make_bmp_huge(void) {
    while (is_short()) {
        put_bmp(30000, 30000);
    }
}

static void put_entry(unsigned tag, unsigned type, uint32_t count, uint32_t value) {
    put_little_16(tag);
    put_little_16(type);
    put_little_32(count);
    if (type == 3 && count == 1) {
        put_little_16(value);
        put_little_16(0);
    } else {
        put_little_32(value);
    }
}

/* A grey picture in strips of one row each: all before the offsets and sizes of the strips. next: where the next page
 * is. Returns where the strips may begin. */
static uint32_t put_strips(uint32_t width, uint32_t height, uint32_t next) {
    const uint32_t table = 8 + 2 + 8 * 12 + 4;
    put("II*\0", 4);
    put_little_32(8);
    put_little_16(8);
    put_entry(256, 3, 1, width);
    put_entry(257, 4, 1, height);
    put_entry(258, 3, 1, 8);
    put_entry(259, 3, 1, 1);
    put_entry(262, 3, 1, 1);
    put_entry(273, 4, height, table);
    put_entry(278, 3, 1, 1);
    put_entry(279, 4, height, table + 4 * height);
    put_little_32(next);
    return table + 8 * height;
}

static void put_times(uint32_t count, uint32_t value) {
    for (uint32_t i = 0; i < count; i++) {
        put_little_32(value);
    }
}

/* As many strips as possible, all of which point at the same byte; pages that follow each other in a circle. */
static void make_tiff(void) {
    const uint32_t strips = (uint32_t)(wanted / 8);
    put_strips(1, strips, 8);
    put_times(strips, 8);
    put_times(strips, 1);
}

static void make_tiff_pages(void) {
    put("II*\0", 4);
    put_little_32(8);
    while (is_short()) {
        put_little_16(1);
        put_entry(256, 3, 1, 1);
        put_little_32((uint32_t)written + 4);
    }
}

static void make_tiff_huge(void) {
    put("II*\0", 4);
    put_little_32(8);
    put_little_16(7);
    put_entry(256, 4, 1, 30000);
    put_entry(257, 4, 1, 30000);
    put_entry(258, 3, 1, 8);
    put_entry(262, 3, 1, 1);
    put_entry(273, 4, 1, 98);
    put_entry(278, 4, 1, 30000);
    put_entry(279, 4, 1, 900000000);
    put_little_32(0);
    while (is_short()) {
        put_text("only the first few of so many rows, or not even these ");
    }
}

#include "hostile_noise.h" /* puts entries, too */

/* A tar member of some kind that claims to be followed by size bytes. */
static void put_member(const char *name, char kind, unsigned size) {
    char header[512] = {0};
    unsigned sum = 0;
    snprintf(header, 100, "%s", name);
    snprintf(header + 100, 412, "%07o", 0644);
    snprintf(header + 108, 404, "%07o", 0);
    snprintf(header + 116, 396, "%07o", 0);
    snprintf(header + 124, 388, "%011o", size);
    snprintf(header + 136, 376, "%011o", 0);
    memset(header + 148, ' ', 8);
    header[156] = kind;
    memcpy(header + 257, "ustar\00000", 8);
    for (unsigned i = 0; i < 512; i++) {
        sum += (uint8_t)header[i];
    }
    snprintf(header + 148, 8, "%06o", sum);
    header[155] = ' ';
    put(header, 512);
}

static void make_tar(void) {
    char name[40];
    for (unsigned i = 0; is_short(); i++) {
        snprintf(name, sizeof name, "empty%u", i);
        put_member(name, '0', 0);
    }
    put_zeros(1024);
}

static void make_tar_names(void) {
    while (is_short()) {
        put_member("././@LongLink", 'L', 512);
        put_zeros(512);
    }
}

static void make_tar_nested(void) {
    while (is_short()) {
        put_member("archive.tar", '0', (unsigned)(wanted - written) / 512 * 512);
    }
}

static void make_cpio(void) {
    while (is_short()) {
        put_text("07070100000001000081A40000000000000000000000010000000000000000000000000000000000000000000000000000000"
                 "200000000");
        put("a\0", 2);
        put_zeros(written % 4 == 0 ? 0 : 4 - written % 4);
    }
    put_text("070701000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000"
             "00B00000000TRAILER!!!");
    put_zeros(4);
}

/* The input, repeated. */
static void make_copies(void) {
    uint8_t bytes[4096];
    const size_t size = fread(bytes, 1, sizeof bytes, stdin);
    if (size == 0) {
        fail("nothing to copy");
    }
    while (is_short()) {
        put(bytes, size);
    }
}

/* A text with every byte that a picture can begin with. */
static void make_letters(void) {
    static const char *const starts[] = {"P5 1 ",       "P7\n",         "BM",   "II*\0",
                                         "\211PNG\r\n", "\377\330\377", "RIFF", "070701"};
    for (unsigned i = 0; is_short(); i++) {
        put_text(starts[i % 8]);
    }
}

static const struct {
    const char *name;
    void (*make)(void);
} kinds[] = {{"pgm", make_pgm},
             {"ppm", make_ppm},
             {"pnm-mixed", make_pnm_mixed},
             {"pnm-huge", make_pnm_huge},
             {"png", make_png},
             {"png-larger", make_png_larger},
             {"png-inside", make_png_inside},
             {"png-larger-inside", make_png_larger_inside},
             {"png-chunks", make_png_chunks},
             {"png-pieces", make_png_pieces},
             {"png-bomb", make_png_bomb},
             {"png-bitmap", make_png_bitmap},
             {"png-text", make_png_text},
             {"png-beginnings", make_png_beginnings},
             {"jpeg", make_jpeg},
             {"jpeg-inside", make_jpeg_inside},
             {"jpeg-flat", make_jpeg_flat},
             {"jpeg-scans", make_jpeg_scans},
             {"jpeg-narrow-scans", make_jpeg_narrow_scans},
             {"jpeg-huge", make_jpeg_huge},
             {"jpeg-beginnings", make_jpeg_beginnings},
             {"jpeg-endings", make_jpeg_endings},
             {"jpeg-thumbnails", make_jpeg_thumbnails},
             {"webp", make_webp},
             {"webp-bomb", make_webp_bomb},
             {"webp-bombs", make_webp_bombs},
             {"bmp", make_bmp},
             {"bmp-huge", make_bmp_huge},
             {"tiff", make_tiff},
             {"tiff-pages", make_tiff_pages},
             {"tiff-huge", make_tiff_huge},
             {"tar", make_tar},
             {"tar-names", make_tar_names},
             {"tar-nested", make_tar_nested},
             {"cpio", make_cpio},
             {"gif-images", make_gif_images},
             {"gif-large", make_gif_large},
             {"gif-noise", make_gif_noise},
             {"gif-files", make_gif_files},
             {"gzip-letters", make_gzip_letters},
             {"gzip-repeats", make_gzip_repeats},
             {"gzip-members", make_gzip_members},
             {"png-bits", make_png_bits},
             {"png-sparse", make_png_sparse},
             {"pgm-deep", make_pgm_deep},
             {"ppm-mixed", make_ppm_mixed},
             {"png-bits-2", make_png_bits_2},
             {"png-bits-4", make_png_bits_4},
             {"png-bits-interlaced", make_png_bits_interlaced},
             {"png-wide", make_png_wide},
             {"png-grey", make_png_grey},
             {"png-grey-alpha", make_png_grey_alpha},
             {"png-rgba", make_png_rgba},
             {"png-deep", make_png_deep},
             {"png-smooth", make_png_smooth},
             {"png-smooth-deep", make_png_smooth_deep},
             {"pbm-noise", make_pbm_noise},
             {"pgm-noise", make_pgm_noise},
             {"pgm-noise-deep", make_pgm_noise_deep},
             {"ppm-noise", make_ppm_noise},
             {"pgm-two", make_pgm_two},
             {"pnm-text", make_pnm_text},
             {"bmp-bits", make_bmp_bits},
             {"fits-noise", make_fits_noise},
             {"dicom-noise", make_dicom_noise},
             {"tiff-strips", make_tiff_strips},
             {"gif-noise-large", make_gif_noise_large},
             {"gif-bits", make_gif_bits},
             {"gif-tiny", make_gif_tiny},
             {"gzip-bomb", make_gzip_bomb},
             {"gzip-bombs", make_gzip_bombs},
             {"gzip-noise", make_gzip_noise},
             {"zip-members", make_zip_members},
             {"zip-bombs", make_zip_bombs},
             {"letters", make_letters},
             {"copies", make_copies}};

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--list") == 0) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            puts(kinds[i].name);
        }
        return 0;
    }
    if (count != 3) {
        fail("hostile KIND BYTES > file, hostile --list");
    }
    wanted = strtoull(arguments[2], NULL, 10);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, arguments[1]) == 0) {
            kinds[i].make();
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    fail("no such kind");
}
