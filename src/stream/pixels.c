/* SPDX-License-Identifier: MIT */
/*
 * Pictures in memory: decompressing into pixels (pixel_sink.h), and compressing pixels.
 *
 * Pixels are compressed as what they are for every other program: a PNG file, here one without compression that is
 * made while it is read. So they take the same way as any PNG file, and the stream restores to one.
 */
#include "base/allocate.h"
#include "container/memory.h"
#include "image/format.h"
#include "stream/compress.h"
#include "stream/decompress.h"
#include "stream/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* The first version of the struct: none has been shorter, and what is allocated is lost without a place for it. */
#define PIXELS_LEAST (offsetof(struct bswz_pixels, maxval) + sizeof(uint32_t))

/* Copy the caller's struct, and check what both directions have in common. */
static enum bswz_status take_pixels(const struct bswz_pixels *given, struct bswz_pixels *taken,
                                    struct bswz_error *error) {
    if (given == NULL) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "there are no pixels");
    }
    const enum bswz_status status = options_take(given, taken, sizeof *taken, error);
    if (status == BSWZ_OK && given->size < PIXELS_LEAST) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "a struct of pixels has at least %zu bytes", PIXELS_LEAST);
    }
    if (status == BSWZ_OK && (taken->channels > 4 || (taken->bits != 0 && taken->bits != 8 && taken->bits != 16))) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pixels cannot have %u channels of %u bits", taken->channels,
                         taken->bits);
    }
    return status;
}

/* ---- decompression ---- */

static int write_nothing(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    (void)bytes;
    (void)size;
    return 0;
}

enum bswz_status bswz_decompress_pixels(struct bswz_input input, struct bswz_pixels *pixels,
                                        const struct bswz_decompress_options *options, struct bswz_error *error) {
    struct bswz_decompress_options wanted;
    struct bswz_pixels taken;
    struct pixel_sink sink;
    bswz_forget(error);
    enum bswz_status status = take_pixels(pixels, &taken, error);
    if (status == BSWZ_OK) {
        status = decompress_options_take(options, &wanted, error);
    }
    if (status == BSWZ_OK && wanted.target != BSWZ_TO_SOURCE) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pixels have no other target");
    }
    if (status == BSWZ_OK && taken.samples != NULL && (taken.height == 0 || taken.width == 0)) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "how many pixels is there room for?");
    }
    if (status == BSWZ_OK && taken.samples != NULL && (taken.channels == 0 || taken.bits == 0)) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "how many channels and bits is there room for?");
    }
    if (status != BSWZ_OK) {
        return status;
    }
    const size_t own_size = pixels->size;
    wanted.size = sizeof wanted;
    wanted.target = BSWZ_TO_RAW; /* so that JPEG files are decoded, too */
    pixel_sink_open(&sink, &taken, wanted.memory_limit != 0 ? wanted.memory_limit : DEFAULT_MEMORY_LIMIT);
    status = decompress_call(input, (struct bswz_output){write_nothing, NULL}, &sink, &wanted, error);
    if (status == BSWZ_OK && !sink.is_begun) {
        status = pixel_sink_refuse(error);
    }
    pixel_sink_close(&sink);
    memcpy(pixels, &taken, own_size < sizeof taken ? own_size : sizeof taken);
    pixels->size = own_size;
    return status;
}

/* ---- compression ---- */

/* Larger and wider files would be kept as bytes (compress_picture.c). A quarter more than the samples is more than a
 * file takes. */
#define SAMPLES_MAX (((uint64_t)1 << 30) / 5 * 4)
#define WIDTH_MAX ((uint32_t)1 << 24)

/* The longest block of a deflate stream that is not compressed. */
#define BLOCK_MAX 65535u

/* A PNG file that is being made: the bytes of its next piece, and how many have been read. */
struct png_maker {
    const struct bswz_pixels *pixels;
    size_t row_bytes;
    uint32_t next_row;
    bool is_begun, is_ended;
    uint32_t adler;
    struct byte_buffer piece;
    size_t at;
};

/* Append a chunk with the contents from start, where 8 bytes have been left for its length and type. */
static enum bswz_status close_chunk(struct byte_buffer *piece, size_t start, const char *type,
                                    struct bswz_error *error) {
    const size_t size = piece->size - start - 8;
    uint8_t check[4];
    store_big_32(piece->data + start, (uint32_t)size);
    memcpy(piece->data + start + 4, type, 4);
    store_big_32(check, (uint32_t)crc32_z(0, piece->data + start + 4, size + 4));
    return byte_buffer_append(piece, check, sizeof check, error);
}

static enum bswz_status put_header(struct png_maker *maker, struct bswz_error *error) {
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'},
                         colour_types[5] = {0, 0, 4, 2, 6};
    uint8_t header[8 + 13] = {0};
    store_big_32(header + 8, maker->pixels->width);
    store_big_32(header + 12, maker->pixels->height);
    header[16] = (uint8_t)maker->pixels->bits;
    header[17] = colour_types[maker->pixels->channels];
    enum bswz_status status = byte_buffer_append(&maker->piece, signature, sizeof signature, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&maker->piece, header, sizeof header, error);
    }
    return status == BSWZ_OK ? close_chunk(&maker->piece, sizeof signature, "IHDR", error) : status;
}

/* A row with its filter byte, as in the file: the upper byte of 16 bits comes first. */
static void fill_row(const struct png_maker *maker, uint32_t number, uint8_t *row) {
    const struct bswz_pixels *pixels = maker->pixels;
    const uint8_t *from = (const uint8_t *)pixels->samples + number * pixels->stride;
    row[0] = 0;
    if (pixels->bits == 8) {
        memcpy(row + 1, from, maker->row_bytes);
        return;
    }
    for (size_t i = 0; i < maker->row_bytes; i += 2) {
        uint16_t sample;
        memcpy(&sample, from + i, 2);
        row[1 + i] = (uint8_t)(sample >> 8);
        row[2 + i] = (uint8_t)sample;
    }
}

/* Append size bytes as blocks that are not compressed. */
static enum bswz_status put_blocks(struct png_maker *maker, const uint8_t *bytes, size_t size, bool is_last,
                                   struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    for (size_t at = 0; at < size && status == BSWZ_OK; at += BLOCK_MAX) {
        const size_t length = size - at < BLOCK_MAX ? size - at : BLOCK_MAX;
        const uint8_t head[5] = {is_last && at + length == size, (uint8_t)length, (uint8_t)(length >> 8),
                                 (uint8_t)~length, (uint8_t)(~length >> 8)};
        status = byte_buffer_append(&maker->piece, head, sizeof head, error);
        if (status == BSWZ_OK) {
            status = byte_buffer_append(&maker->piece, bytes + at, length, error);
        }
    }
    return status;
}

/* Append the next rows as an IDAT chunk of their own, with the ends of the zlib stream. */
static enum bswz_status put_rows(struct png_maker *maker, struct bswz_error *error) {
    static const uint8_t before[8 + 2] = {[8] = 0x78, [9] = 0x01};
    const size_t size = 1 + maker->row_bytes;
    const uint32_t first = maker->next_row, left = maker->pixels->height - first;
    const uint32_t most = size < BLOCK_MAX ? (uint32_t)(BLOCK_MAX / size) : 1, rows = most < left ? most : left;
    uint8_t adler[4], *bytes = bswz_allocate(rows, size);
    if (bytes == NULL) {
        return bswz_no_memory(error);
    }
    for (uint32_t i = 0; i < rows; i++) {
        fill_row(maker, first + i, bytes + i * size);
    }
    maker->adler = (uint32_t)adler32_z(maker->adler, bytes, rows * size);
    maker->next_row += rows;
    enum bswz_status status = byte_buffer_append(&maker->piece, before, first == 0 ? 10 : 8, error);
    if (status == BSWZ_OK) {
        status = put_blocks(maker, bytes, rows * size, rows == left, error);
    }
    free(bytes);
    if (status == BSWZ_OK && rows == left) {
        store_big_32(adler, maker->adler);
        status = byte_buffer_append(&maker->piece, adler, sizeof adler, error);
    }
    return status == BSWZ_OK ? close_chunk(&maker->piece, 0, "IDAT", error) : status;
}

static enum bswz_status make_piece(struct png_maker *maker, struct bswz_error *error) {
    static const uint8_t none[8] = {0};
    maker->piece.size = maker->at = 0;
    if (!maker->is_begun) {
        maker->is_begun = true;
        return put_header(maker, error);
    }
    if (maker->next_row < maker->pixels->height) {
        return put_rows(maker, error);
    }
    maker->is_ended = true;
    const enum bswz_status status = byte_buffer_append(&maker->piece, none, sizeof none, error);
    return status == BSWZ_OK ? close_chunk(&maker->piece, 0, "IEND", error) : status;
}

static size_t read_png(void *context, uint8_t *bytes, size_t size) {
    struct png_maker *maker = context;
    if (maker->at == maker->piece.size) {
        if (maker->is_ended) {
            return 0;
        }
        if (make_piece(maker, NULL) != BSWZ_OK) {
            errno = ENOMEM;
            return SIZE_MAX;
        }
    }
    const size_t left = maker->piece.size - maker->at, got = left < size ? left : size;
    memcpy(bytes, maker->piece.data + maker->at, got);
    maker->at += got;
    return got;
}

/* Can these pixels be compressed? Fills in the stride. */
static enum bswz_status check_pixels(struct bswz_pixels *pixels, size_t *row_bytes, struct bswz_error *error) {
    const struct picture_info info = {.width = pixels->width,
                                      .height = pixels->height,
                                      .channels = (uint8_t)pixels->channels,
                                      .depth = (uint8_t)pixels->bits,
                                      .maxval = pixels->bits == 16 ? 65535 : 255,
                                      .format = PICTURE_PNG};
    if (pixels->samples == NULL || pixels->channels == 0 || pixels->bits == 0 || pixels->width == 0 ||
        pixels->height == 0 || pixels->first_row != 0) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pixels have a size, channels, bits, samples and all their rows");
    }
    if (pixels->maxval != 0 && pixels->maxval != info.maxval) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pixels to compress have all of %u bits", pixels->bits);
    }
    enum bswz_status status = picture_check_info(&info, row_bytes, error);
    if (status == BSWZ_OK && (pixels->width > WIDTH_MAX || *row_bytes + 1 > SAMPLES_MAX / pixels->height)) {
        status = bswz_fail(error, BSWZ_ERROR_LIMIT, "the pixels take more than 0.8 GiB, or are too wide");
    }
    pixels->stride = pixels->stride != 0 ? pixels->stride : *row_bytes;
    if (status == BSWZ_OK && pixels->stride < *row_bytes) {
        status = bswz_fail(error, BSWZ_ERROR_ARGUMENT, "a row takes %zu bytes", *row_bytes);
    }
    return status;
}

enum bswz_status bswz_compress_pixels(const struct bswz_pixels *pixels, struct bswz_output output,
                                      const struct bswz_compress_options *options, struct bswz_error *error) {
    struct bswz_compress_options wanted;
    struct bswz_pixels taken;
    struct png_maker maker = {.pixels = &taken, .adler = 1};
    bswz_forget(error);
    enum bswz_status status = take_pixels(pixels, &taken, error);
    if (status == BSWZ_OK) {
        status = compress_options_take(options, &wanted, error);
    }
    if (status == BSWZ_OK) {
        status = check_pixels(&taken, &maker.row_bytes, error);
    }
    if (status == BSWZ_OK && (wanted.raw_width != 0 || wanted.raw_bits != 0 || wanted.raw_big_endian || wanted.exact)) {
        status = bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pixels are neither raw samples nor a file");
    }
    if (status == BSWZ_OK) {
        status = bswz_compress((struct bswz_input){read_png, &maker}, output, options, error);
    }
    free(maker.piece.data);
    return status;
}
