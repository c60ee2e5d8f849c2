/* SPDX-License-Identifier: MIT */
/*
 * Coefficients from pixels: what libjpeg compresses and decodes is found again, whole or cropped anywhere; what
 * never was a JPEG is left alone; and the payload survives damage.
 */
#include "check.h"
#include "jpeg_draw.h"
#include "origin/exceptions.h"
#include "origin/origin.h"
#include "unjpeg/changes.h"
#include "unjpeg/cut_block.h"
#include "unjpeg/step_judge.h"
#include "unjpeg/unjpeg.h"
#include "unjpeg/transform.h"
#include "band/coefficients_payload.h"

#include <stdlib.h>
#include <string.h>

/* Does its payload give the pixels back? */
static void check_payload(const struct recovered *recovered, const uint8_t *pixels, uint32_t width, uint32_t height,
                          unsigned channels, const char *what) {
    struct byte_buffer payload = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    struct account account = {.bits = {0}};
    const size_t size = (size_t)width * height * channels;
    uint8_t *restored = malloc(size);
    CHECK(coefficients_payload_put(recovered, 5, NULL, NULL, &payload, &error) == BSWZ_OK, "%s: %s", what,
          error.message);
    struct cursor cursor = {.bytes = payload.data, .size = payload.size};
    CHECK(coefficients_payload_take(&cursor, width, height, channels, NULL, &account, NULL, restored, &error) ==
              BSWZ_OK,
          "%s: %s", what, error.message);
    CHECK(cursor_left(&cursor) == 0 && memcmp(restored, pixels, size) == 0, "%s", what);
    CHECK(account.bits[SHARE_COEFFICIENTS] + account.bits[SHARE_EXCEPTIONS] == 8.0 * (double)payload.size,
          "%s: account", what);
    free(restored);
    free(payload.data);
}

static void find(const uint8_t *pixels, uint32_t width, uint32_t height, unsigned channels, struct recovered *recovered,
                 bool *found) {
    struct origin_planes origin = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    if (channels == 3) {
        CHECK(origin_find(pixels, width, height, true, NULL, &origin, &error) == BSWZ_OK, "%s", error.message);
    }
    *found = false;
    if (channels == 1 || origin.kind == ORIGIN_JFIF) {
        CHECK(unjpeg_find(pixels, width, height, channels, channels == 3 ? &origin : NULL, NULL, recovered, found,
                          &error) == BSWZ_OK,
              "%s", error.message);
    }
    origin_planes_free(&origin);
}

/* A part of a decoded JPEG. least: how many in a thousand pixels must be right. */
static void check_part(const struct drawn_jpeg *jpeg, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                       unsigned least, const char *what) {
    const unsigned channels = jpeg->planes.count;
    uint8_t *part = malloc((size_t)width * height * channels);
    struct recovered recovered;
    bool found;
    for (uint32_t row = 0; row < height; row++) {
        memcpy(part + (size_t)row * width * channels,
               jpeg->pixels + ((size_t)(y + row) * jpeg->planes.width + x) * channels, (size_t)width * channels);
    }
    find(part, width, height, channels, &recovered, &found);
    CHECK(found, "%s: at %u, %u", what, x, y);
    if (found) {
        const size_t pixels = (size_t)width * height;
        CHECK((pixels - recovered.wrong) * 1000 >= pixels * least, "%s: at %u, %u: %zu of %zu are wrong", what, x, y,
              recovered.wrong, pixels);
        CHECK(recovered.offset_x % 8 == x % 8 && recovered.offset_y % 8 == y % 8, "%s: at %u, %u: the grid", what, x,
              y);
        check_payload(&recovered, part, width, height, channels, what);
        unjpeg_free(&recovered);
    }
    free(part);
}

static void test_qualities(void) {
    static const struct {
        enum drawn_sampling sampling;
        int quality;
        float contrast;
        unsigned least;
    } cases[] = {{DRAWN_444, 96, 1, 990},  {DRAWN_444, 75, 1, 990},  {DRAWN_444, 30, 1, 990},  {DRAWN_444, 90, 3, 900},
                 {DRAWN_GREY, 96, 1, 995}, {DRAWN_GREY, 60, 1, 995}, {DRAWN_GREY, 90, 4, 950}, {DRAWN_420, 85, 1, 930},
                 {DRAWN_422, 80, 1, 930},  {DRAWN_440, 80, 1, 930},  {DRAWN_420, 50, 1, 930},  {DRAWN_420, 97, 1, 998},
                 {DRAWN_422, 97, 1, 998},  {DRAWN_440, 97, 1, 998}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct drawn_jpeg jpeg;
        char what[80];
        const bool grey = cases[i].sampling == DRAWN_GREY;
        uint8_t *source = drawn_photo(192, 160, grey ? 1 : 3, cases[i].contrast, i);
        snprintf(what, sizeof what, "sampling %d, quality %d", (int)cases[i].sampling, cases[i].quality);
        drawn_jpeg_from(&jpeg, source, 192, 160, cases[i].quality, cases[i].sampling);
        check_part(&jpeg, 0, 0, 192, 160, cases[i].least, what);
        drawn_jpeg_free(&jpeg);
        free(source);
    }
}

/* Cropped from a picture, for a sample of all possible grid positions. */
static void test_parts(void) {
    for (int sampling = DRAWN_444; sampling <= DRAWN_420; sampling += DRAWN_420 - DRAWN_444) {
        struct drawn_jpeg jpeg;
        drawn_jpeg_make(&jpeg, 170, 160, 85, (enum drawn_sampling)sampling, 7);
        for (uint32_t place = 0; place < 64; place += sampling == DRAWN_420 ? 27 : 9) {
            check_part(&jpeg, place % 8, place / 8 + (sampling == DRAWN_420 ? 8 : 0), 147, 130,
                       sampling == DRAWN_444 ? 975 : 960, sampling == DRAWN_444 ? "cut out" : "cut out of half colour");
        }
        drawn_jpeg_free(&jpeg);
    }
}

/* Blocks some of whose rows or columns are hidden: the remaining samples usually come out right. */
static void test_cut_blocks(void) {
    uint64_t state = 11;
    for (unsigned lines = 1; lines < 8; lines++) {
        unsigned exact = 0;
        for (unsigned number = 0; number < 100; number++) {
            const bool by_columns = number % 2 != 0, at_end = number % 4 < 2;
            uint16_t step[JPEG_BLOCK];
            int16_t block[JPEG_BLOCK] = {(int16_t)(noise(&state) % 21) - 10};
            uint8_t samples[JPEG_BLOCK], again[JPEG_BLOCK];
            float value[JPEG_BLOCK], coefficients[JPEG_BLOCK];
            bool known[JPEG_BLOCK], found_columns;
            struct block_steps steps;
            for (unsigned i = 0; i < JPEG_BLOCK; i++) {
                step[i] = (uint16_t)(6 + i / 8 + i % 8);
                const unsigned rarity = 1 + i / 8 + i % 8;
                if (i > 0 && noise(&state) % (rarity * rarity) < 2) {
                    block[i] = (int16_t)((int)(noise(&state) % 5) - 2);
                }
            }
            block_steps_set(&steps, step);
            transform_to_samples(block, step, samples);
            for (unsigned i = 0; i < JPEG_BLOCK; i++) {
                const unsigned line = by_columns ? i % 8 : i / 8, last = at_end ? 8 - lines : lines - 1;
                known[i] = at_end ? line >= 8 - lines : line < lines;
                value[i] = (float)samples[known[i] ? i : by_columns ? i / 8 * 8 + last : last * 8 + i % 8] - 128.0f;
            }
            CHECK(cut_block_is_one(known, &found_columns) && found_columns == by_columns, "%u lines", lines);
            bool is_exact = false;
            for (int trust = 0; trust < CUT_BLOCK_TRUSTS && !is_exact; trust++) {
                cut_block_guess(&steps, value, known, by_columns, (enum cut_block_trust)trust, coefficients);
                block_round(&steps, coefficients, block);
                transform_to_samples(block, step, again);
                is_exact = true;
                for (unsigned i = 0; i < JPEG_BLOCK; i++) {
                    is_exact &= !known[i] || again[i] == samples[i];
                }
            }
            exact += is_exact;
        }
        CHECK(exact >= 70, "%u lines: %u of 100 blocks are exact", lines, exact);
    }
    bool known[JPEG_BLOCK] = {false}, by_columns;
    CHECK(!cut_block_is_one(known, &by_columns), "nothing is known");
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        known[i] = i / 8 < 5 && i % 8 < 5;
    }
    CHECK(!cut_block_is_one(known, &by_columns), "a corner");
    memset(known, 1, sizeof known);
    CHECK(!cut_block_is_one(known, &by_columns), "all is known");
}

/* Drawn, noise, and decoded and then scaled: not a JPEG. */
static void test_others(void) {
    const uint32_t width = 160, height = 144;
    for (unsigned kind = 0; kind < 4; kind++) {
        const unsigned channels = kind % 2 == 0 ? 3 : 1;
        uint8_t *pixels = drawn_photo(width, height, channels, 1, kind);
        uint64_t state = 3;
        struct recovered recovered;
        bool found;
        for (size_t i = 0; i < (size_t)width * height * channels && kind >= 2; i++) {
            pixels[i] = (uint8_t)noise(&state);
        }
        find(pixels, width, height, channels, &recovered, &found);
        CHECK(!found, "kind %u", kind);
        if (found) {
            unjpeg_free(&recovered);
        }
        free(pixels);
    }
}

static void test_damage(void) {
    struct drawn_jpeg jpeg;
    struct recovered recovered;
    struct byte_buffer payload = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    uint64_t state = 11;
    bool found;
    const uint32_t width = 64, height = 64;
    drawn_jpeg_make(&jpeg, width, height, 80, DRAWN_444, 2);
    jpeg.pixels[5000] ^= 3; /* an exception */
    find(jpeg.pixels, width, height, 3, &recovered, &found);
    CHECK(found, "damage");
    CHECK(found && recovered.wrong > 0, "no exceptions");
    if (!found) {
        return;
    }
    CHECK(coefficients_payload_put(&recovered, 1, NULL, NULL, &payload, &error) == BSWZ_OK, "%s", error.message);
    uint8_t *damaged = malloc(payload.size), *restored = malloc((size_t)width * height * 3);
    unsigned noticed = 0;
    for (unsigned round = 0; round < 3000; round++) {
        const size_t size = round % 3 == 0 ? (size_t)(noise(&state) % payload.size) : payload.size;
        memcpy(damaged, payload.data, payload.size);
        for (unsigned i = 0; i <= round % 4 && round % 3 != 0; i++) {
            damaged[noise(&state) % (round % 2 == 0 ? 60 : payload.size)] = (uint8_t)noise(&state);
        }
        uint8_t *exact = malloc(size + (size == 0)); /* so that a sanitizer detects the end */
        memcpy(exact, damaged, size);
        struct cursor cursor = {.bytes = exact, .size = size};
        struct bswz_error own = {.status = BSWZ_OK};
        const enum bswz_status status =
            coefficients_payload_take(&cursor, width, height, round % 5 == 4 ? 1 : 3, NULL, NULL, NULL, restored, &own);
        CHECK(status == BSWZ_OK || own.status == status, "status %d", (int)status);
        noticed += status != BSWZ_OK;
        free(exact);
    }
    CHECK(noticed > 1000, "%u", noticed);
    free(damaged);
    free(restored);
    free(payload.data);
    unjpeg_free(&recovered);
    drawn_jpeg_free(&jpeg);
}

/* The same result for any number of threads. */
static void test_threads(void) {
    struct drawn_jpeg jpeg;
    struct origin_planes origin;
    struct recovered recovered[2];
    struct bswz_error error = {.status = BSWZ_OK};
    bool found[2];
    drawn_jpeg_make(&jpeg, 160, 120, 88, DRAWN_420, 9);
    CHECK(origin_find(jpeg.pixels, 160, 120, true, NULL, &origin, &error) == BSWZ_OK, "%s", error.message);
    for (unsigned i = 0; i < 2; i++) {
        struct worker_pool *pool;
        CHECK(worker_pool_create(1 + 2 * i, &pool, &error) == BSWZ_OK, "%s", error.message);
        CHECK(unjpeg_find(jpeg.pixels, 160, 120, 3, &origin, pool, &recovered[i], &found[i], &error) == BSWZ_OK, "%s",
              error.message);
        worker_pool_destroy(pool);
    }
    CHECK(found[0] && found[1], "threads");
    for (unsigned c = 0; c < 3 && found[0] && found[1]; c++) {
        const struct jpeg_component *a = &recovered[0].planes.component[c], *b = &recovered[1].planes.component[c];
        CHECK(memcmp(a->step, b->step, sizeof a->step) == 0 && a->columns == b->columns &&
                  memcmp(a->block, b->block, (size_t)a->columns * a->rows * sizeof *a->block) == 0,
              "component %u", c);
    }
    unjpeg_free(&recovered[0]);
    unjpeg_free(&recovered[1]);
    origin_planes_free(&origin);
    drawn_jpeg_free(&jpeg);
}

/* The variants for wider vectors compute the same, to the last bit. */
static void test_widths(void) {
    static const struct change_weights weights = {7, 12.0f, 0.06f};
    uint64_t state = 99;
    struct block_scratch *scratch;
    unsigned searched = 0;
    CHECK(block_scratch_create(&scratch, NULL) == BSWZ_OK, "memory");
    for (unsigned round = 0; round < 400; round++) {
        struct block_steps steps;
        struct block_bounds bounds;
        struct change changes[2][7];
        uint16_t step[JPEG_BLOCK];
        int16_t block[JPEG_BLOCK], found[2][JPEG_BLOCK];
        float value[JPEG_BLOCK], one[JPEG_BLOCK], other[JPEG_BLOCK];
        uint8_t samples[2][JPEG_BLOCK];
        for (unsigned i = 0; i < JPEG_BLOCK; i++) {
            step[i] = (uint16_t)(1 + noise(&state) % (1 + round % 9));
            block[i] = (int16_t)((int)(noise(&state) % 41) - 20);
        }
        block_steps_set(&steps, step);
        transform_to_samples(block, step, samples[0]);
        transform_to_samples_plain(block, step, samples[1]);
        CHECK(memcmp(samples[0], samples[1], JPEG_BLOCK) == 0, "samples");
        for (unsigned i = 0; i < JPEG_BLOCK; i++) {
            value[i] = (float)samples[0][i] - 128.0f;
            bounds.low[i] = bounds.high[i] = samples[0][i];
        }
        transform_inverse(value, one);
        transform_inverse_plain(value, other);
        CHECK(memcmp(one, other, sizeof one) == 0, "inverse transform");
        transform_forward(value, one);
        transform_forward_plain(value, other);
        CHECK(memcmp(one, other, sizeof one) == 0, "forward transform");
        const unsigned count = changes_find(&weights, &steps, value, one, block, changes[0]);
        bool same = count == changes_find_plain(&weights, &steps, value, one, block, changes[1]);
        static const struct change_weights every = {JPEG_BLOCK, 12.0f, 0.06f}; /* which excludes none in advance */
        struct change all[JPEG_BLOCK];
        changes_find(&every, &steps, value, one, block, all);
        for (unsigned i = 0; i < count && same; i++) {
            same = memcmp(&changes[0][i].promise, &changes[1][i].promise, sizeof(float)) == 0 &&
                   changes[0][i].at == changes[1][i].at && changes[0][i].by == changes[1][i].by &&
                   changes[0][i].at == all[i].at && changes[0][i].by == all[i].by;
        }
        CHECK(same, "changes");
        const unsigned outside = block_search(scratch, &steps, one, &bounds, 8, 12.0f, found[0]);
        CHECK(outside == block_search_plain(scratch, &steps, one, &bounds, 8, 12.0f, found[1]) &&
                  memcmp(found[0], found[1], sizeof found[0]) == 0,
              "search");
        block_round(&steps, one, block);
        searched += memcmp(block, found[0], sizeof block) != 0;
    }
    CHECK(searched > 20, "only %u searches changed anything", searched);
    block_scratch_free(scratch);
}

/* Steps that are judged side by side have the same likelihoods as one by one, to the last bit. */
static void test_judging(void) {
    uint64_t state = 5;
    for (unsigned round = 0; round < 60; round++) {
        const unsigned count = round < 6 ? round : 1 + (unsigned)noise(&state) % 1500;
        const unsigned step = 1 + (unsigned)noise(&state) % 40;
        float magnitude[1500];
        for (unsigned i = 0; i < count; i++) {
            const float multiple = (float)(step * (1 + (unsigned)noise(&state) % (round % 3 == 0 ? 3 : 400 / step)));
            magnitude[i] = multiple + (float)(noise(&state) % 1000) / (round % 5 == 0 ? 100.0f : 1000.0f);
        }
        struct step_judge judge;
        step_judge_init(&judge, 0.1f + 0.1f * (float)(round % 4), round % 2 == 0 ? 0.3f : 0.000001f, 2.75f);
        float most = STEP_IMPOSSIBLE;
        bool same = true;
        for (unsigned first = 1; first < 256; first += JUDGED_AT_A_TIME) {
            float all[JUDGED_AT_A_TIME], some[JUDGED_AT_A_TIME], one[JUDGED_AT_A_TIME];
            unsigned outside[2][JUDGED_AT_A_TIME], ignored[JUDGED_AT_A_TIME];
            step_judge_several(&judge, magnitude, count, first, 2 * STEP_IMPOSSIBLE, all, outside[0]);
            step_judge_several(&judge, magnitude, count, first, most, some, ignored);
            for (unsigned i = 0; i < JUDGED_AT_A_TIME; i++) {
                one[i] = step_judge_one(&judge, magnitude, count, first + i, &outside[1][i]);
                same = same && (one[i] > most ? some[i] == one[i] : some[i] <= most);
            }
            same = same && memcmp(all, one, sizeof all) == 0 && memcmp(outside[0], outside[1], sizeof outside[0]) == 0;
            for (unsigned i = 0; i < JUDGED_AT_A_TIME; i++) {
                most = one[i] > most ? one[i] : most;
            }
        }
        CHECK(same, "steps of %u coefficients", count);
    }
}

int main(void) {
    test_widths();
    test_judging();
    test_qualities();
    test_parts();
    test_cut_blocks();
    test_others();
    test_damage();
    test_threads();
    return check_summary();
}
