/* SPDX-License-Identifier: MIT */
/*
 * Where the bits of coefficients are (coefficient_bits.h).
 */
#include "band/coefficient_bits.h"

/* The pixels offset + from ... offset + from + size - 1 of a line with length pixels; at least one of them. */
static void clip(uint64_t from, uint64_t size, unsigned offset, uint32_t length, uint64_t *first, uint64_t *count) {
    const uint64_t end = from + size > offset ? from + size - offset : 1;
    *first = from > offset ? from - offset : 0;
    *first = *first < length ? *first : length - 1;
    *count = (end < length ? end : length) - *first;
}

void coefficient_bits_add(const struct jpeg_planes *planes, unsigned offset_x, unsigned offset_y,
                          struct account *account, uint32_t width, uint32_t height) {
    unsigned widest = 1, tallest = 1;
    for (unsigned c = 0; c < planes->count; c++) {
        widest = planes->component[c].horizontal > widest ? planes->component[c].horizontal : widest;
        tallest = planes->component[c].vertical > tallest ? planes->component[c].vertical : tallest;
    }
    for (unsigned c = 0; c < planes->count; c++) {
        const struct jpeg_component *component = &planes->component[c];
        const uint64_t wide = 8 * widest / component->horizontal, high = 8 * tallest / component->vertical;
        for (size_t i = 0; i < (size_t)component->rows * component->columns; i++) {
            struct band_rectangle at;
            clip(i % component->columns * wide, wide, offset_x, width, &at.x, &at.width);
            clip(i / component->columns * high, high, offset_y, height, &at.y, &at.height);
            account_rectangle(account, width, height, at, (double)component->spent[i]);
        }
    }
}
