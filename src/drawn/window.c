/* SPDX-License-Identifier: MIT */
/*
 * The rows that contexts look at. Pixels outside the picture are made up: to the left of a row, the first pixel of the
 * row above; to the right, its own last pixel; above the picture, zeros.
 */
#include "drawn/drawn_model.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

#define SUM_FACTOR 0x2c1b3c6du

static size_t stride_of(const struct window *window) {
    return (size_t)window->width + 2 * MARGIN;
}

static uint32_t *ring_row(const struct window *window, uint32_t y) {
    return window->ring + y % window->ring_rows * stride_of(window) + MARGIN;
}

const uint32_t *window_row(const struct window *window, uint32_t dy) {
    return ring_row(window, window->y - dy);
}

bool window_init(struct window *window, uint32_t width, uint32_t ring_rows) {
    const size_t stride = (size_t)width + 2 * MARGIN;
    const unsigned bytes_per_pixel = WINDOW_ROWS * ((unsigned)sizeof(uint32_t) + 1) + 6;
    uint8_t *memory = bswz_allocate_zero(stride, bytes_per_pixel + ring_rows * sizeof(uint32_t));
    *window = (struct window){.width = width, .memory = memory, .ring_rows = ring_rows};
    if (memory == NULL) {
        return false;
    }
    window->ring = (uint32_t *)memory;
    uint32_t *numbers = window->ring + ring_rows * stride + MARGIN;
    uint8_t *bytes = (uint8_t *)(numbers - MARGIN + WINDOW_ROWS * stride) + MARGIN;
    window->y = ring_rows; /* a multiple of ring_rows, so that rows above it exist */
    for (unsigned i = 0; i < WINDOW_ROWS; i++) {
        window->pixels[i] = ring_row(window, window->y - i);
        window->sums[i] = numbers + i * stride;
        window->runs[i] = bytes + i * stride;
        memset(window->runs[i] - MARGIN, RUN_LARGEST, stride);
    }
    for (unsigned i = 0; i < 2; i++) {
        window->missed[i] = bytes + (WINDOW_ROWS + i) * stride;
        window->errors[i] = bytes + (WINDOW_ROWS + 2 + i) * stride;
        window->strange[i] = bytes + (WINDOW_ROWS + 4 + i) * stride;
    }
    return true;
}

void window_free(struct window *window) {
    free(window->memory);
}

void window_next_row(struct window *window) {
    uint32_t *sums = window->sums[WINDOW_ROWS - 1];
    uint8_t *runs = window->runs[WINDOW_ROWS - 1], *missed = window->missed[1], *errors = window->errors[1];
    uint8_t *strange = window->strange[1];
    uint32_t *pixels = ring_row(window, ++window->y);
    for (unsigned i = WINDOW_ROWS - 1; i > 0; i--) {
        window->pixels[i] = window->pixels[i - 1];
        window->sums[i] = window->sums[i - 1];
        window->runs[i] = window->runs[i - 1];
    }
    window->pixels[0] = pixels;
    window->sums[0] = sums;
    window->runs[0] = runs;
    window->missed[1] = window->missed[0];
    window->missed[0] = missed;
    window->errors[1] = window->errors[0];
    window->errors[0] = errors;
    window->strange[1] = window->strange[0];
    window->strange[0] = strange;
    for (int x = -MARGIN; x < 0; x++) {
        pixels[x] = window->pixels[1][0];
        runs[x] = MARGIN;
    }
}

void window_end_row(struct window *window) {
    const uint32_t width = window->width;
    uint32_t *pixels = window->pixels[0], *sums = window->sums[0];
    for (uint32_t x = width; x < width + MARGIN; x++) {
        window_put(window, x, pixels[width - 1]);
    }
    uint32_t sum = 0, oldest = 1; /* SUM_FACTOR^10: the factor of the pixel that leaves the sum */
    for (int i = 0; i < 10; i++) {
        oldest *= SUM_FACTOR;
    }
    for (int x = -MARGIN; x < 4; x++) {
        sum = (sum + pixels[x] + 1) * SUM_FACTOR - (x - 9 >= -MARGIN ? (pixels[x - 9] + 1) * oldest : 0);
    }
    for (uint32_t x = 0; x < width + 8; x++) {
        sum = (sum + pixels[x + 4] + 1) * SUM_FACTOR - (pixels[(int)x - 5] + 1) * oldest;
        sums[x] = sum;
    }
}
