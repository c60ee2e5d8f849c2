/* SPDX-License-Identifier: MIT */
/*
 * Units of work: what is earned and spent, and which effort remains for a band.
 */
#include "check.h"

#include "band/work_budget.h"

#include <stdlib.h>
#include <string.h>

static const struct work_wanted all = {.searches = true}, no_search = {.searches = false};

static void test_units(void) {
    struct work work = {0};
    uint64_t first = 0;
    while (work_take(&work, 0, 1000000)) {
        first += 1000000;
    }
    CHECK(first > 0 && !work_has(&work, 0, 1000000), "an input begins with some, not with any number");
    CHECK(work_has(&work, 1000000, 1000000), "bytes earn more");
    CHECK(!work_has(&work, 1000, 1000000000), "but not so many");
    CHECK(work_has(&work, UINT64_MAX, 1000000), "positions do not overflow");
    CHECK(!work_take(&work, 0, UINT64_MAX) && work.spent == first, "nothing is taken where there is none");
}

/* The effort for successive bands if no bytes pay for them. */
static void test_efforts(void) {
    const struct picture_info info = {.width = 1000, .height = 1000, .channels = 3, .depth = 8, .maxval = 255};
    const size_t size = (size_t)1000 * 1000 * 3;
    uint8_t *samples = malloc(size);
    uint64_t state = 1;
    struct work work = {0};
    enum effort last = EFFORT_FULL;
    unsigned seen[EFFORT_NONE + 1] = {0};
    if (samples == NULL) {
        abort();
    }
    for (size_t i = 0; i < size; i++) {
        samples[i] = (uint8_t)noise(&state);
    }
    for (int band = 0; band < 40; band++) {
        const enum effort effort = work_take_band(&work, 0, &info, samples, band == 0 ? 100 : 1000, 0, &all);
        CHECK(effort >= last, "band %d: effort only falls", band);
        last = effort;
        seen[effort]++;
    }
    CHECK(seen[EFFORT_FULL] > 0 && seen[EFFORT_DRAWN] > 0, "%u full, %u drawn", seen[EFFORT_FULL], seen[EFFORT_DRAWN]);
    CHECK(work_take_band(&work, 10000000, &info, samples, 1000, 0, &all) == EFFORT_FULL, "bytes pay");

    struct work again = {0};
    CHECK(work_take_band(&again, 0, &info, samples, 1000, 0, &no_search) == EFFORT_FULL && again.spent < 150000000,
          "without a search the model is all there is");
    memset(samples, 7, size);
    again.spent = 0;
    CHECK(work_take_band(&again, 10000000, &info, samples, 1000, 0, &all) == EFFORT_FULL && again.spent < 10000000,
          "a drawing is cheap");
    again.spent = 0;
    CHECK(work_take_band(&again, 0, &info, samples, 1000, 0, &all) == EFFORT_DRAWN && again.spent < 10000000,
          "and no model is tried on it without room for that");
    free(samples);
}

static void fill(uint8_t *samples, size_t size, unsigned values) {
    uint64_t state = 1;
    for (size_t i = 0; i < size; i++) {
        samples[i] = (uint8_t)((noise(&state) >> 20) % values);
    }
}

enum { SIDE = 1000, BANDS = 20 };
static const struct picture_info tall = {
    .width = SIDE, .height = BANDS * SIDE, .channels = 1, .depth = 8, .maxval = 255};

/* A grey picture of few bytes: its first bands leave enough for drawing the others. */
static void test_rest(void) {
    uint8_t *samples = malloc((size_t)SIDE * SIDE);
    struct work work = {0};
    unsigned seen[EFFORT_NONE + 1] = {0};
    if (samples == NULL) {
        abort();
    }
    fill(samples, (size_t)SIDE * SIDE, 256);
    for (uint64_t left = BANDS; left-- > 0;) {
        seen[work_take_band(&work, 4000000, &tall, samples, SIDE, left * SIDE, &all)]++;
    }
    CHECK(seen[EFFORT_NONE] == 0 && seen[EFFORT_FULL] > 0 && seen[EFFORT_FULL] < BANDS, "%u full, %u none",
          seen[EFFORT_FULL], seen[EFFORT_NONE]);
    work.spent = 0;
    CHECK(work_take_band(&work, 1000, &tall, samples, SIDE, 19 * SIDE, &all) == EFFORT_DRAWN, "the first is drawn");
    CHECK(work_take_band(&work, 1000, &tall, samples, SIDE, 18 * SIDE, &all) == EFFORT_NONE, "the second is not paid");
    free(samples);
}

/* Two values are only drawn, whatever has been earned, which takes less; but a model that the caller prefers is tried. */
static void test_two_values(void) {
    static const struct work_wanted by_model = {.searches = true, .prefers_model = true};
    uint8_t *samples = malloc((size_t)SIDE * SIDE);
    struct work work = {0}, other = {0};
    if (samples == NULL) {
        abort();
    }
    fill(samples, (size_t)SIDE * SIDE, 2);
    CHECK(work_take_band(&work, 1000000000, &tall, samples, SIDE, 0, &all) == EFFORT_DRAWN, "two values");
    CHECK(work_take_band(&other, 1000000000, &tall, samples, SIDE, 0, &by_model) == EFFORT_FULL,
          "a model of their own");
    samples[SIDE] = 2;
    other.spent = 0;
    CHECK(work_take_band(&other, 1000000000, &tall, samples, SIDE, 0, &all) == EFFORT_FULL, "three values");
    CHECK(work.spent * 2 < other.spent, "%u for two, %u for three", (unsigned)work.spent, (unsigned)other.spent);
    free(samples);
}

/* What a picture takes at least is never more than what its bands take, however it is cut up. */
static void test_least(void) {
    uint8_t *samples = malloc((size_t)SIDE * SIDE);
    if (samples == NULL) {
        abort();
    }
    for (unsigned values = 1; values <= 256; values *= 4) {
        struct work work = {0};
        uint64_t least = 0;
        fill(samples, (size_t)SIDE * SIDE, values);
        for (uint32_t y = 0; y < SIDE; y += 50) {
            least += work_least(&tall, samples + (size_t)y * SIDE, 50);
        }
        work_take_band(&work, 3000000, &tall, samples, SIDE, UINT32_MAX, &all);
        CHECK(least > 0 && least <= work.spent, "%u values: %u, not %u", values, (unsigned)least, (unsigned)work.spent);
        CHECK(least <= work_most(&tall) / BANDS, "%u values: the most", values);
    }
    free(samples);
}

/* Small pictures of few bytes: what the first ones take is not missing when the others are to be drawn. */
static void test_small(void) {
    enum { SMALL = 16, COUNT = 1500, BYTES = 200 };
    const struct picture_info info = {.width = SMALL, .height = SMALL, .channels = 4, .depth = 8, .maxval = 255};
    uint8_t samples[SMALL * SMALL * 4];
    uint64_t state = 1;
    struct work work = {0};
    unsigned seen[EFFORT_NONE + 1] = {0};
    for (size_t i = 0; i < sizeof samples; i++) {
        samples[i] = (uint8_t)(noise(&state) >> 20);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        seen[work_take_band(&work, (uint64_t)(i + 1) * BYTES, &info, samples, SMALL, 0, &all)]++;
    }
    CHECK(seen[EFFORT_FULL] > 0 && seen[EFFORT_NONE] == 0, "%u full, %u none", seen[EFFORT_FULL], seen[EFFORT_NONE]);
}

int main(void) {
    test_units();
    test_small();
    test_efforts();
    test_rest();
    test_two_values();
    test_least();
    return check_summary();
}
