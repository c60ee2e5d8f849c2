/* SPDX-License-Identifier: MIT */
/*
 * Units of work (work_budget.h).
 *
 * Measured at level 5, with one thread: per sample, 0.7 units for a flat drawing and 5 for a detailed one, 13 for the
 * model, 30 for the coder of deep samples, 38 more for the search for coefficients, and up to 18 for a mixed picture.
 * The search takes at least 600 000 units, even for the smallest picture. A photograph in a PNG file earns 300 units or
 * more per sample; a screenshot, which is mostly drawn, a tenth of that.
 */
#include "band/work_budget.h"

#include "band/content.h"

#define AT_FIRST ((uint64_t)1 << 27)
#define EACH_BYTE 320

#define BAND_SEARCHED 600000
#define BAND_MODELLED 150000
#define SAMPLE_SEARCHED 64
#define SAMPLE_MODELLED 16
/* With the coder for deep samples, which also codes grey pictures. */
#define SAMPLE_PREDICTED 32
/* Grey ones of 8 bits are tried in all ways. */
#define SAMPLE_GREY 64

bool work_has(const struct work *work, uint64_t position, uint64_t units) {
    const uint64_t earned = AT_FIRST + (position < UINT64_MAX / EACH_BYTE / 2 ? position * EACH_BYTE : UINT64_MAX / 2);
    return work->spent <= earned && units <= earned - work->spent;
}

bool work_take(struct work *work, uint64_t position, uint64_t units) {
    const bool has = work_has(work, position, units);
    work->spent += has ? units : 0;
    return has;
}

enum effort work_take_band(struct work *work, uint64_t position, const struct picture_info *info,
                           const uint8_t *samples, uint32_t rows, bool searches) {
    const uint64_t count = (uint64_t)info->width * info->channels * rows;
    const bool is_drawn = content_of(samples, info->width, rows, info->channels * (info->depth / 8u)) == CONTENT_DRAWN;
    const uint64_t predicted = info->depth == 16    ? count * SAMPLE_PREDICTED
                               : info->channels < 3 ? count * SAMPLE_GREY
                                                    : 0;
    if (!is_drawn && searches && work_take(work, position, BAND_SEARCHED + count * SAMPLE_SEARCHED + predicted)) {
        return EFFORT_FULL;
    }
    if (!is_drawn && work_take(work, position, BAND_MODELLED + count * SAMPLE_MODELLED + predicted)) {
        return searches ? EFFORT_MODEL : EFFORT_FULL;
    }
    work->spent += count * WORK_SAMPLE; /* work_has was asked for it when the picture began */
    /* few drawings also need a model: they need not have earned it in advance */
    return is_drawn && work_has(work, position, BAND_SEARCHED + count * SAMPLE_SEARCHED) ? EFFORT_FULL : EFFORT_DRAWN;
}
