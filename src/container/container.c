/* SPDX-License-Identifier: MIT */
/*
 * The layout of a stream (container.h), byte by byte.
 *
 * Checks. A header that is used before its frames have been checked has a check of its own; for example, the record of
 * a picture begins the output file. A frame header has none: it seeds the hash of the restored frame, so one number
 * vouches for both. A damaged one only wastes an attempt, since all sizes in it are bounded by the band.
 */
#include "container/container.h"

#include "bytes/stream.h"
#include "container/check.h"
#include "container/methods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

const uint8_t stream_magic[STREAM_MAGIC_SIZE] = {0xb5, 'B', 'S', 'W', '\r', '\n', 0x1a, '\n'};

static enum bswz_status damaged(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "%s is damaged", what);
}

static enum bswz_status unknown(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_VERSION, "unknown %s: the stream needs a newer bswz, or is damaged", what);
}

/* A check is the low 32 bits of a hash. */
/* ---- picture headers ----
 *
 *     byte    bits 0-3 format, bit 4 head record, bit 5 model, others 0
 *     byte    bits 0-1 channels - 1, bit 2 16-bit samples, bit 3 indexed, bit 4 lossy source,
 *             bit 5 maxval, bit 6 bands, bit 7 0
 *     varint  width
 *     varint  height
 *     16 bits maxval                       if bit 5; otherwise 255 or 65535
 *     varint  rows of a band               if bit 6; otherwise one band
 *     64 bits hash, byte length, name      if there is a model
 *     record (record_code.h)               if there is a head record; otherwise the implied one
 *     32 bits check of all these bytes
 */
enum { HAS_HEAD = 16, HAS_MODEL = 32, FORMAT_MASK = 15 };
enum { IS_WIDE = 4, IS_INDEXED = 8, IS_LOSSY = 16, HAS_MAXVAL = 32, HAS_BANDS = 64, SHAPE_RESERVED = 128 };

void picture_describe(const struct picture_info *info, char text[64]) {
    snprintf(text, 64, "%s %ux%u", picture_format_name(info->format), info->width, info->height);
}

size_t picture_row_bytes(const struct picture_info *info) {
    return (size_t)info->width * info->channels * (info->depth / 8u);
}

static unsigned usual_maxval(const struct picture_info *info) {
    return info->depth == 16 ? 65535 : 255;
}

static enum bswz_status put_fields(const struct picture_header *header, bool head_is_implied,
                                   const struct record_context *context, int level, struct byte_buffer *out,
                                   struct bswz_error *error) {
    const struct picture_info *info = &header->info;
    const size_t name_length = strlen(header->model.name);
    const unsigned first =
        (unsigned)info->format | (head_is_implied ? 0 : HAS_HEAD) | (name_length > 0 ? HAS_MODEL : 0);
    const unsigned shape = (info->channels - 1u) | (info->depth == 16 ? IS_WIDE : 0) |
                           (info->indexed ? IS_INDEXED : 0) | (info->lossy ? IS_LOSSY : 0) |
                           (info->maxval != usual_maxval(info) ? HAS_MAXVAL : 0) |
                           (header->band_rows < info->height ? HAS_BANDS : 0);
    enum bswz_status status = put_8(out, first, error);
    if (status == BSWZ_OK) {
        status = put_8(out, shape, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, info->width, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, info->height, error);
    }
    if (status == BSWZ_OK && (shape & HAS_MAXVAL) != 0) {
        status = put_16(out, info->maxval, error);
    }
    if (status == BSWZ_OK && (shape & HAS_BANDS) != 0) {
        status = put_varint(out, header->band_rows, error);
    }
    if (status == BSWZ_OK && name_length > 0) {
        status = put_64(out, header->model.hash, error);
        if (status == BSWZ_OK) {
            status = put_8(out, (unsigned)name_length, error);
        }
        if (status == BSWZ_OK) {
            status = byte_buffer_append(out, header->model.name, name_length, error);
        }
    }
    if (status == BSWZ_OK && !head_is_implied) {
        status = record_put(&(struct record_place){info, context}, &header->head, level, out, error);
    }
    return status;
}

enum bswz_status picture_header_put(const struct picture_header *header, const struct record_context *context,
                                    int level, struct byte_buffer *out, struct bswz_error *error) {
    struct byte_buffer implied = {0};
    const size_t start = out->size;
    enum bswz_status status = picture_implied_head(&header->info, &implied, error);
    if (status == BSWZ_OK) {
        const bool is_implied = implied.size == header->head.size &&
                                (implied.size == 0 || memcmp(implied.data, header->head.data, implied.size) == 0);
        status = put_fields(header, is_implied, context, level, out, error);
    }
    if (status == BSWZ_OK) {
        status = put_check(out, start, error);
    }
    free(implied.data);
    return status;
}

static bool shape_is_possible(const struct picture_info *info) {
    return info->width <= PICTURE_MAX_SIDE && info->height <= PICTURE_MAX_SIDE &&
           (uint64_t)info->width * info->height <= PICTURE_MAX_PIXELS && info->width > 0 && info->height > 0 &&
           info->maxval > 0 && (info->maxval > 255) == (info->depth == 16) &&
           !(info->indexed && (info->channels != 1 || info->depth != 8));
}

static bool name_is_printable(const uint8_t *name, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (name[i] < 0x20 || name[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* The error for what failed: invalid bytes, or too few? */
static enum bswz_status taking_failed(const struct cursor *cursor, struct bswz_error *error) {
    return cursor->is_short ? BSWZ_ERROR_TRUNCATED : damaged(error, "a picture header");
}

/* Everything before the head record. */
static enum bswz_status take_shape(struct cursor *cursor, struct picture_header *header, unsigned *first,
                                   struct bswz_error *error) {
    struct picture_info *info = &header->info;
    uint8_t kind, shape, length;
    if (!take_8(cursor, &kind) || !take_8(cursor, &shape)) {
        return BSWZ_ERROR_TRUNCATED;
    }
    *first = kind;
    if ((kind & ~(HAS_HEAD | HAS_MODEL | FORMAT_MASK)) != 0 ||
        picture_format_row((enum picture_format)(kind & FORMAT_MASK))->reader == NULL ||
        (shape & SHAPE_RESERVED) != 0) {
        return unknown(error, "kind of picture");
    }
    info->format = (enum picture_format)(kind & FORMAT_MASK);
    info->channels = (uint8_t)((shape & 3) + 1);
    info->depth = shape & IS_WIDE ? 16 : 8;
    info->indexed = (shape & IS_INDEXED) != 0;
    info->lossy = (shape & IS_LOSSY) != 0;
    info->maxval = (uint16_t)usual_maxval(info);
    if (!take_varint_32(cursor, PICTURE_MAX_SIDE, &info->width) ||
        !take_varint_32(cursor, PICTURE_MAX_SIDE, &info->height) ||
        ((shape & HAS_MAXVAL) != 0 && !take_16(cursor, &info->maxval))) {
        return taking_failed(cursor, error);
    }
    if (!shape_is_possible(info) || ((shape & HAS_MAXVAL) != 0 && info->maxval == usual_maxval(info))) {
        return damaged(error, "a picture header");
    }
    header->band_rows = info->height;
    if ((shape & HAS_BANDS) != 0) {
        if (!take_varint_32(cursor, info->height - 1, &header->band_rows)) {
            return taking_failed(cursor, error);
        }
        if (header->band_rows == 0) {
            return damaged(error, "a picture header");
        }
    }
    if ((kind & HAS_MODEL) != 0) {
        const uint8_t *name;
        if (!take_64(cursor, &header->model.hash) || !take_8(cursor, &length)) {
            return taking_failed(cursor, error);
        }
        if (length == 0 || length >= sizeof header->model.name) {
            return damaged(error, "a picture header");
        }
        if (!take_bytes(cursor, length, &name)) {
            return taking_failed(cursor, error);
        }
        if (!name_is_printable(name, length)) {
            return damaged(error, "a picture header");
        }
        memcpy(header->model.name, name, length);
    }
    return BSWZ_OK;
}

/* Step over a record without unpacking it. TRUNCATED: *wanted is the size needed. */
static enum bswz_status step_over_record(struct cursor *cursor, size_t *wanted, struct bswz_error *error) {
    return record_skip(cursor, RECORD_MAX, wanted) ? BSWZ_OK : taking_failed(cursor, error);
}

/* The check of the bytes from start to here. */
static enum bswz_status take_check_of(struct cursor *cursor, size_t start, const char *what, struct bswz_error *error) {
    const enum bswz_status status = take_check(cursor, start);
    return status == BSWZ_ERROR_CORRUPT ? damaged(error, what) : status;
}

enum bswz_status picture_header_take(const uint8_t *bytes, size_t size, const struct record_context *context,
                                     struct picture_header *header, size_t *used, struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    unsigned first = 0;
    memset(header, 0, sizeof *header);
    *used = size + 1;
    enum bswz_status status = take_shape(&cursor, header, &first, error);
    struct cursor head = cursor;
    if (status == BSWZ_OK && (first & HAS_HEAD) != 0) {
        status = step_over_record(&cursor, used, error);
        header->record_size = cursor.at - head.at;
    }
    if (status == BSWZ_OK) {
        *used = cursor.at + 4;
        status = take_check_of(&cursor, 0, "a picture header", error);
    }
    if (status == BSWZ_OK) {
        status = (first & HAS_HEAD) != 0 ? record_take(&(struct record_place){&header->info, context}, &head,
                                                       RECORD_MAX, &header->head, error)
                                         : picture_implied_head(&header->info, &header->head, error);
    }
    if (status != BSWZ_OK) {
        free(header->head.data);
        header->head = (struct byte_buffer){0};
    }
    return status;
}

/* ---- frame headers ----
 *
 *     byte    bits 0-3 method, bits 4-5 reduction (pictures, not with STORED), bits 6-7 0
 *     byte    PLANES, MIXED: bits 0-1 origin, bit 2 half chroma, bit 3 flipped left-right, bit 4 upside down,
 *             bit 5 exceptions, others 0
 *     varint  bytes segments: restored size, 1 ... BYTES_FRAME_MAX
 *     varint  payload size, unless STORED; 1 ... size of the samples - 1, of bytes segments
 *             1 ... restored size + BYTES_PACKED_SLACK
 *     64 bits hash of the restored bytes, seeded with the hash of all the above seeded with the frame's number
 */
enum { HALF_CHROMA = 4, FLIP_X = 8, FLIP_Y = 16, HAS_EXCEPTIONS = 32 };

static uint64_t seed_of(const uint8_t *header, size_t size, uint64_t number) {
    return XXH3_64bits_withSeed(header, size, number);
}

enum bswz_status frame_header_put(struct frame_header *header, bool is_picture, uint64_t number,
                                  const uint8_t *restored, size_t size, struct byte_buffer *out,
                                  struct bswz_error *error) {
    const struct frame_method_row *row = frame_method_row(header->method);
    const size_t start = out->size;
    enum bswz_status status = put_8(out, (unsigned)header->method | (unsigned)header->reduction << 4, error);
    if (status == BSWZ_OK && row->has_colours) {
        status =
            put_8(out,
                  (unsigned)header->origin | (header->half_chroma ? HALF_CHROMA : 0) | (header->flip_x ? FLIP_X : 0) |
                      (header->flip_y ? FLIP_Y : 0) | (header->has_exceptions ? HAS_EXCEPTIONS : 0),
                  error);
    }
    if (status == BSWZ_OK && !is_picture) {
        header->restored_size = (uint32_t)size;
        status = put_varint(out, size, error);
    }
    if (status == BSWZ_OK && header->method != FRAME_STORED) {
        status = put_varint(out, header->payload_size, error);
    }
    if (status == BSWZ_OK) {
        header->seed = seed_of(out->data + start, out->size - start, number);
        header->hash = XXH3_64bits_withSeed(restored, size, header->seed);
        status = put_64(out, header->hash, error);
    }
    return status;
}

enum bswz_status frame_header_take(const uint8_t *bytes, size_t size, bool is_picture, uint64_t number,
                                   size_t stored_size, struct frame_header *header, size_t *used,
                                   struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint8_t kind, colours = 0;
    memset(header, 0, sizeof *header);
    if (!take_8(&cursor, &kind)) {
        return BSWZ_ERROR_TRUNCATED;
    }
    header->method = (enum frame_method)(kind & 15);
    header->reduction = (enum frame_reduction)(kind >> 4 & 3);
    const struct frame_method_row *row = frame_method_row(header->method);
    const bool is_end = frame_is_end(header->method) && (is_picture || header->method == FRAME_END);
    if (kind > 63 || (row == NULL && !is_end) || (row != NULL && !is_picture && !row->in_bytes) ||
        (header->reduction != REDUCTION_NONE && !(is_picture && row != NULL && row->may_be_reduced))) {
        return unknown(error, "kind of frame");
    }
    if (is_end) {
        *used = cursor.at;
        return BSWZ_OK;
    }
    if (row->has_colours) {
        if (!take_8(&cursor, &colours)) {
            return BSWZ_ERROR_TRUNCATED;
        }
        if (colours > 63) {
            return unknown(error, "kind of frame");
        }
    }
    header->origin = (enum origin_kind)(colours & 3);
    header->half_chroma = (colours & HALF_CHROMA) != 0;
    header->flip_x = (colours & FLIP_X) != 0;
    header->flip_y = (colours & FLIP_Y) != 0;
    header->has_exceptions = (colours & HAS_EXCEPTIONS) != 0;
    if (!is_picture) {
        if (!take_varint_32(&cursor, BYTES_FRAME_MAX, &header->restored_size)) {
            return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(error, "a frame header");
        }
        stored_size = header->restored_size;
    }
    header->payload_size = stored_size;
    const uint64_t limit = is_picture ? stored_size - 1 : (uint64_t)stored_size + BYTES_PACKED_SLACK;
    if (stored_size == 0 || (header->method != FRAME_STORED && !take_varint(&cursor, limit, &header->payload_size)) ||
        header->payload_size == 0) {
        return cursor.is_short ? BSWZ_ERROR_TRUNCATED : damaged(error, "a frame header");
    }
    header->seed = seed_of(bytes, cursor.at, number);
    if (!take_64(&cursor, &header->hash)) {
        return BSWZ_ERROR_TRUNCATED;
    }
    *used = cursor.at;
    return BSWZ_OK;
}

enum bswz_status frame_check(const struct frame_header *header, const uint8_t *restored, size_t size,
                             struct bswz_error *error) {
    if (!check_agrees(header->hash, XXH3_64bits_withSeed(restored, size, header->seed))) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame is damaged: its hash is wrong");
    }
    return BSWZ_OK;
}

/* ---- tail records: a record and its check ---- */

enum bswz_status tail_record_put(const struct byte_buffer *tail, struct record_models *models, int level,
                                 struct byte_buffer *out, struct bswz_error *error) {
    const size_t start = out->size;
    const struct record_context context = {.models = models};
    enum bswz_status status = record_put(&(struct record_place){NULL, &context}, tail, level, out, error);
    return status == BSWZ_OK ? put_check(out, start, error) : status;
}

enum bswz_status tail_record_take(const uint8_t *bytes, size_t size, struct record_models *models,
                                  struct byte_buffer *tail, size_t *used, struct bswz_error *error) {
    const struct record_context context = {.models = models};
    struct cursor cursor = {.bytes = bytes, .size = size}, content = cursor;
    enum bswz_status status = step_over_record(&cursor, used, error);
    if (status == BSWZ_OK) {
        *used = cursor.at + 4;
        status = take_check_of(&cursor, 0, "a picture's tail record", error);
    }
    return status == BSWZ_OK ? record_take(&(struct record_place){NULL, &context}, &content, RECORD_MAX, tail, error)
                             : status;
}
