/* SPDX-License-Identifier: MIT */
/*
 * Clipped pixels and colour at half resolution (half_clipped.h).
 *
 * In a pixel of which one channel is clipped, the other two give a weighted sum of Cb and Cr, but not each of them: the
 * means of a block of Cb and of one of Cr may move together, and nothing seems to change. Only rounding shows which ones
 * are right: with those, all of the pixels can be made, and with others, one in three cannot. So the means are tried.
 */
#include "unjpeg/half_clipped.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* + - *, means of samples */
#include "unjpeg/half_joint.h"
#include "unjpeg/render.h"
#include "unjpeg/transform.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8
#define WIDEST (HALF_JOINT_SIDE + 2)
/* Means are tried up to this number of steps of Cb away from what is expected; the smaller number if a block around is
 * right. MEANS_FOUND of them with which no pixel is wrong are enough to choose from. */
#define MEANS 40
#define MEANS_NEAR 12
#define MEANS_FOUND 12
#define MEANS_OFF 4.0f /* how far the sum may be from what the pixels say, as an amplitude */
#define WRONG_COLOUR 4 /* a pixel of wrong colour counts like this number of wrong samples of luma */
/* Rounds over all blocks. In the last ones, a block is also tried if none around it is right. */
#define SWEEPS 16
#define SWEEPS_ANYWHERE 4
/* When at least FEW_TRIED blocks have been tried, one in VAIN_SHARE must have come out right. */
#define FEW_TRIED 64
#define VAIN_SHARE 16

struct clipped_work {
    const struct unjpeg_source *source;
    struct jpeg_planes *planes;
    const struct half_plane *half; /* its size */
    uint8_t *const *samples;
    struct block_steps steps[3];
    size_t stride;
    uint8_t *is_right; /* [blocks]: no pixel inside is wrong; a block's is written by the thread that has the block */
    uint8_t *tried;    /* [blocks]: 0: not yet; otherwise one more than the right blocks that were around it then */
    struct half_joint_scratch **scratch; /* one for each thread */
    unsigned parity_x, parity_y;         /* of the sweep */
    bool is_first, is_anywhere;
};

/* A block of colour that is under way. */
struct place {
    const struct clipped_work *work;
    uint32_t column, row;
    uint32_t x, y, width, height; /* the pixels that depend on it, at most WIDEST in each direction */
    unsigned right_around;        /* how many of the four blocks around it are right */
    struct half_area area;        /* the pixels that belong to it */
    size_t at[HALF_JOINT_PIXELS]; /* where in the picture these are, unless they are AREA_OUTSIDE */
};

static int16_t *block_at(const struct clipped_work *work, unsigned c, uint32_t column, uint32_t row) {
    struct jpeg_component *component = &work->planes->component[1 + c];
    return component->block[(size_t)row * component->columns + column];
}

static void put_blocks(const struct place *place, const int16_t block[2][JPEG_BLOCK]) {
    const struct clipped_work *work = place->work;
    for (unsigned c = 0; c < 2; c++) {
        uint8_t samples[JPEG_BLOCK],
            *to = work->samples[c] + (size_t)SIDE * (place->row * work->stride + place->column);
        transform_to_samples(block[c], work->steps[1 + c].step, samples);
        memcpy(block_at(work, c, place->column, place->row), block[c], sizeof block[c]);
        for (size_t y = 0; y < SIDE; y++) {
            memcpy(to + y * work->stride, samples + SIDE * y, SIDE);
        }
    }
}

/* ---- how much is wrong ---- */

/* Is there no luma with which these colours give the pixel? */
static bool is_wrong(const struct unjpeg_source *source, size_t at, uint8_t cb, uint8_t cr) {
    return source->doubt[at] == PIXEL_CERTAIN ? cb != source->plane[1][at] || cr != source->plane[2][at]
                                              : !conversion_has_luma(source->conversion, source->rgb + 3 * at, cb, cr);
}

/* Of the pixels that depend on no other block; counting stops at most. */
static unsigned count_inside(const struct place *place, const int16_t block[2][JPEG_BLOCK], unsigned most) {
    const struct clipped_work *work = place->work;
    const struct half_area *area = &place->area;
    const unsigned skip_x = area->horizontal - 1, skip_y = area->vertical - 1;
    uint8_t samples[2][JPEG_BLOCK], colour[2][HALF_JOINT_SIDE];
    unsigned wrong = 0;
    for (unsigned c = 0; c < 2; c++) {
        transform_to_samples(block[c], work->steps[1 + c].step, samples[c]);
    }
    for (unsigned y = skip_y; y + skip_y < area->height && wrong < most; y++) {
        for (unsigned c = 0; c < 2; c++) {
            render_row(samples[c], SIDE, SIDE, SIDE, area->horizontal, area->vertical, 0, y, area->width, colour[c]);
        }
        for (unsigned x = skip_x; x + skip_x < area->width; x++) {
            const unsigned i = y * area->width + x;
            if (area->kind[i] != AREA_OUTSIDE) {
                wrong += is_wrong(work->source, place->at[i], colour[0][x], colour[1][x]);
            }
        }
    }
    return wrong;
}

/* Samples of a block of luma with these colours, if it is only rounded. colour: of the place's pixels */
static unsigned count_luma(const struct place *place, const uint8_t colour[2][WIDEST * WIDEST], uint32_t x,
                           uint32_t y) {
    const struct unjpeg_source *source = place->work->source;
    const struct block_steps *steps = &place->work->steps[0];
    float value[JPEG_BLOCK];
    int low[JPEG_BLOCK], high[JPEG_BLOCK];
    int16_t block[JPEG_BLOCK];
    uint8_t samples[JPEG_BLOCK];
    unsigned wrong = 0;
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        const uint32_t px = x + i % SIDE, py = y + i / SIDE;
        const size_t at = (size_t)py * source->width + px, in = (size_t)(py - place->y) * WIDEST + (px - place->x);
        const int known = source->plane[0][at];
        low[i] = high[i] = known;
        if (source->doubt[at] != PIXEL_CERTAIN) {
            low[i] = 0;
            high[i] = 255;
            conversion_luma_range(source->conversion, source->rgb + 3 * at, colour[0][in], colour[1][in], &low[i],
                                  &high[i]);
        }
        value[i] = (float)(known < low[i] ? low[i] : known > high[i] ? high[i] : known) - 128.0f;
    }
    transform_forward(value, value);
    block_round(steps, value, block);
    transform_to_samples(block, steps->step, samples);
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        wrong += samples[i] < low[i] || samples[i] > high[i];
    }
    return wrong;
}

/* Of all pixels that depend on the block, with the current samples, and of the blocks of luma among them. */
static unsigned count_all(const struct place *place) {
    const struct clipped_work *work = place->work;
    const struct unjpeg_source *source = work->source;
    uint8_t colour[2][WIDEST * WIDEST];
    unsigned wrong = 0;
    for (uint32_t y = 0; y < place->height; y++) {
        for (unsigned c = 0; c < 2; c++) {
            render_row(work->samples[c], work->stride, work->half->columns, work->half->rows, work->half->horizontal,
                       work->half->vertical, source->offset_x + place->x, source->offset_y + place->y + y, place->width,
                       colour[c] + (size_t)y * WIDEST);
        }
        for (uint32_t x = 0; x < place->width; x++) {
            const size_t at = (size_t)(place->y + y) * source->width + place->x + x, in = (size_t)y * WIDEST + x;
            wrong += is_wrong(source, at, colour[0][in], colour[1][in]) ? WRONG_COLOUR : 0;
        }
    }
    const uint32_t end_x = place->x + place->width, end_y = place->y + place->height;
    const uint32_t skip_x = (SIDE - (source->offset_x + place->x) % SIDE) % SIDE;
    const uint32_t skip_y = (SIDE - (source->offset_y + place->y) % SIDE) % SIDE;
    for (uint32_t y = place->y + skip_y; y + SIDE <= end_y; y += SIDE) {
        for (uint32_t x = place->x + skip_x; x + SIDE <= end_x; x += SIDE) {
            wrong += count_luma(place, (const uint8_t(*)[WIDEST * WIDEST]) colour, x, y);
        }
    }
    return wrong;
}

/* ---- a place ---- */

/* false: no pixel depends on it, or none of them is clipped. */
static bool place_open(const struct clipped_work *work, uint32_t column, uint32_t row, struct place *place) {
    const struct unjpeg_source *source = work->source;
    const unsigned h = work->half->horizontal, v = work->half->vertical;
    const int64_t x = (int64_t)column * SIDE * h - source->offset_x, y = (int64_t)row * SIDE * v - source->offset_y;
    const int64_t x0 = x - (h - 1) > 0 ? x - (h - 1) : 0, y0 = y - (v - 1) > 0 ? y - (v - 1) : 0;
    const int64_t x1 = x + SIDE * h + (h - 1), y1 = y + SIDE * v + (v - 1);
    const int64_t end_x = x1 < source->width ? x1 : source->width, end_y = y1 < source->height ? y1 : source->height;
    bool is_clipped = false;
    for (int64_t at_y = y0; at_y < end_y && x0 < end_x && !is_clipped; at_y++) {
        const uint8_t *doubt = source->doubt + (size_t)at_y * source->width + (size_t)x0;
        is_clipped = memchr(doubt, PIXEL_CLIPPED, (size_t)(end_x - x0)) != NULL;
    }
    if (!is_clipped) {
        return false;
    }
    place->work = work;
    place->column = column;
    place->row = row;
    place->x = (uint32_t)x0;
    place->y = (uint32_t)y0;
    place->width = (uint32_t)(end_x - x0);
    place->height = (uint32_t)(end_y - y0);
    return true;
}

/* The pixels of the block itself. */
static void look_at_pixels(struct place *place) {
    const struct clipped_work *work = place->work;
    const struct unjpeg_source *source = work->source;
    struct half_area *area = &place->area;
    const unsigned h = work->half->horizontal, v = work->half->vertical;
    const int64_t x = (int64_t)place->column * SIDE * h - source->offset_x,
                  y = (int64_t)place->row * SIDE * v - source->offset_y;
    area->horizontal = h;
    area->vertical = v;
    area->width = SIDE * h;
    area->height = SIDE * v;
    for (unsigned i = 0; i < area->width * area->height; i++) {
        const int64_t px = x + i % area->width, py = y + i / area->width;
        if (px < 0 || py < 0 || px >= source->width || py >= source->height) {
            area->kind[i] = AREA_OUTSIDE;
            continue;
        }
        const size_t at = (size_t)py * source->width + (size_t)px;
        place->at[i] = at;
        area->kind[i] = source->doubt[at] == PIXEL_CERTAIN ? AREA_CERTAIN : AREA_CLIPPED;
        memcpy(area->rgb[i], source->rgb + 3 * at, 3);
        for (unsigned c = 0; c < 3; c++) {
            area->plane[c][i] = source->plane[c][at];
        }
    }
}

/* The samples around the block, and what those of right blocks say about its means. */
static void look_around(struct place *place) {
    static const int sides[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    const struct clipped_work *work = place->work;
    const struct jpeg_component *component = &work->planes->component[1];
    const struct half_plane *half = work->half;
    struct half_area *area = &place->area;
    size_t at[2][HALF_AROUND];
    float sum[2] = {0, 0};
    for (unsigned i = 0; i < HALF_AROUND; i++) {
        const int64_t x = (int64_t)place->column * SIDE + i - 1, y = (int64_t)place->row * SIDE + i - 1;
        at[0][i] = x < 0 ? 0 : x < half->columns ? (size_t)x : half->columns - 1;
        at[1][i] = y < 0 ? 0 : y < half->rows ? (size_t)y : half->rows - 1;
        area->is_own[0][i] = at[0][i] / SIDE == place->column;
        area->is_own[1][i] = at[1][i] / SIDE == place->row;
        area->own[0][i] = (uint8_t)(at[0][i] % SIDE);
        area->own[1][i] = (uint8_t)(at[1][i] % SIDE);
    }
    for (unsigned c = 0; c < 2; c++) {
        for (unsigned i = 0; i < HALF_AROUND * HALF_AROUND; i++) {
            const uint8_t *row = work->samples[c] + at[1][i / HALF_AROUND] * work->stride;
            area->around[c][i / HALF_AROUND][i % HALF_AROUND] = (float)row[at[0][i % HALF_AROUND]] - 128.0f;
        }
    }
    place->right_around = 0;
    for (unsigned k = 0; k < 4; k++) {
        const int64_t x = (int64_t)place->column + sides[k][0], y = (int64_t)place->row + sides[k][1];
        if (x < 0 || y < 0 || x >= component->columns || y >= component->rows ||
            !work->is_right[(size_t)y * component->columns + (size_t)x]) {
            continue;
        }
        place->right_around++;
        for (unsigned i = 1; i <= SIDE; i++) {
            const unsigned ax = sides[k][0] == 0 ? i : sides[k][0] < 0 ? 0 : SIDE + 1;
            const unsigned ay = sides[k][1] == 0 ? i : sides[k][1] < 0 ? 0 : SIDE + 1;
            sum[0] += area->around[0][ay][ax];
            sum[1] += area->around[1][ay][ax];
        }
    }
    const float count = (float)(SIDE * (place->right_around > 0 ? place->right_around : 1));
    area->usual[0] = sum[0] / count;
    area->usual[1] = sum[1] / count;
}

static bool is_mostly_certain(const struct half_area *area) {
    unsigned certain = 0;
    for (unsigned i = 0; i < area->width * area->height; i++) {
        certain += area->kind[i] == AREA_CERTAIN;
    }
    return 2 * certain > area->width * area->height;
}

/* ---- means ---- */

/* What Cb and Cr add to the difference of the two channels that are clipped least often. */
static void find_sum(const struct half_area *area, float by[2]) {
    unsigned clipped[3] = {0}, most = 0;
    for (unsigned i = 0; i < area->width * area->height; i++) {
        for (unsigned channel = 0; channel < 3 && area->kind[i] == AREA_CLIPPED; channel++) {
            clipped[channel] += area->rgb[i][channel] == 0 || area->rgb[i][channel] == 255;
        }
    }
    for (unsigned channel = 1; channel < 3; channel++) {
        most = clipped[channel] > clipped[most] ? channel : most;
    }
    half_joint_difference(most == 0 ? 1 : 0, most == 2 ? 1 : 2, by);
}

static int nearest(float value) {
    return value < 0 ? (int)(value - 0.5f) : (int)(value + 0.5f);
}

/* Try other means in the blocks: pairs of them that leave the sum as it is, those first that are close to what is usual.
 * Of several with which no pixel inside is wrong, the one is taken with which least is wrong altogether. Returns how much
 * is wrong inside. */
static unsigned try_means(const struct place *place, int16_t block[2][JPEG_BLOCK]) {
    const struct clipped_work *work = place->work;
    const int16_t from[2] = {block[0][0], block[1][0]};
    const int reach = place->right_around > 0 ? MEANS_NEAR : MEANS;
    int16_t best[2] = {from[0], from[1]};
    unsigned fewest = count_inside(place, (const int16_t(*)[JPEG_BLOCK])block, ~0u), least = ~0u, found = 0;
    float by[2];
    find_sum(&place->area, by);
    const float first = by[0] * work->steps[1].size[0], second = by[1] * work->steps[2].size[0];
    const int start = place->right_around == 0
                          ? 0
                          : nearest(8.0f * place->area.usual[0] * work->steps[1].inverse[0] - (float)from[0]);
    for (int n = 0; n <= 2 * reach && found < MEANS_FOUND; n++) {
        const int i = start + (n % 2 == 0 ? -(n / 2) : (n + 1) / 2), j = nearest(-first * (float)i / second);
        for (int k = j - 1; k <= j + 1; k++) {
            const float off = first * (float)i + second * (float)k;
            const int cb = from[0] + i, cr = from[1] + k;
            if (off > MEANS_OFF || off < -MEANS_OFF || cb < -JPEG_LARGEST || cb > JPEG_LARGEST || cr < -JPEG_LARGEST ||
                cr > JPEG_LARGEST) {
                continue;
            }
            block[0][0] = (int16_t)cb;
            block[1][0] = (int16_t)cr;
            const unsigned wrong = count_inside(place, (const int16_t(*)[JPEG_BLOCK])block, fewest > 0 ? fewest : 1);
            unsigned all = ~0u;
            if (wrong == 0) {
                found++;
                put_blocks(place, (const int16_t(*)[JPEG_BLOCK])block);
                all = count_all(place);
            }
            if (wrong < fewest || all < least) {
                fewest = wrong;
                least = all;
                best[0] = block[0][0];
                best[1] = block[1][0];
            }
        }
    }
    block[0][0] = best[0];
    block[1][0] = best[1];
    return fewest;
}

/* ---- sweeps ---- */

static void solve_place(struct place *place, struct half_joint_scratch *scratch, unsigned fewest, uint8_t *is_right) {
    const struct clipped_work *work = place->work;
    int16_t best[2][JPEG_BLOCK], block[2][JPEG_BLOCK];
    for (unsigned c = 0; c < 2; c++) {
        memcpy(best[c], block_at(work, c, place->column, place->row), sizeof best[c]);
    }
    for (unsigned turn = 0; turn < 2 && !*is_right; turn++) {
        const unsigned trust = is_mostly_certain(&place->area) ? HALF_JOINT_TRUSTS - 1 - turn : turn;
        half_joint_guess(scratch, work->steps, &place->area, trust, block);
        *is_right = try_means(place, block) == 0;
        put_blocks(place, (const int16_t(*)[JPEG_BLOCK])block);
        const unsigned wrong = count_all(place);
        if (wrong < fewest || *is_right) {
            fewest = wrong;
            memcpy(best, block, sizeof best);
        }
    }
    put_blocks(place, (const int16_t(*)[JPEG_BLOCK])best);
}

static void visit(const struct clipped_work *work, struct half_joint_scratch *scratch, uint32_t column, uint32_t row) {
    const size_t number = (size_t)row * work->planes->component[1].columns + column;
    struct place place;
    if (work->is_right[number]) {
        return;
    }
    if (!place_open(work, column, row, &place)) {
        work->is_right[number] = 1;
        return;
    }
    look_at_pixels(&place);
    if (work->is_first) { /* where most pixels are clipped, the estimate is right by chance */
        int16_t block[2][JPEG_BLOCK];
        for (unsigned c = 0; c < 2; c++) {
            memcpy(block[c], block_at(work, c, column, row), sizeof block[c]);
        }
        work->is_right[number] =
            is_mostly_certain(&place.area) && count_inside(&place, (const int16_t(*)[JPEG_BLOCK])block, 1) == 0;
        return;
    }
    look_around(&place);
    if (place.right_around + 1 <= work->tried[number] || (place.right_around == 0 && !work->is_anywhere)) {
        return;
    }
    work->tried[number] = (uint8_t)(place.right_around + 1);
    const unsigned wrong = count_all(&place);
    if (wrong > 0) {
        solve_place(&place, scratch, wrong, &work->is_right[number]);
    }
}

static void sweep_row(void *context, size_t round, unsigned worker) {
    const struct clipped_work *work = context;
    const uint32_t row = (uint32_t)round * 2 + work->parity_y;
    for (uint32_t column = work->parity_x; column < work->planes->component[1].columns; column += 2) {
        visit(work, work->scratch[worker], column, row);
    }
}

/* Has hardly any of many blocks come out right? Then the others will not, either. */
static bool is_vain(const struct clipped_work *work, size_t blocks) {
    size_t tried = 0, right = 0;
    for (size_t i = 0; i < blocks; i++) {
        tried += work->tried[i] > 0;
        right += work->tried[i] > 0 && work->is_right[i];
    }
    return tried >= FEW_TRIED && right * VAIN_SHARE < tried;
}

enum bswz_status half_clipped_solve(const struct unjpeg_source *source, struct jpeg_planes *planes,
                                    const struct half_plane *half, uint8_t *const samples[2],
                                    struct bswz_error *error) {
    const struct jpeg_component *component = &planes->component[1];
    const size_t blocks = (size_t)component->columns * component->rows;
    const unsigned threads = source->pool == NULL ? 1 : worker_pool_threads(source->pool);
    struct clipped_work work = {.source = source,
                                .planes = planes,
                                .half = half,
                                .samples = samples,
                                .stride = (size_t)SIDE * component->columns,
                                .is_right = bswz_allocate_zero(blocks, 1),
                                .tried = bswz_allocate_zero(blocks, 1),
                                .scratch = bswz_allocate_zero(threads, sizeof *work.scratch)};
    enum bswz_status status =
        work.is_right != NULL && work.tried != NULL && work.scratch != NULL ? BSWZ_OK : bswz_no_memory(error);
    for (unsigned i = 0; i < threads && status == BSWZ_OK; i++) {
        status = half_joint_scratch_create(&work.scratch[i], error);
    }
    for (unsigned c = 0; c < 3; c++) {
        block_steps_set(&work.steps[c], planes->component[c].step);
    }
    /* blocks of a turn have no pixel in common */
    for (unsigned turn = 0; turn < 4 * (1 + SWEEPS) && status == BSWZ_OK && !is_vain(&work, blocks); turn++) {
        work.parity_x = turn % 2;
        work.parity_y = turn / 2 % 2;
        work.is_first = turn < 4;
        work.is_anywhere = turn >= 4 * (1 + SWEEPS - SWEEPS_ANYWHERE);
        loop_run(source->pool, (component->rows - work.parity_y + 1) / 2, sweep_row, &work);
    }
    for (unsigned i = 0; i < threads && work.scratch != NULL; i++) {
        half_joint_scratch_free(work.scratch[i]);
    }
    free(work.scratch);
    free(work.tried);
    free(work.is_right);
    return status;
}
