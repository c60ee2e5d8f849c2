/* SPDX-License-Identifier: MIT */
/*
 * Amplitudes: coefficients times their quantisation steps, a unit in which what is learned from one picture holds
 * for others with different steps; and the forms in which the nets see them.
 */
#ifndef BSWZ_AMPLITUDE_H
#define BSWZ_AMPLITUDE_H

#include "coder/group.h"
#include "coefficients/coefficient_tables.h"
#include "jpeg/planes.h"
#include "threads/pool.h"

#include <stdbool.h>
#include <stddef.h>

#define AMPLITUDE_LARGEST 32767

static inline int32_t amplitude_clamp(int32_t amplitude) {
    return (int32_t)(amplitude > AMPLITUDE_LARGEST    ? AMPLITUDE_LARGEST
                     : amplitude < -AMPLITUDE_LARGEST ? -AMPLITUDE_LARGEST
                                                      : amplitude);
}

/* coefficient: of 16 bits; step: 1 ... 65535 */
static inline int32_t amplitude_of(int coefficient, unsigned step) {
    return amplitude_clamp(coefficient * (int32_t)step);
}

static inline int32_t amplitude_size(int32_t amplitude) {
    const int32_t size = amplitude < 0 ? -amplitude : amplitude;
    return size < AMPLITUDE_COUNT ? size : AMPLITUDE_COUNT - 1;
}

/* Unchanged up to 128, in eighths beyond: -255 ... 255. */
static inline int16_t amplitude_line(int32_t amplitude) {
    int32_t size = amplitude_size(amplitude);
    if (size > 128) {
        size = 128 + ((size - 128) >> 3);
        size = size > 255 ? 255 : size;
    }
    return (int16_t)(amplitude < 0 ? -size : size);
}

/* Its magnitude as a logarithm, 0 ... 255. */
static inline int16_t amplitude_magnitude(int32_t amplitude) {
    return magnitude_of_amplitude[amplitude_size(amplitude)];
}

/* Of a DC amplitude: -255 ... 255. */
static inline int16_t amplitude_brightness(int32_t amplitude) {
    const int32_t bright = amplitude >> 3;
    return (int16_t)(bright > 255 ? 255 : bright < -255 ? -255 : bright);
}

/* 192 log2(step), rounded: sixteenths of a scale index; step 1 ... 65535. */
static inline int32_t amplitude_step_bits(unsigned step) {
    unsigned halvings = 0;
    while (step > STEP_COUNT) {
        step >>= 1;
        halvings++;
    }
    return step_bits[step - 1] + 192 * (int32_t)halvings;
}

/* What the coder needs to know about a step. */
static inline struct group_step amplitude_step(unsigned step) {
    const uint32_t unit = (uint32_t)(MEAN_UNIT / GROUP_MEAN_UNIT) << 16;
    return (struct group_step){(unit + step / 2) / step, amplitude_step_bits(step)};
}

/* 16 log2(step), as an input of the nets: 0 ... 255. */
static inline int16_t amplitude_step_input(unsigned step) {
    const int32_t bits = (amplitude_step_bits(step) + 6) / 12;
    return (int16_t)(bits > 255 ? 255 : bits);
}

/*
 * The first component's amplitudes in the blocks of another one, as [rows * columns][64]. If the other has half
 * the resolution, they are those of a picture of that resolution; if it has the same, they are the same blocks;
 * for any other ratio, they are all zero. pool: shares the work, or NULL.
 */
void amplitudes_at(const struct jpeg_component *first, const struct jpeg_component *other, struct worker_pool *pool,
                   int16_t (*to)[JPEG_BLOCK]);

#endif
