/*
 * Blocks of colour at half resolution.
 *
 * The estimate of the plane's samples (half_plane.c) gives most coefficients by rounding.  What upsampling makes of
 * a block's samples is then held against the pixels; where that is not exact coefficients are changed one
 * after another such that it comes nearer, by a beam search over the very integers that a decoder computes.
 * A pixel at a block's edge depends on the block beside it as well, so that is done in sweeps: blocks of
 * even or odd columns and rows at a time, which have no pixel in common.
 */
#include "recovery/source.h"

#include "allocate.h"
#include "recovery/render.h"
#include "recovery/transform.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8
#define AROUND 10        /* a block's samples and those around */
#define MOST_PIXELS 18   /* in a direction, that a block has a part in */
#define BEAM 4
#define TRIED 10
#define MOST_CHANGES 8
#define CHECK_CHANGES 3  /* where it is only to be seen whether the steps are right */
#define SWEEPS 2
#define TURNS 3          /* of guessing what clipped pixels were */
#define LARGEST_STEP 12.0f
#define DISTANCE_WEIGHT 0.02f

struct half_candidate {
    int16_t block[JPEG_BLOCK];
    float cost;          /* squares beyond the bounds, and distances */
    float distance;
    uint64_t changes;
};

struct half_work {
    const struct recovery_source *source;
    unsigned component;
    const struct half_plane *half;
    const struct block_steps *steps;
    struct jpeg_component *planes;
    float (*coefficients)[JPEG_BLOCK]; /* [blocks]: of the estimate */
    uint8_t *samples;                  /* of all blocks as they are; a block is written by the thread that has it */
    uint8_t *exact;                    /* [blocks] */
    unsigned parity_x, parity_y;       /* of the sweep */
};

/* What a block is measured by. */
struct view {
    const struct half_work *work;
    int column[AROUND], row[AROUND]; /* where each sample of around is: 1 ... 8 of the block itself */
    int around[AROUND * AROUND];
    unsigned width, height;          /* pixels that count */
    int first_x, first_y;            /* in the block's own pixels: -1 and more */
    const uint8_t *pixels, *doubt;   /* at stride of the picture */
};

/* Pixels of the picture that depend on the block; false: none. */
static bool view_open(const struct half_work *work, uint32_t column, uint32_t row, struct view *view) {
    const struct recovery_source *source = work->source;
    const int h = (int)work->half->horizontal, v = (int)work->half->vertical;
    const int64_t x = (int64_t)column * SIDE * h - source->offset_x, y = (int64_t)row * SIDE * v - source->offset_y;
    const int64_t x0 = x - (h - 1), x1 = x + SIDE * h + (h - 1), y0 = y - (v - 1), y1 = y + SIDE * v + (v - 1);
    const int64_t from_x = x0 < 0 ? 0 : x0, to_x = x1 < source->width ? x1 : source->width;
    const int64_t from_y = y0 < 0 ? 0 : y0, to_y = y1 < source->height ? y1 : source->height;
    if (from_x >= to_x || from_y >= to_y) {
        return false;
    }
    const size_t first = (size_t)from_y * source->width + (size_t)from_x;
    *view = (struct view){.work = work,
                          .width = (unsigned)(to_x - from_x),
                          .height = (unsigned)(to_y - from_y),
                          .first_x = (int)(from_x - x),
                          .first_y = (int)(from_y - y),
                          .pixels = source->plane[work->component] + first,
                          .doubt = source->doubt + first};
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

/* The block's own samples among those around it. */
static void put_samples(const struct view *view, const uint8_t samples[JPEG_BLOCK], int around[AROUND * AROUND]) {
    memcpy(around, view->around, sizeof view->around);
    for (int i = 0; i < AROUND; i++) {
        for (int k = 0; k < AROUND; k++) {
            if (is_own(view->row[i]) && is_own(view->column[k])) {
                around[AROUND * i + k] = samples[SIDE * (view->row[i] - 1) + view->column[k] - 1];
            }
        }
    }
}

/* Squares by which the pixels are missed; *wrong: how many. pull: NULL, or what is missed, spread over samples. */
static float measure(const struct view *view, const int16_t block[JPEG_BLOCK], unsigned *wrong, float *pull) {
    const int h = (int)view->work->half->horizontal, v = (int)view->work->half->vertical;
    const int shift = (h == 2 ? 2 : 0) + (v == 2 ? 2 : 0), unit = 1 << shift;
    uint8_t samples[JPEG_BLOCK];
    int around[AROUND * AROUND];
    float pulls[AROUND * AROUND] = {0};
    int sum = 0;
    transform_to_samples(block, view->work->steps->step, samples);
    put_samples(view, samples, around);
    *wrong = 0;
    for (unsigned y = 0; y < view->height; y++) {
        const int py = view->first_y + (int)y;
        /* of -1 ... 16 pixels: the sample that is nearer, 0 ... 9 */
        const int near_y = v == 2 ? (py + 2) / 2 : py + 1, far_y = v == 2 ? (py % 2 != 0 ? near_y + 1 : near_y - 1) : near_y;
        int line[AROUND];
        const int *near = around + AROUND * near_y, *far = around + AROUND * (v == 2 ? far_y : near_y);
        for (int k = 0; k < AROUND; k++) {
            line[k] = v == 2 ? 3 * near[k] + far[k] : near[k];
        }
        for (unsigned x = 0; x < view->width; x++) {
            const size_t at = (size_t)y * view->work->source->width + x;
            if (view->doubt[at] != PIXEL_CERTAIN) {
                continue;
            }
            const int px = view->first_x + (int)x, near_x = h == 2 ? (px + 2) / 2 : px + 1;
            const int far_x = h == 2 ? (px % 2 != 0 ? near_x + 1 : near_x - 1) : near_x;
            int value = h == 2 ? 3 * line[near_x] + line[far_x] : line[near_x];
            value += h == 2 ? (v == 2 ? (px % 2 != 0 ? 7 : 8) : (px % 2 != 0 ? 2 : 1)) : (py % 2 != 0 ? 2 : 1);
            const int low = unit * view->pixels[at], high = low + unit - 1;
            const int beyond = value < low ? value - low : value > high ? value - high : 0;
            if (beyond == 0) {
                continue;
            }
            sum += beyond * beyond;
            (*wrong)++;
            if (pull != NULL) {
                const float part = (float)beyond / (float)unit;
                const float w = h == 2 ? 0.75f : 1.0f, u = v == 2 ? 0.75f : 1.0f;
                pulls[AROUND * near_y + near_x] += part * u * w;
                pulls[AROUND * near_y + far_x] += part * u * (1.0f - w);
                pulls[AROUND * far_y + near_x] += part * (1.0f - u) * w;
                pulls[AROUND * far_y + far_x] += part * (1.0f - u) * (1.0f - w);
            }
        }
    }
    if (pull != NULL) {
        memset(pull, 0, JPEG_BLOCK * sizeof *pull);
        for (int i = 0; i < AROUND; i++) {
            for (int k = 0; k < AROUND; k++) {
                if (is_own(view->row[i]) && is_own(view->column[k])) {
                    pull[SIDE * (view->row[i] - 1) + view->column[k] - 1] += pulls[AROUND * i + k];
                }
            }
        }
    }
    return (float)sum / (float)(unit * unit);
}

struct half_change {
    float promise;
    int at;
    int16_t by;
};

static int find_changes(const struct view *view, const struct half_candidate *candidate,
                        const float coefficients[JPEG_BLOCK], struct half_change changes[TRIED]) {
    float slope[JPEG_BLOCK];
    unsigned wrong;
    int count = 0;
    measure(view, candidate->block, &wrong, slope);
    transform_forward(slope, slope);
    for (int i = 0; i < JPEG_BLOCK; i++) {
        const float size = view->work->steps->size[i];
        if (size > LARGEST_STEP) {
            continue;
        }
        const int16_t by = slope[i] > 0 ? -1 : 1;
        const float move = (float)by * size, off = (float)candidate->block[i] * size - coefficients[i];
        const float promise = 2.0f * size * (slope[i] > 0 ? slope[i] : -slope[i]) -
                              DISTANCE_WEIGHT * move * (2.0f * off + move);
        int place = count < TRIED ? count++ : TRIED;
        for (; place > 0 && changes[place - 1].promise < promise; place--) {
            if (place < TRIED) {
                changes[place] = changes[place - 1];
            }
        }
        if (place < TRIED) {
            changes[place] = (struct half_change){promise, i, by};
        }
    }
    return count;
}

static uint64_t hash_change(int at, int value) {
    uint64_t x = ((uint64_t)at << 32 | (uint32_t)value) * 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    return x * 0xbf58476d1ce4e5b9u;
}

static void search(const struct view *view, const float coefficients[JPEG_BLOCK], unsigned width, unsigned turns,
                   int16_t best[JPEG_BLOCK], unsigned *fewest) {
    const struct block_steps *steps = view->work->steps;
    struct half_candidate beam[2][BEAM];
    unsigned count = 1, wrong;
    beam[0][0] = (struct half_candidate){.changes = 0};
    memcpy(beam[0][0].block, best, sizeof beam[0][0].block);
    for (unsigned turn = 0; turn < turns && count > 0 && *fewest > 0; turn++) {
        const struct half_candidate *from = beam[turn % 2];
        struct half_candidate *to = beam[1 - turn % 2];
        unsigned next = 0;
        for (unsigned i = 0; i < count && *fewest > 0; i++) {
            struct half_change changes[TRIED];
            const int tried = find_changes(view, &from[i], coefficients, changes);
            for (int t = 0; t < tried && *fewest > 0; t++) {
                const int at = changes[t].at;
                struct half_candidate made = from[i];
                const int value = made.block[at] + changes[t].by;
                if (value < -JPEG_LARGEST || value > JPEG_LARGEST) {
                    continue;
                }
                made.changes += hash_change(at, value) - hash_change(at, made.block[at]);
                unsigned worst = 0;
                bool is_known = false;
                for (unsigned k = 0; k < next; k++) {
                    is_known |= to[k].changes == made.changes;
                    worst = to[k].cost > to[worst].cost ? k : worst;
                }
                if (is_known) {
                    continue;
                }
                const float move = (float)changes[t].by * steps->size[at];
                const float off = (float)made.block[at] * steps->size[at] - coefficients[at];
                made.block[at] = (int16_t)value;
                made.distance += DISTANCE_WEIGHT * move * (2.0f * off + move);
                made.cost = measure(view, made.block, &wrong, NULL) + made.distance;
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
    }
}

static void write_samples(const struct half_work *work, uint32_t column, uint32_t row, const int16_t block[JPEG_BLOCK]) {
    uint8_t samples[JPEG_BLOCK];
    const size_t stride = (size_t)SIDE * work->planes->columns;
    transform_to_samples(block, work->steps->step, samples);
    for (size_t y = 0; y < SIDE; y++) {
        memcpy(work->samples + (row * (size_t)SIDE + y) * stride + (size_t)SIDE * column, samples + SIDE * y, SIDE);
    }
}

/* The first blocks of all: the estimate, rounded. Beyond the samples that count the last are repeated. */
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
        if (wrong > 0) {
            search(&view, work->coefficients[number], BEAM, MOST_CHANGES, work->planes->block[number], &wrong);
            write_samples(work, column, row, work->planes->block[number]);
        }
        work->exact[number] = wrong == 0;
    }
}

bool half_plane_check(const struct recovery_source *source, unsigned component, const struct half_plane *half,
                      const float coefficients[JPEG_BLOCK], const struct block_steps *steps, const uint32_t place[2]) {
    const struct half_work work = {.source = source, .component = component, .half = half, .steps = steps};
    const int64_t x = (int64_t)place[0] * SIDE * half->horizontal - source->offset_x;
    const int64_t y = (int64_t)place[1] * SIDE * half->vertical - source->offset_y;
    /* those in the middle, that no other block has a part in */
    const int64_t from_x = x + half->horizontal - 1, to_x = x + SIDE * half->horizontal - (half->horizontal - 1);
    const int64_t from_y = y + half->vertical - 1, to_y = y + SIDE * half->vertical - (half->vertical - 1);
    struct view view = {.work = &work, .first_x = (int)half->horizontal - 1, .first_y = (int)half->vertical - 1};
    int16_t block[JPEG_BLOCK];
    unsigned wrong;
    if (x < 0 || y < 0 || to_x > source->width || to_y > source->height) {
        return false;
    }
    view.width = (unsigned)(to_x - from_x);
    view.height = (unsigned)(to_y - from_y);
    view.pixels = source->plane[component] + (size_t)from_y * source->width + (size_t)from_x;
    view.doubt = source->doubt + (size_t)from_y * source->width + (size_t)from_x;
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

/* One turn: the estimate from guess, then sweeps, then what is rendered. */
static enum bswz_status take_turn(struct half_work *work, struct half_plane *half, const uint8_t *guess,
                                  bool is_first, uint8_t *rendered, struct bswz_error *error) {
    const struct recovery_source *source = work->source;
    enum bswz_status status = is_first ? BSWZ_OK : half_plane_estimate(source, guess, half, error);
    if (status != BSWZ_OK) {
        return status;
    }
    loop_run(source->pool, work->planes->rows, round_row, work);
    for (unsigned sweep = 0; sweep < 4 * SWEEPS; sweep++) {
        work->parity_x = sweep % 2;
        work->parity_y = sweep / 2 % 2;
        loop_run(source->pool, (work->planes->rows - work->parity_y + 1) / 2, sweep_row, work);
    }
    for (uint32_t y = 0; y < source->height; y++) {
        render_row(work->samples, (size_t)SIDE * work->planes->columns, half->columns, half->rows, half->horizontal,
                   half->vertical, source->offset_x, source->offset_y + y, source->width,
                   rendered + (size_t)y * source->width);
    }
    return BSWZ_OK;
}

enum bswz_status half_colour_solve(const struct recovery_source *source, struct jpeg_planes *planes,
                                   uint8_t *const rendered[2], struct bswz_error *error) {
    const unsigned horizontal = planes->component[0].horizontal, vertical = planes->component[0].vertical;
    const size_t pixels = (size_t)source->width * source->height;
    const size_t blocks = (size_t)planes->component[1].columns * planes->component[1].rows;
    struct half_plane half[2];
    struct block_steps steps[2];
    struct half_work work[2];
    uint8_t *guess[2] = {NULL, NULL};
    enum bswz_status status = BSWZ_OK;
    for (unsigned c = 0; c < 2; c++) {
        half[c] = (struct half_plane){.horizontal = horizontal,
                                      .vertical = vertical,
                                      .columns = (planes->width + horizontal - 1) / horizontal,
                                      .rows = (planes->height + vertical - 1) / vertical};
        half[c].estimate = bswz_allocate((size_t)half[c].columns * half[c].rows, sizeof(float));
        guess[c] = bswz_allocate(pixels, 1);
        block_steps_set(&steps[c], planes->component[c + 1].step);
        work[c] = (struct half_work){.source = source,
                                     .component = c + 1,
                                     .half = &half[c],
                                     .steps = &steps[c],
                                     .planes = &planes->component[c + 1],
                                     .coefficients = bswz_allocate(blocks, sizeof *work[c].coefficients),
                                     .samples = bswz_allocate(blocks, JPEG_BLOCK),
                                     .exact = bswz_allocate_zero(blocks, 1)};
        if (half[c].estimate == NULL || guess[c] == NULL || work[c].coefficients == NULL || work[c].samples == NULL ||
            work[c].exact == NULL) {
            status = bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
        }
    }
    if (status == BSWZ_OK) {
        status = half_planes_estimate(source, half, guess, error);
    }
    for (unsigned turn = 0; turn < TURNS && status == BSWZ_OK; turn++) {
        for (unsigned c = 0; c < 2 && status == BSWZ_OK; c++) {
            status = take_turn(&work[c], &half[c], guess[c], turn == 0, rendered[c], error);
        }
        if (status == BSWZ_OK && (turn + 1 == TURNS || half_planes_guess(source, rendered, guess) == 0)) {
            break;
        }
    }
    for (unsigned c = 0; c < 2; c++) {
        free(half[c].estimate);
        free(guess[c]);
        free(work[c].coefficients);
        free(work[c].samples);
        free(work[c].exact);
    }
    return status;
}
