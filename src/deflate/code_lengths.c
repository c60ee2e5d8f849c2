/* SPDX-License-Identifier: MIT */
/*
 * The codes of dynamic blocks (coder.h).
 *
 * Where tokens come first, the codes follow from their counts. Writers of shortest paths make a few codes and paths in
 * turn, and here codes come first; the writer is imitated, to foresee them.
 */
#include "deflate/coder_bits.h"
#include "deflate/trees.h"

#include <string.h>

enum { FORESEEN = DEFLATE_LITERALS + DEFLATE_DISTANCES };

void deflate_count_symbols(const struct block *block, const uint8_t *plain, uint32_t *literals, uint32_t *distances) {
    memset(literals, 0, DEFLATE_LITERALS * sizeof *literals);
    memset(distances, 0, DEFLATE_DISTANCES * sizeof *distances);
    for (size_t i = 0; i < block->count; i++) {
        const struct token *token = &block->tokens[i];
        if (token->length == 1) {
            literals[*plain]++;
        } else {
            literals[deflate_length_symbol(token)]++;
            distances[deflate_distance_symbol(token->distance)]++;
        }
        plain += token->length;
    }
    literals[256]++;
}

static unsigned used(const uint8_t *lengths, unsigned count, unsigned least) {
    while (count > least && lengths[count - 1] == 0) {
        count--;
    }
    return count;
}

/* How many lengths are listed: as guessed, or `least` plus a number of `bits` bits. */
static unsigned code_told(struct deflate_coder *coder, unsigned which, unsigned bits, unsigned least, unsigned guess,
                          unsigned value) {
    if (code_bit(coder, &coder->told[which], value == guess)) {
        return guess;
    }
    return least + code_tree(coder, coder->told_values[which], bits, value - least);
}

static void code_lengths(struct deflate_coder *coder, unsigned which, const uint8_t *guesses, uint8_t *lengths,
                         unsigned count) {
    const unsigned bits = which == 2 ? 3 : 4;
    unsigned history = 0;
    for (unsigned i = 0; i < count; i++) {
        cell *hit = &coder->length_hit[which][guesses[i]][history & 3];
        const bool is_hit = code_bit(coder, hit, lengths[i] == guesses[i]);
        lengths[i] =
            is_hit ? guesses[i] : (uint8_t)code_tree(coder, coder->length_values[which][guesses[i]], bits, lengths[i]);
        history = history << 1 | !is_hit;
    }
}

/* What was foreseen for a code: its length, 0 if its symbol does not occur; and the bits that the symbol deserves, in
 * quarters, 0 likewise. */
struct foreseen {
    uint8_t length, fineness;
};

static uint8_t fineness_of(uint32_t count, uint64_t total) {
    if (count == 0) {
        return 0;
    }
    const uint64_t share = (total << 2) / count; /* at least 4: 1 and two more bits */
    const unsigned above = bits_of((unsigned)(share > UINT32_MAX ? UINT32_MAX : share)) - 3;
    const unsigned fineness = 1 + 4 * above + (unsigned)(share >> above & 3);
    return (uint8_t)(fineness < FINENESS ? fineness : FINENESS - 1);
}

static void weigh(const uint32_t *counts, unsigned count, struct foreseen *foreseen) {
    uint8_t lengths[DEFLATE_LITERALS];
    uint64_t total = 0;
    tree_lengths(TREE_SORTED, counts, count, DEFLATE_LONGEST, lengths);
    for (unsigned i = 0; i < count; i++) {
        total += counts[i];
    }
    for (unsigned i = 0; i < count; i++) {
        foreseen[i] = (struct foreseen){lengths[i], fineness_of(counts[i], total)};
    }
}

/* How many places a block of `count` tokens is likely to have: twice as many for each token as before. */
static size_t likely_places(const struct deflate_coder *coder, size_t count) {
    enum { USUAL = 256, LARGE = 1 << 24 };
    if (coder->is_trial || count > LARGE) {
        return coder->is_trial ? OPTIMAL_STRETCH : SIZE_MAX;
    }
    const uint64_t places =
        coder->tokens > 0 ? 2 * (uint64_t)count * coder->token_bytes / coder->tokens : USUAL * (uint64_t)count;
    return places < LARGE ? (size_t)places + OPTIMAL_AHEAD : LARGE;
}

/* Foresee the codes of a block, or recall them: those of literals, then those of distances; false: there are none. */
static bool foresee(struct deflate_coder *coder, size_t at, size_t count, struct foreseen *foreseen) {
    uint32_t literals[DEFLATE_LITERALS], distances[DEFLATE_DISTANCES];
    struct guess guess;
    if (is_recalling(coder)) {
        for (unsigned i = 0; i < FORESEEN; i++) {
            if (!guesses_recall(coder->guesses, &guess)) {
                return false;
            }
            foreseen[i] = (struct foreseen){(uint8_t)guess.length, guess.outlook};
        }
        return true;
    }
    optimal_begin(&coder->optimal, coder->literals_before, DEFLATE_LITERALS, coder->distances_before,
                  DEFLATE_DISTANCES);
    optimal_foresee(&coder->optimal, &coder->matcher, at, count, likely_places(coder, count), literals, distances);
    weigh(literals, DEFLATE_LITERALS, foreseen);
    weigh(distances, DEFLATE_DISTANCES, foreseen + DEFLATE_LITERALS);
    for (unsigned i = 0; i < FORESEEN && coder->guesses != NULL; i++) {
        guesses_note(coder->guesses, &(struct guess){.length = foreseen[i].length, .outlook = foreseen[i].fineness});
    }
    return true;
}

/* A length that is not as foreseen: longer or shorter, and by how much; a symbol without a code comes after the
 * longest. */
static uint8_t code_deviation(struct deflate_coder *coder, unsigned which, const struct foreseen *foreseen,
                              unsigned length) {
    const unsigned guess = foreseen->length, value = length == 0 ? DEFLATE_LONGEST + 1 : length;
    const bool up = guess == 1 || code_bit(coder, &coder->foreseen_up[which][foreseen->fineness], value > guess);
    const unsigned most = up ? DEFLATE_LONGEST + 1 - guess : guess - 1;
    unsigned by = 1;
    while (by < most &&
           code_bit(coder, &coder->foreseen_more[which][up][by], up ? value > guess + by : value + by < guess)) {
        by++;
    }
    return (uint8_t)(!up ? guess - by : guess + by > DEFLATE_LONGEST ? 0 : guess + by);
}

/* Code lengths of which most are as foreseen. before: those of the last block. */
static void code_foreseen(struct deflate_coder *coder, unsigned which, const struct foreseen *foreseen,
                          const uint8_t *before, uint8_t *lengths, unsigned count) {
    unsigned history = 0;
    for (unsigned i = 0; i < count; i++) {
        const unsigned guess = foreseen[i].length;
        const unsigned side = before[i] == guess ? 2 : 0;
        cell *alike = guess > 0 ? &coder->foreseen_alike[which][guess][side | (history & 1)]
                                : &coder->foreseen_none[which][before[i]][history & 3];
        cell *hits = &coder->foreseen_hit[which][foreseen[i].fineness];
        const bool is_hit = code_mixed_bit(coder, hits, alike, lengths[i] == guess);
        history = history << 1 | !is_hit;
        if (is_hit) {
            lengths[i] = (uint8_t)guess;
        } else if (guess > 0) {
            lengths[i] = code_deviation(coder, which, &foreseen[i], lengths[i]);
        } else {
            lengths[i] = (uint8_t)code_tree(coder, coder->foreseen_new[which], 4, lengths[i]);
        }
    }
}

static unsigned used_foreseen(const struct foreseen *foreseen, unsigned count, unsigned least) {
    while (count > least && foreseen[count - 1].length == 0) {
        count--;
    }
    return count;
}

/* The code lengths of a block whose tokens come later. */
static bool code_foreseen_lengths(struct deflate_coder *coder, struct block *block, size_t at, size_t count) {
    struct foreseen foreseen[FORESEEN], *far = foreseen + DEFLATE_LITERALS;
    if (!foresee(coder, at, count, foreseen)) {
        return false;
    }
    block->literals = code_told(coder, 0, 5, 257, used_foreseen(foreseen, DEFLATE_LITERALS, 257), block->literals);
    if (block->literals > DEFLATE_LITERALS) {
        return false;
    }
    code_foreseen(coder, 0, foreseen, coder->literals_before, block->lengths, block->literals);
    block->distances = code_told(coder, 1, 5, 1, used_foreseen(far, DEFLATE_DISTANCES, 1), block->distances);
    if (block->distances > DEFLATE_DISTANCES) {
        return false;
    }
    code_foreseen(coder, 1, far, coder->distances_before, block->lengths + block->literals, block->distances);
    return true;
}

/* The code lengths of a block whose tokens are known. */
static bool code_counted_lengths(struct deflate_coder *coder, struct block *block, const uint8_t *plain) {
    uint32_t literals[DEFLATE_LITERALS], distances[DEFLATE_DISTANCES];
    uint8_t guesses[DEFLATE_LITERALS];
    const enum tree_kind tree = coder->settings.tree;
    deflate_count_symbols(block, plain, literals, distances);
    tree_lengths(tree, literals, DEFLATE_LITERALS, DEFLATE_LONGEST, guesses);
    block->literals = code_told(coder, 0, 5, 257, used(guesses, DEFLATE_LITERALS, 257), block->literals);
    if (block->literals > DEFLATE_LITERALS) {
        return false;
    }
    code_lengths(coder, 0, guesses, block->lengths, block->literals);
    tree_lengths(tree, distances, DEFLATE_DISTANCES, DEFLATE_LONGEST, guesses);
    block->distances = code_told(coder, 1, 5, 1, used(guesses, DEFLATE_DISTANCES, 1), block->distances);
    if (block->distances > DEFLATE_DISTANCES) {
        return false;
    }
    code_lengths(coder, 1, guesses, block->lengths + block->literals, block->distances);
    return true;
}

/* Does the step agree with the lengths? */
static bool is_true(const uint8_t *lengths, unsigned total, unsigned at, const struct length_step *step) {
    if (step->count == 0 || step->count > total - at || (step->symbol == 16 && at == 0)) {
        return false;
    }
    const uint8_t value = step->symbol < 16 ? step->symbol : step->symbol == 16 ? lengths[at - 1] : 0;
    for (unsigned i = 0; i < step->count; i++) {
        if (lengths[at + i] != value) {
            return false;
        }
    }
    return true;
}

static bool code_steps(struct deflate_coder *coder, struct block *block) {
    static const uint8_t bits[3] = {2, 3, 7}, base[3] = {3, 3, 11};
    const unsigned total = block->literals + block->distances;
    unsigned history = 0, number = 0;
    for (unsigned at = 0; at < total; number++) {
        const struct length_step guess = tree_next_step(block->lengths, block->literals, total, at);
        struct length_step *step = &block->steps[number];
        const bool is_hit =
            code_bit(coder, &coder->step_hit[history & 3], step->symbol == guess.symbol && step->count == guess.count);
        if (is_hit) {
            *step = guess;
        } else {
            const unsigned kind = code_tree(coder, coder->step_kinds, 2, step->symbol < 16 ? 0 : step->symbol - 15u);
            step->symbol = kind == 0 ? block->lengths[at] : (uint8_t)(15 + kind);
            const unsigned i = kind - 1;
            step->count = kind == 0 ? 1
                                    : (uint8_t)(base[i] + code_tree(coder, coder->step_counts[i], bits[i],
                                                                    step->count - (unsigned)base[i]));
        }
        if (!is_true(block->lengths, total, at, step)) {
            return false;
        }
        history = history << 1 | !is_hit;
        at += step->count;
    }
    block->step_count = number;
    return true;
}

/* After the lengths of a block's codes: how they are listed. */
static bool code_listing(struct deflate_coder *coder, struct block *block) {
    uint32_t codes[DEFLATE_CODES] = {0};
    uint8_t guesses[DEFLATE_CODES], ordered[DEFLATE_CODES];
    if (!code_steps(coder, block)) {
        return false;
    }
    for (unsigned i = 0; i < block->step_count; i++) {
        codes[block->steps[i].symbol]++;
    }
    tree_lengths(coder->settings.tree, codes, DEFLATE_CODES, 7, guesses);
    for (unsigned i = 0; i < DEFLATE_CODES; i++) {
        ordered[i] = guesses[deflate_code_order[i]];
    }
    block->codes = code_told(coder, 2, 4, 4, used(ordered, DEFLATE_CODES, 4), block->codes);
    if (coder->decisions.is_decoding) {
        memset(block->code_lengths, 0, sizeof block->code_lengths);
    }
    code_lengths(coder, 2, guesses, block->code_lengths, DEFLATE_CODES);
    return block->codes <= DEFLATE_CODES;
}

bool deflate_code_counted(struct deflate_coder *coder, struct block *block, const uint8_t *plain) {
    return code_counted_lengths(coder, block, plain) && code_listing(coder, block);
}

bool deflate_code_foreseen(struct deflate_coder *coder, struct block *block, size_t at, size_t count) {
    return code_foreseen_lengths(coder, block, at, count) && code_listing(coder, block);
}
