/* SPDX-License-Identifier: MIT */
/*
 * Raw samples: there is no header, so the command line describes them when reading. Writing gives the samples as
 * in rows (16 bits little-endian), or in the other order if the record, of one byte, says so.
 */
#include "base/fields.h"
#include "image/format.h"

#define BIG_ENDIAN_RECORD 'B'

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    if (raw == NULL) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "raw pixels need a width, a height and a number of channels");
    }
    reader->info.width = raw->width;
    reader->info.height = raw->height;
    reader->info.channels = raw->channels;
    reader->info.depth = raw->bytes == 2 ? 16 : 8;
    reader->info.maxval = raw->bytes == 2 ? 65535 : 255;
    /* reader.c checks the numbers */
    return raw->is_big && raw->bytes == 2 ? put_8(&reader->head, BIG_ENDIAN_RECORD, error) : BSWZ_OK;
}

static void swap_pairs(const uint8_t *from, size_t size, uint8_t *to) {
    for (size_t i = 0; i + 1 < size; i += 2) {
        const uint8_t first = from[i];
        to[i] = from[i + 1];
        to[i + 1] = first;
    }
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    const size_t size = count * reader->row_bytes;
    const enum bswz_status status = picture_read_exactly(reader->source, rows, size, error);
    if (status == BSWZ_OK && reader->head.size > 0) {
        swap_pairs(rows, size, rows);
    }
    return status;
}

static void close_reader(struct picture_reader *reader) {
    (void)reader;
}

const struct picture_reader_methods picture_raw_reader = {open_reader, read_rows, NULL, close_reader};

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    if (writer->info.indexed) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "raw pixels have no palette");
    }
    static const struct byte_buffer none = {0};
    const struct byte_buffer *record = head != NULL && writer->source_info.format == PICTURE_RAW ? head : &none;
    if (record->size > 1 || (record->size == 1 && (record->data[0] != BIG_ENDIAN_RECORD || writer->info.depth != 16))) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the record of a raw picture is invalid");
    }
    writer->state = record->size == 1 ? (void *)(uintptr_t)&none : NULL; /* says that pairs are to be swapped */
    return BSWZ_OK;
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    size_t left = count * writer->row_bytes;
    enum bswz_status status = BSWZ_OK;
    if (writer->state == NULL) {
        return writer->sink.write(writer->sink.context, rows, left, error);
    }
    for (uint8_t swapped[4096]; left > 0 && status == BSWZ_OK;) {
        const size_t part = left < sizeof swapped ? left : sizeof swapped;
        swap_pairs(rows, part, swapped);
        status = writer->sink.write(writer->sink.context, swapped, part, error);
        rows += part;
        left -= part;
    }
    return status;
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    (void)writer;
    (void)tail;
    (void)error;
    return BSWZ_OK;
}

static void close_writer(struct picture_writer *writer) {
    (void)writer;
}

const struct picture_writer_methods picture_raw_writer = {open_writer, write_rows, finish_writer, close_writer};
