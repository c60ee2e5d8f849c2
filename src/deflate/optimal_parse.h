/*
 * Guesses for writers that look for the shortest way through a block: zopfli, 7-zip, the high levels of libdeflate.
 *
 * Such a writer knows what each symbol costs, and so do we, if a block's codes are told before its tokens.  From the end of
 * a stretch back to its beginning we calculate how many bits the shortest way from each place takes; whatever the writer has done
 * before a place, from there on the shortest way is the same.  So each token that starts at a place has a price: its own
 * bits and those of the way from its end.  The guess is the cheapest, and a wrong guess is mended by naming the token's rank.
 */
#ifndef BSWZ_DEFLATE_OPTIMAL_H
#define BSWZ_DEFLATE_OPTIMAL_H

#include "deflate/matcher.h"

enum {
    OPTIMAL_STRETCH = 16384, /* places that are looked at together, */
    OPTIMAL_AHEAD = 1024,    /* and how far beyond them */
    OPTIMAL_STEPS = 16,      /* matches of a place that are kept */
    OPTIMAL_CHOICES = MATCH_LONGEST
};

struct optimal {
    uint8_t literal_bits[DEFLATE_LITERALS], distance_bits[DEFLATE_DISTANCES];
    size_t start, filled; /* the stretch: places whose matches are listed */
    unsigned skipped;     /* places after those whose matches are not looked at */
    size_t end;           /* prices are good up to there */
    struct match *steps; /* of each place: longer and farther ones after one another */
    uint8_t *counts;
    int32_t *prices;    /* of the way from there to the end */
};

enum bswz_status optimal_open(struct optimal *optimal, struct bswz_error *error);
void optimal_close(struct optimal *optimal);

/* A block begins, with codes of these lengths. */
void optimal_begin(struct optimal *optimal, const uint8_t *literals, unsigned literal_count, const uint8_t *distances,
                   unsigned distance_count);

/* A token that may start at a place, and its price. */
struct choice {
    uint16_t length, distance;
    uint32_t price;
};

/* The cheapest alone. *excess: what the next best costs more. */
struct choice optimal_guess(struct optimal *optimal, struct matcher *matcher, size_t at, uint32_t *excess);

/* All of them, the cheapest first. After optimal_guess, of the same place. choices has room for OPTIMAL_CHOICES. Returns how many there are. */
unsigned optimal_choices(const struct optimal *optimal, const struct matcher *matcher, size_t at, struct choice *choices);

#endif
