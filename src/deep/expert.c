/* SPDX-License-Identifier: MIT */
/*
 * The expert (expert.h), and its layers in plain C.
 */
#include "deep/expert.h"

#include "deep/errors.h"

#include <stdlib.h>
#include <string.h>

enum {
    INPUT_LARGEST = 511,
    HIDDEN_LARGEST = 1023,
    WEIGHT_BITS = 10,
    VALUE_BITS = 6,
    RECIPROCAL_BITS = 20,
    MIDDLE = 30, /* in quarters of a power of two: differences that are neither large nor small */
    OCTAVES_MOST = 10,
    ERROR_MOST = 1 << 23 /* of eight samples that differ as much as samples can: what follows from it has 32 bits */
};

/* 2^(i / 16), in 2^-14. */
static const uint16_t powers[16] = {16384, 17109, 17867, 18658, 19484, 20347, 21247, 22188,
                                    23170, 24196, 25268, 26386, 27554, 28774, 30048, 31379};

static void layer_plain(const int16_t *in, unsigned pairs, const int16_t *weights, const int32_t biases[EXPERT_WIDTH],
                        int16_t out[EXPERT_WIDTH]) {
    int32_t sums[EXPERT_WIDTH];
    memcpy(sums, biases, sizeof sums);
    for (unsigned i = 0; i < pairs; i++, weights += 2 * EXPERT_WIDTH) {
        for (unsigned o = 0; o < EXPERT_WIDTH; o++) {
            sums[o] += in[2 * i] * weights[2 * o] + in[2 * i + 1] * weights[2 * o + 1];
        }
    }
    for (unsigned o = 0; o < EXPERT_WIDTH; o++) {
        const int32_t value = (sums[o] + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
        out[o] = (int16_t)(value < 0 ? 0 : value > HIDDEN_LARGEST ? HIDDEN_LARGEST : value);
    }
}

expert_layer *expert_layer_by(enum instruction_set set) {
    if (!instructions_are_here(set)) {
        return NULL;
    }
#if defined(__x86_64__)
    return set == INSTRUCTIONS_AVX512 ? expert_layer_avx512
           : set == INSTRUCTIONS_AVX2 ? expert_layer_avx2
                                      : layer_plain;
#else
    return layer_plain;
#endif
}

/* The differences, divided by how much they differ; returns 24 times that. */
static int32_t prepare(const int32_t sees[EXPERT_SEES], int16_t inputs[2 * EXPERT_PAIRS]) {
    int32_t rough = 12;
    for (unsigned i = 0; i < EXPERT_NEAREST; i++) {
        rough += 2 * abs(sees[i]);
    }
    const int32_t reciprocal = (int32_t)((24u << (VALUE_BITS + RECIPROCAL_BITS)) / (uint32_t)rough);
    const int32_t most = (INPUT_LARGEST << RECIPROCAL_BITS) / reciprocal + 1; /* whatever is larger is limited anyway */
    for (unsigned i = 0; i < EXPERT_SEES; i++) {
        const int32_t difference = sees[i] < -most ? -most : sees[i] > most ? most : sees[i];
        const int32_t value = (difference * reciprocal + (1 << (RECIPROCAL_BITS - 1))) >> RECIPROCAL_BITS;
        inputs[i] = (int16_t)(value < -INPUT_LARGEST ? -INPUT_LARGEST : value > INPUT_LARGEST ? INPUT_LARGEST : value);
    }
    inputs[EXPERT_SEES] = (int16_t)(4 * ((int)quarter_log((uint32_t)rough) - MIDDLE));
    inputs[EXPERT_SEES + 1] = 0;
    return rough;
}

static int32_t output(const int16_t values[EXPERT_WIDTH], unsigned i) {
    int32_t sum = expert_numbers.last_biases[i];
    for (unsigned k = 0; k < EXPERT_WIDTH; k++) {
        sum += values[k] * expert_numbers.last[i * EXPERT_WIDTH + k];
    }
    return sum;
}

struct expert_answer expert_ask(expert_layer *layer, const int32_t sees[EXPERT_SEES]) {
    int16_t inputs[2 * EXPERT_PAIRS], values[EXPERT_WIDTH];
    const int64_t rough = prepare(sees, inputs);
    layer(inputs, EXPERT_PAIRS, expert_numbers.first, expert_numbers.biases, values);
    for (unsigned i = 1; i < EXPERT_LAYERS; i++) {
        layer(values, EXPERT_WIDTH / 2, expert_numbers.others + (i - 1) * EXPERT_WIDTH * EXPERT_WIDTH,
              expert_numbers.biases + i * EXPERT_WIDTH, values);
    }
    /* outputs have 16 bits of fraction: the mean in what the differences were divided by; log2 of the error in that */
    const int64_t mean = rough * output(values, 0) * (1 << (UNIT_BITS - 3)) / 3 >> (WEIGHT_BITS + VALUE_BITS);
    int32_t sixteenths = output(values, 1) >> (WEIGHT_BITS + VALUE_BITS - 4);
    sixteenths = sixteenths < -16 * OCTAVES_MOST  ? -16 * OCTAVES_MOST
                 : sixteenths > 16 * OCTAVES_MOST ? 16 * OCTAVES_MOST
                                                  : sixteenths;
    const int64_t one = rough * 8 * powers[sixteenths & 15] / 3;
    const int64_t error = one * (1 << OCTAVES_MOST) >> (14 + OCTAVES_MOST - (sixteenths >> 4));
    return (struct expert_answer){.mean = (int32_t)(mean < -INT32_MAX / 2  ? -INT32_MAX / 2
                                                    : mean > INT32_MAX / 2 ? INT32_MAX / 2
                                                                           : mean),
                                  .error = error < 8            ? 8
                                           : error > ERROR_MOST ? ERROR_MOST
                                                                : (uint32_t)error};
}
