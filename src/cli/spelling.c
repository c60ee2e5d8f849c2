/* SPDX-License-Identifier: MIT */
/*
 * The distance between two words (spelling.h): how many letters must be inserted, removed, replaced, or swapped with
 * their neighbour.
 */
#include "cli/spelling.h"

#include <string.h>

#define WORD_MAX 24u

static unsigned least(unsigned one, unsigned other) {
    return one < other ? one : other;
}

/* Both are shorter than WORD_MAX. */
static unsigned distance(const char *one, size_t length, const char *other) {
    unsigned rows[WORD_MAX + 1][WORD_MAX + 1];
    const size_t width = strlen(other);
    for (unsigned y = 0; y <= length; y++) {
        for (unsigned x = 0; x <= width; x++) {
            if (x == 0 || y == 0) {
                rows[y][x] = x + y;
                continue;
            }
            const unsigned differs = one[y - 1] != other[x - 1];
            rows[y][x] = least(least(rows[y - 1][x], rows[y][x - 1]) + 1, rows[y - 1][x - 1] + differs);
            if (x > 1 && y > 1 && one[y - 1] == other[x - 2] && one[y - 2] == other[x - 1]) {
                rows[y][x] = least(rows[y][x], rows[y - 2][x - 2] + 1);
            }
        }
    }
    return rows[length][width];
}

const char *spelling_nearest(const char *word, const struct option *names) {
    const char *nearest = NULL;
    word += strspn(word, "-");
    const size_t length = strcspn(word, "=");
    unsigned best = length > 4 ? 3 : 2; /* farther away is something else */
    for (; length > 1 && length < WORD_MAX && names->name != NULL; names++) {
        const unsigned away = strlen(names->name) < WORD_MAX ? distance(word, length, names->name) : best;
        if (away < best) {
            best = away;
            nearest = names->name;
        }
    }
    return nearest;
}

bool spelling_begins(const char *word, const struct option *names, const char *found[2]) {
    unsigned count = 0;
    word += strspn(word, "-");
    const size_t length = strcspn(word, "=");
    for (; length > 0 && count < 2 && names->name != NULL; names++) {
        if (strncmp(names->name, word, length) == 0) {
            found[count++] = names->name;
        }
    }
    return count == 2;
}
