/* SPDX-License-Identifier: MIT */
/*
 * Copies of a level in which its pixels have changed places (level_view.h).
 */
#include "pyramid/level_view.h"

#include "base/allocate.h"

#include <stdlib.h>

static void exchange(uint32_t *a, uint32_t *b) {
    const uint32_t c = *a;
    *a = *b;
    *b = c;
}

void level_view_find(const struct level_view *view, uint32_t *row, uint32_t *column) {
    *row = view->down ? view->rows - *row : *row;
    *column = view->across ? view->columns - *column : *column;
    if (view->is_transposed) {
        exchange(row, column);
    }
}

void level_view_source(const struct level_view *view, uint32_t *row, uint32_t *column) {
    if (view->is_transposed) {
        exchange(row, column);
    }
    *row = view->down ? view->rows - *row : *row;
    *column = view->across ? view->columns - *column : *column;
}

/* The first row or column of the JPEG grid, in pixels of the picture modulo 8. */
static uint32_t grid_of(bool is_mirrored, uint32_t sum, unsigned step, unsigned phase) {
    return is_mirrored ? (sum * step + 1 - phase) & 7 : phase;
}

static void place_grid(struct level_view *view, unsigned phase, unsigned step) {
    uint32_t row = grid_of(view->down, view->rows, step, phase / 8);
    uint32_t column = grid_of(view->across, view->columns, step, phase % 8);
    if (view->is_transposed) {
        exchange(&row, &column);
    }
    view->context.grid_phase = (int)(8 * row + column);
}

/* A row or column that the level does not have repeats an a. */
static uint32_t inside(uint32_t at, uint32_t size) {
    return at < size ? at : size - 2;
}

static void copy_plane(const struct level_view *view, const struct lattice *level, unsigned plane, uint8_t *to) {
    for (uint32_t y = 0; y < view->context.height; y++) {
        for (uint32_t x = 0; x < view->context.width; x++) {
            uint32_t row = y, column = x;
            level_view_source(view, &row, &column);
            *to++ = *lattice_sample(level, plane, inside(row, level->height), inside(column, level->width));
        }
    }
}

bool level_view_open(struct level_view *view, const struct tile_context *context, unsigned level, unsigned number) {
    const struct lattice lattice = tile_lattice(context, level);
    *view = (struct level_view){
        .context = *context, .across = number == 0, .down = number == 2, .is_transposed = number > 0};
    struct tile_context *image = &view->context;
    view->rows = lattice.height & ~1u;
    view->columns = lattice.width & ~1u;
    image->finest = level;
    image->height = view->down ? view->rows + 1 : lattice.height;
    image->width = view->across ? view->columns + 1 : lattice.width;
    if (view->is_transposed) {
        exchange(&image->height, &image->width);
    }
    if (context->grid_phase >= 0) {
        place_grid(view, (unsigned)context->grid_phase, 1u << level);
    }
    const size_t samples = (size_t)image->width * image->height;
    view->memory = bswz_allocate(samples, image->planes);
    for (unsigned c = 0; c < image->planes && view->memory != NULL; c++) {
        image->plane[c] = view->memory + c * samples;
        copy_plane(view, &lattice, c, image->plane[c]);
    }
    return view->memory != NULL;
}

void level_view_close(struct level_view *view) {
    free(view->memory);
    view->memory = NULL;
}
