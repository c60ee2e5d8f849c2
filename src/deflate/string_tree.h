/* SPDX-License-Identifier: MIT */
/*
 * The nearest match of each length at a place, by binary trees.
 *
 * All places of the window whose strings begin with the same four bytes are in one tree, in the order of their
 * strings; each place comes above those before it. A new place becomes the root: on the way down from the old root
 * the tree is split into smaller and larger strings, and what the place has in common with those on the way are the
 * longest matches there are. So a few dozen steps find what a chain would need thousands for. This is how optimising
 * writers find matches. Matches of three bytes come from a table of the last two places of each such string.
 */
#ifndef BSWZ_DEFLATE_STRING_TREE_H
#define BSWZ_DEFLATE_STRING_TREE_H

#include "deflate/block.h"

struct match {
    uint16_t length, distance; /* length less than 3: there is none */
};

struct string_trees {
    const uint8_t *plain; /* the caller's */
    size_t size;
    uint32_t (*three)[2]; /* by hash: the last two places, plus 1; 0: none */
    uint32_t *root;       /* by hash, as the others */
    uint32_t (*child)[2]; /* of each place of the window: smaller, larger */
    unsigned depth;       /* steps down a tree */
};

/* MEMORY. */
enum bswz_status string_trees_open(struct string_trees *trees, const uint8_t *plain, size_t size, unsigned depth,
                                   struct bswz_error *error);
void string_trees_close(struct string_trees *trees);

/* Enter a place, all before it having been entered or left out. If list is not NULL, it gets the matches there, longer ones
 * last, and their number is returned; where room is short, the longest one replaces those between. Takes steps from
 * *steps_left, and does nothing more where there are none. */
unsigned string_trees_enter(struct string_trees *trees, size_t at, struct match *list, unsigned room,
                            uint64_t *steps_left);

/* Compilers make this one load. */
static inline uint64_t string_eight(const uint8_t *bytes) {
    const uint64_t low = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    const uint64_t high = bytes[4] | (uint32_t)bytes[5] << 8 | (uint32_t)bytes[6] << 16 | (uint32_t)bytes[7] << 24;
    return high << 32 | low;
}

/* The number of bytes that both begin with, at most `most`. */
static inline unsigned string_common(const uint8_t *a, const uint8_t *b, unsigned most) {
    unsigned length = 0;
    for (; length + 8 <= most; length += 8) {
        const uint64_t differences = string_eight(a + length) ^ string_eight(b + length);
        if (differences != 0) {
            return length + (unsigned)__builtin_ctzll(differences) / 8;
        }
    }
    while (length < most && a[length] == b[length]) {
        length++;
    }
    return length;
}

#endif
