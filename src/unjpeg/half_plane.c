/* SPDX-License-Identifier: MIT */
/*
 * Planes at half resolution: what their samples were before they were interpolated.
 *
 * Each sample of the plane is spread over four pixels in a direction with weights 1/4, 3/4, 3/4, 1/4, and the sums
 * are rounded. So there are twice as many pixels as samples in each direction, and least squares find the samples:
 * a tridiagonal system for each row, then for each column of the result. Fine detail is amplified, and so is its
 * noise, up to twice; if the steps are large enough, the coefficients are the rounded quotients nevertheless.
 */
#include "unjpeg/pixel_source.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* + - * /, elimination along a line; each line is solved by one thread */
#include "unjpeg/transform.h"
#include "base/widths.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8u
#define NEAR 0.75f
#define FAR 0.25f
/* Ties samples about which no pixel says anything to their neighbours. */
#define TIE 0.001f
/* Rows, and columns, that are solved at a time. */
#define LINES 8u
#define STRIP 64u
/* Rounds of guessing what clipped pixels were. */
#define SMOOTHINGS 4
/* How far around them, in pixels, clipped pixels spoil the estimate. */
#define SPOILS 8
/* How far a change of a pixel reaches in its row, in samples: it falls to a third from one to the next. */
#define REACH 16u
#define FEWEST_SAMPLED 60 /* blocks; if there are fewer, spoiled ones are accepted, too */

/* The equations of one direction: `size` samples from `count` pixels, the first of which is at `offset`. */
struct line {
    uint32_t size, count, offset;
    float *off_diagonal, *factor, *inverse; /* [size]: element (i - 1, i) of the matrix; of the elimination */
};

/* The samples that a pixel is computed from: the nearer and the further one. */
static void samples_of(const struct line *line, uint32_t pixel, uint32_t *near, uint32_t *far) {
    const uint32_t place = pixel + line->offset;
    *near = place / 2;
    *far = place % 2 == 1 ? (*near + 1 < line->size ? *near + 1 : *near) : (*near > 0 ? *near - 1 : 0);
}

static void line_free(struct line *line) {
    free(line->off_diagonal);
    free(line->factor);
    free(line->inverse);
}

static enum bswz_status line_prepare(struct line *line, struct bswz_error *error) {
    line->off_diagonal = bswz_allocate_zero(line->size, sizeof(float));
    line->factor = bswz_allocate_zero(line->size, sizeof(float));
    line->inverse = bswz_allocate_zero(line->size, sizeof(float)); /* initially the diagonal */
    if (line->off_diagonal == NULL || line->factor == NULL || line->inverse == NULL) {
        return bswz_no_memory(error);
    }
    for (uint32_t i = 0; i < line->count; i++) {
        uint32_t near, far;
        samples_of(line, i, &near, &far);
        if (near == far) {
            line->inverse[near] += 1.0f;
            continue;
        }
        line->inverse[near] += NEAR * NEAR;
        line->inverse[far] += FAR * FAR;
        line->off_diagonal[near > far ? near : far] += NEAR * FAR;
    }
    for (uint32_t i = 1; i < line->size; i++) {
        line->inverse[i - 1] += TIE;
        line->inverse[i] += TIE;
        line->off_diagonal[i] -= TIE;
    }
    for (uint32_t i = 0; i < line->size; i++) {
        const float before = i > 0 ? line->factor[i - 1] : 0.0f;
        line->inverse[i] = 1.0f / (line->inverse[i] - line->off_diagonal[i] * before);
        line->factor[i] = i + 1 < line->size ? line->off_diagonal[i + 1] * line->inverse[i] : 0.0f;
    }
    return BSWZ_OK;
}

/* Solve `lanes` lines in parallel: pixel i of line l is in[i * in_step + l]. */
static ALWAYS_INLINE void solve_lanes(const struct line *line, const float *in, size_t in_step, float *out,
                                      size_t out_step, uint32_t lanes) {
    for (uint32_t i = 0; i < line->size; i++) {
        memset(out + i * out_step, 0, lanes * sizeof *out);
    }
    for (uint32_t i = 0; i < line->count; i++) {
        uint32_t near, far;
        samples_of(line, i, &near, &far);
        float *to_near = out + near * out_step, *to_far = out + far * out_step;
        const float *from = in + i * in_step;
        for (uint32_t lane = 0; lane < lanes; lane++) {
            to_near[lane] += NEAR * from[lane];
            to_far[lane] += FAR * from[lane];
        }
    }
    for (uint32_t i = 0; i < line->size; i++) {
        float *at = out + i * out_step;
        const float *before = at - (i > 0 ? out_step : 0);
        const float by = line->off_diagonal[i];
        for (uint32_t lane = 0; lane < lanes; lane++) {
            at[lane] = (at[lane] - by * before[lane]) * line->inverse[i];
        }
    }
    for (uint32_t i = line->size - 1; i > 0; i--) {
        const float *after = out + i * out_step;
        float *at = out + (i - 1) * out_step;
        for (uint32_t lane = 0; lane < lanes; lane++) {
            at[lane] -= line->factor[i - 1] * after[lane];
        }
    }
}

/* A fixed number of lanes, as nearly always, makes loops without ends to take care of. */
static ALWAYS_INLINE void line_solve_body(const struct line *line, const float *in, size_t in_step, float *out,
                                          size_t out_step, uint32_t lanes) {
    if (lanes == LINES) {
        solve_lanes(line, in, in_step, out, out_step, LINES);
    } else if (lanes == STRIP) {
        solve_lanes(line, in, in_step, out, out_step, STRIP);
    } else {
        solve_lanes(line, in, in_step, out, out_step, lanes);
    }
}

FOR_WIDTHS(static, void, line_solve,
           (const struct line *line, const float *in, size_t in_step, float *out, size_t out_step, uint32_t lanes),
           (line, in, in_step, out, out_step, lanes))

struct estimation {
    const struct unjpeg_source *source;
    const uint8_t *guess;
    struct half_plane *half;
    struct line across, down;
    float *scratch; /* [threads][columns + width][LINES] */
    bool is_again;  /* only rows and strips of columns with clipped pixels are new */
    uint8_t *new_rows, *new_strips;
};

/* Mark every LINES rows with clipped pixels, and every STRIP columns that these may change. */
static void find_new(struct estimation *estimation) {
    const struct unjpeg_source *source = estimation->source;
    const uint32_t columns = estimation->half->columns, horizontal = estimation->half->horizontal;
    for (uint32_t y = 0; y < source->height; y++) {
        const uint8_t *doubt = source->doubt + (size_t)y * source->width;
        uint32_t x = 0;
        for (const uint8_t *at;
             x < source->width && (at = memchr(doubt + x, PIXEL_CLIPPED, source->width - x)) != NULL;) {
            x = (uint32_t)(at - doubt);
            estimation->new_rows[y / LINES] = 1;
            const uint32_t sample = (x + source->offset_x) / horizontal;
            const uint32_t first = (sample > REACH ? sample - REACH : 0) / STRIP,
                           last = (sample + 2 * REACH < columns ? sample + 2 * REACH : columns - 1) / STRIP;
            estimation->new_strips[first] = estimation->new_strips[last] = 1;
            x += horizontal * REACH; /* those that are skipped do not reach farther */
        }
    }
}

static void estimate_rows(void *context, size_t round, unsigned worker) {
    const struct estimation *estimation = context;
    const uint32_t width = estimation->source->width, columns = estimation->half->columns;
    const uint32_t height = estimation->source->height, first = (uint32_t)round * LINES;
    const uint32_t lanes = height - first < LINES ? height - first : LINES;
    float *pixels = estimation->scratch + (size_t)worker * LINES * (columns + width),
          *found = pixels + (size_t)LINES * width, *solved = estimation->half->across;
    if (estimation->is_again && !estimation->new_rows[round]) {
        return;
    }
    if (estimation->half->horizontal == 1) {
        for (uint32_t y = first; y < first + lanes; y++) {
            for (uint32_t x = 0; x < columns; x++) {
                const uint32_t at = x < estimation->source->offset_x ? 0 : x - estimation->source->offset_x;
                solved[(size_t)y * columns + x] = (float)estimation->guess[(size_t)y * width + at];
            }
        }
        return;
    }
    /* rounding of quarters goes up slightly more often at even positions, and down at odd ones */
    const float up = estimation->half->vertical == 1 ? 0.125f : -0.03125f, bias[2] = {up, -up};
    for (uint32_t lane = 0; lane < lanes; lane++) {
        const uint8_t *row = estimation->guess + (size_t)(first + lane) * width;
        for (uint32_t x = 0; x < width; x++) {
            pixels[(size_t)x * LINES + lane] = (float)row[x] + bias[(x + estimation->source->offset_x) % 2];
        }
    }
    line_solve(&estimation->across, pixels, LINES, found, LINES, lanes);
    for (uint32_t lane = 0; lane < lanes; lane++) {
        for (uint32_t x = 0; x < columns; x++) {
            solved[(size_t)(first + lane) * columns + x] = found[(size_t)x * LINES + lane];
        }
    }
}

static void estimate_columns(void *context, size_t round, unsigned worker) {
    const struct estimation *estimation = context;
    const struct half_plane *half = estimation->half;
    const uint32_t first = (uint32_t)round * STRIP, columns = half->columns;
    const uint32_t lanes = columns - first < STRIP ? columns - first : STRIP;
    (void)worker;
    if (estimation->is_again && !estimation->new_strips[round]) {
        return;
    }
    if (half->vertical == 1) {
        for (uint32_t y = 0; y < half->rows; y++) {
            const uint32_t at = y < estimation->source->offset_y ? 0 : y - estimation->source->offset_y;
            memcpy(half->estimate + (size_t)y * columns + first, half->across + (size_t)at * columns + first,
                   lanes * sizeof(float));
        }
        return;
    }
    line_solve(&estimation->down, half->across + first, columns, half->estimate + first, columns, lanes);
}

enum bswz_status half_plane_estimate(const struct unjpeg_source *source, const uint8_t *guess, struct half_plane *half,
                                     struct bswz_error *error) {
    struct estimation estimation = {
        .source = source,
        .guess = guess,
        .half = half,
        .across = {.size = half->columns, .count = source->width, .offset = source->offset_x},
        .down = {.size = half->rows, .count = source->height, .offset = source->offset_y}};
    const unsigned threads = source->pool == NULL ? 1 : worker_pool_threads(source->pool);
    enum bswz_status status = line_prepare(&estimation.across, error);
    if (status == BSWZ_OK) {
        status = line_prepare(&estimation.down, error);
    }
    estimation.is_again = half->across != NULL;
    if (!estimation.is_again) {
        half->across = bswz_allocate((size_t)source->height * half->columns, sizeof(float));
    }
    estimation.scratch =
        bswz_allocate((size_t)threads * LINES * (half->columns + (size_t)source->width), sizeof(float));
    estimation.new_rows = bswz_allocate_zero((size_t)source->height / LINES + 1, 1);
    estimation.new_strips = bswz_allocate_zero((size_t)half->columns / STRIP + 1, 1);
    if (status == BSWZ_OK && (half->across == NULL || estimation.scratch == NULL || estimation.new_rows == NULL ||
                              estimation.new_strips == NULL)) {
        status = bswz_no_memory(error);
    }
    if (status == BSWZ_OK && estimation.is_again) {
        find_new(&estimation);
    }
    if (status == BSWZ_OK) {
        loop_run(source->pool, ((size_t)source->height + LINES - 1) / LINES, estimate_rows, &estimation);
        loop_run(source->pool, ((size_t)half->columns + STRIP - 1) / STRIP, estimate_columns, &estimation);
    }
    line_free(&estimation.across);
    line_free(&estimation.down);
    free(estimation.scratch);
    free(estimation.new_rows);
    free(estimation.new_strips);
    return status;
}

size_t half_planes_guess(const struct unjpeg_source *source, uint8_t *const rendered[2], uint8_t *const guess[2]) {
    const size_t pixels = (size_t)source->width * source->height;
    size_t wrong = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (source->doubt[i] == PIXEL_CERTAIN) {
            continue;
        }
        const uint8_t *rgb = source->rgb + 3 * i;
        uint8_t near[3] = {source->plane[0][i], rendered[0][i], rendered[1][i]}, found[3];
        if (!conversion_has_luma(source->conversion, rgb, near[1], near[2])) {
            near[0] = conversion_luma_guess(source->conversion, rgb, near[1], near[2]);
            wrong++;
            if (!conversion_nearest(source->conversion, rgb, near, found)) {
                continue;
            }
            memcpy(near, found, 3);
        }
        guess[0][i] = near[1];
        guess[1][i] = near[2];
    }
    return wrong;
}

/* The pixel whose nearer sample is `at`, in the nearer and the further row. */
static ALWAYS_INLINE uint8_t between_samples(const float *near, const float *far, uint32_t at, uint32_t next) {
    const float value = NEAR * (NEAR * near[at] + FAR * near[next]) + FAR * (NEAR * far[at] + FAR * far[next]);
    return (uint8_t)(value < 0.0f ? 0 : value > 255.0f ? 255 : (int)(value + 0.5f));
}

static void upsample_some(const struct half_plane *half, const struct unjpeg_source *source, const float *near,
                          const float *far, uint32_t from, uint32_t end, uint8_t *out) {
    for (uint32_t x = from; x < end; x++) {
        const uint32_t at = (x + source->offset_x) / half->horizontal;
        uint32_t next = at;
        if (half->horizontal == 2) {
            next = (x + source->offset_x) % 2 == 1 ? (at + 1 < half->columns ? at + 1 : at) : (at > 0 ? at - 1 : 0);
        }
        out[x] = between_samples(near, far, at, next);
    }
}

/* Both pixels of samples first ... end - 1, which have neighbours. */
static ALWAYS_INLINE void upsample_pairs_body(const float *restrict near, const float *restrict far, uint32_t first,
                                              uint32_t end, uint8_t *restrict out) {
    for (uint32_t at = first; at < end; at++) {
        out[2 * (size_t)(at - first)] = between_samples(near, far, at, at - 1);
        out[2 * (size_t)(at - first) + 1] = between_samples(near, far, at, at + 1);
    }
}

FOR_WIDTHS(static, void, upsample_pairs,
           (const float *near, const float *far, uint32_t first, uint32_t end, uint8_t *out),
           (near, far, first, end, out))

static void upsample_row(const struct half_plane *half, const struct unjpeg_source *source, uint32_t y, uint8_t *out) {
    const uint32_t row = (y + source->offset_y) / half->vertical;
    uint32_t other = row, inner = 0, end = 0; /* pixels from inner on come in pairs, up to end */
    if (half->vertical == 2) {
        other = (y + source->offset_y) % 2 == 1 ? (row + 1 < half->rows ? row + 1 : row) : (row > 0 ? row - 1 : 0);
    }
    const float *near = half->estimate + (size_t)row * half->columns,
                *far = half->estimate + (size_t)other * half->columns;
    if (half->horizontal == 2 && source->width >= 8) {
        const uint32_t first = source->offset_x / 2 + 1;
        uint32_t last = (source->width + source->offset_x) / 2; /* the one after those with both pixels */
        last = last < half->columns - 1 ? last : half->columns - 1;
        if (first < last) {
            inner = 2 * first - source->offset_x;
            end = inner + 2 * (last - first);
            upsample_pairs(near, far, first, last, out + inner);
        }
    }
    upsample_some(half, source, near, far, 0, inner, out);
    upsample_some(half, source, near, far, end, source->width, out);
}

static enum bswz_status estimate_planes(const struct unjpeg_source *source, struct half_planes *planes,
                                        struct bswz_error *error) {
    const size_t pixels = (size_t)source->width * source->height;
    const bool has_doubt = memchr(source->doubt, PIXEL_CLIPPED, pixels) != NULL;
    uint8_t *rendered[2] = {NULL, NULL};
    enum bswz_status status = BSWZ_OK;
    for (unsigned c = 0; c < 2; c++) {
        memcpy(planes->guess[c], source->plane[c + 1], pixels);
        rendered[c] = has_doubt ? bswz_allocate(pixels, 1) : NULL;
        if (has_doubt && rendered[c] == NULL) {
            status = bswz_no_memory(error);
        }
    }
    for (unsigned turn = 0; turn < (has_doubt ? SMOOTHINGS : 1) && status == BSWZ_OK; turn++) {
        const bool is_last = !has_doubt || turn + 1 == SMOOTHINGS;
        for (unsigned c = 0; c < 2 && status == BSWZ_OK; c++) {
            status = half_plane_estimate(source, planes->guess[c], &planes->plane[c], error);
            for (uint32_t y = 0; y < source->height && !is_last && status == BSWZ_OK; y++) {
                const size_t first = (size_t)y * source->width;
                if (memchr(source->doubt + first, PIXEL_CLIPPED, source->width) != NULL) {
                    upsample_row(&planes->plane[c], source, y, rendered[c] + first);
                }
            }
        }
        if (!is_last && status == BSWZ_OK) {
            half_planes_guess(source, rendered, planes->guess);
        }
    }
    free(rendered[0]);
    free(rendered[1]);
    return status;
}

void half_planes_free(struct half_planes *planes) {
    for (unsigned c = 0; c < 2; c++) {
        free(planes->plane[c].estimate);
        free(planes->plane[c].across);
        free(planes->guess[c]);
    }
    *planes = (struct half_planes){.guess = {NULL}};
}

enum bswz_status half_planes_open(const struct unjpeg_source *source, unsigned horizontal, unsigned vertical,
                                  struct half_planes *planes, struct bswz_error *error) {
    const size_t pixels = (size_t)source->width * source->height;
    bool is_there = true;
    for (unsigned c = 0; c < 2; c++) {
        struct half_plane *half = &planes->plane[c];
        *half = (struct half_plane){.horizontal = horizontal,
                                    .vertical = vertical,
                                    .columns = (source->width + source->offset_x + horizontal - 1) / horizontal,
                                    .rows = (source->height + source->offset_y + vertical - 1) / vertical};
        half->estimate = bswz_allocate((size_t)half->columns * half->rows, sizeof(float));
        planes->guess[c] = bswz_allocate(pixels, 1);
        is_there &= half->estimate != NULL && planes->guess[c] != NULL;
    }
    const enum bswz_status status = is_there ? estimate_planes(source, planes, error) : bswz_no_memory(error);
    if (status != BSWZ_OK) {
        half_planes_free(planes);
    }
    return status;
}

/* ---- samples of blocks ---- */

void half_plane_noise(const struct half_plane *half, float noise[JPEG_BLOCK]) {
    /* the inverse of 1.25 + 0.75 cos(u pi / 8) */
    static const float gain[SIDE] = {0.5f, 0.5148f, 0.5617f, 0.6505f, 0.8f, 1.0384f, 1.3896f, 1.7948f};
    static const float root[] = {0.2887f, 0.3536f, 0.4082f, 0.4564f, 0.5f, 0.5401f, 0.5774f, 0.6124f, 0.6455f};
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        const float across = half->horizontal == 2 ? gain[i % SIDE] : 1.0f,
                    down = half->vertical == 2 ? gain[i / SIDE] : 1.0f;
        /* sqrt((1 + x) / 12), x = 0, 1/2, ... 4, linearly interpolated; the 1 is the rounding of the sample itself */
        const float place = across * down * 2.0f;
        const int low = (int)place < 7 ? (int)place : 7;
        noise[i] = root[low] + (root[low + 1] - root[low]) * (place - (float)low);
    }
}

/* Blocks with nothing uncertain within that many pixels. */
static unsigned sample_blocks(const struct unjpeg_source *source, const struct half_plane *half, unsigned most,
                              uint32_t around, float (*coefficients)[JPEG_BLOCK], uint32_t (*place)[2]) {
    const uint32_t first_x = (source->offset_x + SIDE * half->horizontal - 1) / (SIDE * half->horizontal);
    const uint32_t first_y = (source->offset_y + SIDE * half->vertical - 1) / (SIDE * half->vertical);
    const uint32_t end_x = half->columns / SIDE, end_y = half->rows / SIDE;
    if (first_x >= end_x || first_y >= end_y) {
        return 0;
    }
    const uint64_t columns = end_x - first_x, places = columns * (end_y - first_y);
    const uint64_t step = places % 1000003 ? 1000003 : 1;
    unsigned count = 0;
    uint64_t next = 0;
    for (uint64_t visit = 0; visit < places && count < most; visit++, next = (next + step) % places) {
        const uint32_t column = (uint32_t)(next % columns) + first_x, row = (uint32_t)(next / columns) + first_y;
        float values[JPEG_BLOCK], least = 255, largest = 0;
        uint8_t doubt = 0; /* asked for last, and only until there is some: it takes longest */
        for (size_t i = 0; i < JPEG_BLOCK; i++) {
            const float value = half->estimate[(row * SIDE + i / SIDE) * half->columns + column * SIDE + i % SIDE];
            least = value < least ? value : least;
            largest = value > largest ? value : largest;
            values[i] = value - 128.0f;
        }
        if (least <= 0 || largest >= 255 || largest - least < 3) {
            continue;
        }
        const uint32_t x = column * SIDE * half->horizontal - source->offset_x;
        const uint32_t y = row * SIDE * half->vertical - source->offset_y;
        for (uint32_t v = y > around ? y - around : 0;
             v < y + SIDE * half->vertical + around && v < source->height && doubt == 0; v++) {
            for (uint32_t u = x > around ? x - around : 0;
                 u < x + SIDE * half->horizontal + around && u < source->width; u++) {
                doubt |= source->doubt[(size_t)v * source->width + u];
            }
        }
        if (doubt == 0) {
            transform_forward(values, coefficients[count]);
            place[count][0] = column;
            place[count++][1] = row;
        }
    }
    return count;
}

unsigned half_plane_sample(const struct unjpeg_source *source, const struct half_plane *half, unsigned most,
                           float (*coefficients)[JPEG_BLOCK], uint32_t (*place)[2]) {
    const unsigned count = sample_blocks(source, half, most, SPOILS, coefficients, place);
    return count >= FEWEST_SAMPLED ? count : sample_blocks(source, half, most, 0, coefficients, place);
}
