/* SPDX-License-Identifier: MIT */
/*
 * Hand-made BMP and TIFF files, byte for byte, for the tests of their readers.
 */
#ifndef TEST_PLAIN_FILES_H
#define TEST_PLAIN_FILES_H

#include "test_image.h"

/* The samples of all these pictures, before they are reduced to fewer than 16 bits. */
static inline unsigned plain_sample(uint32_t x, uint32_t y, unsigned channel) {
    return (x * 2999 + y * 7333 + channel * 20011 + x * y * 331 % 1013) & 0xffff;
}

static inline void put_number(struct byte_buffer *file, uint32_t value, size_t size, bool is_big) {
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)(value >> (8 * (is_big ? size - 1 - i : i)));
        byte_buffer_append(file, &byte, 1, NULL);
    }
}

static inline void put_zeros(struct byte_buffer *file, size_t count) {
    for (size_t i = 0; i < count; i++) {
        put_number(file, 0, 1, false);
    }
}

/* Samples of fewer than 8 bits to bytes, the first in the top bits. */
static inline void put_packed(struct byte_buffer *file, uint32_t width, uint32_t y, unsigned bits, unsigned flip) {
    unsigned byte = 0, filled = 0;
    for (uint32_t x = 0; x < width; x++) {
        byte = byte << bits | ((plain_sample(x, y, 0) ^ flip) & ((1u << bits) - 1));
        filled += bits;
        if (filled == 8 || x + 1 == width) {
            put_number(file, byte << (8 - filled), 1, false);
            byte = filled = 0;
        }
    }
}

struct bmp_shape {
    uint32_t info_size, bits, compression, colours;
    uint32_t masks[4]; /* red, green, blue, alpha; with compression 3 and 6 */
    bool is_top_down, has_grey_palette, has_alpha;
    uint8_t fourth; /* of 32 bits without has_alpha */
    size_t gap, trailing;
};

/* A BMP of that shape; its rows are padded with zeros. */
static inline struct byte_buffer make_bmp(const struct bmp_shape *shape, uint32_t width, uint32_t height) {
    struct byte_buffer file = {0};
    const uint32_t entries = shape->bits > 8 ? 0 : shape->colours != 0 ? shape->colours : 1u << shape->bits;
    const uint32_t stride = (width * shape->bits + 31) / 32 * 4;
    const size_t mask_bytes = shape->info_size > 40     ? 0
                              : shape->compression == 6 ? 16
                              : shape->compression == 3 ? 12
                                                        : 0;
    const size_t pixels_at =
        14 + shape->info_size + mask_bytes + (shape->info_size == 12 ? 3 : 4) * (size_t)entries + shape->gap;
    byte_buffer_append(&file, "BM", 2, NULL);
    put_number(&file, (uint32_t)(pixels_at + stride * height + shape->trailing), 4, false);
    put_number(&file, 0, 4, false);
    put_number(&file, (uint32_t)pixels_at, 4, false);
    put_number(&file, shape->info_size, 4, false);
    if (shape->info_size == 12) {
        put_number(&file, width, 2, false);
        put_number(&file, height, 2, false);
        put_number(&file, 1, 2, false);
        put_number(&file, shape->bits, 2, false);
    } else {
        put_number(&file, width, 4, false);
        put_number(&file, shape->is_top_down ? 0u - height : height, 4, false);
        put_number(&file, 1, 2, false);
        put_number(&file, shape->bits, 2, false);
        put_number(&file, shape->compression, 4, false);
        put_zeros(&file, 12);
        put_number(&file, shape->colours, 4, false);
        put_number(&file, 0, 4, false);
        for (size_t i = 0; i < 4 && (i < mask_bytes / 4 || 44 + 4 * i <= shape->info_size); i++) {
            put_number(&file, shape->masks[i], 4, false);
        }
        while (file.size < 14 + shape->info_size) {
            put_number(&file, 0x5a, 1, false);
        }
    }
    for (uint32_t i = 0; i < entries; i++) {
        const unsigned grey = i * 255 / ((1u << shape->bits) - 1);
        for (unsigned c = 0; c < 3; c++) { /* blue, green, red */
            put_number(&file, shape->has_grey_palette ? grey : (i * (3 + c) + 40 * c) & 255, 1, false);
        }
        put_zeros(&file, shape->info_size == 12 ? 0 : 1);
    }
    for (size_t i = 0; i < shape->gap; i++) {
        put_number(&file, (uint32_t)(77 + i), 1, false);
    }
    for (uint32_t row = 0; row < height; row++) {
        const uint32_t y = shape->is_top_down ? row : height - 1 - row;
        const size_t start = file.size;
        if (shape->bits <= 8) {
            put_packed(&file, width, y, shape->bits, 0);
        }
        for (uint32_t x = 0; x < width && shape->bits > 8; x++) {
            const bool is_rgb = shape->masks[0] == 0xff;
            for (unsigned c = 0; c < (shape->bits == 16 ? 2 : 3); c++) {
                put_number(&file, plain_sample(x, y, is_rgb ? c : 2 - c), 1, false);
            }
            if (shape->bits == 32) {
                put_number(&file, shape->has_alpha ? plain_sample(x, y, 3) : shape->fourth, 1, false);
            }
        }
        put_zeros(&file, stride - (file.size - start));
    }
    for (size_t i = 0; i < shape->trailing; i++) {
        put_number(&file, (uint32_t)(99 + i), 1, false);
    }
    return file;
}

struct tiff_shape {
    bool is_big, directory_last;
    uint16_t bits, samples, photometric;
    int extra;               /* kind of the extra sample; -1: no such tag */
    uint32_t rows_per_strip; /* 0: all */
    size_t gap;              /* before each strip */
    uint16_t compression, planes;
    size_t trailing;
};

#define TIFF_USUAL .compression = 1, .planes = 1, .extra = -1

static inline void put_entry(struct byte_buffer *file, const struct tiff_shape *shape, unsigned tag, unsigned type,
                             uint32_t count, uint32_t value) {
    const bool is_short = type == 3 && count == 1;
    put_number(file, tag, 2, shape->is_big);
    put_number(file, type, 2, shape->is_big);
    put_number(file, count, 4, shape->is_big);
    put_number(file, value, is_short ? 2 : 4, shape->is_big);
    put_zeros(file, is_short ? 2 : 0);
}

/* The directory at some position, followed by the values that do not fit into it. Its size does not depend on the
 * position. */
static inline struct byte_buffer tiff_directory(const struct tiff_shape *shape, uint32_t width, uint32_t height,
                                                size_t at, const uint32_t *offsets, uint32_t strips, uint32_t next) {
    struct byte_buffer directory = {0}, values = {0};
    const bool has_palette = shape->photometric == 3, has_extra = shape->extra >= 0;
    const uint16_t entries = (uint16_t)(10 + has_palette + has_extra);
    const uint32_t values_at = (uint32_t)at + 2 + 12u * entries + 4;
    const uint32_t per_strip = shape->rows_per_strip == 0 ? height : shape->rows_per_strip;
    const uint32_t stride = (width * shape->samples * shape->bits + 7) / 8;
    put_number(&directory, entries, 2, shape->is_big);
    put_entry(&directory, shape, 256, 3, 1, width);
    put_entry(&directory, shape, 257, 4, 1, height);
    if (shape->samples <= 2) { /* they fit */
        put_number(&directory, 258, 2, shape->is_big);
        put_number(&directory, 3, 2, shape->is_big);
        put_number(&directory, shape->samples, 4, shape->is_big);
        put_number(&directory, shape->bits, 2, shape->is_big);
        put_number(&directory, shape->samples == 2 ? shape->bits : 0, 2, shape->is_big);
    } else {
        put_entry(&directory, shape, 258, 3, shape->samples, values_at + (uint32_t)values.size);
        for (unsigned i = 0; i < shape->samples; i++) {
            put_number(&values, shape->bits, 2, shape->is_big);
        }
    }
    put_entry(&directory, shape, 259, 3, 1, shape->compression);
    put_entry(&directory, shape, 262, 3, 1, shape->photometric);
    put_entry(&directory, shape, 273, 4, strips, strips == 1 ? offsets[0] : values_at + (uint32_t)values.size);
    for (uint32_t i = 0; i < strips && strips > 1; i++) {
        put_number(&values, offsets[i], 4, shape->is_big);
    }
    put_entry(&directory, shape, 277, 3, 1, shape->samples);
    put_entry(&directory, shape, 278, 4, 1, per_strip);
    put_entry(&directory, shape, 279, 4, strips, strips == 1 ? height * stride : values_at + (uint32_t)values.size);
    for (uint32_t i = 0; i < strips && strips > 1; i++) {
        const uint32_t left = height - i * per_strip;
        put_number(&values, stride * (left < per_strip ? left : per_strip), 4, shape->is_big);
    }
    put_entry(&directory, shape, 284, 3, 1, shape->planes);
    if (has_palette) {
        put_entry(&directory, shape, 320, 3, 3u << shape->bits, values_at + (uint32_t)values.size);
        for (unsigned i = 0; i < 3u << shape->bits; i++) {
            put_number(&values, (i * 71 & 255) << 8 | (i & 255), 2, shape->is_big);
        }
    }
    if (has_extra) {
        put_entry(&directory, shape, 338, 3, 1, (uint32_t)shape->extra);
    }
    put_number(&directory, next, 4, shape->is_big);
    byte_buffer_append(&directory, values.data, values.size, NULL);
    free(values.data);
    return directory;
}

static inline void put_tiff_row(struct byte_buffer *file, const struct tiff_shape *shape, uint32_t width, uint32_t y) {
    const unsigned flip = shape->photometric == 0 ? 0xffff : 0;
    if (shape->bits < 8) {
        put_packed(file, width, y, shape->bits, flip);
        return;
    }
    for (uint32_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < shape->samples; c++) {
            put_number(file, plain_sample(x, y, c) ^ flip, shape->bits / 8u, shape->is_big);
        }
    }
}

/* A TIFF of that shape, with its directory before or after the strips. */
static inline struct byte_buffer make_tiff(const struct tiff_shape *shape, uint32_t width, uint32_t height) {
    struct byte_buffer file = {0};
    const uint32_t per_strip = shape->rows_per_strip == 0 ? height : shape->rows_per_strip;
    const uint32_t strips = (height - 1) / per_strip + 1, stride = (width * shape->samples * shape->bits + 7) / 8;
    uint32_t *offsets = calloc(strips, sizeof *offsets);
    struct byte_buffer directory = tiff_directory(shape, width, height, 8, offsets, strips, 0);
    uint32_t at = 8 + (shape->directory_last ? 0 : (uint32_t)directory.size);
    for (uint32_t i = 0; i < strips; i++) {
        at += (uint32_t)shape->gap;
        offsets[i] = at;
        at += stride * (height - i * per_strip < per_strip ? height - i * per_strip : per_strip);
    }
    const uint32_t directory_at = shape->directory_last ? at : 8;
    free(directory.data);
    directory = tiff_directory(shape, width, height, directory_at, offsets, strips, 0);
    byte_buffer_append(&file, shape->is_big ? "MM\0*" : "II*\0", 4, NULL);
    put_number(&file, directory_at, 4, shape->is_big);
    if (!shape->directory_last) {
        byte_buffer_append(&file, directory.data, directory.size, NULL);
    }
    for (uint32_t y = 0; y < height; y++) {
        for (size_t i = 0; y % per_strip == 0 && i < shape->gap; i++) {
            put_number(&file, (uint32_t)(55 + i), 1, false);
        }
        put_tiff_row(&file, shape, width, y);
    }
    if (shape->directory_last) {
        byte_buffer_append(&file, directory.data, directory.size, NULL);
    }
    for (size_t i = 0; i < shape->trailing; i++) {
        put_number(&file, (uint32_t)(99 + i), 1, false);
    }
    free(directory.data);
    free(offsets);
    return file;
}

/* Are the rows those of plain_sample()? */
static inline bool has_plain_samples(const struct picture *picture) {
    const struct picture_info *info = &picture->info;
    const uint8_t *at = picture->rows.data;
    for (uint32_t y = 0; y < info->height; y++) {
        for (uint32_t x = 0; x < info->width; x++) {
            for (unsigned c = 0; c < info->channels; c++, at += info->depth / 8u) {
                const unsigned sample = info->depth == 16 ? at[0] | (unsigned)at[1] << 8 : at[0];
                if (sample != (plain_sample(x, y, c) & info->maxval)) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* Load a file, check its samples, and that it is restored to the same bytes, whatever the number of rows at a
 * time. The caller frees the picture. */
static inline struct picture check_plain_file(const char *name, enum picture_format format,
                                              const struct byte_buffer *file) {
    struct picture picture = picture_load(format, file);
    CHECK(picture.status == BSWZ_OK, "%s: %s", name, picture.error.message);
    if (picture.status == BSWZ_OK) {
        CHECK(picture_recognise(file->data, file->size < 64 ? file->size : 64) == format, "%s", name);
        CHECK(picture_extent(format, file->data, file->size, true) == file->size, "%s", name);
        CHECK(has_plain_samples(&picture), "%s", name);
        for (uint32_t rows = 0; rows < 4; rows++) {
            struct byte_buffer again;
            struct bswz_error error = {0};
            CHECK(picture_save(format, &picture, rows, &again, &error) == BSWZ_OK, "%s: %s", name, error.message);
            CHECK(same_bytes(file, &again), "%s, %u rows at once", name, rows);
            free(again.data);
        }
    }
    return picture;
}

#endif
