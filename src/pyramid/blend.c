/* SPDX-License-Identifier: MIT */
/*
 * Blended levels (blend.h).
 *
 * Networks know what pictures in general are like, but not this one. So at the highest level of compression, what a
 * network says about a sample is weighed against what has been learned from the samples before it: least squares
 * correct its mean (blend_predict.c), and the decisions that make up a sample (deep/place.c) get their probabilities
 * from the network's mixture, from distributions around the corrected means, and from contexts.
 *
 * There is no choice of a component to be paid back, so these levels are decisions (mixing/decisions.h), not a part of
 * the hierarchy's stack. They come from the coarser level to the finer one; each consists of three phases, which are
 * pictures of their own, row by row: first all d, then all b, then all c (model/lattice.h). Networks see what they
 * always see; the rest sees every sample that is known by then.
 */
#include "pyramid/blend.h"

#include "base/allocate.h"
#include "origin/origin.h"
#include "pyramid/blend_model.h"
#include "pyramid/level_view.h"

#include <stdlib.h>
#include <string.h>

/* The predictors with a distribution. */
static const unsigned with_curve[WITH_SCALE] = {0, 1, 2, 3, BY_AVERAGE, BY_STACKED};

/* Values of each context. */
enum {
    SIZES = 32,
    V0 = SIZES * THRESHOLDS,
    V1 = SPREADS * WIDES * WIDES,
    V_PAIR = 13 * 13,
    V5 = SIZES * SIZES,
    V_WIDE_PAIR = 17 * 17,
    V9 = 4 * 256,
    V10 = 15625,
    V11 = 729 * WIDES,
    CONTEXT_VALUES = V0 + V1 + 3 * V_PAIR + V5 + 3 * V_WIDE_PAIR + V9 + V10 + V11
};

/* What the network said about a pixel. */
struct said {
    int16_t outputs[1 + LEVEL_VIEWS][MIXTURE_OUTPUTS]; /* as it is, and in each view */
    uint8_t base[BLEND_CHANNELS];
};

struct blender {
    struct blend *blend;
    bool is_encoding, is_guessing;
    struct decisions decisions;
    struct placer placers[BLEND_CHANNELS];
    struct blend_plane planes[BLEND_CHANNELS];
    struct blend_sample samples[BLEND_CHANNELS];
    struct said *strip; /* a row of tiles */
    struct level_view views[LEVEL_VIEWS];
    double taken;       /* bits */
    uint64_t done, all; /* rows */
};

/* A phase of a level under way. */
struct phase {
    enum blend_phase number;
    unsigned level, pass, set, channels;
    struct lattice lattice;
    uint32_t rows, columns;           /* of its pixels */
    uint32_t first_row, first_column; /* in x^i */
    uint32_t cell_columns;            /* of the pass */
    const struct mixture_growth *growth;
};

static struct phase phase_of(const struct blender *blender, unsigned level, enum blend_phase number) {
    const struct tile_context *context = blender->blend->context;
    struct phase phase = {.number = number,
                          .level = level,
                          .pass = number == PHASE_D ? PASS_ONE : PASS_TWO,
                          .set = number == PHASE_C ? 1 : 0,
                          .channels = tile_channels(context, level),
                          .lattice = tile_lattice(context, level)};
    lattice_pixel(&phase.lattice, phase.pass, phase.set, 0, 0, &phase.first_row, &phase.first_column);
    phase.rows = (phase.lattice.height + 1 - phase.first_row) / 2;
    phase.columns = (phase.lattice.width + 1 - phase.first_column) / 2;
    phase.cell_columns = lattice_cells(phase.lattice.width, phase.pass);
    return phase;
}

/* ---- the networks ---- */

static uint32_t at_most_a_tile(uint32_t left) {
    return left < NET_TILE ? left : NET_TILE;
}

/* What the network says about the pixels of a view's tile, of which some may not be in the strip. row: the strip's. */
static void keep_view(const struct blender *blender, const struct phase *phase, uint32_t row, unsigned rows,
                      unsigned number, const struct lattice_tile *tile) {
    const struct level_view *view = &blender->views[number];
    const struct lattice lattice = tile_lattice(&view->context, phase->level);
    const struct tile_job job = {.level = phase->level, .tile = *tile};
    const unsigned set = view->is_transposed && phase->pass == PASS_TWO ? 1 - phase->set : phase->set;
    const int16_t *outputs = blender->blend->scratch->outputs + set * MIXTURE_OUTPUTS;
    const unsigned stride = net_output_stride(tile_net(&view->context, &job));
    for (unsigned y = 0; y < tile->rows; y++) {
        for (unsigned x = 0; x < tile->columns; x++, outputs += stride) {
            uint32_t at_row, at_column;
            if (!lattice_pixel(&lattice, phase->pass, set, tile->row + y, tile->column + x, &at_row, &at_column)) {
                continue;
            }
            level_view_source(view, &at_row, &at_column);
            at_row = (at_row - phase->first_row) / 2 - row; /* wraps around, as columns do, if there is no such pixel */
            at_column = (at_column - phase->first_column) / 2;
            if (at_row < rows && at_column < phase->columns) {
                struct said *said = blender->strip + (size_t)at_row * phase->columns + at_column;
                memcpy(said->outputs[1 + number], outputs, sizeof said->outputs[0]);
            }
        }
    }
}

/* Evaluate a view of a row of tiles, which may be a column of tiles there. */
static void evaluate_view(struct blender *blender, const struct phase *phase, uint32_t row, unsigned rows,
                          unsigned number) {
    const struct level_view *view = &blender->views[number];
    struct net_scratch *scratch = blender->blend->scratch;
    uint8_t base[LATTICE_MAX_SETS][NET_TILE * NET_TILE][3];
    uint32_t first[2] = {2 * row + phase->first_row, phase->first_column};
    uint32_t last[2] = {2 * (row + rows - 1) + phase->first_row, phase->first_column};
    level_view_find(view, &first[0], &first[1]);
    level_view_find(view, &last[0], &last[1]);
    const unsigned along = view->is_transposed ? 0 : 1, across = 1 - along; /* 0: rows, 1: columns */
    const uint32_t from = (first[across] < last[across] ? first[across] : last[across]) / 2;
    const uint32_t cells = lattice_cells(along == 0 ? view->context.height : view->context.width, phase->pass);
    for (uint32_t at = 0; at < cells; at += NET_TILE) {
        const unsigned length = at_most_a_tile(cells - at);
        const struct tile_job job = {.level = phase->level,
                                     .tile = {along == 0 ? at : from, along == 0 ? from : at,
                                              along == 0 ? length : rows, along == 0 ? rows : length, phase->pass}};
        tile_predict(&view->context, &job, scratch, base);
        tile_correct(&view->context, &job, scratch);
        keep_view(blender, phase, row, rows, number, &job.tile);
    }
}

/* Evaluate the tiles of a row of tiles into the strip, [row][column] of the phase. */
static void evaluate_strip(struct blender *blender, struct phase *phase, uint32_t row, unsigned rows) {
    const struct tile_context *context = blender->blend->context;
    struct net_scratch *scratch = blender->blend->scratch;
    uint8_t base[LATTICE_MAX_SETS][NET_TILE * NET_TILE][3];
    for (unsigned number = 0; number < LEVEL_VIEWS && !blender->is_guessing; number++) {
        evaluate_view(blender, phase, row, rows, number);
    }
    for (uint32_t column = 0; column < phase->columns; column += NET_TILE) {
        const struct tile_job job = {
            .level = phase->level,
            .tile = {row, column, rows, at_most_a_tile(phase->cell_columns - column), phase->pass}};
        const struct net *net = tile_net(context, &job);
        const unsigned stride = net_output_stride(net);
        phase->growth = net_growth(net, context->head);
        if (blender->is_guessing) {
            tile_interpolate(context, &job, scratch, base);
        } else {
            tile_predict(context, &job, scratch, base);
            tile_correct(context, &job, scratch);
        }
        for (unsigned y = 0; y < rows; y++) {
            for (unsigned x = 0; x < job.tile.columns && column + x < phase->columns; x++) {
                const unsigned at = y * job.tile.columns + x;
                struct said *said = blender->strip + (size_t)y * phase->columns + column + x;
                memcpy(said->outputs[0], scratch->outputs + (size_t)at * stride + phase->set * MIXTURE_OUTPUTS,
                       sizeof said->outputs[0]);
                memcpy(said->base, base[phase->set][at], sizeof said->base);
            }
        }
    }
}

/* ---- a sample ---- */

static unsigned at_most(unsigned value, unsigned most) {
    return value < most ? value : most;
}

static void find_contexts(const struct blender *blender, const struct phase *phase, unsigned channel, uint32_t x,
                          struct aim *aim) {
    const struct blend_sample *sample = &blender->samples[channel];
    const struct blend_plane *plane = &blender->planes[channel];
    const int32_t *here = plane->residuals[0] + x, *up = plane->residuals[1] + x;
    const uint32_t size = sample->whole.size;
    const struct ruler ruler = ruler_of(size), finer = ruler_of((size >> (UNIT_BITS - ERROR_BITS)) + 1);
    const int32_t mean = sample->mean, *near = sample->near, *value = sample->value;
    const unsigned quarters = quarter_log(size);
    const unsigned steps = quarters / 4 < 6 ? 0 : at_most(quarters / 2 - 12, SIZES - 1);
    int32_t around[8], from[4], residuals[8];
#define OFF(value) ((value)*UNIT - mean)
    relative(&ruler, OFF(near[0]), OFF(near[1]), OFF(near[2]), OFF(near[3]), around);
    relative(&ruler, OFF(near[4]), OFF(near[5]), 0, 0, around + 4);
    relative(&ruler, value[1] - mean, value[BY_NET] - mean, value[3] - mean, value[0] - mean, from);
#undef OFF
    relative(&finer, here[-1], here[-2], up[0], up[-1], residuals);
    relative(&finer, up[1], up[2], blender->planes[0].residuals[0][x],
             blender->planes[channel > 0 ? channel - 1 : 0].residuals[0][x], residuals + 4);
    unsigned *contexts = aim->contexts, first = 0, own[CONTEXTS] = {0};
    /* numbers in base 13 and 17 */
#define BY_13(a, b) (steps_within(a, 6) * 13 + steps_within(b, 6))
#define BY_17(a, b) (steps_within(a, 8) * 17 + steps_within(b, 8))
    own[0] = steps * THRESHOLDS;
    own[1] = (sample->spread * WIDES + sample->calm) * WIDES + sample->trend;
    own[2] = BY_13(around[0], around[1]);
    own[3] = BY_13(around[2], around[3]);
    own[4] = BY_13(residuals[0], residuals[2]);
    own[5] = at_most(quarter_log(sample->net_error) / 2, SIZES - 1) * SIZES +
             at_most(quarter_log(sample->error) / 2, SIZES - 1);
    own[6] = BY_17(from[0], from[1]);
    own[7] = BY_17(from[2], from[3]);
    own[8] = channel > 0 ? BY_17(residuals[6], residuals[7]) : BY_13(around[4], around[5]);
#undef BY_13
#undef BY_17
    own[9] = (unsigned)(mean >> (UNIT_BITS - 2) & 3) * 256 + (unsigned)(mean >> UNIT_BITS);
    for (unsigned i = 0; i < 6; i++) {
        own[10] = own[10] * 5 + steps_within(around[i], 2);
        own[11] = own[11] * 3 + steps_within(residuals[i], 1);
    }
    own[11] = own[11] * WIDES + sample->trend;
    static const unsigned values[CONTEXTS] = {V0,          V1,          V_PAIR,      V_PAIR, V_PAIR, V5,
                                              V_WIDE_PAIR, V_WIDE_PAIR, V_WIDE_PAIR, V9,     V10,    V11};
    for (unsigned i = 0; i < CONTEXTS; first += values[i++]) {
        contexts[i] = first + own[i];
    }
    aim->exact[0] = hash_2((uint32_t)near[0], hash_2((uint32_t)near[1], (uint32_t)near[2]));
    aim->exact[1] = hash_2((uint32_t)near[0], (uint32_t)near[1] * 3 + channel);
    aim->spread = sample->spread * WIDES + sample->calm;
    aim->set = steps + (phase->level > 0 ? SIZES : 0);
    aim->level = phase->number * 16 + (unsigned)(mean >> (UNIT_BITS + 4));
}

_Static_assert((int)GIVEN_MIXTURES == 1 + (int)LEVEL_VIEWS, "a mixture from each view");

static int32_t code_sample(struct blender *blender, const struct phase *phase, const struct blend_pixel *pixel,
                           const struct said *said, unsigned channel, int32_t *value) {
    struct blend_sample *sample = &blender->samples[channel];
    struct aim aim = {.given = &sample->given};
    const int16_t *const outputs[1 + LEVEL_VIEWS] = {said->outputs[0], said->outputs[1], said->outputs[2],
                                                     said->outputs[3]};
    if (channel == 0) {
        mixture_given_begin(outputs, 1 + LEVEL_VIEWS, &sample->given);
    } else {
        sample->given = blender->samples[channel - 1].given;
        given_learn(&sample->given, channel - 1, value[channel - 1]);
    }
    mixture_given(outputs, phase->growth, channel, said->base[channel], &sample->given);
    blend_predict(blender->planes, channel, pixel, value, blender->samples);
    aim.mean = sample->mean;
    aim.size = sample->whole.size;
    aim.near = sample->near[0];
    curves_set(&aim.curves, 0, sample->mean, sample->whole.size);
    curves_set(&aim.curves, 1, sample->biased, sample->wide.size);
    for (unsigned i = 0; i < WITH_SCALE; i++) {
        curves_set(&aim.curves, 2 + i, sample->value[with_curve[i]], sample->of[with_curve[i]].size);
    }
    find_contexts(blender, phase, channel, pixel->x, &aim);
    const int32_t coded = place_value(&blender->placers[channel], &aim, 0, 0, BLEND_TOP, value[channel]);
    blend_learn(&blender->planes[channel], sample, pixel->x, phase->columns, coded);
    return coded;
}

/* ---- pixels ---- */

/* Count the bits since the last call for a pixel. */
static void count_pixel(struct blender *blender, const struct phase *phase, const struct blend_pixel *pixel) {
    const struct tile_context *context = blender->blend->context;
    if (account_place(context->account) != NULL) {
        const double before = blender->taken;
        blender->taken = decisions_taken(&blender->decisions);
        tile_count_pixel(context, phase->level, pixel->row, pixel->column, blender->taken - before);
    }
}

static void code_row(struct blender *blender, const struct phase *phase, uint32_t y, const struct said *said) {
    struct blend_pixel pixel = {.lattice = &phase->lattice,
                                .phase = phase->number,
                                .channels = phase->channels,
                                .row = 2 * y + phase->first_row};
    for (unsigned c = 0; c < phase->channels; c++) {
        blend_begin_row(&blender->planes[c], y, phase->columns);
    }
    for (pixel.x = 0; pixel.x < phase->columns; pixel.x++, said++) {
        int32_t value[BLEND_CHANNELS] = {0};
        pixel.column = 2 * pixel.x + phase->first_column;
        for (unsigned c = 0; c < phase->channels; c++) {
            uint8_t *sample = lattice_sample(&phase->lattice, c, pixel.row, pixel.column);
            value[c] = *sample;
            value[c] = code_sample(blender, phase, &pixel, said, c, value);
            if (!blender->is_encoding) {
                *sample = (uint8_t)value[c];
            }
        }
        count_pixel(blender, phase, &pixel);
    }
}

static void guess_row(struct blender *blender, const struct phase *phase, uint32_t y, const struct said *said) {
    for (uint32_t x = 0; x < phase->columns; x++, said++) {
        for (unsigned c = 0; c < phase->channels; c++) {
            *lattice_sample(&phase->lattice, c, 2 * y + phase->first_row, 2 * x + phase->first_column) = said->base[c];
        }
    }
    blender->blend->guessed += phase->columns;
}

/* A row that was decoded from nothing is a guess as well. */
static void code_or_guess_row(struct blender *blender, const struct phase *phase, uint32_t y, const struct said *said) {
    if (!blender->is_guessing) {
        code_row(blender, phase, y, said);
        blender->is_guessing = blender->blend->may_lose &&
                               (blender->decisions.is_damaged || (blender->blend->is_cut && blender->decisions.is_dry));
        if (!blender->is_guessing) {
            return;
        }
    }
    guess_row(blender, phase, y, said);
}

static void code_strip(struct blender *blender, struct phase *phase, uint32_t row) {
    const struct blend *blend = blender->blend;
    const unsigned rows = at_most_a_tile(phase->rows - row);
    evaluate_strip(blender, phase, row, rows);
    for (unsigned y = 0; y < rows; y++) {
        code_or_guess_row(blender, phase, row + y, blender->strip + (size_t)y * phase->columns);
    }
    blender->done += rows;
    if (blend->report != NULL) {
        blend->report(blend->report_context, blender->done, blender->all);
    }
}

static enum bswz_status code_phase(struct blender *blender, unsigned level, enum blend_phase number,
                                   struct bswz_error *error) {
    struct phase phase = phase_of(blender, level, number);
    bool has_memory = true;
    if (phase.rows == 0 || phase.columns == 0) {
        return BSWZ_OK;
    }
    for (unsigned c = 0; c < phase.channels; c++) {
        has_memory = has_memory && blend_plane_open(&blender->planes[c], phase.columns);
    }
    blender->strip = bswz_allocate((size_t)at_most_a_tile(phase.rows) * phase.columns, sizeof *blender->strip);
    has_memory = has_memory && blender->strip != NULL;
    for (unsigned i = 0; i < LEVEL_VIEWS && has_memory; i++) {
        has_memory = level_view_open(&blender->views[i], blender->blend->context, level, i);
    }
    for (uint32_t row = 0; row < phase.rows && has_memory; row += NET_TILE) {
        code_strip(blender, &phase, row);
    }
    free(blender->strip);
    blender->strip = NULL;
    for (unsigned i = 0; i < LEVEL_VIEWS; i++) {
        level_view_close(&blender->views[i]);
    }
    for (unsigned c = 0; c < phase.channels; c++) {
        blend_plane_close(&blender->planes[c]);
    }
    return has_memory ? BSWZ_OK : bswz_no_memory(error);
}

/* ---- levels ---- */

static void interpolate_chroma(const struct tile_context *context) {
    if (context->half_chroma) {
        origin_interpolate_half(context->plane[1], context->width, context->height);
        origin_interpolate_half(context->plane[2], context->width, context->height);
    }
}

static void count_level(struct blender *blender, unsigned level, double *before) {
    struct account *account = blender->blend->context->account;
    if (account != NULL) {
        const double taken = decisions_taken(&blender->decisions);
        account->bits[SHARE_LEVEL + level] += taken - *before;
        *before = taken;
    }
}

static enum bswz_status code_levels(struct blender *blender, struct bswz_error *error) {
    const struct tile_context *context = blender->blend->context;
    const unsigned levels = blend_levels(context->model);
    enum bswz_status status = BSWZ_OK;
    double before = 0;
    for (unsigned c = 0; c < context->planes && status == BSWZ_OK; c++) {
        blend_plane_init(&blender->planes[c]);
        status = placer_init(&blender->placers[c], &blender->decisions, CONTEXT_VALUES, true, blender->blend->pixels)
                     ? BSWZ_OK
                     : bswz_no_memory(error);
    }
    for (unsigned level = context->finest; level < levels; level++) {
        for (unsigned i = PHASE_D; i < BLEND_PHASES; i++) {
            blender->all += phase_of(blender, level, (enum blend_phase)i).rows;
        }
    }
    for (unsigned level = levels; level-- > context->finest && status == BSWZ_OK;) {
        if (!blender->is_encoding && level == 0) {
            interpolate_chroma(context);
        }
        for (unsigned i = PHASE_D; i < BLEND_PHASES && status == BSWZ_OK; i++) {
            status = code_phase(blender, level, (enum blend_phase)i, error);
        }
        count_level(blender, level, &before);
    }
    for (unsigned c = 0; c < context->planes; c++) {
        placer_free(&blender->placers[c]);
    }
    return status;
}

/* A blender is too large for a stack. */
static enum bswz_status open_blender(struct blend *blend, struct blender **blender, struct bswz_error *error) {
    *blender = bswz_allocate_zero(1, sizeof **blender);
    if (*blender == NULL) {
        return bswz_no_memory(error);
    }
    (*blender)->blend = blend;
    return BSWZ_OK;
}

enum bswz_status blend_encode(struct blend *blend, struct byte_buffer *out, struct bswz_error *error) {
    struct blender *blender;
    enum bswz_status status = open_blender(blend, &blender, error);
    if (status == BSWZ_OK) {
        blender->is_encoding = true;
        decisions_begin_encoding(&blender->decisions, out, SIZE_MAX, NULL);
        status = code_levels(blender, error);
        if (!decisions_end(&blender->decisions) && status == BSWZ_OK) {
            status = bswz_no_memory(error);
        }
    }
    free(blender);
    return status;
}

enum bswz_status blend_decode(struct blend *blend, struct bswz_error *error) {
    struct blender *blender;
    enum bswz_status status = open_blender(blend, &blender, error);
    if (status == BSWZ_OK) {
        blender->is_guessing = blend->is_lost;
        decisions_begin_decoding(&blender->decisions, blend->bytes, blend->size);
        status = code_levels(blender, error);
        if (status == BSWZ_OK && !blend->may_lose &&
            (blender->decisions.is_damaged || (blend->context->finest == 0 && !decisions_end(&blender->decisions)))) {
            status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data does not end where it should");
        }
    }
    free(blender);
    return status;
}
