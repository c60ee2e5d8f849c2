/*
 * The rows that contexts look at. Pixels outside of the picture are made up: left of a row is its upper neighbour's
 * first pixel, right of it its last one, above the picture zeros.
 */
#include "drawn/model.h"

#include "allocate.h"

#include <stdlib.h>
#include <string.h>

#define SUM_FACTOR 0x2c1b3c6du

bool window_init(struct window *window, uint32_t width) {
    const size_t stride = (size_t)width + 2 * MARGIN;
    uint8_t *memory = bswz_allocate_zero(stride, WINDOW_ROWS * (2 * sizeof(uint32_t) + 1) + 4);
    *window = (struct window){.width = width, .memory = memory};
    if (memory == NULL) {
        return false;
    }
    uint32_t *numbers = (uint32_t *)memory + MARGIN;
    uint8_t *bytes = memory + 2 * WINDOW_ROWS * sizeof(uint32_t) * stride + MARGIN;
    for (unsigned i = 0; i < WINDOW_ROWS; i++) {
        window->pixels[i] = numbers + 2 * i * stride;
        window->sums[i] = numbers + (2 * i + 1) * stride;
        window->runs[i] = bytes + i * stride;
        memset(window->runs[i] - MARGIN, RUN_LARGEST, stride);
    }
    window->missed[0] = bytes + WINDOW_ROWS * stride;
    window->missed[1] = bytes + (WINDOW_ROWS + 1) * stride;
    window->errors[0] = bytes + (WINDOW_ROWS + 2) * stride;
    window->errors[1] = bytes + (WINDOW_ROWS + 3) * stride;
    return true;
}

void window_free(struct window *window) {
    free(window->memory);
}

void window_next_row(struct window *window) {
    uint32_t *pixels = window->pixels[WINDOW_ROWS - 1], *sums = window->sums[WINDOW_ROWS - 1];
    uint8_t *runs = window->runs[WINDOW_ROWS - 1], *missed = window->missed[1], *errors = window->errors[1];
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
    uint32_t sum = 0, oldest = 1; /* SUM_FACTOR^10: what the pixel that leaves has been multiplied by */
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
