/* SPDX-License-Identifier: MIT */
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
#include "test_origin_draw.h"
#include "test_stream.h"

#define compress zlib_compress /* the name is taken by the tests */
#include <zlib.h>
#undef compress

#include "pages_draw.h" /* includes zlib.h, too */

#include <webp/encode.h>

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
    input_drawn(inputs, "RGB, level 9", MOTIF_SMOOTH, 13, 12, 3, 255, 9, 0);
    input_drawn(inputs, "RGB in bands", MOTIF_SMOOTH, 10, 24, 3, 255, 6, 100);
    input_drawn(inputs, "grey", MOTIF_SMOOTH, 16, 14, 1, 255, 6, 0);
    input_drawn(inputs, "grey as RGB", MOTIF_GREY, 40, 36, 3, 255, 3, 0);
    input_drawn(inputs, "RGB and alpha", MOTIF_SMOOTH, 13, 10, 4, 255, 6, 0);
    input_drawn(inputs, "grey and alpha of 10 bits", MOTIF_SMOOTH, 15, 12, 2, 1000, 6, 0);
    input_drawn(inputs, "a bitmap", MOTIF_FEW, 30, 40, 1, 1, 6, 900);
    input_drawn(inputs, "few values", MOTIF_FEW, 20, 20, 4, 200, 6, 0);
    input_drawn(inputs, "flat shapes", MOTIF_DRAWN, 24, 20, 3, 255, 6, 0);
    input_drawn(inputs, "8 bits as 16", MOTIF_DISGUISED, 12, 10, 3, 65535, 6, 0);
    input_drawn(inputs, "12 bits", MOTIF_SMOOTH, 22, 18, 3, 4095, 6, 0);
    input_drawn(inputs, "few values of 16 bits, without work", MOTIF_FEW, 16, 16, 3, 1000, 6, NO_WORK);
    input_drawn(inputs, "noise", MOTIF_NOISE, 8, 6, 3, 255, 6, 0);
    input_drawn(inputs, "one colour", MOTIF_CONSTANT, 30, 20, 3, 7, 6, 0);
}

static inline void append_header(struct byte_buffer *file, uint32_t width, uint32_t height, unsigned channels,
                                 unsigned maxval) {
    char header[40];
    const int length =
        snprintf(header, sizeof header, "P%c\n%u %u\n%u\n", channels == 1 ? '5' : '6', width, height, maxval);
    append(file, header, (size_t)length);
}

/* The same with alpha. */
static inline void input_rgba(const struct inputs *inputs, const char *name, const struct drawing *rgb, int level) {
    struct byte_buffer input = {0};
    char header[100];
    snprintf(header, sizeof header, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH 4\nMAXVAL 255\nENDHDR\n", rgb->width, rgb->height);
    append(&input, header, strlen(header));
    for (uint32_t i = 0; i < rgb->width * rgb->height; i++) {
        const uint8_t alpha = i % rgb->width < 40 ? 255 : 100;
        append(&input, rgb->bytes + 3 * i, 3);
        append(&input, &alpha, 1);
    }
    input_take(inputs, name, &input, (struct bswz_compress_options){.level = level, .exact = 1}, 0);
    free(input.data);
}

static inline void input_rgb(const struct inputs *inputs, const char *name, const struct drawing *rgb, int level) {
    struct byte_buffer input = {0};
    append_header(&input, rgb->width, rgb->height, 3, 255);
    append(&input, rgb->bytes, (size_t)3 * rgb->width * rgb->height);
    input_take(inputs, name, &input, (struct bswz_compress_options){.level = level, .exact = 1}, 0);
    free(input.data);
}

/* Colours that conversions give. */
static inline void every_origin(const struct inputs *inputs) {
    const uint32_t side = 64, pixels = side * side;
    struct drawing jfif = draw_jfif(side, side, 3);
    struct drawing wide = {side + 32, side, get((size_t)3 * (side + 32) * side)};
    struct origin_planes planes = {.kind = ORIGIN_PHOTOYCC, .half_chroma = true, .width = side, .height = side};
    input_rgb(inputs, "origin JFIF", &jfif, 5);
    input_rgb(inputs, "origin JFIF, blended", &jfif, 9);
    for (uint32_t i = 0; i < wide.width * side; i++) { /* and next to it colours of no conversion */
        const uint32_t x = i % wide.width, y = i / wide.width;
        for (uint32_t c = 0; c < 3; c++) {
            wide.bytes[3 * i + c] =
                x < side ? jfif.bytes[3 * (y * side + x) + c] : (uint8_t)hash(hash(x / 2 % 8, y / 2 % 8, 5) % 8, c, 77);
        }
    }
    input_rgb(inputs, "pixels of a JPEG next to a drawing", &wide, 4);
    input_rgba(inputs, "the same with alpha", &wide, 6);
    for (uint32_t c = 0; c < 3; c++) {
        planes.plane[c] = get(pixels);
        for (uint32_t i = 0; i < pixels; i++) {
            planes.plane[c][i] = clip(texture(i % side, i / side, 7 + c, c == 0 ? 40 : 110, c == 0 ? 160 : 180));
        }
        if (c > 0) {
            origin_interpolate_half(planes.plane[c], side, side);
        }
    }
    if (origin_restore(&planes, NULL, jfif.bytes, NULL) != BSWZ_OK) {
        abort();
    }
    input_rgb(inputs, "origin PhotoYCC", &jfif, 6);
    input_rgb(inputs, "origin PhotoYCC, blended", &jfif, 9);
    origin_planes_free(&planes);
    free(wide.bytes);
    free(jfif.bytes);
}

/* Alpha that has nothing to do with the grey: each has a plane. */
static inline void input_grey_alpha(const struct inputs *inputs) {
    const uint32_t width = 40, height = 36;
    struct byte_buffer input = {0};
    char header[100];
    snprintf(header, sizeof header, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH 2\nMAXVAL 255\nENDHDR\n", width, height);
    append(&input, header, strlen(header));
    for (uint32_t i = 0; i < width * height; i++) {
        const uint32_t x = i % width, y = i / width;
        const uint8_t pixel[2] = {(uint8_t)soft_noise(x, y, 0, 250), (uint8_t)((x / 7 + y / 5) % 2 * 255)};
        append(&input, pixel, 2);
    }
    input_take(inputs, "origin grey", &input, (struct bswz_compress_options){.level = 2, .exact = 1}, 0);
    free(input.data);
}

/* Many values of 16 bits, which a coder of drawings can foresee. */
static inline void input_split(const struct inputs *inputs) {
    struct byte_buffer input = {0};
    append_header(&input, 24, 24, 3, 65535);
    for (unsigned i = 0; i < 24 * 24 * 3; i++) {
        const unsigned x = i / 3 % 24, y = i / 72, value = x * 512 + y * 1024 + (x ^ y) % 8;
        const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
        append(&input, bytes, 2);
    }
    input_take(inputs, "lower bits apart", &input, (struct bswz_compress_options){.exact = 1}, NO_WORK);
    free(input.data);
}

/* Pixels that came out of a JPEG decoder. brighter: how much is added to the last channel, which is then clipped. */
static inline void input_decoded(const struct inputs *inputs, const char *name, uint32_t side,
                                 enum drawn_sampling sampling, unsigned brighter, int level) {
    struct drawn_jpeg jpeg;
    struct byte_buffer input = {0};
    const unsigned channels = sampling == DRAWN_GREY ? 1 : 3;
    uint8_t *source = drawn_photo(side, side, channels, 1.0f, 3);
    for (size_t i = channels - 1; i < (size_t)side * side * channels; i += channels) {
        source[i] = (uint8_t)(source[i] + brighter < 255 ? source[i] + brighter : 255);
    }
    drawn_jpeg_from(&jpeg, source, side, side, brighter > 0 ? 92 : 85, sampling);
    free(source);
    append_header(&input, side, side, channels, 255);
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
    file = make_jpeg(24, 16, &kinds[1]);
    input_take(inputs, "JPEG file, level 9", &file, (struct bswz_compress_options){.level = 9, .exact = 1}, 0);
    free(file.data);
    file = make_jpeg(24, 24, &kinds[1]);
    input_take(inputs, "JPEG file by its pixels", &file, input_pixels, 0);
    free(file.data);
    input_decoded(inputs, "pixels out of JPEG", 64, DRAWN_420, 0, 6);
    input_decoded(inputs, "clipped pixels out of JPEG", 48, DRAWN_420, 140, 6);
    input_decoded(inputs, "clipped pixels out of JPEG, 4:4:4", 64, DRAWN_444, 140, 6);
    input_decoded(inputs, "grey pixels out of JPEG", 48, DRAWN_GREY, 0, 6);
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

/* These bytes as a deflate stream with flushes, as zlib's own writers rarely have them, in zlib's wrapper or bare. */
static inline struct byte_buffer deflated(const void *bytes, size_t size, bool is_wrapped) {
    struct byte_buffer plain = {0}, stream = {0};
    z_stream zlib = {.next_in = NULL};
    append(&plain, bytes, size);
    if (deflateInit2(&zlib, 9, Z_DEFLATED, is_wrapped ? MAX_WBITS : -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        byte_buffer_reserve(&stream, 2 * size + 200, NULL) != BSWZ_OK) {
        abort();
    }
    zlib.next_in = plain.data;
    zlib.avail_in = (uInt)(size / 2);
    zlib.next_out = stream.data;
    zlib.avail_out = (uInt)stream.capacity;
    deflate(&zlib, Z_SYNC_FLUSH);
    zlib.avail_in = (uInt)(size - size / 2);
    if (deflate(&zlib, Z_FINISH) != Z_STREAM_END) {
        abort();
    }
    stream.size = zlib.total_out;
    deflateEnd(&zlib);
    free(plain.data);
    return stream;
}

static inline void append_big_32(struct byte_buffer *file, uint32_t value) {
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    append(file, bytes, sizeof bytes);
}

static inline void append_chunk(struct byte_buffer *png, const char *type, const void *data, size_t size) {
    const size_t start = png->size + 4;
    append_big_32(png, (uint32_t)size);
    append(png, type, 4);
    append(png, data, size);
    append_big_32(png, (uint32_t)crc32(crc32(0, NULL, 0), png->data + start, (unsigned)(size + 4)));
}

/* A PNG file that zlib alone does not write. */
static inline void append_odd_png(struct byte_buffer *png, uint32_t width, uint32_t height) {
    const uint8_t header[13] = {0, 0, 0, (uint8_t)width, 0, 0, 0, (uint8_t)height, 8, 2};
    struct byte_buffer rows = {0};
    uint64_t state = 1;
    for (uint32_t y = 0; y < height; y++) {
        append(&rows, "", 1);
        for (uint32_t i = 0; i < 3 * width; i++) {
            const uint8_t sample = (uint8_t)sample_of(MOTIF_SMOOTH, i / 3, y, i % 3, 3, 255, &state);
            append(&rows, &sample, 1);
        }
    }
    struct byte_buffer stream = deflated(rows.data, rows.size, true);
    append(png, "\x89PNG\r\n\x1a\n", 8);
    append_chunk(png, "IHDR", header, sizeof header);
    append_chunk(png, "IDAT", stream.data, stream.size);
    append_chunk(png, "tEXt", "Comment\0after the data", 22);
    append_chunk(png, "IEND", NULL, 0);
    free(rows.data);
    free(stream.data);
}

/* An icon as ImageMagick writes it: entries in the order of their first pixels, those that are not opaque first. Or, in
 * another order, two of them exchanged. */
static inline void append_icon(struct byte_buffer *png, uint32_t width, uint32_t height, bool other_order) {
    const uint8_t header[13] = {0, 0, 0, (uint8_t)width, 0, 0, 0, (uint8_t)height, 8, 3};
    static const uint8_t alpha[3] = {0, 90, 200};
    uint8_t palette[3 * 23], noisy[300];
    struct byte_buffer rows = {0};
    uint64_t state = 9;
    unsigned next[2] = {0, 3};
    for (unsigned i = 0; i < sizeof noisy; i++) {
        noisy[i] = (uint8_t)noise(&state);
    }
    for (unsigned i = 0; i < sizeof palette; i++) {
        palette[i] = (uint8_t)(i * 11 + (i % 3 == 1 ? i / 3 : 0));
    }
    for (uint32_t y = 0; y < height; y++) {
        append(&rows, "", 1);
        for (uint32_t x = 0; x < width; x++) {
            const unsigned at = y * width + x, opaque = at % 7 == 6, limit = opaque ? 22 : 3, first = opaque ? 3 : 0;
            const unsigned count = next[opaque] - first;
            const bool is_new = next[opaque] < limit && (count == 0 || noise(&state) % 4 == 0);
            const unsigned number = is_new ? next[opaque]++ : first + (unsigned)(noise(&state) % count);
            const uint8_t index = (uint8_t)(other_order && number < 2 ? 1 - number : number);
            append(&rows, &index, 1);
        }
    }
    struct byte_buffer stream = deflated(rows.data, rows.size, true);
    append(png, "\x89PNG\r\n\x1a\n", 8);
    append_chunk(png, "IHDR", header, sizeof header);
    append_chunk(png, "iCCP", noisy, sizeof noisy); /* which pictures after it have as well */
    append_chunk(png, "PLTE", palette, sizeof palette);
    append_chunk(png, "tRNS", alpha, sizeof alpha);
    append_chunk(png, "IDAT", stream.data, stream.size);
    append_chunk(png, "IEND", NULL, 0);
    free(rows.data);
    free(stream.data);
}

/* A JPEG file with a segment that files after it have as well. */
static inline void append_photograph(struct byte_buffer *file, uint32_t width, uint32_t height) {
    static const struct jpeg_kind smooth = {.components = 3, .is_smooth = true};
    uint8_t segment[204] = {0xff, 0xeb, 0, sizeof segment - 2};
    uint64_t state = 9;
    for (unsigned i = 4; i < sizeof segment; i++) {
        segment[i] = (uint8_t)noise(&state);
    }
    struct byte_buffer jpeg = make_jpeg(width, height, &smooth);
    append(file, jpeg.data, 2);
    append(file, segment, sizeof segment);
    append(file, jpeg.data + 2, jpeg.size - 2);
    free(jpeg.data);
}

static inline void append_gzip(struct byte_buffer *file, const struct byte_buffer *plain) {
    static const uint8_t header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    struct byte_buffer stream = deflated(plain->data, plain->size, false);
    const uint32_t check = (uint32_t)crc32(0, plain->data, (unsigned)plain->size), size = (uint32_t)plain->size;
    append(file, header, sizeof header);
    append(file, stream.data, stream.size);
    for (unsigned i = 0; i < 8; i++) {
        const uint8_t byte = (uint8_t)((i < 4 ? check : size) >> 8 * (i % 4));
        append(file, &byte, 1);
    }
    free(stream.data);
}

static inline void append_webp(struct byte_buffer *file, int width, int height) {
    struct byte_buffer pnm = {0};
    uint8_t *bytes = NULL;
    draw_pnm(&pnm, MOTIF_SMOOTH, (uint32_t)width, (uint32_t)height, 3, 255, false);
    const size_t samples = (size_t)(3 * width * height);
    const size_t size = WebPEncodeLosslessRGB(pnm.data + pnm.size - samples, width, height, 3 * width, &bytes);
    append(file, bytes, size);
    WebPFree(bytes);
    free(pnm.data);
}

static inline void every_file(const struct inputs *inputs) {
    struct byte_buffer input = {0}, picture = {0};
    draw_pnm(&picture, MOTIF_SMOOTH, 14, 12, 3, 255, false);
    append_png(&input, &picture);
    input_take(inputs, "PNG", &input, input_pixels, 0);
    append_png(&input, &picture);
    input_take(inputs, "PNG file", &input, input_exact, 0);
    append_odd_png(&input, 18, 14);
    input_take(inputs, "PNG file of another writer", &input, input_exact, 0);
    append_odd_png(&input, 14, 12);
    input_take(inputs, "PNG with a comment at its end", &input, input_pixels, 0);
    append_icon(&input, 24, 22, false);
    input_take(inputs, "PNG icon", &input, input_pixels, 0);
    append_webp(&input, 12, 10);
    input_take(inputs, "WebP", &input, input_pixels, 0);
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
    for (unsigned i = 0; i < 2; i++) {
        append_gzip(&input, &picture);
    }
    input_take(inputs, "gzip", &input, input_exact, 0);
    struct byte_buffer twice = {0};
    append(&input, picture.data, picture.size);
    append_gzip(&input, &picture);
    append_gzip(&twice, &input);
    input.size = 0;
    input_take(inputs, "gzip in gzip", &twice, input_exact, 0);
    append(&twice, "some bytes before a stream", 26); /* that gains nothing, which only a trial tells */
    draw_noise(&input, 17000, 11);
    append_gzip(&twice, &input);
    append_gzip(&twice, &picture);
    input.size = 0;
    input_take(inputs, "a stream taken back", &twice, input_exact, 0);
    free(twice.data);
    append(&input, "%PDF-1.4 or so", 14);
    append(&input, file.data, file.size);
    append(&input, "endstream", 9);
    input_take(inputs, "JPEG inside of something", &input, input_exact, 0);
    for (unsigned i = 0; i < 3; i++) {
        append_icon(&input, 20 + 2 * i, 22, i == 1);
        append_photograph(&input, 24, 16 + 8 * i);
    }
    input_take(inputs, "icons and photographs", &input, input_exact, 0);
    for (unsigned i = 0; i < 3; i++) {
        append(&input, picture.data, picture.size);
    }
    draw_noise(&input, 20, 7);
    input_take(inputs, "three pictures and noise", &input, input_exact, 0);
    for (unsigned i = 0; i < 3; i++) {
        draw_pnm(&input, MOTIF_SMOOTH, 22, 26, 1, 4095, false);
    }
    input_take(inputs, "three slices", &input, input_exact, 0);
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

/* Files of pictures: one of each format, and TIFF with each compression. */
static inline void every_pages(const struct inputs *inputs) {
    static const struct {
        unsigned kind;
        const char *name;
    } kinds[] = {{0, "tiles of TIFF"},
                 {1, "strips of TIFF"},
                 {3, "strips of TIFF by LZW"},
                 {6, "strips of TIFF by deflate"},
                 {10, "a fax in TIFF"},
                 {TIFF_KINDS + 7, "animated PNG"},
                 {TIFF_KINDS, "DICOM"},
                 {TIFF_KINDS + 2, "FITS"},
                 {TIFF_KINDS + 4, "BMP by run lengths"},
                 {TIFF_KINDS + 6, "samples as text"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct drawn_file drawn = draw_pages(kinds[i].kind);
        input_take(inputs, kinds[i].name, &drawn.file, input_exact, 0);
        free(drawn.file.data);
    }
}

/* Large enough for several threads to start. */
static inline void every_large(const struct inputs *inputs) {
    const struct jpeg_kind kind = {.components = 3, .sampling = {22}, .is_smooth = true};
    struct byte_buffer file = make_jpeg(88, 56, &kind);
    input_take(inputs, "large: JPEG file", &file, input_exact, 0);
    free(file.data);
    file = make_jpeg(88, 56, &kind);
    input_take(inputs, "large: JPEG file, level 9", &file, (struct bswz_compress_options){.level = 9, .exact = 1}, 0);
    free(file.data);
    input_decoded(inputs, "large: pixels out of JPEG", 72, DRAWN_420, 0, 6);
    input_drawn(inputs, "large: RGB", MOTIF_SMOOTH, 70, 66, 3, 255, 6, 0);
    input_drawn(inputs, "large: RGB in bands", MOTIF_SMOOTH, 70, 128, 3, 255, 6, (uint64_t)70 * 64);
    input_drawn(inputs, "large: grey", MOTIF_SMOOTH, 66, 70, 1, 255, 6, 0);
    input_drawn(inputs, "large: 12 bits", MOTIF_SMOOTH, 70, 66, 3, 4095, 6, 0);
    input_drawn(inputs, "large: few values", MOTIF_FEW, 70, 66, 3, 255, 6, 0);
    input_drawn(inputs, "large: flat shapes", MOTIF_DRAWN, 70, 66, 4, 255, 6, 0);
}

static inline void every_input(const struct inputs *inputs) {
    every_picture(inputs);
    every_origin(inputs);
    input_grey_alpha(inputs);
    input_split(inputs);
    every_jpeg(inputs);
    every_file(inputs);
    every_pages(inputs);
    every_mixture(inputs);
}

#endif
