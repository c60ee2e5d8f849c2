/* SPDX-License-Identifier: MIT */
/*
 * The tables of deflate (block.h).
 */
#include "deflate/block.h"

#include "base/allocate.h"

#include <string.h>

const uint8_t deflate_code_order[DEFLATE_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

const uint16_t deflate_length_base[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                          31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
const uint8_t deflate_length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                          2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
const uint16_t deflate_distance_base[30] = {1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
                                            33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
                                            1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
const uint8_t deflate_distance_extra[30] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                            6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

enum bswz_status block_grow(struct block *block, struct bswz_error *error) {
    const size_t capacity = block->capacity ? 2 * block->capacity : 4096;
    struct token *tokens = bswz_grow(block->tokens, block->count * sizeof *tokens, capacity * sizeof *tokens);
    if (tokens == NULL) {
        return bswz_no_memory(error);
    }
    block->tokens = tokens;
    block->capacity = capacity;
    return BSWZ_OK;
}

static unsigned highest_bit(unsigned value) {
    return 31 - (unsigned)__builtin_clz(value);
}

unsigned deflate_length_symbol(const struct token *token) {
    const unsigned above = token->length - MATCH_SHORTEST;
    if (token->length == MATCH_LONGEST) {
        return token->is_odd ? 284 : 285;
    }
    if (above < 8) {
        return 257 + above;
    }
    const unsigned extra = highest_bit(above) - 2;
    return 257 + 4 * extra + (above >> extra);
}

unsigned deflate_distance_symbol(unsigned distance) {
    const unsigned above = distance - 1;
    if (above < 4) {
        return above;
    }
    const unsigned extra = highest_bit(above) - 1;
    return 2 * extra + (above >> extra);
}

void deflate_fixed_lengths(uint8_t literals[288], uint8_t distances[32]) {
    memset(literals, 8, 144);
    memset(literals + 144, 9, 112);
    memset(literals + 256, 7, 24);
    memset(literals + 280, 8, 8);
    memset(distances, 5, 32);
}

static uint16_t reversed(unsigned code, unsigned bits) {
    unsigned result = 0;
    for (unsigned i = 0; i < bits; i++) {
        result = result << 1 | (code >> i & 1);
    }
    return (uint16_t)result;
}

void deflate_codes(const uint8_t *lengths, unsigned count, uint16_t *codes) {
    unsigned of_length[DEFLATE_LONGEST + 1] = {0}, next[DEFLATE_LONGEST + 1] = {0};
    for (unsigned i = 0; i < count; i++) {
        of_length[lengths[i]]++;
    }
    of_length[0] = 0;
    for (unsigned bits = 1; bits <= DEFLATE_LONGEST; bits++) {
        next[bits] = (next[bits - 1] + of_length[bits - 1]) << 1;
    }
    for (unsigned i = 0; i < count; i++) {
        codes[i] = lengths[i] > 0 ? reversed(next[lengths[i]]++, lengths[i]) : 0;
    }
}
