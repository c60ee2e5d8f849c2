/* SPDX-License-Identifier: MIT */
/*
 * Values of deep samples (values.h).
 *
 *     grid (5 bits; 16-bit samples only): what follows refers to positions on the grid, or to values if there is none
 *     first (8 or 16 bits), last (the same), step minus one (the same), is there a list (1)?
 *     list: for each value between the first and the last, is it in use? Contexts: the distance to the last value in
 *           use, and its distance to the one before
 */
#include "deep/values.h"

#include "base/allocate.h"
#include "mixing/mixer.h"

#include <stdlib.h>
#include <string.h>

enum { LOG_FRACTION = 8, BLOCK = 64 };

/* log2 in units of 1/256, for 1 and more; linear between powers of two. */
static uint32_t log_of(uint32_t value) {
    unsigned bits = 0;
    while (value >> bits > 1) {
        bits++;
    }
    return (uint32_t)(bits << LOG_FRACTION) +
           (uint32_t)(((uint64_t)value << LOG_FRACTION >> bits) - (1 << LOG_FRACTION));
}

/* What does a list save, more than it takes? In units of 1/256 bit: in each block of values, a pixel saves the logarithm of the fraction of values
 * in use, and each value in use costs about one and a half times that. */
static int64_t list_saves(const uint32_t *counts, uint32_t count) {
    int64_t saved = 0;
    for (uint32_t start = 0; start < count; start += BLOCK) {
        const uint32_t size = count - start < BLOCK ? count - start : BLOCK;
        uint32_t used = 0, pixels = 0;
        for (uint32_t i = start; i < start + size; i++) {
            used += counts[i] > 0;
            pixels += counts[i];
        }
        if (used > 0) {
            const uint32_t unused = size - used, log = log_of(size) - log_of(used);
            saved += (int64_t)(pixels - used) * log;
            saved -= (int64_t)(used < unused ? used : unused) * 384 + 64;
        }
    }
    return saved;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b) {
    while (b != 0) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Grids: 9 to 15 bits in three ways each, in this order, then the grid of 32768 steps that some image editors use. */
enum { WAYS = 3, REPEATED = 0, ROUNDED = 1, ROUNDED_DOWN = 2, GRIDS = 1 + 7 * WAYS + 1 };

static uint32_t grid_steps(unsigned grid) {
    return grid == GRIDS - 1 ? 32768 : (1u << (9 + (grid - 1) / WAYS)) - 1;
}

/* The sample at a position on a grid; at most 65535. */
static uint32_t grid_value(unsigned grid, uint32_t place) {
    const uint32_t steps = grid == 0 ? VALUES_MOST - 1 : grid_steps(grid);
    const unsigned way = grid == GRIDS - 1 ? ROUNDED : (grid - 1) % WAYS, bits = 9 + (grid - 1) / WAYS;
    if (grid == 0) {
        return place;
    }
    if (way == REPEATED) {
        return place << (16 - bits) | place >> (2 * bits - 16);
    }
    return (uint32_t)(((uint64_t)place * 65535 + (way == ROUNDED ? steps / 2 : 0)) / steps);
}

/* Is the value on the grid? Then *place is its position. */
static bool is_on_grid(unsigned grid, uint32_t value, uint32_t *place) {
    const uint32_t near = (uint32_t)((uint64_t)value * grid_steps(grid) / 65535);
    for (*place = near; *place <= near + 1 && *place <= grid_steps(grid); ++*place) {
        if (grid_value(grid, *place) == value) {
            return true;
        }
    }
    return false;
}

/* counts: for each value; they become the counts for each position on the first grid that contains all values. */
static unsigned find_grid(uint32_t counts[VALUES_MOST]) {
    uint32_t place;
    for (unsigned grid = 1; grid < GRIDS; grid++) {
        uint32_t value = 0;
        while (value < VALUES_MOST && (counts[value] == 0 || is_on_grid(grid, value, &place))) {
            value++;
        }
        if (value == VALUES_MOST) {
            for (uint32_t i = 0; i < VALUES_MOST; i++) {
                counts[i] = i <= grid_steps(grid) ? counts[grid_value(grid, i)] : 0; /* at i or later */
            }
            return grid;
        }
    }
    return 0;
}

void values_find(struct values *values, const uint8_t *samples, size_t pixels, unsigned channel, unsigned channels,
                 unsigned bytes, int64_t least, uint32_t *counts) {
    uint32_t before = VALUES_MOST;
    memset(counts, 0, VALUES_MOST * sizeof *counts);
    for (size_t i = channel; i < pixels * channels; i += channels) {
        const uint32_t value = bytes == 1 ? samples[i] : samples[2 * i] | (uint32_t)samples[2 * i + 1] << 8;
        counts[value] += value != before; /* a repeated one costs little, whatever values there are */
        before = value;
    }
    const unsigned grid = bytes == 2 ? find_grid(counts) : 0;
    uint32_t first = 0, last = VALUES_MOST - 1, step = 0;
    while (counts[first] == 0) {
        first++;
    }
    while (counts[last] == 0) {
        last--;
    }
    for (uint32_t i = first + 1; i <= last; i++) {
        step = counts[i] > 0 ? greatest_divisor(i - first, step) : step;
    }
    step = step == 0 ? 1 : step;
    *values = (struct values){.grid = grid, .first = first, .step = step, .last = (last - first) / step};
    for (uint32_t i = 0; i <= values->last; i++) {
        counts[i] = counts[first + i * step];
    }
    values->is_list = list_saves(counts, values->last + 1) > least;
    for (uint32_t i = 0; i <= values->last; i++) {
        if (!values->is_list || counts[i] > 0) {
            const uint32_t value = grid_value(grid, first + i * step);
            values->index[value] = (uint16_t)values->count;
            values->value[values->count++] = (uint16_t)value;
        }
    }
}

enum { AGO = 64 };

static void code_list(struct values *values, struct decisions *decisions) {
    cell cells[AGO][AGO];
    for (unsigned i = 0; i < AGO * AGO; i++) {
        cells[i / AGO][i % AGO] = CELL_EVEN;
    }
    const bool is_decoding = decisions->is_decoding;
    uint32_t next = 0, ago = 1, before = 1, count = 0;
    for (uint32_t i = 0; i <= values->last; i++) {
        const uint32_t value = grid_value(values->grid, values->first + i * values->step);
        bool is_used = i == 0 || i == values->last;
        if (!is_used) {
            cell *c = &cells[ago < AGO ? ago : AGO - 1][before < AGO ? before : AGO - 1];
            is_used = !is_decoding && next < values->count && values->value[next] == value;
            is_used = decide(decisions, is_used, clamp_probability(cell_probability(*c)));
            cell_update(c, is_used, 60);
        }
        if (is_used) {
            before = ago;
            ago = 0;
            if (is_decoding) {
                values->value[count] = (uint16_t)value;
            }
            count++;
            next = count;
        }
        ago++;
    }
    values->count = count;
}

void values_code(struct values *values, struct decisions *decisions, unsigned bytes) {
    const unsigned bits = 8 * bytes;
    values->grid = bytes == 2 ? decide_number(decisions, values->grid, 5) : 0;
    if (values->grid >= GRIDS) {
        decisions->is_damaged = true;
        return;
    }
    const uint64_t places = values->grid != 0 ? grid_steps(values->grid) + 1 : (uint64_t)1 << bits;
    values->first = decide_number(decisions, values->first, bits);
    values->last = decide_number(decisions, values->last, bits);
    values->step = decide_number(decisions, values->step - 1, bits) + 1;
    values->is_list = decide_number(decisions, values->is_list, 1);
    if ((uint64_t)values->first + (uint64_t)values->last * values->step >= places) {
        decisions->is_damaged = true;
        return;
    }
    if (values->is_list) {
        code_list(values, decisions);
    } else if (decisions->is_decoding) {
        values->count = values->last + 1;
        for (uint32_t i = 0; i < values->count; i++) {
            values->value[i] = (uint16_t)grid_value(values->grid, values->first + i * values->step);
        }
    }
}
