/* SPDX-License-Identifier: MIT */
/*
 * Curves as second differences (curves.h).
 */
#include "jpeg/curves.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

#define FRONT 12    /* "curv", zeros, count */
#define SHORTEST 16 /* numbers */

static const uint8_t front[8] = {'c', 'u', 'r', 'v', 0, 0, 0, 0};

/* 0, -1, 1, -2 ... as 0, 1, 2, 3 ... */
static uint16_t fold(uint16_t difference) {
    return (uint16_t)(difference << 1 ^ (difference >> 15 != 0 ? 0xffff : 0));
}

static uint16_t unfold(uint16_t folded) {
    return (uint16_t)(folded >> 1 ^ ((folded & 1) != 0 ? 0xffff : 0));
}

void jpeg_curve_to_differences(const uint8_t *numbers, size_t count, uint8_t *differences) {
    uint16_t last = 0, slope = 0;
    for (size_t i = 0; i < count; i++) {
        const uint16_t number = (uint16_t)(numbers[2 * i] << 8 | numbers[2 * i + 1]);
        const uint16_t step = (uint16_t)(number - last), folded = fold((uint16_t)(step - slope));
        differences[i] = (uint8_t)(folded >> 8);
        differences[count + i] = (uint8_t)folded;
        last = number;
        slope = step;
    }
}

void jpeg_curve_from_differences(const uint8_t *differences, size_t count, uint8_t *numbers) {
    uint16_t last = 0, slope = 0;
    for (size_t i = 0; i < count; i++) {
        slope = (uint16_t)(slope + unfold((uint16_t)(differences[i] << 8 | differences[count + i])));
        last = (uint16_t)(last + slope);
        numbers[2 * i] = (uint8_t)(last >> 8);
        numbers[2 * i + 1] = (uint8_t)last;
    }
}

/* Both directions find the same places: everything before a curve is the same by then. */
static enum bswz_status replace(uint8_t *headers, size_t size,
                                void (*change)(const uint8_t *from, size_t count, uint8_t *to),
                                struct bswz_error *error) {
    size_t at = 0;
    while (size - at > FRONT) {
        const uint8_t *found = memmem(headers + at, size - at, front, sizeof front);
        if (found == NULL || (size_t)(found - headers) + FRONT >= size) {
            break;
        }
        at = (size_t)(found - headers) + FRONT;
        const size_t count = (size_t)found[8] << 24 | (size_t)found[9] << 16 | (size_t)found[10] << 8 | found[11];
        if (count < SHORTEST || count > (size - at) / 2) {
            continue;
        }
        uint8_t *changed = bswz_allocate(count, 2);
        if (changed == NULL) {
            return bswz_no_memory(error);
        }
        change(headers + at, count, changed);
        memcpy(headers + at, changed, 2 * count);
        free(changed);
        at += 2 * count;
    }
    return BSWZ_OK;
}

enum bswz_status jpeg_curves_to_differences(uint8_t *headers, size_t size, struct bswz_error *error) {
    return replace(headers, size, jpeg_curve_to_differences, error);
}

enum bswz_status jpeg_curves_from_differences(uint8_t *headers, size_t size, struct bswz_error *error) {
    return replace(headers, size, jpeg_curve_from_differences, error);
}
