/* SPDX-License-Identifier: MIT */
/*
 * A small writer of GIF files for tests, which does everything that writers do, including some rare things.
 *
 * Its string table is a plain array, with a place for every index after every code, so it shares nothing with the table
 * in the program.
 */
#ifndef GIF_DRAW_H
#define GIF_DRAW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GIF_DEFERRED = -1 };

struct gif_kind {
    unsigned bits;   /* of an index; 0: 8 */
    int clear_every; /* codes between clear codes; 0: when the table is full; GIF_DEFERRED: never */
    bool no_first_clear, no_end, clear_at_end, is_interlaced, no_terminator;
    unsigned longest;       /* 0: any */
    unsigned shorter_every; /* one code in this many is not for the longest string; 0: none */
    unsigned odd_clears;    /* if not 0: additional clear codes, one in every odd_clears codes */
    unsigned block;         /* 0: 255 */
    bool odd_blocks;
    unsigned fill;    /* bits that fill the last byte */
    unsigned extra;   /* bytes after the last code */
    unsigned missing; /* how many indices are missing */
};

struct gif_file {
    uint8_t *bytes;
    size_t size, room;
};

static inline void gif_put(struct gif_file *file, const void *bytes, size_t size) {
    if (file->room - file->size < size) {
        file->room = 2 * (file->size + size);
        file->bytes = realloc(file->bytes, file->room);
        if (file->bytes == NULL) {
            abort();
        }
    }
    if (size > 0) {
        memcpy(file->bytes + file->size, bytes, size);
        file->size += size;
    }
}

static inline void gif_put_8(struct gif_file *file, unsigned value) {
    const uint8_t byte = (uint8_t)value;
    gif_put(file, &byte, 1);
}

static inline void gif_put_16(struct gif_file *file, unsigned value) {
    gif_put_8(file, value & 255);
    gif_put_8(file, value >> 8);
}

/* ---- image data ---- */

struct gif_coder {
    const struct gif_kind *kind;
    struct gif_file data;
    uint16_t (*next)[256];                /* the code of a string and an index after it, or 0 */
    unsigned bits, entries, width, count; /* count: codes since the last clear code */
    uint32_t held;
    unsigned held_bits;
};

static inline void gif_code(struct gif_coder *coder, unsigned code) {
    coder->held |= code << coder->held_bits;
    for (coder->held_bits += coder->width; coder->held_bits >= 8; coder->held_bits -= 8) {
        gif_put_8(&coder->data, coder->held & 255);
        coder->held >>= 8;
    }
}

static inline void gif_clear(struct gif_coder *coder) {
    memset(coder->next, 0, 4096 * sizeof *coder->next);
    coder->entries = (1u << coder->bits) + 2;
    coder->width = coder->bits + 1;
    coder->count = 0;
}

static inline void gif_codes(struct gif_coder *coder, const uint8_t *indices, size_t size) {
    const struct gif_kind *kind = coder->kind;
    const unsigned clear = 1u << coder->bits;
    size_t at = 0;
    unsigned codes = 0;
    gif_clear(coder);
    if (!kind->no_first_clear) {
        gif_code(coder, clear);
    }
    while (at < size) {
        const bool is_full = coder->entries >= 4096;
        if (kind->clear_every == 0 ? is_full : kind->clear_every > 0 && coder->count == (unsigned)kind->clear_every) {
            gif_code(coder, clear);
            gif_clear(coder);
        } else if (kind->odd_clears > 0 && codes % kind->odd_clears == kind->odd_clears - 1 && coder->count > 0) {
            gif_code(coder, clear);
            gif_clear(coder);
        }
        unsigned code = indices[at], length = 1, last = code;
        while (at + length < size && (kind->longest == 0 || length < kind->longest) &&
               coder->next[code][indices[at + length]] != 0) {
            last = code;
            code = coder->next[code][indices[at + length++]];
        }
        if (kind->shorter_every > 0 && codes % kind->shorter_every == 0 && length > 1) {
            code = last;
            length--;
        }
        gif_code(coder, code);
        codes++;
        coder->count++;
        at += length;
        /* the decoder's table is one code shorter */
        const unsigned known = clear + 1 + coder->count;
        if (coder->width < 12 && known >= 1u << coder->width) {
            coder->width++;
        }
        if (at < size && coder->entries < 4096) {
            if (coder->next[code][indices[at]] == 0) {
                coder->next[code][indices[at]] = (uint16_t)coder->entries;
            }
            coder->entries++;
        }
    }
    if (kind->clear_at_end) {
        gif_code(coder, clear);
        gif_clear(coder);
    }
    if (!kind->no_end) {
        gif_code(coder, clear + 1);
    }
    if (coder->held_bits > 0) {
        gif_put_8(&coder->data, (coder->held | kind->fill << coder->held_bits) & 255);
    }
    for (unsigned i = 0; i < kind->extra; i++) {
        gif_put_8(&coder->data, 77 * i);
    }
}

static inline void gif_blocks(struct gif_file *file, const struct gif_file *data, const struct gif_kind *kind) {
    size_t at = 0;
    for (unsigned number = 0; at < data->size; number++) {
        size_t size = kind->block == 0 ? 255 : kind->block;
        size = kind->odd_blocks ? 1 + number * 37 % 200 : size;
        size = data->size - at < size ? data->size - at : size;
        gif_put_8(file, (unsigned)size);
        gif_put(file, data->bytes + at, size);
        at += size;
    }
    if (!kind->no_terminator) {
        gif_put_8(file, 0);
    }
}

/* Append the code size and the data of these indices, row by row. */
static inline void gif_data(struct gif_file *file, const uint8_t *indices, uint32_t width, uint32_t height,
                            const struct gif_kind *kind) {
    static const uint8_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
    struct gif_coder coder = {.kind = kind, .bits = kind->bits == 0 ? 8 : kind->bits};
    const size_t size = (size_t)width * height;
    uint8_t *ordered = malloc(size);
    coder.next = malloc(4096 * sizeof *coder.next);
    if (ordered == NULL || coder.next == NULL) {
        abort();
    }
    uint8_t *to = ordered;
    for (unsigned pass = 0; pass < 4 && kind->is_interlaced; pass++) {
        for (uint32_t y = first[pass]; y < height; y += step[pass], to += width) {
            memcpy(to, indices + (size_t)y * width, width);
        }
    }
    if (!kind->is_interlaced) {
        memcpy(ordered, indices, size);
    }
    gif_put_8(file, coder.bits);
    gif_codes(&coder, ordered, size - kind->missing);
    gif_blocks(file, &coder.data, kind);
    free(ordered);
    free(coder.next);
    free(coder.data.bytes);
}

/* ---- files ---- */

static inline void gif_table(struct gif_file *file, unsigned bits, unsigned seed) {
    for (unsigned i = 0; i < 1u << bits; i++) {
        const uint8_t colour[3] = {(uint8_t)(i * 255 >> bits), (uint8_t)((i * 255 >> bits) ^ seed),
                                   (uint8_t)(i * seed)};
        gif_put(file, colour, sizeof colour);
    }
}

static inline void gif_screen(struct gif_file *file, uint32_t width, uint32_t height, unsigned bits) {
    gif_put(file, "GIF89a", 6);
    gif_put_16(file, width);
    gif_put_16(file, height);
    gif_put_8(file, 0x80 | (bits - 1));
    gif_put_16(file, 0);
    gif_table(file, bits, 5);
}

/* transparent: an index, or -1. */
static inline void gif_control(struct gif_file *file, unsigned disposal, int transparent) {
    const uint8_t bytes[8] = {0x21, 0xf9, 4, (uint8_t)(disposal << 2 | (transparent >= 0)), 10, 0, (uint8_t)transparent,
                              0};
    gif_put(file, bytes, sizeof bytes);
}

/* seed: of its local table; 0: none. */
static inline void gif_image(struct gif_file *file, uint32_t left, uint32_t top, uint32_t width, uint32_t height,
                             unsigned seed, const uint8_t *indices, const struct gif_kind *kind) {
    const unsigned bits = kind->bits == 0 ? 8 : kind->bits;
    gif_put_8(file, 0x2c);
    gif_put_16(file, left);
    gif_put_16(file, top);
    gif_put_16(file, width);
    gif_put_16(file, height);
    gif_put_8(file, (seed > 0 ? 0x80 | (bits - 1) : 0) | (kind->is_interlaced ? 0x40 : 0));
    if (seed > 0) {
        gif_table(file, bits, seed);
    }
    gif_data(file, indices, width, height, kind);
}

/* Shapes that move with `time`, and some noise, in indices of `bits` bits. */
static inline void gif_draw(uint8_t *indices, uint32_t width, uint32_t height, unsigned bits, unsigned time) {
    uint32_t state = 1234567 + bits;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            unsigned value = (x / 9 * 5 + y / 7 * 3) >> 1;
            const int dx = (int)x - (int)(10 + 3 * time), dy = (int)y - (int)height / 2;
            value = dx * dx + dy * dy < 60 ? 1 + (unsigned)(dx * dx + dy * dy) / 9 : value;
            state = state * 1664525u + 1013904223u;
            value += state >> 24 < 20 ? state >> 8 & 7 : 0;
            indices[(size_t)y * width + x] = (uint8_t)(value & ((1u << bits) - 1));
        }
    }
}

/* A file with one image. */
static inline struct gif_file gif_still(uint32_t width, uint32_t height, const struct gif_kind *kind) {
    struct gif_file file = {0};
    uint8_t *indices = malloc((size_t)width * height);
    const unsigned bits = kind->bits == 0 ? 8 : kind->bits;
    if (indices == NULL) {
        abort();
    }
    gif_draw(indices, width, height, bits, 0);
    gif_screen(&file, width, height, bits);
    gif_image(&file, 0, 0, width, height, 0, indices, kind);
    gif_put_8(&file, 0x3b);
    free(indices);
    return file;
}

/* A file with `count` images and a comment: parts of the screen, all disposals, transparency, and local tables on
 * request. */
static inline struct gif_file gif_animation(uint32_t width, uint32_t height, unsigned count, bool has_tables,
                                            const struct gif_kind *kind) {
    struct gif_file file = {0};
    uint8_t *indices = malloc((size_t)width * height), *last = malloc((size_t)width * height);
    const unsigned bits = kind->bits == 0 ? 8 : kind->bits;
    if (indices == NULL || last == NULL) {
        abort();
    }
    gif_screen(&file, width, height, bits);
    gif_put(&file, "\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0", 19);
    for (unsigned time = 0; time < count; time++) {
        const bool is_part = time % 3 == 1 && width > 4 && height > 4;
        const uint32_t left = is_part ? width / 4 : 0, top = is_part ? height / 4 : 0;
        const uint32_t across = is_part ? width / 2 : width, down = is_part ? height / 2 : height;
        gif_draw(indices, across, down, bits, time);
        const bool is_transparent = time % 4 == 2 && time > 0;
        for (size_t i = 0; i < (size_t)across * down && is_transparent; i++) {
            indices[i] = indices[i] == last[i] ? 0 : indices[i];
        }
        gif_control(&file, time % 4, is_transparent ? 0 : -1);
        gif_image(&file, left, top, across, down, has_tables && time % 2 == 1 ? 3 + time : 0, indices, kind);
        memcpy(last, indices, (size_t)across * down);
    }
    gif_put(&file, "\x21\xfe\x05hello\0\x3b", 10);
    free(indices);
    free(last);
    return file;
}

#endif
