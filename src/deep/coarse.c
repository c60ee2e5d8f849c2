/* SPDX-License-Identifier: MIT */
/*
 * Which samples have fewer bits than others (coarse.h).
 */
#include "deep/coarse.h"

#include <stdlib.h>

/* It must save a 32nd of a bit per sample: less may be chance. */
enum { REMAINDERS = 1 << COARSE_BITS, LEAST_PART = 32 };

/* How often a number was coarse and was not, by whether those to the left and above were; and the bits that are known of
 * coarse ones: no more than the difference to the one to the left has, because the rest is predicted anyway. */
struct tally {
    uint64_t of[4][2], known;
};

static uint32_t number_of(const struct values *values, const uint8_t *sample) {
    return values->index[sample[0] | (unsigned)sample[1] << 8];
}

/* The most frequent remainder for each number of bits. */
static void find_remainders(const uint64_t frequencies[REMAINDERS], struct coarse *found) {
    for (unsigned bits = 1; bits <= COARSE_BITS; bits++) {
        uint64_t most = 0;
        for (uint32_t rest = 0; rest < 1u << bits; rest++) {
            uint64_t sum = 0;
            for (uint32_t i = rest; i < REMAINDERS; i += 1u << bits) {
                sum += frequencies[i];
            }
            if (sum > most) {
                most = sum;
                found[bits] = (struct coarse){bits, rest};
            }
        }
    }
}

/* log2 in units of 1/256, for 1 and more; linear between powers of two. An integer, because the stream depends on it. */
static uint32_t log_of(uint64_t value) {
    const unsigned bits = 63 - (unsigned)__builtin_clzll(value);
    return bits * 256 + (uint32_t)((value << 8 >> bits) & 255);
}

/* What asking saves, in units of 1/256 bit. */
static int64_t saved_by(const struct tally *tally) {
    int64_t sum = (int64_t)(tally->known * 256);
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t no = tally->of[i][0], yes = tally->of[i][1];
        const uint32_t all = log_of(yes + no + 1);
        sum -= (int64_t)(yes * (all - log_of(yes + 1)) + no * (all - log_of(no + 1)));
    }
    return sum;
}

int64_t coarse_find(struct coarse *coarse, const struct values *values, const uint8_t *samples, uint32_t width,
                    uint32_t height, unsigned channel, unsigned channels) {
    const size_t step = 2 * (size_t)channels, row = step * width, size = row * height;
    uint64_t frequencies[REMAINDERS] = {0};
    struct coarse found[COARSE_BITS + 1] = {{0, 0}};
    struct tally tallies[COARSE_BITS + 1] = {{{{0}}, 0}};
    for (size_t at = row + step + 2 * (size_t)channel; at < size; at += step) {
        const uint32_t number = number_of(values, samples + at);
        /* a repeated one costs little, whatever it is */
        if (number != number_of(values, samples + at - step) && number != number_of(values, samples + at - row)) {
            frequencies[number % REMAINDERS]++;
        }
    }
    find_remainders(frequencies, found);
    for (size_t at = row + step + 2 * (size_t)channel; at < size; at += step) {
        const int32_t number = (int32_t)number_of(values, samples + at);
        const int32_t left = (int32_t)number_of(values, samples + at - step);
        const int32_t up = (int32_t)number_of(values, samples + at - row);
        const unsigned most_known = log_of((uint64_t)abs(number - left) + 1) / 256;
        for (unsigned bits = 1; bits <= COARSE_BITS && number != left && number != up; bits++) {
            const struct coarse *one = &found[bits];
            const bool is_it = is_coarse(one, number);
            tallies[bits].of[is_coarse(one, left) * 2 + is_coarse(one, up)][is_it]++;
            tallies[bits].known += is_it ? (bits < most_known ? bits : most_known) : 0;
        }
    }
    int64_t most = (int64_t)(size / step) * 256 / LEAST_PART;
    *coarse = (struct coarse){0, 0};
    for (unsigned bits = 1; bits <= COARSE_BITS; bits++) {
        const int64_t saved = saved_by(&tallies[bits]);
        if (saved > most && found[bits].rest < values->count) {
            most = saved;
            *coarse = found[bits];
        }
    }
    return coarse->bits > 0 ? most : 0;
}

void coarse_code(struct coarse *coarse, struct decisions *decisions, uint32_t count) {
    coarse->bits = decide_number(decisions, coarse->bits, 4);
    coarse->rest = decide_number(decisions, coarse->rest, coarse->bits);
    decisions->is_damaged |= coarse->bits > COARSE_BITS || coarse->rest >= count;
}
