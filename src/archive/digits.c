/* SPDX-License-Identifier: MIT */
/*
 * Numbers and zeros in the headers of archives (digits.h).
 */
#include "archive/digits.h"

size_t leading_zeros(const uint8_t *bytes, size_t size) {
    size_t count = 0;
    while (count < size && bytes[count] == 0) {
        count++;
    }
    return count;
}

bool parse_digits(const uint8_t *bytes, size_t size, unsigned base, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        const unsigned letter = bytes[i] | 0x20u;
        unsigned digit = base;
        if (bytes[i] >= '0' && bytes[i] <= '9') {
            digit = bytes[i] - '0';
        } else if (letter >= 'a' && letter <= 'f') {
            digit = letter - 'a' + 10;
        }
        if (digit >= base || *value > (UINT64_MAX - digit) / base) {
            return false;
        }
        *value = *value * base + digit;
    }
    return true;
}
