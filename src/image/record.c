/* SPDX-License-Identifier: MIT */
/*
 * Build and parse the records of PNG, JPEG and WebP (layout: record.h).
 *
 * The parser handles any input: it returns FORMAT, or a record that the writers can use without checking lengths
 * again.
 */
#include "image/record.h"

#include "base/fields.h"
#include "image/format.h"
#include "image/formats.h"

#include <string.h>

#define RECORD_VERSION 1
#define RECORD_PREFIX 4
#define CHUNK_PREFIX 8
#define CHUNK_MAX 0x7fffffffu /* PNG's own limit */

bool picture_record_is_used(enum picture_format format) {
    return picture_format_row(format)->record == RECORD_CHUNKS;
}

enum bswz_status picture_record_begin(struct byte_buffer *buffer, uint8_t bit_depth, uint8_t colour_type,
                                      bool interlaced, struct bswz_error *error) {
    const uint8_t prefix[RECORD_PREFIX] = {RECORD_VERSION, bit_depth, colour_type, interlaced ? 1 : 0};
    return byte_buffer_append(buffer, prefix, sizeof prefix, error);
}

enum bswz_status picture_record_implied(const struct picture_info *info, struct byte_buffer *head,
                                        struct bswz_error *error) {
    static const uint8_t colour_types[5] = {0, 0, 4, 2, 6};
    return picture_record_begin(head, (uint8_t)bit_width(info->maxval), colour_types[info->channels], false, error);
}

enum bswz_status picture_record_add(struct byte_buffer *buffer, const char *type, const void *data, size_t length,
                                    struct bswz_error *error) {
    uint8_t prefix[CHUNK_PREFIX];
    if (length > CHUNK_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "a %.4s chunk of %zu bytes is too large", type, length);
    }
    memcpy(prefix, type, 4);
    store_little_32(prefix + 4, (uint32_t)length);
    enum bswz_status status = byte_buffer_append(buffer, prefix, sizeof prefix, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(buffer, data, length, error);
    }
    return status;
}

bool picture_chunk_next(const uint8_t **chunks, size_t *size, struct picture_chunk *chunk) {
    if (*size < CHUNK_PREFIX) {
        return false;
    }
    const uint32_t length = load_little_32(*chunks + 4);
    if (length > CHUNK_MAX || length > *size - CHUNK_PREFIX) {
        return false;
    }
    *chunk = (struct picture_chunk){*chunks, *chunks + CHUNK_PREFIX, length};
    *chunks += CHUNK_PREFIX + (size_t)length;
    *size -= CHUNK_PREFIX + (size_t)length;
    return true;
}

bool picture_chunk_find(const uint8_t *chunks, size_t size, const char *type, struct picture_chunk *chunk) {
    while (picture_chunk_next(&chunks, &size, chunk)) {
        if (memcmp(chunk->type, type, 4) == 0) {
            return true;
        }
    }
    return false;
}

/* Do bit depth and colour type form a valid PNG, and the one that info describes? */
static bool colour_agrees(const struct picture_record *record, const struct picture_info *info) {
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    const uint8_t depth = record->bit_depth, type = record->colour_type;
    const bool small = depth == 1 || depth == 2 || depth == 4;
    if (type > 6 || channels[type] == 0 || !(small || depth == 8 || depth == 16) || (small && type != 0 && type != 3) ||
        (depth == 16 && type == 3)) {
        return false;
    }
    return channels[type] == info->channels && info->indexed == (type == 3) && info->depth == (depth == 16 ? 16 : 8) &&
           info->maxval == (1u << depth) - 1;
}

bool picture_rule_is_sound(const struct picture_chunk *chunk, uint8_t colour_type) {
    if ((colour_type != 2 && colour_type != 6) || chunk->length < PICTURE_RULE_BYTES ||
        chunk->length > PICTURE_RULE_BYTES + 3 * (PICTURE_ENTRIES_MAX - 1) ||
        (chunk->length - PICTURE_RULE_BYTES) % 3 != 0) {
        return false;
    }
    const uint8_t depth = chunk->data[0];
    return (depth == 1 || depth == 2 || depth == 4 || depth == 8) && chunk->data[1] <= 1;
}

/* FORMAT unless every chunk is a PNG chunk that may be copied into a file. */
static bool chunks_are_sound(const uint8_t *chunks, size_t size, bool tail, const struct picture_record *record) {
    struct picture_chunk chunk;
    bool palette_seen = false;
    while (picture_chunk_next(&chunks, &size, &chunk)) {
        for (int i = 0; i < 4; i++) {
            const uint8_t letter = chunk.type[i] & 0xdf;
            if (letter < 'A' || letter > 'Z') {
                return false;
            }
        }
        if ((chunk.type[0] & 0x20) != 0) {
            continue; /* ancillary: its content does not matter */
        }
        if (!tail && memcmp(chunk.type, "ICCP", 4) == 0) {
            continue;
        }
        if (!tail && !palette_seen && memcmp(chunk.type, "INDX", 4) == 0) {
            palette_seen = true;
            if (!picture_rule_is_sound(&chunk, record->colour_type)) {
                return false;
            }
            continue;
        }
        if (tail || palette_seen || memcmp(chunk.type, "PLTE", 4) != 0) {
            return false;
        }
        const uint32_t entries = chunk.length / 3;
        const uint32_t limit = record->colour_type == 3 ? 1u << record->bit_depth : 256;
        if ((record->colour_type & 2) == 0 || chunk.length % 3 != 0 || entries == 0 || entries > limit) {
            return false;
        }
        palette_seen = true;
    }
    return size == 0 && (tail || record->colour_type != 3 || palette_seen);
}

/* Separate the recipe, which is the last chunk, from the others. */
static bool split_coding(struct picture_record *record) {
    const uint8_t *rest = record->chunks;
    size_t left = record->size;
    while (picture_chunk_next(&rest, &left, &record->coding)) {
        if (memcmp(record->coding.type, "IDAT", 4) == 0) {
            record->size = (size_t)(record->coding.type - record->chunks);
            return left == 0;
        }
    }
    return false;
}

enum bswz_status picture_record_parse(const struct byte_buffer *head, const struct picture_info *info,
                                      struct picture_record *record, struct bswz_error *error) {
    if (head == NULL || head->size < RECORD_PREFIX || head->data[0] != RECORD_VERSION || head->data[3] > 1) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the record of a picture is invalid");
    }
    record->bit_depth = head->data[1];
    record->colour_type = head->data[2];
    record->interlaced = head->data[3] == 1;
    record->chunks = head->data + RECORD_PREFIX;
    record->size = head->size - RECORD_PREFIX;
    record->coding = (struct picture_chunk){0};
    if (!colour_agrees(record, info)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the record of a picture does not match the picture");
    }
    if ((info->format == PICTURE_PNG_FILE && !split_coding(record)) ||
        !chunks_are_sound(record->chunks, record->size, false, record)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the record of a picture contains an invalid chunk");
    }
    return BSWZ_OK;
}

enum bswz_status picture_record_check_tail(const struct byte_buffer *tail, struct bswz_error *error) {
    if (tail != NULL && !chunks_are_sound(tail->data, tail->size, true, NULL)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the tail record of a picture contains an invalid chunk");
    }
    return BSWZ_OK;
}
