/* SPDX-License-Identifier: MIT */
/*
 * Matches of two-valued pictures (matched.h).
 */
#include "drawn/matched.h"

#include "base/allocate.h"
#include "mixing/probability.h"

#include <stdlib.h>
#include <string.h>

/* PLACES: of each template; MARGIN: columns on each side of the picture; ABOVE, BELOW: rows */
enum { TABLE_BITS = 16, PLACES = 4, MARGIN = 32, ABOVE = 6, BELOW = 2 };

bool matcher_init(struct matcher *matcher, uint32_t width, uint32_t height) {
    *matcher = (struct matcher){.width = width, .stride = ((size_t)width + 2 * MARGIN) / 8 + 1};
    matcher->bits = bswz_allocate_zero((size_t)height + ABOVE + BELOW, matcher->stride);
    bool all = matcher->bits != NULL;
    for (unsigned i = 0; i < MATCH_TABLES; i++) {
        matcher->last[i] = bswz_allocate_zero((size_t)PLACES << TABLE_BITS, 2 * sizeof *matcher->last[i]);
        all = all && matcher->last[i] != NULL;
    }
    return all;
}

void matcher_free(struct matcher *matcher) {
    free(matcher->bits);
    for (unsigned i = 0; i < MATCH_TABLES; i++) {
        free(matcher->last[i]);
    }
}

/* `count` pixels, at most 25, of the row `down` rows below y, beginning `before` columns to the left of x; the last one in
 * the lowest bit. */
static uint32_t window(const struct matcher *matcher, uint32_t x, uint32_t y, int down, int before, unsigned count) {
    const size_t first = (size_t)((int64_t)x + MARGIN - before);
    const uint8_t *at = matcher->bits + ((size_t)y + (size_t)(ABOVE + down)) * matcher->stride + first / 8;
    const uint32_t four = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return four << first % 8 >> (32 - count);
}

/* What is compared: 56 pixels of the four rows above; 18 of the next two, and seven to the left, which count twice. */
static void surroundings(const struct matcher *matcher, uint32_t x, uint32_t y, uint64_t result[2]) {
    result[0] = (uint64_t)window(matcher, x, y, -1, 7, 15) << 41 | (uint64_t)window(matcher, x, y, -2, 7, 15) << 26 |
                window(matcher, x, y, -3, 6, 13) << 13 | window(matcher, x, y, -4, 6, 13);
    const uint32_t left = window(matcher, x, y, 0, 7, 7);
    result[1] =
        (uint64_t)window(matcher, x, y, -5, 4, 9) << 23 | window(matcher, x, y, -6, 4, 9) << 14 | left << 7 | left;
}

static unsigned difference(const struct matcher *matcher, uint32_t x, uint32_t y) {
    uint64_t there[2];
    surroundings(matcher, x, y, there);
    return (unsigned)(__builtin_popcountll(there[0] ^ matcher->here[0]) +
                      __builtin_popcountll(there[1] ^ matcher->here[1]));
}

/* Keep a match if it is one of the best; of equals, the one that came first stays in front. */
static void insert(struct matcher *matcher, struct match match) {
    unsigned i = matcher->count;
    if (i == MATCHES && matcher->matches[i - 1].wrong <= match.wrong) {
        return;
    }
    i == MATCHES ? i-- : matcher->count++;
    while (i > 0 && matcher->matches[i - 1].wrong > match.wrong) {
        matcher->matches[i] = matcher->matches[i - 1];
        i--;
    }
    matcher->matches[i] = match;
}

static bool has(const struct matcher *matcher, uint32_t x, uint32_t y) {
    for (unsigned i = 0; i < matcher->count; i++) {
        if (matcher->matches[i].x == x && matcher->matches[i].y == y) {
            return true;
        }
    }
    return false;
}

void matcher_find(struct matcher *matcher, const uint32_t hashes[MATCH_TABLES]) {
    struct match old[MATCHES];
    const unsigned count = matcher->count;
    memcpy(old, matcher->matches, sizeof old);
    surroundings(matcher, matcher->x, matcher->y, matcher->here);
    matcher->count = 0;
    for (unsigned i = 0; i < count; i++) {
        old[i].wrong = difference(matcher, old[i].x, old[i].y);
        insert(matcher, old[i]);
    }
    for (unsigned i = 0; i < MATCH_TABLES; i++) {
        uint32_t *last = &matcher->last[i][(size_t)(hash_2(hashes[i], 77) >> (32 - TABLE_BITS)) * PLACES * 2];
        for (unsigned k = 0; k < PLACES; k++) {
            const struct match match = {.x = last[2 * k], .y = last[2 * k + 1] - 1};
            if (last[2 * k + 1] != 0 && !has(matcher, match.x, match.y)) {
                insert(matcher, (struct match){match.x, match.y, difference(matcher, match.x, match.y)});
            }
        }
        memmove(last + 2, last, 2 * (PLACES - 1) * sizeof *last);
        last[0] = matcher->x;
        last[1] = matcher->y + 1;
    }
}

/* The pixels around a match, the first one lowest. */
static uint32_t around(const struct matcher *matcher, const struct match *match, unsigned count,
                       const int8_t places[][2]) {
    uint32_t result = 0;
    for (unsigned i = 0; i < count; i++) {
        result |= window(matcher, match->x, match->y, places[i][1], -places[i][0], 1) << i;
    }
    return result;
}

static uint32_t class_of(unsigned wrong) {
    static const uint8_t limits[7] = {1, 2, 3, 5, 8, 12, 20};
    uint32_t class = 0;
    while (class < 7 && wrong >= limits[class]) {
        class ++;
    }
    return class;
}

struct matched matcher_templates(const struct matcher *matcher, uint32_t nearest, uint32_t near,
                                 uint32_t hashes[MATCHED_TEMPLATES]) {
    static const int8_t next[5][2] = {{0, 0}, {1, 0}, {0, 1}, {-1, 1}, {1, 1}};
    static const int8_t before[4][2] = {{-1, 0}, {0, -1}, {-1, -1}, {1, -1}};
    static const int8_t after[5][2] = {{2, 0}, {0, 2}, {-2, 1}, {2, 1}, {3, 0}};
    static const int8_t wide[4][2] = {{-2, 0}, {0, -2}, {2, -1}, {-2, -1}};
    if (matcher->count == 0) {
        for (unsigned i = 0; i < MATCHED_TEMPLATES; i++) {
            hashes[i] = i + 1;
        }
        return (struct matched){0};
    }
    const struct match *first = matcher->matches;
    const uint32_t a = around(matcher, first, 5, next), b = around(matcher, first, 4, before),
                   c = around(matcher, first, 5, after), class = class_of(first->wrong);
    hashes[0] = hash_2(a | b << 5 | class << 9, 101);
    hashes[1] = hash_2(a | c << 5 | b << 10 | around(matcher, first, 4, wide) << 14 | class << 20, 102);
    hashes[2] = hash_2(a | b << 5 | nearest << 9 | class >> 1 << 20, 103);
    hashes[3] = hash_2(a | c << 5 | b << 10 | class >> 1 << 15, hash_2(near, 5));

    uint32_t pixels[3] = {a, 31, 31}, classes[3] = {class, 8, 8};
    for (unsigned i = 1; i < matcher->count && i < 3; i++) {
        pixels[i] = around(matcher, first + i, 5, next);
        classes[i] = class_of(first[i].wrong);
    }
    const uint32_t nine = (a & 7) | (pixels[1] & 7) << 3 | (pixels[2] & 7) << 6;
    hashes[4] = hash_2(a | pixels[1] << 5 | pixels[2] << 10 | class << 16 | classes[1] << 20 | classes[2] << 24, 104);
    hashes[5] = hash_2(nine | nearest << 9 | class >> 1 << 20, 105);
    hashes[6] = hash_2(nine, hash_2(near, 6));

    uint32_t ones[3] = {0, 0, 0}, all = 0; /* votes: here, to the right, below */
    for (unsigned i = 0; i < matcher->count; i++) {
        const uint32_t there = i < 3 ? pixels[i] : around(matcher, first + i, 3, next);
        const uint32_t weight = first[i].wrong < 3 ? 3 : first[i].wrong < 8 ? 2 : 1;
        for (unsigned k = 0; k < 3; k++) {
            ones[k] += weight * (there >> k & 1);
        }
        all += weight;
    }
    hashes[7] = hash_2(ones[0] | all << 5 | ones[1] / 2 << 10 | ones[2] / 2 << 15, 107);
    hashes[8] = hash_2(ones[0] | all << 5, hash_2(nearest, 8));
    return (struct matched){.set = 1 + 4 * class + 2 * (a & 1) + (a >> 1 & 1),
                            .votes = 1 + 7 * ones[0] / all * 8 + 7 * ones[1] / all};
}

void matcher_next(struct matcher *matcher, unsigned value) {
    const size_t at = (size_t)matcher->x + MARGIN;
    matcher->bits[((size_t)matcher->y + ABOVE) * matcher->stride + at / 8] |= (uint8_t)(value << (7 - at % 8));
    if (++matcher->x == matcher->width) {
        matcher->x = 0;
        matcher->y++;
        matcher->count = 0;
        return;
    }
    unsigned left = 0;
    for (unsigned i = 0; i < matcher->count; i++) {
        if (matcher->matches[i].x + 1 < matcher->width) {
            matcher->matches[left] = matcher->matches[i];
            matcher->matches[left++].x++;
        }
    }
    matcher->count = left;
}
