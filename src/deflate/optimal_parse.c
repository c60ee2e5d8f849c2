/* SPDX-License-Identifier: MIT */
/*
 * The shortest way through a block (optimal_parse.h).
 */
#include "deflate/optimal_parse.h"

#include "base/allocate.h"
#include "deflate/trees.h"

#include <stdlib.h>
#include <string.h>

enum { UNUSED_BITS = 13, PLACES = OPTIMAL_STRETCH + OPTIMAL_AHEAD };

/* To calculate prices takes a step of the matcher for this many lengths that are looked at. */
#define LENGTHS_PER_STEP 128
/* How often a path is searched for to foresee a block: with the codes before, and with those that fit the path. */
enum { PASSES = 2 };

enum bswz_status optimal_open(struct optimal *optimal, struct bswz_error *error) {
    *optimal = (struct optimal){.start = 0};
    optimal->steps = bswz_allocate((size_t)OPTIMAL_LISTED * OPTIMAL_STEPS, sizeof *optimal->steps);
    optimal->counts = bswz_allocate(OPTIMAL_LISTED, 1);
    optimal->prices = bswz_allocate(OPTIMAL_LISTED + 1, sizeof *optimal->prices);
    return optimal->steps != NULL && optimal->counts != NULL && optimal->prices != NULL ? BSWZ_OK
                                                                                        : bswz_no_memory(error);
}

void optimal_close(struct optimal *optimal) {
    free(optimal->steps);
    free(optimal->counts);
    free(optimal->prices);
}

static void take_bits(uint8_t *bits, unsigned room, const uint8_t *lengths, unsigned count) {
    for (unsigned i = 0; i < room; i++) {
        bits[i] = i < count && lengths[i] > 0 ? lengths[i] : UNUSED_BITS;
    }
}

void optimal_begin(struct optimal *optimal, const uint8_t *literals, unsigned literal_count, const uint8_t *distances,
                   unsigned distance_count) {
    take_bits(optimal->literal_bits, DEFLATE_LITERALS, literals, literal_count);
    take_bits(optimal->distance_bits, DEFLATE_DISTANCES, distances, distance_count);
    optimal->end = 0;
}

/* ---- prices ---- */

static uint32_t length_price(const struct optimal *optimal, unsigned length) {
    const struct token token = {.length = (uint16_t)length};
    const unsigned symbol = deflate_length_symbol(&token);
    return (uint32_t)optimal->literal_bits[symbol] + deflate_length_extra[symbol - 257];
}

static uint32_t distance_price(const struct optimal *optimal, unsigned distance) {
    const unsigned symbol = deflate_distance_symbol(distance);
    return (uint32_t)optimal->distance_bits[symbol] + deflate_distance_extra[symbol];
}

static void list_lengths(const struct optimal *optimal, int32_t *lengths) {
    for (unsigned length = MATCH_SHORTEST; length <= MATCH_LONGEST; length++) {
        lengths[length] = (int32_t)length_price(optimal, length);
    }
}

/* Where the matches of place number i of the stretch are. */
static size_t place_of(const struct optimal *optimal, size_t i) {
    return (optimal->start + i) % OPTIMAL_LISTED;
}

/* The length of the longest match there; 0: there is none. */
static unsigned longest_at(const struct optimal *optimal, size_t i) {
    const size_t place = place_of(optimal, i);
    const unsigned count = optimal->counts[place];
    return count == 0 ? 0 : optimal->steps[place * OPTIMAL_STEPS + count - 1].length;
}

/* The least cost of a match at place number i of the stretch, including everything after it, or `least` if that is
 * less. */
static int32_t cheapest_match(const struct optimal *optimal, size_t i, const int32_t *lengths, int32_t least) {
    const size_t place = place_of(optimal, i);
    const struct match *step = &optimal->steps[place * OPTIMAL_STEPS];
    const size_t most = optimal->filled - i;
    const int32_t *prices = optimal->prices + i;
    unsigned length = MATCH_SHORTEST;
    for (unsigned s = optimal->counts[place]; s > 0; s--, step++) {
        const unsigned end = step->length < most ? step->length : (unsigned)most;
        int32_t of_step = INT32_MAX / 2;
        for (; length <= end; length++) {
            const int32_t price = lengths[length] + prices[length];
            of_step = price < of_step ? price : of_step;
        }
        of_step += (int32_t)distance_price(optimal, step->distance);
        least = of_step < least ? of_step : least;
    }
    return least;
}

static void calculate(struct optimal *optimal, struct matcher *matcher) {
    int32_t lengths[MATCH_LONGEST + 1];
    const uint8_t *plain = optimal->filled == 0 ? NULL : matcher->plain + optimal->start; /* NULL has no offsets */
    uint64_t work = optimal->filled;
    list_lengths(optimal, lengths);
    optimal->prices[optimal->filled] = 0;
    for (size_t i = optimal->filled; i-- > 0;) {
        const int32_t literal = optimal->literal_bits[plain[i]] + optimal->prices[i + 1];
        optimal->prices[i] = cheapest_match(optimal, i, lengths, literal);
        work += longest_at(optimal, i);
    }
    work /= LENGTHS_PER_STEP;
    matcher->steps_left -= work < matcher->steps_left ? work : matcher->steps_left;
}

/* The matches at a place. Some writers look at none inside of a match that is long enough. */
static unsigned list_matches(struct optimal *optimal, struct matcher *matcher, size_t at, struct match *list) {
    const unsigned skip = matcher->settings.skip;
    if (optimal->skipped > 0) {
        optimal->skipped--;
        return 0;
    }
    const unsigned count = matcher_list(matcher, at, list, OPTIMAL_STEPS);
    if (skip > 0 && count > 0 && list[count - 1].length >= skip) {
        optimal->skipped = list[count - 1].length - 1;
    }
    return count;
}

/* List the matches of `count` places from here on. What was listed before stays, since its places have been entered. */
static void list_places(struct optimal *optimal, struct matcher *matcher, size_t at, size_t count) {
    const size_t passed = at - optimal->start;
    size_t known = 0;
    if (at >= optimal->start && passed < optimal->listed) {
        known = optimal->listed - passed;
    } else if (passed != optimal->listed) {
        optimal->skipped = 0;
    }
    optimal->start = at;
    for (size_t i = known; i < count; i++) {
        const size_t place = place_of(optimal, i);
        optimal->counts[place] =
            (uint8_t)list_matches(optimal, matcher, at + i, optimal->steps + place * OPTIMAL_STEPS);
    }
    optimal->listed = known > count ? known : count;
    optimal->filled = count;
}

/* Look at a stretch that begins here. */
static void fill(struct optimal *optimal, struct matcher *matcher, size_t at) {
    const size_t left = matcher->size - at, count = left < PLACES ? left : PLACES;
    list_places(optimal, matcher, at, count);
    optimal->end = at + (count < PLACES ? count : OPTIMAL_STRETCH);
    calculate(optimal, matcher);
}

/* ---- choices ---- */

/* List all tokens that may start there, with their prices. */
static unsigned list_choices(const struct optimal *optimal, const struct matcher *matcher, size_t at,
                             struct choice *choices) {
    const size_t i = at - optimal->start, most = optimal->filled - i, place = place_of(optimal, i);
    const struct match *step = &optimal->steps[place * OPTIMAL_STEPS];
    unsigned count = 0, length = MATCH_SHORTEST;
    choices[count++] =
        (struct choice){1, 0, optimal->literal_bits[matcher->plain[at]] + (uint32_t)optimal->prices[i + 1]};
    for (unsigned s = optimal->counts[place]; s > 0; s--, step++) {
        const uint32_t far_price = distance_price(optimal, step->distance);
        for (; length <= step->length && length <= most; length++) {
            choices[count++] =
                (struct choice){(uint16_t)length, (uint16_t)step->distance,
                                length_price(optimal, length) + far_price + (uint32_t)optimal->prices[i + length]};
        }
    }
    return count;
}

static struct choice cheapest(const struct optimal *optimal, const struct matcher *matcher, size_t at,
                              uint32_t *excess) {
    struct choice choices[OPTIMAL_CHOICES];
    const unsigned count = list_choices(optimal, matcher, at, choices);
    unsigned best = 0;
    *excess = UINT32_MAX;
    for (unsigned i = 1; i < count; i++) {
        const uint32_t price = choices[i].price;
        if (price < choices[best].price) { /* of equal ones the shortest */
            *excess = choices[best].price - price;
            best = i;
        } else if (price - choices[best].price < *excess) {
            *excess = price - choices[best].price;
        }
    }
    return choices[best];
}

struct choice optimal_guess(struct optimal *optimal, struct matcher *matcher, size_t at, uint32_t *excess) {
    if (at < optimal->start || at >= optimal->end) {
        fill(optimal, matcher, at);
    }
    return cheapest(optimal, matcher, at, excess);
}

static int compare(const void *a, const void *b) {
    const struct choice *one = a, *other = b;
    if (one->price != other->price) {
        return one->price < other->price ? -1 : 1;
    }
    return (int)one->length - (int)other->length;
}

unsigned optimal_choices(const struct optimal *optimal, const struct matcher *matcher, size_t at,
                         struct choice *choices) {
    const unsigned count = list_choices(optimal, matcher, at, choices);
    qsort(choices, count, sizeof *choices, compare);
    return count;
}

/* ---- foresight ---- */

/* Follow the shortest path for `count` tokens, or up to `end`, and count its symbols. Returns where it ended. */
static size_t follow(const struct optimal *optimal, const struct matcher *matcher, size_t end, size_t count,
                     uint32_t *literals, uint32_t *distances) {
    size_t at = optimal->start;
    memset(literals, 0, DEFLATE_LITERALS * sizeof *literals);
    memset(distances, 0, DEFLATE_DISTANCES * sizeof *distances);
    for (; at < end && count > 0; count--) {
        uint32_t excess;
        const struct choice choice = cheapest(optimal, matcher, at, &excess);
        const struct token token = {.length = choice.length, .distance = choice.distance};
        if (choice.length == 1) {
            literals[matcher->plain[at]]++;
        } else {
            literals[deflate_length_symbol(&token)]++;
            distances[deflate_distance_symbol(choice.distance)]++;
        }
        at += choice.length;
    }
    literals[256]++;
    return at;
}

void optimal_foresee(struct optimal *optimal, struct matcher *matcher, size_t at, size_t count, size_t places,
                     uint32_t *literals, uint32_t *distances) {
    const size_t left = matcher->size - at, most = left < OPTIMAL_LISTED ? left : OPTIMAL_LISTED;
    list_places(optimal, matcher, at, places < most ? places : most);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        const size_t filled = optimal->filled, ahead = filled == left ? 0 : OPTIMAL_AHEAD;
        calculate(optimal, matcher);
        const size_t passed = follow(optimal, matcher, at + filled - ahead, count, literals, distances) - at;
        uint8_t literal_lengths[DEFLATE_LITERALS], distance_lengths[DEFLATE_DISTANCES];
        tree_lengths(TREE_SORTED, literals, DEFLATE_LITERALS, DEFLATE_LONGEST, literal_lengths);
        tree_lengths(TREE_SORTED, distances, DEFLATE_DISTANCES, DEFLATE_LONGEST, distance_lengths);
        optimal_begin(optimal, literal_lengths, DEFLATE_LITERALS, distance_lengths, DEFLATE_DISTANCES);
        optimal->filled = passed + OPTIMAL_AHEAD < filled ? passed + OPTIMAL_AHEAD : filled;
    }
}
