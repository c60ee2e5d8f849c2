/* SPDX-License-Identifier: MIT */
/*
 * Optimal Huffman tables (optimal_huffman.h). Of equally rare symbols the larger one is merged first, and a symbol that
 * does not occur takes the code of all ones, which no file may use. libjpeg does the same, so the tables are
 * identical.
 */
#include "jpeg/optimal_huffman.h"

enum { NODES = JPEG_SYMBOLS + 1, DEEPEST = NODES };

/* The rarest of the trees other than `not`, the last one of equals; -1: there is none. */
static int rarest(const uint64_t occurrences[NODES], int not ) {
    int found = -1;
    for (int i = 0; i < NODES; i++) {
        if (occurrences[i] > 0 && i != not &&(found < 0 || occurrences[i] <= occurrences[found])) {
            found = i;
        }
    }
    return found;
}

void jpeg_codes_optimal(const uint64_t occurrences[JPEG_SYMBOLS], struct jpeg_codes *codes) {
    uint64_t weight[NODES];
    unsigned depth[NODES] = {0}, count[DEEPEST + 1] = {0};
    int next[NODES]; /* the leaves of a tree as a list that starts at its root */
    for (int i = 0; i < NODES; i++) {
        weight[i] = i < JPEG_SYMBOLS ? occurrences[i] : 1;
        next[i] = -1;
    }
    for (;;) {
        int first = rarest(weight, -1), second = rarest(weight, first);
        if (second < 0) {
            break;
        }
        weight[first] += weight[second];
        weight[second] = 0;
        for (depth[first]++; next[first] >= 0; depth[first]++) {
            first = next[first];
        }
        next[first] = second;
        for (depth[second]++; next[second] >= 0; depth[second]++) {
            second = next[second];
        }
    }
    for (int i = 0; i < NODES; i++) {
        count[depth[i]] += depth[i] > 0;
    }
    /* no code may be longer than allowed: of a pair of leaves, one moves up to where their parent was, and the
     * other joins a leaf of smaller depth, which moves down */
    for (unsigned length = DEEPEST; length > JPEG_LENGTHS; length--) {
        while (count[length] > 0) {
            unsigned shorter = length - 2;
            while (count[shorter] == 0) {
                shorter--;
            }
            count[length] -= 2;
            count[length - 1]++;
            count[shorter + 1] += 2;
            count[shorter]--;
        }
    }
    unsigned longest = JPEG_LENGTHS;
    while (longest > 0 && count[longest] == 0) {
        longest--;
    }
    count[longest]--; /* the code of all ones */
    *codes = (struct jpeg_codes){.symbols = 0};
    for (unsigned length = 1; length <= JPEG_LENGTHS; length++) {
        codes->count[length - 1] = (uint8_t)count[length];
    }
    for (unsigned length = 1; length <= DEEPEST; length++) { /* symbols in the order of the depths found initially */
        for (int i = 0; i < JPEG_SYMBOLS; i++) {
            if (depth[i] == length) {
                codes->symbol[codes->symbols++] = (uint8_t)i;
            }
        }
    }
}
