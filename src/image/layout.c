/* SPDX-License-Identifier: MIT */
/*
 * The records of BMP and TIFF, and their rows (layout.h).
 *
 * layout_take() handles any input: what it accepts, writers and conversions use without checking sizes again.
 */
#include "image/layout.h"

#include "image/format.h"
#include "image/formats.h"

#include <string.h>

#define RECORD_VERSION 1

enum {
    FLAG_BIG_ENDIAN = 1,
    FLAG_INVERTED = 2,
    FLAG_REVERSED = 4,
    FLAG_BOTTOM_UP = 8,
    FLAG_PREMULTIPLIED = 16,
    FLAG_FILLER = 32,
    FLAGS_ALL = 63
};

bool picture_layout_is_used(enum picture_format format) {
    return picture_format_row(format)->record == RECORD_LAYOUT;
}

size_t layout_stride(const struct sample_layout *layout, const struct picture_info *info) {
    const uint64_t samples = (uint64_t)info->width * (info->channels + (layout->has_filler ? 1u : 0u));
    return (size_t)((samples * layout->bits + 7) / 8) + layout->padding;
}

/* ---- records ---- */

static enum bswz_status broken(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the record of a picture is invalid");
}

enum bswz_status layout_put(const struct sample_layout *layout, struct byte_buffer *head, struct bswz_error *error) {
    const unsigned flags = (layout->big_endian ? FLAG_BIG_ENDIAN : 0) | (layout->inverted ? FLAG_INVERTED : 0) |
                           (layout->reversed ? FLAG_REVERSED : 0) | (layout->bottom_up ? FLAG_BOTTOM_UP : 0) |
                           (layout->premultiplied ? FLAG_PREMULTIPLIED : 0) | (layout->has_filler ? FLAG_FILLER : 0);
    enum bswz_status status = put_8(head, RECORD_VERSION, error);
    if (status == BSWZ_OK) {
        status = put_8(head, layout->bits, error);
    }
    if (status == BSWZ_OK) {
        status = put_8(head, flags, error);
    }
    if (status == BSWZ_OK) {
        status = put_8(head, layout->padding, error);
    }
    status = status == BSWZ_OK && layout->has_filler ? put_8(head, layout->filler, error) : status;
    if (status == BSWZ_OK) {
        status = put_8(head, layout->palette, error);
    }
    if (status == BSWZ_OK && layout->palette != PALETTE_NONE) {
        status = put_varint(head, layout->colours, error);
        if (status == BSWZ_OK) {
            status = put_varint(head, layout->palette_at, error);
        }
    }
    return status;
}

/* Does the layout describe these samples? */
static bool agrees(const struct sample_layout *layout, const struct picture_info *info) {
    const uint8_t bits = layout->bits, channels = info->channels;
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16) {
        return false;
    }
    return info->depth == (bits == 16 ? 16 : 8) && info->maxval == (1u << bits) - 1 && (bits >= 8 || channels == 1) &&
           (!layout->big_endian || bits == 16) && (!layout->inverted || (channels == 1 && !info->indexed)) &&
           (!layout->reversed || (channels >= 3 && bits == 8)) && (!layout->bottom_up || layout->run_count == 1) &&
           (!layout->premultiplied || channels == 2 || channels == 4) &&
           (!layout->has_filler || (channels == 3 && bits == 8)) && layout->padding <= 3 &&
           info->indexed == (layout->palette != PALETTE_NONE);
}

size_t layout_palette_bytes(const struct sample_layout *layout) {
    static const uint8_t sizes[] = {0, 3, 4, 6, 6};
    return (size_t)layout->colours * sizes[layout->palette];
}

/* Everything before the number of runs. */
static bool take_fields(struct cursor *cursor, struct sample_layout *layout) {
    uint8_t version, flags, palette;
    uint64_t position;
    if (!take_8(cursor, &version) || version != RECORD_VERSION || !take_8(cursor, &layout->bits) ||
        !take_8(cursor, &flags) || flags > FLAGS_ALL || !take_8(cursor, &layout->padding)) {
        return false;
    }
    layout->big_endian = (flags & FLAG_BIG_ENDIAN) != 0;
    layout->inverted = (flags & FLAG_INVERTED) != 0;
    layout->reversed = (flags & FLAG_REVERSED) != 0;
    layout->bottom_up = (flags & FLAG_BOTTOM_UP) != 0;
    layout->premultiplied = (flags & FLAG_PREMULTIPLIED) != 0;
    layout->has_filler = (flags & FLAG_FILLER) != 0;
    if ((layout->has_filler && !take_8(cursor, &layout->filler)) || !take_8(cursor, &palette) ||
        palette > PALETTE_BIG) {
        return false;
    }
    layout->palette = (enum layout_palette)palette;
    if (layout->palette != PALETTE_NONE) {
        if (!take_varint_32(cursor, 256, &layout->colours) || layout->colours == 0 ||
            !take_varint(cursor, cursor->size, &position)) {
            return false;
        }
        layout->palette_at = (size_t)position;
    }
    return true;
}

enum bswz_status layout_take(const struct byte_buffer *head, const struct picture_info *info,
                             struct sample_layout *layout, struct bswz_error *error) {
    memset(layout, 0, sizeof *layout);
    if (head == NULL || head->size == 0) {
        return broken(error);
    }
    struct cursor cursor = {.bytes = head->data, .size = head->size};
    if (!take_fields(&cursor, layout) || !take_varint_32(&cursor, info->height, &layout->run_count) ||
        layout->run_count == 0) {
        return broken(error);
    }
    if (!agrees(layout, info)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the record of a picture does not match the picture");
    }
    layout->runs = cursor;
    uint64_t gaps = 0;
    uint32_t rows_left = info->height;
    for (uint32_t i = 0; i < layout->run_count; i++) {
        uint64_t gap;
        uint32_t rows;
        if (!take_varint(&cursor, cursor.size, &gap) || !take_varint_32(&cursor, rows_left, &rows) || rows == 0) {
            return broken(error);
        }
        gaps += gap;
        if (gaps > cursor.size) {
            return broken(error);
        }
        rows_left -= rows;
    }
    layout->others = head->data + cursor.at;
    layout->others_size = cursor_left(&cursor);
    const size_t colours_size = layout_palette_bytes(layout);
    if (rows_left != 0 || gaps > layout->others_size ||
        (layout->palette != PALETTE_NONE &&
         (colours_size > layout->others_size || layout->palette_at > layout->others_size - colours_size))) {
        return broken(error);
    }
    return BSWZ_OK;
}

void layout_next_run(struct cursor *runs, size_t *gap, uint32_t *rows) {
    uint64_t value = 0;
    *rows = 0;
    if (take_varint(runs, runs->size, &value)) { /* both succeed, because layout_take() has checked this */
        take_varint_32(runs, UINT32_MAX, rows);
    }
    *gap = (size_t)value;
}

void layout_colours(const struct sample_layout *layout, uint8_t table[256][3]) {
    const uint8_t *bytes = layout->others + layout->palette_at;
    const uint32_t count = layout->colours;
    memset(table, 0, 256 * sizeof *table);
    if (layout->palette == PALETTE_BGR || layout->palette == PALETTE_BGRX) {
        const size_t step = layout->palette == PALETTE_BGR ? 3 : 4;
        for (size_t i = 0; i < count; i++) {
            for (size_t c = 0; c < 3; c++) {
                table[i][c] = bytes[i * step + 2 - c];
            }
        }
    } else if (layout->palette != PALETTE_NONE) {
        const size_t high = layout->palette == PALETTE_LITTLE ? 1 : 0;
        bool is_wide = false;
        for (size_t i = 0; i < 3 * (size_t)count; i++) {
            is_wide |= bytes[2 * i + high] != 0;
        }
        for (size_t c = 0; c < 3; c++) {
            for (size_t i = 0; i < count; i++) {
                table[i][c] = bytes[2 * (c * count + i) + (is_wide ? high : 1 - high)];
            }
        }
    }
}

/* ---- rows ---- */

/* Samples of 8 or 16 bits that need at most swapping or inverting, in either direction. */
static void copy_samples(const struct sample_layout *layout, const uint8_t *from, uint8_t *to, size_t samples) {
    const size_t bytes = samples * (layout->bits / 8u);
    if (layout->big_endian) {
        picture_swap_samples(to, from, samples);
    } else {
        memcpy(to, from, bytes);
    }
    for (size_t i = 0; layout->inverted && i < bytes; i++) {
        to[i] ^= 0xff;
    }
}

void layout_unpack_row(const struct sample_layout *layout, const struct picture_info *info, const uint8_t *from,
                       uint8_t *to) {
    const size_t channels = info->channels, samples = info->width * channels;
    if (layout->bits < 8) {
        const unsigned bits = layout->bits, mask = (1u << bits) - 1, flip = layout->inverted ? mask : 0;
        for (size_t i = 0; i < samples; i++) {
            const size_t bit = i * bits;
            to[i] = (uint8_t)((from[bit / 8] >> (8 - bits - bit % 8) & mask) ^ flip);
        }
    } else if (layout->reversed || layout->has_filler) {
        const size_t step = channels + (layout->has_filler ? 1 : 0), red = layout->reversed ? 2 : 0;
        for (size_t i = 0; i < info->width; i++, from += step, to += channels) {
            to[0] = from[red];
            to[1] = from[1];
            to[2] = from[2 - red];
            if (channels == 4) {
                to[3] = from[3];
            }
        }
    } else {
        copy_samples(layout, from, to, samples);
    }
}

void layout_pack_row(const struct sample_layout *layout, const struct picture_info *info, const uint8_t *from,
                     uint8_t *to) {
    const size_t channels = info->channels, samples = info->width * channels;
    const size_t stride = layout_stride(layout, info), bytes = stride - layout->padding;
    memset(to + bytes, 0, layout->padding);
    if (layout->bits < 8) {
        const unsigned bits = layout->bits, mask = (1u << bits) - 1, flip = layout->inverted ? mask : 0;
        memset(to, 0, bytes);
        for (size_t i = 0; i < samples; i++) {
            const size_t bit = i * bits;
            to[bit / 8] = (uint8_t)(to[bit / 8] | ((from[i] ^ flip) & mask) << (8 - bits - bit % 8));
        }
    } else if (layout->reversed || layout->has_filler) {
        const size_t step = channels + (layout->has_filler ? 1 : 0), red = layout->reversed ? 2 : 0;
        for (size_t i = 0; i < info->width; i++, from += channels, to += step) {
            to[red] = from[0];
            to[1] = from[1];
            to[2 - red] = from[2];
            if (step == 4) {
                to[3] = layout->has_filler ? layout->filler : from[3];
            }
        }
    } else {
        copy_samples(layout, from, to, samples);
    }
}
