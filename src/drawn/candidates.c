/* SPDX-License-Identifier: MIT */
/*
 * Which of the colours seen earlier in the same context does the pixel have?
 *
 * Every context has a slot with up to three colours. The candidates are all of these colours, from the longest context
 * down, and the nearest neighbours. Candidates are tried in turn, the best first; a decision says whether the
 * pixel has that colour. Each context votes on the decision by how often it has seen this colour and others. So do
 * patterns of equal neighbours, which ignore the colours themselves, and so learn a shape in one colour for all
 * colours.
 *
 * If all surrounding pixels are equal, they are asked for first (flat.h).
 */
#include "drawn/candidates.h"
#include "drawn/contexts.h"
#include "drawn/flat.h"
#include "drawn/slots.h"

#include <stdlib.h>
#include <string.h>

enum { SCORE_SHIFT = 8 };

/* ---- candidates ---- */

static unsigned add_candidate(const struct model *model, struct candidates *candidates, uint32_t colour) {
    const unsigned equal = equal_ones(candidates->colour, colour) & ((1u << candidates->count) - 1);
    if (equal != 0) {
        return (unsigned)__builtin_ctz(equal);
    }
    if (candidates->count == CANDIDATES || !is_possible(model, colour)) {
        return CANDIDATES;
    }
    candidates->colour[candidates->count] = colour;
    candidates->score[candidates->count] = 0;
    return candidates->count++;
}

/* Which line the slot of a context is in. */
static uint32_t line_of(const struct model *model, unsigned context, const struct lines *lines,
                        const uint32_t hashes[CONTEXTS]) {
    return context == C_BIG ? lines->big : context == short_context(model->setting) ? lines->shorter : hashes[context];
}

static void fetch_slots(const struct model *model, const struct setting_contexts *contexts, const struct lines *lines,
                        const uint32_t hashes[CONTEXTS]) {
    for (unsigned k = 0; k < model->contexts; k++) {
        __builtin_prefetch(line_at(model, line_of(model, contexts->contexts[k], lines, hashes)));
    }
}

static void gather(struct model *model, const struct setting_contexts *contexts, const struct lines *lines,
                   const uint32_t hashes[CONTEXTS], const uint32_t near[NEIGHBOURS], const struct repeated *repeated,
                   struct candidates *candidates) {
    candidates->count = 0;
    memset(candidates->colour, 0, sizeof candidates->colour);
    /* lanes after the last context are computed with, too */
    memset(candidates->counts, 0, sizeof candidates->counts);
    memset(candidates->totals, 0, sizeof candidates->totals);
    memset(candidates->places, 0, sizeof candidates->places);
    for (unsigned k = 0; k < model->contexts; k++) {
        const unsigned context = contexts->contexts[k];
        struct slot *slot = find_slot(model, line_of(model, context, lines, hashes), hashes[context]);
        candidates->slot[k] = slot;
        const uint32_t total = slot_total(slot);
        candidates->counts[k] = slot->counts;
        candidates->totals[k] = (uint8_t)total;
        const uint32_t weight = (uint32_t)contexts->weights[k] * mixing_reciprocal[total] >> (total > 3 ? 2 : 3);
        for (unsigned place = 0; place < 3; place++) {
            const uint32_t count = slot_count(slot, place);
            candidates->places[place][k] = CANDIDATES;
            if (count != 0) {
                const unsigned i = add_candidate(model, candidates, slot->colour[place]);
                candidates->places[place][k] = (uint8_t)i;
                if (i < CANDIDATES) {
                    candidates->score[i] += weight * (2 * count + 1) >> SCORE_SHIFT;
                }
            }
        }
    }
    if (repeated->is_known) {
        add_candidate(model, candidates, repeated->expected);
    }
    add_candidate(model, candidates, near[W]);
    add_candidate(model, candidates, near[N]);
    add_candidate(model, candidates, near[NE]);
    add_candidate(model, candidates, near[NW]);
}

static void find_expected(const struct model *model, const uint32_t near[NEIGHBOURS], struct pattern *pattern) {
    pattern->expected = pattern->expected_2 = 0;
    pattern->energy = 0;
    if (model->colours != 0) {
        return;
    }
    int energy = 0;
    for (unsigned c = 0; c < model->channels; c++) {
        const int w = sample_of(near[W], c), n = sample_of(near[N], c), nw = sample_of(near[NW], c);
        const int ne = sample_of(near[NE], c);
        pattern->expected |= (uint32_t)gradient(w, n, nw) << 8 * c;
        pattern->expected_2 |= (uint32_t)((2 * w + n + ne + 2) >> 2) << 8 * c;
        const int here = abs(w - nw) + abs(n - nw) + abs(n - ne);
        energy = here > energy ? here : energy;
    }
    pattern->energy = energy_class(energy);
}

static void find_pattern(const uint32_t near[NEIGHBOURS], struct pattern *pattern) {
    uint32_t hash = 0;
    pattern->hash[0] = 0;
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        hash = hash * 13 + (unsigned)__builtin_ctz(equal_ones(near, near[i]));
        if (i == NN) {
            pattern->hash[0] = hash;
        }
    }
    pattern->hash[1] = hash;
}

/* The next candidate to try: the best that is left. */
static unsigned best_candidate(const struct candidates *candidates, const bool *is_tried) {
    uint32_t best = 0; /* score + 1 and the candidate, packed so that the first of equals is the largest */
    for (unsigned i = 0; i < candidates->count; i++) {
        const uint32_t rating = is_tried[i] ? 0 : (candidates->score[i] + 1) << 4 | (15 - i);
        best = rating > best ? rating : best;
    }
    return best == 0 ? CANDIDATES : 15 - (best & 15);
}

/* ---- a pixel ---- */

static uint32_t code_by_samples(struct model *model, const struct place *place, uint32_t value) {
    model->decisions->part = DRAWN_RESIDUALS;
    return model_code_sample(model, value, place->near, &place->repeated, place->x, place->tried, place->rank);
}

/* Choose the candidate to try next; false: there is none. */
static bool choose_next(struct model *model, struct place *place) {
    const unsigned most = place->missed >= 3 ? 2 : 4;
    const unsigned chosen = place->rank < most ? best_candidate(&place->candidates, place->is_tried) : CANDIDATES;
    if (chosen == CANDIDATES) {
        return false;
    }
    place->chosen = chosen;
    place->is_tried[chosen] = true;
    if (place->rank == 1) {
        model_fetch_sample(model, place->near, place->tried[0]);
    }
    return true;
}

/* Fetch the slots of the next pixel, if this one has the colour that is the most likely one. The encoder knows it. */
static void fetch_ahead(struct model *model, const struct place *place, uint32_t colour) {
    const struct window *window = &model->window;
    const uint32_t *above = window->pixels[1] + place->x, *above_2 = window->pixels[2] + place->x;
    const uint32_t *near = place->near;
    const struct setting_contexts *contexts = &setting_contexts[model->setting];
    uint32_t hashes[CONTEXTS];
    const uint32_t next[NEIGHBOURS] = {
        [W] = colour,       [N] = near[NE],   [NW] = near[N],   [NE] = near[NEE],
        [WW] = near[W],     [NN] = near[NNE], [NEE] = above[3], [NWW] = near[NW],
        [NNE] = above_2[2], [NNW] = near[NN], [WWW] = near[WW], [NNN] = window->pixels[3][place->x + 1]};
    hash_longest(model->setting, &model->ahead, colour, hashes);
    hash_contexts(model->setting, window, place->x + 1, next, hashes);
    for (unsigned k = 0; k < contexts->count; k++) {
        __builtin_prefetch(line_at(model, line_of(model, contexts->contexts[k], &model->ahead, hashes)));
    }
}

/* Called when the first candidate has been chosen. */
static uint32_t code_by_candidates(struct model *model, struct place *place, uint32_t value) {
    fetch_ahead(model, place, model->decisions->is_decoding ? place->candidates.colour[place->chosen] : value);
    do {
        const uint32_t colour = place->candidates.colour[place->chosen];
        model->decisions->part = DRAWN_CANDIDATES;
        if (model->ask(model, place, value == colour)) {
            return colour;
        }
        place->tried[place->rank++] = colour;
    } while (choose_next(model, place));
    return code_by_samples(model, place, value);
}

static uint32_t code_unflat(struct model *model, struct place *place, uint32_t value) {
    for (unsigned i = 0; i < place->candidates.count; i++) {
        place->is_tried[i] = place->rank > 0 && place->candidates.colour[i] == place->tried[0];
    }
    return choose_next(model, place) ? code_by_candidates(model, place, value) : code_by_samples(model, place, value);
}

/* How often in a row the previous colour must have recurred before it is tried first. */
enum { STILL = 16 };

/* In a sequence: are all surrounding pixels unchanged? */
static bool is_still(const struct model *model, const struct place *place) {
    return model->is_sequence && changed(&place->repeated, place->near) == 0 &&
           is_possible(model, place->repeated.there);
}

static cell *still_cell(struct model *model, const struct place *place) {
    const struct repeated *before = &place->repeated;
    return &model->still[(unsigned)(before->there == place->near[W]) | (unsigned)(before->there == before->east) << 1 |
                         (unsigned)(before->there == before->south) << 2 |
                         (model->still_run < 64    ? 0u
                          : model->still_run < 512 ? 1u
                                                   : 2u)
                             << 3];
}

static enum agreeing agreement(const struct slot *shorter, uint32_t colour) {
    return shorter == NULL                  ? SHORTER_IS_NEW
           : shorter->colour[0] != colour   ? SHORTER_DIFFERS
           : (shorter->counts & 0xff0) != 0 ? SHORTER_PREFERS
                                            : SHORTER_KNOWS;
}

/* The most frequent colour of the longest context, or of a shorter one if that is new, is asked for without mixing if
 * it is likely enough. Returns whether the pixel has it. */
static bool code_if_sure(struct model *model, struct place *place, const struct lines *lines,
                         const uint32_t hashes[CONTEXTS], uint32_t value, uint32_t *result) {
    struct slot *longest = known_slot(model, lines->big, hashes[C_BIG]);
    struct slot *shorter =
        model->thrift->uses_shorter ? known_slot(model, lines->shorter, hashes[short_context(model->setting)]) : NULL;
    struct slot *slot = longest != NULL ? longest : shorter;
    place->sure = NULL;
    if (slot == NULL || !is_possible(model, slot->colour[0])) {
        return false;
    }
    const uint32_t colour = slot->colour[0];
    const unsigned like = (unsigned)(colour == place->near[W]) + 2 * (unsigned)(colour == place->near[N]);
    const unsigned count = slot_count(slot, 0), others = slot_total(slot) - count;
    const enum agreeing agree = longest == NULL ? LONGEST_IS_NEW : agreement(shorter, colour);
    cell *c = &model->sure[agree][count_class(count)][others_class(others)][like][place->missed];
    place->sure = c;
    place->likely = colour;
    const uint32_t p = clamp_probability(cell_probability(*c));
    if (p < model->thrift->likely) {
        return false;
    }
    model->decisions->part = DRAWN_SURE;
    const unsigned bit = decide(model->decisions, value == colour, p);
    cell_update(c, bit, 1000);
    place->sure = NULL;
    if (!bit) {
        place->tried[place->rank++] = colour;
        return false;
    }
    slot_learn(slot, colour);
    if (longest == NULL) {
        slot_learn(find_slot(model, lines->big, hashes[C_BIG]), colour);
    }
    *result = colour;
    return true;
}

static void find_near(const struct window *window, uint32_t x, uint32_t near[NEIGHBOURS]) {
    const uint32_t *row = window->pixels[0] + x, *above = window->pixels[1] + x, *above_2 = window->pixels[2] + x;
    near[W] = row[-1];
    near[WW] = row[-2];
    near[WWW] = row[-3];
    near[N] = above[0];
    near[NW] = above[-1];
    near[NE] = above[1];
    near[NEE] = above[2];
    near[NWW] = above[-2];
    near[NN] = above_2[0];
    near[NNE] = above_2[1];
    near[NNW] = above_2[-1];
    near[NNN] = window->pixels[3][x];
}

/* What stood there before is asked for first. */
static bool code_still(struct model *model, struct place *place, uint32_t value) {
    const uint32_t colour = place->repeated.there;
    cell *c = still_cell(model, place);
    model->decisions->part = DRAWN_SURE;
    const unsigned bit = decide(model->decisions, value == colour, clamp_probability(cell_probability(*c)));
    cell_update(c, bit, 1000);
    if (!bit) {
        place->tried[place->rank++] = colour;
    }
    return bit;
}

/* No context is sure of it. */
static uint32_t code_unsure(struct model *model, struct place *place, const struct lines *lines,
                            uint32_t hashes[CONTEXTS], uint32_t value) {
    struct window *window = &model->window;
    hash_contexts(model->setting, window, place->x, place->near, hashes);
    hash_repeated(&place->repeated, place->near, hashes);
    if (model->is_sequence) {
        hash_before(&place->repeated, place->near, hashes);
    }
    fetch_slots(model, &setting_contexts[model->setting], lines, hashes);
    find_pattern(place->near, &place->pattern);
    find_expected(model, place->near, &place->pattern);
    gather(model, &setting_contexts[model->setting], lines, hashes, place->near, &place->repeated, &place->candidates);
    const uint32_t result = code_unflat(model, place, value);
    bool is_missed = true;
    for (unsigned i = 0; i < place->candidates.count; i++) {
        is_missed &= place->candidates.colour[i] != result;
    }
    window->missed[0][place->x] = is_missed;
    model->unsure++;
    model->missed += is_missed;
    for (unsigned k = 0; k < model->contexts; k++) {
        slot_learn(place->candidates.slot[k], result);
    }
    return result;
}

/* The lines of column x; those of the next one are fetched. */
static void find_lines(struct model *model, uint32_t x, struct lines *lines) {
    if (model->ahead_x != x) {
        hash_lines(model, x, &model->ahead);
    }
    *lines = model->ahead;
    hash_lines(model, x + 1, &model->ahead);
    model->ahead_x = x + 1;
    __builtin_prefetch(line_at(model, model->ahead.big));
    __builtin_prefetch(line_at(model, model->ahead.shorter));
}

/* With candidates. */
static uint32_t code_asking(struct model *model, struct place *place, uint32_t value) {
    struct window *window = &model->window;
    const uint8_t *missed_above = window->missed[1] + place->x;
    struct lines lines;
    uint32_t hashes[CONTEXTS];
    place->missed =
        (unsigned)(window->missed[0][(int)place->x - 1] + missed_above[-1] + missed_above[0] + missed_above[1]);
    find_lines(model, place->x, &lines);
    hash_longest(model->setting, &lines, place->near[W], hashes);
    const bool stands_still = is_still(model, place);
    uint32_t result;
    window->missed[0][place->x] = 0;
    if (place->rank == 0 && stands_still && model->still_run >= STILL) {
        if (code_still(model, place, value)) {
            model->still_run++;
            return place->repeated.there;
        }
    } else if (place->rank == 0 && code_if_sure(model, place, &lines, hashes, value, &result)) {
        return result;
    }
    result = code_unsure(model, place, &lines, hashes, value);
    if (place->sure != NULL) {
        cell_update(place->sure, result == place->likely, 1000);
    }
    if (stands_still) {
        model->still_run = result == place->repeated.there ? model->still_run + 1 : 0;
    }
    return result;
}

static uint32_t code_pixel(struct model *model, uint32_t x, uint32_t value) {
    struct window *window = &model->window;
    struct place place;
    place.x = x;
    place.rank = 0;
    place.sure = NULL;
    window->errors[0][x] = 0;
    if (flat_surrounds(window, x) && is_possible(model, window->pixels[0][(int)x - 1])) {
        const uint32_t colour = window->pixels[0][(int)x - 1];
        if (flat_code(model, x, value == colour)) {
            window->missed[0][x] = 0;
            repeated_note(model, x, colour, NULL);
            return colour;
        }
        model->flat_left = 0;
        place.tried[place.rank++] = colour;
    }
    find_near(window, x, place.near);
    repeated_find(model, x, place.near, &place.repeated);
    const uint32_t result = model->asks ? code_asking(model, &place, value) : code_by_samples(model, &place, value);
    repeated_note(model, x, result, &place.repeated);
    return result;
}

void model_code_pixels(struct model *model, uint32_t from, uint32_t to, const uint32_t *values) {
    struct window *window = &model->window;
    struct decisions *decisions = model->decisions;
    uint32_t placed = from;
    model->flat_left = 0;
    model->ahead_x = UINT32_MAX;
    for (uint32_t x = from; x < to;) {
        if (decisions->place != NULL && x - placed >= COST_TILE) {
            decisions_place(decisions, placed, x - placed, COST_DRAWN);
            placed = x;
        }
        if (model->flat_left == 0 && flat_surrounds(window, x) && is_possible(model, window->pixels[0][(int)x - 1])) {
            const uint32_t extent = flat_extent(window, x, to - x < FLAT_GROUP ? to - x : FLAT_GROUP);
            if (extent >= FLAT_LEAST) {
                if (flat_code_group(model, x, extent, values != NULL ? values + x : NULL)) {
                    flat_put(model, x, extent);
                    x += extent;
                    continue;
                }
                model->flat_left = extent;
            }
        }
        window_put(window, x, code_pixel(model, x, values != NULL ? values[x] : 0));
        x++;
    }
    if (decisions->place != NULL) {
        decisions_place(decisions, placed, to - placed, COST_DRAWN);
    }
}
