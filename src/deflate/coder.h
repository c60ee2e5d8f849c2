/* SPDX-License-Identifier: MIT */
/*
 * Coding blocks as decisions: where they differ from the guesses of the matcher and the trees. The same code encodes
 * and decodes.
 */
#ifndef BSWZ_DEFLATE_CODER_H
#define BSWZ_DEFLATE_CODER_H

#include "deflate/optimal_parse.h"
#include "deflate/trees.h"
#include "mixing/decisions.h"
#include "mixing/probability.h"

/* The beginning of a recipe. */
struct deflate_settings {
    struct match_settings match;
    enum tree_kind tree;
    uint32_t usual; /* the usual number of tokens in a block */
};

enum { NUMBER_CELLS = 64, CLASSES = 12, KINDS = 3, MARGINS = 8, FINENESS = 64 };

struct number_cells {
    cell size[32], first[32][4];
};

struct deflate_coder {
    struct decisions decisions;
    struct matcher matcher;
    struct optimal optimal; /* for this rule only, like the next field */
    uint8_t literals_before[DEFLATE_LITERALS], distances_before[DEFLATE_DISTANCES]; /* code lengths of the last block */
    struct deflate_settings settings;
    struct guesses *guesses; /* encoder: noted there; decoder: recalled from there, and there is no matcher; or NULL */
    uint64_t tokens, token_bytes;    /* so far, without those of the block under way */
    size_t tokens_left, misses_left; /* of a trial, which ends when either is used up */
    bool is_trial, is_over, leaves_out_codes;
    unsigned history; /* which guesses were wrong, the last one lowest */
    unsigned kinds;   /* which tokens were matches, the last one lowest */
    enum block_type type;
    uint32_t stored;

    cell type_cells[3][4], ends[2][2], last[2], is_usual, same_stored, padded, odd;
    struct number_cells counts, stored_sizes;
    cell paddings[256];
    cell hit[KINDS][CLASSES][8][4], literal[CLASSES][8][4];
    cell same_length[CLASSES], ranked[2][CLASSES], nearest[2][CLASSES];
    cell lengths[256], class_lengths[CLASSES][256];
    struct number_cells ranks[2];
    cell choice_hit[2][MARGINS][16], choice_listed;
    struct number_cells choice_ranks[2];
    cell far_bits[16];
    cell told[3], told_values[3][32];
    cell length_hit[3][16][4], length_values[3][16][16];
    cell foreseen_hit[2][FINENESS], foreseen_alike[2][16][4], foreseen_none[2][16][4], foreseen_new[2][16];
    cell foreseen_up[2][FINENESS], foreseen_more[2][2][16];
    cell step_hit[4], step_kinds[4], step_counts[3][128];
};

/* recalled: a decoder recalls these guesses instead of making them; NULL: an encoder, or another decoder. MEMORY. */
enum bswz_status deflate_coder_open(struct deflate_coder **coder, const struct deflate_settings *settings,
                                    const uint8_t *plain, size_t plain_size, struct guesses *recalled,
                                    struct bswz_error *error);
void deflate_coder_close(struct deflate_coder *coder);

/* Code the block that begins at plain[*position], and advance *position. The decoder fills the block in. FORMAT: the
 * recipe is invalid. */
enum bswz_status deflate_code_block(struct deflate_coder *coder, struct block *block, size_t *position,
                                    struct bswz_error *error);

/* How often each symbol occurs in a block: DEFLATE_LITERALS and DEFLATE_DISTANCES counts. */
void deflate_count_symbols(const struct block *block, const uint8_t *plain, uint32_t *literals, uint32_t *distances);

/* The bits that fill up the last byte. */
unsigned deflate_code_padding(struct deflate_coder *coder, unsigned padding);

#endif
