/*
 * Contexts of a pixel: hashes of exact colours near it, and of what stood in such a place before.
 */
#ifndef BSWZ_DRAWN_CONTEXTS_H
#define BSWZ_DRAWN_CONTEXTS_H

#include "drawn/model.h"

enum {
    C_BIG,
    C_12,
    C_10,
    C_8,
    C_6,
    C_4,
    C_CROSS,
    C_WNE,
    C_ABOVE,
    C_WN,
    C_W,
    C_N,
    C_ROW,
    C_ROWS,
    C_LEFT,
    C_HUGE,
    C_EXPECTED,
    C_THERE,
    C_AROUND,
    C_CHANGED
};

/* Which contexts each setting uses, longest first; weights of their candidates. */
struct setting_contexts {
    unsigned count;
    uint8_t contexts[CONTEXTS], weights[CONTEXTS]; /* those of repeats, and of sequences, come last */
};

extern const struct setting_contexts setting_contexts[DRAWN_SETTINGS];

/* What the longest context is made of, and others as well. */
struct longest {
    uint32_t wn, h4, h6, h8;
};

/* Hashes of what is near column x of the row under way: of C_BIG and C_8, then of the others that the setting uses. */
void hash_longest(const struct window *window, uint32_t x, const uint32_t near[NEIGHBOURS], struct longest *longest,
                  uint32_t hashes[CONTEXTS]);
void hash_contexts(enum drawn_setting setting, const struct window *window, uint32_t x,
                   const uint32_t near[NEIGHBOURS], const struct longest *longest, uint32_t hashes[CONTEXTS]);
/* In a sequence, of what stood there before. */
void hash_before(const struct repeated *before, const uint32_t near[NEIGHBOURS], uint32_t hashes[CONTEXTS]);
/* Of a repeat: equal hashes where there is none. */
void hash_repeated(const struct repeated *repeated, const uint32_t near[NEIGHBOURS], uint32_t hashes[CONTEXTS]);

/* Which of the nearest neighbours are not what stood in their places before: four bits. */
static inline unsigned changed(const struct repeated *before, const uint32_t near[NEIGHBOURS]) {
    return (unsigned)(near[W] != before->near[W]) | (unsigned)(near[N] != before->near[N]) << 1 |
           (unsigned)(near[NW] != before->near[NW]) << 2 | (unsigned)(near[NE] != before->near[NE]) << 3;
}

#endif
