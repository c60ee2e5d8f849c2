/*
 * A block of a deflate stream as numbers: what a parser reads (parse.c), a writer writes (write.c), and a recipe
 * describes (recipe.c).
 */
#ifndef BSWZ_DEFLATE_BLOCK_H
#define BSWZ_DEFLATE_BLOCK_H

#include "base/buffer.h"

#include <stdbool.h>

enum {
    DEFLATE_LITERALS = 286, /* literals, the end of the block, lengths */
    DEFLATE_DISTANCES = 30,
    DEFLATE_LENGTHS = DEFLATE_LITERALS + DEFLATE_DISTANCES + 4, /* a header may name two codes more of each */
    DEFLATE_CODES = 19,     /* of the code of code lengths */
    DEFLATE_LONGEST = 15,   /* bits of a code */
    MATCH_SHORTEST = 3,
    MATCH_LONGEST = 258,
    MATCH_FAR = 32768
};

enum block_type { BLOCK_STORED, BLOCK_FIXED, BLOCK_DYNAMIC };

struct token {
    uint16_t length;   /* 1: a literal */
    uint16_t distance; /* 1 ... 32768; of a literal 0 */
    bool is_odd;       /* length 258 is written as 227 + 31 */
};

/* How code lengths are told: a length, or a run of them. */
struct length_step {
    uint8_t symbol; /* 0 ... 18 */
    uint8_t count;  /* of lengths, 1 ... 138 */
};

struct block {
    enum block_type type;
    bool is_last;
    uint8_t padding; /* of a stored block: the bits before its size */
    uint32_t stored; /* its bytes */
    struct token *tokens;
    size_t count, capacity;
    /* of a dynamic one */
    unsigned literals, distances, codes; /* lengths that are told */
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

/* In this order the lengths of the code of code lengths are told. */
extern const uint8_t deflate_code_order[DEFLATE_CODES];

/* Of length symbols 257 ... 285 and of distance symbols: the smallest value, and how many bits follow. */
extern const uint16_t deflate_length_base[29], deflate_distance_base[30];
extern const uint8_t deflate_length_extra[29], deflate_distance_extra[30];

unsigned deflate_length_symbol(const struct token *token);
unsigned deflate_distance_symbol(unsigned distance);

/* Lengths of fixed codes. */
void deflate_fixed_lengths(uint8_t literals[288], uint8_t distances[32]);

/* Codes from their lengths, the first bit lowest. */
void deflate_codes(const uint8_t *lengths, unsigned count, uint16_t *codes);

/* ---- reading and writing ---- */

struct bit_reader {
    const uint8_t *bytes;
    size_t size, at;
    uint64_t window;
    unsigned bits;
};

/* Read a block; FORMAT where there is none. plain: what the stream gives, of which *position bytes come before it; size of
 * it bounds the block. */
enum bswz_status block_read(struct bit_reader *reader, size_t *position, size_t plain_size, struct block *block,
                            struct bswz_error *error);
/* The rest of the byte. */
unsigned bit_reader_align(struct bit_reader *reader);
/* Bytes that have been taken, in whole or in part. */
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
