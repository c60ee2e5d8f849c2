/* SPDX-License-Identifier: MIT */
/*
 * Colour tables that have much in common: the local tables of the frames of an animation.
 *
 * Entries often equal those of the previous table, or follow each other as in an earlier table, or occur twice in a
 * row; and most tables are sorted from dark to light.
 */
#ifndef BSWZ_DRAWN_TABLE_H
#define BSWZ_DRAWN_TABLE_H

#include "mixing/decisions.h"
#include "mixing/probability.h"

enum {
    TABLE_LARGEST = 256,
    TABLE_FOLLOWERS = 1 << 14, /* places in a hash table */
    TABLE_SOURCES = 5
};

struct table_coder {
    uint32_t last[TABLE_LARGEST]; /* the previous table */
    unsigned last_count;
    uint32_t followers[TABLE_FOLLOWERS][2]; /* the entries that followed a colour, the latest first; each + 1, or 0 */
    cell sources[TABLE_SOURCES][64];        /* is the entry what this source gives? */
    cell samples[3][3][256];                /* differences from the preceding entry, bit by bit */
};

void table_coder_init(struct table_coder *coder);

/* Learn a known table as if it had been coded. */
void table_know(struct table_coder *coder, const uint8_t *entries, unsigned count);

/* Code count entries of three bytes; the decoder fills them in. */
void table_code(struct table_coder *coder, struct decisions *decisions, uint8_t *entries, unsigned count);

#endif
