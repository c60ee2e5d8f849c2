/* SPDX-License-Identifier: MIT */
/*
 * Pictures of two values: scans of text, masks.
 *
 * Templates of ten to about ninety neighbouring pixels, each with a table of adaptive probabilities, are mixed; in the
 * highest setting also some of pixels around matches (matched.h). Pixels outside the picture are zeros: the encoder makes
 * zero the more frequent value.
 */
#include "drawn/drawn_model.h"

#include "base/allocate.h"
#include "drawn/matched.h"

#include <stdlib.h>

enum { TEMPLATES = 10, ROWS_ABOVE = 7, AHEAD = 12, NEAREST = 1024, LARGER = 1024, AGES = 16, YOUNG = 20 };
enum { ALL_TEMPLATES = TEMPLATES + MATCHED_TEMPLATES, INPUTS = 2 * ALL_TEMPLATES + 1 };

/* What a pixel is predicted from. */
struct templates {
    uint32_t hashes[ALL_TEMPLATES];
    cell *cells[ALL_TEMPLATES];
};

struct two_valued {
    cell *cells; /* 2^bits for each template */
    unsigned bits;
    unsigned matched; /* templates of matches, or 0 */
    struct matcher matcher;
    int16_t *weights[4];
    int32_t last[MIX_SETS];
    cell curves[NEAREST * CURVE_POINTS];
    /* with matches: by a larger template; by their votes and the two pixels to the left */
    cell curves_larger[LARGER * CURVE_POINTS], curves_votes[VOTE_SETS * 4 * CURVE_POINTS];
    cell flat[2][4];
    /* rows[k]: row y - k up to x + AHEAD (row y up to x - 1), the last pixel in the lowest bit */
    uint32_t rows[ROWS_ABOVE + 1];
    struct templates next; /* of the pixel after the current one */
    bool has_next;
    bool is_ahead; /* rows above the current one are those of the next pixel */
    const uint8_t *row;
    uint32_t x, y, width; /* of the current pixel, and the row */
};

static uint32_t part(const struct two_valued *model, unsigned row, unsigned before, unsigned after) {
    return model->rows[row] >> (AHEAD - after) & ((1u << (before + 1 + after)) - 1);
}

static uint32_t left(const struct two_valued *model, unsigned count) {
    return model->rows[0] & ((1u << count) - 1);
}

static uint32_t nearest(const struct two_valued *model) {
    return left(model, 2) | part(model, 1, 2, 2) << 2 | part(model, 2, 1, 1) << 7;
}

static void find_templates(const struct two_valued *m, unsigned count, uint32_t hashes[TEMPLATES]) {
    const uint32_t medium = hash_2(left(m, 6) | part(m, 1, 5, 5) << 6 | part(m, 2, 3, 3) << 17, 1);
    const uint32_t wide = hash_2(left(m, 6) | part(m, 1, 4, 4) << 6 | part(m, 2, 4, 4) << 15, part(m, 3, 3, 3));
    hashes[0] = nearest(m);
    hashes[1] = hash_2(left(m, 4) | part(m, 1, 3, 3) << 4 | part(m, 2, 2, 2) << 11, 2);
    hashes[2] = medium;
    hashes[3] = wide;
    hashes[4] = hash_2(hash_2(left(m, 8) | part(m, 1, 7, 7) << 8, part(m, 2, 6, 6) | part(m, 3, 5, 5) << 13),
                       part(m, 4, 4, 4) | part(m, 5, 3, 3) << 9 | 1u << 30);
    if (count > 5) {
        hashes[5] = hash_2(left(m, 11) | part(m, 1, 8, 11) << 11, 5);
        hashes[6] = hash_2(left(m, 2) | part(m, 1, 1, 1) << 2 | part(m, 2, 1, 1) << 5 | part(m, 3, 1, 1) << 8 |
                               part(m, 4, 1, 1) << 11 | part(m, 5, 1, 1) << 14 | part(m, 6, 1, 1) << 17,
                           6);
        hashes[7] = hash_2(left(m, 5) | part(m, 2, 5, 5) << 5 | part(m, 4, 5, 5) << 16, 7);
        hashes[8] =
            hash_2(hash_2(hashes[4], left(m, 12) | part(m, 1, 9, 9) << 12),
                   hash_2(part(m, 2, 8, 8) | part(m, 6, 4, 4) << 17, part(m, 3, 7, 7) | part(m, 7, 3, 3) << 15));
        hashes[9] = hash_2(left(m, 4) | part(m, 1, 2, 6) << 4 | part(m, 2, 2, 6) << 13 | part(m, 3, 1, 4) << 22, 9);
    }
}

static bool is_flat(const struct two_valued *model) {
    const uint32_t mask = (1u << (2 * AHEAD + 1)) - 1, want = model->rows[0] & 1 ? mask : 0;
    return (((model->rows[0] ^ want) & ((1u << AHEAD) - 1)) | ((model->rows[1] ^ want) & mask) |
            ((model->rows[2] ^ want) & mask) | ((model->rows[3] ^ want) & mask) | ((model->rows[4] ^ want) & mask)) ==
           0;
}

static cell *cell_at(const struct two_valued *model, unsigned i, uint32_t hash) {
    return model->cells + ((size_t)i << model->bits) + (hash_2(hash, i) >> (32 - model->bits));
}

/* Move the rows above the current one to pixel x. */
static void move_rows(struct two_valued *model, uint32_t x) {
    for (unsigned k = 1; k <= ROWS_ABOVE && k <= model->y; k++) {
        const uint32_t pixel = x + AHEAD < model->width ? *(model->row - (size_t)k * model->width + x + AHEAD) : 0;
        model->rows[k] = model->rows[k] << 1 | pixel;
    }
}

/* The cells of the next pixel are far apart in memory: fetch them while this one, which is `bit`, is coded. */
static void look_ahead(struct two_valued *model, unsigned count, unsigned bit) {
    const uint32_t row = model->rows[0];
    move_rows(model, model->x + 1);
    model->is_ahead = true;
    model->rows[0] = row << 1 | bit;
    if (!is_flat(model)) {
        find_templates(model, count, model->next.hashes);
        for (unsigned i = 0; i < count; i++) {
            model->next.cells[i] = cell_at(model, i, model->next.hashes[i]);
            __builtin_prefetch(model->next.cells[i], 1);
        }
        model->has_next = true;
    }
    model->rows[0] = row;
}

/* The templates of the current pixel; returns what matches say. */
static struct matched take_templates(struct two_valued *model, unsigned count, struct templates *now) {
    struct matched matched = {0};
    if (model->has_next) {
        *now = model->next;
        model->has_next = false;
    } else {
        find_templates(model, count, now->hashes);
        for (unsigned i = 0; i < count; i++) {
            now->cells[i] = cell_at(model, i, now->hashes[i]);
        }
    }
    if (model->matched > 0) {
        matcher_find(&model->matcher, (const uint32_t[]){now->hashes[2], now->hashes[4]});
        matched = matcher_templates(&model->matcher, now->hashes[0], now->hashes[1], now->hashes + count);
        for (unsigned i = count; i < count + model->matched; i++) {
            now->cells[i] = cell_at(model, i, now->hashes[i]);
        }
    }
    return matched;
}

static unsigned code_pixel(struct two_valued *model, struct decisions *decisions, unsigned count, unsigned bit) {
    if (is_flat(model)) {
        const unsigned value = model->rows[0] & 1;
        const uint32_t want = value ? UINT32_MAX : 0;
        cell *c = &model->flat[value][(model->rows[5] == want) | (model->rows[0] == want) << 1];
        bit = decide(decisions, bit, clamp_probability(cell_probability(*c)));
        cell_update(c, bit, 1000);
        return bit;
    }
    struct templates now;
    struct mix mix;
    const struct matched matched = take_templates(model, count, &now);
    if (!decisions->is_decoding) {
        look_ahead(model, count, bit);
    }
    mix.inputs = 0;
    mix.sets = model->matched > 0 ? 4 : 2;
    unsigned young = 0; /* templates that have seen little */
    const unsigned all = count + model->matched;
    for (unsigned i = 0; i < all; i++) {
        const int x = stretch(cell_probability(*now.cells[i]));
        const bool is_young = cell_count(*now.cells[i]) < YOUNG;
        young |= (unsigned)is_young << i;
        mix.input[mix.inputs++] = (int16_t)(is_young ? x : 0);
        mix.input[mix.inputs++] = (int16_t)(is_young ? 0 : x);
    }
    mix.input[mix.inputs++] = 100;
    const unsigned stride = mix_stride(mix.inputs);
    mix.weights[0] = model->weights[0] + now.hashes[0] * stride;
    mix.weights[1] = model->weights[1] + ((young >> 2 & 7) | (young >> 8 & 1) << 3) * stride;
    mix.weights[2] = model->weights[2] + matched.set * stride;
    mix.weights[3] = model->weights[3] + matched.votes * stride;
    mix.last = model->last;
    const uint32_t mixed = mix_probability(&mix);
    struct curve_at at;
    const uint32_t curved = curve_probability(&model->curves[now.hashes[0] * CURVE_POINTS], mix.result, &at);
    uint32_t p = (mixed + curved) >> 1;
    struct curve_at larger = at, votes = at;
    if (model->matched > 0) {
        cell *by_larger = &model->curves_larger[hash_2(now.hashes[2], 9) % LARGER * CURVE_POINTS];
        cell *by_votes = &model->curves_votes[(matched.votes * 4 + (now.hashes[0] & 3)) * CURVE_POINTS];
        p = (mixed + curved + curve_probability(by_larger, mix.result, &larger) +
             curve_probability(by_votes, mix.result, &votes)) >>
            2;
    }
    bit = decide(decisions, bit, clamp_probability(p));
    if (decisions->is_decoding) {
        look_ahead(model, count, bit);
    }
    mix_update(&mix, bit, model->matched > 0 ? 7 : 12, model->matched > 0 ? 60 : 40);
    for (unsigned i = 0; i < all; i++) {
        cell_update(now.cells[i], bit, 1000);
    }
    curve_update(&at, bit, 255);
    if (model->matched > 0) {
        curve_update(&larger, bit, 255);
        curve_update(&votes, bit, 255);
    }
    return bit;
}

static bool two_valued_init(struct two_valued *model, unsigned count, uint64_t pixels) {
    model->bits = 10;
    while (model->bits < 21 && (uint64_t)1 << model->bits < pixels) {
        model->bits++;
    }
    const unsigned all = count + model->matched;
    const size_t cells = (size_t)all << model->bits;
    model->cells = bswz_allocate(cells, sizeof(cell));
    int16_t values[INPUTS] = {0};
    for (unsigned i = 0; i < 2 * all; i++) {
        values[i] = i < 2 * count ? 5000 : 4000;
    }
    model->weights[0] = mix_weights(NEAREST, 2 * all + 1, values);
    model->weights[1] = mix_weights(AGES, 2 * all + 1, values);
    model->weights[2] = mix_weights(MATCH_SETS, 2 * all + 1, values);
    model->weights[3] = mix_weights(VOTE_SETS, 2 * all + 1, values);
    if (model->cells == NULL || model->weights[0] == NULL || model->weights[1] == NULL || model->weights[2] == NULL ||
        model->weights[3] == NULL) {
        return false;
    }
    for (size_t i = 0; i < cells; i++) {
        model->cells[i] = CELL_EVEN;
    }
    model->last[0] = model->last[1] = model->last[2] = model->last[3] = model->matched > 0 ? 16384 : 32768;
    curve_init(model->curves, NEAREST);
    curve_init(model->curves_larger, LARGER);
    curve_init(model->curves_votes, VOTE_SETS * 4);
    for (unsigned i = 0; i < 4; i++) {
        model->flat[0][i] = cell_of(500, 20);
        model->flat[1][i] = cell_of(65000, 20);
    }
    return true;
}

static void begin_row(struct two_valued *model, const uint8_t *row, uint32_t y, uint32_t width) {
    model->row = row;
    model->y = y;
    model->width = width;
    model->is_ahead = false;
    model->has_next = false;
    for (unsigned k = 0; k <= ROWS_ABOVE; k++) {
        model->rows[k] = 0;
        for (uint32_t x = 0; k > 0 && k <= y && x < AHEAD; x++) {
            model->rows[k] = model->rows[k] << 1 | (x < width ? *(row - (size_t)k * width + x) : 0);
        }
    }
}

enum bswz_status two_valued_code(struct decisions *decisions, enum drawn_setting setting, uint32_t width,
                                 uint32_t height, const struct known_blocks *known, uint8_t *pixels,
                                 uint32_t *known_rows, struct bswz_error *error) {
    const unsigned count = setting == DRAWN_LIGHT ? 5 : TEMPLATES;
    struct two_valued *model = bswz_allocate_zero(1, sizeof *model);
    enum bswz_status status = BSWZ_OK;
    if (model != NULL && setting == DRAWN_MOST) {
        model->matched = MATCHED_TEMPLATES;
    }
    if (model == NULL || !two_valued_init(model, count, (uint64_t)width * height) ||
        (model->matched > 0 && !matcher_init(&model->matcher, width, height))) {
        status = bswz_no_memory(error);
    }
    decisions->part = DRAWN_TWO_VALUED;
    decisions_pass(decisions);
    for (uint32_t y = 0; y < height && status == BSWZ_OK && !decisions_are_useless(decisions); y++) {
        uint8_t *row = pixels + (size_t)y * width;
        begin_row(model, row, y, width);
        decisions->row = y;
        for (uint32_t x = 0; x < width; x++) {
            if (decisions->place != NULL && x > 0 && x % COST_TILE == 0) {
                decisions_place(decisions, x - COST_TILE, COST_TILE, COST_DRAWN);
            }
            if (!model->is_ahead) {
                move_rows(model, x);
            }
            model->is_ahead = false;
            model->x = x;
            const bool is_known = known_at(known, 0, y, x);
            row[x] = (uint8_t)(is_known ? model->rows[0] & 1 : code_pixel(model, decisions, count, row[x]));
            model->rows[0] = model->rows[0] << 1 | row[x];
            model->has_next &= !is_known; /* it was that of the known pixel */
            if (model->matched > 0) {
                matcher_next(&model->matcher, row[x]);
            }
        }
        if (decisions->place != NULL) {
            const uint32_t last = (width - 1) / COST_TILE * COST_TILE;
            decisions_place(decisions, last, width - last, COST_DRAWN);
        }
        *known_rows += !decisions->is_dry;
    }
    if (model != NULL) {
        free(model->cells);
        free(model->weights[0]);
        free(model->weights[1]);
        free(model->weights[2]);
        free(model->weights[3]);
        matcher_free(&model->matcher);
        free(model);
    }
    return status;
}
