/* SPDX-License-Identifier: MIT */
/*
 * The coder of deep pictures: everything comes back, whatever the number of bits; damage does no harm, and a truncated
 * payload gives its rows; samples that only seem to have more bits cost no more than their real bits.
 */
#include "check.h"

#include "deep/deep.h"
#include "deep/deep_model.h"

#include <stdlib.h>
#include <string.h>

enum kind { CONSTANT, NOISE, SMOOTH, FEW, JUMPS, OPAQUE, COARSE, EXTREMES, KINDS };

static unsigned draw_sample(enum kind kind, uint32_t x, uint32_t y, unsigned channel, unsigned top, uint64_t *state) {
    const unsigned random = (unsigned)(noise(state) >> 40);
    switch (kind) {
    case CONSTANT: return top / 3;
    case NOISE: return random % (top + 1);
    case SMOOTH: return (x * 5 + y * 3 + x * y / 9 + 20 * channel + random % 8) % (top + 1);
    case FEW: return random % 5 * (top / 5);
    case JUMPS: return ((x / 7 + y / 5) % 3 * (top / 3) + random % 4) % (top + 1);
    case COARSE:
        return (x * 5 + y * 3 + random % (top / 9 + 1)) % (top + 1) & ((x + y) / 8 % 2 == 0 ? top : top / 16 * 16);
    case OPAQUE: return channel % 2 == 1 ? top : (x * x + random % 9) % (top + 1);
    default: return random % 2 == 0 ? 0 : top;
    }
}

static void put(const struct deep_picture *picture, uint8_t *samples, size_t at, unsigned sample) {
    samples[at * picture->bytes] = (uint8_t)sample;
    if (picture->bytes == 2) {
        samples[2 * at + 1] = (uint8_t)(sample >> 8);
    }
}

static uint8_t *draw(enum kind kind, const struct deep_picture *picture, unsigned top, uint64_t *state) {
    const size_t pixels = (size_t)picture->width * picture->height;
    uint8_t *samples = malloc(pixels * picture->channels * picture->bytes);
    if (samples == NULL) {
        abort();
    }
    for (size_t i = 0; i < pixels * picture->channels; i++) {
        const uint32_t pixel = (uint32_t)(i / picture->channels);
        put(picture, samples, i,
            draw_sample(kind, pixel % picture->width, pixel / picture->width, (unsigned)(i % picture->channels), top,
                        state));
    }
    return samples;
}

static size_t size_of(const struct deep_picture *picture) {
    return (size_t)picture->width * picture->height * picture->channels * picture->bytes;
}

static struct byte_buffer encode(const struct deep_picture *picture, const uint8_t *samples, int level) {
    struct byte_buffer out = {0};
    bool is_coded = false;
    const enum bswz_status status = deep_encode(picture, samples, level, SIZE_MAX, &out, &is_coded, NULL);
    CHECK(status == BSWZ_OK && is_coded, "status %d", status);
    return out;
}

/* It is proved while it is coded, and the proof is about this payload only. */
static bool comes_back(const struct deep_picture *picture, const uint8_t *samples, int level) {
    struct payload_proof proof = {.is_made = false};
    struct deep_picture proved = *picture;
    proved.proof = &proof;
    struct byte_buffer out = encode(&proved, samples, level), again = encode(picture, samples, level);
    CHECK(proof.is_made && !proof.is_wrong && payload_is_proven(&proof, again.data, again.size), "no proof");
    again.data[again.size / 2] ^= 1;
    CHECK(!payload_is_proven(&proof, again.data, again.size), "a proof of something else");
    free(again.data);
    uint32_t known = 0;
    uint8_t *restored = malloc(size_of(picture));
    const bool is_right = deep_decode(picture, out.data, out.size, false, restored, &known, NULL) == BSWZ_OK &&
                          known == picture->height && memcmp(samples, restored, size_of(picture)) == 0;
    free(restored);
    free(out.data);
    return is_right;
}

static void test_small_sizes(void) {
    uint64_t state = 1;
    unsigned wrong = 0;
    for (uint32_t size = 0; size < 400; size += 1 + size % 3) {
        /* all widths and heights; the other properties in turn */
        const unsigned bits = 1 + size % 16;
        const struct deep_picture picture = {.width = size % 20 + 1,
                                             .height = size / 20 + 1,
                                             .channels = size % 4 + 1,
                                             .bytes = bits > 8 ? 2 : 1 + size % 2};
        uint8_t *samples = draw((enum kind)(size * 3 % KINDS), &picture, (1u << bits) - 1, &state);
        wrong += !comes_back(&picture, samples, (int)(size % 3) * 3 + 2);
        free(samples);
    }
    CHECK(wrong == 0, "%u small pictures", wrong);
}

static void test_kinds(void) {
    uint64_t state = 2;
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned channels = 1; channels <= 4; channels++) {
            for (int level = 1; level <= 9; level += channels % 2 == 0 ? 8 : 4) {
                const struct deep_picture picture = {.width = 67, .height = 41, .channels = channels, .bytes = 2};
                uint8_t *samples = draw((enum kind)kind, &picture, 65535u >> ((unsigned)kind + channels) % 8, &state);
                CHECK(comes_back(&picture, samples, level), "kind %d, %u channels, level %d", kind, channels, level);
                free(samples);
            }
        }
    }
    /* more strips than have sums of their own */
    const struct deep_picture wide = {.width = 20000, .height = 2, .channels = 1, .bytes = 2};
    uint8_t *samples = draw(SMOOTH, &wide, 4095, &state);
    CHECK(comes_back(&wide, samples, 5), "a wide picture");
    free(samples);
}

enum { WAYS = 5 };

/* The same picture of `bits` bits, and stretched to 16 in a way. */
static void check_stretched(unsigned bits, int way) {
    uint64_t state = 3;
    const struct deep_picture picture = {.width = 80, .height = 60, .channels = 1, .bytes = 2};
    const unsigned top = (1u << bits) - 1;
    uint8_t *plain = draw(SMOOTH, &picture, top, &state), *stretched = malloc(size_of(&picture));
    for (size_t i = 0; i < (size_t)80 * 60; i++) {
        const unsigned sample = plain[2 * i] | (unsigned)plain[2 * i + 1] << 8;
        const unsigned shifted = sample << (16 - bits);
        const unsigned values[WAYS] = {shifted, shifted | sample >> (2 * bits - 16), sample * 65535 / top,
                                       (sample * 65535 + top / 2) / top, sample + 12345 % (65536 - top)};
        put(&picture, stretched, i, values[way]);
    }
    struct byte_buffer small = encode(&picture, plain, 5), large = encode(&picture, stretched, 5);
    CHECK(large.size <= small.size + 24, "%u bits, way %d: %zu bytes, stretched %zu", bits, way, small.size,
          large.size);
    CHECK(comes_back(&picture, stretched, 5), "%u bits, way %d", bits, way);
    free(small.data);
    free(large.data);
    free(plain);
    free(stretched);
}

/* What all samples of a picture have in common costs next to nothing. */
static void test_disguises(void) {
    enum { PIXELS = 120 * 100, DISGUISES = 6 };
    uint64_t state = 8;
    const struct deep_picture picture = {.width = 120, .height = 100, .channels = 1, .bytes = 2};
    uint8_t *plain = draw(SMOOTH, &picture, 255, &state), *disguised = malloc(size_of(&picture));
    struct byte_buffer small = encode(&picture, plain, 5);
    for (unsigned way = 0; way < DISGUISES; way++) {
        for (size_t i = 0; i < PIXELS; i++) {
            const unsigned sample = plain[2 * i];
            const unsigned values[DISGUISES] = {sample * 257,           sample << 8,    sample << 4, sample * 37 + 1000,
                                                65535 - sample * 3 / 2, sample * sample};
            put(&picture, disguised, i, values[way]);
        }
        struct byte_buffer large = encode(&picture, disguised, 5);
        /* the last two are lists, of at most two bytes a value */
        const size_t most = small.size + small.size / 100 + (way < 4 ? 8 : 2 * 256);
        CHECK(large.size <= most, "disguise %u: %zu bytes, plain %zu", way, large.size, small.size);
        CHECK(comes_back(&picture, disguised, 5), "disguise %u", way);
        free(large.data);
    }
    free(small.data);
    free(plain);
    free(disguised);
}

/* Colours that nobody sees often repeat those next to them: then they cost next to nothing. */
static void test_transparent(void) {
    enum { SIDE = 96 };
    uint64_t state = 9;
    const struct deep_picture picture = {.width = SIDE, .height = SIDE, .channels = 4, .bytes = 2},
                              half = {.width = SIDE, .height = SIDE / 2, .channels = 4, .bytes = 2};
    uint8_t *samples = draw(NOISE, &picture, 65535, &state);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        const bool is_seen = i < SIDE * SIDE / 2;
        put(&picture, samples, 4 * i + 3, is_seen ? 65535 : 0);
        if (!is_seen) { /* the left one's or, every eighth, the upper one's */
            memcpy(samples + 8 * i, samples + 8 * (i - (i % 8 == 0 ? SIDE : 1)), 6);
        }
    }
    struct byte_buffer seen = encode(&half, samples, 5), all = encode(&picture, samples, 5);
    CHECK(all.size < seen.size + SIDE * SIDE / 2 / 8, "%zu bytes, half of it %zu", all.size, seen.size);
    CHECK(comes_back(&picture, samples, 5), "transparent");
    free(seen.data);
    free(all.data);
    free(samples);
}

/* ---- loops that are compiled for several instruction sets ---- */

static int32_t random_within(uint64_t *state, int32_t limit) {
    return (int32_t)(noise(state) >> 32) % (limit + 1) * (noise(state) >> 63 != 0 ? 1 : -1);
}

static void fill_strip(struct squares_strip *strip, unsigned count, int32_t limit, uint64_t *state) {
    memset(strip, 0, sizeof *strip);
    for (unsigned x = 0; x < STRIP; x++) {
        strip->targets[x] = (int16_t)random_within(state, limit);
        for (unsigned i = 0; i < count; i++) {
            /* some depend on one another */
            strip->regressors[x][i] = i % 3 == 2 ? strip->regressors[x][i - 1] : (int16_t)random_within(state, limit);
        }
    }
}

static void compare_squares(const struct squares_code *plain, const struct squares_code *code, unsigned count,
                            int32_t limit, uint64_t *state) {
    const size_t size = squares_sums(count);
    struct squares_strip strip;
    static int32_t sums[2][SQUARES_SUMS];
    static alignas(SQUARES_ALIGNMENT) int64_t all[2][SQUARES_SUMS];
    static alignas(SQUARES_ALIGNMENT) struct squares_matrix matrix;
    int32_t weights[2][SQUARES_MOST] = {{0}}, regressors[SQUARES_MOST] = {0};
    memset(all, 0, sizeof all);
    for (unsigned row = 0; row < 40; row++) {
        fill_strip(&strip, count, limit, state);
        plain->multiply(&strip, count, sums[0]);
        code->multiply(&strip, count, sums[1]);
        plain->fade(all[0], sums[0], size, row % 2 + 1);
        code->fade(all[1], sums[1], size, row % 2 + 1);
    }
    CHECK(memcmp(all[0], all[1], size * sizeof(int64_t)) == 0, "sums, %u regressors", count);
    plain->solve((const int64_t *const[]){all[0], all[0], all[0]}, count, &matrix, weights[0]);
    code->solve((const int64_t *const[]){all[1], all[1], all[1]}, count, &matrix, weights[1]);
    CHECK(memcmp(weights[0], weights[1], sizeof weights[0]) == 0, "weights of %u regressors", count);
    const size_t padded = squares_padded(count);
    for (unsigned i = 0; i < count; i++) {
        regressors[i] = strip.regressors[0][i] * 64;
    }
    CHECK(plain->sum(weights[0], regressors, padded) == code->sum(weights[0], regressors, padded),
          "sum of %u regressors", count);
}

/* Sums of the largest products stay within what squares.h says. */
static void test_bounds(void) {
    struct squares_strip strip;
    static int32_t sums[SQUARES_SUMS];
    const int16_t most = (1 << SQUARES_SAMPLE_BITS) - 1;
    for (unsigned x = 0; x < STRIP; x++) {
        strip.targets[x] = (int16_t)-most;
        for (unsigned i = 0; i < SQUARES_MOST; i++) {
            strip.regressors[x][i] = most;
        }
    }
    squares_code_by(INSTRUCTIONS_PLAIN)->multiply(&strip, SQUARES_MOST, sums);
    CHECK(sums[0] == -STRIP * most * most && sums[SQUARES_SUMS - 1] == STRIP * most * most, "largest products");
}

static void compare_curves(const struct curves_code *plain, const struct curves_code *code, uint64_t *state) {
    struct curves curves;
    struct interval left = {.low = 0, .high = 1 + (int32_t)(noise(state) % 65535), .curves = &curves};
    struct edges edges[2];
    uint32_t shares[2][CURVES];
    for (unsigned i = 0; i < CURVES; i++) {
        curves.mean[i] = (int32_t)(noise(state) % (uint64_t)(left.high + 1)) * UNIT;
        curves.inverse[i] = (int32_t)(5954088144u / (64 + (noise(state) >> (38 + noise(state) % 24))));
    }
    plain->edges(&curves, left.low, &left.lows);
    plain->edges(&curves, left.high + 1, &left.highs);
    const int32_t at = 1 + (int32_t)(noise(state) % (uint64_t)left.high);
    code->edges(&curves, left.low, &edges[0]);
    code->edges(&curves, left.high + 1, &edges[1]);
    CHECK(memcmp(&edges[0], &left.lows, sizeof edges[0]) == 0 && memcmp(&edges[1], &left.highs, sizeof edges[1]) == 0,
          "edges");
    plain->look(&left, at, &edges[0], shares[0]);
    code->look(&left, at, &edges[1], shares[1]);
    CHECK(memcmp(&edges[0], &edges[1], sizeof edges[0]) == 0 && memcmp(shares[0], shares[1], sizeof shares[0]) == 0,
          "distributions");
    for (unsigned i = 0; i < CURVES; i++) {
        /* the division is that of whole numbers */
        const bool is_high = left.lows.above[i] <= left.lows.below[i];
        const uint64_t part =
            (uint64_t)(is_high ? edges[0].above[i] - left.highs.above[i] : left.highs.below[i] - edges[0].below[i]);
        const uint64_t all =
            (uint64_t)(is_high ? left.lows.above[i] - left.highs.above[i] : left.highs.below[i] - left.lows.below[i]);
        const uint64_t share = all == 0 ? shares[0][i] : (part << 16) / all;
        CHECK(shares[0][i] == (share < 1 ? 1 : share > 65535 ? 65535 : share), "share %u", shares[0][i]);
    }
}

/* Values, weights and biases as large as they can be, or anything. */
static void compare_layers(expert_layer *plain, expert_layer *layer, bool is_extreme, uint64_t *state) {
    int16_t in[2 * EXPERT_PAIRS], weights[EXPERT_PAIRS * EXPERT_WIDTH * 2], outs[2][EXPERT_WIDTH];
    int32_t biases[EXPERT_WIDTH];
    for (unsigned i = 0; i < 2 * EXPERT_PAIRS; i++) {
        in[i] = (int16_t)(is_extreme ? 1023 : (int)(noise(state) % 1535) - 511);
    }
    const int16_t sign = noise(state) % 2 == 0 ? 1 : -1;
    for (unsigned i = 0; i < EXPERT_PAIRS * EXPERT_WIDTH * 2; i++) {
        weights[i] = (int16_t)(is_extreme ? 4096 * sign : (int)(noise(state) % 1025) - 512);
    }
    for (unsigned i = 0; i < EXPERT_WIDTH; i++) {
        biases[i] = is_extreme ? sign * (1 << 26) : (int)(noise(state) % (1 << 20)) - (1 << 19);
    }
    plain(in, EXPERT_PAIRS, weights, biases, outs[0]);
    layer(in, EXPERT_PAIRS, weights, biases, outs[1]);
    CHECK(memcmp(outs[0], outs[1], sizeof outs[0]) == 0, "a layer");
}

/* The bounds that expert.h claims, for the numbers that there are; and answers to extreme questions. */
static void test_expert(void) {
    const struct expert_numbers *numbers = &expert_numbers;
    for (unsigned i = 0; i < sizeof numbers->first / sizeof *numbers->first; i++) {
        CHECK(abs(numbers->first[i]) <= 4096, "weight %u", i);
    }
    for (unsigned i = 0; i < sizeof numbers->others / sizeof *numbers->others; i++) {
        CHECK(abs(numbers->others[i]) <= 4096, "weight %u", i);
    }
    for (unsigned i = 0; i < 2 * EXPERT_WIDTH; i++) {
        CHECK(abs(numbers->last[i]) <= 4096, "weight %u", i);
    }
    for (unsigned i = 0; i < EXPERT_LAYERS * EXPERT_WIDTH; i++) {
        CHECK(abs(numbers->biases[i]) <= 1 << 26, "bias %u", i);
    }
    uint64_t state = 11;
    for (unsigned i = 0; i < 2000; i++) {
        int32_t question[EXPERT_SEES];
        const unsigned bits = (unsigned)(noise(&state) % 18);
        for (unsigned k = 0; k < EXPERT_SEES; k++) {
            question[k] = (int32_t)(noise(&state) % ((2u << bits) - 1)) - ((1 << bits) - 1);
            question[k] = i % 3 == 0 ? (question[k] < 0 ? -(1 << 17) + 1 : (1 << 17) - 1) : question[k];
        }
        const struct expert_answer plain = expert_ask(expert_layer_by(INSTRUCTIONS_PLAIN), question);
        const struct expert_answer widest = expert_ask(expert_layer_by(instructions_widest()), question);
        CHECK(plain.mean == widest.mean && plain.error == widest.error && plain.error >= 8 && plain.error <= 1u << 23,
              "question %u", i);
    }
    /* it has learned what to expect of a flat surface */
    int32_t flat[EXPERT_SEES] = {0};
    const struct expert_answer none = expert_ask(expert_layer_by(INSTRUCTIONS_PLAIN), flat);
    CHECK(abs(none.mean) < UNIT / 8 && none.error < 8 << ERROR_BITS, "a flat surface: %d, %u", none.mean, none.error);
}

static void test_instruction_sets(void) {
    uint64_t state = 10;
    for (int set = 0; set < INSTRUCTION_SETS; set++) {
        const struct squares_code *code = squares_code_by((enum instruction_set)set);
        const struct curves_code *curves = curves_code_by((enum instruction_set)set);
        expert_layer *layer = expert_layer_by((enum instruction_set)set);
        CHECK((code == NULL) == (curves == NULL) && (set != INSTRUCTIONS_PLAIN || code != NULL), "set %d", set);
        for (unsigned i = 0; i < 120 && code != NULL; i++) {
            compare_squares(squares_code_by(INSTRUCTIONS_PLAIN), code, i % SQUARES_MOST + 1,
                            (1 << i % (SQUARES_SAMPLE_BITS + 1)) - 1, &state);
        }
        for (unsigned i = 0; i < 3000 && curves != NULL; i++) {
            compare_curves(curves_code_by(INSTRUCTIONS_PLAIN), curves, &state);
            compare_layers(expert_layer_by(INSTRUCTIONS_PLAIN), layer, i % 4 == 0, &state);
        }
    }
}

/* Quotients by doubles are those of whole numbers. */
static void test_quotients(void) {
    uint64_t state = 12;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 100000; i++) {
        const uint32_t scale = 1 + (uint32_t)(noise(&state) >> (33 + noise(&state) % 31));
        const struct ruler ruler = ruler_of(scale);
        int32_t off[4], steps[2][4];
        for (unsigned j = 0; j < 4; j++) {
            /* near the middle between two whole numbers, too */
            const int64_t near = (int64_t)(2 * (noise(&state) % 10) + 1) * scale / 4 + (int64_t)(noise(&state) % 3) - 1;
            const int64_t any = (int64_t)(noise(&state) >> (36 + noise(&state) % 28));
            const int64_t away = j < 2 && near < 1 << 28 ? near : any;
            off[j] = (int32_t)(noise(&state) % 2 ? away : -away);
        }
        relative(&ruler, off[0], off[1], off[2], off[3], steps[0]);
        relative_plain(&ruler, off, steps[1]);
        wrong += memcmp(steps[0], steps[1], sizeof steps[0]) != 0;
        for (unsigned j = 0; j < 4; j++) {
            const int64_t half = off[j] < 0 ? -(int64_t)(scale / 2) : (int64_t)(scale / 2);
            const int64_t exact = (2 * (int64_t)off[j] + half) / (int64_t)scale;
            wrong += steps[0][j] != (exact < -RELATIVE_LARGEST  ? -RELATIVE_LARGEST
                                     : exact > RELATIVE_LARGEST ? RELATIVE_LARGEST
                                                                : exact);
        }
        const uint32_t size = 64 + (uint32_t)(noise(&state) >> (32 + noise(&state) % 32)) / 2;
        struct curves curves;
        curves_set(&curves, 0, 0, size);
        wrong += curves.inverse[0] != (int32_t)(5954088144u / size);
        const uint32_t error = (uint32_t)(noise(&state) >> 38), expected = 8 + (uint32_t)(noise(&state) >> 44);
        struct scale learned = {SCALE_ONE, 0};
        scale_learn(&(struct expected){expected, &learned, 64}, error);
        uint64_t ratio = ((uint64_t)error << 12) / ((uint64_t)expected << (UNIT_BITS - ERROR_BITS - 3));
        ratio = ratio > 16 << 12 ? 16 << 12 : ratio;
        const int64_t step = ((int64_t)ratio - SCALE_ONE) * mixing_reciprocal[8] >> 16;
        wrong += learned.ratio != (uint32_t)(SCALE_ONE + step < 64 ? 64 : SCALE_ONE + step);
    }
    CHECK(wrong == 0, "%u quotients are wrong", wrong);
}

/* Noise of 16 values on a slope takes 4 bits a sample and at most a fifth more, whatever the slope. */
static void test_size(void) {
    uint64_t state = 4;
    const struct deep_picture picture = {.width = 256, .height = 256, .channels = 1, .bytes = 2};
    uint8_t *samples = malloc(size_of(&picture));
    for (unsigned i = 0; i < 65536; i++) {
        put(&picture, samples, i, 1000 + i % 256 * 40 + i / 256 * 100 + (unsigned)(noise(&state) >> 60));
    }
    struct byte_buffer out = encode(&picture, samples, 5);
    CHECK(out.size < 65536 * 4 / 8 * 6 / 5, "%zu bytes", out.size);
    free(out.data);
    free(samples);
}

/* Noise of 512 values on a slope, of which some samples are multiples of 16, plus 7: by columns, by rows, or here and
 * there. They take 4 bits less, as far as it is known which they are. */
static void test_coarse(void) {
    uint64_t state = 6;
    const struct deep_picture picture = {.width = 256, .height = 256, .channels = 1, .bytes = 2};
    uint8_t *samples = malloc(size_of(&picture));
    for (unsigned kind = 0; kind < 3; kind++) {
        for (unsigned i = 0; i < 65536; i++) {
            const unsigned sample = 1000 + i % 256 * 40 + i / 256 * 100 + (unsigned)(noise(&state) >> 55);
            const bool is_coarse = kind == 0 ? i % 256 < 128 : kind == 1 ? i / 256 % 2 == 0 : noise(&state) >> 63;
            put(&picture, samples, i, is_coarse ? sample / 16 * 16 + 7 : sample);
        }
        struct byte_buffer out = encode(&picture, samples, 5);
        const size_t flags = kind < 2 ? 65536 / 8 * 3 / 10 : 65536 / 8;
        CHECK(out.size < 65536 * 7 / 8 * 103 / 100 + flags, "kind %u: %zu bytes", kind, out.size);
        free(out.data);
        CHECK(comes_back(&picture, samples, 1), "kind %u", kind);
    }
    free(samples);
}

static void test_limit(void) {
    uint64_t state = 5;
    const struct deep_picture picture = {.width = 200, .height = 200, .channels = 1, .bytes = 2};
    uint8_t *samples = draw(NOISE, &picture, 65535, &state);
    struct byte_buffer out = {0};
    bool is_coded = true;
    CHECK(deep_encode(&picture, samples, 5, 1000, &out, &is_coded, NULL) == BSWZ_OK && !is_coded && out.size == 0,
          "noise does not fit");
    free(out.data);
    free(samples);
}

static void test_cut(void) {
    uint64_t state = 6;
    const struct deep_picture picture = {.width = 150, .height = 120, .channels = 3, .bytes = 2};
    uint8_t *samples = draw(SMOOTH, &picture, 4095, &state), *restored = malloc(size_of(&picture));
    struct byte_buffer out = encode(&picture, samples, 5);
    const size_t row = size_of(&picture) / picture.height;
    uint32_t last = 0;
    for (size_t part = 0; part < 8; part++) {
        uint32_t known = 0;
        const size_t size = out.size * part / 8;
        CHECK(deep_decode(&picture, out.data, size, true, restored, &known, NULL) == BSWZ_ERROR_CORRUPT, "cut off");
        CHECK(known < picture.height && known >= last && memcmp(samples, restored, known * row) == 0,
              "%zu bytes give %u rows", size, known);
        last = known;
    }
    CHECK(last > 90, "%u rows of 120", last);
    free(out.data);
    free(samples);
    free(restored);
}

/* A volume: each slice is like the one before, apart from its noise, and they come in any order. */
static void test_slices(void) {
    uint64_t state = 8;
    enum { SLICES = 7 };
    for (unsigned channels = 1; channels <= 4; channels++) {
        struct deep_picture picture = {.width = 70, .height = 64, .channels = channels, .bytes = channels == 2 ? 1 : 2};
        const uint8_t *before[SLICES];
        uint8_t *slices[SLICES];
        size_t alone = 0, together = 0;
        const size_t samples = (size_t)picture.width * picture.height * channels;
        uint8_t *tissue = draw(NOISE, &picture, picture.bytes == 2 ? 2000 : 200, &state);
        for (unsigned i = 0; i < SLICES; i++) {
            slices[i] = malloc(size_of(&picture));
            for (size_t at = 0; at < samples; at++) {
                const unsigned value =
                    picture.bytes == 2 ? tissue[2 * at] | (unsigned)tissue[2 * at + 1] << 8 : tissue[at];
                put(&picture, slices[i], at, value + 3 * (i * 5 % SLICES) + (unsigned)(noise(&state) >> 62));
            }
            picture.before = NULL;
            picture.before_count = 0;
            struct byte_buffer out = encode(&picture, slices[i], 5);
            alone += out.size;
            free(out.data);
            for (unsigned k = 0; k < i; k++) {
                before[k] = slices[i - 1 - k];
            }
            picture.before = before;
            picture.before_count = i;
            CHECK(comes_back(&picture, slices[i], 5), "slice %u", i);
            out = encode(&picture, slices[i], 5);
            together += out.size;
            if (i > 0) {
                picture.before_count = 0;
                uint8_t *restored = malloc(size_of(&picture));
                CHECK(deep_decode(&picture, out.data, out.size, false, restored, NULL, NULL) == BSWZ_ERROR_CORRUPT,
                      "without the slice that it refers to");
                free(restored);
            }
            free(out.data);
        }
        CHECK(together < alone * 6 / 10, "%u channels: %zu bytes, %zu with slices before", channels, alone, together);
        for (unsigned i = 0; i < SLICES; i++) {
            free(slices[i]);
        }
        free(tissue);
    }
}

static void test_damage(void) {
    uint64_t state = 7;
    for (int i = 0; i < 100; i++) {
        const struct deep_picture picture = {
            .width = 40, .height = 30, .channels = (unsigned)i % 4 + 1, .bytes = (unsigned)i % 2 + 1};
        uint8_t *samples = draw((enum kind)(i % KINDS), &picture, picture.bytes == 2 ? 65535 : 255, &state);
        struct byte_buffer out = encode(&picture, samples, i % 9 + 1);
        for (int bytes = 0; bytes < 3; bytes++) {
            out.data[noise(&state) % (i % 2 == 0      ? out.size
                                      : out.size < 12 ? out.size
                                                      : 12)] = (uint8_t)(noise(&state) >> 32);
        }
        const enum bswz_status status = deep_decode(&picture, out.data, out.size, false, samples, NULL, NULL);
        CHECK(status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT, "status %d", status);
        free(out.data);
        free(samples);
    }
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

int main(void) {
    test_small_sizes();
    test_kinds();
    for (unsigned bits = 9; bits < 16; bits++) {
        for (int way = 0; way < WAYS; way++) {
            check_stretched(bits, way);
        }
    }
    test_disguises();
    test_transparent();
    test_bounds();
    test_instruction_sets();
    test_expert();
    test_quotients();
    test_size();
    test_coarse();
    test_limit();
    test_cut();
    if (!SANITIZED) { /* there, fuzz targets and golden streams do the same */
        test_slices();
        test_damage();
    }
    return check_summary();
}
