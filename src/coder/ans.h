/* SPDX-License-Identifier: MIT */
/*
 * The ANS stack: one stack of 32-bit words below one or more 64-bit states.
 *
 * READ ME FIRST. rANS is a stack. What is pushed last is popped first, so an encoder processes everything in the
 * reverse of the order in which the decoder will see it. Pushing a symbol of probability p makes the stack -log2 p
 * bits longer; popping a symbol from a distribution removes as many bits and yields a sample of it. Bits-back
 * coding uses this second view: an encoder *pops* latent variables from their posterior, and the decoder pushes
 * them back. Every operation here has its exact inverse here:
 *
 *     ans_push(symbol)  <->  ans_pop + ans_pop_commit
 *
 * Encoder and decoder both push and pop. A decoder that runs the inverse operations in reverse order passes
 * through the same states, and ends where the encoder began.
 *
 * Lanes.  Consecutive pixels use different states (lane = pixel number modulo the
 * lane count), so that a processor can work on all of them at once; words of all lanes
 * share one stack.  The lane count, a power of two, is stored with the stack.
 *
 * An encoder that pops from an empty stack borrows: the words come from a fixed pseudo-random sequence, and their
 * number is stored. The decoder must end with exactly these words on its stack, which serves as an additional
 * check. (The lattice passes fill the stack before the first latent is popped, so borrowing is rare; a pure latent
 * model borrows its initial bits here.)
 *
 * Reference: J. Duda, "Asymmetric numeral systems", 2013; J. Townsend, T. Bird, D. Barber, "Practical lossless
 * compression with latent variables using bits back coding", ICLR 2019.
 */
#ifndef BSWZ_ANS_H
#define BSWZ_ANS_H

#include "base/buffer.h"

#include <stdbool.h>

enum { ANS_MAX_LANES = 16 };

#define ANS_LOWEST ((uint64_t)1 << 32) /* a state is in [2^32, 2^64) between operations */

/* Owned by one thread: the sequencer of a band. */
struct ans {
    uint64_t state[ANS_MAX_LANES];
    unsigned lanes;
    uint32_t *words; /* words[0 .. size): the stack, bottom first */
    size_t size, capacity;
    uint64_t borrowed; /* words that this encoder has taken from below the bottom */
    double lowest;     /* the smallest content that ans_note_lowest has seen, in bits; initially 0 */
    bool failed;       /* no memory for a word, or (decoder) more words needed than available */
    bool decoding;     /* popping below the bottom is an error, not borrowing */
};

/* An empty stack for an encoder. lanes: 1, 2, 4, 8 or 16. */
void ans_init(struct ans *ans, unsigned lanes);
void ans_free(struct ans *ans);

/* Append the stack to *out: number of lanes, number of borrowed words, states, and words from the top of the stack
 * down. */
enum bswz_status ans_write(const struct ans *ans, struct byte_buffer *out, struct bswz_error *error);

/* Set up a decoder from the output of ans_write; bytes are untrusted. */
enum bswz_status ans_read(struct ans *ans, const uint8_t *bytes, size_t size, struct bswz_error *error);

/* The same for bytes that may be truncated: what is left of them, up to a whole word, is the top of the stack.
 * CORRUPT: not even all states are there. */
enum bswz_status ans_read_top(struct ans *ans, const uint8_t *bytes, size_t size, struct bswz_error *error);

/* After decoding: is the stack in the state in which an encoder's begins? */
bool ans_is_initial(const struct ans *ans);

/* Content in bits, with fractions: reports of rates use its differences. */
double ans_bits(const struct ans *ans);

/* The same rounded to whole bits in each state: integers, for choices of an encoder. */
uint64_t ans_whole_bits(const struct ans *ans);

/* An encoder calls this when its stack is at its emptiest: -lowest becomes the amount that it had to borrow, in
 * bits with fractions (the initial bits). */
void ans_note_lowest(struct ans *ans);

/* Word number index of the sequence from which an empty stack borrows. */
uint32_t ans_lent_word(uint64_t index);

/* What the two functions below call when the stack is full or empty. */
void ans_store_full(struct ans *ans, uint32_t word);
uint32_t ans_fetch_empty(struct ans *ans);

static inline void ans_store_word(struct ans *ans, uint32_t word) {
    if (ans->size < ans->capacity) {
        ans->words[ans->size++] = word;
    } else {
        ans_store_full(ans, word);
    }
}

static inline uint32_t ans_fetch_word(struct ans *ans) {
    return ans->size > 0 ? ans->words[--ans->size] : ans_fetch_empty(ans);
}

/* Push a symbol that has the interval [start, start + frequency) of a total of 2^bits; 0 < frequency < 2^bits,
 * bits <= 31. */
static inline void ans_push(struct ans *ans, unsigned lane, uint32_t start, uint32_t frequency, unsigned bits) {
    uint64_t state = ans->state[lane];
    if (state >> (64 - bits) >= frequency) {
        ans_store_word(ans, (uint32_t)state);
        state >>= 32;
    }
    ans->state[lane] = ((state / frequency) << bits) + state % frequency + start;
}

/* The slot of the next symbol, 0 ... 2^bits - 1; ans_pop_commit must follow. */
static inline uint32_t ans_pop(const struct ans *ans, unsigned lane, unsigned bits) {
    return (uint32_t)(ans->state[lane] & (((uint64_t)1 << bits) - 1));
}

/* Remove the symbol whose interval contains the slot that ans_pop returned. */
static inline void ans_pop_commit(struct ans *ans, unsigned lane, uint32_t start, uint32_t frequency, unsigned bits) {
    uint64_t state = ans->state[lane];
    state = frequency * (state >> bits) + (state & (((uint64_t)1 << bits) - 1)) - start;
    if (state < ANS_LOWEST) {
        state = state << 32 | ans_fetch_word(ans);
    }
    ans->state[lane] = state;
}

#endif
