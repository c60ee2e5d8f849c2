/* SPDX-License-Identifier: MIT */
/*
 * Trials of a few rows (trial.h).
 */
#include "band/trial.h"

#include "band/model_estimate.h"
#include "base/allocate.h"
#include "deep/deep.h"
#include "drawn/drawn.h"

#include <stdlib.h>
#include <string.h>

/* About this many pixels of a band are tried. */
#define SAMPLE_PIXELS 65536
#define LIGHT_LEVEL 1
/* Up to this compression level, photographs must be quick to restore. */
#define QUICK_LEVEL 3

/* Smaller bands are coded in every way: strips would be a large part of them. */
#define LEAST_TRIED (2 * SAMPLE_PIXELS)
#define ENOUGH_STRIPS 3

/* Few values of which a drawing saves no more than one bit in 64 are noise. Large bands are examined. */
#define NOISE_SHARE 64
#define NOISE_LEAST ((size_t)1 << 18)

/* From this level on, grey photographs are tried sample by sample. */
#define DEEP_GREY_LEVEL 4

/* From this level on, small colour pictures are, up to this many pixels: it takes ten times as long as the model. At
 * EXHAUSTIVE_LEVEL, all are. */
#define DEEP_SMALL_LEVEL 6
#define DEEP_SMALL (512 * 512)

/* About `pixels` pixels from the middle of the band: some rows. */
static const uint8_t *middle_rows(const struct encoding *encoding, uint32_t pixels, uint32_t *rows) {
    const uint32_t some = pixels / encoding->width + 1;
    *rows = some < encoding->rows ? some : encoding->rows;
    return encoding->reduction.samples + (size_t)((encoding->rows - *rows) / 2) * encoding->width * encoding->channels;
}

/* Are these rows as a drawing in the light setting no larger than limit? */
static enum bswz_status try_rows(const struct encoding *encoding, const uint8_t *samples, uint32_t rows, size_t limit,
                                 bool *is_smaller, struct bswz_error *error) {
    const struct drawn_picture picture = drawn_rows(encoding, rows);
    struct byte_buffer coded = {0};
    const enum bswz_status status =
        drawn_encode(&picture, samples, LIGHT_LEVEL, limit, &coded, is_smaller, NULL, error);
    free(coded.data);
    return status;
}

/* What some rows from the middle, of about `pixels` pixels, may take: their share of what the band takes, plus `more`
 * eighths of it. */
static size_t sample_limit(const struct encoding *encoding, size_t band, uint32_t pixels, int more) {
    uint32_t rows;
    middle_rows(encoding, pixels, &rows);
    const uint64_t share = (uint64_t)band * rows / encoding->rows;
    return (size_t)(share * (uint64_t)(8 + more) / 8);
}

/* Do they take no more as a drawing than of the best candidate, or of the samples if there is none? */
static enum bswz_status try_sample(const struct encoding *encoding, uint32_t pixels, int more, bool *is_smaller,
                                   struct bswz_error *error) {
    uint32_t rows;
    const uint8_t *middle = middle_rows(encoding, pixels, &rows);
    const size_t limit = sample_limit(encoding, candidate_limit(encoding), pixels, more);
    return try_rows(encoding, middle, rows, limit, is_smaller, error);
}

/* The rows of a sample from which it is decided if strips are tried. */
#define FIRST_PIXELS (SAMPLE_PIXELS / 8)

/* What these take. The light setting has one way only, so a limit would not change the size. */
static enum bswz_status measure_sample(const struct encoding *encoding, uint64_t *size, struct bswz_error *error) {
    uint32_t rows;
    const uint8_t *middle = middle_rows(encoding, FIRST_PIXELS, &rows);
    const struct drawn_picture picture = drawn_rows(encoding, rows);
    struct byte_buffer coded = {0};
    bool is_coded;
    const enum bswz_status status =
        drawn_encode(&picture, middle, LIGHT_LEVEL, SIZE_MAX, &coded, &is_coded, NULL, error);
    *size = coded.size;
    free(coded.data);
    return status;
}

/* Is the band noise of few values, on which no neighbourhood helps? A file can hold far more of these samples than of
 * others, and every coder takes long on them. */
enum bswz_status trial_noise(struct encoding *encoding, struct bswz_error *error) {
    const size_t pixels = (size_t)encoding->width * encoding->rows;
    if (encoding->channels > 1 || pixels < NOISE_LEAST || encoding->content == CONTENT_DRAWN ||
        encoding->options->prefer_model) {
        return BSWZ_OK;
    }
    uint32_t rows;
    const uint8_t *middle = middle_rows(encoding, SAMPLE_PIXELS, &rows);
    const size_t plain = content_entropy(middle, (size_t)rows * encoding->width);
    bool is_smaller = true;
    const enum bswz_status status =
        plain == SIZE_MAX ? BSWZ_OK : try_rows(encoding, middle, rows, plain - plain / NOISE_SHARE, &is_smaller, error);
    encoding->is_noise = !is_smaller;
    return status;
}

static bool saves_time(const struct encoding *encoding) {
    return (uint64_t)encoding->width * encoding->rows >= LEAST_TRIED;
}

/* ---- strips ---- */

/* At most a third of the band, since the trial must be quick. */
static void choose_strips(const struct encoding *encoding, struct strips *strips) {
    const uint32_t wanted = SAMPLE_PIXELS / KNOWN_BLOCK / encoding->width + 1;
    strips->all = known_blocks_across(encoding->rows);
    strips->count = wanted < (strips->all + 2) / 3 ? wanted : (strips->all + 2) / 3;
}

static uint32_t strip_at(const struct strips *strips, uint32_t i) {
    return (uint32_t)((2 * (uint64_t)i + 1) * strips->all / (2 * (uint64_t)strips->count));
}

/* Copy them, one below the other. */
static void take_strips(const struct encoding *encoding, struct strips *strips, uint8_t *samples) {
    const size_t row_size = (size_t)encoding->width * encoding->channels;
    for (uint32_t i = 0; i < strips->count; i++) {
        const uint32_t from = strip_at(strips, i) << KNOWN_SHIFT;
        const uint32_t rows = encoding->rows - from < KNOWN_BLOCK ? encoding->rows - from : KNOWN_BLOCK;
        memcpy(samples + strips->rows * row_size, encoding->reduction.samples + from * row_size, rows * row_size);
        strips->rows += rows;
    }
}

/* Code them as a drawing in the light setting, unless that has been done. */
static enum bswz_status try_strips(struct encoding *encoding, struct bswz_error *error) {
    struct strips *strips = &encoding->strips;
    if (strips->count > 0) {
        return BSWZ_OK;
    }
    choose_strips(encoding, strips);
    const size_t blocks = (size_t)strips->count * known_blocks_across(encoding->width);
    uint8_t *samples =
        bswz_allocate((size_t)strips->count << KNOWN_SHIFT, (size_t)encoding->width * encoding->channels);
    strips->drawn_bits = bswz_allocate_zero(blocks, sizeof *strips->drawn_bits);
    strips->estimated_bits = bswz_allocate(blocks, sizeof *strips->estimated_bits);
    enum bswz_status status = samples == NULL || strips->drawn_bits == NULL || strips->estimated_bits == NULL
                                  ? bswz_no_memory(error)
                                  : BSWZ_OK;
    struct byte_buffer coded = {0};
    if (status == BSWZ_OK) {
        bool is_coded;
        take_strips(encoding, strips, samples);
        model_estimate(samples, encoding->width, strips->rows, encoding->channels, strips->estimated_bits);
        struct drawn_picture picture = drawn_rows(encoding, strips->rows);
        picture.block_bits = strips->drawn_bits;
        picture.is_photo = encoding->is_photo;
        status = drawn_encode(&picture, samples, LIGHT_LEVEL, SIZE_MAX, &coded, &is_coded, NULL, error);
        strips->drawn = 8 * (uint64_t)coded.size;
    }
    free(coded.data);
    free(samples);
    return status;
}

/* Drawings with many colours are hopeless for the model, which takes several times as long as the trial. */
static enum bswz_status try_model_strips(struct encoding *encoding, bool *is_likely, struct bswz_error *error) {
    const struct strips *strips = &encoding->strips;
    *is_likely = false;
    if (!saves_time(encoding) || encoding->channels < 3) {
        return BSWZ_OK;
    }
    const enum bswz_status status = try_strips(encoding, error);
    const size_t blocks = (size_t)strips->count * known_blocks_across(encoding->width);
    uint64_t estimate = 0;
    for (size_t i = 0; i < blocks && status == BSWZ_OK; i++) {
        estimate += strips->estimated_bits[i];
    }
    *is_likely = strips->drawn > estimate;
    return status;
}

/* Is the model tried first? Hardly any pixel of a photograph equals its neighbour, but noise that repeats is drawn. */
enum bswz_status trial_photographed(struct encoding *encoding, bool *is_photo, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    *is_photo = encoding->content == CONTENT_PHOTO;
    if (encoding->content == CONTENT_DRAWN || encoding->coding->level >= THOROUGH_LEVEL) {
        return BSWZ_OK;
    }
    if (*is_photo) {
        const struct drawn_picture picture = drawn_rows(encoding, encoding->rows);
        bool repeats;
        status = drawn_repeats(&picture, encoding->reduction.samples, &repeats, error);
        *is_photo = !repeats;
        encoding->is_photo = !repeats && saves_time(encoding);
    }
    if (status == BSWZ_OK && !*is_photo) {
        status = try_model_strips(encoding, is_photo, error);
    }
    return status;
}

/* What the strips took in the best candidate, and if each block is coded in the better way. */
static void compare_strips(const struct encoding *encoding, uint64_t *best, uint64_t *least) {
    const struct strips *strips = &encoding->strips;
    const uint32_t columns = known_blocks_across(encoding->width);
    const bool is_known = encoding->has_model_bits && encoding->model_bits != NULL; /* indices have no bits by block */
    *best = *least = 0;
    for (uint32_t i = 0; i < strips->count && is_known; i++) {
        const uint32_t *model = encoding->model_bits + (size_t)strip_at(strips, i) * columns;
        for (uint32_t x = 0; x < columns; x++) {
            const uint32_t drawn = strips->drawn_bits[(size_t)i * columns + x];
            *best += model[x];
            *least += drawn < model[x] ? drawn : model[x];
        }
    }
    if (!is_known) { /* their share */
        *best = *least = 8 * (uint64_t)candidate_limit(encoding) * strips->rows / encoding->rows;
    }
}

/* The coder for deep samples predicts grey better than the model, whose networks know grey mainly as a plane of a JPEG
 * file. It also predicts colours better, but takes several times as long. */
bool may_be_deep(const struct encoding *encoding) {
    const struct frame_header *best = &encoding->best.header;
    const bool has_origin = best->method == FRAME_COEFFICIENTS ||
                            (best->method == FRAME_PLANES && origin_row(best->origin)->prepare != NULL);
    const bool is_grey = encoding->channels < 3 || (best->method == FRAME_PLANES && best->origin == ORIGIN_GREY);
    const bool is_small = (uint64_t)encoding->info->width * encoding->info->height <= DEEP_SMALL;
    return !encoding->is_indexed && !encoding->options->prefer_model && encoding->options->effort == EFFORT_FULL &&
           !has_origin &&
           encoding->coding->level >= (is_grey    ? DEEP_GREY_LEVEL
                                       : is_small ? DEEP_SMALL_LEVEL
                                                  : EXHAUSTIVE_LEVEL);
}

/* How much larger than the best candidate strips may be, in 1/72: in the light setting they take 3 to 8 % more than all
 * rows in the full one. The highest level also tries doubtful cases. At the lowest, a drawing that is hardly smaller is
 * not worth the time it takes to restore; and what is coded sample by sample is hardly ever drawn. One or two strips of
 * a wide band say little about the rest of it, and drawing that takes long. */
static unsigned most_of_strips(const struct encoding *encoding) {
    const int level = encoding->coding->level;
    if (level < EXHAUSTIVE_LEVEL && encoding->strips.count < ENOUGH_STRIPS) {
        return 67;
    }
    return level >= EXHAUSTIVE_LEVEL ? 90 : level <= QUICK_LEVEL ? 72 : may_be_deep(encoding) ? 67 : 76;
}

/* Are a few rows tried first? */
static bool needs_sample(const struct encoding *encoding) {
    return encoding->coding->level < THOROUGH_LEVEL && encoding->content == CONTENT_PHOTO && saves_time(encoding);
}

/* What is needed whatever planes take. */
static void try_ahead(void *context) {
    struct encoding *encoding = context;
    struct trial_ahead *ahead = &encoding->ahead;
    if (needs_sample(encoding)) {
        ahead->status = measure_sample(encoding, &ahead->sample_size, &ahead->failure);
        ahead->has_sample = ahead->status == BSWZ_OK;
    } else {
        ahead->status = try_strips(encoding, &ahead->failure);
    }
}

static void offer(struct encoding *encoding, void (*run)(void *context)) {
    encoding->ahead.is_offered = true;
    errand_begin(&encoding->ahead.errand, encoding->pool, run, encoding);
}

void trial_offer(struct encoding *encoding) {
    const struct trial_ahead *ahead = &encoding->ahead;
    if (encoding->may_try_ahead && !ahead->is_offered && !ahead->has_sample &&
        worker_pool_threads(encoding->pool) > 1) {
        offer(encoding, try_ahead);
    }
}

void trial_leave(struct encoding *encoding) {
    if (encoding->ahead.is_offered) {
        errand_cancel(&encoding->ahead.errand);
        encoding->ahead.is_offered = false;
    }
}

/* The sample is compared with its share of the band, and from level 4 on with an eighth more. */
static int more_of_sample(const struct encoding *encoding) {
    return encoding->coding->level > QUICK_LEVEL;
}

static bool asks_for_strips(const struct encoding *encoding, size_t band) {
    return encoding->ahead.sample_size <= sample_limit(encoding, band, FIRST_PIXELS, more_of_sample(encoding));
}

static void try_strips_ahead(void *context) {
    struct encoding *encoding = context;
    encoding->ahead.status = try_strips(encoding, &encoding->ahead.failure);
}

void trial_offer_strips(struct encoding *encoding, size_t cost) {
    const struct trial_ahead *ahead = &encoding->ahead;
    if (ahead->is_offered && errand_is_done(&ahead->errand)) {
        trial_leave(encoding);
        if (ahead->has_sample && asks_for_strips(encoding, cost)) {
            offer(encoding, try_strips_ahead);
        }
    }
}

/* Take over what another thread has tried. */
static enum bswz_status take_ahead(struct encoding *encoding, struct bswz_error *error) {
    const struct trial_ahead *ahead = &encoding->ahead;
    trial_leave(encoding);
    return ahead->status == BSWZ_OK ? BSWZ_OK : bswz_fail(error, ahead->status, "%s", ahead->failure.message);
}

static enum bswz_status try_first(const struct encoding *encoding, bool *goes_on, struct bswz_error *error) {
    if (!encoding->ahead.has_sample) {
        return try_sample(encoding, FIRST_PIXELS, more_of_sample(encoding), goes_on, error);
    }
    *goes_on = asks_for_strips(encoding, candidate_limit(encoding));
    return BSWZ_OK;
}

/* At lower levels a few rows are tried first, since strips take as long as the model. */
enum bswz_status trial_drawn(struct encoding *encoding, bool *may, bool *in_part, struct bswz_error *error) {
    const int level = encoding->coding->level;
    const bool is_first = encoding->best.header.method == FRAME_END;
    enum bswz_status status = BSWZ_OK;
    bool goes_on = true;
    *may = is_first && encoding->largest < NOISE_LEAST;
    *in_part = false;
    if (is_first) {
        return *may ? BSWZ_OK : try_sample(encoding, SAMPLE_PIXELS, level <= QUICK_LEVEL ? -1 : 0, may, error);
    }
    status = take_ahead(encoding, error);
    if (status == BSWZ_OK && needs_sample(encoding)) {
        status = try_first(encoding, &goes_on, error);
    }
    if (status == BSWZ_OK && goes_on) {
        status = try_strips(encoding, error);
    }
    if (status == BSWZ_OK && goes_on) {
        uint64_t best, least;
        compare_strips(encoding, &best, &least);
        *may = encoding->strips.drawn < best / 72 * most_of_strips(encoding);
        *in_part = encoding->drawn_bits != NULL && least < best / 32 * 31;
    }
    return status;
}

/* What no other coding has made smaller is noise, or nearly so: do its middle rows get smaller? */
enum bswz_status trial_deep(const struct encoding *encoding, bool *may, struct bswz_error *error) {
    *may = encoding->best.header.method != FRAME_END || encoding->largest < NOISE_LEAST;
    if (*may) {
        return BSWZ_OK;
    }
    uint32_t rows;
    const unsigned bytes = encoding->info->depth / 8u;
    const uint8_t *middle =
        encoding->samples + (size_t)(middle_rows(encoding, SAMPLE_PIXELS, &rows) - encoding->reduction.samples) * bytes;
    const struct deep_picture picture = {
        .width = encoding->width, .height = rows, .channels = encoding->channels, .bytes = bytes};
    struct byte_buffer coded = {0};
    const enum bswz_status status =
        deep_encode(&picture, middle, encoding->coding->level,
                    (size_t)encoding->width * rows * encoding->channels * bytes, &coded, may, error);
    free(coded.data);
    return status;
}
