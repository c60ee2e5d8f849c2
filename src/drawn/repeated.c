/* SPDX-License-Identifier: MIT */
/*
 * What a repeat says about a pixel: the pixel at that distance, and the same with the difference between the
 * surroundings added.
 */
#include "drawn/drawn_model.h"

#include <limits.h>
#include <stdlib.h>

void model_begin_row(struct model *model) {
    const struct window *window = &model->window;
    const uint32_t y = window->y - window->ring_rows;
    for (unsigned i = 0; i < model->repeats.count; i++) {
        const struct repeat *at = &model->repeats.at[i];
        struct source *source = &model->sources[i];
        source->dx = at->dx;
        source->from = at->dx < 0 ? (uint32_t)-at->dx : 0;
        source->to = at->dx > 0 ? window->width - (uint32_t)at->dx : window->width;
        if (at->dy > y) {
            source->to = 0;
            continue;
        }
        source->at = window_row(window, at->dy);
        source->above = at->dy < y ? window_row(window, at->dy + 1) : source->at;
        source->below = at->dy > 1 ? window_row(window, at->dy - 1) : source->at;
    }
}

static bool leads_inside(const struct source *source, uint32_t x) {
    return x >= source->from && x < source->to;
}

/* How much the differences between the surroundings here and there vary. */
static unsigned spread(const struct source *source, uint32_t x, const uint32_t near[NEIGHBOURS], unsigned c) {
    const ptrdiff_t at = (ptrdiff_t)x + source->dx;
    const int w = sample_of(near[W], c) - sample_of(source->at[at - 1], c);
    const int n = sample_of(near[N], c) - sample_of(source->above[at], c);
    const int nw = sample_of(near[NW], c) - sample_of(source->above[at - 1], c);
    const int ne = sample_of(near[NE], c) - sample_of(source->above[at + 1], c);
    const int ww = sample_of(near[WW], c) - sample_of(source->at[at - 2], c);
    return (unsigned)(abs(w - n) + abs(w - nw) + abs(n - ne) + abs(w - ww));
}

/* The source that fits best. */
static const struct source *source_of(const struct model *model, uint32_t x, const uint32_t near[NEIGHBOURS]) {
    const struct source *best = NULL;
    unsigned least = UINT_MAX;
    for (unsigned i = 0; i < model->repeats.count; i++) {
        const struct source *source = &model->sources[i];
        if (leads_inside(source, x)) {
            const unsigned here = spread(source, x, near, model->main_channel);
            if (here < least) {
                best = source;
                least = here;
            }
        }
    }
    return best;
}

static uint32_t moved(uint32_t there, unsigned c, const uint32_t here_near[NEIGHBOURS],
                      const uint32_t near[NEIGHBOURS]) {
    int sum = 0;
    static const uint8_t weights[4] = {3, 3, 1, 1};
    for (unsigned i = 0; i < 4; i++) {
        sum += weights[i] * (sample_of(here_near[i], c) - sample_of(near[i], c));
    }
    const int value = sample_of(there, c) + ((sum + 4) >> 3);
    return (uint32_t)(value < 0 ? 0 : value > 255 ? 255 : value) << 8 * c;
}

void repeated_find(const struct model *model, uint32_t x, const uint32_t near[NEIGHBOURS], struct repeated *repeated) {
    const struct source *source = source_of(model, x, near);
    repeated->is_known = source != NULL;
    if (source == NULL) {
        return;
    }
    const ptrdiff_t at = (ptrdiff_t)x + source->dx;
    repeated->there = source->at[at];
    repeated->east = source->at[at + 1];
    repeated->south = source->below[at];
    repeated->near[W] = source->at[at - 1];
    repeated->near[N] = source->above[at];
    repeated->near[NW] = source->above[at - 1];
    repeated->near[NE] = source->above[at + 1];
    repeated->expected = 0;
    for (unsigned c = 0; c < model->channels; c++) {
        repeated->expected |= moved(repeated->there, c, near, repeated->near);
    }
    repeated->expected = model->colours != 0 ? repeated->there : repeated->expected;
    const uint8_t *strange = model->window.strange[0] + x, *above = model->window.strange[1] + x;
    repeated->strange = energy_class(2 * strange[-1] + 2 * above[0] + above[-1] + above[1]);
}

void repeated_note(struct model *model, uint32_t x, uint32_t value, const struct repeated *repeated) {
    if (model->repeats.count == 0) {
        return;
    }
    uint8_t *strange = model->window.strange[0] + x;
    if (repeated == NULL) {
        *strange = 0;
    } else {
        const unsigned c = model->main_channel;
        *strange = repeated->is_known ? (uint8_t)abs(sample_of(value, c) - sample_of(repeated->expected, c)) : 0;
    }
}
