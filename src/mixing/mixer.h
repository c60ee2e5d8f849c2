/* SPDX-License-Identifier: MIT */
/*
 * Mixing of probabilities in the logistic domain.
 *
 * Inputs are stretched probabilities, or differences of them, and at most STRETCH_LARGEST in magnitude: eight times as
 * much still has 16 bits. They are weighted by several sets of weights, which are selected by small contexts; a small final mixer
 * combines the results of the sets. Weights of sets have 16 bits, and MIX_ONE is one; those of the final mixer have 32
 * bits, and 65536 is one. Each learns from its own error.
 *
 * Products are added in pairs, and each pair is shifted before it is added to the sum, so that nothing exceeds 32 bits:
 * 2 * 3071 * 32768 is below 2^28, and 32 such pairs divided by 256 below 2^25. The plain functions define the results;
 * those for SSE2 give the same results, and tests compare them.
 */
#ifndef BSWZ_MIXING_MIXER_H
#define BSWZ_MIXING_MIXER_H

#include "mixing/probability.h"

#include <stdalign.h>
#include <string.h>

enum {
    MIX_INPUTS = 64, /* multiples of MIX_STEP are computed; unused inputs are zero */
    MIX_STEP = 8,
    MIX_SETS = 4, /* at most */
    MIX_ONE = 16384,
    MIX_LAST_LARGEST = 1 << 18
};

/* The current prediction. */
struct mix {
    alignas(16) int16_t input[MIX_INPUTS];
    unsigned inputs, sets;
    int16_t *weights[MIX_SETS]; /* of each set: mix_padded(inputs) weights, then how often it has learned */
    int32_t *last;              /* a weight for each set */
    int32_t dot[MIX_SETS];
    int32_t result; /* stretched */
};

static inline unsigned mix_padded(unsigned inputs) {
    return (inputs + MIX_STEP - 1) & ~(unsigned)(MIX_STEP - 1);
}

/* The distance from one set to the next. */
static inline unsigned mix_stride(unsigned inputs) {
    return mix_padded(inputs) + MIX_STEP;
}

static inline int32_t clamp_stretched(int32_t x) {
    return x < -STRETCH_LARGEST ? -STRETCH_LARGEST : x > STRETCH_LARGEST ? STRETCH_LARGEST : x;
}

static inline int32_t mix_dot_plain(const int16_t *weights, const int16_t *inputs, unsigned count) {
    int32_t sum = 0;
    for (unsigned i = 0; i < count; i += 2) {
        sum += (weights[i] * inputs[i] + weights[i + 1] * inputs[i + 1]) >> 8;
    }
    return sum;
}

/* weights += inputs * error / 2^14 */
static inline void mix_learn_plain(int16_t *weights, const int16_t *inputs, unsigned count, int16_t error) {
    for (unsigned i = 0; i < count; i++) {
        const int32_t w = weights[i] + (((8 * inputs[i] * error >> 16) + 1) >> 1);
        weights[i] = (int16_t)(w < INT16_MIN ? INT16_MIN : w > INT16_MAX ? INT16_MAX : w);
    }
}

#ifdef __SSE2__
static inline int32_t mix_dot(const int16_t *weights, const int16_t *inputs, unsigned count) {
    __m128i sum = _mm_setzero_si128();
    for (unsigned i = 0; i < count; i += MIX_STEP) {
        const __m128i w = _mm_load_si128((const __m128i *)(weights + i));
        const __m128i x = _mm_load_si128((const __m128i *)(inputs + i));
        sum = _mm_add_epi32(sum, _mm_srai_epi32(_mm_madd_epi16(w, x), 8));
    }
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return _mm_cvtsi128_si32(sum);
}

static inline void mix_learn(int16_t *weights, const int16_t *inputs, unsigned count, int16_t error) {
    const __m128i e = _mm_set1_epi16(error), one = _mm_set1_epi16(1);
    for (unsigned i = 0; i < count; i += MIX_STEP) {
        __m128i *w = (__m128i *)(weights + i);
        const __m128i x = _mm_slli_epi16(_mm_load_si128((const __m128i *)(inputs + i)), 3);
        const __m128i step = _mm_srai_epi16(_mm_add_epi16(_mm_mulhi_epi16(x, e), one), 1);
        _mm_store_si128(w, _mm_adds_epi16(_mm_load_si128(w), step));
    }
}
#else
static inline int32_t mix_dot(const int16_t *weights, const int16_t *inputs, unsigned count) {
    return mix_dot_plain(weights, inputs, count);
}

static inline void mix_learn(int16_t *weights, const int16_t *inputs, unsigned count, int16_t error) {
    mix_learn_plain(weights, inputs, count, error);
}
#endif

/* For a number of inputs and sets that the compiler knows, if the caller does. Inputs up to the next multiple of MIX_STEP
 * must be zero. */
static inline __attribute__((always_inline)) uint32_t mix_probability_of(struct mix *mix, unsigned inputs,
                                                                         unsigned sets) {
    const unsigned padded = mix_padded(inputs);
    int64_t sum = 1 << 15;
    for (unsigned s = 0; s < sets; s++) {
        mix->dot[s] = clamp_stretched(mix_dot(mix->weights[s], mix->input, padded) >> 6);
        sum += (int64_t)mix->dot[s] * mix->last[s];
    }
    mix->result = clamp_stretched((int32_t)(sum >> 16));
    return squash(mix->result);
}

/* What a set contributes moves towards what would have been right; returns the error that its weights learn from. count:
 * how often they have. dot: the set's own prediction; target: 65536 or 0; error: that of all sets. */
static inline int16_t mix_set_update(int32_t *last, int16_t *count, int32_t dot, int32_t target, int32_t error,
                                     int32_t base, int32_t boost) {
    const int32_t w = *last + ((dot * (error >> 2) + (1 << 14)) >> 15);
    *last = w < -MIX_LAST_LARGEST ? -MIX_LAST_LARGEST : w > MIX_LAST_LARGEST ? MIX_LAST_LARGEST : w;
    const int32_t rate = base + (int32_t)((uint32_t)boost * mixing_reciprocal[*count] >> 16);
    *count = (int16_t)(*count < 1023 ? *count + 1 : *count);
    const int32_t step = ((target - (int32_t)squash(dot)) * rate) >> 6;
    return (int16_t)(step < -INT16_MAX ? -INT16_MAX : step > INT16_MAX ? INT16_MAX : step);
}

/* base, boost: the learning rate of the sets, and how much faster they learn at first. */
static inline __attribute__((always_inline)) void mix_update_of(struct mix *mix, unsigned inputs, unsigned sets,
                                                                unsigned bit, int32_t base, int32_t boost) {
    const unsigned padded = mix_padded(inputs);
    const int32_t target = bit ? 65536 : 0, error = target - (int32_t)squash(mix->result);
    for (unsigned s = 0; s < sets; s++) {
        const int16_t step =
            mix_set_update(&mix->last[s], mix->weights[s] + padded, mix->dot[s], target, error, base, boost);
        mix_learn(mix->weights[s], mix->input, padded, step);
    }
}

static inline uint32_t mix_probability(struct mix *mix) {
    for (unsigned i = mix->inputs; i < mix_padded(mix->inputs); i++) {
        mix->input[i] = 0;
    }
    return mix_probability_of(mix, mix->inputs, mix->sets);
}

static inline void mix_update(struct mix *mix, unsigned bit, int32_t base, int32_t boost) {
    mix_update_of(mix, mix->inputs, mix->sets, bit, base, boost);
}

/* How much cells are trusted that have seen this number of decisions, in 1/65536. */
static inline int32_t mix_trust(uint32_t count) {
    return 65536 - (3 * mixing_reciprocal[count] >> 1);
}

/* How far a cell's opinion is from another, as an input: the less the fewer decisions the cell has seen. says, own:
 * stretched */
static inline int16_t mix_difference(int says, int own, cell c) {
    return (int16_t)clamp_stretched((says - own) * mix_trust(cell_count(c)) >> 16);
}

/* The same for eight cells at a time; or, of eight inputs, for all but the last, which stays as it is. */
static inline void mix_differences_plain(int16_t inputs[8], int own, const uint16_t trust[8], bool are_all) {
    for (unsigned i = 0; i < (are_all ? 8 : 7); i++) {
        inputs[i] = (int16_t)clamp_stretched((inputs[i] - own) * (int32_t)trust[i] >> 16);
    }
}

#ifdef __SSE2__
static inline void mix_differences(int16_t inputs[8], int own, const uint16_t trust[8], bool are_all) {
    const __m128i largest = _mm_set1_epi16(STRETCH_LARGEST), zero = _mm_setzero_si128();
    const __m128i says = _mm_loadu_si128((const __m128i *)(const void *)inputs);
    const __m128i by = _mm_loadu_si128((const __m128i *)(const void *)trust);
    const __m128i off = _mm_sub_epi16(says, _mm_set1_epi16((int16_t)own));
    /* signed by unsigned */
    const __m128i product = _mm_sub_epi16(_mm_mulhi_epu16(off, by), _mm_and_si128(by, _mm_cmpgt_epi16(zero, off)));
    const __m128i all = _mm_max_epi16(_mm_min_epi16(product, largest), _mm_sub_epi16(zero, largest));
    _mm_storeu_si128((__m128i *)(void *)inputs, are_all ? all : _mm_insert_epi16(all, _mm_extract_epi16(says, 7), 7));
}

/* Eight numbers that are in different places. They are stored at once, since processors wait for single ones before they load
 * them together. */
#define MIX_PUT(to, a, b, c, d, e, f, g, h)                                                                            \
    _mm_storeu_si128((__m128i *)(void *)(to), _mm_setr_epi16((int16_t)(a), (int16_t)(b), (int16_t)(c), (int16_t)(d),   \
                                                             (int16_t)(e), (int16_t)(f), (int16_t)(g), (int16_t)(h)))
#else
static inline void mix_differences(int16_t inputs[8], int own, const uint16_t trust[8], bool are_all) {
    mix_differences_plain(inputs, own, trust, are_all);
}

#define MIX_PUT(to, a, b, c, d, e, f, g, h)                                                                            \
    memcpy(to,                                                                                                         \
           ((int16_t[]){(int16_t)(a), (int16_t)(b), (int16_t)(c), (int16_t)(d), (int16_t)(e), (int16_t)(f),            \
                        (int16_t)(g), (int16_t)(h)}),                                                                  \
           8 * sizeof(int16_t))
#endif

/* Weights for count sets, all with the same values, suitably aligned; NULL: no memory. Free with free(). */
int16_t *mix_weights(unsigned count, unsigned inputs, const int16_t *values);

#endif
