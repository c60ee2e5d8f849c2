/* SPDX-License-Identifier: MIT */
/*
 * Finding a palette, and coding it: colours are sorted by brightness, and each is coded as its difference from the
 * previous one, with adaptive probabilities.
 */
#include "drawn/palette.h"

#include "drawn/drawn_start.h"
#include "mixing/probability.h"

#include <stdlib.h>
#include <string.h>

static uint32_t place_of(const struct palette *palette, uint32_t colour) {
    uint32_t place = hash_2(colour, 3) >> 22;
    while (palette->table[place] != 0 && palette->table_colours[place] != colour) {
        place = (place + 1) & (PALETTE_TABLE - 1);
    }
    return place;
}

void palette_index(struct palette *palette) {
    for (uint32_t i = 0; i < palette->count; i++) {
        const uint32_t place = place_of(palette, palette->colours[i]);
        palette->table_colours[place] = palette->colours[i];
        palette->table[place] = (uint16_t)(i + 1);
    }
}

uint32_t palette_number(const struct palette *palette, uint32_t colour) {
    return palette->table[place_of(palette, colour)] - 1u;
}

static uint32_t brightness(uint32_t colour) {
    return 2 * (colour & 255) + 5 * (colour >> 8 & 255) + (colour >> 16 & 255) + 9 * (colour >> 24);
}

static int compare_colours(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const uint32_t light_x = brightness(x), light_y = brightness(y);
    return light_x != light_y ? (light_x > light_y) - (light_x < light_y) : (x > y) - (x < y);
}

bool palette_find(struct palette *palette, const uint8_t *samples, size_t pixels, unsigned channels) {
    memset(palette, 0, sizeof *palette);
    uint32_t last = ~pack_pixel(samples, channels);
    size_t seen_first = 0;
    for (size_t i = 0; i < pixels; i++) {
        const uint32_t colour = pack_pixel(samples + i * channels, channels);
        seen_first += colour == palette->colours[0];
        if (colour == last) {
            continue;
        }
        last = colour;
        const uint32_t place = place_of(palette, colour);
        if (palette->table[place] == 0) {
            if (palette->count == PALETTE_LARGEST) {
                return false;
            }
            seen_first += palette->count == 0 && colour != 0;
            palette->colours[palette->count] = colour;
            palette->table_colours[place] = colour;
            palette->table[place] = (uint16_t)++palette->count;
        }
    }
    const uint32_t first = palette->colours[0];
    qsort(palette->colours, palette->count, sizeof *palette->colours, compare_colours);
    if (palette->count == 2 && (palette->colours[0] == first) != (2 * seen_first >= pixels)) {
        const uint32_t colour = palette->colours[0];
        palette->colours[0] = palette->colours[1];
        palette->colours[1] = colour;
    }
    palette_index(palette);
    return true;
}

/* A byte, highest bit first. */
static uint32_t code_byte(struct decisions *decisions, cell cells[256], uint32_t value) {
    unsigned node = 1;
    for (unsigned i = 8; i-- > 0;) {
        cell *c = &cells[node];
        const unsigned bit = decide(decisions, value >> i & 1, clamp_probability(cell_probability(*c)));
        cell_update(c, bit, 30);
        node = node << 1 | bit;
    }
    return node & 255;
}

/* Small differences, of either sign, are the usual ones. */
static void start_cells(cell cells[START_CONTEXTS][256]) {
    for (unsigned i = 0; i < START_CONTEXTS; i++) {
        for (unsigned node = 0; node < 256; node++) {
            cells[i][node] = cell_of(32768, 1);
        }
        cells[i][1] = cell_of(64u * start_palette[i][0], 2);
        for (unsigned bits = 1; bits < 8; bits++) {
            cells[i][1u << bits] = cell_of(64u * start_palette[i][2 * bits - 1], 2);
            cells[i][(2u << bits) - 1] = cell_of(64u * start_palette[i][2 * bits], 2);
        }
    }
}

static uint32_t magnitude(uint32_t difference) {
    return difference < 128 ? difference : 256 - difference;
}

void palette_code(struct palette *palette, struct decisions *decisions, unsigned channels) {
    palette->count = decide_number(decisions, palette->count - 1, 8) + 1;
    cell cells[START_CONTEXTS][256];
    start_cells(cells);
    uint32_t last = 0;
    for (uint32_t i = 0; i < palette->count; i++) {
        uint32_t colour = 0, follows = 0, most = 0;
        for (unsigned k = 0; k < channels; k++) {
            const unsigned c = channels >= 3 && k < 2 ? 1 - k : k; /* green first */
            const unsigned third = channels == 2 ? 3 : k;
            const unsigned context = k == 0 ? 0 : 3 * third - 2 + (most == 0 ? 0 : most < 8 ? 1 : 2);
            const uint32_t base = (last >> 8 * c) + (c == 3 ? 0 : follows);
            const uint32_t value = code_byte(decisions, cells[context], ((palette->colours[i] >> 8 * c) - base) & 255);
            colour |= ((base + value) & 255) << 8 * c;
            follows = k == 0 ? value : follows;
            most = magnitude(value) > most ? magnitude(value) : most;
        }
        palette->colours[i] = last = colour;
    }
}
