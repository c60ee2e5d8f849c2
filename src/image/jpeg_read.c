/* SPDX-License-Identifier: MIT */
/*
 * Read JPEG as libjpeg decodes it by default (accurate integer DCT, smooth chroma upsampling), grey or RGB: these
 * are the pixels that most programs see.
 *
 * The whole file is held in memory. Rows come as they are decoded (for progressive files, all coefficients are
 * held, too).
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/record.h"
#include "jpeg/guard.h"

#include <stdlib.h>
#include <string.h>

/* A Huffman-coded block of 64 pixels takes at least one bit; in the worst layout, a component has blocks for only
 * half of the pixels. */
#define PIXELS_PER_BYTE_MAX 1024

/* The start of APP1 segments with EXIF; the string's own zero is part of it. */
#define EXIF_PREFIX "Exif\0"
#define XMP_PREFIX "http://ns.adobe.com/xap/1.0/"

#define ROWS_PER_CALL 16

struct jpeg_reading {
    struct jpeg_guard guard;
    struct byte_buffer file;
    bool started;
};

/* ---- metadata ---- */

/* Density as pHYs, unless it is meaningless. */
static enum bswz_status add_density(struct picture_reader *reader, struct bswz_error *error) {
    const struct jpeg_reading *state = reader->state;
    const struct jpeg_decompress_struct *decoder = &state->guard.decoder;
    uint32_t x = decoder->X_density, y = decoder->Y_density;
    if (!decoder->saw_JFIF_marker || x == 0 || y == 0 || decoder->density_unit > 2 ||
        (decoder->density_unit == 0 && x == y)) {
        return BSWZ_OK;
    }
    if (decoder->density_unit == 1) { /* dots per inch to dots per metre, rounded */
        x = (x * 10000 + 127) / 254;
        y = (y * 10000 + 127) / 254;
    } else if (decoder->density_unit == 2) { /* per centimetre */
        x *= 100;
        y *= 100;
    }
    uint8_t body[9];
    store_big_32(body, x);
    store_big_32(body + 4, y);
    body[8] = decoder->density_unit != 0;
    return picture_record_add(&reader->head, "pHYs", body, sizeof body, error);
}

/* The first EXIF block and the first XMP packet in the APP1 segments. */
static enum bswz_status add_segments(struct picture_reader *reader, struct bswz_error *error) {
    const struct jpeg_reading *state = reader->state;
    const jpeg_saved_marker_ptr first = state->guard.decoder.marker_list;
    const size_t exif_size = sizeof EXIF_PREFIX, xmp_size = sizeof XMP_PREFIX;
    enum bswz_status status = BSWZ_OK;
    for (jpeg_saved_marker_ptr at = first; at != NULL; at = at->next) {
        if (at->marker == JPEG_APP0 + 1 && at->data_length > exif_size &&
            memcmp(at->data, EXIF_PREFIX, exif_size) == 0) {
            status = picture_record_add_exif(&reader->head, at->data, at->data_length, error);
            break;
        }
    }
    for (jpeg_saved_marker_ptr at = first; at != NULL && status == BSWZ_OK; at = at->next) {
        if (at->marker == JPEG_APP0 + 1 && at->data_length > xmp_size && memcmp(at->data, XMP_PREFIX, xmp_size) == 0) {
            return picture_record_add_xmp(&reader->head, at->data + xmp_size, at->data_length - xmp_size, error);
        }
    }
    return status;
}

/* The record. profile is the reassembled ICC profile, or NULL. */
static enum bswz_status make_record(struct picture_reader *reader, const uint8_t *profile, size_t profile_size,
                                    struct bswz_error *error) {
    const uint8_t colour_type = reader->info.channels == 1 ? 0 : 2;
    enum bswz_status status = picture_record_begin(&reader->head, 8, colour_type, false, error);
    if (status == BSWZ_OK && profile != NULL) {
        status = picture_record_add(&reader->head, "ICCP", profile, profile_size, error);
    }
    if (status == BSWZ_OK) {
        status = add_density(reader, error);
    }
    if (status == BSWZ_OK) {
        status = add_segments(reader, error);
    }
    return status;
}

/* ---- decoding ---- */

/* Read the file's header into the decoder only. */
static enum bswz_status read_header(struct jpeg_reading *state, JOCTET **profile, unsigned *profile_size) {
    struct jpeg_decompress_struct *decoder = &state->guard.decoder;
    if (setjmp(state->guard.jump) != 0) {
        return state->guard.status;
    }
    jpeg_guard_create(&state->guard, state->file.data, state->file.size);
    jpeg_save_markers(decoder, JPEG_APP0 + 1, 0xffff);
    jpeg_save_markers(decoder, JPEG_APP0 + 2, 0xffff);
    jpeg_read_header(decoder, TRUE);
    if (!jpeg_read_icc_profile(decoder, profile, profile_size)) {
        *profile = NULL;
    }
    return jpeg_guard_check(&state->guard);
}

static enum bswz_status describe(struct picture_reader *reader, struct bswz_error *error) {
    struct jpeg_reading *state = reader->state;
    struct jpeg_decompress_struct *decoder = &state->guard.decoder;
    struct picture_info *info = &reader->info;
    switch (decoder->jpeg_color_space) {
    case JCS_GRAYSCALE:
        decoder->out_color_space = JCS_GRAYSCALE;
        info->channels = 1;
        break;
    case JCS_YCbCr:
    case JCS_RGB:
        decoder->out_color_space = JCS_RGB;
        info->channels = 3;
        break;
    default: return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "JPEG: CMYK colours are not supported");
    }
    info->width = decoder->image_width;
    info->height = decoder->image_height;
    info->depth = 8;
    info->maxval = 255;
    info->lossy = true;
    enum bswz_status status = picture_check_info(info, &reader->row_bytes, error);
    if (status == BSWZ_OK && !decoder->arith_code &&
        (uint64_t)info->width * info->height / PIXELS_PER_BYTE_MAX > state->file.size) {
        status = bswz_fail(error, BSWZ_ERROR_FORMAT, "JPEG: fewer pixels than the header says");
    }
    return status;
}

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    struct jpeg_reading *state = bswz_allocate_zero(1, sizeof *state);
    reader->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = reader->is_lenient ? picture_read_all(reader->source, &state->file, error)
                                                 : picture_read_file(PICTURE_JPEG, reader->source, &state->file, error);
    if (status != BSWZ_OK) {
        return status;
    }
    jpeg_guard_begin(&state->guard, error);
    state->guard.is_lenient = reader->is_lenient;
    JOCTET *profile = NULL;
    unsigned profile_size = 0;
    status = read_header(state, &profile, &profile_size);
    if (status == BSWZ_OK) {
        status = describe(reader, error);
    }
    if (status == BSWZ_OK) {
        status = make_record(reader, profile, profile_size, error);
    }
    free(profile);
    return status;
}

/* Decode up to count rows, at most ROWS_PER_CALL; *got is their number. */
static enum bswz_status decode_rows(struct jpeg_reading *state, uint8_t *rows, uint32_t count, size_t row_bytes,
                                    uint32_t *got) {
    JSAMPROW pointers[ROWS_PER_CALL];
    if (setjmp(state->guard.jump) != 0) {
        return state->guard.status;
    }
    if (!state->started) {
        jpeg_start_decompress(&state->guard.decoder);
        state->started = true;
    }
    for (uint32_t i = 0; i < ROWS_PER_CALL && i < count; i++) {
        pointers[i] = rows + i * row_bytes;
    }
    *got = jpeg_read_scanlines(&state->guard.decoder, pointers, count < ROWS_PER_CALL ? count : ROWS_PER_CALL);
    return jpeg_guard_check(&state->guard);
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    struct jpeg_reading *state = reader->state;
    state->guard.error = error;
    while (count > 0) {
        uint32_t got = 0;
        enum bswz_status status = decode_rows(state, rows, count, reader->row_bytes, &got);
        if (status != BSWZ_OK) {
            return status;
        }
        if (got == 0) { /* the decoder waits for input, but there is none */
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "JPEG: rows are missing");
        }
        rows += got * reader->row_bytes;
        count -= got;
    }
    return BSWZ_OK;
}

static enum bswz_status finish_file(struct jpeg_reading *state) {
    if (setjmp(state->guard.jump) != 0) {
        return state->guard.status;
    }
    jpeg_finish_decompress(&state->guard.decoder);
    return jpeg_guard_check(&state->guard);
}

static enum bswz_status finish_reader(struct picture_reader *reader, struct bswz_error *error) {
    struct jpeg_reading *state = reader->state;
    state->guard.error = error;
    const enum bswz_status status = finish_file(state);
    reader->is_damaged = state->guard.manager.num_warnings > 0;
    return status;
}

static void close_reader(struct picture_reader *reader) {
    struct jpeg_reading *state = reader->state;
    if (state == NULL) {
        return;
    }
    jpeg_guard_end(&state->guard);
    free(state->file.data);
    free(state);
}

const struct picture_reader_methods picture_jpeg_reader = {open_reader, read_rows, finish_reader, close_reader};
