/* SPDX-License-Identifier: MIT */
/*
 * Matches of two-valued pictures (matched.h).
 */
#include "drawn/matched.h"

#include "base/allocate.h"
#include "mixing/probability.h"

#include <stdlib.h>

enum { TABLE_BITS = 18, ROWS = 6, LEFT = 7 };

bool matcher_init(struct matcher *matcher, const uint8_t *pixels, size_t width) {
    *matcher = (struct matcher){.pixels = pixels, .width = width, .match = SIZE_MAX};
    bool all = true;
    for (unsigned i = 0; i < MATCH_TABLES; i++) {
        matcher->last[i] = bswz_allocate_zero((size_t)1 << TABLE_BITS, sizeof *matcher->last[i]);
        all = all && matcher->last[i] != NULL;
    }
    return all;
}

void matcher_free(struct matcher *matcher) {
    for (unsigned i = 0; i < MATCH_TABLES; i++) {
        free(matcher->last[i]);
    }
}

/* Zero outside the picture, and where it is not known yet. x, y: the place; to the right and down from it. */
static unsigned pixel_at(const struct matcher *matcher, size_t x, size_t y, int right, int down) {
    if ((right < 0 && x < (size_t)-right) || (down < 0 && y < (size_t)-down)) {
        return 0;
    }
    const size_t column = x + (size_t)right, at = (y + (size_t)down) * matcher->width + column;
    return column < matcher->width && at < matcher->at ? matcher->pixels[at] : 0;
}

/* How many pixels above the place and to its left differ from those of the pixel that is coded; the latter count
 * twice. If there are at least `limit`, any such number. */
static unsigned difference(const struct matcher *matcher, size_t place, unsigned limit) {
    static const int reach[ROWS + 1] = {0, 7, 7, 6, 6, 4, 4};
    const size_t y = matcher->at / matcher->width, x = matcher->at % matcher->width;
    const size_t there_y = place / matcher->width, there_x = place % matcher->width;
    unsigned wrong = 0;
    for (int up = 1; up <= ROWS && wrong < limit; up++) {
        for (int right = -reach[up]; right <= reach[up]; right++) {
            wrong += pixel_at(matcher, x, y, right, -up) ^ pixel_at(matcher, there_x, there_y, right, -up);
        }
    }
    for (int left = 1; left <= LEFT; left++) {
        wrong += 2 * (pixel_at(matcher, x, y, -left, 0) ^ pixel_at(matcher, there_x, there_y, -left, 0));
    }
    return wrong;
}

void matcher_find(struct matcher *matcher, const uint32_t hashes[MATCH_TABLES]) {
    matcher->wrong = matcher->match == SIZE_MAX ? UINT32_MAX : difference(matcher, matcher->match, UINT32_MAX);
    for (unsigned i = 0; i < MATCH_TABLES; i++) {
        uint32_t *last = &matcher->last[i][hash_2(hashes[i], 77) >> (32 - TABLE_BITS)];
        const size_t place = (size_t)*last - 1;
        if (*last != 0 && place != matcher->match && matcher->wrong > 0) {
            const unsigned wrong = difference(matcher, place, matcher->wrong);
            matcher->match = wrong < matcher->wrong ? place : matcher->match;
            matcher->wrong = wrong < matcher->wrong ? wrong : matcher->wrong;
        }
        *last = (uint32_t)matcher->at + 1;
    }
}

/* The pixels around the match, the first one lowest. */
static uint32_t around(const struct matcher *matcher, unsigned count, const int8_t places[][2]) {
    const size_t y = matcher->match / matcher->width, x = matcher->match % matcher->width;
    uint32_t result = 0;
    for (unsigned i = 0; i < count; i++) {
        result |= (uint32_t)pixel_at(matcher, x, y, places[i][0], places[i][1]) << i;
    }
    return result;
}

unsigned matcher_templates(const struct matcher *matcher, uint32_t nearest, uint32_t near,
                           uint32_t hashes[MATCHED_TEMPLATES]) {
    static const int8_t next[5][2] = {{0, 0}, {1, 0}, {0, 1}, {-1, 1}, {1, 1}};
    static const int8_t before[4][2] = {{-1, 0}, {0, -1}, {-1, -1}, {1, -1}};
    static const int8_t after[5][2] = {{2, 0}, {0, 2}, {-2, 1}, {2, 1}, {3, 0}};
    static const int8_t wide[4][2] = {{-2, 0}, {0, -2}, {2, -1}, {-2, -1}};
    static const uint8_t limits[7] = {1, 2, 3, 5, 8, 12, 20};
    if (matcher->match == SIZE_MAX) {
        for (unsigned i = 0; i < MATCHED_TEMPLATES; i++) {
            hashes[i] = i + 1;
        }
        return 0;
    }
    const uint32_t a = around(matcher, 5, next), b = around(matcher, 4, before), c = around(matcher, 5, after);
    uint32_t class = 0;
    while (class < 7 && matcher->wrong >= limits[class]) {
        class ++;
    }
    hashes[0] = hash_2(a | b << 5 | class << 9, 101);
    hashes[1] = hash_2(a | c << 5 | b << 10 | around(matcher, 4, wide) << 14 | class << 20, 102);
    hashes[2] = hash_2(a | b << 5 | nearest << 9 | class >> 1 << 20, 103);
    hashes[3] = hash_2(a | c << 5 | b << 10 | class >> 1 << 15, hash_2(near, 5));
    return 1 + 4 * class + 2 * (a & 1) + (a >> 1 & 1);
}

void matcher_next(struct matcher *matcher) {
    matcher->at++;
    matcher->match += matcher->match != SIZE_MAX;
    if (matcher->match % matcher->width == 0 || matcher->at % matcher->width == 0) {
        matcher->match = SIZE_MAX;
    }
}
