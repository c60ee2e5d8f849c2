/* SPDX-License-Identifier: MIT */
/*
 * The list of the tiles of a band in decoding order, and what each of them must wait for.
 */
#include "base/allocate.h"
#include "pyramid/tiles.h"

#include <stdlib.h>

/* The tiles of one pass, row by row, and where they start in the list. */
struct pass_tiles {
    uint32_t cell_rows, cell_columns; /* cells of the pass */
    size_t rows, columns;             /* of tiles */
    size_t start;
};

static struct pass_tiles pass_tiles(uint32_t width, uint32_t height, unsigned pass, size_t start) {
    struct pass_tiles tiles = {lattice_cells(height, pass), lattice_cells(width, pass), 0, 0, start};
    if (tiles.cell_rows > 0 && tiles.cell_columns > 0) {
        tiles.rows = (tiles.cell_rows - 1) / NET_TILE + 1;
        tiles.columns = (tiles.cell_columns - 1) / NET_TILE + 1;
    }
    return tiles;
}

/* How many tiles of the list must be done before a tile that reads up to this cell of the pass `before`: all tiles up
 * to the one with this cell. */
static size_t done_up_to(const struct pass_tiles *before, uint64_t cell_row, uint64_t cell_column) {
    if (before->rows == 0) {
        return before->start;
    }
    size_t row = (size_t)(cell_row / NET_TILE), column = (size_t)(cell_column / NET_TILE);
    row = row < before->rows ? row : before->rows - 1;
    column = column < before->columns ? column : before->columns - 1;
    return before->start + row * before->columns + column + 1;
}

enum bswz_status tile_jobs_list(const struct bswz_model *model, enum model_head head, uint32_t width, uint32_t height,
                                bool wait_for_level_1, struct tile_job **jobs, size_t *count, size_t *first_of_level_0,
                                struct bswz_error *error) {
    size_t total = 0;
    for (unsigned level = 0; level < model->levels; level++) {
        struct lattice lattice = lattice_at_level(NULL, 0, width, height, level);
        for (unsigned pass = PASS_ONE; pass <= PASS_TWO; pass++) {
            struct pass_tiles tiles = pass_tiles(lattice.width, lattice.height, pass, 0);
            total += tiles.rows * tiles.columns; /* below 2^20 for the largest picture of 2^31 pixels */
        }
    }
    struct tile_job *list = bswz_allocate(total, sizeof *list);
    if (list == NULL) {
        return bswz_no_memory(error);
    }
    *first_of_level_0 = 0;
    size_t at = 0;
    struct pass_tiles before = {0, 0, 0, 0, 0};
    for (unsigned level = model->levels; level-- > 0;) {
        struct lattice lattice = lattice_at_level(NULL, 0, width, height, level);
        if (level == 0) {
            *first_of_level_0 = at;
        }
        for (unsigned pass = PASS_ONE; pass <= PASS_TWO; pass++) {
            struct pass_tiles tiles = pass_tiles(lattice.width, lattice.height, pass, at);
            const unsigned reach = model->nets[model->level_net[head][level]][pass].halo + 1;
            for (size_t i = 0; i < tiles.rows * tiles.columns; i++) {
                struct tile_job *job = &list[at++];
                job->level = level;
                job->tile.pass = pass;
                job->tile.row = (uint32_t)(i / tiles.columns * NET_TILE);
                job->tile.column = (uint32_t)(i % tiles.columns * NET_TILE);
                uint32_t rows = tiles.cell_rows - job->tile.row, columns = tiles.cell_columns - job->tile.column;
                job->tile.rows = rows < NET_TILE ? rows : NET_TILE;
                job->tile.columns = columns < NET_TILE ? columns : NET_TILE;
                uint64_t last_row = (uint64_t)job->tile.row + job->tile.rows + reach;
                uint64_t last_column = (uint64_t)job->tile.column + job->tile.columns + reach;
                /* pass 1 reads a = x^(level + 1), whose pixels are in half as many cells */
                job->ready_after = pass == PASS_TWO ? done_up_to(&before, last_row, last_column)
                                                    : done_up_to(&before, last_row / 2, last_column / 2);
                if (level == 0 && wait_for_level_1 && job->ready_after < *first_of_level_0) {
                    job->ready_after = *first_of_level_0;
                }
            }
            before = tiles;
        }
    }
    *jobs = list;
    *count = total;
    return BSWZ_OK;
}
