/* SPDX-License-Identifier: MIT */
/*
 * Matches of two-valued pictures: an earlier pixel with nearly the same surroundings, such as that of the same letter.
 *
 * A template must agree exactly, which the edges of scanned letters never do. Of a match, the pixels to its right and
 * below are known, too, and these say most about the pixel that is coded.
 */
#ifndef BSWZ_DRAWN_MATCHED_H
#define BSWZ_DRAWN_MATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MATCHED_TEMPLATES = 4, MATCH_TABLES = 2, MATCH_SETS = 1 + 4 * 8 };

struct matcher {
    const uint8_t *pixels; /* of the whole picture, a byte each; known before `at` */
    size_t width, at;      /* at: of the pixel that is coded */
    size_t match;          /* SIZE_MAX: there is none */
    unsigned wrong;        /* how much the surroundings of the match differ */
    uint32_t *last[MATCH_TABLES];
};

/* False: no memory. Free in any case. */
bool matcher_init(struct matcher *matcher, const uint8_t *pixels, size_t width);
void matcher_free(struct matcher *matcher);

/* Find the match of the pixel. hashes: of two templates. */
void matcher_find(struct matcher *matcher, const uint32_t hashes[MATCH_TABLES]);
/* Hashes of templates around the match. nearest, near: the smallest templates of the pixel. Returns which weights to
 * use, below MATCH_SETS. */
unsigned matcher_templates(const struct matcher *matcher, uint32_t nearest, uint32_t near,
                           uint32_t hashes[MATCHED_TEMPLATES]);
/* On to the next pixel. */
void matcher_next(struct matcher *matcher);

#endif
