/* SPDX-License-Identifier: MIT */
/*
 * Matches of two-valued pictures: earlier pixels with nearly the same surroundings, such as those of the same letter.
 *
 * A template must agree exactly, which the edges of scanned letters never do. Of a match, the pixels to its right and
 * below are known, too, and these say most about the pixel that is coded. The edges of two scanned letters differ even if
 * the letters are the same, so several matches vote.
 */
#ifndef BSWZ_DRAWN_MATCHED_H
#define BSWZ_DRAWN_MATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MATCHES = 8, MATCHED_TEMPLATES = 9, MATCH_TABLES = 2, MATCH_SETS = 1 + 4 * 8, VOTE_SETS = 1 + 8 * 8 };

/* A place in the picture, and how much its surroundings differ from those of the pixel that is coded. */
struct match {
    uint32_t x, y;
    unsigned wrong;
};

struct matcher {
    uint32_t width, x, y; /* of the picture, and the pixel that is coded */
    uint8_t *bits;        /* one for each pixel that is known, with margins of zeros around the picture */
    size_t stride;        /* bytes from one row to the next */
    unsigned count;
    struct match matches[MATCHES]; /* the best one first */
    uint32_t *last[MATCH_TABLES];  /* where a template was seen last: column and row + 1, several times */
    uint64_t here[2];              /* the surroundings of the pixel */
};

/* False: no memory. Free in any case. */
bool matcher_init(struct matcher *matcher, uint32_t width, uint32_t height);
void matcher_free(struct matcher *matcher);

/* Find the matches of the pixel. hashes: of two templates. */
void matcher_find(struct matcher *matcher, const uint32_t hashes[MATCH_TABLES]);
/* What the matches say. */
struct matched {
    unsigned set;   /* below MATCH_SETS: how the first one fits, and two of its pixels */
    unsigned votes; /* below VOTE_SETS: how many are for a one, here and to the right */
};

/* Hashes of templates around the matches. nearest, near: the smallest templates of the pixel. */
struct matched matcher_templates(const struct matcher *matcher, uint32_t nearest, uint32_t near,
                                 uint32_t hashes[MATCHED_TEMPLATES]);
/* On to the next pixel; this one has that value. */
void matcher_next(struct matcher *matcher, unsigned value);

#endif
