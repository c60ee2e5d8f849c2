/* SPDX-License-Identifier: MIT */
/*
 * Samples and records at a smaller scale (scaled.h).
 */
#include "image/scaled.h"

#include "base/fields.h"
#include "image/format.h"
#include "image/formats.h"
#include "image/indices.h"
#include "image/layout.h"
#include "image/pnm_header.h"
#include "image/record.h"
#include "image/sample_conversion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void picture_scale_samples(const uint8_t *samples, uint32_t width, uint32_t first, uint32_t rows, size_t pixel_bytes,
                           unsigned scale, uint8_t *scaled) {
    const uint32_t step = 1u << scale, columns = picture_scaled_side(width, scale);
    for (uint64_t row = (step - first % step) % step; row < rows; row += step) {
        const uint8_t *from = samples + row * width * pixel_bytes;
        for (uint32_t x = 0; x < columns; x++) {
            memcpy(scaled, from, pixel_bytes);
            scaled += pixel_bytes;
            from += step * pixel_bytes;
        }
    }
}

/* ---- PNM and PAM ---- */

enum bswz_status scale_pnm(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                           struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error) {
    (void)info;
    (void)scale;
    struct pnm_header header;
    char text[64];
    enum bswz_status status = pnm_header_parse(head, &header, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (header.kind == '7') {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the PNM header does not fit the picture");
    }
    int length = snprintf(text, sizeof text, "P%c\n%u %u\n", header.kind, scaled->width, scaled->height);
    if (header.kind != '4') {
        length += snprintf(text + length, sizeof text - (size_t)length, "%u\n", scaled->maxval);
    }
    return byte_buffer_append(out, text, (size_t)length, error);
}

/* Line by line, with other numbers. */
enum bswz_status scale_pam(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                           struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error) {
    (void)info;
    (void)scale;
    struct pnm_header header;
    enum bswz_status status = pnm_header_parse(head, &header, error);
    if (status == BSWZ_OK && header.kind != '7') {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the PNM header does not fit the picture");
    }
    for (size_t at = 0; status == BSWZ_OK && at < head->size;) {
        const char *line = (const char *)head->data + at;
        const size_t length =
            (size_t)((const char *)memchr(line, '\n', head->size - at) - line) + 1; /* all end in one */
        size_t word = 0;
        while (line[word] == ' ' || (line[word] >= '\t' && line[word] <= '\r' && line[word] != '\n')) {
            word++;
        }
        char text[32];
        int changed = 0;
        if (length - word > 5 && memcmp(line + word, "WIDTH", 5) == 0) {
            changed = snprintf(text, sizeof text, "WIDTH %u\n", scaled->width);
        } else if (length - word > 6 && memcmp(line + word, "HEIGHT", 6) == 0) {
            changed = snprintf(text, sizeof text, "HEIGHT %u\n", scaled->height);
        }
        status = changed > 0 ? byte_buffer_append(out, text, (size_t)changed, error)
                             : byte_buffer_append(out, line, length, error);
        at += length;
    }
    return status;
}

/* ---- PNG, and what can become PNG ---- */

/* Pixels per unit of length: fewer. */
static enum bswz_status scale_physical_size(const struct picture_chunk *chunk, unsigned scale, struct byte_buffer *out,
                                            struct bswz_error *error) {
    uint8_t data[9];
    memcpy(data, chunk->data, sizeof data);
    for (int side = 0; side < 2 && data[8] == 1; side++) { /* otherwise only the aspect ratio matters */
        const uint64_t scaled = ((uint64_t)load_big_32(data + 4 * side) + (1u << scale) / 2) >> scale;
        store_big_32(data + 4 * side, scaled > 0 ? (uint32_t)scaled : 1);
    }
    return picture_record_add(out, "pHYs", data, sizeof data, error);
}

static enum bswz_status scale_chunks(const uint8_t *chunks, size_t size, unsigned scale, struct byte_buffer *out,
                                     struct bswz_error *error) {
    static const char *const dropped[] = {"oFFs", "sCAL", "hIST", "sTER"};
    enum bswz_status status = BSWZ_OK;
    struct picture_chunk chunk;
    while (status == BSWZ_OK && picture_chunk_next(&chunks, &size, &chunk)) {
        bool keep = true;
        for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
            keep = keep && memcmp(chunk.type, dropped[i], 4) != 0;
        }
        if (memcmp(chunk.type, "pHYs", 4) == 0 && chunk.length == 9) {
            status = scale_physical_size(&chunk, scale, out, error);
        } else if (keep) {
            status = picture_record_add(out, (const char *)chunk.type, chunk.data, chunk.length, error);
        }
    }
    return status;
}

enum bswz_status scale_record(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                              struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error) {
    struct picture_record record;
    struct byte_buffer without = {0};
    scaled->format = info->format == PICTURE_PNG_FILE ? PICTURE_PNG : info->format;
    enum bswz_status status = picture_record_parse(head, info, &record, error);
    if (status == BSWZ_OK && indices_are_wanted(info, head)) { /* for all pixels only */
        status = indices_forget(head, &without, error);
        if (status == BSWZ_OK) {
            status = picture_record_parse(&without, info, &record, error);
        }
    }
    if (status == BSWZ_OK) {
        status = picture_record_begin(out, record.bit_depth, record.colour_type, false, error);
    }
    if (status == BSWZ_OK) {
        status = scale_chunks(record.chunks, record.size, scale, out, error);
    }
    free(without.data);
    return status;
}

/* A PNG record with the palette of a layout. */
enum bswz_status scale_layout(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                              struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error) {
    (void)scale;
    scaled->format = PICTURE_PNG;
    static const uint8_t types[5] = {0, 0, 4, 2, 6};
    const unsigned bits = bit_width(info->maxval);
    struct picture_conversion conversion;
    struct picture_info written;
    enum bswz_status status = picture_convert_plan(PICTURE_PNG, info, head, &conversion, &written, error);
    if (status == BSWZ_OK) {
        status = picture_record_begin(out, (uint8_t)bits, info->indexed ? 3 : types[info->channels], false, error);
    }
    if (status == BSWZ_OK && info->indexed) {
        uint8_t palette[256 * 3];
        for (size_t i = 0; i <= info->maxval; i++) { /* at most 255 */
            memcpy(palette + 3 * i, conversion.table[i], 3);
        }
        status = picture_record_add(out, "PLTE", palette, 3 * ((size_t)info->maxval + 1), error);
    }
    return status;
}

enum bswz_status picture_scale_head(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                                    struct picture_info *scaled_info, struct byte_buffer *scaled_head,
                                    struct bswz_error *error) {
    *scaled_info = *info;
    scaled_info->width = picture_scaled_side(info->width, scale);
    scaled_info->height = picture_scaled_side(info->height, scale);
    const struct picture_format_row *row = picture_format_row(info->format);
    return row->scale_head != NULL ? row->scale_head(info, head, scale, scaled_info, scaled_head, error) : BSWZ_OK;
}

enum bswz_status picture_scale_tail(const struct picture_info *info, const struct byte_buffer *tail, unsigned scale,
                                    struct byte_buffer *scaled_tail, struct bswz_error *error) {
    return picture_record_is_used(info->format) ? scale_chunks(tail->data, tail->size, scale, scaled_tail, error)
                                                : BSWZ_OK;
}
