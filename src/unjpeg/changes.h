/* SPDX-License-Identifier: MIT */
/*
 * Changes of a block's coefficients by one, which both searches (block_search.c, half_colour.c) try, and when to
 * stop searching.
 */
#ifndef BSWZ_UNJPEG_CHANGES_H
#define BSWZ_UNJPEG_CHANGES_H

#include "unjpeg/block_search.h"

#include <stdbool.h>

/* A change of one coefficient. */
struct change {
    float promise;
    int at;
    int16_t by;
};

/* The weights of the search. */
struct change_weights {
    unsigned most;         /* largest number of changes wanted */
    float largest_step;    /* of the coefficients that may be changed */
    float distance_weight; /* of being further from the measured coefficient, relative to the squares of excesses */
};

/* The most promising changes of the block, best first, in changes [weights->most]; returns their number. slope:
 * the coefficients of the excess of the block over its bounds; coefficients: as measured. */
unsigned changes_find(const struct change_weights *weights, const struct block_steps *steps,
                      const float slope[JPEG_BLOCK], const float coefficients[JPEG_BLOCK],
                      const int16_t block[JPEG_BLOCK], struct change *changes);

/* The same, for any processor (widths.h): for tests. */
unsigned changes_find_plain(const struct change_weights *weights, const struct block_steps *steps,
                            const float slope[JPEG_BLOCK], const float coefficients[JPEG_BLOCK],
                            const int16_t block[JPEG_BLOCK], struct change *changes);

/* What a change adds to the weighted squares of distances from the measured coefficients. */
static inline float change_distance(const struct change_weights *weights, const struct block_steps *steps,
                                    const float coefficients[JPEG_BLOCK], const int16_t block[JPEG_BLOCK], int at,
                                    int16_t by) {
    const float move = (float)by * steps->size[at], off = (float)block[at] * steps->size[at] - coefficients[at];
    return weights->distance_weight * move * (2.0f * off + move);
}

static inline uint64_t change_mix(int at, int value) {
    uint64_t x = ((uint64_t)at << 32 | (uint32_t)value) * 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    return x * 0xbf58476d1ce4e5b9u;
}

/* The hash of a block after a change: blocks with equal hashes are taken to be equal. */
static inline uint64_t change_hash(uint64_t hash, const int16_t block[JPEG_BLOCK], int at, int16_t by) {
    return hash - change_mix(at, block[at]) + change_mix(at, block[at] + by);
}

static inline bool change_is_possible(const int16_t block[JPEG_BLOCK], const struct change *change) {
    const int value = block[change->at] + change->by;
    return value >= -JPEG_LARGEST && value <= JPEG_LARGEST;
}

/* How successful the searches of a row of blocks are. If nearly all fail, the steps are wrong or it never was a
 * JPEG, and only one block in several is still searched. */
struct effort {
    unsigned tried, found, skipped;
};

bool effort_pays(struct effort *effort);

static inline void effort_note(struct effort *effort, bool is_found) {
    effort->tried++;
    effort->found += is_found;
}

#endif
