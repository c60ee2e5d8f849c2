/* SPDX-License-Identifier: MIT */
/*
 * What the matcher guessed for each token while a stream was described.
 *
 * A recipe is proved before it is used: the decoder rebuilds the stream from it. Most of that time would go into
 * finding the same matches again. But a guess follows from the content, the settings and the tokens before it, and from
 * nothing else: the matcher and the shortest paths are the same code for both sides, and begin with empty tables. So
 * the proof recalls the guesses instead of making them, and everything else is the decoder's. If the stream comes back,
 * its tokens were the same up to each guess, and so is the guess that the decoder will make there.
 *
 * The same holds for tokens that were corrected by a rank, which the decoder looks up among the matches at the place.
 *
 * Of long streams not all guesses are noted, and the decoder makes its own.
 */
#ifndef BSWZ_DEFLATE_GUESSES_H
#define BSWZ_DEFLATE_GUESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Or of a code that was foreseen: its length and, as the outlook, its fineness (code_lengths.c). */
struct guess {
    uint16_t length, distance; /* length 1: a literal */
    uint16_t here;             /* the length of the match at the place, whether or not it would be taken; 0: none */
    uint8_t outlook;           /* how it compares with what comes next (coder.c) */
};

/* A token of this rank among the matches at its place. */
struct ranked_token {
    uint16_t rank, length, distance;
};

/* Initially {0}; is_kept is set by whoever wants to keep guesses. */
struct guesses {
    bool is_kept, is_complete; /* complete: of a stream that has been described */
    struct guess *made;
    struct ranked_token *ranked;
    size_t count, room, ranked_count, ranked_room;
    size_t recalled, ranked_recalled; /* those before have been recalled */
};

void guesses_free(struct guesses *guesses);
/* Forget all, and begin to keep those of a stream. */
void guesses_begin(struct guesses *guesses);
/* If there is no room, no more are kept. */
void guesses_note(struct guesses *guesses, const struct guess *guess);
void guesses_note_ranked(struct guesses *guesses, unsigned rank, unsigned length, unsigned distance);

void guesses_rewind(struct guesses *guesses);
/* false: there are no more. */
bool guesses_recall(struct guesses *guesses, struct guess *guess);
/* false: this is not the rank of the next of these. */
bool guesses_recall_ranked(struct guesses *guesses, unsigned rank, struct ranked_token *token);

#endif
