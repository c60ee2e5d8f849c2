/* SPDX-License-Identifier: MIT */
/*
 * The coder of drawings: everything comes back, damage does no harm, and truncated data still gives its rows.
 */
#include "check.h"

#include "drawn/drawn.h"
#include "drawn/drawn_model.h"
#if defined(__x86_64__)
#include "mixing/cells_avx2.h"
#endif

#include <stdlib.h>
#include <string.h>

enum kind { CONSTANT, NOISE, TWO_VALUED, FEW, GRADIENT, TEXT, OPAQUE, KINDS };

static void draw(enum kind kind, const struct drawn_picture *picture, uint8_t *samples, uint64_t *state) {
    const uint8_t base = (uint8_t)noise(state);
    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            for (unsigned c = 0; c < picture->channels; c++) {
                uint8_t *sample = samples + ((size_t)y * picture->width + x) * picture->channels + c;
                const bool is_ink = (x * 7 / 5 + y * 3) % 11 < 3 && (x / 4 + y / 6) % 3 != 0;
                switch (kind) {
                case CONSTANT: *sample = base; break;
                case NOISE: *sample = (uint8_t)(noise(state) >> 32); break;
                case TWO_VALUED: *sample = is_ink ? base : (uint8_t)~base; break;
                case FEW: *sample = (uint8_t)((noise(state) >> 40) % 5 * 40); break;
                case GRADIENT: *sample = (uint8_t)(3 * x + 2 * y + 10 * c); break;
                case TEXT: *sample = (uint8_t)(is_ink ? 20 + (x * y) % 3 * (60 + c) : 255 - c); break;
                default: *sample = c % 2 == 1 ? 255 : (uint8_t)(x * x + noise(state) % 4); break;
                }
            }
        }
    }
}

/* The payload, which must not depend on the instructions that are used. */
static bool encode(const struct drawn_picture *picture, const uint8_t *samples, int level, struct byte_buffer *out) {
    struct drawn_picture plain_picture = *picture;
    struct byte_buffer plain = {0};
    bool is_coded = false, is_plain_coded = false;
    plain_picture.is_plain = true;
    const bool is_right =
        drawn_encode(picture, samples, level, SIZE_MAX, out, &is_coded, NULL, NULL) == BSWZ_OK && is_coded &&
        drawn_encode(&plain_picture, samples, level, SIZE_MAX, &plain, &is_plain_coded, NULL, NULL) == BSWZ_OK &&
        is_plain_coded && plain.size == out->size && memcmp(plain.data, out->data, plain.size) == 0;
    free(plain.data);
    return is_right;
}

static bool comes_back(const struct drawn_picture *picture, const uint8_t *samples, int level) {
    const size_t size = (size_t)picture->width * picture->height * picture->channels;
    struct byte_buffer out = {0};
    struct bswz_error error = {0};
    uint32_t known = 0;
    uint8_t *restored = malloc(size);
    const bool is_right = encode(picture, samples, level, &out) &&
                          drawn_decode(picture, out.data, out.size, false, restored, &known, &error) == BSWZ_OK &&
                          known == picture->height && memcmp(samples, restored, size) == 0;
    free(restored);
    free(out.data);
    return is_right;
}

static void test_small_sizes(void) {
    uint64_t state = 1;
    uint8_t samples[20 * 20 * 4];
    unsigned wrong = 0, tried = 0;
    for (uint32_t size = 0; size < 400; size++) {
        /* all widths and heights; the other properties in turn */
        const struct drawn_picture picture = {
            .width = size % 20 + 1, .height = size / 20 + 1, .channels = tried % 4 + 1, .is_indexed = tried % 12 == 0};
        const enum kind kind = (enum kind)(size * 3 % KINDS);
        draw(kind, &picture, samples, &state);
        wrong += !comes_back(&picture, samples, (int)(size % 3) * 3 + 2);
        tried++;
    }
    CHECK(wrong == 0, "%u of %u small pictures", wrong, tried);
}

static void test_kinds(void) {
    uint64_t state = 2;
    uint8_t *samples = malloc(70 * 50 * 4);
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned channels = 1; channels <= 4; channels++) {
            for (int level = 1; level <= 9; level += 4) {
                const struct drawn_picture picture = {
                    .width = 70, .height = 50, .channels = channels, .is_indexed = channels == 1 && level == 5};
                draw((enum kind)kind, &picture, samples, &state);
                CHECK(comes_back(&picture, samples, level), "kind %d, %u channels, level %d", kind, channels, level);
            }
        }
    }
    free(samples);
}

/* More decisions than fit in a chunk, and a row of more pixels than contexts reach. */
static void test_chunks(void) {
    uint64_t state = 3;
    uint8_t *samples = malloc(300000 * 4);
    const struct drawn_picture wide = {.width = 100000, .height = 3, .channels = 1};
    const struct drawn_picture tall = {.width = 1, .height = 3000, .channels = 4};
    const struct drawn_picture noisy = {.width = 300, .height = 200, .channels = 4};
    draw(NOISE, &noisy, samples, &state);
    CHECK(comes_back(&noisy, samples, 2), "two chunks");
    draw(FEW, &wide, samples, &state);
    CHECK(comes_back(&wide, samples, 5), "a wide picture");
    draw(TEXT, &tall, samples, &state);
    CHECK(comes_back(&tall, samples, 8), "a tall picture");
    free(samples);
}

static size_t payload(const struct drawn_picture *picture, const uint8_t *samples, struct byte_buffer *out) {
    bool is_coded;
    drawn_encode(picture, samples, 5, SIZE_MAX, out, &is_coded, NULL, NULL);
    return out->size;
}

/* Level 9 tries what level 5 does. */
static void test_levels(void) {
    uint64_t state = 20;
    uint8_t *samples = malloc(70 * 50 * 4);
    for (int kind = 0; kind < KINDS; kind++) {
        const struct drawn_picture picture = {.width = 70, .height = 50, .channels = 3};
        struct byte_buffer five = {0}, nine = {0};
        bool is_coded;
        draw((enum kind)kind, &picture, samples, &state);
        drawn_encode(&picture, samples, 5, SIZE_MAX, &five, &is_coded, NULL, NULL);
        drawn_encode(&picture, samples, 9, SIZE_MAX, &nine, &is_coded, NULL, NULL);
        CHECK(nine.size <= five.size, "kind %d: %zu bytes at level 5, %zu at level 9", kind, five.size, nine.size);
        free(five.data);
        free(nine.data);
    }
    free(samples);
}

/* Colours in no order, most of which have been seen before: one decision finds their red and blue from their green. */
static void test_rest(void) {
    const struct drawn_picture picture = {.width = 128, .height = 128, .channels = 3};
    const size_t pixels = (size_t)128 * 128;
    uint64_t state = 21;
    uint8_t *samples = malloc(3 * pixels), *free_samples = malloc(3 * pixels);
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t green = (uint8_t)(noise(&state) >> 32), other = (uint8_t)(green * 77 + 13);
        samples[3 * i] = other ^ (i % 1000 == 0); /* and more colours than a palette may have */
        samples[3 * i + 1] = free_samples[3 * i + 1] = green;
        samples[3 * i + 2] = (uint8_t)(other * 5);
        free_samples[3 * i] = (uint8_t)(noise(&state) >> 32);
        free_samples[3 * i + 2] = (uint8_t)(noise(&state) >> 32);
    }
    for (int level = 2; level <= 9; level += 3) {
        CHECK(comes_back(&picture, samples, level), "level %d", level);
        CHECK(comes_back(&picture, free_samples, level), "noise, level %d", level);
    }
    struct byte_buffer out = {0};
    CHECK(payload(&picture, samples, &out) < pixels * 5 / 4, "%zu bytes", out.size);
    free(out.data);
    free(samples);
    free(free_samples);
}

static void test_tiny_payloads(void) {
    uint8_t samples[16 * 16 * 4];
    uint64_t state = 4;
    const struct drawn_picture picture = {.width = 16, .height = 16, .channels = 4};
    const struct drawn_picture mask = {.width = 16, .height = 16, .channels = 1, .is_indexed = true};
    struct byte_buffer out = {0};
    draw(CONSTANT, &picture, samples, &state);
    CHECK(payload(&picture, samples, &out) <= 8, "a constant icon takes %zu bytes", out.size);
    out.size = 0;
    memset(samples, 0, sizeof samples);
    CHECK(payload(&mask, samples, &out) <= 5, "an empty mask takes %zu bytes", out.size);
    free(out.data);
}

/* What is proved is the payload that there is, and no other. */
static void test_proof(void) {
    uint64_t state = 12;
    uint8_t samples[64 * 64 * 4];
    for (int kind = 0; kind < KINDS; kind++) {
        struct payload_proof proof = {.is_wrong = true};
        const struct drawn_picture picture = {.width = 64, .height = 64, .channels = 4, .proof = &proof};
        struct byte_buffer out = {0};
        draw((enum kind)kind, &picture, samples, &state);
        byte_buffer_append(&out, "abc", 3, NULL);
        const size_t size = payload(&picture, samples, &out) - 3;
        CHECK(proof.is_made && !proof.is_wrong && payload_is_proven(&proof, out.data + 3, size), "kind %d", kind);
        CHECK(!payload_is_proven(&proof, out.data + 3, size - 1), "kind %d: a shorter one", kind);
        out.data[3 + size / 2] ^= 1;
        CHECK(!payload_is_proven(&proof, out.data + 3, size), "kind %d: another one", kind);
        free(out.data);
    }
}

static void test_limit(void) {
    uint8_t samples[64 * 64];
    uint64_t state = 5;
    const struct drawn_picture picture = {.width = 64, .height = 64, .channels = 1};
    struct byte_buffer out = {0};
    bool is_coded = true;
    byte_buffer_append(&out, "abc", 3, NULL);
    draw(NOISE, &picture, samples, &state);
    CHECK(drawn_encode(&picture, samples, 5, 2000, &out, &is_coded, NULL, NULL) == BSWZ_OK, "a limit is no error");
    CHECK(!is_coded && out.size == 3 && memcmp(out.data, "abc", 3) == 0, "nothing is left of what was too large");
    free(out.data);
}

static void test_cut(enum kind kind, uint32_t width, uint32_t height, unsigned channels) {
    uint64_t state = 6;
    const struct drawn_picture picture = {.width = width, .height = height, .channels = channels};
    const size_t row = (size_t)width * channels;
    uint8_t *samples = malloc(row * height), *restored = malloc(row * height);
    struct byte_buffer out = {0};
    draw(kind, &picture, samples, &state);
    const size_t size = payload(&picture, samples, &out);
    uint32_t last = 0;
    bool is_right = true, is_growing = true;
    for (size_t cut = 0; cut < size; cut += 1 + size / 40) {
        uint32_t known = UINT32_MAX;
        is_right &= drawn_decode(&picture, out.data, cut, true, restored, &known, NULL) == BSWZ_ERROR_CORRUPT &&
                    known < height && memcmp(samples, restored, row * known) == 0;
        is_growing &= known >= last;
        last = known;
    }
    CHECK(is_right && is_growing, "kind %d: what comes before a cut is right", (int)kind);
    CHECK(last >= height / 2, "kind %d: %u of %u rows", (int)kind, last, height);
    free(out.data);
    free(samples);
    free(restored);
}

static void test_damage(void) {
    uint64_t state = 7;
    uint8_t samples[40 * 30 * 4], restored[40 * 30 * 4];
    for (int kind = 0; kind < KINDS; kind++) {
        const struct drawn_picture picture = {.width = 40, .height = 30, .channels = 4};
        const struct drawn_picture indexed = {.width = 160, .height = 30, .channels = 1, .is_indexed = true};
        struct byte_buffer out = {0};
        draw((enum kind)kind, &picture, samples, &state);
        const size_t size = payload(&picture, samples, &out);
        unsigned unseen = 0;
        for (unsigned i = 0; i < 60 && size > 0; i++) {
            const size_t at = noise(&state) % size;
            const uint8_t mask = (uint8_t)(1u << (noise(&state) >> 40) % 8);
            out.data[at] ^= mask;
            unseen += drawn_decode(&picture, out.data, size, false, restored, NULL, NULL) == BSWZ_OK &&
                      memcmp(samples, restored, sizeof samples) == 0;
            drawn_decode(&indexed, out.data, size, false, restored, NULL, NULL);
            out.data[at] ^= mask;
        }
        /* for a constant picture, the setting makes no difference */
        CHECK(kind == CONSTANT || unseen == 0, "kind %d: %u changes went unseen", kind, unseen);
        for (unsigned i = 0; i < 30; i++) {
            uint8_t bytes[64];
            for (unsigned j = 0; j < sizeof bytes; j++) {
                bytes[j] = (uint8_t)noise(&state);
            }
            drawn_decode(&picture, bytes, i % 65, i % 2 == 0, restored, NULL, NULL);
            drawn_decode(&indexed, bytes, i % 65, i % 2 == 0, restored, NULL, NULL);
        }
        free(out.data);
    }
}

static void draw_glass(const struct drawn_picture *picture, uint32_t across, uint32_t down, uint8_t *samples);

/* Also in pictures with repeats. */
static void test_damaged_glass(void) {
    const struct drawn_picture picture = {.width = 100, .height = 80, .channels = 3};
    uint64_t state = 11;
    uint8_t *samples = malloc(100 * 80 * 3), *restored = malloc(100 * 80 * 3);
    struct byte_buffer out = {0};
    draw_glass(&picture, 48, 50, samples);
    const size_t size = payload(&picture, samples, &out);
    unsigned unseen = 0;
    for (unsigned i = 0; i < 60; i++) {
        const size_t at = i < 20 ? i / 2 : noise(&state) % size;
        const uint8_t mask = (uint8_t)(1u << (noise(&state) >> 40) % 8);
        out.data[at] ^= mask;
        unseen += drawn_decode(&picture, out.data, size, false, restored, NULL, NULL) == BSWZ_OK &&
                  memcmp(samples, restored, 100 * 80 * 3) == 0;
        out.data[at] ^= mask;
    }
    CHECK(unseen == 0, "%u changes went unseen", unseen);
    free(out.data);
    free(samples);
    free(restored);
}

/* The code for each instruction set gives the same results as the plain functions. */
static void test_mixing(void) {
    uint64_t state = 8;
    alignas(16) int16_t weights[MIX_INPUTS], inputs[MIX_INPUTS], other[MIX_INPUTS];
    unsigned wrong = 0;
    for (unsigned i = 0; i < 2000; i++) {
        for (unsigned j = 0; j < MIX_INPUTS; j++) {
            const uint64_t random = noise(&state);
            weights[j] = (int16_t)(i % 3 == 0 ? (random & 1 ? INT16_MAX : INT16_MIN) : (int)(random >> 20));
            inputs[j] = (int16_t)(i % 5 == 0 ? (random & 2 ? 3071 : -3071) : (int)(random >> 40) % 3072);
        }
        const unsigned count = 8 * (i % 8 + 1);
        const int16_t error = (int16_t)((noise(&state) >> 30) % 65535 - 32767);
        wrong += mix_dot(weights, inputs, count) != mix_dot_plain(weights, inputs, count);
        memcpy(other, weights, sizeof other);
        mix_learn(weights, inputs, count, error);
        mix_learn_plain(other, inputs, count, error);
        wrong += memcmp(other, weights, sizeof other) != 0;
    }
    CHECK(wrong == 0, "%u sums or updates differ", wrong);
}

/* So do cells that are updated, or compared with another opinion, several at a time. */
static void test_cells(void) {
    uint64_t state = 11;
    cell cells[1024], other[1024];
    int16_t says[8], differences[2][8];
    uint16_t trust[8];
    unsigned wrong = 0;
    for (unsigned i = 0; i < 400; i++) {
        const unsigned bit = i % 2, limit = i % 4 < 2 ? 1023 : 250;
        for (unsigned j = 0; j < 1024; j++) {
            const uint32_t probability = i < 4 ? 0 : i < 8 ? (1u << 22) - 1 : (uint32_t)(noise(&state) >> 42);
            cells[j] = other[j] = probability << 10 | j;
        }
        cells_update(cells, 1024, bit, limit);
        cells_update_plain(other, 1024, bit, limit);
        wrong += memcmp(cells, other, sizeof cells) != 0;
    }
    CHECK(wrong == 0, "%u updates of cells differ", wrong);
    for (unsigned i = 0; i < 4096; i++) {
        const int own = (int)(noise(&state) % 6143) - STRETCH_LARGEST;
        const uint32_t count = i % 1024;
        for (unsigned j = 0; j < 8; j++) {
            says[j] = (int16_t)(i < 1024 ? (j % 2 ? STRETCH_LARGEST : -STRETCH_LARGEST)
                                         : (int)(noise(&state) % 6143) - STRETCH_LARGEST);
            trust[j] = (uint16_t)mix_trust(count);
        }
        memcpy(differences[0], says, sizeof says);
        memcpy(differences[1], says, sizeof says);
        mix_differences(differences[0], own, trust, i % 3 > 0);
        mix_differences_plain(differences[1], own, trust, i % 3 > 0);
        wrong += memcmp(differences[0], differences[1], sizeof says) != 0;
        wrong += differences[0][0] != mix_difference(says[0], own, cell_of(0, count));
    }
    CHECK(wrong == 0, "%u differences differ", wrong);
}

#if defined(__x86_64__)
/* Cells with all probabilities, eight at a time. */
__attribute__((target("avx2"))) static void test_lanes(void) {
    uint64_t state = 22;
    unsigned wrong = 0;
    for (uint32_t p = 0; p < 65536; p += 8) {
        alignas(32) cell cells[8], updated[8];
        alignas(32) int32_t stretched[8];
        for (unsigned i = 0; i < 8; i++) {
            cells[i] = (p + i) << 16 | (uint32_t)(noise(&state) >> 48);
        }
        const unsigned bit = p / 8 & 1, limit = p / 16 % 1023 + 1;
        const __m256i lanes = _mm256_load_si256((const __m256i *)cells);
        _mm256_store_si256((__m256i *)stretched, stretch_lanes(lanes));
        _mm256_store_si256((__m256i *)updated, update_lanes(lanes, bit, limit));
        for (unsigned i = 0; i < 8; i++) {
            wrong += stretched[i] != stretch(cell_probability(cells[i]));
            cell_update(&cells[i], bit, limit);
            wrong += updated[i] != cells[i];
        }
    }
    CHECK(wrong == 0, "%u cells differ", wrong);
}
#endif

/* An earlier picture, most of which has not changed. */
static void test_earlier(void) {
    const struct drawn_picture before = {.width = 150, .height = 120, .channels = 3};
    struct drawn_picture picture = before;
    uint64_t state = 23;
    uint8_t *samples = malloc(150 * 120 * 3), *changed = malloc(150 * 120 * 3);
    const uint8_t *const list[1] = {samples};
    for (int kind = 0; kind < KINDS; kind++) {
        draw((enum kind)kind, &before, samples, &state);
        memcpy(changed, samples, 150 * 120 * 3);
        for (unsigned i = 0; i < 3000; i++) {
            changed[9000 + i] = (uint8_t)(changed[9000 + i] * 5 + noise(&state) % 3);
        }
        for (int level = 1; level <= 9; level += 4) {
            struct byte_buffer alone = {0}, together = {0};
            picture.before = list;
            picture.before_count = 0;
            CHECK(encode(&picture, changed, level, &alone), "kind %d, level %d", kind, level);
            picture.before_count = 1;
            CHECK(encode(&picture, changed, level, &together), "kind %d, level %d, referring", kind, level);
            CHECK(together.size < alone.size + 8, "kind %d, level %d: %zu bytes, %zu with a reference", kind, level,
                  alone.size, together.size);
            free(alone.data);
            free(together.data);
        }
    }
    free(samples);
    free(changed);
}

static void test_equal_colours(void) {
    uint64_t state = 9;
    alignas(16) uint32_t colours[EQUAL_COLOURS];
    unsigned wrong = 0;
    for (unsigned i = 0; i < 2000; i++) {
        for (unsigned j = 0; j < EQUAL_COLOURS; j++) {
            colours[j] = (uint32_t)(noise(&state) >> 60) * 0x10000001u;
        }
        const uint32_t wanted = (uint32_t)(noise(&state) >> 60) * 0x10000001u;
        wrong += equal_ones(colours, wanted) != equal_ones_plain(colours, wanted);
    }
    CHECK(wrong == 0, "%u comparisons differ", wrong);
}

/* Repeated noise over a background that does not repeat, like a glass title bar. */
static void draw_glass(const struct drawn_picture *picture, uint32_t across, uint32_t down, uint8_t *samples) {
    uint64_t state = 10;
    uint8_t *tile = malloc((size_t)across * down);
    for (uint32_t i = 0; i < across * down; i++) {
        tile[i] = (uint8_t)((noise(&state) >> 40) % 8);
    }
    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            for (unsigned c = 0; c < picture->channels; c++) {
                samples[((size_t)y * picture->width + x) * picture->channels + c] =
                    (uint8_t)(tile[y % down * across + x % across] + (x + 2 * y + 160 * c) / 40);
            }
        }
    }
    free(tile);
}

static void test_repeats_are_found(void) {
    const struct drawn_picture picture = {.width = 200, .height = 150, .channels = 1};
    uint8_t *samples = malloc(200 * 150);
    struct repeats repeats;
    draw_glass(&picture, 50, 60, samples);
    CHECK(repeats_find(&repeats, samples, 1, 200, 150, NULL) == BSWZ_OK && repeats.count == REPEATS, "%u repeats",
          repeats.count);
    for (unsigned i = 0; i < repeats.count; i++) {
        CHECK(repeats.at[i].dy % 60 == 0 && repeats.at[i].dx % 50 == 0, "%d, %u is no repeat", repeats.at[i].dx,
              repeats.at[i].dy);
    }
    draw_glass(&picture, 200, 150, samples);
    CHECK(repeats_find(&repeats, samples, 1, 200, 150, NULL) == BSWZ_OK && repeats.count == 0, "noise repeats");
    free(samples);
}

static void test_repeats_are_used(void) {
    const struct drawn_picture picture = {.width = 200, .height = 150, .channels = 3};
    uint8_t *samples = malloc(200 * 150 * 3);
    struct byte_buffer repeated = {0}, other = {0};
    draw_glass(&picture, 50, 60, samples);
    for (int level = 1; level <= 9; level += 4) {
        CHECK(comes_back(&picture, samples, level), "repeats at level %d", level);
    }
    const size_t size = payload(&picture, samples, &repeated);
    draw_glass(&picture, 200, 150, samples);
    const size_t size_of_other = payload(&picture, samples, &other);
    CHECK(size < size_of_other / 2, "%zu bytes, and %zu without repeats", size, size_of_other);
    free(repeated.data);
    free(other.data);
    free(samples);
}

/* Distances that lead out of the picture, or to pixels that are not yet known, are damage. */
static void test_damaged_repeats(void) {
    const struct repeats wrong[] = {{1, {{0, 1}}},   {1, {{0, 0}}},    {1, {{0, -1}}},           {1, {{100, 0}}},
                                    {1, {{5, 100}}}, {1, {{5, -100}}}, {2, {{5, 0}, {99, 100}}}, {3, {{5, 0}, {6, 0}}}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct byte_buffer out = {0};
        struct decisions decisions;
        struct repeats repeats = wrong[i];
        decisions_begin_encoding(&decisions, &out, SIZE_MAX, NULL);
        if (repeats.count > REPEATS) {
            decide_number(&decisions, repeats.count, 2);
        } else {
            repeats_code(&repeats, &decisions, 100, 100);
        }
        decisions_end(&decisions);
        decisions_begin_decoding(&decisions, out.data, out.size);
        repeats_code(&repeats, &decisions, 100, 100);
        CHECK(decisions.is_damaged, "wrong repeat %u is not seen", i);
        free(out.data);
    }
}

int main(void) {
    test_small_sizes();
    test_kinds();
    test_chunks();
    test_levels();
    test_rest();
    test_tiny_payloads();
    test_proof();
    test_limit();
    test_cut(NOISE, 60, 40, 3);
    test_cut(TEXT, 200, 150, 3);
    test_cut(TWO_VALUED, 300, 200, 1);
    test_cut(FEW, 100, 80, 2);
    test_damage();
    test_damaged_glass();
    test_mixing();
    test_cells();
    test_equal_colours();
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        test_lanes();
    }
#endif
    test_earlier();
    test_repeats_are_found();
    test_repeats_are_used();
    test_damaged_repeats();
    return check_summary();
}
