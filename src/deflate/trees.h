/*
 * What writers of deflate make of counts: code lengths, and how these are told.
 *
 * Every writer builds Huffman codes, but where counts are equal there is a choice, and a code that gets too long is
 * shortened by a rule of thumb.  Two ways are known here; most writers follow one of them.
 */
#ifndef BSWZ_DEFLATE_TREES_H
#define BSWZ_DEFLATE_TREES_H

#include "deflate/block.h"

enum tree_kind {
    TREE_HEAP,   /* the two least of a heap, the shallower first: zlib and its kin */
    TREE_SORTED, /* the two least of sorted leaves and of nodes, leaves first: libdeflate, zopfli, 7-zip */
    TREE_KINDS
};

/* Lengths, of at most longest bits, for count symbols with these counts; a symbol without has none, but that there are two at
 * least (TREE_HEAP). */
void tree_lengths(enum tree_kind kind, const uint32_t *counts, unsigned count, unsigned longest, uint8_t *lengths);

/* The step that zlib would take at position at of the lengths, of which literals are those of one tree. */
struct length_step tree_next_step(const uint8_t *lengths, unsigned literals, unsigned total, unsigned at);

#endif
