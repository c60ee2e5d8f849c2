/* SPDX-License-Identifier: MIT */
/*
 * Trees of strings (string_tree.h).
 */
#include "deflate/string_tree.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 32768,
    HASH_BITS = 16,
    LEAST_LEFT = 5, /* writers leave out the last places, which have not even the next place's four bytes */
    TREE_SHORTEST = 4
};

enum bswz_status string_trees_open(struct string_trees *trees, const uint8_t *plain, size_t size, unsigned depth,
                                   struct bswz_error *error) {
    *trees = (struct string_trees){.plain = plain, .size = size, .depth = depth};
    trees->three = bswz_allocate_zero((size_t)1 << HASH_BITS, sizeof *trees->three);
    trees->root = bswz_allocate_zero((size_t)1 << HASH_BITS, sizeof *trees->root);
    trees->child = bswz_allocate_zero(WINDOW, sizeof *trees->child);
    if (trees->three == NULL || trees->root == NULL || trees->child == NULL) {
        string_trees_close(trees);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void string_trees_close(struct string_trees *trees) {
    free(trees->three);
    free(trees->root);
    free(trees->child);
    trees->three = trees->child = NULL;
    trees->root = NULL;
}

static size_t hash(uint32_t string) {
    return string * 0x9e3779b1u >> (32 - HASH_BITS);
}

/* Is `node` a place of the window? Its distance then is at + 1 - node. */
static bool is_near(size_t at, uint32_t node) {
    return node != 0 && at + 1 - node < WINDOW;
}

static unsigned enter_three(struct string_trees *trees, size_t at, uint32_t string, struct match *list) {
    uint32_t *last = trees->three[hash(string)];
    unsigned count = 0;
    for (unsigned i = 0; list != NULL && i < 2 && count == 0 && is_near(at, last[i]); i++) {
        if (memcmp(trees->plain + last[i] - 1, trees->plain + at, MATCH_SHORTEST) == 0) {
            list[count++] = (struct match){MATCH_SHORTEST, (uint16_t)(at + 1 - last[i])};
        }
    }
    last[1] = last[0];
    last[0] = (uint32_t)at + 1;
    return count;
}

unsigned string_trees_enter(struct string_trees *trees, size_t at, struct match *list, unsigned room,
                            uint64_t *steps_left) {
    const size_t left = trees->size - at;
    const unsigned most = left < MATCH_LONGEST ? (unsigned)left : MATCH_LONGEST;
    const uint8_t *here = trees->plain + at;
    if (left < LEAST_LEFT) {
        return 0;
    }
    const uint32_t string = here[0] | (uint32_t)here[1] << 8 | (uint32_t)here[2] << 16;
    unsigned count = enter_three(trees, at, string, list);
    uint32_t *root = &trees->root[hash(string | (uint32_t)here[3] << 24)], node = *root;
    uint32_t *smaller = &trees->child[at % WINDOW][0], *larger = &trees->child[at % WINDOW][1];
    unsigned longest = TREE_SHORTEST - 1, with_smaller = 0, with_larger = 0;
    *root = (uint32_t)at + 1;
    for (unsigned depth = trees->depth; is_near(at, node) && depth > 0 && *steps_left > 0; depth--) {
        const uint8_t *there = trees->plain + node - 1;
        uint32_t *child = trees->child[(node - 1) % WINDOW];
        /* all strings below have this much in common with ours */
        unsigned length = with_smaller < with_larger ? with_smaller : with_larger;
        const unsigned before = length;
        length += string_common(there + length, here + length, most - length);
        const unsigned work = 1 + (length - before) / 16;
        *steps_left -= work < *steps_left ? work : *steps_left;
        if (list != NULL && length > longest) {
            longest = length;
            count -= count == room;
            list[count++] = (struct match){(uint16_t)length, (uint16_t)(at + 1 - node)};
        }
        if (length == most) { /* the same string: it takes the place's place */
            *smaller = child[0];
            *larger = child[1];
            return count;
        }
        if (there[length] < here[length]) {
            *smaller = node;
            smaller = &child[1];
            node = *smaller;
            with_smaller = length;
        } else {
            *larger = node;
            larger = &child[0];
            node = *larger;
            with_larger = length;
        }
    }
    *smaller = *larger = 0;
    return count;
}
