/* SPDX-License-Identifier: MIT */
/*
 * Samples some of which have fewer bits than others: 12 bits in a part of a picture of 16, say. The numbers of these are
 * multiples of a power of two, plus a remainder. If a channel has many, one decision for each sample asks whether it is
 * such a number; then only these need to be told apart.
 */
#ifndef BSWZ_DEEP_COARSE_H
#define BSWZ_DEEP_COARSE_H

#include "deep/values.h"

enum { COARSE_BITS = 8 }; /* at most */

struct coarse {
    unsigned bits; /* 0: numbers are not asked about */
    uint32_t rest;
};

static inline bool is_coarse(const struct coarse *coarse, int32_t number) {
    return ((uint32_t)number & ((1u << coarse->bits) - 1)) == coarse->rest;
}

/* Encoder: what asking about the numbers of a channel of 16-bit samples saves, in units of 1/256 bit. 0: nothing. */
int64_t coarse_find(struct coarse *coarse, const struct values *values, const uint8_t *samples, uint32_t width,
                    uint32_t height, unsigned channel, unsigned channels);

/* Encode or decode it. count: of the channel's values. */
void coarse_code(struct coarse *coarse, struct decisions *decisions, uint32_t count);

#endif
