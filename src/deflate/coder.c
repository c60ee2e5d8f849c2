/* SPDX-License-Identifier: MIT */
/*
 * Coding blocks (coder.h).
 */
#include "deflate/coder_bits.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

static enum bswz_status broken(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the recipe of a deflate stream is invalid");
}

/* ---- tokens ---- */

static unsigned class_of(unsigned length) {
    static const uint8_t limits[CLASSES - 1] = {1, 3, 4, 5, 6, 8, 11, 16, 32, 80, 254};
    unsigned class = 0;
    while (class < CLASSES - 1 && length > limits[class]) {
        class ++;
    }
    return class;
}

/* Optimising writers prefer lengths with short symbols, so the length itself is coded, not the difference from the
 * guess. */
static unsigned code_length(struct deflate_coder *coder, unsigned here, unsigned length) {
    const unsigned class = class_of(here);
    if (here >= MATCH_SHORTEST && code_bit(coder, &coder->same_length[class], length == here)) {
        return here;
    }
    unsigned node = 1;
    for (unsigned i = 8; i-- > 0;) {
        const unsigned bit = (length - MATCH_SHORTEST) >> i & 1;
        node = node << 1 | code_mixed_bit(coder, &coder->lengths[node], &coder->class_lengths[class][node], bit);
    }
    return MATCH_SHORTEST + node - 256;
}

static unsigned code_far(struct deflate_coder *coder, unsigned distance) {
    const unsigned bits = code_tree(coder, coder->far_bits, 4, distance > 0 ? bits_of(distance - 1) : 0);
    const uint32_t low =
        bits < 2 ? 0 : decide_number(&coder->decisions, (distance - 1) & ((1u << (bits - 1)) - 1), bits - 1);
    return 1 + (bits == 0 ? 0 : (1u << (bits - 1) | low));
}

static void note_ranked(struct deflate_coder *coder, unsigned rank, const struct token *token) {
    if (!coder->decisions.is_decoding && coder->guesses != NULL) {
        guesses_note_ranked(coder->guesses, rank, token->length, token->distance);
    }
}

/* The distance of that rank; 0: there is none. */
static unsigned ranked(struct deflate_coder *coder, size_t at, unsigned length, unsigned rank) {
    struct ranked_token found;
    if (is_recalling(coder)) {
        return guesses_recall_ranked(coder->guesses, rank, &found) && found.length == length ? found.distance : 0;
    }
    return matcher_ranked(&coder->matcher, at, length, rank);
}

/* Code length and distance of a token that was guessed wrongly. here: the length of the match at the place. */
static void code_match(struct deflate_coder *coder, size_t at, unsigned here, struct token *token) {
    token->length = (uint16_t)code_length(coder, here, token->length);
    const bool is_longest = token->length == here;
    const unsigned class = class_of(token->length);
    unsigned rank = RANK_NONE;
    if (!coder->decisions.is_decoding) {
        rank = matcher_rank(&coder->matcher, at, token->length, token->distance);
    }
    if (!code_bit(coder, &coder->ranked[is_longest][class], rank < RANK_NONE)) {
        token->distance = (uint16_t)code_far(coder, token->distance);
        return;
    }
    rank = code_bit(coder, &coder->nearest[is_longest][class], rank == 0)
               ? 0
               : 1 + code_number(coder, &coder->ranks[is_longest], rank - 1);
    if (coder->decisions.is_decoding) {
        token->distance = (uint16_t)ranked(coder, at, token->length, rank);
    }
    note_ranked(coder, rank, token);
}

static bool is_possible(const struct deflate_coder *coder, size_t at, const struct token *token) {
    return token->length == 1 || (token->length >= MATCH_SHORTEST && token->length <= MATCH_LONGEST &&
                                  token->length <= coder->matcher.size - at && token->distance > 0 &&
                                  token->distance <= MATCH_FAR && token->distance <= at);
}

/* A class of the difference in price between the cheapest token and the next one. */
static uint8_t margin_of(uint32_t excess) {
    return excess < 4 ? (uint8_t)excess : excess < 6 ? 4 : excess < 10 ? 5 : excess < 20 ? 6 : 7;
}

/* Make a guess for the token at a place, or recall it; false: there is none. */
static bool guess_at(struct deflate_coder *coder, size_t at, struct guess *guess) {
    if (is_recalling(coder)) {
        return guesses_recall(coder->guesses, guess);
    }
    if (coder->settings.match.rule == RULE_OPTIMAL) {
        uint32_t excess;
        const struct choice choice = optimal_guess(&coder->optimal, &coder->matcher, at, &excess);
        *guess = (struct guess){.length = choice.length, .distance = choice.distance, .outlook = margin_of(excess)};
    } else {
        *guess = matcher_guess(&coder->matcher, at);
    }
    if (coder->guesses != NULL) {
        guesses_note(coder->guesses, guess);
    }
    return true;
}

static bool code_token(struct deflate_coder *coder, size_t at, struct token *token) {
    struct guess guess;
    if (!guess_at(coder, at, &guess)) {
        return false;
    }
    const unsigned kind = guess.length > 1 ? 2 : guess.here > 0 ? 1 : 0;
    const unsigned class = class_of(guess.here), next = guess.outlook;
    const bool is_hit = token->length == guess.length && token->distance == guess.distance;
    const bool hit = code_bit(coder, &coder->hit[kind][class][coder->history & 7][next], is_hit);
    bool is_literal = guess.length == 1;
    if (hit) {
        token->length = guess.length;
        token->distance = guess.distance;
    } else {
        is_literal = kind == 2 && code_bit(coder, &coder->literal[class][coder->history & 7][next], token->length == 1);
        if (is_literal) {
            *token = (struct token){.length = 1};
        } else {
            code_match(coder, at, guess.here, token);
        }
    }
    if (!is_possible(coder, at, token)) {
        return false;
    }
    if (token->length == MATCH_LONGEST) {
        token->is_odd = code_bit(coder, &coder->odd, token->is_odd);
    }
    coder->history = coder->history << 1 | !hit;
    coder->misses_left -= !hit;
    if (!is_recalling(coder)) {
        matcher_pass(&coder->matcher, at, &guess, token);
    }
    return true;
}

/* The token of that rank; false: there is none. */
static bool chosen(struct deflate_coder *coder, const struct choice *choices, unsigned count, unsigned rank,
                   struct token *token) {
    struct ranked_token found;
    if (is_recalling(coder)) {
        if (!guesses_recall_ranked(coder->guesses, rank, &found)) {
            return false;
        }
        token->length = found.length;
        token->distance = found.distance;
        return true;
    }
    if (rank < count) {
        token->length = choices[rank].length;
        token->distance = choices[rank].distance;
    }
    return rank < count;
}

/* Code a token that is not the cheapest: its rank, or else both numbers. */
static bool code_choice(struct deflate_coder *coder, size_t at, unsigned kind, struct token *token) {
    struct choice choices[OPTIMAL_CHOICES];
    const unsigned count = is_recalling(coder) ? 0 : optimal_choices(&coder->optimal, &coder->matcher, at, choices);
    unsigned rank = 1;
    while (rank < count && (choices[rank].length != token->length || choices[rank].distance != token->distance)) {
        rank++;
    }
    if (!code_bit(coder, &coder->choice_listed, rank < count)) {
        token->length = (uint16_t)code_length(coder, 0, token->length);
        token->distance = (uint16_t)code_far(coder, token->distance);
        return true;
    }
    rank = 1 + code_number(coder, &coder->choice_ranks[kind], rank - 1);
    if (!chosen(coder, choices, count, rank, token)) {
        return false;
    }
    note_ranked(coder, rank, token);
    return true;
}

static bool code_optimal_token(struct deflate_coder *coder, size_t at, struct token *token) {
    struct guess guess;
    if (!guess_at(coder, at, &guess)) {
        return false;
    }
    const unsigned kind = guess.length > 1;
    cell *hits = &coder->choice_hit[kind][guess.outlook][coder->history & 15];
    const bool hit = code_bit(coder, hits, token->length == guess.length && token->distance == guess.distance);
    if (hit) {
        token->length = guess.length;
        token->distance = guess.distance;
    } else if (!code_choice(coder, at, kind, token)) {
        return false;
    }
    coder->history = coder->history << 1 | !hit;
    coder->misses_left -= !hit;
    if (!is_possible(coder, at, token)) {
        return false;
    }
    if (token->length == MATCH_LONGEST) {
        token->is_odd = code_bit(coder, &coder->odd, token->is_odd);
    }
    return true;
}

static enum bswz_status code_tokens(struct deflate_coder *coder, struct block *block, bool to_end, size_t count,
                                    size_t *position, struct bswz_error *error) {
    const bool is_decoding = coder->decisions.is_decoding, is_optimal = coder->settings.match.rule == RULE_OPTIMAL;
    size_t at = *position, i = 0;
    for (; to_end ? at < coder->matcher.size : i < count; i++) {
        struct token token = is_decoding ? (struct token){0} : block->tokens[i];
        if (at >= coder->matcher.size || decisions_are_useless(&coder->decisions) ||
            !(is_optimal ? code_optimal_token : code_token)(coder, at, &token)) {
            return broken(error);
        }
        at += token.length;
        if (is_decoding) {
            const enum bswz_status status = block_add(block, token, error);
            if (status != BSWZ_OK) {
                return status;
            }
        } else if (--coder->tokens_left == 0 || coder->misses_left == 0 ||
                   (coder->is_trial && coder->matcher.steps_left == 0)) {
            coder->is_over = true;
            break;
        }
    }
    coder->tokens += i;
    coder->token_bytes += at - *position;
    *position = at;
    return BSWZ_OK;
}

/* ---- blocks ---- */

static enum bswz_status code_stored(struct deflate_coder *coder, struct block *block, size_t *position,
                                    struct bswz_error *error) {
    block->padding = (uint8_t)deflate_code_padding(coder, block->padding);
    if (!code_bit(coder, &coder->same_stored, block->stored == coder->stored)) {
        block->stored = code_number(coder, &coder->stored_sizes, block->stored);
    } else {
        block->stored = coder->stored;
    }
    if (block->stored > 0xffff || block->stored > coder->matcher.size - *position) {
        return broken(error);
    }
    coder->stored = block->stored;
    if (!is_recalling(coder)) {
        matcher_skip(&coder->matcher, *position, block->stored);
    }
    *position += block->stored;
    return BSWZ_OK;
}

static size_t sum_of_lengths(const struct block *block) {
    size_t sum = 0;
    for (size_t i = 0; i < block->count; i++) {
        sum += block->tokens[i].length;
    }
    return sum;
}

/* Called when the codes of the block are known. */
static void begin_optimal(struct deflate_coder *coder, const struct block *block) {
    uint8_t literals[288], distances[32];
    if (block->type == BLOCK_FIXED) {
        deflate_fixed_lengths(literals, distances);
        optimal_begin(&coder->optimal, literals, DEFLATE_LITERALS, distances, DEFLATE_DISTANCES);
        return;
    }
    memset(coder->literals_before, 0, DEFLATE_LITERALS);
    memset(coder->distances_before, 0, DEFLATE_DISTANCES);
    memcpy(coder->literals_before, block->lengths, block->literals);
    memcpy(coder->distances_before, block->lengths + block->literals, block->distances);
    optimal_begin(&coder->optimal, coder->literals_before, DEFLATE_LITERALS, coder->distances_before,
                  DEFLATE_DISTANCES);
}

enum bswz_status deflate_code_block(struct deflate_coder *coder, struct block *block, size_t *position,
                                    struct bswz_error *error) {
    const bool is_decoding = coder->decisions.is_decoding;
    const size_t left = coder->matcher.size - *position;
    const uint8_t *plain = left == 0 ? NULL : coder->matcher.plain + *position; /* NULL must not get an offset */
    if (is_decoding) {
        block->count = 0;
    }
    block->type = (enum block_type)code_tree(coder, coder->type_cells[coder->type], 2, block->type);
    if (block->type > BLOCK_DYNAMIC) {
        return broken(error);
    }
    coder->type = block->type;
    const size_t sum = block->type == BLOCK_STORED ? block->stored : sum_of_lengths(block);
    const bool to_end =
        code_bit(coder, &coder->ends[block->type == BLOCK_STORED][left == 0], !is_decoding && sum == left);
    block->is_last = code_bit(coder, &coder->last[to_end], block->is_last);
    if (block->type == BLOCK_STORED) {
        return code_stored(coder, block, position, error);
    }
    size_t count = block->count;
    if (!to_end) {
        const bool is_usual = code_bit(coder, &coder->is_usual, count == coder->settings.usual);
        count = is_usual ? coder->settings.usual : code_number(coder, &coder->counts, (uint32_t)count);
    }
    const bool is_dynamic = block->type == BLOCK_DYNAMIC, is_optimal = coder->settings.match.rule == RULE_OPTIMAL;
    if (is_optimal && is_dynamic && !coder->leaves_out_codes &&
        !deflate_code_foreseen(coder, block, *position, to_end ? SIZE_MAX : count)) {
        return broken(error);
    }
    if (is_optimal) {
        begin_optimal(coder, block);
    }
    enum bswz_status status = code_tokens(coder, block, to_end, count, position, error);
    if (status == BSWZ_OK && !coder->is_over && !is_optimal && is_dynamic &&
        !deflate_code_counted(coder, block, plain)) {
        status = broken(error);
    }
    return status;
}

unsigned deflate_code_padding(struct deflate_coder *coder, unsigned padding) {
    if (!code_bit(coder, &coder->padded, padding != 0)) {
        return 0;
    }
    return code_tree(coder, coder->paddings, 8, padding) & 0x7f;
}

enum bswz_status deflate_coder_open(struct deflate_coder **coder, const struct deflate_settings *settings,
                                    const uint8_t *plain, size_t plain_size, struct guesses *recalled,
                                    struct bswz_error *error) {
    struct deflate_coder *opened = bswz_allocate_zero(1, sizeof *opened);
    *coder = opened;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    opened->settings = *settings;
    opened->tokens_left = opened->misses_left = SIZE_MAX;
    cell *cells = (cell *)((uint8_t *)opened + offsetof(struct deflate_coder, type_cells));
    const size_t count = (sizeof *opened - offsetof(struct deflate_coder, type_cells)) / sizeof *cells;
    for (size_t i = 0; i < count; i++) {
        cells[i] = CELL_EVEN;
    }
    memset(opened->literals_before, 8, sizeof opened->literals_before);
    memset(opened->distances_before, 5, sizeof opened->distances_before);
    if (recalled != NULL) {
        guesses_rewind(recalled);
        opened->guesses = recalled;
        opened->matcher = (struct matcher){.plain = plain, .size = plain_size};
        return BSWZ_OK;
    }
    enum bswz_status status = settings->match.rule == RULE_OPTIMAL ? optimal_open(&opened->optimal, error) : BSWZ_OK;
    return status == BSWZ_OK ? matcher_open(&opened->matcher, plain, plain_size, &settings->match, error) : status;
}

void deflate_coder_close(struct deflate_coder *coder) {
    if (coder != NULL) {
        matcher_close(&coder->matcher);
        optimal_close(&coder->optimal);
        free(coder);
    }
}
