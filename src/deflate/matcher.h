/*
 * A match finder with settings: what a writer of deflate would do at each place, as far as it is like zlib.
 *
 * All follows from the plain bytes and from the tokens that the stream really has: after a wrong guess the
 * matcher goes on from what was true.  Its tables are those of zlib: the last place of each hash, and for each place of
 * the window the one before it with the same hash.
 *
 * Steps along these chains are counted, and a stream earns them with its bytes: where they run out, on data made for
 * that, chains are cut short, and guesses get worse.
 */
#ifndef BSWZ_DEFLATE_MATCHER_H
#define BSWZ_DEFLATE_MATCHER_H

#include "deflate/block.h"

enum lazy_rule {
    RULE_GREEDY,  /* takes the first match */
    RULE_LONGER,  /* takes it unless the next place has a longer one: zlib */
    RULE_NEARER,  /* the same, a nearer one counts for more: libdeflate */
    RULE_CONTEXT, /* takes it, but looks at the next place as well, for contexts' sake */
    RULE_OPTIMAL, /* takes what makes the block shortest (optimal.h) */
    RULES
};

struct match_settings {
    uint8_t rule;      /* enum lazy_rule */
    uint8_t hash_bits; /* zlib's, of three bytes: 8 ... 16 */
    uint8_t shortest;  /* matches are of 3 bytes or of 4 at least */
    uint8_t filtered;  /* 1: matches of 5 bytes and less do not count (zlib's strategy) */
    uint16_t chain, good, nice, lazy; /* as zlib's: steps, lengths */
    uint16_t insert;   /* places in a longer match are not entered */
    uint16_t far;      /* largest distance */
    uint16_t too_far;  /* largest distance of a match of 3 bytes */
    uint16_t deep;     /* steps along a chain of places with the same 8 bytes, which is tried first; 0: there is none */
};

struct match {
    unsigned length, distance; /* less than 3: there is none */
};

struct matcher {
    const uint8_t *plain;
    size_t size;
    struct match_settings settings;
    uint32_t *head; /* by hash; 0: none */
    uint32_t *previous;
    uint32_t *deep_head, *deep_previous; /* the same of 8 bytes; NULL where settings do not want them */
    size_t entered;      /* places before have been entered, if ever */
    uint64_t steps_left;
    struct match known;  /* at place known_at, found while looking at the place before */
    size_t known_at;
    unsigned length_before; /* of the match that was there at the place before, and was passed over for the one here */
    struct match next;   /* at the next place; of rules that look at it */
};

/* MEMORY. plain is the caller's. */
enum bswz_status matcher_open(struct matcher *matcher, const uint8_t *plain, size_t size,
                              const struct match_settings *settings, struct bswz_error *error);
void matcher_close(struct matcher *matcher);

/* The guess at this place, which comes after the last token's end: of length 1, a literal. *here: the match that is there,
 * whether it would be taken or not. */
struct match matcher_guess(struct matcher *matcher, size_t at, struct match *here);

/* What was true of that place. */
void matcher_pass(struct matcher *matcher, size_t at, const struct match *guess, const struct match *here,
                  const struct token *token);

/* Bytes that are in no token. */
void matcher_skip(struct matcher *matcher, size_t at, size_t count);

/* Matches at a place: the nearest of each length up to the longest, shorter ones first; those between that there is no room
 * for are left out. Places up to there are entered. */
unsigned matcher_list(struct matcher *matcher, size_t at, struct match *list, unsigned room);

/* Among the places before that share at least `length` bytes with this one, nearest first: the number of this distance;
 * RANK_NONE: it was not found in time. */
#define RANK_NONE 64
unsigned matcher_rank(struct matcher *matcher, size_t at, unsigned length, unsigned distance);
/* The distance of that number; 0: there is none. */
unsigned matcher_ranked(struct matcher *matcher, size_t at, unsigned length, unsigned rank);

#endif
