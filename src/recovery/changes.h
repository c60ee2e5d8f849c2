/*
 * Changes of a block's coefficients by one, which both searches (block_search.c, half_colour.c) go through, and when to
 * stop searching.
 */
#ifndef BSWZ_RECOVERY_CHANGES_H
#define BSWZ_RECOVERY_CHANGES_H

#include "recovery/block_search.h"

#include <stdbool.h>

/* A change of one coefficient. */
struct change {
    float promise;
    int at;
    int16_t by;
};

/* What the search weighs. */
struct change_weights {
    unsigned most;         /* changes that are wanted */
    float largest_step;    /* of coefficients that are changed */
    float distance_weight; /* of being farther from the coefficient that was measured, against the squares of excesses */
};

/* The changes of the block that promise most, best first, into changes [weights->most]; returns how many. slope: the coefficients of what the
 * block is beyond its bounds; coefficients: as they were measured. */
unsigned changes_find(const struct change_weights *weights, const struct block_steps *steps,
                      const float slope[JPEG_BLOCK], const float coefficients[JPEG_BLOCK],
                      const int16_t block[JPEG_BLOCK], struct change *changes);

/* What a change adds to the squares of distances from the coefficients that were measured, weighed. */
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

/* The hash of a block after a change: blocks of equal hashes are the same. */
static inline uint64_t change_hash(uint64_t hash, const int16_t block[JPEG_BLOCK], int at, int16_t by) {
    return hash - change_mix(at, block[at]) + change_mix(at, block[at] + by);
}

static inline bool change_is_possible(const int16_t block[JPEG_BLOCK], const struct change *change) {
    const int value = block[change->at] + change->by;
    return value >= -JPEG_LARGEST && value <= JPEG_LARGEST;
}

/* How the searches of a row of blocks fare. Where nearly all fail, steps are wrong or there never was a JPEG, and only one
 * block in a few is still searched for. */
struct effort {
    unsigned tried, found, skipped;
};

bool effort_pays(struct effort *effort);

static inline void effort_note(struct effort *effort, bool is_found) {
    effort->tried++;
    effort->found += is_found;
}

#endif
