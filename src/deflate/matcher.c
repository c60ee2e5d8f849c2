/* SPDX-License-Identifier: MIT */
/*
 * Guessing tokens (matcher.h).
 */
#include "deflate/matcher.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 32768, RANK_STEPS = 1024 };

/* Steps that a stream has at the beginning, and that it earns with each byte. */
#define STEPS_FIRST ((uint64_t)1 << 20)
#define STEPS_BYTE 384

enum bswz_status matcher_open(struct matcher *matcher, const uint8_t *plain, size_t size,
                              const struct match_settings *settings, struct bswz_error *error) {
    *matcher = (struct matcher){.plain = plain, .size = size, .settings = *settings, .known_at = SIZE_MAX};
    matcher->steps_left = STEPS_FIRST + (uint64_t)size * STEPS_BYTE;
    matcher->ranks_left = UINT64_MAX;
    if (settings->rule == RULE_OPTIMAL) {
        return string_trees_open(&matcher->trees, plain, size, settings->chain, error);
    }
    const unsigned bits = settings->hash_bits;
    matcher->head = bswz_allocate_zero((size_t)1 << bits, sizeof *matcher->head);
    matcher->previous = bswz_allocate_zero(WINDOW, sizeof *matcher->previous);
    if (matcher->head == NULL || matcher->previous == NULL) {
        matcher_close(matcher);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void matcher_close(struct matcher *matcher) {
    free(matcher->head);
    free(matcher->previous);
    string_trees_close(&matcher->trees);
    matcher->head = NULL;
    matcher->previous = NULL;
}

/* ---- chains ---- */

static uint32_t *chain_of(const struct matcher *matcher, size_t at) {
    const unsigned bits = matcher->settings.hash_bits, shift = (bits + 2) / 3;
    const uint8_t *bytes = matcher->plain + at;
    if (bits == HASH_FAIR) {
        const uint32_t string = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
        return &matcher->head[string * 0x9e3779b1u >> (32 - HASH_FAIR)];
    }
    const uint32_t hash = (uint32_t)bytes[0] << 2 * shift ^ (uint32_t)bytes[1] << shift ^ bytes[2];
    return &matcher->head[hash & ((1u << bits) - 1)];
}

static bool has_hash(const struct matcher *matcher, size_t at) {
    return matcher->size - at >= MATCH_SHORTEST;
}

/* The place before this one with the same hash; 0: none is near. */
static uint32_t place_before(const struct matcher *matcher, uint32_t place) {
    const uint16_t back = matcher->previous[place % WINDOW];
    return back == 0 ? 0 : place - back;
}

/* Enter the places up to `end`. */
static void enter(struct matcher *matcher, size_t end) {
    if (matcher->settings.rule == RULE_OPTIMAL) {
        for (; matcher->entered < end; matcher->entered++) {
            string_trees_enter(&matcher->trees, matcher->entered, NULL, 0, &matcher->steps_left);
        }
        return;
    }
    for (size_t at = matcher->entered; at < end && has_hash(matcher, at); at++) {
        uint32_t *head = chain_of(matcher, at);
        const size_t back = at - *head;
        matcher->previous[at % WINDOW] = *head != 0 && back <= UINT16_MAX ? (uint16_t)back : 0;
        *head = (uint32_t)at;
    }
    matcher->entered = end > matcher->entered ? end : matcher->entered;
}

/* Do both begin with the same bytes, and have the same ones at the end of a match of this length and after it? Few that
 * do not are longer matches. length: at least 2. */
static bool may_be_longer(const uint8_t *there, const uint8_t *here, unsigned length) {
    uint16_t first[2], last[2];
    memcpy(&last[0], there + length - 1, 2);
    memcpy(&last[1], here + length - 1, 2);
    memcpy(&first[0], there, 2);
    memcpy(&first[1], here, 2);
    return last[0] == last[1] && first[0] == first[1];
}

/* Go along the chain from `place` on for a match longer than the best one so far, which counts as one of two bytes at
 * least. */
static void follow(struct matcher *matcher, size_t at, uint32_t place, unsigned chain, struct match *best) {
    const struct match_settings *settings = &matcher->settings;
    const size_t left = matcher->size - at, far = settings->far;
    const unsigned most = left < MATCH_LONGEST ? (unsigned)left : MATCH_LONGEST;
    const unsigned nice = settings->nice < most ? settings->nice : most;
    const uint8_t *plain = matcher->plain, *here = plain + at;
    const uint16_t *previous = matcher->previous;
    uint64_t steps_left = matcher->steps_left;
    unsigned longest = best->length;
    if (longest >= most) {
        return;
    }
    while (place != 0 && at - place <= far && chain > 0 && steps_left > 0) {
        const uint8_t *there = plain + place;
        steps_left--;
        if (may_be_longer(there, here, longest)) {
            const unsigned length = string_common(there, here, most);
            const unsigned work = length / 16;
            steps_left -= work < steps_left ? work : steps_left;
            if (length > longest) {
                longest = length;
                *best = (struct match){(uint16_t)length, (uint16_t)(at - place)};
                if (length >= nice) {
                    break;
                }
            }
        }
        const uint16_t back = previous[place % WINDOW];
        if (back == 0) {
            break;
        }
        place -= back;
        chain--;
    }
    matcher->steps_left = steps_left;
}

/* The longest match, if it is longer than `beaten`. All relevant places before `at` have been entered. */
static struct match search(struct matcher *matcher, size_t at, unsigned beaten, unsigned chain) {
    struct match best = {.length = (uint16_t)beaten};
    follow(matcher, at, *chain_of(matcher, at), chain, &best);
    return best.distance != 0 ? best : (struct match){0};
}

/* Would the writer use this match? */
static bool is_worth(const struct match_settings *settings, const struct match *match) {
    return match->length >= settings->shortest && !(settings->filtered && match->length <= 5) &&
           (match->length > MATCH_SHORTEST || match->distance <= settings->too_far);
}

/* ---- guessing ---- */

static unsigned bits_of(unsigned value) {
    return 32 - (unsigned)__builtin_clz(value | 1);
}

/* Is this match passed over because that at the next place is better? */
static bool is_passed_over(const struct matcher *matcher, const struct match *here) {
    const struct match *next = &matcher->next;
    if (next->length == 0) {
        return false;
    }
    if (matcher->settings.rule == RULE_NEARER) {
        return 4 * ((int)next->length - (int)here->length) + (int)bits_of(here->distance) -
                   (int)bits_of(next->distance) >
               2;
    }
    return next->length > here->length;
}

/* The match that a writer finds at this place after one of length `before` at the place before. */
static struct match find(struct matcher *matcher, size_t at, unsigned before) {
    const struct match_settings *settings = &matcher->settings;
    const unsigned chain = before >= settings->good ? settings->chain / 4u : settings->chain;
    const unsigned beaten = before < MATCH_SHORTEST - 1 ? MATCH_SHORTEST - 1 : before;
    struct match match = {0};
    if (has_hash(matcher, at) && before < settings->lazy) {
        match = search(matcher, at, beaten, chain);
    }
    return is_worth(settings, &match) ? match : (struct match){0};
}

/* How the match at the next place compares with that of this length here. */
static uint8_t outlook(const struct matcher *matcher, unsigned here) {
    const unsigned next = matcher->next.length;
    return next == 0 ? 0 : next < here ? 1 : next == here ? 2 : 3;
}

struct guess matcher_guess(struct matcher *matcher, size_t at) {
    const struct match_settings *settings = &matcher->settings;
    const struct match here = matcher->known_at == at ? matcher->known : find(matcher, at, 0);
    struct guess guess = {.length = 1, .here = (uint16_t)here.length};
    matcher->next = (struct match){0};
    if (here.length == 0) {
        return guess;
    }
    if (settings->rule != RULE_GREEDY && here.length < settings->lazy && at + 1 < matcher->size) {
        enter(matcher, at + 1);
        matcher->next = find(matcher, at + 1, settings->rule == RULE_NEARER ? here.length - 1 : here.length);
        guess.outlook = outlook(matcher, here.length);
    }
    if (!is_passed_over(matcher, &here)) {
        guess.length = (uint16_t)here.length;
        guess.distance = (uint16_t)here.distance;
    }
    return guess;
}

void matcher_pass(struct matcher *matcher, size_t at, const struct guess *guess, const struct token *token) {
    const size_t end = at + token->length;
    matcher->known_at = SIZE_MAX;
    if (token->length == 1 && guess->here != 0 && guess->length == 1 && matcher->next.length != 0) {
        matcher->known = matcher->next;
        matcher->known_at = end;
    }
    if (token->length > matcher->settings.insert) {
        enter(matcher, at + 1);
        matcher->entered = end;
    } else {
        enter(matcher, end);
    }
}

void matcher_skip(struct matcher *matcher, size_t at, size_t count) {
    const size_t end = at + count;
    matcher->known_at = SIZE_MAX;
    if (end > WINDOW && matcher->entered < end - WINDOW) {
        matcher->entered = end - WINDOW; /* nobody looks back further */
    }
    enter(matcher, end);
}

unsigned matcher_list(struct matcher *matcher, size_t at, struct match *list, unsigned room) {
    enter(matcher, at);
    if (matcher->entered > at) {
        return 0; /* it has been looked at before */
    }
    matcher->entered++;
    return string_trees_enter(&matcher->trees, at, list, room, &matcher->steps_left);
}

/* ---- ranks ---- */

/* Follow the chain up to a distance or a rank. *rank: the number of places passed. Returns the distance, or 0. */
static unsigned walk(struct matcher *matcher, size_t at, unsigned length, unsigned distance, unsigned *rank) {
    const unsigned wanted = *rank;
    unsigned count = 0;
    if (!has_hash(matcher, at) || matcher->size - at < length) {
        return 0;
    }
    const uint8_t *here = matcher->plain + at;
    uint32_t place = *chain_of(matcher, at);
    if (place >= at && place != 0) { /* a guess that looked further has entered this one */
        place = place_before(matcher, place);
    }
    for (unsigned steps = 0; place != 0 && steps < RANK_STEPS && matcher->steps_left > 0; steps++) {
        const size_t back = at - place;
        if (back > MATCH_FAR) {
            break;
        }
        const uint8_t *there = matcher->plain + place;
        matcher->steps_left--;
        if (there[length - 1] == here[length - 1] && string_common(there, here, length) == length) {
            const unsigned work = length / 16;
            matcher->steps_left -= work < matcher->steps_left ? work : matcher->steps_left;
            if (back == distance || (distance == 0 && count == wanted)) {
                *rank = count;
                return (unsigned)back;
            }
            if (++count == RANK_NONE) {
                break;
            }
        }
        place = place_before(matcher, place);
    }
    return 0;
}

unsigned matcher_rank(struct matcher *matcher, size_t at, unsigned length, unsigned distance) {
    const uint64_t steps_left = matcher->steps_left;
    unsigned rank = 0;
    if (matcher->ranks_left == 0) {
        return RANK_NONE;
    }
    if (walk(matcher, at, length, distance, &rank) != 0) {
        return rank;
    }
    const uint64_t taken = steps_left - matcher->steps_left;
    matcher->ranks_left -= taken < matcher->ranks_left ? taken : matcher->ranks_left;
    matcher->steps_left = steps_left; /* this search is not repeated when the stream is rebuilt */
    return RANK_NONE;
}

unsigned matcher_ranked(struct matcher *matcher, size_t at, unsigned length, unsigned rank) {
    return walk(matcher, at, length, 0, &rank);
}
