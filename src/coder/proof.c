/* SPDX-License-Identifier: MIT */
/*
 * Proofs (proof.h).
 *
 * What the encoder has borrowed meanwhile lies below everything that the stack held before: a decoder leaves it
 * there.
 */
#include "coder/proof.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

/* Words for what popping pushes: it may be ahead of what it pops by one per lane; and without room for more, vector code
 * leaves it to the plain code (stack_lanes.h). */
enum { ROOM = 16 * ANS_MAX_LANES };

static bool make_room(uint32_t **words, size_t *capacity, size_t wanted) {
    if (wanted <= *capacity) {
        return true;
    }
    uint32_t *larger = bswz_allocate(wanted + wanted / 2, sizeof *larger);
    if (larger == NULL) {
        return false;
    }
    free(*words);
    *words = larger;
    *capacity = wanted + wanted / 2;
    return true;
}

static void copy_words(uint32_t *to, const uint32_t *from, size_t at, size_t count) {
    if (count > 0) { /* otherwise, either may be NULL */
        memcpy(to, from + at, count * sizeof *to);
    }
}

bool proof_begin(struct proof *proof, const struct ans *ans, size_t most) {
    memcpy(proof->state, ans->state, sizeof proof->state);
    proof->size = ans->size;
    proof->borrowed = ans->borrowed;
    proof->kept = most < ans->size ? most : ans->size;
    if (!make_room(&proof->words, &proof->capacity, proof->kept + 1)) {
        return false;
    }
    copy_words(proof->words, ans->words, ans->size - proof->kept, proof->kept);
    return true;
}

struct ans *proof_popping(struct proof *proof, const struct ans *ans) {
    struct ans *copy = &proof->copy;
    const size_t below = proof->size - proof->kept;
    if (ans->failed || ans->size < below || !make_room(&copy->words, &copy->capacity, ans->size - below + ROOM)) {
        return NULL;
    }
    uint32_t *words = copy->words;
    const size_t capacity = copy->capacity;
    *copy = *ans;
    copy->words = words;
    copy->capacity = capacity;
    copy->size = ans->size - below;
    copy->decoding = true;
    copy_words(words, ans->words, below, copy->size);
    return copy;
}

/* Are these the borrowed words numbered from ... to - 1, as they lie at the bottom? */
static bool is_lent(const uint32_t *words, uint64_t from, uint64_t to) {
    for (uint64_t number = to; number-- > from;) {
        if (*words++ != ans_lent_word(number)) {
            return false;
        }
    }
    return true;
}

bool proof_end(const struct proof *proof, const struct ans *ans) {
    const struct ans *copy = &proof->copy;
    const size_t lent = (size_t)(ans->borrowed - proof->borrowed);
    return !copy->failed && memcmp(copy->state, proof->state, ans->lanes * sizeof proof->state[0]) == 0 &&
           copy->size == proof->kept + lent && is_lent(copy->words, proof->borrowed, ans->borrowed) &&
           (proof->kept == 0 || memcmp(copy->words + lent, proof->words, proof->kept * sizeof *proof->words) == 0);
}

void proof_free(struct proof *proof) {
    free(proof->words);
    ans_free(&proof->copy);
    *proof = (struct proof){.words = NULL};
}

/* ---- marks ---- */

static uint64_t hash_of(const struct ans *ans, const uint32_t *words, size_t count) {
    uint64_t hash = ans->lanes;
    for (unsigned lane = 0; lane < ans->lanes; lane++) {
        hash = (hash ^ ans->state[lane]) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 32;
    }
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 32;
    }
    return hash;
}

struct ans_mark ans_mark_of(const struct ans *ans) {
    return (struct ans_mark){ans->size, ans->borrowed, hash_of(ans, ans->words, ans->size)};
}

bool ans_is_at(const struct ans *ans, const struct ans_mark *mark) {
    if (ans->failed || ans->borrowed < mark->borrowed || ans->size != mark->size + (ans->borrowed - mark->borrowed)) {
        return false;
    }
    const size_t lent = ans->size - mark->size;
    return is_lent(ans->words, mark->borrowed, ans->borrowed) &&
           hash_of(ans, lent > 0 ? ans->words + lent : ans->words, mark->size) == mark->hash;
}
