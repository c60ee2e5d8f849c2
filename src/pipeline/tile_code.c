/*
 * Coding one tile (tile_code.h).
 *
 * Pixels are numbered cell by cell, row by row, and within a cell b before c; a
 * pixel's number chooses its lane of the ANS stack.  The decoder pops them in this
 * order and the encoder pushes them in the reverse.
 */
#include "pipeline/tile_code.h"

#include "allocate.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS = NET_TILE * NET_TILE };

enum bswz_status tile_slot_create(struct tile_slot *slot, bool pushing, bool popping, struct bswz_error *error) {
    memset(slot, 0, sizeof *slot);
    if (pushing) {
        slot->prepared = bswz_allocate((size_t)LATTICE_MAX_SETS * CELLS, sizeof *slot->prepared);
    }
    if (popping) {
        slot->awaited = bswz_allocate((size_t)LATTICE_MAX_SETS * CELLS, sizeof *slot->awaited);
    }
    if ((pushing && slot->prepared == NULL) || (popping && slot->awaited == NULL)) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the tiles");
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

/* The JPEG grid position of the first position of the first layer's outputs, which
 * begin halo - 1 cells before the tile. */
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
    net_evaluate(net, context->model->kernel, context->head, grid_of(context, job, net->halo), job->tile.rows,
                 job->tile.columns, scratch);
}

/* Correct scratch->outputs where the picture says so. */
static void correct(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch) {
    if (context->correction != NULL && job->level < CORRECTION_LEVELS &&
        context->correction->pass[job->level][job->tile.pass].present) {
        correction_apply(&context->correction->pass[job->level][job->tile.pass], job->tile.pass + 1,
                         job->tile.rows * job->tile.columns, net_output_stride(tile_net(context, job)),
                         scratch->outputs);
    }
}

/* Of `count` cells from number first on, those whose pixel at 2 * cell + odd exists. */
static unsigned cells_present(uint32_t first, unsigned count, unsigned odd, uint32_t size) {
    const uint64_t end = ((uint64_t)size + 1 - odd) / 2;
    return end >= (uint64_t)first + count ? count : (unsigned)(end - first);
}

/* The pixels of one set of a tile: how many cells have one, and where the first lies. */
struct tile_pixels {
    unsigned rows, columns;
    uint32_t row, column; /* in x^i */
};

static struct tile_pixels pixels_of(const struct lattice *lattice, const struct lattice_tile *tile, unsigned set) {
    struct tile_pixels pixels = {0};
    lattice_pixel(lattice, tile->pass, set, tile->row, tile->column, &pixels.row, &pixels.column);
    pixels.rows = cells_present(tile->row, tile->rows, pixels.row & 1, lattice->height);
    pixels.columns = cells_present(tile->column, tile->columns, pixels.column & 1, lattice->width);
    return pixels;
}

/* Has every cell all its pixels? Only at odd edges are some missing. */
static bool is_complete(const struct lattice *lattice, const struct lattice_tile *tile) {
    bool complete = true;
    for (unsigned set = 0; set <= tile->pass; set++) {
        const struct tile_pixels pixels = pixels_of(lattice, tile, set);
        complete = complete && pixels.rows == tile->rows && pixels.columns == tile->columns;
    }
    return complete;
}

/* A set's pixels, cell by cell; 0 where there is none. */
static void read_pixels(const struct lattice *lattice, const struct lattice_tile *tile, unsigned set,
                        unsigned channels, uint8_t (*pixel)[3]) {
    const struct tile_pixels pixels = pixels_of(lattice, tile, set);
    const size_t step = 2 * (size_t)lattice->step;
    if (pixels.rows < tile->rows || pixels.columns < tile->columns) {
        memset(pixel, 0, CELLS * sizeof *pixel);
    }
    for (unsigned y = 0; y < pixels.rows; y++) {
        uint8_t (*to)[3] = pixel + y * tile->columns;
        for (unsigned c = 0; c < channels; c++) {
            const uint8_t *from = lattice_sample(lattice, c, pixels.row + 2 * y, pixels.column);
            for (unsigned x = 0; x < pixels.columns; x++, from += step) {
                to[x][c] = *from;
            }
        }
    }
}

/* Are a tile's pixels those in the planes? pixel[cell * sets + set]. */
static bool are_pixels(const struct lattice *lattice, const struct lattice_tile *tile, unsigned channels,
                       uint8_t (*pixel)[3]) {
    const unsigned sets = tile->pass + 1;
    const size_t step = 2 * (size_t)lattice->step;
    unsigned differences = 0;
    for (unsigned set = 0; set < sets; set++) {
        const struct tile_pixels pixels = pixels_of(lattice, tile, set);
        for (unsigned y = 0; y < pixels.rows; y++) {
            for (unsigned c = 0; c < channels; c++) {
                const uint8_t *popped = pixel[y * tile->columns * sets + set] + c;
                const uint8_t *known = lattice_sample(lattice, c, pixels.row + 2 * y, pixels.column);
                for (unsigned x = 0; x < pixels.columns; x++, popped += sizeof *pixel * sets, known += step) {
                    differences |= *popped ^ *known;
                }
            }
        }
    }
    return differences == 0;
}

/* The same way, to the planes. */
static void write_pixels(const struct lattice *lattice, const struct lattice_tile *tile, unsigned channels,
                         uint8_t (*pixel)[3]) {
    const unsigned sets = tile->pass + 1;
    const size_t step = 2 * (size_t)lattice->step;
    for (unsigned set = 0; set < sets; set++) {
        const struct tile_pixels pixels = pixels_of(lattice, tile, set);
        for (unsigned y = 0; y < pixels.rows; y++) {
            for (unsigned c = 0; c < channels; c++) {
                const uint8_t *from = pixel[y * tile->columns * sets + set] + c;
                uint8_t *to = lattice_sample(lattice, c, pixels.row + 2 * y, pixels.column);
                for (unsigned x = 0; x < pixels.columns; x++, from += sizeof *pixel * sets, to += step) {
                    *to = *from;
                }
            }
        }
    }
}

void tile_evaluate(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                   const struct tile_slot *slot) {
    const struct net *net = tile_net(context, job);
    const struct lattice_tile *tile = &job->tile;
    const struct mixture_coder *mixture = context->model->kernel->mixture;
    const struct lattice lattice = tile_lattice(context, job->level);
    const unsigned sets = tile->pass + 1;
    uint8_t base[LATTICE_MAX_SETS][CELLS][3], pixel[CELLS][3];
    tile_predict(context, job, scratch, base);
    correct(context, job, scratch);
    for (unsigned set = 0; set < sets; set++) {
        const struct mixture_batch batch = {.outputs = scratch->outputs + set * MIXTURE_OUTPUTS,
                                            .stride = net_output_stride(net),
                                            .growth = net_growth(net, context->head),
                                            .channels = tile_channels(context, job->level),
                                            .base = base[set],
                                            .count = (size_t)tile->rows * tile->columns};
        if (slot->prepared != NULL) {
            read_pixels(&lattice, tile, set, batch.channels, pixel);
            mixture->prepare(&batch, pixel, slot->prepared + set, sets);
        }
        if (slot->awaited != NULL) {
            mixture->await(&batch, slot->awaited + set, sets);
        }
    }
}

void tile_push(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans) {
    const struct lattice_tile *tile = &job->tile;
    const struct lattice lattice = tile_lattice(context, job->level);
    const unsigned sets = tile->pass + 1, channels = tile_channels(context, job->level);
    const unsigned count = tile->rows * tile->columns * sets;
    if (is_complete(&lattice, tile)) {
        mixture_push_run(ans, 0, channels, slot->prepared, count);
        return;
    }
    for (unsigned number = count; number-- > 0;) {
        unsigned cell = number / sets, set = number % sets;
        uint32_t row, column;
        if (lattice_pixel(&lattice, tile->pass, set, tile->row + cell / tile->columns,
                          tile->column + cell % tile->columns, &row, &column)) {
            mixture_push_run(ans, number, channels, &slot->prepared[number], 1);
        }
    }
}

/* A run of the tile's pixels from number `first` on; *index_bits only grows where bits are counted. */
static void pop_pixels(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
                       struct ans *ans, unsigned first, unsigned count, uint8_t (*pixel)[3], double *index_bits) {
    const struct mixture_growth *growth = net_growth(tile_net(context, job), context->head);
    const unsigned channels = tile_channels(context, job->level);
    if (context->account == NULL) {
        context->model->kernel->mixture->pop_run(ans, first, channels, growth, slot->awaited + first, count, pixel + first);
    } else {
        mixture_pop_run_counted(ans, first, channels, growth, slot->awaited + first, count, pixel + first, index_bits);
    }
}

static void pop_tile(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
                     struct ans *ans, uint8_t (*pixel)[3]) {
    const struct lattice_tile *tile = &job->tile;
    const struct lattice lattice = tile_lattice(context, job->level);
    const unsigned sets = tile->pass + 1, count = tile->rows * tile->columns * sets;
    const double before = account_content(context->account, ans);
    double index_bits = 0.0;
    if (is_complete(&lattice, tile)) {
        pop_pixels(context, job, slot, ans, 0, count, pixel, &index_bits);
    } else {
        for (unsigned number = 0; number < count; number++) {
            unsigned cell = number / sets, set = number % sets;
            uint32_t row, column;
            if (lattice_pixel(&lattice, tile->pass, set, tile->row + cell / tile->columns,
                              tile->column + cell % tile->columns, &row, &column)) {
                pop_pixels(context, job, slot, ans, number, 1, pixel, &index_bits);
            }
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
    uint8_t pixel[LATTICE_MAX_SETS * CELLS][3];
    pop_tile(context, job, slot, ans, pixel);
    write_pixels(&lattice, &job->tile, tile_channels(context, job->level), pixel);
}

bool tile_pops(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans) {
    const struct lattice lattice = tile_lattice(context, job->level);
    uint8_t pixel[LATTICE_MAX_SETS * CELLS][3];
    pop_tile(context, job, slot, ans, pixel);
    return are_pixels(&lattice, &job->tile, tile_channels(context, job->level), pixel);
}

void tile_guess(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch) {
    const struct lattice_tile *tile = &job->tile;
    const struct lattice lattice = tile_lattice(context, job->level);
    const unsigned sets = tile->pass + 1, count = tile->rows * tile->columns;
    uint8_t base[LATTICE_MAX_SETS][CELLS][3], pixel[LATTICE_MAX_SETS * CELLS][3];
    lattice_input(&lattice, tile_net(context, job), tile, scratch, base);
    for (unsigned set = 0; set < sets; set++) {
        for (unsigned cell = 0; cell < count; cell++) {
            memcpy(pixel[cell * sets + set], base[set][cell], sizeof *pixel);
        }
    }
    write_pixels(&lattice, tile, tile_channels(context, job->level), pixel);
}

unsigned tile_pixel_count(const struct tile_context *context, const struct tile_job *job) {
    const struct lattice lattice = tile_lattice(context, job->level);
    unsigned count = 0;
    for (unsigned set = 0; set <= job->tile.pass; set++) {
        const struct tile_pixels pixels = pixels_of(&lattice, &job->tile, set);
        count += pixels.rows * pixels.columns;
    }
    return count;
}
