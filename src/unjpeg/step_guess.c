/* SPDX-License-Identifier: MIT */
/*
 * Which table decodes most blocks (step_guess.h)?
 */
#include "unjpeg/step_guess.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* comparisons with constants */
#include "unjpeg/quality_tables.h"
#include "unjpeg/step_estimate.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8
#define MOST_SAMPLED 4096 /* blocks, for estimating steps */
#define FIRST_CHECKED 8   /* if none of these is exact, there is no need to check more */
#define HOPELESS 12       /* nor if less than this percentage of at least three times as many is exact */
#define CHECK_BEAM 4
#define REFINEMENTS 3
#define SMALL_STEP 3
#define CERTAIN_STEP 3.0f  /* only smaller ones are searched */
#define TELLING 0.6f       /* of a step: what is not zero with it */
#define REFINED 24         /* blocks that decide about a step */
#define CERTAINLY_EXACT 97 /* no need to check more, if that percentage of them needs no search: */
#define MOSTLY_ROUNDED 70
/* The steps are estimated from blocks with at least this many coefficients: from busy ones, whose rounding is
 * noise, and from all that also reveal rare coefficients. */
static const unsigned enough_active[] = {8, 2};

/* There is no need to try other tables. With wrong ones, too, blocks may be exact, but not without a search. */
static bool is_certain(const struct guess *guess) {
    return is_exact_enough(guess, CERTAINLY_EXACT) && guess->rounded * 100 >= guess->checked * MOSTLY_ROUNDED;
}

/* A single block of memory, of no more pages than a small picture needs. */
enum bswz_status sampling_open(const struct unjpeg_source *source, struct sampling *sampling,
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

void sampling_close(struct sampling *sampling) {
    free(sampling->memory);
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
    guess->checked = sampled->count < GUESS_CHECKED ? sampled->count : GUESS_CHECKED;
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
    const bool is_preferred = is_usual != was_usual ? is_usual : bits > guess->bits && guess->bits < GUESS_ENOUGH_BITS;
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
    if (count_exact(source, component, half, sampled, table, 0, 0, GUESS_CHECKED, &seen) < exact) {
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
    exact = count_exact(source, component, half, sampled, table, 0, 0, GUESS_CHECKED, &seen);
    if (exact >= guess->exact && memcmp(table, guess->step, sizeof table) != 0) {
        guess->exact = exact;
        guess->bits = step_bits(table);
        memcpy(guess->step, table, sizeof guess->step);
    }
}

void guess_steps(const struct unjpeg_source *source, unsigned first, unsigned count, const struct half_plane *half,
                 bool all_qualities, struct sampling *sampling, struct guess *guess) {
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
        if (guess[c].checked >= GUESS_FEWEST_CHECKED && is_exact_enough(&guess[c], GUESS_ENOUGH_EXACT)) {
            refine_steps(source, first + c, half != NULL ? &half[c] : NULL, noise, sampling, c, &guess[c]);
        }
    }
}
