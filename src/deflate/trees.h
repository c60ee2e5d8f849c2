/* SPDX-License-Identifier: MIT */
/*
 * How deflate writers turn counts into code lengths, and how they list these.
 *
 * Every writer builds Huffman codes, but equal counts leave a choice, and codes that get too long are shortened by a
 * heuristic. Two methods are implemented here; most writers use one of them.
 */
#ifndef BSWZ_DEFLATE_TREES_H
#define BSWZ_DEFLATE_TREES_H

#include "deflate/block.h"

enum tree_kind {
    TREE_HEAP,   /* the two least of a heap, the shallower first: zlib and its relatives */
    TREE_SORTED, /* the two least of sorted leaves and nodes, leaves first: libdeflate, zopfli, 7-zip */
    TREE_KINDS
};

/* Code lengths of at most longest bits for count symbols with these counts. Unused symbols have no code, except that
 * there are at least two codes with TREE_HEAP. */
void tree_lengths(enum tree_kind kind, const uint32_t *counts, unsigned count, unsigned longest, uint8_t *lengths);

/* The step that zlib would take at position at of the lengths; the first `literals` of them belong to one tree. */
struct length_step tree_next_step(const uint8_t *lengths, unsigned literals, unsigned total, unsigned at);

#endif
