/* SPDX-License-Identifier: MIT */
/*
 * Blocks of colour at half resolution.
 *
 * Rounding the estimate of the plane's samples (half_plane.c) gives most coefficients. The samples of a block are
 * then upsampled and compared with the pixels. Where they differ, a beam search changes the coefficients one after
 * the other to come closer, using the very integers that a decoder computes. A pixel at the edge of a block also
 * depends on the adjacent block, so this is done in sweeps: over blocks of even or odd columns and rows at a time,
 * which share no pixel.
 */
#include "unjpeg/pixel_source.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* squares are summed as integers, and errors by row and column */
#include "unjpeg/changes.h"
#include "unjpeg/half_clipped.h"
#include "unjpeg/render.h"
#include "unjpeg/transform.h"
#include "base/widths.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 8
#define AROUND 10      /* the samples of a block and those around it */
#define MOST_PIXELS 18 /* in one direction, that a block contributes to */
#define BEAM 3
#define TRIED 8
#define MOST_CHANGES 8
/* A search is given up after this many turns in a row in which neither fewer pixels were wrong nor the errors became
 * smaller: with a beam; with a single candidate, or if hardly any pixel is wrong, when little can be gained. */
#define VAIN_TURNS 8
#define VAIN_TURNS_SHORT 3
#define FEW_WRONG 8
#define LEAST_FALL 0.98f
#define CHECK_CHANGES 3 /* when only checking whether the steps are right */
#define SWEEPS 2
#define TURNS 3 /* of guessing what clipped pixels were */
#define LARGEST_STEP 12.0f
#define DISTANCE_WEIGHT 0.2f

struct half_candidate {
    int16_t block[JPEG_BLOCK];
    float cost; /* squares beyond the bounds, and distances */
    float distance;
    uint64_t changes;
};

struct half_work {
    const struct unjpeg_source *source;
    unsigned component;
    const struct half_plane *half;
    const struct block_steps *steps;
    struct jpeg_component *planes;
    float (*coefficients)[JPEG_BLOCK]; /* [blocks]: from the estimate */
    uint8_t *samples;                  /* the current ones of all blocks; a block is written by the thread that has
                                        * it */
    uint8_t *exact;                    /* [blocks] */
    unsigned parity_x, parity_y, beam; /* of the sweep */
    bool is_inner;                     /* pixels to which other blocks contribute do not count */
};

#define HALF_LANES 12 /* pixels of a row whose nearer sample is to the left, or to the right: 9, and padding */

/* What a block is measured against: the pixels -1 ... 16 in its own coordinates, in a direction of half
 * resolution, or 0 ... 7. */
struct view {
    const struct half_work *work;
    int column[AROUND], row[AROUND]; /* position of each sample of around: 1 ... 8 are in the block itself */
    int around[AROUND * AROUND];
    /* By row, pixels at odd positions, then at even ones (h 1: all): the smallest acceptable value, with a pixel
     * divided into 1, 4 or 16 parts, and whether it counts. */
    int32_t wanted[MOST_PIXELS][2][HALF_LANES], counts[MOST_PIXELS][2][HALF_LANES];
};

static int rows_of(const struct view *view) {
    return view->work->half->vertical == 2 ? MOST_PIXELS : SIDE;
}

static int parts_of(const struct view *view) {
    return view->work->half->horizontal == 2 ? 2 : 1;
}

/* The pixels of the picture, starting with the block's pixel first_x, first_y. */
static void want_pixels(struct view *view, int first_x, int first_y, int width, int height, size_t first) {
    const struct unjpeg_source *source = view->work->source;
    const int h = (int)view->work->half->horizontal, v = (int)view->work->half->vertical;
    memset(view->wanted, 0, sizeof view->wanted);
    memset(view->counts, 0, sizeof view->counts);
    for (int y = 0; y < height; y++) {
        const int row = first_y + y + (v == 2);
        for (int x = 0; x < width; x++) {
            const size_t at = first + (size_t)y * source->width + (size_t)x;
            const int px = first_x + x, part = h == 2 ? px % 2 == 0 : 0, lane = h == 2 ? (px + 1) / 2 : px;
            view->wanted[row][part][lane] = source->plane[view->work->component][at] * h * h * v * v;
            view->counts[row][part][lane] = source->doubt[at] == PIXEL_CERTAIN;
        }
    }
}

/* The pixels of the picture that depend on the block, or those of them that depend on no other; false: there are none. */
static bool view_open(const struct half_work *work, uint32_t column, uint32_t row, struct view *view) {
    const struct unjpeg_source *source = work->source;
    const int h = (int)work->half->horizontal, v = (int)work->half->vertical;
    const int64_t x = (int64_t)column * SIDE * h - source->offset_x, y = (int64_t)row * SIDE * v - source->offset_y;
    const int beyond = work->is_inner ? -1 : 1;
    const int64_t x0 = x - beyond * (h - 1), x1 = x + SIDE * h + beyond * (h - 1);
    const int64_t y0 = y - beyond * (v - 1), y1 = y + SIDE * v + beyond * (v - 1);
    const int64_t from_x = x0 < 0 ? 0 : x0, to_x = x1 < source->width ? x1 : source->width;
    const int64_t from_y = y0 < 0 ? 0 : y0, to_y = y1 < source->height ? y1 : source->height;
    if (from_x >= to_x || from_y >= to_y) {
        return false;
    }
    view->work = work;
    want_pixels(view, (int)(from_x - x), (int)(from_y - y), (int)(to_x - from_x), (int)(to_y - from_y),
                (size_t)from_y * source->width + (size_t)from_x);
    const size_t stride = (size_t)SIDE * work->planes->columns;
    for (int i = 0; i < AROUND; i++) {
        int64_t at_x = (int64_t)column * SIDE + i - 1, at_y = (int64_t)row * SIDE + i - 1;
        at_x = at_x < 0 ? 0 : at_x < work->half->columns ? at_x : work->half->columns - 1;
        at_y = at_y < 0 ? 0 : at_y < work->half->rows ? at_y : work->half->rows - 1;
        view->column[i] = (int)(at_x - (int64_t)column * SIDE) + 1;
        view->row[i] = (int)(at_y - (int64_t)row * SIDE) + 1;
    }
    for (int i = 0; i < AROUND; i++) {
        for (int k = 0; k < AROUND; k++) {
            const size_t at_y = (size_t)((int64_t)row * SIDE + view->row[i] - 1);
            const size_t at_x = (size_t)((int64_t)column * SIDE + view->column[k] - 1);
            view->around[AROUND * i + k] = work->samples[at_y * stride + at_x];
        }
    }
    return true;
}

static bool is_own(int place) {
    return place >= 1 && place <= SIDE;
}

/* Put the block's own samples in the middle of those around it. */
static ALWAYS_INLINE void put_samples(const struct view *view, const uint8_t samples[JPEG_BLOCK],
                                      int around[AROUND * AROUND]) {
    memcpy(around, view->around, sizeof view->around);
    for (int i = 0; i < AROUND; i++) {
        for (int k = 0; k < AROUND; k++) {
            if (is_own(view->row[i]) && is_own(view->column[k])) {
                around[AROUND * i + k] = samples[SIDE * (view->row[i] - 1) + view->column[k] - 1];
            }
        }
    }
}

/* The error of each pixel of a row, beyond the acceptable range. sums: of the two samples in a column, or the
 * sample. */
static ALWAYS_INLINE void miss_row(const struct view *view, int y, const int32_t sums[HALF_LANES + 2], int unit,
                                   int odd_add, int even_add, int32_t missed[2][HALF_LANES]) {
    for (int part = 0; part < 2; part++) {
        const int add = part == 0 ? odd_add : even_add;
        const int32_t *near = part == 0 ? sums : sums + 1, *far = part == 0 ? sums + 1 : sums;
        for (int lane = 0; lane < HALF_LANES; lane++) {
            const int32_t over = 3 * near[lane] + far[lane] + add - view->wanted[y][part][lane];
            const int32_t above = over - (unit - 1) > 0 ? over - (unit - 1) : 0, below = over < 0 ? over : 0;
            missed[part][lane] = (above + below) * view->counts[y][part][lane];
        }
    }
}

/* The same if rows are at full resolution. */
static ALWAYS_INLINE void miss_row_across(const struct view *view, int y, const int32_t sums[HALF_LANES + 2], int add,
                                          int32_t missed[2][HALF_LANES]) {
    memset(missed[1], 0, sizeof missed[1]);
    for (int lane = 0; lane < HALF_LANES; lane++) {
        const int32_t over = sums[lane + 1] + add - view->wanted[y][0][lane];
        const int32_t above = over - 3 > 0 ? over - 3 : 0, below = over < 0 ? over : 0;
        missed[0][lane] = (above + below) * view->counts[y][0][lane];
    }
}

/* Spread the errors in a row over the samples that it was computed from. */
static ALWAYS_INLINE void spread_misses(int y, bool half_x, bool half_y, float unit,
                                        const int32_t missed[2][HALF_LANES], float pulls[AROUND * AROUND]) {
    /* for pixels -1 ... 16: the nearer sample, 0 ... 9 */
    const int py = y - 1, near_y = half_y ? (py + 2) / 2 : y + 1,
              far_y = half_y ? (py % 2 != 0 ? near_y + 1 : near_y - 1) : near_y;
    for (int part = 0; part < (half_x ? 2 : 1); part++) {
        for (int lane = 0; lane < (half_x ? SIDE + 1 : SIDE); lane++) {
            const float share = (float)missed[part][lane] / unit;
            const int near_x = half_x ? lane + part : lane + 1, far_x = half_x ? lane + 1 - part : near_x;
            const float w = half_x ? 0.75f : 1.0f, u = half_y ? 0.75f : 1.0f;
            pulls[AROUND * near_y + near_x] += share * u * w;
            pulls[AROUND * near_y + far_x] += share * u * (1.0f - w);
            pulls[AROUND * far_y + near_x] += share * (1.0f - u) * w;
            pulls[AROUND * far_y + far_x] += share * (1.0f - u) * (1.0f - w);
        }
    }
}

/* The sum of squares of the pixels' errors; *wrong: how many have one. pull: NULL, or the errors spread over
 * samples. */
static ALWAYS_INLINE float measure_body(const struct view *view, const int16_t block[JPEG_BLOCK], unsigned *wrong,
                                        float *pull) {
    const bool half_x = parts_of(view) == 2, half_y = view->work->half->vertical == 2;
    const int unit = half_x && half_y ? 16 : 4;
    uint8_t samples[JPEG_BLOCK];
    int around[AROUND * AROUND];
    float pulls[AROUND * AROUND] = {0};
    int32_t squares[HALF_LANES] = {0}, counts[HALF_LANES] = {0};
    transform_to_samples(block, view->work->steps->step, samples);
    put_samples(view, samples, around);
    for (int y = 0; y < rows_of(view); y++) {
        int32_t sums[HALF_LANES + 2] = {0}, missed[2][HALF_LANES];
        /* row y is pixel y - 1: for odd pixels the nearer sample is above */
        const int32_t *above = around + AROUND * (half_y ? y / 2 : y + 1), *below = above + (half_y ? AROUND : 0);
        for (int k = 0; k < AROUND; k++) {
            sums[k] = !half_y ? above[k] : y % 2 == 0 ? 3 * above[k] + below[k] : above[k] + 3 * below[k];
        }
        if (half_x) {
            miss_row(view, y, sums, unit, half_y ? 7 : 2, half_y ? 8 : 1, missed);
        } else {
            miss_row_across(view, y, sums, y % 2 == 0 ? 2 : 1, missed);
        }
        for (int lane = 0; lane < HALF_LANES; lane++) {
            squares[lane] += missed[0][lane] * missed[0][lane] + missed[1][lane] * missed[1][lane];
            counts[lane] += (missed[0][lane] != 0) + (missed[1][lane] != 0);
        }
        if (pull != NULL) {
            spread_misses(y, half_x, half_y, (float)unit, (const int32_t(*)[HALF_LANES])missed, pulls);
        }
    }
    int64_t sum = 0;
    *wrong = 0;
    for (int lane = 0; lane < HALF_LANES; lane++) {
        sum += squares[lane];
        *wrong += (unsigned)counts[lane];
    }
    for (int i = 0; i < JPEG_BLOCK && pull != NULL; i++) {
        pull[i] = 0;
    }
    for (int i = 0; i < AROUND * AROUND && pull != NULL; i++) {
        const int row = view->row[i / AROUND], column = view->column[i % AROUND];
        if (is_own(row) && is_own(column)) {
            pull[SIDE * (row - 1) + column - 1] += pulls[i];
        }
    }
    return (float)sum / (float)(unit * unit);
}

FOR_WIDTHS(static, float, measure,
           (const struct view *view, const int16_t block[JPEG_BLOCK], unsigned *wrong, float *pull),
           (view, block, wrong, pull))

static void search(const struct view *view, const float coefficients[JPEG_BLOCK], unsigned width, unsigned turns,
                   int16_t best[JPEG_BLOCK], unsigned *fewest) {
    const struct block_steps *steps = view->work->steps;
    static const struct change_weights weights = {TRIED, LARGEST_STEP, DISTANCE_WEIGHT};
    struct half_candidate beam[2][BEAM];
    unsigned count = 1, wrong, vain = 0;
    float least = FLT_MAX;
    beam[0][0] = (struct half_candidate){.changes = 0};
    memcpy(beam[0][0].block, best, sizeof beam[0][0].block);
    for (unsigned turn = 0; turn < turns && count > 0 && *fewest > 0; turn++) {
        if (vain >= (width == 1 || *fewest < FEW_WRONG ? VAIN_TURNS_SHORT : VAIN_TURNS)) {
            break;
        }
        const struct half_candidate *from = beam[turn % 2];
        struct half_candidate *to = beam[1 - turn % 2];
        const unsigned before = *fewest;
        unsigned next = 0;
        float smallest = FLT_MAX;
        for (unsigned i = 0; i<count && * fewest> 0; i++) {
            struct change changes[TRIED];
            float slope[JPEG_BLOCK];
            const float error = measure(view, from[i].block, &wrong, slope);
            least = turn == 0 ? error : least;
            transform_forward(slope, slope);
            const unsigned tried = changes_find(&weights, steps, slope, coefficients, from[i].block, changes);
            for (unsigned t = 0; t<tried && * fewest> 0; t++) {
                const int at = changes[t].at;
                struct half_candidate made = from[i];
                if (!change_is_possible(made.block, &changes[t])) {
                    continue;
                }
                made.changes = change_hash(made.changes, made.block, at, changes[t].by);
                unsigned worst = 0;
                bool is_known = false;
                for (unsigned k = 0; k < next; k++) {
                    is_known |= to[k].changes == made.changes;
                    worst = to[k].cost > to[worst].cost ? k : worst;
                }
                if (is_known) {
                    continue;
                }
                made.distance += change_distance(&weights, steps, coefficients, made.block, at, changes[t].by);
                made.block[at] = (int16_t)(made.block[at] + changes[t].by);
                const float made_error = measure(view, made.block, &wrong, NULL);
                made.cost = made_error + made.distance;
                smallest = made_error < smallest ? made_error : smallest;
                if (wrong < *fewest) {
                    *fewest = wrong;
                    memcpy(best, made.block, sizeof made.block);
                }
                if (next < width) {
                    to[next++] = made;
                } else if (made.cost < to[worst].cost) {
                    to[worst] = made;
                }
            }
        }
        count = next;
        vain = *fewest < before || smallest < LEAST_FALL * least ? 0 : vain + 1;
        least = smallest < LEAST_FALL * least ? smallest : least;
    }
}

static void write_samples(const struct half_work *work, uint32_t column, uint32_t row,
                          const int16_t block[JPEG_BLOCK]) {
    uint8_t samples[JPEG_BLOCK];
    const size_t stride = (size_t)SIDE * work->planes->columns;
    transform_to_samples(block, work->steps->step, samples);
    for (size_t y = 0; y < SIDE; y++) {
        memcpy(work->samples + (row * (size_t)SIDE + y) * stride + (size_t)SIDE * column, samples + SIDE * y, SIDE);
    }
}

/* The initial blocks: the estimate, rounded. Beyond the samples that count, the last ones are repeated. */
static void round_row(void *context, size_t round, unsigned worker) {
    const struct half_work *work = context;
    const struct half_plane *half = work->half;
    (void)worker;
    for (uint32_t column = 0; column < work->planes->columns; column++) {
        const size_t number = round * work->planes->columns + column;
        float values[JPEG_BLOCK];
        if (work->exact[number]) {
            continue;
        }
        for (size_t i = 0; i < JPEG_BLOCK; i++) {
            size_t x = (size_t)column * SIDE + i % SIDE, y = round * SIDE + i / SIDE;
            x = x < half->columns ? x : half->columns - 1;
            y = y < half->rows ? y : half->rows - 1;
            values[i] = half->estimate[y * half->columns + x] - 128.0f;
        }
        transform_forward(values, work->coefficients[number]);
        block_round(work->steps, work->coefficients[number], work->planes->block[number]);
        write_samples(work, column, (uint32_t)round, work->planes->block[number]);
    }
}

static void sweep_row(void *context, size_t round, unsigned worker) {
    const struct half_work *work = context;
    const uint32_t row = (uint32_t)round * 2 + work->parity_y;
    struct effort effort = {0};
    (void)worker;
    for (uint32_t column = work->parity_x; column < work->planes->columns; column += 2) {
        const size_t number = (size_t)row * work->planes->columns + column;
        struct view view;
        unsigned wrong;
        if (!view_open(work, column, row, &view)) {
            work->exact[number] = 1;
            continue;
        }
        measure(&view, work->planes->block[number], &wrong, NULL);
        const unsigned before = wrong;
        if (wrong > 0 && effort_pays(&effort)) {
            search(&view, work->coefficients[number], work->beam, MOST_CHANGES, work->planes->block[number], &wrong);
            write_samples(work, column, row, work->planes->block[number]);
            effort_note(&effort, wrong * 2 <= before);
        }
        work->exact[number] = wrong == 0;
    }
}

bool half_plane_check(const struct unjpeg_source *source, unsigned component, const struct half_plane *half,
                      const float coefficients[JPEG_BLOCK], const struct block_steps *steps, const uint32_t place[2]) {
    const struct half_work work = {.source = source, .component = component, .half = half, .steps = steps};
    const int64_t x = (int64_t)place[0] * SIDE * half->horizontal - source->offset_x;
    const int64_t y = (int64_t)place[1] * SIDE * half->vertical - source->offset_y;
    /* those in the middle, to which no other block contributes */
    const int64_t from_x = x + half->horizontal - 1, to_x = x + SIDE * half->horizontal - (half->horizontal - 1);
    const int64_t from_y = y + half->vertical - 1, to_y = y + SIDE * half->vertical - (half->vertical - 1);
    struct view view = {.work = &work};
    int16_t block[JPEG_BLOCK];
    unsigned wrong;
    if (x < 0 || y < 0 || to_x > source->width || to_y > source->height) {
        return false;
    }
    want_pixels(&view, (int)half->horizontal - 1, (int)half->vertical - 1, (int)(to_x - from_x), (int)(to_y - from_y),
                (size_t)from_y * source->width + (size_t)from_x);
    for (int i = 0; i < AROUND; i++) {
        view.column[i] = view.row[i] = i;
    }
    block_round(steps, coefficients, block);
    measure(&view, block, &wrong, NULL);
    if (wrong > 0) {
        search(&view, coefficients, 1, CHECK_CHANGES, block, &wrong);
    }
    return wrong == 0;
}

/* is_new: at first, the blocks around each may be wrong. */
static void sweep_all(struct half_work *work, unsigned sweeps, bool is_new) {
    for (unsigned turn = 0; turn < 4 * sweeps; turn++) {
        work->parity_x = turn % 2;
        work->parity_y = turn / 2 % 2;
        work->is_inner = is_new && turn < 4;
        work->beam = BEAM;
        loop_run(work->source->pool, (work->planes->rows - work->parity_y + 1) / 2, sweep_row, work);
    }
}

static void render_plane(const struct half_work *work, uint8_t *rendered) {
    const struct unjpeg_source *source = work->source;
    const struct half_plane *half = work->half;
    for (uint32_t y = 0; y < source->height; y++) {
        render_row(work->samples, (size_t)SIDE * work->planes->columns, half->columns, half->rows, half->horizontal,
                   half->vertical, source->offset_x, source->offset_y + y, source->width,
                   rendered + (size_t)y * source->width);
    }
}

/* One round: the estimate from guess, then sweeps, then the rendered planes. */
static enum bswz_status take_turn(struct half_work *work, struct half_plane *half, const uint8_t *guess, bool is_first,
                                  uint8_t *rendered, struct bswz_error *error) {
    const struct unjpeg_source *source = work->source;
    enum bswz_status status = is_first ? BSWZ_OK : half_plane_estimate(source, guess, half, error);
    if (status != BSWZ_OK) {
        return status;
    }
    loop_run(source->pool, work->planes->rows, round_row, work);
    sweep_all(work, SWEEPS, true);
    render_plane(work, rendered);
    return BSWZ_OK;
}

enum bswz_status half_colour_solve(const struct unjpeg_source *source, struct jpeg_planes *planes,
                                   struct half_planes *half, uint8_t *const rendered[2], struct bswz_error *error) {
    const size_t blocks = (size_t)planes->component[1].columns * planes->component[1].rows;
    struct block_steps steps[2];
    struct half_work work[2];
    enum bswz_status status = BSWZ_OK;
    for (unsigned c = 0; c < 2; c++) {
        block_steps_set(&steps[c], planes->component[c + 1].step);
        work[c] = (struct half_work){.source = source,
                                     .component = c + 1,
                                     .half = &half->plane[c],
                                     .steps = &steps[c],
                                     .planes = &planes->component[c + 1],
                                     .coefficients = bswz_allocate(blocks, sizeof *work[c].coefficients),
                                     .samples = bswz_allocate(blocks, JPEG_BLOCK),
                                     .exact = bswz_allocate_zero(blocks, 1)};
        if (work[c].coefficients == NULL || work[c].samples == NULL || work[c].exact == NULL) {
            status = bswz_no_memory(error);
        }
    }
    const bool is_clipped = memchr(source->doubt, PIXEL_CLIPPED, (size_t)source->width * source->height) != NULL;
    for (unsigned turn = 0; turn < TURNS && status == BSWZ_OK; turn++) {
        for (unsigned c = 0; c < 2 && status == BSWZ_OK; c++) {
            status = take_turn(&work[c], &half->plane[c], half->guess[c], turn == 0, rendered[c], error);
        }
        if (status == BSWZ_OK && (turn + 1 == TURNS || half_planes_guess(source, rendered, half->guess) == 0)) {
            break;
        }
    }
    if (status == BSWZ_OK && is_clipped) {
        uint8_t *const samples[2] = {work[0].samples, work[1].samples};
        status = half_clipped_solve(source, planes, &half->plane[0], samples, error);
        for (unsigned c = 0; c < 2 && status == BSWZ_OK; c++) { /* those next to what has been found */
            sweep_all(&work[c], 1, false);
        }
        render_plane(&work[0], rendered[0]);
        render_plane(&work[1], rendered[1]);
    }
    for (unsigned c = 0; c < 2; c++) {
        free(work[c].coefficients);
        free(work[c].samples);
        free(work[c].exact);
    }
    return status;
}
