/* SPDX-License-Identifier: MIT */
/*
 * A model file of coefficients with random weights: the coder must restore everything exactly, however badly it
 * predicts. Layout: src/coefficients/coefficient_file.c.
 */
#ifndef TOY_COEFFICIENTS_H
#define TOY_COEFFICIENTS_H

#include "coefficients/dc.h"
#include "coefficients/coefficient_model.h"
#include "toy_model.h"

static inline void toy_biases(struct byte_buffer *file, uint64_t *seed, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        toy_bytes(file, (uint64_t)toy_range(seed, -3000, 9000), 4);
    }
}

/* Like toy_layer, with one shift for all. */
static inline void toy_adding(struct byte_buffer *file, uint64_t *seed, unsigned in, unsigned sums, unsigned taps) {
    for (unsigned o = 0; o < sums; o++) {
        toy_bytes(file, 8, 1);
    }
    for (unsigned o = 0; o < sums; o++) {
        toy_bytes(file, 0, 4);
    }
    for (unsigned i = 0; i < in * sums * taps; i++) {
        toy_bytes(file, (uint64_t)toy_range(seed, -60, 60), 2);
    }
}

static inline struct byte_buffer toy_coefficients_of(unsigned sums, unsigned width, bool apt) {
    struct byte_buffer file = {0};
    uint64_t seed = 5;
    byte_buffer_append(&file,
                       "\x8d"
                       "BSC\r\n\x1a\n",
                       8, NULL);
    toy_bytes(&file, 2, 2);
    for (unsigned kind = 0; kind < COMPONENT_KINDS; kind++) {
        toy_bytes(&file, sums, 2);
        toy_bytes(&file, width, 2);
        toy_adding(&file, &seed, COMPONENT_INPUTS_DC, sums, 1);
        for (unsigned g = 0; g < GROUP_COUNT; g++) {
            toy_adding(&file, &seed, 2 * coefficient_groups[g].count, sums, 9);
        }
        for (unsigned other = 0; other < 2 * kind; other++) {
            toy_adding(&file, &seed, COMPONENT_INPUTS_DC, sums, 1);
            toy_adding(&file, &seed, COMPONENT_INPUTS_OTHER, sums, 1);
        }
        toy_adding(&file, &seed, 64, sums, 1);
        toy_biases(&file, &seed, sums * (1 + kind));
        for (unsigned round = 0; round < ROUND_COUNT; round++) {
            const unsigned outputs = GROUP_OUTPUTS(coefficient_groups[group_of(round)].count);
            toy_biases(&file, &seed, sums);
            toy_layer(&file, &seed, sums, width, 9, false);
            toy_layer(&file, &seed, width, width, 1, false);
            toy_last(&file, &seed, width, outputs, TOY_GROUP, apt);
        }
        for (unsigned type = 0; type < DC_TYPES; type++) {
            toy_bytes(&file, width, 2);
            toy_layer(&file, &seed, kind == 0 ? DC_INPUTS_LUMA : DC_INPUTS_CHROMA, width, 1, true);
            toy_layer(&file, &seed, width, width, 1, false);
            toy_layer(&file, &seed, width, width, 1, false);
            toy_last(&file, &seed, width, GROUP_OUTPUTS(1u), TOY_GROUP, apt);
        }
    }
    return file;
}

static inline struct byte_buffer toy_coefficients(unsigned sums, unsigned width) {
    return toy_coefficients_of(sums, width, false);
}

#endif
