/*
 * Decisions: bits with probabilities, on ANS stacks.
 *
 * The probability of a decision follows from the decisions before it, and ANS gives back last what was pushed first.
 * So the encoder writes down decisions, and pushes a chunk of them in reverse. A chunk's stack is written from its top
 * down, and the decoder meets everything in order: what is left of a payload that was cut off can be decoded up to the
 * cut.
 *
 * The last chunk's state starts at zero, not at the lowest normal state, and its leading zeros are left out: the
 * payload of a tiny picture has no more bytes than it has information.
 */
#ifndef BSWZ_DRAWN_DECISIONS_H
#define BSWZ_DRAWN_DECISIONS_H

#include "drawn/drawn.h"

enum {
    DECISION_BITS = 16, /* probabilities are in 1/65536, 1 ... 65535 */
    DECISION_ONE = 1 << DECISION_BITS,
    DECISION_CHUNK = 1 << 20, /* decisions that are written down at once */
    DECISION_STATE_BYTES = 6
};

#define DECISION_LOWEST ((uint64_t)1 << 32) /* states are in [2^32, 2^48) while there are words */

/* One owner: a picture's encoder or decoder. */
struct decisions {
    bool is_decoding;
    bool failed;          /* encoder: no memory */
    bool is_over;         /* encoder: the limit has been passed */
    bool is_dry;          /* decoder: the payload ended before its decisions did, or just at them */
    bool is_damaged;      /* decoder: a chunk did not end as it began; encoder: it did not come back */
    bool are_proven;      /* encoder: every chunk is popped again */
    enum drawn_part part; /* of the next decision */
    size_t count;         /* decisions of this chunk so far */

    uint32_t *noted;               /* encoder: probability of a one - 1, the bit and the part of each */
    size_t capacity, limit, start; /* start: of the payload in *out */
    struct byte_buffer *out;
    double *bits;    /* NULL, or bits spent on each part */
    size_t measured; /* decisions of this chunk that decisions_measure has seen */
    uint64_t range;  /* what they leave of 2^64, shifted up to 2^63 at least */

    const uint8_t *bytes; /* decoder */
    size_t size, at;
    uint64_t state;
};

void decisions_begin_encoding(struct decisions *decisions, struct byte_buffer *out, size_t limit, double *bits);
void decisions_begin_decoding(struct decisions *decisions, const uint8_t *bytes, size_t size);

/* Push what is noted; sets is_over where the limit is passed. */
void decisions_push_chunk(struct decisions *decisions, bool is_last);

/* Encoder: how many whole bits the decisions took since the last call; those of a chunk that was pushed meanwhile are
 * left out. Integers, for an encoder's choices. */
uint32_t decisions_measure(struct decisions *decisions);

/* Decoder: go on to the next chunk. */
void decisions_next_chunk(struct decisions *decisions);

/* After the last decision: did everything end as it must? Frees what the encoder noted. */
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

/* Is there no use in going on? The encoder's limit is passed or its memory is short, the decoder's payload has ended
 * long before. */
static inline bool decisions_are_useless(const struct decisions *decisions) {
    return decisions->failed || decisions->is_over || decisions->is_damaged;
}

/* A number of `bits` bits, each as likely to be one as zero. */
static inline uint32_t decide_number(struct decisions *decisions, uint32_t value, unsigned bits) {
    uint32_t result = 0;
    for (unsigned i = bits; i-- > 0;) {
        result = result << 1 | decide(decisions, value >> i & 1, DECISION_ONE / 2);
    }
    return result;
}

#endif
