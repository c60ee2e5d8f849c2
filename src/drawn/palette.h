/* SPDX-License-Identifier: MIT */
/*
 * The colours of a picture that has only a few.
 */
#ifndef BSWZ_DRAWN_PALETTE_H
#define BSWZ_DRAWN_PALETTE_H

#include "mixing/decisions.h"

enum { PALETTE_LARGEST = 256, PALETTE_TABLE = 1024 };

struct palette {
    uint32_t count;
    uint32_t colours[PALETTE_LARGEST];
    /* an open hash table; entries are number + 1 */
    uint32_t table_colours[PALETTE_TABLE];
    uint16_t table[PALETTE_TABLE];
};

/* Find the colours of the pixels, sorted; false: there are too many. If there are two, the more frequent one comes
 * first. */
bool palette_find(struct palette *palette, const uint8_t *samples, size_t pixels, unsigned channels);

/* The decoder: fill the table, too. */
void palette_index(struct palette *palette);

/* UINT32_MAX: there is no such colour. */
uint32_t palette_number(const struct palette *palette, uint32_t colour);

/* Code count and colours; the decoder fills them in. */
void palette_code(struct palette *palette, struct decisions *decisions, unsigned channels);

static inline uint32_t pack_pixel(const uint8_t *samples, unsigned channels) {
    uint32_t pixel = 0;
    for (unsigned c = 0; c < channels; c++) {
        pixel |= (uint32_t)samples[c] << 8 * c;
    }
    return pixel;
}

static inline void unpack_pixel(uint32_t pixel, uint8_t *samples, unsigned channels) {
    for (unsigned c = 0; c < channels; c++) {
        samples[c] = (uint8_t)(pixel >> 8 * c);
    }
}

#endif
