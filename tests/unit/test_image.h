/* SPDX-License-Identifier: MIT */
/*
 * What the picture tests share: sources and sinks in memory, reading or writing a whole picture in one call, and
 * hand-made PNG files.
 */
#ifndef TEST_IMAGE_H
#define TEST_IMAGE_H

#include "check.h"

#include "image/picture.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Bytes to read, in pieces of at most step bytes (0: any). */
struct memory_source {
    const uint8_t *bytes;
    size_t size, at, step;
};

static inline size_t memory_read(void *context, uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct memory_source *source = context;
    (void)error;
    size_t take = source->size - source->at;
    take = take < size ? take : size;
    take = source->step != 0 && take > source->step ? source->step : take;
    if (take > 0) {
        memcpy(bytes, source->bytes + source->at, take);
    }
    source->at += take;
    return take;
}

static inline enum bswz_status memory_write(void *context, const uint8_t *bytes, size_t size,
                                            struct bswz_error *error) {
    return byte_buffer_append(context, bytes, size, error);
}

/* A picture that has been read, or that is to be written. */
struct picture {
    struct picture_info info;
    struct byte_buffer head, tail, rows;
    struct bswz_error error;
    enum bswz_status status;
};

static inline void picture_free(struct picture *picture) {
    free(picture->head.data);
    free(picture->tail.data);
    free(picture->rows.data);
    memset(picture, 0, sizeof *picture);
}

static inline size_t picture_row_bytes(const struct picture_info *info) {
    return (size_t)info->width * info->channels * (info->depth / 8u);
}

/* Read one picture, rows_at_once at a time; the status is in the result. Pictures of more than 1 MiB are only
 * opened. */
static inline struct picture picture_load_from(enum picture_format format, struct memory_source *source,
                                               const struct raw_geometry *raw, uint32_t rows_at_once) {
    struct picture picture = {0};
    struct picture_reader *reader;
    picture.status =
        picture_reader_open(format, (struct byte_source){memory_read, source}, raw, &reader, &picture.error);
    if (picture.status != BSWZ_OK) {
        return picture;
    }
    picture.info = *picture_reader_info(reader);
    const struct byte_buffer *head = picture_reader_head(reader), *tail;
    byte_buffer_append(&picture.head, head->data, head->size, NULL);
    const size_t row_bytes = picture_row_bytes(&picture.info);
    if (row_bytes * picture.info.height > ((size_t)1 << 20)) {
        picture_reader_close(reader);
        picture.status = BSWZ_ERROR_LIMIT;
        return picture;
    }
    uint8_t *rows = calloc(picture.info.height, row_bytes);
    for (uint32_t y = 0; y < picture.info.height && picture.status == BSWZ_OK;) {
        uint32_t count = picture.info.height - y;
        count = rows_at_once != 0 && rows_at_once < count ? rows_at_once : count;
        picture.status = picture_reader_rows(reader, rows + y * row_bytes, count, &picture.error);
        y += count;
    }
    picture.rows = (struct byte_buffer){rows, row_bytes * picture.info.height, row_bytes * picture.info.height};
    if (picture.status == BSWZ_OK) {
        picture.status = picture_reader_finish(reader, &tail, &picture.error);
        if (picture.status == BSWZ_OK) {
            byte_buffer_append(&picture.tail, tail->data, tail->size, NULL);
        }
    }
    picture_reader_close(reader);
    return picture;
}

static inline struct picture picture_load(enum picture_format format, const struct byte_buffer *file) {
    struct memory_source source = {file->data, file->size, 0, 0};
    return picture_load_from(format, &source, NULL, 0);
}

/* Write a picture, rows_at_once at a time. */
static inline enum bswz_status picture_save(enum picture_format target, const struct picture *picture,
                                            uint32_t rows_at_once, struct byte_buffer *file, struct bswz_error *error) {
    struct picture_writer *writer;
    const size_t row_bytes = picture_row_bytes(&picture->info);
    *file = (struct byte_buffer){0};
    enum bswz_status status = picture_writer_open(target, &picture->info, &picture->head,
                                                  (struct byte_sink){memory_write, file}, &writer, error);
    if (status != BSWZ_OK) {
        return status;
    }
    for (uint32_t y = 0; y < picture->info.height && status == BSWZ_OK;) {
        uint32_t count = picture->info.height - y;
        count = rows_at_once != 0 && rows_at_once < count ? rows_at_once : count;
        status = picture_writer_rows(writer, picture->rows.data + y * row_bytes, count, error);
        y += count;
    }
    if (status == BSWZ_OK) {
        status = picture_writer_finish(writer, &picture->tail, error);
    }
    picture_writer_close(writer);
    return status;
}

static inline bool same_bytes(const struct byte_buffer *a, const struct byte_buffer *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static inline bool same_info(const struct picture_info *a, const struct picture_info *b) {
    return a->width == b->width && a->height == b->height && a->channels == b->channels && a->depth == b->depth &&
           a->maxval == b->maxval && a->indexed == b->indexed && a->lossy == b->lossy && a->format == b->format;
}

/* Smooth colours with some noise, in the form in which the reader returns them. */
static inline void draw(const struct picture_info *info, struct byte_buffer *rows) {
    const size_t row_bytes = picture_row_bytes(info), samples = (size_t)info->width * info->channels;
    uint64_t state = 88172645463325252ull + info->width;
    *rows = (struct byte_buffer){calloc(info->height, row_bytes), row_bytes * info->height, row_bytes * info->height};
    for (uint32_t y = 0; y < info->height; y++) {
        for (size_t i = 0; i < samples; i++) {
            const uint64_t ramp =
                (i * 7 + y * 11) * (info->maxval + 1ull) / 200 + noise(&state) % (info->maxval / 8 + 1u);
            const unsigned sample = (unsigned)(ramp % (info->maxval + 1u));
            uint8_t *at = rows->data + y * row_bytes + i * (info->depth / 8u);
            at[0] = (uint8_t)sample;
            if (info->depth == 16) {
                at[1] = (uint8_t)(sample >> 8);
            }
        }
    }
}

/* ---- PNG by hand ---- */

static inline void put_big_32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static inline uint32_t get_big_32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A whole PNG chunk, with its checksum. */
static inline void put_chunk(struct byte_buffer *file, const char *type, const void *data, size_t size) {
    uint8_t number[4];
    put_big_32(number, (uint32_t)size);
    byte_buffer_append(file, number, 4, NULL);
    byte_buffer_append(file, type, 4, NULL);
    byte_buffer_append(file, data, size, NULL);
    put_big_32(number, (uint32_t)crc32(0, file->data + file->size - size - 4, (uInt)(size + 4)));
    byte_buffer_append(file, number, 4, NULL);
}

static inline void test_png_write(png_structp png, png_bytep bytes, size_t size) {
    byte_buffer_append(png_get_io_ptr(png), bytes, size, NULL);
}

static inline void test_png_flush(png_structp png) {
    (void)png;
}

/* A PNG of the given samples, made with libpng alone. before goes before the palette, middle before the pixels,
 * after after them: all are whole chunks. */
static inline struct byte_buffer make_png(const struct picture_info *info, int bit_depth, int colour_type,
                                          bool interlaced, const uint8_t *rows, const struct byte_buffer *before,
                                          const struct byte_buffer *middle, const struct byte_buffer *after) {
    struct byte_buffer plain = {0}, file = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop png_info = png_create_info_struct(png);
    png_set_write_fn(png, &plain, test_png_write, test_png_flush);
    png_set_IHDR(png, png_info, info->width, info->height, bit_depth, colour_type,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    if (colour_type == 3) {
        png_color palette[256];
        for (int i = 0; i < 1 << bit_depth; i++) {
            palette[i] = (png_color){(png_byte)(i * 37), (png_byte)(255 - i), (png_byte)(i * i)};
        }
        png_set_PLTE(png, png_info, palette, 1 << bit_depth);
    }
    png_write_info(png, png_info);
    if (bit_depth < 8) {
        png_set_packing(png);
    }
    if (bit_depth == 16) {
        png_set_swap(png);
    }
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < info->height; y++) {
            png_write_row(png, rows + y * picture_row_bytes(info));
        }
    }
    png_write_end(png, png_info);
    png_destroy_write_struct(&png, &png_info);
    byte_buffer_append(&file, plain.data, 8, NULL);
    for (size_t at = 8; at < plain.size;) {
        const size_t length = get_big_32(plain.data + at) + (size_t)12;
        const uint8_t *type = plain.data + at + 4;
        if (memcmp(type, "IDAT", 4) == 0 && middle != NULL) {
            byte_buffer_append(&file, middle->data, middle->size, NULL);
            middle = NULL;
        }
        if (memcmp(type, "IEND", 4) == 0 && after != NULL) {
            byte_buffer_append(&file, after->data, after->size, NULL);
        }
        byte_buffer_append(&file, plain.data + at, length, NULL);
        if (memcmp(type, "IHDR", 4) == 0 && before != NULL) {
            byte_buffer_append(&file, before->data, before->size, NULL);
        }
        at += length;
    }
    free(plain.data);
    return file;
}

/* All chunks, with those of the pixels replaced by a single empty "IDAT"; skip, if not NULL, is a type to leave out. */
static inline struct byte_buffer list_chunks(const struct byte_buffer *file, const char *skip) {
    struct byte_buffer list = {0};
    bool in_data = false;
    for (size_t at = 8; at + 12 <= file->size;) {
        const size_t length = get_big_32(file->data + at) + (size_t)12;
        const bool data = memcmp(file->data + at + 4, "IDAT", 4) == 0;
        if (data && !in_data) {
            byte_buffer_append(&list, "IDAT", 4, NULL);
        } else if (!data && (skip == NULL || memcmp(file->data + at + 4, skip, 4) != 0)) {
            byte_buffer_append(&list, file->data + at, length, NULL);
        }
        in_data = data;
        at += length;
    }
    return list;
}

/* What a reader of format returns for a PNG file of such a shape. */
static inline struct picture_info png_info_of(enum picture_format format, uint32_t width, uint32_t height,
                                              int bit_depth, int colour_type) {
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    return (struct picture_info){.width = width,
                                 .height = height,
                                 .channels = channels[colour_type],
                                 .depth = bit_depth == 16 ? 16 : 8,
                                 .maxval = (uint16_t)((1u << bit_depth) - 1),
                                 .indexed = colour_type == 3,
                                 .format = format};
}

/* Correct the checksum of every chunk in a PNG. */
static inline void mend_checksums(struct byte_buffer *file) {
    for (size_t at = 8; at + 12 <= file->size;) {
        const size_t length = get_big_32(file->data + at);
        if (length > file->size - at - 12) {
            return;
        }
        put_big_32(file->data + at + 8 + length, (uint32_t)crc32(0, file->data + at + 4, (uInt)(length + 4)));
        at += length + 12;
    }
}

#endif
