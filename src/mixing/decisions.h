/* SPDX-License-Identifier: MIT */
/*
 * Decisions: bits with probabilities, on ANS stacks.
 *
 * The probability of a decision depends on the decisions before it, and ANS returns last what was pushed first. So the
 * encoder collects decisions, and pushes a chunk of them in reverse. The stack of a chunk is written from its top down,
 * so the decoder sees everything in order, and a truncated payload can be decoded up to the cut.
 *
 * The state of the last chunk starts at zero, not at the lowest normal state, and its leading zeros are omitted: the
 * payload of a tiny picture takes no more bytes than it has information.
 */
#ifndef BSWZ_MIXING_DECISIONS_H
#define BSWZ_MIXING_DECISIONS_H

#include "base/buffer.h"
#include "image/cost_map.h"

#include <stdbool.h>

enum {
    DECISION_BITS = 16, /* probabilities are in 1/65536, 1 ... 65535 */
    DECISION_ONE = 1 << DECISION_BITS,
    DECISION_CHUNK = 1 << 20, /* decisions that are collected before they are pushed */
    DECISION_STATE_BYTES = 6
};

#define DECISION_LOWEST ((uint64_t)1 << 32) /* states are in [2^32, 2^48) while there are words */

/* One owner: a picture's encoder or decoder. */
struct decisions {
    bool is_decoding;
    bool failed;     /* encoder: no memory */
    bool is_over;    /* encoder: the limit has been passed */
    bool is_dry;     /* decoder: the payload ended before or exactly with its decisions */
    bool is_damaged; /* decoder: a chunk did not end in the state that the encoder began with; encoder: a chunk did
                      * not come back */
    bool are_proven; /* encoder: every chunk is popped again */
    unsigned part;   /* of the next decision: 0 ... 7, with a meaning that the caller gives them */
    size_t count;    /* decisions of this chunk so far */

    uint32_t *noted;               /* encoder: probability of a one - 1, the bit and the part of each */
    size_t capacity, limit, start; /* start: of the payload in *out */
    struct byte_buffer *out;
    double *bits;    /* NULL, or the bits spent on each part that the caller uses */
    size_t measured; /* decisions of this chunk that decisions_measure has seen */
    uint64_t range;  /* what those decisions leave of 2^64, shifted up to 2^63 or more */

    const uint8_t *bytes; /* decoder */
    size_t size, at;
    uint64_t state;
    const struct cost_place *place; /* decoder: NULL, or where bits are counted */
    double placed;                  /* of them, up to here */
    uint32_t row;                   /* of the pixels under way */
};

void decisions_begin_encoding(struct decisions *decisions, struct byte_buffer *out, size_t limit, double *bits);
void decisions_begin_decoding(struct decisions *decisions, const uint8_t *bytes, size_t size);

/* Push the collected decisions; sets is_over if the limit is passed. */
void decisions_push_chunk(struct decisions *decisions, bool is_last);

/* Encoder: how many whole bits the decisions since the last call took, without those of chunks that were pushed in the
 * meantime. An integer, because the encoder's choices depend on it. */
uint32_t decisions_measure(struct decisions *decisions);

/* Decoder with a place: the decisions since the last call are those of `width` pixels of the row, from x on; or, without
 * pixels, they have no place. */
void decisions_place(struct decisions *decisions, uint32_t x, uint32_t width, enum cost_kind kind);
void decisions_pass(struct decisions *decisions);

/* Decoder: how many bits of the payload have been taken; only for reports. */
double decisions_taken(const struct decisions *decisions);

/* Decoder: begin the next chunk. */
void decisions_next_chunk(struct decisions *decisions);

/* After the last decision: did everything end as it must? Frees what the encoder collected. */
bool decisions_end(struct decisions *decisions);

/* Encoder: room for one more decision. */
bool decisions_grow(struct decisions *decisions);

/* Code a decision: the encoder notes the bit and returns it, the decoder ignores bit and returns the one it pops.
 * one: the probability of a one. */
static inline unsigned decide(struct decisions *d, unsigned bit, uint32_t one) {
    if (!d->is_decoding) {
        if (d->count == d->capacity && !decisions_grow(d)) {
            return bit;
        }
        d->noted[d->count++] = (one - 1) | bit << 16 | (uint32_t)d->part << 17;
        return bit;
    }
    if (d->count == DECISION_CHUNK) {
        decisions_next_chunk(d);
    }
    d->count++;
    const uint32_t slot = (uint32_t)d->state & (DECISION_ONE - 1);
    const bool is_one = slot < one;
    const uint64_t frequency = is_one ? one : DECISION_ONE - one;
    const uint32_t start = is_one ? 0 : one;
    d->state = frequency * (d->state >> DECISION_BITS) + slot - start;
    if (d->state < DECISION_LOWEST) {
        if (d->at + 2 <= d->size) {
            d->state = d->state << 16 | (uint32_t)d->bytes[d->at] | (uint32_t)d->bytes[d->at + 1] << 8;
            d->at += 2;
        } else {
            d->is_dry = true;
        }
    }
    return is_one;
}

/* What a decision costs, in bits; only for reports. */
double decision_cost(unsigned bit, uint32_t one);

/* Is it pointless to continue? The encoder has passed its limit or has no memory, or the decoder's payload is
 * damaged. */
static inline bool decisions_are_useless(const struct decisions *decisions) {
    return decisions->failed || decisions->is_over || decisions->is_damaged;
}

/* A number of `bits` bits, each with probability one half. */
static inline uint32_t decide_number(struct decisions *decisions, uint32_t value, unsigned bits) {
    uint32_t result = 0;
    for (unsigned i = bits; i-- > 0;) {
        result = result << 1 | decide(decisions, value >> i & 1, DECISION_ONE / 2);
    }
    return result;
}

/* Which of the `count` earlier pictures, at most 256, a picture refers to, counted from 1; 0: none, which is usual. */
static inline uint32_t decide_reference(struct decisions *decisions, uint32_t refers, unsigned count) {
    enum { RARELY = 1024 }; /* the probability of a reference, in 65536 */
    if (!decide(decisions, refers > 0, RARELY)) {
        return 0;
    }
    refers = decide_number(decisions, refers - 1, 8) + 1;
    decisions->is_damaged |= refers > count;
    return refers;
}

#endif
