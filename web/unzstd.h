/* SPDX-License-Identifier: MIT */
/*
 * Decoding zstd frames (RFC 8878), for browsers, where there is no libzstd: the records of pictures and the bytes in
 * streams are packed with it.
 *
 * A decoder takes a frame in pieces of whole blocks and may be asked to continue it later. What it restores is appended
 * to its history, in which matches are found; at first it holds the dictionary, if there is one. Input is untrusted.
 */
#ifndef BSWZ_WEB_UNZSTD_H
#define BSWZ_WEB_UNZSTD_H

#include "base/buffer.h"

#include <stdbool.h>

enum {
    UNZSTD_BLOCK_MAX = 128 << 10, /* bytes that a block restores to */
    HUFFMAN_BITS = 11,
    FSE_BITS = 9,
    FSE_SYMBOLS = 53
};

/* The state i of a table gives a symbol; the next one is base plus the next bits. */
struct fse_table {
    bool is_there;
    unsigned bits; /* of a state */
    struct {
        uint8_t symbol, bits;
        uint16_t base;
    } state[1 << FSE_BITS];
};

struct huffman_table {
    bool is_there;
    unsigned bits; /* of the longest code */
    struct {
        uint8_t symbol, bits;
    } entry[1 << HUFFMAN_BITS];
};

enum { LITERAL_LENGTHS, OFFSETS, MATCH_LENGTHS, SEQUENCE_TABLES };

/* What a symbol stands for: a base and more bits. */
struct length_code {
    uint32_t base;
    uint8_t bits;
};
extern const struct length_code zstd_literal_lengths[36], zstd_match_lengths[53];

/* The symbols of each kind, and the usual frequencies. */
struct sequence_kind {
    uint8_t symbols, most_bits, bits;
    int16_t frequency[FSE_SYMBOLS];
};
extern const struct sequence_kind zstd_kinds[SEQUENCE_TABLES];

void zstd_usual_table(unsigned kind, struct fse_table *table);

struct unzstd {
    struct huffman_table literals;
    struct fse_table sequences[SEQUENCE_TABLES];
    uint32_t repeats[3]; /* the last offsets */
    bool is_in_frame, has_check;
    uint64_t window;            /* how far matches may reach, without the dictionary */
    struct byte_buffer history; /* free with free(history.data) */
    uint8_t *scratch;           /* [UNZSTD_BLOCK_MAX] for literals; free with free */
};

/* The content of a compressed block is appended to the history. CORRUPT, MEMORY. */
enum bswz_status unzstd_block(struct unzstd *unzstd, const uint8_t *bytes, size_t size, struct bswz_error *error);

/* Restore all of the packed bytes, which end with a block or a frame, to the end of the history: at most `most` bytes.
 * window_most: longer windows are LIMIT. CORRUPT, MEMORY; what has been appended is right. */
enum bswz_status unzstd_run(struct unzstd *unzstd, const uint8_t *packed, size_t packed_size, size_t most,
                            uint64_t window_most, struct bswz_error *error);

void unzstd_free(struct unzstd *unzstd);

enum bswz_status unzstd_damaged(struct bswz_error *error);

#endif
