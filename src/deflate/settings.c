/* SPDX-License-Identifier: MIT */
/*
 * Settings (settings.h).
 *
 * The presets are the levels of zlib, and a few others that represent other families of writers. The best settings are
 * found by trial: fast presets on the first tokens, the best of them and slower relatives on more tokens, and then
 * variations of the winner. A trial is abandoned when it has made many more wrong guesses than the best one so far.
 *
 * In a recipe:
 *
 *     byte    preset
 *     byte    bits 0-3 hash bits - 8, bit 4 filtered, bit 5 the kind of trees
 *     varint  32768 - the largest distance
 *     varint  the usual number of tokens in a block
 */
#include "deflate/settings.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_TOKENS = 2000, MORE_TOKENS = 8000, FINALISTS = 3, ZLIB_FAR = 32768 - 262, NO_LIMIT = 32768 };

/* Steps of the matcher. Steps in proportion to the bytes that a stream contains are too many for streams made to take
 * long, so both a description and the search for settings are limited by the size of the stream itself. */
#define STEPS_FIRST ((uint64_t)1 << 27)
#define STEPS_BYTE 192
#define SEARCH_FIRST ((uint64_t)1 << 26)
#define SEARCH_BYTE 512
#define SEARCH_MOST ((uint64_t)1 << 27)
/* The decisions of a recipe take at most this many bytes fewer than decisions_measure says. */
#define MEASURED_LESS 64

/* A trial takes at most this share of what is left for all of them. */
#define TRIAL_SHARE 3

/* rule, hash, shortest, filtered; chain, good, nice, lazy; insert, far, too far, skip */
static const struct match_settings presets[] = {
    {RULE_GREEDY, 15, 3, 0, 4, 258, 8, 258, 4, ZLIB_FAR, NO_LIMIT, 0}, /* the levels of zlib */
    {RULE_GREEDY, 15, 3, 0, 8, 258, 16, 258, 5, ZLIB_FAR, NO_LIMIT, 0},
    {RULE_GREEDY, 15, 3, 0, 32, 258, 32, 258, 6, ZLIB_FAR, NO_LIMIT, 0},
    {RULE_LONGER, 15, 3, 0, 16, 4, 16, 4, 258, ZLIB_FAR, 4096, 0},
    {RULE_LONGER, 15, 3, 0, 32, 8, 32, 16, 258, ZLIB_FAR, 4096, 0},
    {RULE_LONGER, 15, 3, 0, 128, 8, 128, 16, 258, ZLIB_FAR, 4096, 0},
    {RULE_LONGER, 15, 3, 0, 256, 8, 128, 32, 258, ZLIB_FAR, 4096, 0},
    {RULE_LONGER, 15, 3, 0, 1024, 32, 258, 128, 258, ZLIB_FAR, 4096, 0},
    {RULE_LONGER, 15, 3, 0, 4096, 32, 258, 258, 258, ZLIB_FAR, 4096, 0},
    {RULE_GREEDY, 15, 3, 0, 1, 258, 258, 258, 258, 1, NO_LIMIT, 0},        /* only runs */
    {RULE_GREEDY, 15, 3, 0, 0, 258, 258, 258, 258, 1, NO_LIMIT, 0},        /* no matches */
    {RULE_GREEDY, 16, 3, 0, 1, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT, 0}, /* fast writers of other families */
    {RULE_GREEDY, 16, 4, 0, 1, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT, 0},
    {RULE_GREEDY, 16, 3, 0, 16, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT, 0},
    {RULE_GREEDY, 16, 3, 0, 64, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT, 0},
    {RULE_GREEDY, HASH_FAIR, 3, 0, 5, 258, 258, 258, 258, NO_LIMIT, 4096, 0}, /* Windows Imaging Component */
    {RULE_NEARER, 16, 3, 0, 32, 258, 64, 258, 258, NO_LIMIT, 4096, 0},
    {RULE_NEARER, 16, 3, 0, 256, 258, 258, 258, 258, NO_LIMIT, 8192, 0},
    {RULE_LONGER, 16, 3, 0, 64, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT, 0},
    {RULE_OPTIMAL, 16, 3, 0, 300, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT, 0},   /* optimal ones: zopfli, 7-zip */
    {RULE_OPTIMAL, 16, 3, 0, 300, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT, 258}, /* libdeflate's levels 12, 11, 10 */
    {RULE_OPTIMAL, 16, 3, 0, 100, 258, 150, 258, 258, NO_LIMIT, NO_LIMIT, 150},
    {RULE_OPTIMAL, 16, 3, 0, 35, 258, 75, 258, 258, NO_LIMIT, NO_LIMIT, 75},
};

enum {
    PRESETS = sizeof presets / sizeof *presets,
    LIBDEFLATE_12 = PRESETS - 3, /* those after it are tried where it fits best */
    QUICK_CHAIN = 256,
    LEAST_CHAIN = 16 /* these are quick whatever the stream is */
};

/* A trial of this size has made almost no wrong guesses. */
enum { EXACT = 24 };

enum bswz_status deflate_settings_put(unsigned preset, const struct deflate_settings *settings, struct byte_buffer *out,
                                      struct bswz_error *error) {
    const struct match_settings *match = &settings->match;
    enum bswz_status status = put_8(out, preset, error);
    if (status == BSWZ_OK) {
        status =
            put_8(out, (match->hash_bits - 8u) | (unsigned)match->filtered << 4 | (unsigned)settings->tree << 5, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, NO_LIMIT - (unsigned)match->far, error);
    }
    return status == BSWZ_OK ? put_varint(out, settings->usual, error) : status;
}

bool deflate_settings_take(struct cursor *cursor, struct deflate_settings *settings) {
    uint8_t preset, flags;
    uint32_t nearer;
    if (!take_8(cursor, &preset) || preset >= PRESETS || !take_8(cursor, &flags) || flags >= 64 ||
        (flags & 15) > HASH_FAIR - 8 || !take_varint_32(cursor, NO_LIMIT - 1, &nearer) ||
        !take_varint_32(cursor, UINT32_MAX >> 1, &settings->usual)) {
        return false;
    }
    settings->match = presets[preset];
    settings->match.hash_bits = (uint8_t)((flags & 15) + 8);
    settings->match.filtered = flags >> 4 & 1;
    settings->tree = (enum tree_kind)(flags >> 5);
    settings->match.far = (uint16_t)(NO_LIMIT - nearer);
    return true;
}

/* ---- encoding ---- */

/* A trial omits everything before its start: true if that is the whole block. */
static bool leave_out(struct deflate_coder *coder, struct block *block, size_t from, size_t read, size_t *coded) {
    if (*coded >= from || read == 0) {
        return false;
    }
    size_t at = *coded, count = 0;
    while (block->type != BLOCK_STORED && count < block->count && at < from) {
        at += block->tokens[count++].length;
    }
    at = block->type == BLOCK_STORED ? read : at;
    matcher_skip(&coder->matcher, *coded, at - *coded);
    *coded = at;
    if (count > 0) {
        memmove(block->tokens, block->tokens + count, (block->count - count) * sizeof *block->tokens);
        block->count -= count;
    }
    return at == read;
}

/* How many steps the description of a stream of this size may take, if `left` are left. */
static uint64_t steps_of(size_t size, const struct deflate_settings *settings, uint64_t left) {
    const uint64_t most = settings->match.chain <= LEAST_CHAIN ? UINT64_MAX : STEPS_FIRST + (uint64_t)size * STEPS_BYTE;
    return most < left ? most : left;
}

enum bswz_status deflate_encode(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                const struct deflate_settings *settings, struct trial *trial, uint64_t *steps,
                                size_t most, struct byte_buffer *out, struct guesses *guesses,
                                struct bswz_error *error) {
    struct bit_reader reader = {.bytes = stream, .size = size};
    struct block block = {.count = 0};
    struct deflate_coder *coder;
    size_t read = 0, coded = 0;
    uint64_t bits = 0;
    bool is_spent, is_large;
    enum bswz_status status = deflate_coder_open(&coder, settings, plain, plain_size, NULL, error);
    if (status != BSWZ_OK) {
        deflate_coder_close(coder);
        return status;
    }
    if (guesses != NULL) {
        guesses_begin(guesses);
        coder->guesses = guesses;
    }
    const size_t before = out->size;
    decisions_begin_encoding(&coder->decisions, out, most, NULL);
    const uint64_t most_steps = trial != NULL ? trial->steps : steps_of(size, settings, *steps);
    const bool is_limited = coder->matcher.steps_left > most_steps;
    const uint64_t first = is_limited ? most_steps : coder->matcher.steps_left;
    coder->matcher.steps_left = first;
    if (trial != NULL) {
        coder->tokens_left = trial->tokens;
        coder->misses_left = trial->misses;
        coder->is_trial = true;
        coder->leaves_out_codes = trial->tokens <= FIRST_TOKENS;
    } else {
        coder->matcher.ranks_left = *steps;
    }
    do {
        status = block_read(&reader, &read, plain_size, &block, error);
        if (status == BSWZ_OK && (trial == NULL || !leave_out(coder, &block, trial->from, read, &coded))) {
            status = deflate_code_block(coder, &block, &coded, error);
        }
        is_spent = trial == NULL && is_limited && coder->matcher.steps_left == 0;
        bits += decisions_measure(&coder->decisions);
        is_large = bits / 8 > (uint64_t)most + MEASURED_LESS;
    } while (status == BSWZ_OK && !block.is_last && !coder->is_over && !is_spent && !is_large);
    if (status == BSWZ_OK && !coder->is_over && !is_spent && !is_large) {
        deflate_code_padding(coder, bit_reader_align(&reader));
        if (read != plain_size || bit_reader_position(&reader) != size) {
            status = bswz_fail(error, BSWZ_ERROR_FORMAT, "the deflate stream is invalid");
        }
    }
    if (trial != NULL) {
        trial->missed = trial->misses - coder->misses_left;
        trial->tokens -= coder->tokens_left;
        trial->steps -= first - coder->matcher.steps_left;
    } else {
        const uint64_t taken = first - coder->matcher.steps_left + (*steps - coder->matcher.ranks_left);
        *steps -= taken < *steps ? taken : *steps;
    }
    if (is_spent && status == BSWZ_OK) {
        status = bswz_fail(error, BSWZ_ERROR_LIMIT, "it takes too long to describe the deflate stream");
    }
    const bool is_over = is_large || coder->decisions.is_over;
    if (!decisions_end(&coder->decisions) && status == BSWZ_OK) {
        status = bswz_no_memory(error);
    }
    if (is_over || (status == BSWZ_OK && out->size - before > most)) {
        status = bswz_fail(error, BSWZ_ERROR_LIMIT, "the recipe of the deflate stream is too large");
    }
    if (guesses != NULL) {
        guesses->is_complete = status == BSWZ_OK && guesses->is_kept;
    }
    deflate_coder_close(coder);
    free(block.tokens);
    return status;
}

/* ---- the search ---- */

struct candidate {
    unsigned preset;
    size_t cost;
};

struct search {
    const uint8_t *stream, *plain;
    size_t size, plain_size;
    size_t from;            /* where trials begin in the plain bytes */
    size_t misses;          /* of the best trial with the same number of tokens */
    uint64_t steps;         /* that are left for all trials */
    struct candidate quick; /* the best of those that are quick whatever the stream is */
    struct byte_buffer scratch;
};

/* *cost: the cost of `tokens` tokens, which is estimated if the steps do not suffice for all; SIZE_MAX if the trial was not
 * finished. */
static enum bswz_status try(struct search *search, const struct deflate_settings *settings, size_t tokens, size_t *cost,
                            struct bswz_error *error) {
    const uint64_t steps = search->steps / TRIAL_SHARE;
    struct trial trial = {.from = search->from,
                          .tokens = tokens,
                          .misses = search->misses < SIZE_MAX / 4 ? 2 * search->misses + 32 : SIZE_MAX,
                          .steps = steps};
    *cost = SIZE_MAX;
    if (steps == 0) {
        return BSWZ_OK;
    }
    search->scratch.size = 0;
    const enum bswz_status status = deflate_encode(search->stream, search->size, search->plain, search->plain_size,
                                                   settings, &trial, NULL, SIZE_MAX / 2, &search->scratch, NULL, error);
    search->misses = trial.missed < search->misses ? trial.missed : search->misses;
    search->steps -= steps - trial.steps;
    const bool is_cut = trial.steps == 0 && trial.tokens > 0;
    *cost = trial.missed == trial.misses ? SIZE_MAX
            : is_cut                     ? search->scratch.size * tokens / trial.tokens
                                         : search->scratch.size;
    return status;
}

/* How many lengths differ from those of such trees? */
static unsigned count_differences(const struct block *block, const uint8_t *plain, enum tree_kind kind) {
    uint32_t literals[DEFLATE_LITERALS], distances[DEFLATE_DISTANCES];
    uint8_t lengths[DEFLATE_LITERALS];
    unsigned differences = 0;
    deflate_count_symbols(block, plain, literals, distances);
    tree_lengths(kind, literals, DEFLATE_LITERALS, DEFLATE_LONGEST, lengths);
    for (unsigned i = 0; i < block->literals; i++) {
        differences += lengths[i] != block->lengths[i];
    }
    tree_lengths(kind, distances, DEFLATE_DISTANCES, DEFLATE_LONGEST, lengths);
    for (unsigned i = 0; i < block->distances; i++) {
        differences += lengths[i] != block->lengths[block->literals + i];
    }
    return differences;
}

/* Does the writer avoid short matches, like zlib with the strategy for filtered rows? */
static bool is_filtered(const struct block *block) {
    size_t matches = 0, short_ones = 0;
    for (size_t i = 0; i < block->count; i++) {
        matches += block->tokens[i].length > 1;
        short_ones += block->tokens[i].length > 1 && block->tokens[i].length <= 5;
    }
    return matches >= 20 && short_ones == 0;
}

/* Determine from the first block with tokens: how many tokens it has, whether short matches are used, and, unless that is
 * known, the kind of trees. */
static enum bswz_status look_at_block(struct search *search, bool knows_trees, struct deflate_settings *settings,
                                      struct bswz_error *error) {
    struct bit_reader reader = {.bytes = search->stream, .size = search->size};
    struct block block = {.count = 0};
    size_t read = 0, before;
    enum bswz_status status;
    do {
        before = read;
        status = block_read(&reader, &read, search->plain_size, &block, error);
    } while (status == BSWZ_OK && block.count == 0 && !block.is_last);
    settings->match.filtered = is_filtered(&block);
    settings->usual = read < search->plain_size && block.count > 0 ? (uint32_t)block.count : 0;
    if (status == BSWZ_OK && !knows_trees && block.type == BLOCK_DYNAMIC &&
        count_differences(&block, search->plain + before, TREE_SORTED) <
            count_differences(&block, search->plain + before, TREE_HEAP)) {
        settings->tree = TREE_SORTED;
    }
    free(block.tokens);
    return status;
}

static struct match_settings with_preset(const struct match_settings *settings, unsigned preset) {
    struct match_settings result = presets[preset];
    result.filtered = settings->filtered;
    return result;
}

static void insert_candidate(struct candidate *best, struct candidate candidate) {
    for (unsigned i = 0; i < FINALISTS; i++) {
        if (candidate.cost < best[i].cost) {
            const struct candidate next = best[i];
            best[i] = candidate;
            candidate = next;
        }
    }
}

/* Try the fast or the slow presets on a few tokens. */
static enum bswz_status try_presets(struct search *search, bool slow, struct deflate_settings *settings,
                                    struct candidate *best, struct bswz_error *error) {
    for (unsigned i = 0; i < PRESETS; i++) {
        struct candidate candidate = {.preset = i};
        settings->match = with_preset(&settings->match, i);
        if ((presets[i].chain > QUICK_CHAIN) == slow && i <= LIBDEFLATE_12) {
            const enum bswz_status status = try(search, settings, FIRST_TOKENS, &candidate.cost, error);
            if (status != BSWZ_OK) {
                return status;
            }
            insert_candidate(best, candidate);
            if (presets[i].chain <= LEAST_CHAIN && candidate.cost < search->quick.cost) {
                search->quick = candidate;
            }
        }
    }
    return BSWZ_OK;
}

/* Try settings near the best ones so far. */
static enum bswz_status vary(struct search *search, struct deflate_settings *settings, size_t *cost,
                             struct bswz_error *error) {
    static const uint8_t hashes[] = {16, 14, 13};
    static const uint16_t fars[] = {16384 - 262, 8192 - 262, 4096 - 262, NO_LIMIT, ZLIB_FAR};
    enum { HASHES = sizeof hashes, FARS = sizeof fars / sizeof *fars };
    const bool is_like_zlib = settings->match.far == ZLIB_FAR;
    for (unsigned i = is_like_zlib ? 0 : 1 + HASHES; i < 1 + HASHES + FARS && settings->match.far > 1 && *cost > EXACT;
         i++) {
        struct deflate_settings varied = *settings;
        size_t varied_cost;
        if (i == 0) {
            varied.match.filtered ^= 1;
        } else if (i < 1 + HASHES) {
            varied.match.hash_bits = hashes[i - 1];
        } else {
            varied.match.far = fars[i - 1 - HASHES];
        }
        const enum bswz_status status = try(search, &varied, MORE_TOKENS, &varied_cost, error);
        if (status != BSWZ_OK) {
            return status;
        }
        if (varied_cost < *cost) {
            *settings = varied;
            *cost = varied_cost;
        }
    }
    return BSWZ_OK;
}

/* Try a preset on more tokens. */
static enum bswz_status try_more(struct search *search, unsigned number, const struct deflate_settings *settings,
                                 struct candidate *best, struct bswz_error *error) {
    struct candidate candidate = {.preset = number};
    struct deflate_settings tried = *settings;
    tried.match = with_preset(&settings->match, number);
    const enum bswz_status status = try(search, &tried, MORE_TOKENS, &candidate.cost, error);
    if (candidate.cost < best->cost) {
        *best = candidate;
    }
    return status;
}

static enum bswz_status find(struct search *search, unsigned *preset, struct deflate_settings *settings,
                             struct bswz_error *error) {
    struct candidate first[FINALISTS], best = {.cost = SIZE_MAX};
    for (unsigned i = 0; i < FINALISTS; i++) {
        first[i] = (struct candidate){.cost = SIZE_MAX};
    }
    enum bswz_status status = look_at_block(search, false, settings, error);
    search->misses = SIZE_MAX;
    if (status == BSWZ_OK) {
        status = try_presets(search, false, settings, first, error);
    }
    if (status == BSWZ_OK && first[0].cost > EXACT) {
        status = try_presets(search, true, settings, first, error);
    }
    search->misses = SIZE_MAX;
    for (unsigned i = 0; i < FINALISTS && first[i].cost < SIZE_MAX && status == BSWZ_OK; i++) {
        status = try_more(search, first[i].preset, settings, &best, error);
    }
    for (unsigned i = LIBDEFLATE_12 + 1; i < PRESETS && best.preset >= LIBDEFLATE_12 && status == BSWZ_OK; i++) {
        status = try_more(search, i, settings, &best, error);
    }
    if (status == BSWZ_OK) {
        settings->match = with_preset(&settings->match, best.preset);
        *preset = best.preset;
        status = settings->match.rule == RULE_OPTIMAL ? BSWZ_OK : vary(search, settings, &best.cost, error);
    }
    return status;
}

enum bswz_status deflate_settings_adapt(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                        struct deflate_settings *settings, struct bswz_error *error) {
    struct search search = {.stream = stream, .plain = plain, .size = size, .plain_size = plain_size};
    return look_at_block(&search, true, settings, error);
}

/* Where trials begin, in sixths of the plain bytes: the beginning is like nothing that follows. */
static const uint8_t beginnings[] = {2, 3, 4, 1, 5, 0};
enum { BEGINNINGS = sizeof beginnings, ENOUGH_MATCHES = FIRST_TOKENS / 16 };

/* Count the matches among the first tokens from each place on: without matches all settings are alike. */
static enum bswz_status count_matches(const struct search *search, size_t *matches, struct bswz_error *error) {
    struct bit_reader reader = {.bytes = search->stream, .size = search->size};
    struct block block = {.count = 0};
    size_t read = 0, tokens[BEGINNINGS] = {0};
    enum bswz_status status;
    do {
        size_t at = read;
        status = block_read(&reader, &read, search->plain_size, &block, error);
        for (size_t i = 0; i < block.count && status == BSWZ_OK && block.type != BLOCK_STORED; i++) {
            for (unsigned k = 0; k < BEGINNINGS; k++) {
                const bool counts = at >= search->plain_size / 6 * beginnings[k] && tokens[k] < FIRST_TOKENS;
                tokens[k] += counts;
                matches[k] += counts && block.tokens[i].length > 1;
            }
            at += block.tokens[i].length;
        }
    } while (status == BSWZ_OK && !block.is_last);
    free(block.tokens);
    return status;
}

static enum bswz_status find_beginning(struct search *search, struct bswz_error *error) {
    size_t matches[BEGINNINGS] = {0};
    unsigned best = 0;
    const enum bswz_status status = count_matches(search, matches, error);
    for (unsigned k = 1; k < BEGINNINGS && matches[0] < ENOUGH_MATCHES; k++) {
        best = matches[k] > matches[best] ? k : best;
    }
    search->from = best == 0 ? search->plain_size / 3 : search->plain_size / 6 * beginnings[best];
    return status;
}

enum bswz_status deflate_settings_find(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                       struct deflate_found found[2], struct bswz_error *error) {
    const uint64_t steps = SEARCH_FIRST + (uint64_t)size * SEARCH_BYTE;
    struct search search = {.stream = stream,
                            .plain = plain,
                            .size = size,
                            .plain_size = plain_size,
                            .steps = steps < SEARCH_MOST ? steps : SEARCH_MOST,
                            .quick = {.cost = SIZE_MAX}};
    found[0] = (struct deflate_found){.settings.tree = TREE_HEAP};
    enum bswz_status status = find_beginning(&search, error);
    if (status == BSWZ_OK) {
        status = find(&search, &found[0].preset, &found[0].settings, error);
    }
    found[1] = (struct deflate_found){.preset = search.quick.preset, .settings = found[0].settings};
    found[1].settings.match = with_preset(&found[0].settings.match, search.quick.preset);
    free(search.scratch.data);
    return status;
}
