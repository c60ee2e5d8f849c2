/* SPDX-License-Identifier: MIT */
/*
 * Trials of a few rows (trial.h).
 */
#include "band/trial.h"

#include "deep/deep.h"

#include <stdlib.h>

/* About this many pixels of a band are tried. */
#define SAMPLE_PIXELS 65536
#define LIGHT_LEVEL 1
/* Up to this compression level, photographs must be quick to restore. */
#define QUICK_LEVEL 3

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

/* Are these rows as a drawing in the light setting smaller than limit? */
static enum bswz_status try_rows(const struct encoding *encoding, const uint8_t *samples, uint32_t rows, size_t limit,
                                 bool *is_smaller, struct bswz_error *error) {
    const struct drawn_picture picture = drawn_rows(encoding, rows);
    struct byte_buffer coded = {0};
    const enum bswz_status status =
        drawn_encode(&picture, samples, LIGHT_LEVEL, limit, &coded, is_smaller, NULL, error);
    free(coded.data);
    return status;
}

/* Some rows from the middle, of about `pixels` pixels, as a drawing: are they smaller than their share of the best
 * candidate, or of the samples if there is none, plus `more` eighths of it? */
static enum bswz_status try_sample(const struct encoding *encoding, uint32_t pixels, int more, bool *is_smaller,
                                   struct bswz_error *error) {
    uint32_t rows;
    const uint8_t *middle = middle_rows(encoding, pixels, &rows);
    const uint64_t share = (uint64_t)candidate_limit(encoding) * rows / encoding->rows;
    return try_rows(encoding, middle, rows, (size_t)(share * (uint64_t)(8 + more) / 8), is_smaller, error);
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

/* Might a photograph, coded as such by the best candidate, be smaller as a drawing? Some rows from its middle are tried.
 * That takes 2 to 10 % more than the full setting on all rows, or much more if the picture has repeats; the highest
 * level also tries doubtful cases. At lower levels a few rows are tried first, since the trial takes longer than the model;
 * and at the lowest, a drawing that is hardly smaller is not worth the time it takes to restore. */
enum bswz_status trial_drawn(const struct encoding *encoding, bool *may, struct bswz_error *error) {
    const int level = encoding->coding->level;
    enum bswz_status status = BSWZ_OK;
    const bool is_first = encoding->best.header.method == FRAME_END;
    *may = is_first && encoding->largest < NOISE_LEAST;
    if (*may) {
        return BSWZ_OK;
    }
    bool goes_on = true;
    if (level < THOROUGH_LEVEL && !is_first) {
        status = try_sample(encoding, SAMPLE_PIXELS / 8, 1, &goes_on, error);
    }
    if (status == BSWZ_OK && goes_on) {
        status = try_sample(encoding, SAMPLE_PIXELS,
                            level >= EXHAUSTIVE_LEVEL ? 2
                            : level <= QUICK_LEVEL    ? -1
                                                      : 0,
                            may, error);
    }
    return status;
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
