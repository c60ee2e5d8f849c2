/* SPDX-License-Identifier: MIT */
/*
 * Choosing an earlier picture (earlier.h): a sample of pixels is compared.
 */
#include "drawn/earlier.h"

#include <string.h>

/* Pixels that are compared to choose an earlier picture; the likeness of the same picture. */
enum { LOOKS = 8192, LEAST_INTERESTING = 16, ALIKE = 257 };

/* Comparing a small picture with many takes longer than coding it: then only the latest ones are compared. */
enum { SMALL = 16384, LATEST = 32 };

/* Of the pixels that are neither like the one to the left nor like the one above: how many are in the earlier picture,
 * too? In 256ths. */
static unsigned likeness(const struct drawn_picture *picture, const uint8_t *samples, const uint8_t *before) {
    const size_t unit = picture->channels, row = picture->width * unit;
    const uint64_t pixels = (uint64_t)picture->width * picture->height;
    const size_t step = (size_t)(pixels / LOOKS) + 1;
    unsigned interesting = 0, same = 0;
    for (size_t i = (size_t)picture->width + 1; i < pixels; i += step) {
        const size_t at = i * unit;
        if (memcmp(samples + at, samples + at - unit, unit) != 0 &&
            memcmp(samples + at, samples + at - row, unit) != 0) {
            interesting++;
            same += memcmp(samples + at, before + at, unit) == 0;
        }
    }
    return interesting < LEAST_INTERESTING ? 0 : same * 256 / interesting;
}

unsigned earlier_find(const struct drawn_picture *picture, const uint8_t *samples, unsigned *like) {
    const size_t pixels = (size_t)picture->width * picture->height;
    unsigned found = 0;
    *like = 0;
    for (unsigned i = 0; i < picture->before_count && *like < ALIKE; i++) {
        const bool is_same = memcmp(samples, picture->before[i], pixels * picture->channels) == 0;
        const unsigned here = is_same                         ? ALIKE
                              : pixels < SMALL && i >= LATEST ? 0
                                                              : likeness(picture, samples, picture->before[i]);
        if (here > *like) {
            *like = here;
            found = i + 1;
        }
    }
    return found;
}
