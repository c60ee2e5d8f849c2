/* SPDX-License-Identifier: MIT */
/*
 * Strict parsing of numbers. strtoul() would accept leading blanks and a sign.
 */
#include "cli/numbers.h"

#include <stddef.h>
#include <string.h>

/* Read digits from *text and advance it. */
static bool take_digits(const char **text, uint64_t highest, uint64_t *number) {
    const char *digit = *text;
    uint64_t value = 0;
    while (*digit >= '0' && *digit <= '9') {
        const uint64_t one = (uint64_t)(*digit++ - '0');
        if (one > highest || value > (highest - one) / 10) {
            return false;
        }
        value = value * 10 + one;
    }
    if (digit == *text) {
        return false;
    }
    *text = digit;
    *number = value;
    return true;
}

static bool take_number(const char **text, uint32_t lowest, uint32_t highest, uint32_t *number) {
    uint64_t value;
    if (!take_digits(text, highest, &value) || value < lowest) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

bool parse_number(const char *text, uint32_t lowest, uint32_t highest, uint32_t *number) {
    return take_number(&text, lowest, highest, number) && *text == '\0';
}

bool parse_size(const char *text, uint64_t *size) {
    static const char letters[] = "kKmMgG";
    if (!take_digits(&text, UINT64_MAX, size)) {
        return false;
    }
    const char *letter = *text != '\0' ? strchr(letters, *text) : NULL;
    if (letter == NULL) {
        return *text == '\0';
    }
    const unsigned shift = 10 * (unsigned)((letter - letters) / 2 + 1);
    if (*size > UINT64_MAX >> shift) {
        return false;
    }
    *size <<= shift;
    text++;
    return strcmp(text, "") == 0 || strcmp(text, "iB") == 0 || strcmp(text, "B") == 0 || strcmp(text, "i") == 0;
}

bool parse_shape(const char *text, uint32_t *width, uint32_t *height, uint32_t *channels, unsigned *bits, int *is_big) {
    if (!take_number(&text, 1, UINT32_MAX, width) || *text++ != 'x' || !take_number(&text, 1, UINT32_MAX, height) ||
        *text++ != 'x' || !take_number(&text, 1, 4, channels)) {
        return false;
    }
    *is_big = strcmp(text, ":16be") == 0;
    *bits = *is_big || strcmp(text, ":16le") == 0 || strcmp(text, ":12") == 0 ? 16 : 8;
    return *bits == 16 || *text == '\0' || strcmp(text, ":8") == 0;
}
