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
    unsigned seen[3] = {0};
    if (samples == NULL) {
        abort();
    }
    for (size_t i = 0; i < size; i++) {
        samples[i] = (uint8_t)noise(&state);
    }
    for (int band = 0; band < 40; band++) {
        const enum effort effort = work_take_band(&work, 0, &info, samples, band == 0 ? 100 : 1000, true);
        CHECK(effort >= last, "band %d: effort only falls", band);
        last = effort;
        seen[effort]++;
    }
    CHECK(seen[EFFORT_FULL] > 0 && seen[EFFORT_DRAWN] > 0, "%u full, %u drawn", seen[EFFORT_FULL], seen[EFFORT_DRAWN]);
    CHECK(work_take_band(&work, 10000000, &info, samples, 1000, true) == EFFORT_FULL, "bytes pay");

    struct work again = {0};
    CHECK(work_take_band(&again, 0, &info, samples, 1000, false) == EFFORT_FULL && again.spent < 100000000,
          "without a search the model is all there is");
    memset(samples, 7, size);
    again.spent = 0;
    CHECK(work_take_band(&again, 10000000, &info, samples, 1000, true) == EFFORT_FULL && again.spent < 10000000,
          "a drawing is cheap");
    again.spent = 0;
    CHECK(work_take_band(&again, 0, &info, samples, 1000, true) == EFFORT_DRAWN && again.spent < 10000000,
          "and no model is tried on it without room for that");
    free(samples);
}

int main(void) {
    test_units();
    test_efforts();
    return check_summary();
}
