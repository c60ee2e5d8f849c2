/* SPDX-License-Identifier: MIT */
/*
 * Huffman codes, built in the ways of deflate writers (trees.h).
 */
#include "deflate/trees.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 2 * 288 };

/* A tree under construction: leaves are symbols; inner nodes come after them. */
struct tree {
    uint32_t counts[NODES];
    uint16_t parent[NODES];
    uint8_t depth[NODES];  /* below the node */
    uint16_t order[NODES]; /* leaves and nodes in the order in which they were taken, the last first */
    unsigned taken;
    uint16_t heap[NODES];
    unsigned heap_size;
};

/* ---- shortening ---- */

/* of_length: the number of leaves of each length. excess: how many leaves and nodes were cut to `longest` bits. To make
 * room for them, the longest other codes become longer. */
static void make_room(unsigned *of_length, unsigned longest, int excess) {
    while (excess > 0) {
        unsigned bits = longest - 1;
        while (bits > 0 && of_length[bits] == 0) {
            bits--;
        }
        if (bits == 0) { /* impossible: a tree with long codes has short ones */
            return;
        }
        of_length[bits]--;
        of_length[bits + 1] += 2;
        of_length[longest]--;
        excess -= 2;
    }
}

/* Lengths from depths, with the leaves in the order in which they were taken. */
static void measure(struct tree *tree, unsigned leaves, unsigned longest, uint8_t *lengths) {
    uint8_t bits[NODES] = {0};
    unsigned of_length[DEFLATE_LONGEST + 2] = {0};
    int excess = 0;
    for (unsigned i = 1; i < tree->taken; i++) { /* the root comes first, and has no parent */
        const unsigned node = tree->order[i];
        unsigned length = bits[tree->parent[node]] + 1u;
        if (length > longest) {
            length = longest;
            excess++;
        }
        bits[node] = (uint8_t)length;
        if (node < leaves) {
            of_length[length]++;
            lengths[node] = (uint8_t)length;
        }
    }
    if (excess == 0) {
        return;
    }
    make_room(of_length, longest, excess);
    unsigned at = tree->taken;
    for (unsigned length = longest; length > 0; length--) {
        for (unsigned n = of_length[length]; n > 0;) {
            const unsigned node = tree->order[--at];
            if (node < leaves) {
                lengths[node] = (uint8_t)length;
                n--;
            }
        }
    }
}

/* ---- by heap ---- */

static bool comes_first(const struct tree *tree, unsigned a, unsigned b) {
    return tree->counts[a] < tree->counts[b] ||
           (tree->counts[a] == tree->counts[b] && tree->depth[a] <= tree->depth[b]);
}

static void sift(struct tree *tree, unsigned at) {
    const uint16_t node = tree->heap[at];
    for (unsigned child = 2 * at; child <= tree->heap_size; child *= 2) {
        if (child < tree->heap_size && comes_first(tree, tree->heap[child + 1], tree->heap[child])) {
            child++;
        }
        if (comes_first(tree, node, tree->heap[child])) {
            break;
        }
        tree->heap[at] = tree->heap[child];
        at = child;
    }
    tree->heap[at] = node;
}

static void build_by_heap(struct tree *tree, unsigned leaves) {
    uint16_t taken[NODES];
    unsigned count = 0, node = leaves;
    for (unsigned i = tree->heap_size / 2; i > 0; i--) {
        sift(tree, i);
    }
    do {
        const uint16_t first = tree->heap[1];
        tree->heap[1] = tree->heap[tree->heap_size--];
        sift(tree, 1);
        const uint16_t second = tree->heap[1];
        taken[count++] = first;
        taken[count++] = second;
        tree->counts[node] = tree->counts[first] + tree->counts[second];
        const uint8_t deeper = tree->depth[first] > tree->depth[second] ? tree->depth[first] : tree->depth[second];
        tree->depth[node] = (uint8_t)(deeper + 1);
        tree->parent[first] = tree->parent[second] = (uint16_t)node;
        tree->heap[1] = (uint16_t)node++;
        sift(tree, 1);
    } while (tree->heap_size >= 2);
    taken[count++] = tree->heap[1];
    tree->taken = count;
    for (unsigned i = 0; i < count; i++) {
        tree->order[i] = taken[count - 1 - i];
    }
}

static void lengths_by_heap(const uint32_t *counts, unsigned count, unsigned longest, uint8_t *lengths) {
    struct tree tree = {.heap_size = 0};
    int last = -1;
    for (unsigned i = 0; i < count; i++) {
        tree.counts[i] = counts[i];
        if (counts[i] > 0) {
            tree.heap[++tree.heap_size] = (uint16_t)i;
            last = (int)i;
        }
    }
    while (tree.heap_size < 2) { /* there is at least a code of one bit */
        const unsigned extra = last < 2 ? (unsigned)++last : 0;
        tree.counts[extra] = 1;
        tree.heap[++tree.heap_size] = (uint16_t)extra;
    }
    build_by_heap(&tree, count);
    measure(&tree, count, longest, lengths);
}

/* ---- by sorting ---- */

static int compare(const void *a, const void *b) {
    const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return one < other ? -1 : one > other;
}

static void lengths_by_sorting(const uint32_t *counts, unsigned count, unsigned longest, uint8_t *lengths) {
    struct tree tree = {.heap_size = 0};
    uint64_t sorted[288];
    unsigned leaves = 0, node = count;
    for (unsigned i = 0; i < count; i++) {
        if (counts[i] > 0) {
            tree.counts[i] = counts[i];
            sorted[leaves++] = (uint64_t)counts[i] << 16 | i;
        }
    }
    if (leaves < 2) {
        for (unsigned i = 0; i < leaves; i++) {
            lengths[sorted[i] & 0xffff] = 1;
        }
        return;
    }
    qsort(sorted, leaves, sizeof *sorted, compare);
    unsigned next_leaf = 0, next_node = count;
    while (next_leaf < leaves || node - next_node > 1) {
        uint16_t pair[2];
        for (int i = 0; i < 2; i++) {
            const bool takes_leaf = next_leaf < leaves && (next_node == node || (uint32_t)(sorted[next_leaf] >> 16) <=
                                                                                    tree.counts[next_node]);
            pair[i] = takes_leaf ? (uint16_t)(sorted[next_leaf++] & 0xffff) : (uint16_t)next_node++;
        }
        tree.counts[node] = tree.counts[pair[0]] + tree.counts[pair[1]];
        tree.parent[pair[0]] = tree.parent[pair[1]] = (uint16_t)node++;
    }
    /* nodes from the root down, then leaves, the rarest last */
    for (unsigned i = node; i-- > count;) {
        tree.order[tree.taken++] = (uint16_t)i;
    }
    for (unsigned i = leaves; i-- > 0;) {
        tree.order[tree.taken++] = (uint16_t)(sorted[i] & 0xffff);
    }
    measure(&tree, count, longest, lengths);
}

void tree_lengths(enum tree_kind kind, const uint32_t *counts, unsigned count, unsigned longest, uint8_t *lengths) {
    memset(lengths, 0, count);
    if (kind == TREE_HEAP) {
        lengths_by_heap(counts, count, longest, lengths);
    } else {
        lengths_by_sorting(counts, count, longest, lengths);
    }
}

struct length_step tree_next_step(const uint8_t *lengths, unsigned literals, unsigned total, unsigned at) {
    const unsigned end = at < literals ? literals : total, start = at < literals ? 0 : literals;
    const uint8_t value = lengths[at];
    unsigned run = 1;
    while (at + run < end && run < 138 && lengths[at + run] == value) {
        run++;
    }
    if (value == 0 && run >= 11) {
        return (struct length_step){18, (uint8_t)run};
    }
    if (value == 0 && run >= 3) {
        return (struct length_step){17, (uint8_t)run};
    }
    if (value != 0 && at > start && lengths[at - 1] == value && run >= 3) {
        return (struct length_step){16, (uint8_t)(run < 6 ? run : 6)};
    }
    return (struct length_step){value, 1};
}
