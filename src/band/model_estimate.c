/* SPDX-License-Identifier: MIT */
/*
 * Estimating what the model takes (model_estimate.h): if differences from a prediction have a Laplace distribution with
 * this mean, they take about log2(1 + 2e * mean) bits each. On screenshots, charts and pixel art the networks take 55 to
 * 85 % of that. All in integers, because choices depend on it.
 */
#include "band/model_estimate.h"

#include "image/known.h"

#include <stdlib.h>

enum {
    PART = 16,            /* numbers below are in sixteenths */
    LAPLACE = 87,         /* 2e */
    OPTIMISTIC_PART = 66, /* in percent */
    GREEN = 1
};

/* log2 in sixteenths, between powers of two by interpolation. x: at least PART, in sixteenths itself */
static uint32_t log2_part(uint64_t x) {
    const unsigned power = 63 - (unsigned)__builtin_clzll(x);
    return PART * (power - 4) + (uint32_t)((x - ((uint64_t)1 << power)) * PART >> power);
}

static int gradient_of(int w, int n, int nw) {
    const int low = w < n ? w : n, high = w < n ? n : w;
    return nw >= high ? low : nw <= low ? high : w + n - nw;
}

/* A sample; red and blue minus green. */
static int value_of(const uint8_t *pixel, unsigned c, bool is_coloured) {
    return pixel[c] - (is_coloured && c != GREEN && c < 3 ? pixel[GREEN] : 0);
}

/* The sum of the differences in rows of count pixels, each from the pixels to its left and above. */
static uint32_t differences(const uint8_t *row, size_t stride, unsigned channels, unsigned c, uint32_t count) {
    const bool is_coloured = channels >= 3;
    uint32_t sum = 0;
    int w = value_of(row - channels, c, is_coloured), nw = value_of(row - channels - stride, c, is_coloured);
    for (uint32_t x = 0; x < count; x++, row += channels) {
        const int here = value_of(row, c, is_coloured), n = value_of(row - stride, c, is_coloured);
        sum += (uint32_t)abs(here - gradient_of(w, n, nw));
        w = here;
        nw = n;
    }
    return sum;
}

/* The first row and the first column of the picture have no neighbours, and are left out. */
static uint32_t block_estimate(const uint8_t *samples, size_t stride, unsigned channels, uint32_t from_y, uint32_t to_y,
                               uint32_t from_x, uint32_t to_x) {
    uint64_t bits = 0;
    from_y += from_y == 0;
    from_x += from_x == 0;
    if (from_y >= to_y || from_x >= to_x) {
        return 0;
    }
    const uint64_t count = (uint64_t)(to_y - from_y) * (to_x - from_x);
    for (unsigned c = 0; c < channels; c++) {
        uint64_t sum = 0;
        for (uint32_t y = from_y; y < to_y; y++) {
            sum += differences(samples + y * stride + (size_t)from_x * channels, stride, channels, c, to_x - from_x);
        }
        bits += count * log2_part(PART + sum * LAPLACE / count) / PART;
    }
    return (uint32_t)(bits * OPTIMISTIC_PART / 100);
}

void model_estimate(const uint8_t *samples, uint32_t width, uint32_t rows, unsigned channels, uint32_t *block_bits) {
    const uint32_t columns = known_blocks_across(width);
    for (uint32_t y = 0; y < rows; y += KNOWN_BLOCK) {
        const uint32_t to_y = rows - y < KNOWN_BLOCK ? rows : y + KNOWN_BLOCK;
        for (uint32_t x = 0; x < width; x += KNOWN_BLOCK) {
            const uint32_t to_x = width - x < KNOWN_BLOCK ? width : x + KNOWN_BLOCK;
            block_bits[(size_t)(y >> KNOWN_SHIFT) * columns + (x >> KNOWN_SHIFT)] =
                block_estimate(samples, (size_t)width * channels, channels, y, to_y, x, to_x);
        }
    }
}
