/* SPDX-License-Identifier: MIT */
/*
 * Empty groups of tiles (tiles.h).
 */
#include "coefficients/tiles.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHANCE_BITS = 12,
    STEP = 32, /* what a bit adds to a count */
    FIRST_COUNT = 4 * STEP,
    LARGEST_COUNT = 128 * STEP,
    LEAST_CHANCE = 8
};

enum bswz_status tiles_open(struct tiles *tiles, const struct jpeg_component *component, const struct tiles *like,
                            struct bswz_error *error) {
    /* out of 128, by how many of the group before and two neighbours are empty */
    static const uint8_t first[4] = {2, 36, 92, 126};
    *tiles = (struct tiles){.rows = component->rows,
                            .columns = component->columns,
                            .down = (component->rows + TILE_ROWS - 1) / TILE_ROWS,
                            .across = (component->columns + TILE_COLUMNS - 1) / TILE_COLUMNS};
    tiles->like = like != NULL && like->down == tiles->down && like->across == tiles->across ? like : NULL;
    tiles->empty = bswz_allocate_zero(tiles_count(tiles), GROUP_COUNT * sizeof *tiles->empty);
    tiles->fullness = bswz_allocate_zero(tiles_count(tiles), GROUP_COUNT * sizeof *tiles->fullness);
    tiles->chance = bswz_allocate(tiles_count(tiles), GROUP_COUNT * sizeof *tiles->chance);
    for (unsigned i = 0; i < TILE_CONTEXTS; i++) {
        tiles->count[i] = FIRST_COUNT;
        tiles->sum[i] = first[__builtin_popcount(i & 6) + (i >> 3 == 0)];
    }
    if (tiles->empty == NULL || tiles->fullness == NULL || tiles->chance == NULL) {
        tiles_close(tiles);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void tiles_close(struct tiles *tiles) {
    free(tiles->empty);
    free(tiles->fullness);
    free(tiles->chance);
    *tiles = (struct tiles){.rows = 0};
}

bool tile_is_quiet(const struct tiles *tiles, unsigned group, uint32_t down, uint32_t across) {
    const uint32_t top = down > 0 ? down - 1 : 0, left = across > 0 ? across - 1 : 0;
    for (uint32_t y = top; y <= down + 1 && y < tiles->down; y++) {
        for (uint32_t x = left; x <= across + 1 && x < tiles->across; x++) {
            if (!tile_is_empty(tiles, group, (size_t)y * tiles->across + x)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- chances ---- */

enum { FULLEST = 7 };

/* Of what is known before a bit. */
static unsigned context_of(const struct tiles *tiles, unsigned group, size_t number) {
    const uint8_t *own = tiles->empty + group * tiles_count(tiles);
    const bool has_left = number % tiles->across > 0, has_above = number >= tiles->across;
    const unsigned before = group > 0 ? tiles->fullness[(group - 1) * tiles_count(tiles) + number] : FULLEST;
    const unsigned above = has_above ? own[number - tiles->across] : has_left ? own[number - 1] : before == 0;
    const unsigned left = has_left ? own[number - 1] : above;
    const unsigned like = tiles->like != NULL ? tile_is_empty(tiles->like, group, number) : before == 0;
    return like | left << 1 | above << 2 | before << 3;
}

static uint16_t chance_of(const struct tiles *tiles, unsigned context) {
    const uint32_t chance = (tiles->sum[context] << CHANCE_BITS) / tiles->count[context];
    const uint32_t most = (1u << CHANCE_BITS) - LEAST_CHANCE;
    return (uint16_t)(chance < LEAST_CHANCE ? LEAST_CHANCE : chance > most ? most : chance);
}

static void learn(struct tiles *tiles, unsigned context, bool is_empty) {
    tiles->sum[context] += is_empty ? STEP : 0;
    tiles->count[context] += STEP;
    if (tiles->count[context] >= LARGEST_COUNT) {
        tiles->sum[context] /= 2;
        tiles->count[context] /= 2;
    }
}

/* ---- encoding ---- */

static uint8_t bits_of(unsigned filled) {
    const unsigned bits = filled == 0 ? 0 : 32 - (unsigned)__builtin_clz(filled);
    return (uint8_t)(bits < FULLEST ? bits : FULLEST);
}

static uint8_t *fullness_of(const struct tiles *tiles, unsigned group, size_t number) {
    return tiles->fullness + group * tiles_count(tiles) + number;
}

void tiles_fill(struct tiles *tiles, unsigned round, size_t number, unsigned filled) {
    _Static_assert(HALF_BLOCKS * GROUP_LARGEST <= UINT8_MAX, "a number of half a tile is a byte");
    uint8_t *fullness = fullness_of(tiles, group_of(round), number);
    *fullness = half_of(round) == 0 ? (uint8_t)filled : bits_of(*fullness + filled);
}

/* Count the coefficients of all groups of a tile. */
static void fill(struct tiles *tiles, const struct jpeg_component *component, struct tile tile, size_t number) {
    uint16_t filled[JPEG_BLOCK] = {0};
    for (unsigned y = 0; y < tile.rows; y++) {
        const int16_t(*row)[JPEG_BLOCK] =
            (const int16_t(*)[JPEG_BLOCK])component->block + (size_t)(tile.row + y) * component->columns + tile.column;
        for (unsigned x = 0; x < tile.columns; x++) {
            for (unsigned f = 0; f < JPEG_BLOCK; f++) {
                filled[f] = (uint16_t)(filled[f] + (row[x][f] != 0));
            }
        }
    }
    for (unsigned group = 0; group < GROUP_COUNT; group++) {
        unsigned sum = 0;
        for (unsigned i = 0; i < coefficient_groups[group].count; i++) {
            sum += filled[coefficient_groups[group].frequency[i]];
        }
        tiles->empty[group * tiles_count(tiles) + number] = sum == 0;
        *fullness_of(tiles, group, number) = bits_of(sum);
    }
}

void tiles_find(struct tiles *tiles, const struct jpeg_component *component) {
    const size_t count = tiles_count(tiles);
    for (size_t i = 0; i < count; i++) {
        fill(tiles, component, tile_at(tiles, (uint32_t)(i / tiles->across), (uint32_t)(i % tiles->across)), i);
    }
    for (unsigned group = 0; group < GROUP_COUNT; group++) {
        for (size_t i = 0; i < count; i++) {
            const unsigned context = context_of(tiles, group, i);
            tiles->chance[group * count + i] = chance_of(tiles, context);
            learn(tiles, context, tile_is_empty(tiles, group, i));
        }
    }
}

void tiles_push(const struct tiles *tiles, unsigned group, uint32_t down, struct ans *ans) {
    const size_t count = tiles_count(tiles), first = (size_t)down * tiles->across;
    for (size_t i = first + tiles->across; i-- > first;) {
        const uint32_t chance = tiles->chance[group * count + i];
        const bool empty = tile_is_empty(tiles, group, i);
        ans_push(ans, (unsigned)(i % ans->lanes), empty ? 0 : chance, empty ? chance : (1u << CHANCE_BITS) - chance,
                 CHANCE_BITS);
    }
}

static bool pop_bit(struct ans *ans, size_t number, uint32_t chance) {
    const unsigned lane = (unsigned)(number % ans->lanes);
    const bool empty = ans_pop(ans, lane, CHANCE_BITS) < chance;
    ans_pop_commit(ans, lane, empty ? 0 : chance, empty ? chance : (1u << CHANCE_BITS) - chance, CHANCE_BITS);
    return empty;
}

bool tiles_pops(const struct tiles *tiles, unsigned group, uint32_t down, struct ans *ans) {
    const size_t count = tiles_count(tiles), first = (size_t)down * tiles->across;
    bool same = true;
    for (size_t i = first; i < first + tiles->across; i++) {
        same &= pop_bit(ans, i, tiles->chance[group * count + i]) == tile_is_empty(tiles, group, i);
    }
    return same;
}

/* ---- decoding ---- */

void tiles_pop(struct tiles *tiles, unsigned group, uint32_t down, struct ans *ans) {
    const size_t count = tiles_count(tiles), first = (size_t)down * tiles->across;
    for (size_t i = first; i < first + tiles->across; i++) {
        const unsigned context = context_of(tiles, group, i);
        const bool empty = pop_bit(ans, i, chance_of(tiles, context));
        tiles->empty[group * count + i] = empty;
        learn(tiles, context, empty);
    }
}

double tiles_decide(struct tiles *tiles, unsigned group, uint32_t down, struct adaptive *adaptive,
                    const struct tiles *known) {
    const size_t count = tiles_count(tiles), first = (size_t)down * tiles->across;
    double bits = 0;
    for (size_t i = first; i < first + tiles->across; i++) {
        const unsigned context = context_of(tiles, group, i);
        const bool empty =
            adaptive_bit(adaptive, known != NULL && tile_is_empty(known, group, i), chance_of(tiles, context));
        bits += adaptive->bits;
        tiles->empty[group * count + i] = empty;
        learn(tiles, context, empty);
    }
    return bits;
}
