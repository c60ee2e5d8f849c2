/*
 * Strict numbers.  strtoul() would take leading blanks and a sign.
 */
#include "cli/numbers.h"

#include <stddef.h>

/* Read digits from *text and move it behind them. */
static bool take_number(const char **text, uint32_t lowest, uint32_t highest, uint32_t *number) {
    const char *digit = *text;
    uint64_t value = 0;
    while (*digit >= '0' && *digit <= '9') {
        value = value * 10 + (uint64_t)(*digit++ - '0');
        if (value > highest) {
            return false;
        }
    }
    if (digit == *text || value < lowest) {
        return false;
    }
    *text = digit;
    *number = (uint32_t)value;
    return true;
}

bool parse_number(const char *text, uint32_t lowest, uint32_t highest, uint32_t *number) {
    return take_number(&text, lowest, highest, number) && *text == '\0';
}

bool parse_shape(const char *text, uint32_t *width, uint32_t *height, uint32_t *channels) {
    return take_number(&text, 1, UINT32_MAX, width) && *text++ == 'x' &&
           take_number(&text, 1, UINT32_MAX, height) && *text++ == 'x' &&
           take_number(&text, 1, 4, channels) && *text == '\0';
}
