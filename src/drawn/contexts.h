/* SPDX-License-Identifier: MIT */
/*
 * Contexts of a pixel: hashes of exact colours near it, and of what was there before.
 */
#ifndef BSWZ_DRAWN_CONTEXTS_H
#define BSWZ_DRAWN_CONTEXTS_H

#include "drawn/drawn_model.h"

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

/* Which contexts each setting uses, longest first; and the weights of their candidates. */
struct setting_contexts {
    unsigned count;
    uint8_t contexts[CONTEXTS], weights[CONTEXTS]; /* those for repeats and sequences come last */
};

extern const struct setting_contexts setting_contexts[DRAWN_SETTINGS];

/* The long context that is asked if C_BIG is new. */
static inline unsigned short_context(enum drawn_setting setting) {
    return setting == DRAWN_LIGHT ? C_8 : C_10;
}

/* Hash the pixels near column x of the current row, except the one to the left. */
void hash_lines(const struct model *model, uint32_t x, struct lines *lines);

/* With the one to the left: C_BIG and short_context; then the other contexts of the setting. */
void hash_longest(enum drawn_setting setting, const struct lines *lines, uint32_t w, uint32_t hashes[CONTEXTS]);
void hash_contexts(enum drawn_setting setting, const struct window *window, uint32_t x, const uint32_t near[NEIGHBOURS],
                   uint32_t hashes[CONTEXTS]);
/* In a sequence: hash what was there before. */
void hash_before(const struct repeated *before, const uint32_t near[NEIGHBOURS], uint32_t hashes[CONTEXTS]);
/* Hash a repeat; without one, the hashes are equal. */
void hash_repeated(const struct repeated *repeated, const uint32_t near[NEIGHBOURS], uint32_t hashes[CONTEXTS]);

/* Which of the nearest neighbours have changed since the previous picture: four bits. */
static inline unsigned changed(const struct repeated *before, const uint32_t near[NEIGHBOURS]) {
    return (unsigned)(near[W] != before->near[W]) | (unsigned)(near[N] != before->near[N]) << 1 |
           (unsigned)(near[NW] != before->near[NW]) << 2 | (unsigned)(near[NE] != before->near[NE]) << 3;
}

#endif
