/* SPDX-License-Identifier: MIT */
/*
 * Accounts (account.h).
 */
#include "pyramid/account.h"

#include "image/known.h"

void account_add(struct account *account, const struct account *more) {
    for (unsigned share = 0; share < SHARES; share++) {
        account->bits[share] += more->bits[share];
    }
}

/* How many of the pixels from ... to - 1 are in that block. */
static uint64_t shared(uint64_t from, uint64_t to, uint64_t block) {
    const uint64_t first = from > block ? from : block, end = block + KNOWN_BLOCK;
    return (end < to ? end : to) - first;
}

void account_rectangle(struct account *account, uint32_t band_width, uint32_t band_height, struct band_rectangle at,
                       double bits) {
    const uint64_t right = at.x + at.width < band_width ? at.x + at.width : band_width;
    const uint64_t bottom = at.y + at.height < band_height ? at.y + at.height : band_height;
    const double density = bits / ((double)(right - at.x) * (double)(bottom - at.y));
    const size_t columns = known_blocks_across(band_width);
    for (uint64_t y = at.y & ~(uint64_t)(KNOWN_BLOCK - 1); y < bottom; y += KNOWN_BLOCK) {
        for (uint64_t x = at.x & ~(uint64_t)(KNOWN_BLOCK - 1); x < right; x += KNOWN_BLOCK) {
            account->blocks[(y >> KNOWN_SHIFT) * columns + (x >> KNOWN_SHIFT)] +=
                density * (double)(shared(at.x, right, x) * shared(at.y, bottom, y));
        }
    }
}
