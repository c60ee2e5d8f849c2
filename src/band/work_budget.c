/* SPDX-License-Identifier: MIT */
/*
 * Units of work (work_budget.h).
 *
 * Measured at level 5, with one thread: per sample, 0.7 units for a flat drawing, 75 for a detailed one, 13 for the
 * model, 140 for the coder of deep samples, 38 more for the search for coefficients, and up to 18 for a mixed picture.
 * The search, and what comes with it, takes at least 1 400 000 units, even for the smallest picture. A photograph in a
 * PNG file earns 450 units or more per pixel; a screenshot, which is mostly drawn, a tenth of that.
 */
#include "band/work_budget.h"

#include "band/content.h"
#include "band/reduction.h"

/* What an input begins with is an advance on what it earns: the first bytes earn less than the others. Together, a
 * megabyte earns five seconds. */
#define AT_FIRST ((uint64_t)1 << 27)
#define FIRST_BYTES 320
#define EACH_BYTE 480

/* Where there is a band of fewer pixels than this, there may be many, which must at least be drawn: before more is
 * tried, so much must be left for them. */
#define SMALL_BAND 4096
#define RESERVE (AT_FIRST / 4 * 3)

#define BAND_SEARCHED 1400000
#define BAND_MODELLED 150000
#define SAMPLE_SEARCHED 64
#define SAMPLE_MODELLED 16
/* A pixel of a drawing whose surroundings are not flat. */
#define BUSY_PIXEL 75
#define BUSY_TWO_VALUED 30
/* Pictures of this many pixels that have only two values are drawn at once: no model makes them smaller. */
#define LEAST_TWO_VALUED 65536
/* In a small band, on which everything is tried that draws. */
#define BUSY_SMALL 225
/* With the coder for deep samples, which also codes grey pictures. */
#define SAMPLE_PREDICTED 140

static uint64_t earned_at(uint64_t position) {
    const uint64_t bytes = position < UINT64_MAX / EACH_BYTE / 2 ? position : UINT64_MAX / EACH_BYTE / 2;
    const uint64_t first = AT_FIRST + bytes * FIRST_BYTES, all = bytes * EACH_BYTE;
    return first > all ? first : all;
}

uint64_t work_left(const struct work *work, uint64_t position) {
    const uint64_t earned = earned_at(position);
    return work->spent <= earned ? earned - work->spent : 0;
}

bool work_has(const struct work *work, uint64_t position, uint64_t units) {
    return units <= work_left(work, position);
}

bool work_take(struct work *work, uint64_t position, uint64_t units) {
    const bool has = work_has(work, position, units);
    work->spent += has ? units : 0;
    return has;
}

void work_return(struct work *work, uint64_t position, uint64_t units) {
    const uint64_t earned = earned_at(position), room = work->returned < earned ? earned - work->returned : 0;
    units = units < room ? units : room;
    units = units < work->spent ? units : work->spent;
    work->returned += units;
    work->spent -= units;
}

uint64_t work_least(const struct picture_info *info, const uint8_t *samples, uint32_t rows) {
    const unsigned bytes = info->channels * (info->depth / 8u);
    const uint64_t pixels = (uint64_t)info->width * rows, busy = content_busy(samples, info->width, rows, bytes);
    const bool is_two_valued = content_is_two_valued(samples, (size_t)pixels, bytes);
    return pixels * info->channels * WORK_SAMPLE + busy * (is_two_valued ? BUSY_TWO_VALUED : BUSY_PIXEL);
}

uint64_t work_most(const struct picture_info *info) {
    return (uint64_t)info->width * info->height * (info->channels * (uint64_t)WORK_SAMPLE + BUSY_PIXEL);
}

/* What drawing a band takes. */
static uint64_t drawn_units(const struct picture_info *info, const uint8_t *samples, uint32_t rows,
                            enum content content, bool is_two_valued) {
    const unsigned bytes = info->channels * (info->depth / 8u);
    const uint64_t pixels = (uint64_t)info->width * rows;
    const uint64_t each = pixels < SMALL_BAND ? BUSY_SMALL : is_two_valued ? BUSY_TWO_VALUED : BUSY_PIXEL;
    const uint64_t busy = content == CONTENT_PHOTO ? pixels : content_busy(samples, info->width, rows, bytes);
    return WORK_DRAWN + pixels * info->channels * WORK_SAMPLE + busy * each;
}

/* Spend some if enough would be left for the rest. */
static bool take_first(struct work *work, uint64_t position, uint64_t units, uint64_t rest) {
    return units <= UINT64_MAX - rest && work_has(work, position, units + rest) && work_take(work, position, units);
}

enum effort work_take_band(struct work *work, uint64_t position, const struct picture_info *info,
                           const uint8_t *samples, uint32_t rows, uint64_t rows_left,
                           const struct work_wanted *wanted) {
    const uint64_t count = (uint64_t)info->width * info->channels * rows;
    const uint64_t modelled = BAND_MODELLED + count * SAMPLE_MODELLED;
    const uint64_t searched = wanted->searches ? BAND_SEARCHED + count * SAMPLE_SEARCHED : modelled;
    const uint64_t predicted = count * SAMPLE_PREDICTED;
    const unsigned bytes = info->channels * (info->depth / 8u);
    const enum content content = content_of(samples, info->width, rows, bytes);
    const bool is_two_valued = content_is_two_valued(samples, (size_t)info->width * rows, bytes);
    const uint64_t drawn = drawn_units(info, samples, rows, content, is_two_valued);
    const bool is_small = (uint64_t)info->width * rows < SMALL_BAND;
    const uint64_t rest = drawn / rows * rows_left + (is_small ? RESERVE : 0);
    if (content == CONTENT_DRAWN && work_take(work, position, drawn)) {
        /* few drawings also need a model: they need not have earned it in advance */
        return work_has(work, position, BAND_SEARCHED + count * SAMPLE_SEARCHED + rest) ? EFFORT_FULL : EFFORT_DRAWN;
    }
    if (content == CONTENT_DRAWN) {
        return EFFORT_NONE;
    }
    if (is_two_valued && !wanted->prefers_model && info->depth == 8 &&
        (uint64_t)info->width * rows >= LEAST_TWO_VALUED) {
        return work_take(work, position, drawn) ? EFFORT_DRAWN : EFFORT_NONE;
    }
    if (info->depth == 16 && !reduction_is_disguise(info, samples, (size_t)info->width * rows)) {
        if (take_first(work, position, predicted, rest)) {
            return EFFORT_FULL;
        }
    } else if (take_first(work, position, searched + (info->channels < 3 ? predicted : drawn), rest)) {
        return EFFORT_FULL; /* what is coded sample by sample is hardly ever drawn as well */
    } else if (take_first(work, position, drawn + searched, rest)) {
        return EFFORT_SHALLOW;
    } else if (take_first(work, position, drawn + modelled, rest)) {
        return EFFORT_MODEL;
    }
    return work_take(work, position, drawn) ? EFFORT_DRAWN : EFFORT_NONE;
}
