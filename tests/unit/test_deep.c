/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * The coder of deep pictures: everything comes back, whatever the number of bits; damage does no harm, and a truncated
 * payload gives its rows; samples that only seem to have more bits cost no more than their real bits.
 */
#include "check.h"

#include "deep/deep.h"

#include <stdlib.h>
#include <string.h>

enum kind { CONSTANT, NOISE, SMOOTH, FEW, JUMPS, OPAQUE, EXTREMES, KINDS };

static unsigned draw_sample(enum kind kind, uint32_t x, uint32_t y, unsigned channel, unsigned top, uint64_t *state) {
    const unsigned random = (unsigned)(noise(state) >> 40);
    switch (kind) {
    case CONSTANT:
        return top / 3;
    case NOISE:
        return random % (top + 1);
    case SMOOTH:
        return (x * 5 + y * 3 + x * y / 9 + 20 * channel + random % 8) % (top + 1);
    case FEW:
        return random % 5 * (top / 5);
    case JUMPS:
        return ((x / 7 + y / 5) % 3 * (top / 3) + random % 4) % (top + 1);
    case OPAQUE:
        return channel % 2 == 1 ? top : (x * x + random % 9) % (top + 1);
    default:
        return random % 2 == 0 ? 0 : top;
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
            draw_sample(kind, pixel % picture->width, pixel / picture->width, (unsigned)(i % picture->channels), top, state));
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

static bool comes_back(const struct deep_picture *picture, const uint8_t *samples, int level) {
    struct byte_buffer out = encode(picture, samples, level);
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
        const struct deep_picture picture = {size % 20 + 1, size / 20 + 1, size % 4 + 1, bits > 8 ? 2 : 1 + size % 2};
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
                const struct deep_picture picture = {67, 41, channels, 2};
                uint8_t *samples = draw((enum kind)kind, &picture, 65535u >> ((unsigned)kind + channels) % 8, &state);
                CHECK(comes_back(&picture, samples, level), "kind %d, %u channels, level %d", kind, channels, level);
                free(samples);
            }
        }
    }
    /* more strips than have sums of their own */
    const struct deep_picture wide = {20000, 2, 1, 2};
    uint8_t *samples = draw(SMOOTH, &wide, 4095, &state);
    CHECK(comes_back(&wide, samples, 5), "a wide picture");
    free(samples);
}

/* The same picture with `bits` bits, and stretched to 16 in one of the ways. */
static void check_stretched(unsigned bits, int way) {
    uint64_t state = 3;
    const struct deep_picture picture = {80, 60, 1, 2};
    const unsigned top = (1u << bits) - 1;
    uint8_t *plain = draw(SMOOTH, &picture, top, &state), *stretched = malloc(size_of(&picture));
    for (size_t i = 0; i < (size_t)80 * 60; i++) {
        const unsigned sample = plain[2 * i] | (unsigned)plain[2 * i + 1] << 8;
        const unsigned shifted = sample << (16 - bits);
        const unsigned values[] = {shifted, shifted | sample >> (2 * bits - 16), sample * 65535 / top,
                                   (sample * 65535 + top / 2) / top, sample + 12345 % (65536 - top)};
        put(&picture, stretched, i, values[way]);
    }
    struct byte_buffer small = encode(&picture, plain, 5), large = encode(&picture, stretched, 5);
    CHECK(large.size <= small.size + 24, "%u bits, way %d: %zu bytes, stretched %zu", bits, way, small.size, large.size);
    CHECK(comes_back(&picture, stretched, 5), "%u bits, way %d", bits, way);
    free(small.data);
    free(large.data);
    free(plain);
    free(stretched);
}

/* Noise of 16 values on a slope takes 4 bits per sample, and at most a fifth more, whatever the slope. */
static void test_size(void) {
    uint64_t state = 4;
    const struct deep_picture picture = {256, 256, 1, 2};
    uint8_t *samples = malloc(size_of(&picture));
    for (unsigned i = 0; i < 65536; i++) {
        put(&picture, samples, i, 1000 + i % 256 * 40 + i / 256 * 100 + (unsigned)(noise(&state) >> 60));
    }
    struct byte_buffer out = encode(&picture, samples, 5);
    CHECK(out.size < 65536 * 4 / 8 * 6 / 5, "%zu bytes", out.size);
    free(out.data);
    free(samples);
}

static void test_limit(void) {
    uint64_t state = 5;
    const struct deep_picture picture = {200, 200, 1, 2};
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
    const struct deep_picture picture = {150, 120, 3, 2};
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

static void test_damage(void) {
    uint64_t state = 7;
    for (int i = 0; i < 300; i++) {
        const struct deep_picture picture = {40, 30, (unsigned)i % 4 + 1, (unsigned)i % 2 + 1};
        uint8_t *samples = draw((enum kind)(i % KINDS), &picture, picture.bytes == 2 ? 65535 : 255, &state);
        struct byte_buffer out = encode(&picture, samples, i % 9 + 1);
        for (int bytes = 0; bytes < 3; bytes++) {
            out.data[noise(&state) % (i % 2 == 0 ? out.size : out.size < 12 ? out.size : 12)] = (uint8_t)(noise(&state) >> 32);
        }
        const enum bswz_status status = deep_decode(&picture, out.data, out.size, false, samples, NULL, NULL);
        CHECK(status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT, "status %d", status);
        free(out.data);
        free(samples);
    }
}

int main(void) {
    test_small_sizes();
    test_kinds();
    for (unsigned bits = 9; bits < 16; bits++) {
        for (int way = 0; way < 5; way++) {
            check_stretched(bits, way);
        }
    }
    test_size();
    test_limit();
    test_cut();
    test_damage();
    return check_summary();
}
