/* SPDX-License-Identifier: MIT */
/*
 * The search for coefficients (unjpeg.h):
 *
 *     1. the grid of blocks                     origin/grid_phase.c
 *     2. steps of luma, from some blocks        step_estimate.c; most of these must decode exactly
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
#include "unjpeg/quality_tables.h"
#include "unjpeg/render.h"
#include "unjpeg/step_estimate.h"
#include "unjpeg/transform.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8
#define MOST_SAMPLED 4096 /* blocks, for estimating steps */
#define CHECKED 120       /* of them, for checking exactness */
#define FIRST_CHECKED 8   /* if none of these is exact, there is no need to check more */
#define HOPELESS 12       /* nor if less than this percentage of at least three times as many is exact */
#define CHECK_BEAM 4
#define FEWEST_CHECKED 12
/* The percentage of the checked blocks that must be exact. In a picture that never was a JPEG hardly any are,
 * unless all steps are 1, where almost anything looks like a JPEG: then the grid must be visible. */
#define ENOUGH_EXACT 25
#define ENOUGH_WITHOUT_GRID 90
#define ENOUGH_BITS 20
#define REFINEMENTS 3
#define SMALL_STEP 3
#define CERTAIN_STEP 3.0f  /* only smaller ones are searched */
#define TELLING 0.6f       /* of a step: what is not zero with it */
#define REFINED 24         /* blocks that decide about a step */
#define CERTAINLY_EXACT 97 /* no need to check more, if that percentage of them needs no search: */
#define MOSTLY_ROUNDED 70
#define CERTAIN_COLOUR 40 /* nor other samplings: in a wrong one, hardly any block is exact with such steps */
#define STRIP_ROWS 192
#define VAIN 8 /* in a strip, the percentage below which a sampling is not tried on the whole picture */
/* The steps are estimated from blocks with at least this many coefficients: from busy ones, whose rounding is
 * noise, and from all that also reveal rare coefficients. */
static const unsigned enough_active[] = {8, 2};

/* The sampled blocks of one component. */
struct sampled {
    float (*coefficients)[JPEG_BLOCK]; /* [most] */
    struct block_bounds *bounds;       /* full resolution */
    uint32_t (*place)[2];              /* half resolution */
    unsigned count;
};

/* For one component, or for both colour components. */
struct sampling {
    unsigned most; /* blocks of a component */
    void *memory;
    struct sampled component[2];
    const float (**active)[JPEG_BLOCK]; /* [2 * most]: those of busy blocks */
    unsigned active_count;
};

/* What is assumed about a component. */
struct guess {
    uint16_t step[JPEG_BLOCK];
    unsigned exact, checked; /* blocks */
    unsigned rounded;        /* of the exact ones, those that need no search; at half resolution, all of them */
    unsigned bits;           /* step_bits; 0: no steps yet */
};

static bool is_exact_enough(const struct guess *guess, unsigned percent) {
    return guess->exact * 100 >= guess->checked * percent;
}

/* There is no need to try other tables. With wrong ones, too, blocks may be exact, but not without a search. */
static bool is_certain(const struct guess *guess) {
    return is_exact_enough(guess, CERTAINLY_EXACT) && guess->rounded * 100 >= guess->checked * MOSTLY_ROUNDED;
}

/* A single block of memory, of no more pages than a small picture needs. */
static enum bswz_status sampling_open(const struct unjpeg_source *source, struct sampling *sampling,
                                      struct bswz_error *error) {
    const size_t blocks = (size_t)(source->width / SIDE) * (source->height / SIDE);
    const size_t most = blocks < MOST_SAMPLED ? blocks : MOST_SAMPLED;
    *sampling = (struct sampling){.most = (unsigned)most};
    const size_t size = sizeof *sampling->component[0].coefficients + sizeof *sampling->component[0].bounds +
                        sizeof *sampling->component[0].place + sizeof *sampling->active;
    sampling->memory = bswz_allocate(2 * most, size);
    if (sampling->memory == NULL) {
        return bswz_no_memory(error);
    }
    sampling->active = sampling->memory; /* pointers first, bytes last: each is aligned */
    char *next = (char *)(sampling->active + 2 * most);
    for (int c = 0; c < 2; c++) {
        struct sampled *sampled = &sampling->component[c];
        sampled->coefficients = (float(*)[JPEG_BLOCK])(void *)next;
        sampled->place = (uint32_t(*)[2])(sampled->coefficients + most);
        sampled->bounds = (struct block_bounds *)(sampled->place + most);
        next = (char *)(sampled->bounds + most);
    }
    return BSWZ_OK;
}

/* The number of nonzero coefficients, or 0 if they make all rows or all columns equal: then the rounding error of
 * one sample is that of eight, and all noise is in eight coefficients. */
static unsigned activity(const float coefficients[JPEG_BLOCK], const float noise[JPEG_BLOCK]) {
    unsigned count = 0;
    bool across = false, down = false;
    for (int i = 1; i < JPEG_BLOCK; i++) {
        const float least = 6.0f * noise[i] > 2.0f ? 6.0f * noise[i] : 2.0f;
        const bool is_there = coefficients[i] > least || coefficients[i] < -least;
        count += is_there;
        across |= is_there && i % SIDE != 0;
        down |= is_there && i >= SIDE;
    }
    return across && down ? count : 0;
}

/* Collect the blocks of components first ... last with at least that many coefficients. */
static void find_active(struct sampling *sampling, unsigned first, unsigned last, unsigned enough,
                        const float noise[JPEG_BLOCK]) {
    sampling->active_count = 0;
    for (unsigned c = first; c <= last; c++) {
        for (unsigned i = 0; i < sampling->component[c].count; i++) {
            const float *coefficients = sampling->component[c].coefficients[i];
            if (activity(coefficients, noise) >= enough) {
                sampling->active[sampling->active_count++] = &sampling->component[c].coefficients[i];
            }
        }
    }
}

/* The logarithm of the product of the steps. One block in that product matches given samples by chance: with many
 * bits, an exact block proves the steps. */
static unsigned step_bits(const uint16_t step[JPEG_BLOCK]) {
    unsigned bits = 1;
    for (int i = 0; i < JPEG_BLOCK; i++) {
        for (unsigned size = step[i]; size > 1; size /= 2) {
            bits++;
        }
    }
    return bits;
}

/* Does a sampled block decode exactly? rounded: NULL, or counts those that do so without a search. */
static bool is_exact(const struct unjpeg_source *source, unsigned component, const struct half_plane *half,
                     const struct sampled *sampled, unsigned i, const struct block_steps *steps, unsigned *rounded) {
    int16_t block[JPEG_BLOCK];
    bool is_right;
    if (half != NULL) {
        is_right = half_plane_check(source, component, half, sampled->coefficients[i], steps, sampled->place[i]);
    } else {
        is_right = block_search(source->scratch[0], steps, sampled->coefficients[i], &sampled->bounds[i], 0,
                                CERTAIN_STEP, block) == 0;
    }
    if (rounded != NULL) {
        *rounded += is_right;
    }
    return is_right || (half == NULL && block_search(source->scratch[0], steps, sampled->coefficients[i],
                                                     &sampled->bounds[i], CHECK_BEAM, CERTAIN_STEP, block) == 0);
}

/* Does the table decode more blocks than the current guess? */
static void try_table(const struct unjpeg_source *source, unsigned component, const struct half_plane *half,
                      const struct sampled *sampled, const uint16_t table[JPEG_BLOCK], struct guess *guess) {
    struct block_steps steps;
    unsigned exact = 0, rounded = 0;
    guess->checked = sampled->count < CHECKED ? sampled->count : CHECKED;
    block_steps_set(&steps, table);
    for (unsigned i = 0; i < guess->checked && exact + guess->checked - i >= guess->exact &&
                         (i < FIRST_CHECKED || exact > 0) && (i < 3 * FIRST_CHECKED || exact * 100 >= i * HOPELESS);
         i++) {
        exact += is_exact(source, component, half, sampled, i, &steps, &rounded);
    }
    /* of equally good tables, prefer one of libjpeg's, or one that is informative */
    const unsigned bits = step_bits(table);
    const bool is_usual = table_quality(component > 0, table) > 0,
               was_usual = table_quality(component > 0, guess->step) > 0;
    const bool is_preferred = is_usual != was_usual ? is_usual : bits > guess->bits && guess->bits < ENOUGH_BITS;
    if (guess->bits == 0 || exact > guess->exact || (exact == guess->exact && is_preferred)) {
        guess->bits = bits;
        guess->exact = exact;
        guess->rounded = rounded;
        memcpy(guess->step, table, sizeof guess->step);
    }
}

/* How many of the first sampled blocks, at most `most`, are exact; frequency: 0, or only those that have a coefficient
 * there. *seen: how many there are. */
static unsigned count_exact(const struct unjpeg_source *source, unsigned component, const struct half_plane *half,
                            const struct sampled *sampled, const uint16_t table[JPEG_BLOCK], unsigned frequency,
                            float least, unsigned most, unsigned *seen) {
    struct block_steps steps;
    unsigned exact = 0;
    *seen = 0;
    block_steps_set(&steps, table);
    for (unsigned i = 0; i < sampled->count && *seen < most; i++) {
        const float value = sampled->coefficients[i][frequency];
        if (frequency == 0 || value > least || value < -least) {
            exact += is_exact(source, component, half, sampled, i, &steps, NULL);
            (*seen)++;
        }
    }
    return exact;
}

/* Where a frequency is hardly ever used, a little more noise than expected looks like coefficients with small steps. Make
 * these as large as the steps before them. */
static void raise_small(uint16_t table[JPEG_BLOCK]) {
    for (unsigned f = 1; f < JPEG_BLOCK; f++) {
        const unsigned left = f % SIDE > 0 ? table[f - 1] : 0, above = f >= SIDE ? table[f - SIDE] : 0;
        const unsigned largest = left > above ? left : above;
        if (table[f] <= SMALL_STEP && table[f] < largest) {
            table[f] = (uint16_t)largest;
        }
    }
}

/* Most blocks have few coefficients, so a table may decode most of them and still have wrong steps. Blocks that have a
 * coefficient where another step is likelier decide about that step. */
static void refine_steps(const struct unjpeg_source *source, unsigned component, const struct half_plane *half,
                         const float noise[JPEG_BLOCK], struct sampling *sampling, unsigned c, struct guess *guess) {
    const struct sampled *sampled = &sampling->component[c];
    uint16_t table[JPEG_BLOCK];
    unsigned seen, exact = guess->exact;
    if (exact == guess->checked) { /* then coarser steps might fit as well, but not everywhere */
        return;
    }
    memcpy(table, guess->step, sizeof table);
    raise_small(table);
    if (count_exact(source, component, half, sampled, table, 0, 0, CHECKED, &seen) < exact) {
        memcpy(table, guess->step, sizeof table);
    }
    for (unsigned turn = 0; turn < REFINEMENTS; turn++) {
        struct step_departure departures[DEPARTURES_MAX];
        bool has_changed = false;
        find_active(sampling, c, c, enough_active[1], noise);
        const unsigned count = estimate_departures(sampling->active, sampling->active_count, noise, table, departures);
        for (unsigned i = 0; i < count; i++) {
            const unsigned f = departures[i].frequency;
            const float smaller = (float)(departures[i].step < table[f] ? departures[i].step : table[f]) * TELLING;
            const float least = smaller > estimate_least(noise[f]) ? smaller : estimate_least(noise[f]);
            uint16_t other[JPEG_BLOCK];
            memcpy(other, table, sizeof other);
            other[f] = departures[i].step;
            const unsigned before = count_exact(source, component, half, sampled, table, f, least, REFINED, &seen);
            const bool may_gain = before < seen || departures[i].is_clear;
            const unsigned after =
                may_gain ? count_exact(source, component, half, sampled, other, f, least, REFINED, &seen) : 0;
            if (may_gain && (after > before || (after == before && departures[i].is_clear))) {
                memcpy(table, other, sizeof table);
                has_changed = true;
            }
        }
        if (!has_changed) {
            break;
        }
    }
    exact = count_exact(source, component, half, sampled, table, 0, 0, CHECKED, &seen);
    if (exact >= guess->exact && memcmp(table, guess->step, sizeof table) != 0) {
        guess->exact = exact;
        guess->bits = step_bits(table);
        memcpy(guess->step, table, sizeof guess->step);
    }
}

/* Of the likely tables, choose the ones that decode most blocks, for count components starting with first. half:
 * NULL, or their planes. The colour components usually have the same table. */
static void guess_steps(const struct unjpeg_source *source, unsigned first, unsigned count,
                        const struct half_plane *half, bool all_qualities, struct sampling *sampling,
                        struct guess *guess) {
    float noise[JPEG_BLOCK];
    uint16_t tables[ESTIMATES_MAX][JPEG_BLOCK];
    for (int i = 0; i < JPEG_BLOCK; i++) {
        noise[i] = 0.2887f;
    }
    if (half != NULL) {
        half_plane_noise(half, noise);
    }
    for (unsigned c = 0; c < count; c++) {
        struct sampled *sampled = &sampling->component[c];
        sampled->count =
            half != NULL
                ? half_plane_sample(source, &half[c], sampling->most, sampled->coefficients, sampled->place)
                : full_blocks_sample(source, first + c, sampling->most, sampled->coefficients, sampled->bounds);
        guess[c] = (struct guess){.checked = 0};
    }
    for (unsigned turn = 0; turn < (count == 2 ? 3 : 1); turn++) { /* together; then each separately */
        const unsigned from = turn == 0 ? 0 : turn - 1, to = turn == 0 ? count - 1 : turn - 1;
        if (turn > 0 && is_certain(&guess[from])) {
            continue;
        }
        for (size_t busy = 0; busy < sizeof enough_active / sizeof enough_active[0]; busy++) {
            find_active(sampling, from, to, enough_active[busy], noise);
            const unsigned likely = estimate_steps(sampling->active, sampling->active_count, noise, first > 0, tables);
            for (unsigned t = 0; t < likely * (to - from + 1); t++) {
                const unsigned c = from + t / likely;
                try_table(source, first + c, half != NULL ? &half[c] : NULL, &sampling->component[c],
                          tables[t % likely], &guess[c]);
            }
        }
    }
    for (unsigned c = 0; c < count && all_qualities; c++) {
        for (unsigned quality = 1; quality <= TABLE_QUALITIES && !is_certain(&guess[c]); quality++) {
            table_of_quality(quality, first > 0, tables[0]);
            try_table(source, first + c, half != NULL ? &half[c] : NULL, &sampling->component[c], tables[0], &guess[c]);
        }
    }
    for (unsigned c = 0; c < count && all_qualities; c++) {
        if (guess[c].checked >= FEWEST_CHECKED && is_exact_enough(&guess[c], ENOUGH_EXACT)) {
            refine_steps(source, first + c, half != NULL ? &half[c] : NULL, noise, sampling, c, &guess[c]);
        }
    }
}

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
            score += 1000 * component->exact / component->checked / (component->bits >= ENOUGH_BITS ? 1 : 8);
        }
    }
    return score;
}

static bool colour_is_certain(const struct colour_guess *guess) {
    return is_exact_enough(&guess->component[0], CERTAIN_COLOUR) &&
           is_exact_enough(&guess->component[1], CERTAIN_COLOUR) && guess->component[0].bits >= ENOUGH_BITS &&
           guess->component[1].bits >= ENOUGH_BITS;
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
        *is_vain = guess[0].checked == CHECKED && guess[1].checked == CHECKED && !is_exact_enough(&guess[0], VAIN) &&
                   !is_exact_enough(&guess[1], VAIN);
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
    const unsigned enough = phase < 0 ? ENOUGH_WITHOUT_GRID : ENOUGH_EXACT;
    if (phase > 0) {
        source->offset_x = (unsigned)(SIDE - phase % SIDE) % SIDE;
        source->offset_y = (unsigned)(SIDE - phase / SIDE) % SIDE;
    }
    *colour = (struct colour_guess){
        .horizontal = 1, .vertical = 1, .offset_x = source->offset_x, .offset_y = source->offset_y};
    enum bswz_status status = sampling_open(source, &sampling, error);
    if (status == BSWZ_OK) {
        guess_steps(source, 0, 1, NULL, true, &sampling, luma);
        *found = luma->checked >= FEWEST_CHECKED && is_exact_enough(luma, enough);
    }
    if (status == BSWZ_OK && *found && source->rgb != NULL) {
        status = guess_colour(source, &sampling, colour, error);
        *found = status == BSWZ_OK && is_exact_enough(&colour->component[0], enough) &&
                 is_exact_enough(&colour->component[1], enough);
    }
    free(sampling.memory);
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
    recovered->is_certain = luma.bits >= ENOUGH_BITS;
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
