/* SPDX-License-Identifier: MIT */
/*
 * The fit of one pass (correction_fit.h).
 *
 * The parameters of the search are normalised: with the mean of an output over the sample,
 *
 *     corrected = output + u * STEP_OF_SCALE * (output - mean) + v * step
 *
 * so that all are of order one and nearly uncorrelated, with a weak pull towards 0.
 * L-BFGS with the empirical Fisher information as its first guess of the curvature
 * comes as far in seven sweeps as Adam in sixteen (doc/decisions.md).
 */
#include "pyramid/correction_fit.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* + - * / on doubles, one sum after another: no thread shares a pass with another */
#include "pyramid/correction_sweep.h"
#include "threads/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 8,            /* cells per side of a sampled tile: small, so that there are many tiles */
    LEAST_SAMPLE = 8192, /* pixels for fitting level 0, if it has as many; half as many for each further level */
    LARGEST_SAMPLE = 32768,
    SAMPLED_SHARE = 24,    /* between the two limits: one pixel in this many */
    CHECKED_PIXELS = 1024, /* of the tiles that judge the result */
    LEAST_PIXELS = 512,    /* passes with fewer are not corrected */
    SWEEPS = 7,
    PARAMETERS = 2 * MIXTURE_OUTPUTS /* u of every output, then v */
};

#define PULL 0.5 /* nats at u or v = sqrt 2 */
#define STEP_OF_SCALE 0.1
#define LONGEST_STEP 4.0 /* of a parameter at once */

/* What a v of 1 means: levels, scale indices, couplings, nats. */
static double step_of_shift(unsigned output) {
    static const double step[MIXTURE_FIELDS] = {0.25, 0.25, 0.25, 2.0, 2.0, 2.0, 0.05, 0.05, 0.05, 0.3};
    return step[output % MIXTURE_FIELDS];
}

/* A point of the search, with the results of a sweep. */
struct point {
    double at[PARAMETERS], gradient[PARAMETERS];
    double loss;                    /* including the pull */
    double information[PARAMETERS]; /* the approximate curvature of the likelihood: squares of the derivatives at each
                                     * pixel */
};

/* Steps taken and how the gradient changed over them, the newest last. */
struct history {
    unsigned count;
    double step[SWEEPS][PARAMETERS], change[SWEEPS][PARAMETERS], product[SWEEPS];
};

/* Memory of one thread, for all passes that it fits. */
struct workspace {
    float *outputs, *pixels; /* of a sample */
    uint8_t base[LATTICE_MAX_SETS][NET_TILE * NET_TILE][3];
    struct point best, next;
    struct history history;
};

/* The fit of one pass. */
struct fit {
    const struct tile_context *context;
    unsigned level, pass, channels;
    struct lattice lattice;
    const struct net *net;
    struct net_scratch *scratch;
    struct workspace *workspace;
    struct sweep_sample sample;
    size_t total;                   /* pixels of the pass */
    size_t pixels, capacity;        /* of the sample */
    double centre[MIXTURE_OUTPUTS]; /* mean of each output; the outputs of the sample are relative to it */
};

/* ---- the sample ---- */

/* The tiles of the pass, in an order whose every beginning is spread over the picture: by steps of the golden
 * section. */
struct order {
    size_t count, columns, step, next, at;
};

static struct order tile_order(const struct fit *fit) {
    const size_t rows = (lattice_cells(fit->lattice.height, fit->pass) + SIDE - 1) / SIDE;
    struct order order = {.columns = (lattice_cells(fit->lattice.width, fit->pass) + SIDE - 1) / SIDE};
    order.count = rows * order.columns;
    order.step = (size_t)((uint64_t)order.count * 618 / 1000) + 1;
    for (;; order.step++) { /* no common divisor, or tiles would repeat */
        size_t a = order.count, b = order.step;
        while (b != 0) {
            const size_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1) {
            return order;
        }
    }
}

static bool next_tile(struct order *order, const struct fit *fit, struct tile_job *job) {
    if (order->next == order->count) {
        return false;
    }
    *job = (struct tile_job){.level = fit->level,
                             .tile = {.pass = fit->pass,
                                      .row = (uint32_t)(order->at / order->columns * SIDE),
                                      .column = (uint32_t)(order->at % order->columns * SIDE)}};
    const uint32_t rows = lattice_cells(fit->lattice.height, fit->pass) - job->tile.row;
    const uint32_t columns = lattice_cells(fit->lattice.width, fit->pass) - job->tile.column;
    job->tile.rows = rows < SIDE ? rows : SIDE;
    job->tile.columns = columns < SIDE ? columns : SIDE;
    order->at = (order->at + order->step) % order->count;
    order->next++;
    return true;
}

/* Pixel `set` of cell number `cell` of the tile; false: there is none to code. */
static bool pixel_of(const struct fit *fit, const struct lattice_tile *tile, unsigned set, unsigned cell,
                     uint8_t pixel[3]) {
    uint32_t row, column;
    if (!lattice_pixel(&fit->lattice, fit->pass, set, tile->row + cell / tile->columns,
                       tile->column + cell % tile->columns, &row, &column) ||
        known_at(&fit->context->known, fit->level, row, column)) {
        return false;
    }
    for (unsigned c = 0; c < fit->channels; c++) {
        pixel[c] = *lattice_sample(&fit->lattice, c, row, column);
    }
    return true;
}

static void add_pixel(struct fit *fit, const int16_t *outputs, const uint8_t *base, const uint8_t *pixel) {
    const size_t block = fit->pixels / SWEEP_BLOCK, at = fit->pixels % SWEEP_BLOCK;
    float *to = fit->sample.outputs + block * MIXTURE_OUTPUTS * SWEEP_BLOCK + at;
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        to[o * SWEEP_BLOCK] = (float)outputs[o] * sweep_unit(o);
    }
    to = fit->sample.pixels + block * SWEEP_PLANES * SWEEP_BLOCK + at;
    for (unsigned c = 0; c < fit->channels; c++) {
        to[c * SWEEP_BLOCK] = pixel[c];
        to[(3 + c) * SWEEP_BLOCK] = base[c];
    }
    fit->pixels++;
}

static void add_tile(struct fit *fit, const struct tile_job *job) {
    const unsigned stride = net_output_stride(fit->net);
    if (tile_extent_known(fit->context, job) == KNOWN_ALL) {
        return;
    }
    tile_predict(fit->context, job, fit->scratch, fit->workspace->base);
    for (unsigned set = 0; set <= fit->pass; set++) {
        for (unsigned cell = 0; cell < job->tile.rows * job->tile.columns; cell++) {
            uint8_t pixel[3];
            if (fit->pixels < fit->capacity && pixel_of(fit, &job->tile, set, cell, pixel)) {
                add_pixel(fit, fit->scratch->outputs + (size_t)cell * stride + set * MIXTURE_OUTPUTS,
                          fit->workspace->base[set][cell], pixel);
            }
        }
    }
}

/* Make the outputs of the sample relative to their means. */
static void centre_outputs(struct fit *fit) {
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        double sum = 0.0;
        for (size_t b = 0; b < fit->sample.blocks; b++) {
            const float *block = fit->sample.outputs + (b * MIXTURE_OUTPUTS + o) * SWEEP_BLOCK;
            float part = 0.0f;
            for (unsigned i = 0; i < SWEEP_BLOCK; i++) {
                part += block[i];
            }
            sum += (double)part;
        }
        fit->centre[o] = sum / (double)(fit->sample.blocks * SWEEP_BLOCK);
        for (size_t b = 0; b < fit->sample.blocks; b++) {
            float *block = fit->sample.outputs + (b * MIXTURE_OUTPUTS + o) * SWEEP_BLOCK;
            for (unsigned i = 0; i < SWEEP_BLOCK; i++) {
                block[i] -= (float)fit->centre[o];
            }
        }
    }
}

/* ---- the search ---- */

static double dot(const double *a, const double *b) {
    double sum = 0.0;
    for (unsigned i = 0; i < PARAMETERS; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static void evaluate_point(const struct fit *fit, struct point *point) {
    struct sweep_map map;
    struct sweep_result result;
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        map.factor[o] = (float)(1.0 + point->at[o] * STEP_OF_SCALE);
        map.offset[o] = (float)(fit->centre[o] + point->at[MIXTURE_OUTPUTS + o] * step_of_shift(o));
    }
    sweep(&fit->sample, &map, &result);
    point->loss = result.loss + 0.5 * PULL * dot(point->at, point->at);
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        const double step = step_of_shift(o);
        double *u = &point->gradient[o], *v = &point->gradient[MIXTURE_OUTPUTS + o];
        *u = result.by_factor[o] * STEP_OF_SCALE + PULL * point->at[o];
        *v = result.by_offset[o] * step + PULL * point->at[MIXTURE_OUTPUTS + o];
        point->information[o] = result.factor_square[o] * STEP_OF_SCALE * STEP_OF_SCALE;
        point->information[MIXTURE_OUTPUTS + o] = result.offset_square[o] * step * step;
    }
}

static void remember(struct history *history, const struct point *from, const struct point *to) {
    double *step = history->step[history->count], *change = history->change[history->count];
    for (unsigned i = 0; i < PARAMETERS; i++) {
        step[i] = to->at[i] - from->at[i];
        change[i] = to->gradient[i] - from->gradient[i];
    }
    history->product[history->count] = dot(step, change);
    if (history->product[history->count] > 1e-6 * dot(step, step)) { /* else the curvature is not positive */
        history->count++;
    }
}

/* The quasi-Newton direction: gradient times the inverse of the estimated curvature. */
static void direction(const struct history *history, const struct point *point, const double *curvature,
                      double result[PARAMETERS]) {
    double share[SWEEPS];
    memcpy(result, point->gradient, sizeof point->gradient);
    for (unsigned h = history->count; h-- > 0;) {
        share[h] = dot(history->step[h], result) / history->product[h];
        for (unsigned i = 0; i < PARAMETERS; i++) {
            result[i] -= share[h] * history->change[h][i];
        }
    }
    for (unsigned i = 0; i < PARAMETERS; i++) {
        result[i] /= curvature[i];
    }
    for (unsigned h = 0; h < history->count; h++) {
        const double back = share[h] - dot(history->change[h], result) / history->product[h];
        for (unsigned i = 0; i < PARAMETERS; i++) {
            result[i] += back * history->step[h][i];
        }
    }
}

/* Ends in workspace->best. */
static void search(const struct fit *fit) {
    struct point *best = &fit->workspace->best, *next = &fit->workspace->next;
    struct history *history = &fit->workspace->history;
    double curvature[PARAMETERS], step[PARAMETERS], share = 1.0;
    memset(best, 0, sizeof *best);
    history->count = 0;
    evaluate_point(fit, best);
    for (unsigned i = 0; i < PARAMETERS; i++) {
        /* twice, since the outputs of the components pull together */
        curvature[i] = 2.0 * best->information[i] + PULL;
    }
    for (unsigned sweeps = 1; sweeps < SWEEPS; sweeps++) {
        direction(history, best, curvature, step);
        double longest = 0.0;
        for (unsigned i = 0; i < PARAMETERS; i++) {
            longest = step[i] > longest ? step[i] : -step[i] > longest ? -step[i] : longest;
        }
        const double along = longest * share > LONGEST_STEP ? LONGEST_STEP / longest : share;
        for (unsigned i = 0; i < PARAMETERS; i++) {
            next->at[i] = best->at[i] - along * step[i];
        }
        evaluate_point(fit, next);
        remember(history, best, next);
        if (next->loss < best->loss) {
            *best = *next;
            share = 1.0;
        } else {
            share *= 0.5;
        }
    }
}

/* ---- rounding ---- */

/* The bits that a value takes as a scale or a shift. */
static double bits_of(unsigned output, bool is_shift, unsigned spread, int value) {
    return LOGISTIC_BITS - sweep_log2(correction_frequency(output, is_shift, spread, value));
}

/* The value near `wanted` with the least sum of its own bits and the loss by rounding, and that sum. information: the
 * second derivative of the loss, in bits. */
static int8_t cheapest(unsigned output, bool is_shift, unsigned spread, double wanted, double information,
                       double *bits) {
    const double limited = wanted < CORRECTION_LOWEST    ? CORRECTION_LOWEST
                           : wanted > CORRECTION_HIGHEST ? CORRECTION_HIGHEST
                                                         : wanted;
    const int nearest = (int)(limited < 0.0 ? limited - 0.5 : limited + 0.5);
    const int candidates[3] = {nearest, nearest < 0 ? nearest + 1 : nearest > 0 ? nearest - 1 : 0, 0};
    int best = 0;
    double least = 1e300;
    for (unsigned i = 0; i < 3; i++) {
        const double miss = candidates[i] - wanted;
        const double sum = bits_of(output, is_shift, spread, candidates[i]) + 0.5 * information * miss * miss;
        if (sum < least) {
            least = sum;
            best = candidates[i];
        }
    }
    *bits += least;
    return (int8_t)best;
}

/* Round the result of the search under one spread; returns the cost of coding and rounding. */
static double round_under(const struct fit *fit, const struct point *point, unsigned spread,
                          struct correction *correction) {
    /* from the sample to the whole pass, and from nats to bits */
    const double weight = (double)fit->total / (double)(fit->sample.blocks * SWEEP_BLOCK) / 0.69314718055994531;
    double bits = 0.0;
    *correction = (struct correction){.present = true, .spread = (uint8_t)spread};
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        if (!correction_concerns(o, fit->channels)) {
            continue;
        }
        const double scale_unit = 1.0 / (1 << CORRECTION_SCALE_BITS), shift_step = step_of_shift(o);
        const double shift_unit = correction_unit(o) * (double)sweep_unit(o);
        const double by_scale = scale_unit / STEP_OF_SCALE, by_shift = shift_unit / shift_step; /* u, v of a unit */
        correction->scale[o] = cheapest(o, false, spread, point->at[o] / by_scale,
                                        weight * point->information[o] * by_scale * by_scale, &bits);
        /* the sample was scaled around its mean, the correction scales around a constant */
        const double moved =
            correction->scale[o] * scale_unit * (fit->centre[o] - correction_centre(o) * (double)sweep_unit(o));
        const double wanted = (point->at[MIXTURE_OUTPUTS + o] * shift_step - moved) / shift_unit;
        correction->shift[o] = cheapest(o, true, spread, wanted,
                                        weight * point->information[MIXTURE_OUTPUTS + o] * by_shift * by_shift, &bits);
    }
    return bits;
}

static void round_numbers(const struct fit *fit, const struct point *point, struct correction *correction) {
    double least = 1e300;
    for (unsigned spread = 0; spread < CORRECTION_SPREADS; spread++) {
        struct correction candidate;
        const double bits = round_under(fit, point, spread, &candidate);
        if (bits < least) {
            least = bits;
            *correction = candidate;
        }
    }
}

/* ---- the check ---- */

/* As mixture_bits, without a mathematics library. */
static double prepared_bits(unsigned channels, const struct prepared_pixel *prepared) {
    double p = 0.0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        double one = (uint16_t)(prepared->prior_start[k + 1] - prepared->prior_start[k]);
        for (unsigned c = 0; c < channels; c++) {
            one *= prepared->frequency[c][k];
        }
        p += one;
    }
    return (double)(WEIGHT_BITS + LOGISTIC_BITS * channels) - sweep_log2(p);
}

/* Bits that the mixture needs for the tile under scratch->outputs. */
static double tile_bits(const struct fit *fit, const struct lattice_tile *tile, size_t *pixels) {
    const unsigned stride = net_output_stride(fit->net);
    double bits = 0.0;
    *pixels = 0;
    for (unsigned set = 0; set <= fit->pass; set++) {
        for (unsigned cell = 0; cell < tile->rows * tile->columns; cell++) {
            struct prepared_pixel prepared;
            uint8_t pixel[3];
            if (pixel_of(fit, tile, set, cell, pixel)) {
                mixture_prepare(fit->scratch->outputs + (size_t)cell * stride + set * MIXTURE_OUTPUTS,
                                net_growth(fit->net, fit->context->head), fit->channels,
                                fit->workspace->base[set][cell], pixel, &prepared);
                bits += prepared_bits(fit->channels, &prepared);
                ++*pixels;
            }
        }
    }
    return bits;
}

/* Does the correction pay? Measured on the tiles that follow in order. */
static bool pays(const struct fit *fit, struct order *order, const struct correction *correction) {
    double gain = 0.0, cost = 0.0;
    size_t checked = 0, pixels;
    struct tile_job job;
    while (checked < CHECKED_PIXELS && next_tile(order, fit, &job)) {
        if (tile_extent_known(fit->context, &job) == KNOWN_ALL) {
            continue;
        }
        tile_predict(fit->context, &job, fit->scratch, fit->workspace->base);
        gain += tile_bits(fit, &job.tile, &pixels);
        correction_apply(correction, fit->context->model->engine->kernel, fit->pass + 1,
                         job.tile.rows * job.tile.columns, net_output_stride(fit->net), fit->scratch->outputs);
        gain -= tile_bits(fit, &job.tile, &pixels);
        checked += pixels;
    }
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        if (correction_concerns(o, fit->channels)) {
            cost += bits_of(o, false, correction->spread, correction->scale[o]) +
                    bits_of(o, true, correction->spread, correction->shift[o]);
        }
    }
    return checked > 0 && gain * ((double)fit->total / (double)checked) > cost;
}

/* ---- one pass, and all ---- */

/* The number of pixels of a pass, or of its sample. */
static size_t pass_pixels(const struct lattice *lattice, unsigned pass) {
    const size_t odd = (size_t)(lattice->height / 2) * (lattice->width / 2);
    const size_t all = (size_t)lattice->height * lattice->width;
    const size_t even = (size_t)lattice_cells(lattice->height, PASS_TWO) * lattice_cells(lattice->width, PASS_TWO);
    return pass == PASS_ONE ? odd : all - odd - even;
}

/* How many of the `total` pixels of a pass must be coded, approximately. */
static size_t open_pixels(const struct tile_context *context, size_t total) {
    const size_t blocks = (size_t)context->known.columns * known_blocks_across(context->height);
    size_t open = 0;
    for (size_t i = 0; i < blocks && context->known.map != NULL; i++) {
        open += context->known.map[i] == 0;
    }
    return context->known.map == NULL ? total : (size_t)((uint64_t)total * open / blocks);
}

static size_t sample_pixels(size_t total, unsigned level) {
    const size_t least = LEAST_SAMPLE >> level, largest = LARGEST_SAMPLE >> level, share = total / SAMPLED_SHARE;
    const size_t wanted = share < least ? least : share > largest ? largest : share;
    return total < wanted ? total : wanted;
}

static void fit_pass(struct fit *fit, struct correction *correction) {
    fit->total = open_pixels(fit->context, pass_pixels(&fit->lattice, fit->pass));
    if (fit->total < LEAST_PIXELS) {
        return;
    }
    struct order order = tile_order(fit);
    struct tile_job job;
    fit->capacity = sample_pixels(fit->total, fit->level);
    while (fit->pixels < fit->capacity && next_tile(&order, fit, &job)) {
        add_tile(fit, &job);
    }
    if (fit->pixels < LEAST_PIXELS) { /* fewer than estimated: blocks at the edges are small */
        return;
    }
    fit->sample.blocks = fit->pixels / SWEEP_BLOCK;
    centre_outputs(fit);
    search(fit);
    round_numbers(fit, &fit->workspace->best, correction);
    if ((order.count - order.next) * (SIDE * SIDE) < CHECKED_PIXELS) {
        order.next = order.at = 0; /* the sample is almost the whole pass */
    }
    correction->present = pays(fit, &order, correction);
}

/* All passes as the rounds of a shared loop. */
struct fit_tasks {
    const struct tile_context *context;
    struct net_scratch *scratch;           /* [threads] */
    struct workspace *workspaces;          /* [threads] */
    struct picture_correction *correction; /* each pass is written by the thread that evaluates it */
};

static void fit_task(void *context, size_t index, unsigned worker) {
    const struct fit_tasks *tasks = context;
    const struct tile_context *band = tasks->context;
    struct workspace *workspace = &tasks->workspaces[worker];
    struct fit fit = {.context = band,
                      .level = (unsigned)index / CORRECTION_PASSES,
                      .pass = CORRECTION_PASSES - 1 - (unsigned)index % CORRECTION_PASSES, /* the longer one first */
                      .scratch = &tasks->scratch[worker],
                      .workspace = workspace};
    fit.channels = tile_channels(band, fit.level);
    fit.lattice = lattice_at_level(band->plane, band->planes, band->width, band->height, fit.level);
    fit.net = tile_net(band, &(struct tile_job){.level = fit.level, .tile = {.pass = fit.pass}});
    fit.sample =
        (struct sweep_sample){.channels = fit.channels, .outputs = workspace->outputs, .pixels = workspace->pixels};
    for (unsigned i = 0; i < 3; i++) { /* a nat is 12 / ln 2 scale indices */
        fit.sample.growth[i] = (float)net_growth(fit.net, band->head)->factor[i] * (17.3123405f / GROWTH_UNIT);
    }
    fit_pass(&fit, &tasks->correction->pass[fit.level][fit.pass]);
}

enum bswz_status correction_fit(const struct tile_context *context, struct worker_pool *pool,
                                struct net_scratch *scratch, struct picture_correction *correction,
                                struct bswz_error *error) {
    const unsigned levels = context->model->levels < CORRECTION_LEVELS ? context->model->levels : CORRECTION_LEVELS;
    const unsigned threads = worker_pool_threads(pool);
    /* no pass has more than half of the pixels of the band */
    const size_t blocks = sample_pixels((size_t)context->width * context->height, 0) / SWEEP_BLOCK + 1;
    struct fit_tasks tasks = {.context = context, .scratch = scratch, .correction = correction};
    enum bswz_status status = BSWZ_OK;
    memset(correction, 0, sizeof *correction);
    tasks.workspaces = bswz_allocate_zero(threads, sizeof *tasks.workspaces);
    for (unsigned i = 0; tasks.workspaces != NULL && i < threads; i++) {
        struct workspace *workspace = &tasks.workspaces[i];
        workspace->outputs = bswz_allocate(blocks * MIXTURE_OUTPUTS, SWEEP_BLOCK * sizeof(float));
        workspace->pixels = bswz_allocate_zero(blocks * SWEEP_PLANES, SWEEP_BLOCK * sizeof(float));
        if (workspace->outputs == NULL || workspace->pixels == NULL) {
            status = bswz_no_memory(error);
        }
    }
    if (tasks.workspaces == NULL) {
        status = bswz_no_memory(error);
    }
    if (status == BSWZ_OK) {
        loop_run(pool, (size_t)levels * CORRECTION_PASSES, fit_task, &tasks);
    }
    for (unsigned i = 0; tasks.workspaces != NULL && i < threads; i++) {
        free(tasks.workspaces[i].outputs);
        free(tasks.workspaces[i].pixels);
    }
    free(tasks.workspaces);
    return status;
}
