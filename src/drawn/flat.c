/* SPDX-License-Identifier: MIT */
/*
 * Flat surroundings (flat.h).
 */
#include "drawn/flat.h"

#include "mixing/mixer.h"

#include <string.h>

bool flat_surrounds(const struct window *window, uint32_t x) {
    const uint32_t colour = window->pixels[0][(int)x - 1];
    if (window->runs[0][(int)x - 1] < 6) {
        return false;
    }
    for (unsigned row = 1; row < WINDOW_ROWS; row++) {
        if (window->pixels[row][x + 4] != colour || window->runs[row][x + 4] < 9) {
            return false;
        }
    }
    return true;
}

static unsigned flat_context(const struct window *window, uint32_t x, uint32_t colour) {
    return (unsigned)(window->runs[0][(int)x - 1] >= 32) | (unsigned)(window->pixels[1][x + 8] == colour) << 1 |
           (unsigned)(window->runs[1][x + 4] >= 32) << 2;
}

uint32_t flat_extent(const struct window *window, uint32_t x, uint32_t largest) {
    const uint32_t colour = window->pixels[0][(int)x - 1];
    uint32_t extent = 1;
    while (extent < largest && window->pixels[1][x + extent + 4] == colour &&
           window->pixels[2][x + extent + 4] == colour && window->pixels[3][x + extent + 4] == colour) {
        extent++;
    }
    return extent;
}

static bool decide_flat(struct model *model, cell *c, bool is_flat) {
    model->decisions->part = DRAWN_FLAT;
    const unsigned bit = decide(model->decisions, is_flat, clamp_probability(cell_probability(*c)));
    cell_update(c, bit, 1000);
    return bit;
}

bool flat_code_group(struct model *model, uint32_t x, uint32_t extent, const uint32_t *values) {
    const uint32_t colour = model->window.pixels[0][(int)x - 1];
    bool is_flat = true;
    for (uint32_t i = 0; values != NULL && i < extent; i++) {
        is_flat &= values[i] == colour;
    }
    cell *cells = model->flat_groups[hash_2(colour, 5) >> 24][extent / 8];
    return decide_flat(model, cells + flat_context(&model->window, x, colour), is_flat);
}

bool flat_code(struct model *model, uint32_t x, bool is_like) {
    const uint32_t colour = model->window.pixels[0][(int)x - 1];
    if (model->flat_left > 0) { /* one of them is not */
        return --model->flat_left == 0 ? false : decide_flat(model, &model->flat_in_group[model->flat_left], is_like);
    }
    return decide_flat(model, &model->flat[hash_2(colour, 5) >> 24][flat_context(&model->window, x, colour)], is_like);
}

void flat_put(struct model *model, uint32_t x, uint32_t count) {
    struct window *window = &model->window;
    const uint32_t colour = window->pixels[0][(int)x - 1];
    memset(window->errors[0] + x, 0, count);
    memset(window->missed[0] + x, 0, count);
    memset(window->strange[0] + x, 0, count);
    for (uint32_t i = 0; i < count; i++) {
        window_put(window, x + i, colour);
    }
}
