/* SPDX-License-Identifier: MIT */
/*
 * Coding one tile (tile_code.h).
 *
 * A pass codes one set of pixels, or two, b before c. Each set is a run on the ANS stack (mixture.h), with those of its
 * pixels that exist, row by row. The decoder pops them in this order and the encoder pushes them in the reverse.
 */
#include "pyramid/tile_code.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS = NET_TILE * NET_TILE, TILE_ROWS = CELLS / MIXTURE_ROW };

enum bswz_status tile_slot_create(struct tile_slot *slot, bool pushing, bool popping, struct bswz_error *error) {
    memset(slot, 0, sizeof *slot);
    if (pushing) {
        slot->prepared = bswz_allocate((size_t)LATTICE_MAX_SETS * TILE_ROWS, sizeof *slot->prepared);
    }
    if (popping) {
        slot->awaited = bswz_allocate((size_t)LATTICE_MAX_SETS * TILE_ROWS, sizeof *slot->awaited);
    }
    if ((pushing && slot->prepared == NULL) || (popping && slot->awaited == NULL)) {
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void tile_slot_free(struct tile_slot *slot) {
    free(slot->awaited);
    free(slot->prepared);
    memset(slot, 0, sizeof *slot);
}

const struct net *tile_net(const struct tile_context *context, const struct tile_job *job) {
    return &context->model->nets[context->model->level_net[context->head][job->level]][job->tile.pass];
}

struct lattice tile_lattice(const struct tile_context *context, unsigned level) {
    return lattice_at_level((uint8_t *const *)context->plane, context->planes, context->width, context->height,
                            level - context->finest);
}

unsigned tile_channels(const struct tile_context *context, unsigned level) {
    return context->planes == 1 || (context->half_chroma && level == 0) ? 1 : 3;
}

/* The position in the JPEG grid of the first output of the first layer. These outputs begin halo - 1 cells before the
 * tile. */
static struct net_grid grid_of(const struct tile_context *context, const struct tile_job *job, unsigned halo) {
    struct net_grid grid = {.present = context->grid_phase >= 0};
    if (grid.present) {
        const unsigned phase = (unsigned)context->grid_phase;
        grid.step = (2u << job->level) & 7;
        /* modulo 8; 8 * step makes differences positive */
        grid.row = (grid.step * (job->tile.row - halo + 1) + 8 - phase / 8) & 7;
        grid.column = (grid.step * (job->tile.column - halo + 1) + 8 - phase % 8) & 7;
    }
    return grid;
}

void tile_predict(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                  uint8_t base[][NET_TILE * NET_TILE][3]) {
    const struct net *net = tile_net(context, job);
    const struct lattice lattice = tile_lattice(context, job->level);
    lattice_input(&lattice, net, &job->tile, scratch, base);
    net_evaluate(net, context->model->engine->kernel, context->head, grid_of(context, job, net->halo), job->tile.rows,
                 job->tile.columns, scratch);
}

void tile_correct(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch) {
    if (context->correction != NULL && job->level < CORRECTION_LEVELS &&
        context->correction->pass[job->level][job->tile.pass].present) {
        correction_apply(&context->correction->pass[job->level][job->tile.pass], context->model->engine->kernel,
                         job->tile.pass + 1, job->tile.rows * job->tile.columns,
                         net_output_stride(tile_net(context, job)), scratch->outputs);
    }
}

/* How many of `count` cells from number first on have a pixel at 2 * cell + odd. */
static unsigned cells_present(uint32_t first, unsigned count, unsigned odd, uint32_t size) {
    const uint64_t end = ((uint64_t)size + 1 - odd) / 2;
    return end >= (uint64_t)first + count ? count : (unsigned)(end - first);
}

/* How many pixels of a tile are known: all, none or some. */
static enum known_extent extent_known(const struct tile_context *context, const struct tile_job *job,
                                      const struct lattice *lattice) {
    const uint32_t row = 2 * job->tile.row, column = 2 * job->tile.column;
    const uint32_t rows = lattice->height - row, columns = lattice->width - column;
    return known_extent(&context->known, job->level, row, column, rows < 2 * job->tile.rows ? rows : 2 * job->tile.rows,
                        columns < 2 * job->tile.columns ? columns : 2 * job->tile.columns);
}

enum known_extent tile_extent_known(const struct tile_context *context, const struct tile_job *job) {
    const struct lattice lattice = tile_lattice(context, job->level);
    return extent_known(context, job, &lattice);
}

/* The pixels of one set of a tile: how many cells have one, where the first one is, and how many of them are coded. */
struct tile_pixels {
    unsigned rows, columns;
    uint32_t row, column; /* in x^i */
    unsigned level, count;
    const struct known_blocks *known; /* NULL: all are coded */
};

static bool is_coded(const struct tile_pixels *pixels, unsigned y, unsigned x) {
    return pixels->known == NULL ||
           !known_at(pixels->known, pixels->level, pixels->row + 2 * y, pixels->column + 2 * x);
}

static struct tile_pixels pixels_of(const struct tile_context *context, const struct tile_job *job,
                                    const struct lattice *lattice, unsigned set) {
    const struct lattice_tile *tile = &job->tile;
    struct tile_pixels pixels = {.level = job->level};
    lattice_pixel(lattice, tile->pass, set, tile->row, tile->column, &pixels.row, &pixels.column);
    pixels.rows = cells_present(tile->row, tile->rows, pixels.row & 1, lattice->height);
    pixels.columns = cells_present(tile->column, tile->columns, pixels.column & 1, lattice->width);
    if (extent_known(context, job, lattice) == KNOWN_NOTHING) {
        pixels.count = pixels.rows * pixels.columns;
        return pixels;
    }
    pixels.known = &context->known;
    for (unsigned y = 0; y < pixels.rows; y++) {
        for (unsigned x = 0; x < pixels.columns; x++) {
            pixels.count += is_coded(&pixels, y, x);
        }
    }
    return pixels;
}

/* Read the coded pixels of a set, one after another. */
static void read_pixels(const struct lattice *lattice, const struct tile_pixels *pixels, unsigned channels,
                        uint8_t (*pixel)[3]) {
    for (unsigned y = 0; y < pixels->rows; y++) {
        for (unsigned x = 0; x < pixels->columns; x++) {
            if (is_coded(pixels, y, x)) {
                for (unsigned c = 0; c < channels; c++) {
                    (*pixel)[c] = *lattice_sample(lattice, c, pixels->row + 2 * y, pixels->column + 2 * x);
                }
                pixel++;
            }
        }
    }
}

/* Are these the pixels in the planes? */
static bool are_pixels(const struct lattice *lattice, const struct tile_pixels *pixels, unsigned channels,
                       uint8_t (*pixel)[3]) {
    uint8_t known[CELLS][3];
    unsigned differences = 0;
    read_pixels(lattice, pixels, channels, known);
    for (unsigned i = 0; i < pixels->count; i++) {
        for (unsigned c = 0; c < channels; c++) {
            differences |= pixel[i][c] ^ known[i][c];
        }
    }
    return differences == 0;
}

/* All of them are coded: plane by plane, a row at a time. */
static void write_rows(const struct lattice *lattice, const struct tile_pixels *pixels, unsigned channels,
                       uint8_t (*pixel)[3]) {
    const size_t apart = 2 * (size_t)lattice->step;
    for (unsigned y = 0; y < pixels->rows; y++, pixel += pixels->columns) {
        for (unsigned c = 0; c < channels; c++) {
            uint8_t *to = lattice_sample(lattice, c, pixels->row + 2 * y, pixels->column);
            for (unsigned x = 0; x < pixels->columns; x++, to += apart) {
                *to = pixel[x][c];
            }
        }
    }
}

/* Write them to the planes in the same order. */
static void write_pixels(const struct lattice *lattice, const struct tile_pixels *pixels, unsigned channels,
                         uint8_t (*pixel)[3]) {
    if (pixels->known == NULL && pixels->columns > 0) {
        write_rows(lattice, pixels, channels, pixel);
        return;
    }
    for (unsigned y = 0; y < pixels->rows; y++) {
        for (unsigned x = 0; x < pixels->columns; x++) {
            if (is_coded(pixels, y, x)) {
                for (unsigned c = 0; c < channels; c++) {
                    *lattice_sample(lattice, c, pixels->row + 2 * y, pixels->column + 2 * x) = (*pixel)[c];
                }
                pixel++;
            }
        }
    }
}

/* Remove the items of cells without a coded pixel, and close the gaps. Items have `size` bytes, and are `stride`
 * apart. */
static void drop_cells(void *cells, size_t size, size_t stride, const struct lattice_tile *tile,
                       const struct tile_pixels *pixels) {
    uint8_t *bytes = cells;
    size_t kept = 0;
    if (pixels->columns == tile->columns && pixels->known == NULL) {
        return;
    }
    for (unsigned y = 0; y < pixels->rows; y++) {
        for (unsigned x = 0; x < pixels->columns; x++) {
            if (is_coded(pixels, y, x)) {
                memmove(bytes + kept++ * stride, bytes + (y * tile->columns + x) * stride, size);
            }
        }
    }
}

void tile_evaluate(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                   const struct tile_slot *slot) {
    const struct net *net = tile_net(context, job);
    const struct lattice_tile *tile = &job->tile;
    const struct mixture_coder *mixture = context->model->engine->mixture;
    const struct lattice lattice = tile_lattice(context, job->level);
    uint8_t base[LATTICE_MAX_SETS][CELLS][3], pixel[CELLS][3];
    if (extent_known(context, job, &lattice) == KNOWN_ALL) {
        return;
    }
    tile_predict(context, job, scratch, base);
    tile_correct(context, job, scratch);
    for (unsigned set = 0; set <= tile->pass; set++) {
        const struct tile_pixels pixels = pixels_of(context, job, &lattice, set);
        const struct mixture_batch batch = {.outputs = scratch->outputs + set * MIXTURE_OUTPUTS,
                                            .stride = net_output_stride(net),
                                            .growth = net_growth(net, context->head),
                                            .channels = tile_channels(context, job->level),
                                            .base = base[set],
                                            .count = pixels.count};
        drop_cells(scratch->outputs + set * MIXTURE_OUTPUTS, MIXTURE_OUTPUTS * sizeof *scratch->outputs,
                   batch.stride * sizeof *scratch->outputs, tile, &pixels);
        drop_cells(base[set], sizeof **base, sizeof **base, tile, &pixels);
        if (slot->prepared != NULL) {
            read_pixels(&lattice, &pixels, batch.channels, pixel);
            mixture->prepare(&batch, pixel, slot->prepared + set * TILE_ROWS);
        }
        if (slot->awaited != NULL) {
            mixture->await(&batch, slot->awaited + set * TILE_ROWS);
        }
    }
}

/* The quarter of the tile with coded pixel number i. */
static unsigned quarter_of(const struct tile_pixels *pixels, unsigned i) {
    unsigned y = 0, x = 0;
    if (pixels->known == NULL) {
        y = i / pixels->columns;
        x = i % pixels->columns;
    } else {
        for (unsigned left = i + 1; left > 0; x++) {
            y += x == pixels->columns;
            x = x == pixels->columns ? 0 : x;
            left -= is_coded(pixels, y, x);
        }
        x--;
    }
    return 2 * (unsigned)(y >= NET_TILE / 2) + (unsigned)(x >= NET_TILE / 2);
}

void tile_push(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans, int64_t quarters[4]) {
    const struct lattice lattice = tile_lattice(context, job->level);
    for (unsigned set = job->tile.pass + 1; set-- > 0;) {
        const struct tile_pixels pixels = pixels_of(context, job, &lattice, set);
        const struct mixture_coder *mixture = context->model->engine->mixture;
        const struct prepared_row *prepared = slot->prepared + set * TILE_ROWS;
        const unsigned channels = tile_channels(context, job->level);
        if (quarters == NULL) {
            mixture->push_run(ans, channels, prepared, pixels.count);
            continue;
        }
        /* a row is a whole number of groups: the same run, in parts */
        for (unsigned row = (unsigned)mixture_rows(pixels.count); row-- > 0;) {
            const unsigned first = row * MIXTURE_ROW, left = pixels.count - first;
            const uint64_t before = ans_whole_bits(ans);
            mixture->push_run(ans, channels, prepared + row, left < MIXTURE_ROW ? left : MIXTURE_ROW);
            quarters[quarter_of(&pixels, first)] += (int64_t)(ans_whole_bits(ans) - before);
        }
    }
}

void tile_count_pixel(const struct tile_context *context, unsigned level, uint32_t row, uint32_t column, double bits) {
    const struct cost_place *place = &context->account->place;
    /* next to a block that is known there may be others, which have none of these bits */
    const unsigned most = context->known.map != NULL && level > COST_SHIFT ? COST_SHIFT : level;
    cost_add(place, (int64_t)column << level, (int64_t)row << level, (uint64_t)1 << most, (uint64_t)1 << most,
             (enum cost_kind)(COST_PLANES + place->origin), bits);
}

/* The bits of each coded pixel of a set. */
static void count_pixels(const struct tile_context *context, const struct tile_pixels *pixels, const double *bits) {
    for (unsigned y = 0; y < pixels->rows; y++) {
        for (unsigned x = 0; x < pixels->columns; x++) {
            if (is_coded(pixels, y, x)) {
                tile_count_pixel(context, pixels->level, pixels->row + 2 * y, pixels->column + 2 * x, *bits++);
            }
        }
    }
}

/* mixture->pop_run, by the plain code, and counted. */
static void pop_counted(const struct tile_context *context, struct ans *ans, unsigned channels,
                        const struct mixture_growth *growth, const struct awaited_row *awaited,
                        const struct tile_pixels *pixels, uint8_t (*pixel)[3], double *index_bits) {
    double each[CELLS];
    struct popped_bits bits = {.each = account_place(context->account) != NULL ? each : NULL};
    mixture_pop_run_counted(ans, channels, growth, awaited, pixels->count, pixel, &bits);
    *index_bits += bits.index;
    if (bits.each != NULL && !ans->failed) {
        count_pixels(context, pixels, each);
    }
}

/* pixel[set]: the coded pixels of a set. */
static void pop_tile(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
                     struct ans *ans, uint8_t (*pixel)[CELLS][3]) {
    const struct lattice lattice = tile_lattice(context, job->level);
    const struct mixture_growth *growth = net_growth(tile_net(context, job), context->head);
    const unsigned channels = tile_channels(context, job->level);
    const double before = account_content(context->account, ans);
    double index_bits = 0.0;
    for (unsigned set = 0; set <= job->tile.pass; set++) {
        const struct tile_pixels pixels = pixels_of(context, job, &lattice, set);
        const struct awaited_row *awaited = slot->awaited + set * TILE_ROWS;
        if (context->account == NULL) {
            context->model->engine->mixture->pop_run(ans, channels, growth, awaited, pixels.count, pixel[set]);
        } else {
            pop_counted(context, ans, channels, growth, awaited, &pixels, pixel[set], &index_bits);
        }
    }
    if (context->account != NULL) {
        context->account->bits[SHARE_INDEX] += index_bits;
        account_popped(context->account, SHARE_LEVEL + job->level, before - index_bits, ans);
    }
}

void tile_pop(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
              struct ans *ans) {
    const struct lattice lattice = tile_lattice(context, job->level);
    uint8_t pixel[LATTICE_MAX_SETS][CELLS][3];
    pop_tile(context, job, slot, ans, pixel);
    for (unsigned set = 0; set <= job->tile.pass; set++) {
        const struct tile_pixels pixels = pixels_of(context, job, &lattice, set);
        write_pixels(&lattice, &pixels, tile_channels(context, job->level), pixel[set]);
    }
}

bool tile_pops(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans) {
    const struct lattice lattice = tile_lattice(context, job->level);
    uint8_t pixel[LATTICE_MAX_SETS][CELLS][3];
    bool same = true;
    pop_tile(context, job, slot, ans, pixel);
    for (unsigned set = 0; set <= job->tile.pass; set++) {
        const struct tile_pixels pixels = pixels_of(context, job, &lattice, set);
        same = are_pixels(&lattice, &pixels, tile_channels(context, job->level), pixel[set]) && same;
    }
    return same;
}

void tile_interpolate(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                      uint8_t base[][NET_TILE * NET_TILE][3]) {
    const struct lattice lattice = tile_lattice(context, job->level);
    lattice_input(&lattice, tile_net(context, job), &job->tile, scratch, base);
}

void tile_guess(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch) {
    const struct lattice_tile *tile = &job->tile;
    const struct lattice lattice = tile_lattice(context, job->level);
    uint8_t base[LATTICE_MAX_SETS][CELLS][3];
    tile_interpolate(context, job, scratch, base);
    for (unsigned set = 0; set <= tile->pass; set++) {
        const struct tile_pixels pixels = pixels_of(context, job, &lattice, set);
        drop_cells(base[set], sizeof **base, sizeof **base, tile, &pixels);
        write_pixels(&lattice, &pixels, tile_channels(context, job->level), base[set]);
    }
}

unsigned tile_pixel_count(const struct tile_context *context, const struct tile_job *job) {
    const struct lattice lattice = tile_lattice(context, job->level);
    unsigned count = 0;
    for (unsigned set = 0; set <= job->tile.pass; set++) {
        count += pixels_of(context, job, &lattice, set).count;
    }
    return count;
}
