/* SPDX-License-Identifier: MIT */
/*
 * From coefficients to pixels (render.h).
 */
#include "unjpeg/render.h"

#include "base/allocate.h"
#include "origin/colour_conversion.h"
#include "threads/loop.h"
#include "unjpeg/transform.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8u
#define ROWS_AT_ONCE 16u

static uint32_t divide_up(uint32_t number, uint32_t divisor) {
    return (uint32_t)(((uint64_t)number + divisor - 1) / divisor);
}

void render_shape(struct jpeg_planes *planes) {
    const unsigned most_h = planes->component[0].horizontal, most_v = planes->component[0].vertical;
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        component->columns = divide_up(planes->width, SIDE * most_h) * component->horizontal;
        component->rows = divide_up(planes->height, SIDE * most_v) * component->vertical;
    }
}

bool render_can(const struct jpeg_planes *planes) {
    const struct jpeg_component *first = &planes->component[0];
    if ((planes->count != 1 && planes->count != 3) || planes->width == 0 || planes->height == 0 ||
        first->horizontal < 1 || first->vertical < 1 || first->horizontal > 2 || first->vertical > 2 ||
        (planes->count == 1 && first->horizontal * first->vertical != 1)) {
        return false;
    }
    for (unsigned c = 1; c < planes->count; c++) {
        if (planes->component[c].horizontal != 1 || planes->component[c].vertical != 1) {
            return false;
        }
    }
    struct jpeg_planes shaped = *planes;
    render_shape(&shaped);
    for (unsigned c = 0; c < planes->count; c++) {
        if (shaped.component[c].columns != planes->component[c].columns ||
            shaped.component[c].rows != planes->component[c].rows) {
            return false;
        }
    }
    return true;
}

/* ---- blocks ---- */

struct component_work {
    const struct jpeg_component *component;
    uint8_t *out; /* a row of blocks is written by the thread that has it */
};

static void render_blocks(void *context, size_t round, unsigned worker) {
    const struct component_work *work = context;
    const struct jpeg_component *component = work->component;
    const size_t stride = (size_t)SIDE * component->columns;
    (void)worker;
    for (uint32_t column = 0; column < component->columns; column++) {
        uint8_t samples[JPEG_BLOCK];
        transform_to_samples(component->block[round * component->columns + column], component->step, samples);
        for (size_t y = 0; y < SIDE; y++) {
            memcpy(work->out + (round * SIDE + y) * stride + (size_t)SIDE * column, samples + SIDE * y, SIDE);
        }
    }
}

void render_component(const struct jpeg_component *component, struct worker_pool *pool, uint8_t *out) {
    struct component_work work = {component, out};
    loop_run(pool, component->rows, render_blocks, &work);
}

/* ---- upsampling ---- */

static inline int sum_at(const uint8_t *near, const uint8_t *far, uint32_t i) {
    return far == NULL ? near[i] : 3 * near[i] + far[i];
}

void render_row(const uint8_t *samples, size_t stride, uint32_t known_columns, uint32_t known_rows, unsigned horizontal,
                unsigned vertical, uint32_t x, uint32_t y, uint32_t count, uint8_t *out) {
    const uint32_t row = y / vertical < known_rows ? y / vertical : known_rows - 1;
    const uint8_t *near = samples + (size_t)row * stride, *far = NULL;
    if (vertical == 2) {
        const uint32_t other = y % 2 == 0 ? (row > 0 ? row - 1 : 0) : (row + 1 < known_rows ? row + 1 : row);
        far = samples + (size_t)other * stride;
    }
    if (horizontal == 1) {
        for (uint32_t i = 0; i < count; i++) { /* within the known columns */
            out[i] = (uint8_t)(far == NULL ? near[x + i] : (sum_at(near, far, x + i) + 1 + (int)(y % 2)) >> 2);
        }
        return;
    }
    /* rounding: alternately one step less than 1/2, and 1/2 */
    const int even_add = vertical == 2 ? 8 : 1, odd_add = vertical == 2 ? 7 : 2, shift = vertical == 2 ? 4 : 2;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (x + i) / 2;
        const bool is_odd = (x + i) % 2 == 1;
        const uint32_t next = is_odd ? (at + 1 < known_columns ? at + 1 : at) : (at > 0 ? at - 1 : 0);
        const int value = 3 * sum_at(near, far, at) + sum_at(near, far, next);
        out[i] = (uint8_t)((value + (is_odd ? odd_add : even_add)) >> shift);
    }
}

/* ---- pixels ---- */

struct pixel_work {
    const struct jpeg_planes *planes;
    const struct conversion *conversion;
    uint8_t *const *samples; /* of each component */
    uint32_t offset_x, offset_y, width, height;
    uint8_t *rows;   /* [threads][3][width] */
    uint8_t *pixels; /* a row is written by the thread that has it */
};

static void render_rows(void *context, size_t round, unsigned worker) {
    const struct pixel_work *work = context;
    const struct jpeg_planes *planes = work->planes;
    const unsigned horizontal = planes->component[0].horizontal, vertical = planes->component[0].vertical;
    const uint32_t first = (uint32_t)round * ROWS_AT_ONCE;
    const uint32_t end = first + ROWS_AT_ONCE < work->height ? first + ROWS_AT_ONCE : work->height;
    for (uint32_t y = first; y < end; y++) {
        const size_t luma = (size_t)SIDE * planes->component[0].columns;
        const uint8_t *line[3] = {work->samples[0] + (work->offset_y + y) * luma + work->offset_x};
        for (unsigned c = 1; c < planes->count; c++) {
            uint8_t *out = work->rows + ((size_t)3 * worker + c) * work->width;
            render_row(work->samples[c], (size_t)SIDE * planes->component[c].columns,
                       divide_up(planes->width, horizontal), divide_up(planes->height, vertical), horizontal, vertical,
                       work->offset_x, work->offset_y + y, work->width, out);
            line[c] = out;
        }
        if (planes->count == 1) {
            memcpy(work->pixels + (size_t)y * work->width, line[0], work->width);
        } else {
            conversion_forward(work->conversion, line[0], line[1], line[2], work->pixels + (size_t)3 * y * work->width,
                               work->width);
        }
    }
}

enum bswz_status render_pixels(const struct jpeg_planes *planes, uint32_t offset_x, uint32_t offset_y,
                               struct worker_pool *pool, uint8_t *pixels, struct bswz_error *error) {
    struct conversion conversion;
    uint8_t *samples[JPEG_MAX_COMPONENTS] = {NULL};
    struct pixel_work work = {.planes = planes,
                              .conversion = &conversion,
                              .samples = samples,
                              .offset_x = offset_x,
                              .offset_y = offset_y,
                              .width = planes->width - offset_x,
                              .height = planes->height - offset_y,
                              .pixels = pixels};
    enum bswz_status status = BSWZ_OK;
    conversion_prepare(&conversion, ORIGIN_JFIF);
    work.rows = bswz_allocate((size_t)3 * work.width, pool == NULL ? 1 : worker_pool_threads(pool));
    if (work.rows == NULL) {
        status = bswz_no_memory(error);
    }
    for (unsigned c = 0; c < planes->count && status == BSWZ_OK; c++) {
        const struct jpeg_component *component = &planes->component[c];
        samples[c] = bswz_allocate((size_t)component->columns * component->rows, JPEG_BLOCK);
        if (samples[c] == NULL) {
            status = bswz_no_memory(error);
        } else {
            render_component(component, pool, samples[c]);
        }
    }
    if (status == BSWZ_OK) {
        loop_run(pool, divide_up(work.height, ROWS_AT_ONCE), render_rows, &work);
    }
    for (unsigned c = 0; c < planes->count; c++) {
        free(samples[c]);
    }
    free(work.rows);
    return status;
}
