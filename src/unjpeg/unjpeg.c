/* SPDX-License-Identifier: MIT */
/*
 * The search for coefficients (unjpeg.h):
 *
 *     1. the grid of blocks                     origin/grid_phase.c
 *     2. steps of luma, from some blocks        step_guess.c; most of these must decode exactly
 *     3. sampling and steps of colour, and where its MCUs begin, again from some blocks
 *     4. all blocks                             full_blocks.c, half_colour.c
 *     5. the result is rendered and compared with the picture
 *
 * Most pictures that never were a JPEG are rejected at 1 or 2.
 */
#include "unjpeg/unjpeg.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* comparisons with constants */
#include "origin/exceptions.h"
#include "unjpeg/pixel_source.h"
#include "unjpeg/render.h"
#include "unjpeg/step_guess.h"
#include "unjpeg/transform.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8
/* Where almost anything looks like a JPEG, because all steps are 1, the grid must be visible. */
#define ENOUGH_WITHOUT_GRID 90
/* Other samplings need not be tried: in a wrong one, hardly any block is exact with such steps. */
#define CERTAIN_COLOUR 40
#define STRIP_ROWS 192
#define VAIN 8 /* in a strip, the percentage below which a sampling is not tried on the whole picture */

/* ---- sampling of colour ---- */

struct colour_guess {
    unsigned horizontal, vertical, offset_x, offset_y;
    struct guess component[2];
    struct half_planes half; /* at half resolution: the estimate */
};

/* How good the guess is, in thousandths of the blocks; less if the steps are uninformative. */
static unsigned colour_score(const struct colour_guess *guess) {
    unsigned score = 0;
    for (unsigned c = 0; c < 2; c++) {
        const struct guess *component = &guess->component[c];
        if (component->checked > 0) {
            score += 1000 * component->exact / component->checked / (component->bits >= GUESS_ENOUGH_BITS ? 1 : 8);
        }
    }
    return score;
}

static bool colour_is_certain(const struct colour_guess *guess) {
    return is_exact_enough(&guess->component[0], CERTAIN_COLOUR) &&
           is_exact_enough(&guess->component[1], CERTAIN_COLOUR) && guess->component[0].bits >= GUESS_ENOUGH_BITS &&
           guess->component[1].bits >= GUESS_ENOUGH_BITS;
}

/* Keep the better one. */
static void prefer_colour(struct colour_guess *best, struct colour_guess *guess) {
    if (colour_score(guess) > colour_score(best)) {
        const struct colour_guess worse = *best;
        *best = *guess;
        *guess = worse;
    }
    half_planes_free(&guess->half);
}

/* In a few rows of the picture, is hardly any block exact? Then there is no need to estimate all of its planes. */
static enum bswz_status half_is_vain(const struct unjpeg_source *source, unsigned horizontal, unsigned vertical,
                                     struct sampling *sampling, bool *is_vain, struct bswz_error *error) {
    struct unjpeg_source strip = *source;
    struct half_planes half;
    struct guess guess[2];
    *is_vain = false;
    if (source->height < 2 * STRIP_ROWS) {
        return BSWZ_OK;
    }
    strip.height = STRIP_ROWS;
    const size_t first = (size_t)((source->height - STRIP_ROWS) / 2 / (2 * SIDE) * (2 * SIDE)) * source->width;
    strip.rgb += 3 * first;
    strip.doubt += first;
    for (unsigned c = 0; c < 3; c++) {
        strip.plane[c] += first;
    }
    const enum bswz_status status = half_planes_open(&strip, horizontal, vertical, &half, error);
    if (status == BSWZ_OK) {
        guess_steps(&strip, 1, 2, half.plane, false, sampling, guess);
        half_planes_free(&half);
        *is_vain = guess[0].checked == GUESS_CHECKED && guess[1].checked == GUESS_CHECKED &&
                   !is_exact_enough(&guess[0], VAIN) && !is_exact_enough(&guess[1], VAIN);
    }
    return status;
}

/* Half resolution in these directions: where do MCUs begin? Those of the places that are not vain are tried, or if_vain
 * all of them; what has been tried is removed from the places. */
static enum bswz_status guess_half(const struct unjpeg_source *whole, unsigned horizontal, unsigned vertical,
                                   bool if_vain, unsigned *places, struct sampling *sampling, struct colour_guess *best,
                                   struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    for (unsigned place = 0; place < horizontal * vertical && status == BSWZ_OK && !colour_is_certain(best); place++) {
        struct unjpeg_source source = *whole;
        source.offset_x += SIDE * (place % horizontal);
        source.offset_y += SIDE * (place / horizontal);
        struct colour_guess guess = {
            .horizontal = horizontal, .vertical = vertical, .offset_x = source.offset_x, .offset_y = source.offset_y};
        bool is_vain = (*places >> place & 1) == 0;
        if (!is_vain && !if_vain) {
            status = half_is_vain(&source, horizontal, vertical, sampling, &is_vain, error);
        }
        if (status != BSWZ_OK || is_vain) {
            continue;
        }
        *places &= ~(1u << place);
        status = half_planes_open(&source, horizontal, vertical, &guess.half, error);
        if (status == BSWZ_OK) {
            guess_steps(&source, 1, 2, guess.half.plane, true, sampling, guess.component);
            prefer_colour(best, &guess);
        }
    }
    return status;
}

static enum bswz_status guess_colour(const struct unjpeg_source *source, struct sampling *sampling,
                                     struct colour_guess *best, struct bswz_error *error) {
    static const unsigned factors[][2] = {{2, 2}, {2, 1}, {1, 2}};
    enum { FACTORS = sizeof factors / sizeof factors[0] };
    unsigned left[FACTORS] = {0xf, 0x3, 0x3}; /* places that have not been tried */
    enum bswz_status status = BSWZ_OK;
    struct colour_guess full = {
        .horizontal = 1, .vertical = 1, .offset_x = source->offset_x, .offset_y = source->offset_y};
    guess_steps(source, 1, 2, NULL, false, sampling, full.component);
    *best = full;
    for (unsigned i = 0; i < 2 * FACTORS && status == BSWZ_OK && !colour_is_certain(best); i++) {
        const unsigned *factor = factors[i % FACTORS];
        status = guess_half(source, factor[0], factor[1], i >= FACTORS, &left[i % FACTORS], sampling, best, error);
    }
    if (status == BSWZ_OK && !colour_is_certain(best)) {
        guess_steps(source, 1, 2, NULL, true, sampling, full.component);
        prefer_colour(best, &full);
    }
    return status;
}

/* ---- all blocks ---- */

static enum bswz_status solve(struct unjpeg_source *source, const struct guess *luma, struct colour_guess *colour,
                              struct jpeg_planes *planes, struct bswz_error *error) {
    uint8_t *rendered[2] = {NULL, NULL};
    const bool is_half = colour->horizontal * colour->vertical > 1;
    const size_t pixels = (size_t)source->width * source->height;
    source->offset_x = colour->offset_x;
    source->offset_y = colour->offset_y;
    *planes = (struct jpeg_planes){.count = source->rgb != NULL ? 3 : 1,
                                   .width = source->width + source->offset_x,
                                   .height = source->height + source->offset_y};
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        component->horizontal = c == 0 ? colour->horizontal : 1;
        component->vertical = c == 0 ? colour->vertical : 1;
        memcpy(component->step, c == 0 ? luma->step : colour->component[c - 1].step, sizeof component->step);
    }
    render_shape(planes);
    enum bswz_status status = jpeg_planes_allocate(planes, error);
    for (unsigned c = 0; c < 2 && is_half && status == BSWZ_OK; c++) {
        rendered[c] = bswz_allocate(pixels, 1);
        status = rendered[c] != NULL ? BSWZ_OK : bswz_no_memory(error);
    }
    if (status == BSWZ_OK && is_half) {
        status = half_colour_solve(source, planes, &colour->half, rendered, error);
        half_planes_free(&colour->half);
    }
    if (status == BSWZ_OK) {
        full_blocks_solve(source, planes, is_half ? 1 : planes->count,
                          is_half ? (const uint8_t *const *)rendered : NULL);
    }
    free(rendered[0]);
    free(rendered[1]);
    return status;
}

/* Compare the rendered pixels with the picture. */
static enum bswz_status compare(const struct unjpeg_source *source, const uint8_t *pixels, struct recovered *recovered,
                                struct bswz_error *error) {
    const unsigned channels = recovered->planes.count;
    uint8_t *rendered = bswz_allocate((size_t)source->width * source->height, channels);
    enum bswz_status status = rendered == NULL ? bswz_no_memory(error)
                                               : render_pixels(&recovered->planes, recovered->offset_x,
                                                               recovered->offset_y, source->pool, rendered, error);
    if (status == BSWZ_OK) {
        status = exceptions_list(pixels, rendered, source->width, source->height, channels, &recovered->wrong,
                                 &recovered->exceptions, error);
    }
    free(rendered);
    return status;
}

/* Steps 1 to 3. */
static enum bswz_status guess_all(struct unjpeg_source *source, struct guess *luma, struct colour_guess *colour,
                                  bool *found, struct bswz_error *error) {
    struct sampling sampling;
    const int phase = origin_grid_phase(source->plane[0], source->width, source->height, source->pool);
    const unsigned enough = phase < 0 ? ENOUGH_WITHOUT_GRID : GUESS_ENOUGH_EXACT;
    if (phase > 0) {
        source->offset_x = (unsigned)(SIDE - phase % SIDE) % SIDE;
        source->offset_y = (unsigned)(SIDE - phase / SIDE) % SIDE;
    }
    *colour = (struct colour_guess){
        .horizontal = 1, .vertical = 1, .offset_x = source->offset_x, .offset_y = source->offset_y};
    enum bswz_status status = sampling_open(source, &sampling, error);
    if (status == BSWZ_OK) {
        guess_steps(source, 0, 1, NULL, true, &sampling, luma);
        *found = luma->checked >= GUESS_FEWEST_CHECKED && is_exact_enough(luma, enough);
    }
    if (status == BSWZ_OK && *found && source->rgb != NULL) {
        status = guess_colour(source, &sampling, colour, error);
        *found = status == BSWZ_OK && is_exact_enough(&colour->component[0], enough) &&
                 is_exact_enough(&colour->component[1], enough);
    }
    sampling_close(&sampling);
    return status;
}

static void find_doubt(const struct unjpeg_source *source, uint8_t *doubt) {
    const size_t pixels = (size_t)source->width * source->height;
    for (size_t i = 0; i < pixels; i++) {
        uint8_t rgb[3];
        conversion_forward(source->conversion, source->plane[0] + i, source->plane[1] + i, source->plane[2] + i, rgb,
                           1);
        doubt[i] = conversion_clipped(source->rgb + 3 * i) || memcmp(rgb, source->rgb + 3 * i, 3) != 0 ? PIXEL_CLIPPED
                                                                                                       : PIXEL_CERTAIN;
    }
}

static enum bswz_status find(struct unjpeg_source *source, const uint8_t *pixels, struct recovered *recovered,
                             bool *found, struct bswz_error *error) {
    struct guess luma;
    struct colour_guess colour;
    enum bswz_status status = guess_all(source, &luma, &colour, found, error);
    if (status == BSWZ_OK && *found) {
        status = solve(source, &luma, &colour, &recovered->planes, error);
    }
    half_planes_free(&colour.half);
    if (status != BSWZ_OK || !*found) {
        return status;
    }
    recovered->offset_x = source->offset_x;
    recovered->offset_y = source->offset_y;
    recovered->is_certain = luma.bits >= GUESS_ENOUGH_BITS;
    if (status == BSWZ_OK) {
        status = compare(source, pixels, recovered, error);
    }
    return status;
}

enum bswz_status unjpeg_find(const uint8_t *pixels, uint32_t width, uint32_t height, unsigned channels,
                             const struct origin_planes *origin, struct worker_pool *pool, struct recovered *recovered,
                             bool *found, struct bswz_error *error) {
    const unsigned threads = pool == NULL ? 1 : worker_pool_threads(pool);
    struct conversion conversion;
    struct unjpeg_source source = {.plane = {pixels}, .width = width, .height = height, .pool = pool};
    uint8_t *doubt = NULL;
    enum bswz_status status = BSWZ_OK;
    memset(recovered, 0, sizeof *recovered);
    *found = false;
    if (width < 2 * SIDE || height < 2 * SIDE || (channels == 3 && origin->kind != ORIGIN_JFIF)) {
        return BSWZ_OK;
    }
    source.scratch = bswz_allocate_zero(threads, sizeof *source.scratch);
    source.joint = bswz_allocate_zero(threads, sizeof *source.joint);
    if (source.scratch == NULL || source.joint == NULL) {
        free(source.scratch);
        free(source.joint);
        return bswz_no_memory(error);
    }
    for (unsigned i = 0; i < threads && status == BSWZ_OK; i++) {
        status = block_scratch_create(&source.scratch[i], error);
        status = status == BSWZ_OK ? joint_scratch_create(&source.joint[i], error) : status;
    }
    if (status == BSWZ_OK && channels == 3) {
        conversion_prepare(&conversion, ORIGIN_JFIF);
        conversion_prepare_inverse(&conversion);
        source.conversion = &conversion;
        source.rgb = pixels;
        for (int i = 0; i < 3; i++) {
            source.plane[i] = origin->plane[i];
        }
        source.doubt = doubt = bswz_allocate((size_t)width * height, 1);
        if (doubt == NULL) {
            status = bswz_no_memory(error);
        } else {
            find_doubt(&source, doubt);
        }
    }
    if (status == BSWZ_OK) {
        status = find(&source, pixels, recovered, found, error);
    }
    for (unsigned i = 0; i < threads; i++) {
        block_scratch_free(source.scratch[i]);
        joint_scratch_free(source.joint[i]);
    }
    free(source.scratch);
    free(source.joint);
    free(doubt);
    if (status != BSWZ_OK || !*found) {
        unjpeg_free(recovered);
        *found = false;
    }
    return status;
}

void unjpeg_free(struct recovered *recovered) {
    jpeg_planes_free(&recovered->planes);
    free(recovered->exceptions.data);
    memset(recovered, 0, sizeof *recovered);
}
