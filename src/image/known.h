/* SPDX-License-Identifier: MIT */
/*
 * Blocks of a band whose pixels are known before the others are coded.
 *
 * In a mixed picture another coder has some of the blocks (src/drawn). Their pixels stand in the planes from the
 * start, at every level: the nets see them, no bits are spent on them, and a tile that holds no other pixels is not
 * even evaluated.
 */
#ifndef BSWZ_IMAGE_KNOWN_H
#define BSWZ_IMAGE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KNOWN_SHIFT = 5, KNOWN_BLOCK = 1 << KNOWN_SHIFT }; /* a block is this many pixels wide and high */

/* Blocks in a row or column of so large a band. */
static inline uint32_t known_blocks_across(uint32_t side) {
    return (side + KNOWN_BLOCK - 1) >> KNOWN_SHIFT;
}

/* map: NULL, no block is known; or [rows of blocks][columns], 1 where a block is. Constant while a band is coded. */
struct known_blocks {
    const uint8_t *map;
    uint32_t columns;
};

/* Is the pixel known that stands at that row and column of x^level? */
static inline bool known_at(const struct known_blocks *known, unsigned level, uint32_t row, uint32_t column) {
    const size_t block_row = ((size_t)row << level) >> KNOWN_SHIFT, block = ((size_t)column << level) >> KNOWN_SHIFT;
    return known->map != NULL && known->map[block_row * known->columns + block] != 0;
}

enum known_extent { KNOWN_NOTHING, KNOWN_PARTLY, KNOWN_ALL };

/* How much is known of rows x columns (at least one each) pixels of x^level from row, column on. */
static inline enum known_extent known_extent(const struct known_blocks *known, unsigned level, uint32_t row,
                                             uint32_t column, uint32_t rows, uint32_t columns) {
    size_t known_count = 0, count = 0;
    if (known->map == NULL) {
        return KNOWN_NOTHING;
    }
    const size_t last_row = (((size_t)row + rows - 1) << level) >> KNOWN_SHIFT;
    const size_t last_column = (((size_t)column + columns - 1) << level) >> KNOWN_SHIFT;
    for (size_t y = ((size_t)row << level) >> KNOWN_SHIFT; y <= last_row; y++) {
        for (size_t x = ((size_t)column << level) >> KNOWN_SHIFT; x <= last_column; x++) {
            known_count += known->map[y * known->columns + x] != 0;
            count++;
        }
    }
    return known_count == 0 ? KNOWN_NOTHING : known_count == count ? KNOWN_ALL : KNOWN_PARTLY;
}

#endif
