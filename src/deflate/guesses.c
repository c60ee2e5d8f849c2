/* SPDX-License-Identifier: MIT */
/*
 * Guesses that are noted and recalled (guesses.h).
 */
#include "deflate/guesses.h"

#include "base/allocate.h"

#include <stdlib.h>

/* Tokens whose guesses are kept: 16 MiB. */
enum { GUESSES_MOST = 1 << 21, GUESSES_FIRST = 1 << 10 };

void guesses_free(struct guesses *guesses) {
    free(guesses->made);
    free(guesses->ranked);
    *guesses = (struct guesses){0};
}

void guesses_begin(struct guesses *guesses) {
    guesses->is_kept = true;
    guesses->is_complete = false;
    guesses->count = guesses->ranked_count = 0;
}

/* Room for one more; NULL: there is none. The list then stays as it is. */
static void *grow(void *list, size_t count, size_t *room, size_t each) {
    if (count < *room) {
        return list;
    }
    const size_t more = *room == 0 ? GUESSES_FIRST : 2 * *room;
    void *grown = more > GUESSES_MOST ? NULL : bswz_grow(list, count * each, more * each);
    *room = grown == NULL ? *room : more;
    return grown;
}

void guesses_note(struct guesses *guesses, const struct guess *guess) {
    if (guesses->is_kept) {
        struct guess *made = grow(guesses->made, guesses->count, &guesses->room, sizeof *made);
        guesses->is_kept = made != NULL;
        guesses->made = made != NULL ? made : guesses->made;
    }
    if (guesses->is_kept) {
        guesses->made[guesses->count++] = *guess;
    }
}

void guesses_note_ranked(struct guesses *guesses, unsigned rank, unsigned length, unsigned distance) {
    if (guesses->is_kept) {
        struct ranked_token *list = grow(guesses->ranked, guesses->ranked_count, &guesses->ranked_room, sizeof *list);
        guesses->is_kept = list != NULL;
        guesses->ranked = list != NULL ? list : guesses->ranked;
    }
    if (guesses->is_kept) {
        guesses->ranked[guesses->ranked_count++] =
            (struct ranked_token){(uint16_t)rank, (uint16_t)length, (uint16_t)distance};
    }
}

void guesses_rewind(struct guesses *guesses) {
    guesses->recalled = guesses->ranked_recalled = 0;
}

bool guesses_recall(struct guesses *guesses, struct guess *guess) {
    if (guesses->recalled == guesses->count) {
        return false;
    }
    *guess = guesses->made[guesses->recalled++];
    return true;
}

bool guesses_recall_ranked(struct guesses *guesses, unsigned rank, struct ranked_token *token) {
    if (guesses->ranked_recalled == guesses->ranked_count) {
        return false;
    }
    *token = guesses->ranked[guesses->ranked_recalled++];
    return token->rank == rank;
}
