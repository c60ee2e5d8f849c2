/* SPDX-License-Identifier: MIT */
/*
 * Guesses for writers that search for the shortest path through a block: zopfli, 7-zip, the high levels of libdeflate.
 *
 * Such a writer knows the cost of each symbol, and so do we, since the codes of a block are coded before its tokens.
 * From the end of a stretch back to its beginning, we calculate the bits of the shortest path from each place; whatever
 * the writer has done before a place, the shortest path from there on is the same. So each token that may start at a
 * place has a price: its own bits plus those of the path from its end. The guess is the cheapest token, and a wrong
 * guess is corrected by the rank of the actual token.
 *
 * The codes themselves are foreseen: such a writer begins with some codes, finds the shortest path, makes codes that fit
 * it, and repeats that. So do we, with the codes of the block before, and the codes of most blocks are nearly the same.
 */
#ifndef BSWZ_DEFLATE_OPTIMAL_H
#define BSWZ_DEFLATE_OPTIMAL_H

#include "deflate/matcher.h"

enum {
    OPTIMAL_STRETCH = 16384, /* places that are searched together, */
    OPTIMAL_AHEAD = 1024,    /* and places beyond them that are included */
    OPTIMAL_LISTED = 262144, /* places whose matches are kept: a power of two */
    OPTIMAL_STEPS = 16,      /* matches kept for each place */
    OPTIMAL_CHOICES = MATCH_LONGEST
};

struct optimal {
    uint8_t literal_bits[DEFLATE_LITERALS], distance_bits[DEFLATE_DISTANCES];
    size_t start, listed; /* places whose matches are listed */
    size_t filled;        /* those that belong to the stretch, which has the same start */
    unsigned skipped;     /* places after those whose matches are not looked at */
    size_t end;           /* prices are good up to there */
    struct match *steps;  /* of each place modulo OPTIMAL_LISTED: longer and farther ones after one another */
    uint8_t *counts;      /* likewise */
    int32_t *prices;      /* of the path from each place to the end */
};

enum bswz_status optimal_open(struct optimal *optimal, struct bswz_error *error);
void optimal_close(struct optimal *optimal);

/* Begin a block with codes of these lengths. */
void optimal_begin(struct optimal *optimal, const uint8_t *literals, unsigned literal_count, const uint8_t *distances,
                   unsigned distance_count);

/* Foresee how often each symbol occurs in a block of `count` tokens that begins here, and that is likely to end within
 * `places` places. The prices are those of the last call of optimal_begin, and are then gone. */
void optimal_foresee(struct optimal *optimal, struct matcher *matcher, size_t at, size_t count, size_t places,
                     uint32_t *literals, uint32_t *distances);

/* A token that may start at a place, and its price. */
struct choice {
    uint16_t length, distance;
    uint32_t price;
};

/* Only the cheapest. *excess: how much more the next one costs. */
struct choice optimal_guess(struct optimal *optimal, struct matcher *matcher, size_t at, uint32_t *excess);

/* All of them, the cheapest first. Called after optimal_guess for the same place. choices has room for OPTIMAL_CHOICES.
 * Returns how many there are. */
unsigned optimal_choices(const struct optimal *optimal, const struct matcher *matcher, size_t at,
                         struct choice *choices);

#endif
