/* SPDX-License-Identifier: MIT */
/*
 * Least squares (squares.h): strips and windows.
 */
#include "deep/squares.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

/* Zeros, aligned; *memory: to be freed. */
static void *allocate_aligned(size_t count, size_t size, void **memory) {
    *memory = bswz_allocate_zero(count + SQUARES_ALIGNMENT / size + 1, size);
    return *memory != NULL ? (char *)*memory + -(uintptr_t)*memory % SQUARES_ALIGNMENT : NULL;
}

/* How many sums a window keeps. */
static uint32_t places_of(const struct squares *squares, unsigned window) {
    return (squares->strips - 1) / squares->window[window].shared + 1;
}

bool squares_init(struct squares *squares, const struct squares_window *windows, unsigned count, uint32_t width) {
    const uint32_t strips = width / STRIP + (width % STRIP != 0);
    *squares = (struct squares){.code = squares_code_by(instructions_widest()),
                                .windows = count,
                                .strips = strips < STRIPS_MOST ? strips : STRIPS_MOST,
                                .is_empty = true};
    squares->matrix = allocate_aligned(1, sizeof *squares->matrix, &squares->memory[SQUARES_WINDOWS]);
    if (squares->matrix == NULL) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        squares->window[i] = windows[i];
        squares->sums[i] = allocate_aligned(places_of(squares, i), squares_sums(windows[i].count) * sizeof(int64_t),
                                            &squares->memory[i]);
        if (squares->sums[i] == NULL) {
            return false;
        }
    }
    return true;
}

void squares_free(struct squares *squares) {
    for (unsigned i = 0; i < SQUARES_WINDOWS + 1; i++) {
        free(squares->memory[i]);
        squares->memory[i] = NULL;
    }
}

void squares_begin_pixel(struct squares *squares, uint32_t x) {
    if (x % STRIP != 0) {
        return;
    }
    const uint32_t strip = x / STRIP;
    for (unsigned i = 0; i < squares->windows; i++) {
        const struct squares_window *window = &squares->window[i];
        if (strip % window->every == 0) {
            const size_t size = squares_sums(window->count);
            const uint32_t here = strip % squares->strips / window->shared;
            const int64_t *sums = squares->sums[i] + here * size;
            squares->code->solve((const int64_t *const[]){here > 0 ? sums - size : sums, sums,
                                                          here + 1 < places_of(squares, i) ? sums + size : sums},
                                 window->count, squares->matrix, squares->weights[i]);
        }
    }
}

static void end_strip(struct squares *squares, uint32_t x) {
    int32_t sums[SQUARES_SUMS];
    const unsigned most = squares->window[squares->windows - 1].count;
    const uint32_t strip = x / STRIP % squares->strips;
    if (squares->is_empty) {
        return;
    }
    squares->code->multiply(&squares->strip, most, sums);
    for (unsigned i = 0; i < squares->windows; i++) {
        const struct squares_window *window = &squares->window[i];
        const size_t padded = squares_padded(window->count);
        int64_t *all = squares->sums[i] + (size_t)(strip / window->shared) * squares_sums(window->count);
        squares->code->fade(all, sums, padded, window->fading);
        squares->code->fade(all + padded, sums + squares_padded(most), squares_sums(window->count) - padded,
                            window->fading);
    }
    memset(&squares->strip, 0, sizeof squares->strip);
    squares->is_empty = true;
}

static int32_t shifted(int32_t value, int shift) {
    return shift >= 0 ? value * (1 << shift) : (value + (1 << (-shift - 1))) >> -shift;
}

void squares_end_pixel(struct squares *squares, uint32_t x, uint32_t width, const int32_t *regressors, int32_t target,
                       unsigned noise, unsigned finer) {
    const unsigned count = squares->window[squares->windows - 1].count;
    int16_t *strip = squares->strip.regressors[x % STRIP];
    uint32_t all = (uint32_t)(target ^ target >> 31);
    for (unsigned i = 0; i < count; i++) {
        all |= (uint32_t)(regressors[i] ^ regressors[i] >> 31);
    }
    const int bits = all == 0 ? 0 : 32 - __builtin_clz(all);
    int shift = SQUARES_RAISED - (int)(noise / 2) - (int)finer;
    shift = bits + shift > SQUARES_SAMPLE_BITS ? SQUARES_SAMPLE_BITS - bits : shift;
    shift = shift < -SQUARES_LOWERED ? -SQUARES_LOWERED : shift;
    for (unsigned i = 0; i < count; i++) {
        strip[i] = (int16_t)shifted(regressors[i], shift);
    }
    squares->strip.targets[x % STRIP] = (int16_t)shifted(target, shift);
    squares->is_empty = false;
    if (x % STRIP == STRIP - 1 || x + 1 == width) {
        end_strip(squares, x);
    }
}

void squares_skip_pixel(struct squares *squares, uint32_t x, uint32_t width) {
    squares_begin_pixel(squares, x);
    if (x % STRIP == STRIP - 1 || x + 1 == width) {
        end_strip(squares, x);
    }
}
