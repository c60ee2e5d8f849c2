/*
 * Tables of colours that have much in common: the local ones of an animation's frames.
 *
 * Entries are often those of the table before, or follow each other as they did in some table, or are the same twice,
 * and most tables go from dark to light.
 */
#ifndef BSWZ_DRAWN_TABLE_H
#define BSWZ_DRAWN_TABLE_H

#include "drawn/decisions.h"
#include "drawn/probability.h"

enum {
    TABLE_LARGEST = 256,
    TABLE_FOLLOWERS = 1 << 14, /* places in a hash table */
    TABLE_SOURCES = 5
};

struct table_coder {
    uint32_t last[TABLE_LARGEST]; /* the table before */
    unsigned last_count;
    uint32_t followers[TABLE_FOLLOWERS][2]; /* what followed a colour, the latest first; + 1, 0: nothing */
    cell sources[TABLE_SOURCES][64];        /* is it what this source says? */
    cell samples[3][3][256];                /* differences from the entry before, bit by bit */
};

void table_coder_init(struct table_coder *coder);

/* A table that is known: as if it had been coded. */
void table_know(struct table_coder *coder, const uint8_t *entries, unsigned count);

/* Code count entries of three bytes; the decoder fills them. */
void table_code(struct table_coder *coder, struct decisions *decisions, uint8_t *entries, unsigned count);

#endif
