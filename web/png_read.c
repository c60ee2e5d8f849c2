/* SPDX-License-Identifier: MIT */
/*
 * Read PNG without libpng: the walk through the chunks, the rows and the filters are those of other parts of the
 * library (image/png_chunks.h, png_exact/png_file.h), and so a stream is the same as that of the command.
 *
 * The whole picture is decoded when it is opened.
 */
#include "base/allocate.h"
#include "deflate/deflate.h"
#include "image/png_chunks.h"
#include "png_exact/png_file.h"

#include <stdlib.h>
#include <string.h>

enum { ZLIB_HEADER = 2, ZLIB_CHECK = 4 };

/* Append what the IDAT chunks hold. */
static enum bswz_status join_chunks(const struct byte_buffer *file, const struct png_layout *layout,
                                    struct byte_buffer *stream, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    for (size_t at = layout->data_start; status == BSWZ_OK && stream->size < layout->data_bytes;) {
        const size_t length = load_big_32(file->data + at);
        status = byte_buffer_append(stream, file->data + at + 8, length, error);
        at += length + 12;
    }
    return status;
}

/* Undo the filters of the rows in data, and spread their pixels. */
static enum bswz_status spread_rows(const struct png_shape *shape, uint8_t *data, uint8_t *samples, size_t row_bytes,
                                    struct bswz_error *error) {
    const uint8_t *none = bswz_allocate_zero(shape->longest, 1);
    bool is_valid = none != NULL;
    for (unsigned i = 0; i < shape->count && is_valid; i++) {
        const struct png_pass *pass = &shape->passes[i];
        const uint8_t *above = none;
        for (uint32_t y = 0; y < pass->height && is_valid; y++, data += 1 + pass->bytes) {
            is_valid = data[0] < PNG_FILTERS;
            png_row_unfilter(data[0], data + 1, above, pass->bytes, shape->pixel_bytes);
            png_row_unpack(shape, pass, data + 1, samples + (pass->y0 + (size_t)y * pass->dy) * row_bytes);
            above = data + 1;
        }
    }
    const bool has_memory = none != NULL;
    free((void *)(uintptr_t)none);
    return is_valid     ? BSWZ_OK
           : has_memory ? bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: there is no such filter")
                        : bswz_no_memory(error);
}

static enum bswz_status decode(struct picture_reader *reader, const struct png_layout *layout,
                               const struct byte_buffer *stream, struct bswz_error *error) {
    struct png_shape shape;
    struct byte_buffer data = {0};
    size_t used;
    png_shape_of(&reader->info, layout->bit_depth, layout->interlaced, &shape);
    if (shape.bytes > PNG_FILE_MAX || stream->size < ZLIB_HEADER) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: there are too many pixels, or none");
    }
    enum bswz_status status = deflate_inflate(stream->data + ZLIB_HEADER, stream->size - ZLIB_HEADER,
                                              (size_t)shape.bytes, &data, &used, error);
    if (status == BSWZ_OK && data.size != shape.bytes) {
        status = bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: there are too few pixels");
    }
    if (status == BSWZ_OK && (stream->size - ZLIB_HEADER - used < ZLIB_CHECK ||
                              load_big_32(stream->data + ZLIB_HEADER + used) != adler32_z(1, data.data, data.size))) {
        status = bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: the checksum of the pixels is wrong");
    }
    if (status == BSWZ_OK) {
        reader->state = bswz_allocate(reader->info.height, reader->row_bytes);
        status = reader->state == NULL ? bswz_no_memory(error) : BSWZ_OK;
    }
    if (status == BSWZ_OK) {
        status = spread_rows(&shape, data.data, reader->state, reader->row_bytes, error);
    }
    free(data.data);
    return status;
}

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    struct png_layout layout;
    struct byte_buffer file = {0}, stream = {0};
    enum bswz_status status = picture_read_file(PICTURE_PNG, reader->source, &file, error);
    if (status == BSWZ_OK) {
        status = png_walk_chunks(reader, &file, false, &layout, error);
    }
    if (status == BSWZ_OK) {
        status = join_chunks(&file, &layout, &stream, error);
    }
    free(file.data);
    if (status == BSWZ_OK) {
        status = decode(reader, &layout, &stream, error);
    }
    free(stream.data);
    return status;
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    (void)error;
    memcpy(rows, (const uint8_t *)reader->state + reader->next_row * reader->row_bytes, count * reader->row_bytes);
    return BSWZ_OK;
}

static void close_reader(struct picture_reader *reader) {
    free(reader->state);
}

const struct picture_reader_methods picture_png_reader = {open_reader, read_rows, NULL, close_reader};
