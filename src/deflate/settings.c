/*
 * Settings (settings.h).
 *
 * The presets are those of zlib's levels and a few others that stand for writers of other families.  What fits is
 * found by trial: all presets on the first tokens, the best of them on more, and then variations of the winner.
 *
 * In a recipe:
 *
 *     byte    preset
 *     byte    bits 0-3 hash bits - 8, bit 4 filtered, bit 5 the kind of trees
 *     varint  32768 less the largest distance
 *     varint  the usual number of tokens in a block
 */
#include "deflate/settings.h"

#include <stdlib.h>

enum { FIRST_TOKENS = 3000, MORE_TOKENS = 30000, FINALISTS = 3, ZLIB_FAR = 32768 - 262, NO_LIMIT = 32768, USUAL_TOKENS = 16383 };

struct preset {
    struct match_settings match;
};

/* rule, hash, shortest, filtered; chain, good, nice, lazy; insert, far, too far */
static const struct match_settings presets[] = {
    {RULE_GREEDY, 15, 3, 0, 4, 258, 8, 258, 4, ZLIB_FAR, NO_LIMIT}, /* zlib's levels */
    {RULE_GREEDY, 15, 3, 0, 8, 258, 16, 258, 5, ZLIB_FAR, NO_LIMIT},
    {RULE_GREEDY, 15, 3, 0, 32, 258, 32, 258, 6, ZLIB_FAR, NO_LIMIT},
    {RULE_LONGER, 15, 3, 0, 16, 4, 16, 4, 258, ZLIB_FAR, 4096},
    {RULE_LONGER, 15, 3, 0, 32, 8, 32, 16, 258, ZLIB_FAR, 4096},
    {RULE_LONGER, 15, 3, 0, 128, 8, 128, 16, 258, ZLIB_FAR, 4096},
    {RULE_LONGER, 15, 3, 0, 256, 8, 128, 32, 258, ZLIB_FAR, 4096},
    {RULE_LONGER, 15, 3, 0, 1024, 32, 258, 128, 258, ZLIB_FAR, 4096},
    {RULE_LONGER, 15, 3, 0, 4096, 32, 258, 258, 258, ZLIB_FAR, 4096},
    {RULE_GREEDY, 15, 3, 0, 1, 258, 258, 258, 258, 1, NO_LIMIT}, /* runs alone */
    {RULE_GREEDY, 15, 3, 0, 0, 258, 258, 258, 258, 1, NO_LIMIT}, /* no matches */
    {RULE_GREEDY, 16, 3, 0, 1, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT}, /* quick ones of other families */
    {RULE_GREEDY, 16, 4, 0, 1, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT},
    {RULE_GREEDY, 16, 3, 0, 16, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT},
    {RULE_GREEDY, 16, 3, 0, 256, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT},
    {RULE_NEARER, 16, 3, 0, 32, 258, 64, 258, 258, NO_LIMIT, 4096},
    {RULE_NEARER, 16, 3, 0, 256, 258, 258, 258, 258, NO_LIMIT, 8192},
    {RULE_LONGER, 16, 3, 0, 64, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT},
    {RULE_CONTEXT, 16, 3, 0, 64, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT}, /* optimal ones */
    {RULE_CONTEXT, 16, 3, 0, 1024, 258, 258, 258, 258, NO_LIMIT, NO_LIMIT},
};

const unsigned deflate_presets = sizeof presets / sizeof *presets;

enum bswz_status deflate_settings_put(unsigned preset, const struct deflate_settings *settings,
                                      struct byte_buffer *out, struct bswz_error *error) {
    const struct match_settings *match = &settings->match;
    enum bswz_status status = put_8(out, preset, error);
    status = status == BSWZ_OK ? put_8(out, (match->hash_bits - 8u) | (unsigned)match->filtered << 4 | (unsigned)settings->tree << 5, error)
                               : status;
    status = status == BSWZ_OK ? put_varint(out, NO_LIMIT - (unsigned)match->far, error) : status;
    return status == BSWZ_OK ? put_varint(out, settings->usual, error) : status;
}

bool deflate_settings_take(struct cursor *cursor, struct deflate_settings *settings) {
    uint8_t preset, flags;
    uint32_t nearer;
    if (!take_8(cursor, &preset) || preset >= deflate_presets || !take_8(cursor, &flags) || flags >= 64 ||
        (flags & 15) > 8 || !take_varint_32(cursor, NO_LIMIT - 1, &nearer) ||
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

enum bswz_status deflate_encode(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                const struct deflate_settings *settings, size_t tokens, size_t most,
                                struct byte_buffer *out, struct bswz_error *error) {
    struct bit_reader reader = {.bytes = stream, .size = size};
    struct block block = {.count = 0};
    struct deflate_coder *coder;
    size_t read = 0, coded = 0;
    enum bswz_status status = deflate_coder_open(&coder, settings, plain, plain_size, error);
    if (status != BSWZ_OK) {
        deflate_coder_close(coder);
        return status;
    }
    const size_t before = out->size;
    decisions_begin_encoding(&coder->decisions, out, most, NULL);
    coder->tokens_left = tokens;
    do {
        status = block_read(&reader, &read, plain_size, &block, error);
        status = status == BSWZ_OK ? deflate_code_block(coder, &block, &coded, error) : status;
    } while (status == BSWZ_OK && !block.is_last && !coder->is_over);
    if (status == BSWZ_OK && !coder->is_over) {
        deflate_code_padding(coder, bit_reader_align(&reader));
        if (read != plain_size || bit_reader_position(&reader) != size) {
            status = bswz_fail(error, BSWZ_ERROR_FORMAT, "the deflate stream is broken");
        }
    }
    const bool is_over = coder->decisions.is_over;
    if (!decisions_end(&coder->decisions) && status == BSWZ_OK) {
        status = bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    if (is_over || (status == BSWZ_OK && out->size - before > most)) {
        status = bswz_fail(error, BSWZ_ERROR_LIMIT, "the recipe of the deflate stream takes too much");
    }
    deflate_coder_close(coder);
    free(block.tokens);
    return status;
}

/* ---- the search ---- */

struct search {
    const uint8_t *stream, *plain;
    size_t size, plain_size;
    struct byte_buffer scratch;
};

static enum bswz_status try(struct search *search, const struct deflate_settings *settings, size_t tokens,
                            size_t *cost, struct bswz_error *error) {
    search->scratch.size = 0;
    const enum bswz_status status = deflate_encode(search->stream, search->size, search->plain, search->plain_size,
                                                   settings, tokens, SIZE_MAX / 2, &search->scratch, error);
    *cost = search->scratch.size;
    return status;
}

/* The first block's tokens, and by which kind of trees its codes are. */
static enum bswz_status look_at_block(struct search *search, struct deflate_settings *settings,
                                      struct bswz_error *error) {
    struct bit_reader reader = {.bytes = search->stream, .size = search->size};
    struct block block = {.count = 0};
    size_t read = 0;
    enum bswz_status status;
    do {
        status = block_read(&reader, &read, search->plain_size, &block, error);
    } while (status == BSWZ_OK && block.count == 0 && !block.is_last);
    settings->usual = read < search->plain_size && block.count > 0 ? (uint32_t)block.count : 0;
    free(block.tokens);
    return status;
}

struct candidate {
    unsigned preset;
    size_t cost;
};

static void insert_candidate(struct candidate *best, struct candidate candidate) {
    for (unsigned i = 0; i < FINALISTS; i++) {
        if (candidate.cost < best[i].cost) {
            const struct candidate next = best[i];
            best[i] = candidate;
            candidate = next;
        }
    }
}

static enum bswz_status try_presets(struct search *search, struct deflate_settings *settings, struct candidate *best,
                                    struct bswz_error *error) {
    for (unsigned i = 0; i < deflate_presets; i++) {
        struct candidate candidate = {.preset = i};
        settings->match = presets[i];
        const enum bswz_status status = try(search, settings, FIRST_TOKENS, &candidate.cost, error);
        if (status != BSWZ_OK) {
            return status;
        }
        insert_candidate(best, candidate);
    }
    return BSWZ_OK;
}

/* Settings next to the best so far, if they are better. */
static enum bswz_status vary(struct search *search, struct deflate_settings *settings, size_t *cost,
                             struct bswz_error *error) {
    static const uint8_t hashes[] = {13, 14, 16};
    static const uint16_t fars[] = {16384 - 262, 8192 - 262, 4096 - 262, NO_LIMIT, ZLIB_FAR};
    enum { HASHES = sizeof hashes, FARS = sizeof fars / sizeof *fars };
    const bool is_fixed = settings->match.far == 1;
    for (unsigned i = 0; i < 2 + (is_fixed ? 0 : HASHES + FARS) && *cost > 24; i++) {
        struct deflate_settings varied = *settings;
        size_t varied_cost;
        if (i == 0) {
            varied.tree = TREE_SORTED;
        } else if (i == 1) {
            varied.match.filtered = 1;
        } else if (i < 2 + HASHES) {
            varied.match.hash_bits = hashes[i - 2];
        } else {
            varied.match.far = fars[i - 2 - HASHES];
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

static enum bswz_status find(struct search *search, unsigned *preset, struct deflate_settings *settings,
                             struct bswz_error *error) {
    struct candidate best[FINALISTS];
    struct deflate_settings chosen;
    size_t least = SIZE_MAX;
    for (unsigned i = 0; i < FINALISTS; i++) {
        best[i] = (struct candidate){.cost = SIZE_MAX};
    }
    enum bswz_status status = look_at_block(search, settings, error);
    status = status == BSWZ_OK ? try_presets(search, settings, best, error) : status;
    for (unsigned i = 0; i < FINALISTS && status == BSWZ_OK; i++) {
        size_t cost = best[i].cost;
        struct deflate_settings tried = *settings;
        tried.match = presets[best[i].preset];
        status = try(search, &tried, MORE_TOKENS, &cost, error);
        status = status == BSWZ_OK ? vary(search, &tried, &cost, error) : status;
        if (cost < least) {
            least = cost;
            chosen = tried;
            *preset = best[i].preset;
        }
    }
    if (status == BSWZ_OK) {
        *settings = chosen;
    }
    return status;
}

enum bswz_status deflate_settings_find(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                       unsigned *preset, struct deflate_settings *settings, struct bswz_error *error) {
    struct search search = {.stream = stream, .plain = plain, .size = size, .plain_size = plain_size};
    *settings = (struct deflate_settings){.tree = TREE_HEAP};
    const enum bswz_status status = find(&search, preset, settings, error);
    free(search.scratch.data);
    return status;
}
