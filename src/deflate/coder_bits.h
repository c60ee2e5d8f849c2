/* SPDX-License-Identifier: MIT */
/*
 * Bits and numbers of a recipe, for the two files that code it.
 */
#ifndef BSWZ_DEFLATE_CODER_BITS_H
#define BSWZ_DEFLATE_CODER_BITS_H

#include "deflate/coder.h"

enum { ADAPTS = 1023, ADAPTS_FAST = 255 };

static inline unsigned code_bit(struct deflate_coder *coder, cell *c, unsigned bit) {
    const unsigned result = decide(&coder->decisions, bit, clamp_probability(cell_probability(*c)));
    cell_update(c, result, ADAPTS);
    return result;
}

/* A number of `bits` bits, whose upper bits are the context of the lower ones: 2^bits cells. */
static inline unsigned code_tree(struct deflate_coder *coder, cell *cells, unsigned bits, unsigned value) {
    unsigned node = 1;
    for (unsigned i = bits; i-- > 0;) {
        node = node << 1 | code_bit(coder, &cells[node], value >> i & 1);
    }
    return node - (1u << bits);
}

/* A number of any size below 2^31: how many bits it has, and then the bits; the two highest have contexts. */
static inline uint32_t code_number(struct deflate_coder *coder, struct number_cells *cells, uint32_t value) {
    const uint32_t above = value + 1;
    unsigned bits = 0;
    while (bits < 30 && code_bit(coder, &cells->size[bits], above >> (bits + 1) != 0)) {
        bits++;
    }
    uint32_t result = 1;
    for (unsigned i = bits; i-- > 0;) {
        const unsigned bit = above >> i & 1;
        result = result << 1 | (result < 4 ? code_bit(coder, &cells->first[bits][result], bit)
                                           : decide(&coder->decisions, bit, DECISION_ONE / 2));
    }
    return result - 1;
}

static inline unsigned bits_of(unsigned value) {
    unsigned bits = 0;
    for (; value > 0; value >>= 1) {
        bits++;
    }
    return bits;
}

/* A bit with two contexts. */
static inline unsigned code_mixed_bit(struct deflate_coder *coder, cell *a, cell *b, unsigned bit) {
    const int stretched = stretch(cell_probability(*a)) + stretch(cell_probability(*b));
    const unsigned result = decide(&coder->decisions, bit, clamp_probability(squash(stretched * 5 / 8)));
    cell_update(a, result, ADAPTS_FAST);
    cell_update(b, result, ADAPTS_FAST);
    return result;
}

/* Does the decoder recall guesses? */
static inline bool is_recalling(const struct deflate_coder *coder) {
    return coder->decisions.is_decoding && coder->guesses != NULL;
}

/* The codes of a dynamic block: their lengths, from its tokens if they are known, or else from those that are foreseen
 * for a block of `count` tokens that begins at a place; and how they are listed. false: the recipe is invalid. */
bool deflate_code_counted(struct deflate_coder *coder, struct block *block, const uint8_t *plain);
bool deflate_code_foreseen(struct deflate_coder *coder, struct block *block, size_t at, size_t count);

#endif
