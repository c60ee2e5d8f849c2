/* SPDX-License-Identifier: MIT */
/*
 * Units of work: what is earned and spent, and which effort remains for a band.
 */
#include "check.h"

#include "band/work_budget.h"

#include <stdlib.h>
#include <string.h>

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
        const enum effort effort = work_take_band(&work, 0, &info, samples, band == 0 ? 100 : 1000, 0, true);
        CHECK(effort >= last, "band %d: effort only falls", band);
        last = effort;
        seen[effort]++;
    }
    CHECK(seen[EFFORT_FULL] > 0 && seen[EFFORT_DRAWN] > 0, "%u full, %u drawn", seen[EFFORT_FULL], seen[EFFORT_DRAWN]);
    CHECK(work_take_band(&work, 10000000, &info, samples, 1000, 0, true) == EFFORT_FULL, "bytes pay");

    struct work again = {0};
    CHECK(work_take_band(&again, 0, &info, samples, 1000, 0, false) == EFFORT_FULL && again.spent < 150000000,
          "without a search the model is all there is");
    memset(samples, 7, size);
    again.spent = 0;
    CHECK(work_take_band(&again, 10000000, &info, samples, 1000, 0, true) == EFFORT_FULL && again.spent < 10000000,
          "a drawing is cheap");
    again.spent = 0;
    CHECK(work_take_band(&again, 0, &info, samples, 1000, 0, true) == EFFORT_DRAWN && again.spent < 10000000,
          "and no model is tried on it without room for that");
    free(samples);
}

/* A grey picture of few bytes: its first bands leave enough for drawing the others, and they get more if they are
 * noise of two values, which takes less. */
static void test_rest(void) {
    enum { SIDE = 1000 };
    const struct picture_info info = {.width = SIDE, .height = 20 * SIDE, .channels = 1, .depth = 8, .maxval = 255};
    uint8_t *samples = malloc((size_t)SIDE * SIDE);
    uint64_t state = 1;
    if (samples == NULL) {
        abort();
    }
    for (int values = 2; values <= 256; values += 254) {
        struct work work = {0};
        unsigned seen[EFFORT_NONE + 1] = {0};
        for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
            samples[i] = (uint8_t)((noise(&state) >> 20) % (unsigned)values);
        }
        for (uint64_t left = 20; left-- > 0;) {
            seen[work_take_band(&work, 4000000, &info, samples, SIDE, left * SIDE, true)]++;
        }
        CHECK(seen[EFFORT_NONE] == 0 && seen[EFFORT_FULL] > 0 && seen[EFFORT_FULL] < 20, "%d values: %u full, %u none",
              values, seen[EFFORT_FULL], seen[EFFORT_NONE]);
    }
    struct work work = {0};
    CHECK(work_take_band(&work, 1000, &info, samples, SIDE, 19 * SIDE, true) == EFFORT_DRAWN, "the first is drawn");
    CHECK(work_take_band(&work, 1000, &info, samples, SIDE, 18 * SIDE, true) == EFFORT_NONE, "the second is not paid");
    free(samples);
}

/* Small pictures of few bytes: what the first ones take is not missing when the others are to be drawn. */
static void test_small(void) {
    enum { SIDE = 16, COUNT = 1500, BYTES = 200 };
    const struct picture_info info = {.width = SIDE, .height = SIDE, .channels = 4, .depth = 8, .maxval = 255};
    uint8_t samples[SIDE * SIDE * 4];
    uint64_t state = 1;
    struct work work = {0};
    unsigned seen[EFFORT_NONE + 1] = {0};
    for (size_t i = 0; i < sizeof samples; i++) {
        samples[i] = (uint8_t)(noise(&state) >> 20);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        seen[work_take_band(&work, (uint64_t)(i + 1) * BYTES, &info, samples, SIDE, 0, true)]++;
    }
    CHECK(seen[EFFORT_FULL] > 0 && seen[EFFORT_NONE] == 0, "%u full, %u none", seen[EFFORT_FULL], seen[EFFORT_NONE]);
}

int main(void) {
    test_units();
    test_small();
    test_efforts();
    test_rest();
    return check_summary();
}
