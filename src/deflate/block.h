/* SPDX-License-Identifier: MIT */
/*
 * A block of a deflate stream as numbers: read by a parser (parse.c), written by a writer (write.c), and described by a
 * recipe (coder.c).
 */
#ifndef BSWZ_DEFLATE_BLOCK_H
#define BSWZ_DEFLATE_BLOCK_H

#include "base/buffer.h"

#include <stdbool.h>

enum {
    DEFLATE_LITERALS = 286, /* literals, the end of the block, lengths */
    DEFLATE_DISTANCES = 30,
    DEFLATE_LENGTHS = DEFLATE_LITERALS + DEFLATE_DISTANCES + 4, /* a header may give lengths for two more codes of each
                                                                 * kind */
    DEFLATE_CODES = 19,                                         /* symbols of the code for code lengths */
    DEFLATE_LONGEST = 15,                                       /* largest number of bits of a code */
    MATCH_SHORTEST = 3,
    MATCH_LONGEST = 258,
    MATCH_FAR = 32768
};

enum block_type { BLOCK_STORED, BLOCK_FIXED, BLOCK_DYNAMIC };

struct token {
    uint16_t length;   /* 1: a literal */
    uint16_t distance; /* 1 ... 32768; 0 for a literal */
    bool is_odd;       /* length 258 is written as 227 + 31 */
    uint8_t literal;   /* the byte of a literal, where a parser has read it */
};

/* A step in the list of code lengths: a length, or a run of them. */
struct length_step {
    uint8_t symbol; /* 0 ... 18 */
    uint8_t count;  /* lengths in the run, 1 ... 138 */
};

struct block {
    enum block_type type;
    bool is_last;
    uint8_t padding; /* of a stored block: the bits before its size */
    uint32_t stored; /* the number of its bytes */
    struct token *tokens;
    size_t count, capacity;
    /* of a dynamic block */
    unsigned literals, distances, codes; /* how many lengths are listed */
    uint8_t code_lengths[DEFLATE_CODES]; /* by symbol */
    uint8_t lengths[DEFLATE_LENGTHS];    /* of literals, then of distances */
    struct length_step steps[DEFLATE_LENGTHS];
    unsigned step_count;
};

/* Room for one more token, or MEMORY. */
enum bswz_status block_grow(struct block *block, struct bswz_error *error);

static inline enum bswz_status block_add(struct block *block, struct token token, struct bswz_error *error) {
    if (block->count == block->capacity) {
        const enum bswz_status status = block_grow(block, error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    block->tokens[block->count++] = token;
    return BSWZ_OK;
}

/* ---- symbols ---- */

/* The order in which the lengths of the code for code lengths are listed. */
extern const uint8_t deflate_code_order[DEFLATE_CODES];

/* For length symbols 257 ... 285 and for distance symbols: the smallest value, and the number of extra bits. */
extern const uint16_t deflate_length_base[29], deflate_distance_base[30];
extern const uint8_t deflate_length_extra[29], deflate_distance_extra[30];

unsigned deflate_length_symbol(const struct token *token);
unsigned deflate_distance_symbol(unsigned distance);

/* The lengths of the fixed codes. */
void deflate_fixed_lengths(uint8_t literals[288], uint8_t distances[32]);

/* Compute codes from their lengths, with the first bit lowest. */
void deflate_codes(const uint8_t *lengths, unsigned count, uint16_t *codes);

/* ---- reading and writing ---- */

struct bit_reader {
    const uint8_t *bytes;
    size_t size, at;
    uint64_t window;
    unsigned bits;
};

/* Read a block; FORMAT: there is no valid block. *position: the position of the block in the plain bytes; plain_size
 * limits the block. */
enum bswz_status block_read(struct bit_reader *reader, size_t *position, size_t plain_size, struct block *block,
                            struct bswz_error *error);
/* Take the remaining bits of the byte. */
unsigned bit_reader_align(struct bit_reader *reader);
/* The number of bytes taken completely or partly. */
size_t bit_reader_position(const struct bit_reader *reader);

struct bit_writer {
    struct byte_buffer *out;
    uint64_t window;
    unsigned bits;
};

/* Write a block that begins at plain[position]. FORMAT: a token has no code. */
enum bswz_status block_write(struct bit_writer *writer, const struct block *block, const uint8_t *plain,
                             size_t position, struct bswz_error *error);
/* Fill up the last byte with these bits. */
enum bswz_status bit_writer_finish(struct bit_writer *writer, unsigned padding, struct bswz_error *error);

#endif
