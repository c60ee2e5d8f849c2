/* SPDX-License-Identifier: MIT */
/*
 * The table of LZW as used by GIF: strings of indices with codes.
 *
 * Codes 0 ... 2^bits - 1 are the indices; then come "clear" and "end"; each code that is written gives the next number,
 * up to 4095, to its string extended by the following index. So the number of codes since the table was cleared
 * determines how many entries it has, and how many bits a code takes.
 */
#ifndef BSWZ_GIF_TABLE_H
#define BSWZ_GIF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LZW_CODES = 4096, LZW_BITS = 12, LZW_SLOTS = 1 << 14 };

static inline unsigned lzw_clear_code(unsigned index_bits) {
    return 1u << index_bits;
}

/* The number of the entry that the next code makes after `since` codes; LZW_CODES: none. */
static inline unsigned lzw_next_entry(unsigned index_bits, uint64_t since) {
    const uint64_t next = lzw_clear_code(index_bits) + 2 + since;
    return next < LZW_CODES ? (unsigned)next : LZW_CODES;
}

/* Bits of the next code. */
static inline unsigned lzw_width(unsigned index_bits, uint64_t since) {
    unsigned width = index_bits + 1;
    while (since > 0 && width < LZW_BITS && lzw_clear_code(index_bits) + 1 + since >= (uint64_t)1 << width) {
        width++;
    }
    return width;
}

/* Strings by their contents, for an encoder. */
struct lzw_strings {
    uint32_t keys[LZW_SLOTS]; /* (code of all except the last index, last index) + 1; 0: empty */
    uint16_t codes[LZW_SLOTS];
    uint16_t taken[LZW_CODES]; /* slots that are not empty */
    unsigned count;
};

void lzw_strings_clear(struct lzw_strings *strings);
/* Give a number to the string of a code followed by an index, unless it has one. */
void lzw_strings_add(struct lzw_strings *strings, unsigned code, unsigned index, unsigned number);
/* The code of that string, or LZW_CODES. */
unsigned lzw_strings_find(const struct lzw_strings *strings, unsigned code, unsigned index);

#endif
