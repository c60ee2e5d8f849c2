/* SPDX-License-Identifier: MIT */
/*
 * A match finder with settings: it predicts what a writer similar to zlib would do at each place.
 *
 * Everything follows from the plain bytes and the actual tokens of the stream: after a wrong guess, the matcher
 * continues from the actual token. Its tables are those of zlib: the last place of each hash, and for each place of the
 * window the one before it with the same hash.
 *
 * Steps along these chains are counted, and a stream earns them with its bytes. If they run out, on data made for that
 * purpose, chains are cut short, and guesses get worse.
 */
#ifndef BSWZ_DEFLATE_MATCHER_H
#define BSWZ_DEFLATE_MATCHER_H

#include "deflate/guesses.h"
#include "deflate/string_tree.h"

enum { HASH_FAIR = 17 };

enum lazy_rule {
    RULE_GREEDY,  /* takes the first match */
    RULE_LONGER,  /* takes it unless the next place has a longer match: zlib */
    RULE_NEARER,  /* the same, but nearer matches count more: libdeflate */
    RULE_OPTIMAL, /* takes the token that makes the block shortest (optimal_parse.h) */
    RULES
};

struct match_settings {
    uint8_t rule;                     /* enum lazy_rule */
    uint8_t hash_bits;                /* of the hash of three bytes: 8 ... 16 for that of zlib, or HASH_FAIR */
    uint8_t shortest;                 /* the least length of a match: 3 or 4 */
    uint8_t filtered;                 /* 1: matches of 5 bytes or less are not used (a strategy of zlib) */
    uint16_t chain, good, nice, lazy; /* as in zlib: steps, lengths */
    uint16_t insert;                  /* places inside longer matches are not entered */
    uint16_t far;                     /* largest distance */
    uint16_t too_far;                 /* largest distance of a match of 3 bytes */
    uint16_t skip; /* RULE_OPTIMAL: places inside a match of at least this length are not searched; 0: all are */
};

struct matcher {
    const uint8_t *plain;
    size_t size;
    struct match_settings settings;
    uint32_t *head;            /* by hash; 0: none */
    uint16_t *previous;        /* by place: how far back the one before it is; 0: none */
    struct string_trees trees; /* RULE_OPTIMAL: instead of the two above */
    size_t entered;            /* all places before this one have been entered, unless they are never entered */
    uint64_t steps_left;
    uint64_t ranks_left; /* steps of searches for ranks that fail, which only an encoder makes */
    struct match known;  /* at known_at, found while looking at the place before */
    size_t known_at;
    unsigned length_before; /* of the match at the place before, if it was passed over for the one here */
    struct match next;      /* at the next place, for rules that look at it */
};

/* Errors: MEMORY. plain belongs to the caller. */
enum bswz_status matcher_open(struct matcher *matcher, const uint8_t *plain, size_t size,
                              const struct match_settings *settings, struct bswz_error *error);
void matcher_close(struct matcher *matcher);

/* The guess for the token at this place, after the end of the last one. Its outlook is how the match at the next place
 * compares: none, shorter, equally long, longer. */
struct guess matcher_guess(struct matcher *matcher, size_t at);

/* Tell the matcher the actual token at that place. */
void matcher_pass(struct matcher *matcher, size_t at, const struct guess *guess, const struct token *token);

/* Skip bytes that belong to no token. */
void matcher_skip(struct matcher *matcher, size_t at, size_t count);

/* RULE_OPTIMAL: the matches at a place, as from string_trees_enter. All places up to it are entered. */
unsigned matcher_list(struct matcher *matcher, size_t at, struct match *list, unsigned room);

/* The rank of a distance among the earlier places that share at least `length` bytes with this one, nearest first;
 * RANK_NONE: it was not found in time. */
#define RANK_NONE 64
unsigned matcher_rank(struct matcher *matcher, size_t at, unsigned length, unsigned distance);
/* The distance with that rank; 0: there is none. */
unsigned matcher_ranked(struct matcher *matcher, size_t at, unsigned length, unsigned rank);

#endif
