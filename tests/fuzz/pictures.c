/* SPDX-License-Identifier: MIT */
/*
 * Hostile picture files. What a reader accepts can be written, and read again as the same picture.
 */
#include "fuzz.h"

#include "image/picture.h"

#include <zlib.h>

/* Of larger pictures, only this much is read: as many rows, or nothing of a format that is decoded as a whole. */
#define LARGEST ((size_t)1 << 20)

struct picture {
    struct picture_info info;
    struct byte_buffer head, tail, rows;
    bool is_whole;
};

static void free_picture(struct picture *picture) {
    free(picture->head.data);
    free(picture->tail.data);
    free(picture->rows.data);
}

static void copy(struct byte_buffer *to, const struct byte_buffer *from) {
    FUZZ_DEMAND(byte_buffer_append(to, from->data, from->size, NULL) == BSWZ_OK, "no memory");
}

/* Read all rows, at_once at a time. */
static enum bswz_status read_rows(struct picture_reader *reader, bool is_decoded_as_a_whole, uint32_t at_once,
                                  struct picture *picture, struct bswz_error *error) {
    const size_t row_bytes = (size_t)picture->info.width * picture->info.channels * (picture->info.depth / 8u);
    const size_t most = row_bytes > LARGEST ? 0 : LARGEST / row_bytes;
    const uint32_t height = picture->info.height <= most ? picture->info.height
                            : is_decoded_as_a_whole      ? 0
                                                         : (uint32_t)most;
    enum bswz_status status = byte_buffer_reserve(&picture->rows, row_bytes * height, error);
    for (uint32_t y = 0; y < height && status == BSWZ_OK;) {
        const uint32_t count = height - y < at_once ? height - y : at_once;
        status = picture_reader_rows(reader, picture->rows.data + y * row_bytes, count, error);
        y += count;
    }
    picture->rows.size = row_bytes * height;
    picture->is_whole = height == picture->info.height;
    return status;
}

static enum bswz_status read_picture(enum picture_format format, const uint8_t *bytes, size_t size,
                                     const struct raw_geometry *raw, uint32_t at_once, struct picture *picture) {
    struct picture_memory memory = {bytes, size};
    struct bswz_error error = {.status = BSWZ_OK};
    struct picture_reader *reader;
    const struct byte_buffer *tail;
    *picture = (struct picture){.is_whole = false};
    enum bswz_status status = picture_reader_open(format, picture_memory_source(&memory), raw, &reader, &error);
    fuzz_demand_words(status, &error);
    if (status != BSWZ_OK) {
        return status;
    }
    picture->info = *picture_reader_info(reader);
    copy(&picture->head, picture_reader_head(reader));
    status = read_rows(reader, format == PICTURE_WEBP, at_once, picture, &error);
    if (status == BSWZ_OK && picture->is_whole) {
        status = picture_reader_finish(reader, &tail, &error);
        if (status == BSWZ_OK) {
            copy(&picture->tail, tail);
        }
    }
    fuzz_demand_words(status, &error);
    picture_reader_close(reader);
    return status;
}

static enum bswz_status write_bytes(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    return byte_buffer_append(context, bytes, size, error);
}

static enum bswz_status write_picture(enum picture_format target, const struct picture *picture,
                                      struct byte_buffer *file, struct bswz_error *error) {
    struct picture_writer *writer;
    enum bswz_status status = picture_writer_open(target, &picture->info, &picture->head,
                                                  (struct byte_sink){write_bytes, file}, &writer, error);
    if (status != BSWZ_OK) {
        return status;
    }
    status = picture_writer_rows(writer, picture->rows.data, picture->info.height, error);
    status = status == BSWZ_OK ? picture_writer_finish(writer, &picture->tail, error) : status;
    picture_writer_close(writer);
    return status;
}

/* What was read is written in its own format, or as PNG, and read again. */
static void write_again(enum picture_format format, const uint8_t *bytes, size_t size, const struct raw_geometry *raw,
                        const struct picture *picture) {
    const enum picture_format target = format == PICTURE_JPEG || picture->info.lossy ? PICTURE_PNG : format;
    const bool is_exact = format != PICTURE_PNG && format != PICTURE_JPEG && format != PICTURE_WEBP;
    struct byte_buffer file = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    struct picture second;
    FUZZ_DEMAND(write_picture(target, picture, &file, &error) == BSWZ_OK, "read but not written: %s", error.message);
    FUZZ_DEMAND(!is_exact || (file.size <= size && memcmp(file.data, bytes, file.size) == 0), "written as other bytes");
    FUZZ_DEMAND(read_picture(target, file.data, file.size, raw, 3, &second) == BSWZ_OK, "written but not read");
    FUZZ_DEMAND(second.is_whole && fuzz_is_same(&second.rows, &picture->rows), "written as other pixels");
    free_picture(&second);
    free(file.data);
}

/* Converted to every other format that can hold it. */
static void convert(const struct picture *picture) {
    static const enum picture_format targets[] = {PICTURE_RAW, PICTURE_PNM, PICTURE_PAM, PICTURE_PNG};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct byte_buffer file = {0};
        struct bswz_error error = {.status = BSWZ_OK};
        fuzz_demand_words(write_picture(targets[i], picture, &file, &error), &error);
        free(file.data);
    }
}

static void try_format(enum picture_format format, const uint8_t *bytes, size_t size, const struct raw_geometry *raw) {
    struct picture picture;
    for (size_t known = 0; known <= size && format != PICTURE_RAW; known += 1 + size / 5) {
        picture_extent(format, bytes, known, known == size);
        picture_recognise(bytes, known);
    }
    if (read_picture(format, bytes, size, raw, UINT32_MAX, &picture) == BSWZ_OK && picture.is_whole) {
        write_again(format, bytes, size, raw, &picture);
        convert(&picture);
    }
    free_picture(&picture);
}

/* ---- the formats ---- */

static uint32_t big_32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

size_t fuzz_correct_chunks(const uint8_t *data, size_t size, uint8_t *file) {
    const unsigned choice = fuzz_choice(&data, &size);
    memcpy(file, data, size);
    for (size_t at = 8; choice % 2 == 1 && at + 12 <= size;) {
        const size_t length = big_32(file + at);
        if (length > size - at - 12) {
            break;
        }
        const uint32_t sum = (uint32_t)crc32(0, file + at + 4, (uInt)(length + 4));
        for (unsigned i = 0; i < 4; i++) {
            file[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        at += length + 12;
    }
    return size;
}

static void try_png(enum picture_format format, const uint8_t *data, size_t size) {
    uint8_t *file = malloc(size + 1);
    FUZZ_DEMAND(file != NULL, "no memory");
    size = fuzz_correct_chunks(data, size, file);
    try_format(format, file, size, NULL);
    free(file);
}

void fuzz_png(const uint8_t *data, size_t size) {
    try_png(PICTURE_PNG, data, size);
}

void fuzz_png_file(const uint8_t *data, size_t size) {
    try_png(PICTURE_PNG_FILE, data, size);
}

void fuzz_jpeg(const uint8_t *data, size_t size) {
    try_format(PICTURE_JPEG, data, size, NULL);
}

void fuzz_webp(const uint8_t *data, size_t size) {
    try_format(PICTURE_WEBP, data, size, NULL);
}

void fuzz_bmp(const uint8_t *data, size_t size) {
    try_format(PICTURE_BMP, data, size, NULL);
}

void fuzz_tiff(const uint8_t *data, size_t size) {
    try_format(PICTURE_TIFF, data, size, NULL);
}

void fuzz_pnm(const uint8_t *data, size_t size) {
    const enum picture_format format = picture_recognise(data, size);
    if (format == PICTURE_PNM || format == PICTURE_PAM) {
        try_format(format, data, size, NULL);
    }
}

/* The first three bytes: width, height; channels, one byte or two, and their order. */
void fuzz_raw(const uint8_t *data, size_t size) {
    const unsigned width = fuzz_choice(&data, &size), height = fuzz_choice(&data, &size),
                   shape = fuzz_choice(&data, &size);
    const struct raw_geometry raw = {.width = 1 + width,
                                     .height = 1 + height,
                                     .channels = (uint8_t)(1 + shape % 4),
                                     .bytes = (uint8_t)(1 + shape / 4 % 2),
                                     .is_big = shape / 8 % 2 == 1};
    try_format(PICTURE_RAW, data, size, &raw);
}
