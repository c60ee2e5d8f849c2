/*
 * Units of work (work.h).
 *
 * Measured at level 5, with one thread: 0.7 units a sample of a flat drawing and 5 of a detailed one, 13 for the model,
 * 30 sample by sample, 38 more for the search for coefficients, up to 18 for a mixed picture; the search takes 600
 * thousand units for even the smallest picture.  A
 * photograph in a PNG file earns 300 and more for a sample, a screenshot, which is mostly drawn, a tenth of that.
 */
#include "stream/work.h"

#include "stream/content.h"

#define AT_FIRST ((uint64_t)1 << 27)
#define EACH_BYTE 320

#define BAND_SEARCHED 600000
#define BAND_MODELLED 150000
#define SAMPLE_SEARCHED 64
#define SAMPLE_MODELLED 16
/* And one by one, as those of grey pictures and of more than 8 bits are. */
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
    const bool is_drawn =
        content_of(samples, info->width, rows, info->channels * (info->depth / 8u)) == CONTENT_DRAWN;
    const uint64_t predicted = info->depth == 16 ? count * SAMPLE_PREDICTED : info->channels < 3 ? count * SAMPLE_GREY : 0;
    if (!is_drawn && searches && work_take(work, position, BAND_SEARCHED + count * SAMPLE_SEARCHED + predicted)) {
        return EFFORT_FULL;
    }
    if (!is_drawn && work_take(work, position, BAND_MODELLED + count * SAMPLE_MODELLED + predicted)) {
        return searches ? EFFORT_MODEL : EFFORT_FULL;
    }
    work->spent += count * WORK_SAMPLE; /* there was room for it when the picture began */
    /* few drawings need a model as well: they do not pay for it beforehand */
    return is_drawn && work_has(work, position, BAND_SEARCHED + count * SAMPLE_SEARCHED) ? EFFORT_FULL : EFFORT_DRAWN;
}
