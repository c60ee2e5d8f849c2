/* SPDX-License-Identifier: MIT */
/*
 * The input of a lattice pass: interpolations and differences of known pixels.
 *
 * scripts/training/lattice.py is its counterpart, with which the networks were trained.
 */
#include "model/lattice.h"

#include "base/widths.h"

#include <string.h>

enum {
    HALO_SIDE = NET_TILE + 2 * (NET_MAX_DEPTH + 1), /* positions in the input of a tile, in each direction */
    KNOWN_SIDE = HALO_SIDE + 1                      /* plus one more neighbour */
};

/* Known pixels around a tile: a or d of one plane, with edges repeated. */
struct known {
    uint8_t value[KNOWN_SIDE][KNOWN_SIDE];
};

struct lattice lattice_at_level(uint8_t *const *plane, unsigned planes, uint32_t width, uint32_t height,
                                unsigned level) {
    struct lattice lattice = {.planes = planes, .row_stride = width, .step = 1u << level};
    for (unsigned c = 0; c < planes; c++) {
        lattice.plane[c] = plane[c];
    }
    lattice.width = (uint32_t)(((uint64_t)width + lattice.step - 1) >> level);
    lattice.height = (uint32_t)(((uint64_t)height + lattice.step - 1) >> level);
    return lattice;
}

uint32_t lattice_cells(uint32_t size, unsigned pass) {
    return pass == PASS_ONE ? size / 2 : size / 2 + size % 2;
}

bool lattice_pixel(const struct lattice *lattice, unsigned pass, unsigned set, uint32_t cell_row, uint32_t cell_column,
                   uint32_t *row, uint32_t *column) {
    *row = 2 * cell_row + (pass == PASS_ONE || set == 1 ? 1 : 0);
    *column = 2 * cell_column + (pass == PASS_ONE || set == 0 ? 1 : 0);
    return *row < lattice->height && *column < lattice->width;
}

/* value[y][x] = a (odd 0) or d (odd 1) of the cell (row + y, column + x), clamped to the picture. A picture of one
 * row or column has no d; its a is used instead. */
static ALWAYS_INLINE void gather(const struct lattice *lattice, unsigned plane, unsigned odd, int64_t row,
                                 int64_t column, unsigned rows, unsigned columns, struct known *known) {
    if (lattice->height < 2 || lattice->width < 2) {
        odd = 0;
    }
    const int64_t last_row = lattice_cells(lattice->height, odd ? PASS_ONE : PASS_TWO) - 1;
    const int64_t last_column = lattice_cells(lattice->width, odd ? PASS_ONE : PASS_TWO) - 1;
    size_t offset[KNOWN_SIDE];
    for (unsigned x = 0; x < columns; x++) {
        int64_t at = column + x;
        at = at < 0 ? 0 : at > last_column ? last_column : at;
        offset[x] = (size_t)(2 * at + odd) * lattice->step;
    }
    const bool inside = lattice->step == 1 && column >= 0 && column + columns - 1 <= last_column;
    for (unsigned y = 0; y < rows; y++) {
        int64_t at = row + y;
        at = at < 0 ? 0 : at > last_row ? last_row : at;
        const uint8_t *from = lattice->plane[plane] + (size_t)(2 * at + odd) * lattice->step * lattice->row_stride;
        uint8_t *to = known->value[y];
        if (inside) { /* most tiles: a loop that compilers optimise well */
            from += offset[0];
            for (unsigned x = 0; x < columns; x++) {
                to[x] = from[2 * (size_t)x];
            }
        } else {
            for (unsigned x = 0; x < columns; x++) {
                to[x] = from[offset[x]];
            }
        }
    }
}

static ALWAYS_INLINE int mean(int p, int q, int r, int s) {
    return (p + q + r + s + 2) >> 2;
}

enum {
    FIELDS = 16,     /* of a position: 15 in pass 2, and as many planes of inputs */
    ONE_PLANES = 10, /* in pass 1 */
    ROW = (HALO_SIDE + 7) / 8 * 8
};

/* A row of positions, value next to value, so that all of it is computed in vectors. */
struct input_row {
    int16_t field[FIELDS][ROW];
};

/* The inputs from one colour plane for pass 1: interpolation of d, differences of a to the right and down; a's
 * array starts at the tile's first halo position. */
static ALWAYS_INLINE void input_one(const struct known *a, unsigned y, unsigned columns, unsigned plane,
                                    struct input_row *row) {
    const uint8_t *here = a->value[y], *below = a->value[y + 1];
    int16_t(*to)[ROW] = row->field + plane;
    for (unsigned x = 0; x < columns; x++) {
        to[0][x] = (int16_t)(mean(here[x], here[x + 1], below[x], below[x + 1]) - 128);
        to[3][x] = (int16_t)(here[x + 1] - here[x]);
        to[6][x] = (int16_t)(below[x] - here[x]);
    }
}

/* For pass 2: interpolations of b and c, differences of d to three of its corners. d's array starts one row and
 * column before a's. */
static ALWAYS_INLINE void input_two(const struct known *a, const struct known *d, unsigned y, unsigned columns,
                                    unsigned plane, struct input_row *row) {
    const uint8_t *here = a->value[y], *below = a->value[y + 1];
    const uint8_t *above = d->value[y] + 1, *before = d->value[y + 1], *centre = before + 1;
    int16_t(*to)[ROW] = row->field + plane;
    for (unsigned x = 0; x < columns; x++) {
        to[0][x] = (int16_t)(mean(here[x], here[x + 1], above[x], centre[x]) - 128);
        to[3][x] = (int16_t)(mean(here[x], below[x], before[x], centre[x]) - 128);
        to[6][x] = (int16_t)(centre[x] - here[x]);
        to[9][x] = (int16_t)(centre[x] - here[x + 1]);
        to[12][x] = (int16_t)(centre[x] - below[x]);
    }
}

/* Position next to position; compilers make shuffles of this. */
static ALWAYS_INLINE void interleave(const struct input_row *restrict row, int16_t (*restrict to)[FIELDS]) {
    for (unsigned x = 0; x < ROW; x++) {
        for (unsigned f = 0; f < FIELDS; f++) {
            to[x][f] = row->field[f][x];
        }
    }
}

/* The interpolations of a row of the tile itself. */
static ALWAYS_INLINE void put_base(const struct input_row *row, unsigned halo, unsigned set, unsigned columns,
                                   unsigned planes, uint8_t (*base)[3]) {
    for (unsigned x = 0; x < columns; x++) {
        for (unsigned c = 0; c < planes; c++) {
            base[x][c] = (uint8_t)(row->field[3 * set + c][halo + x] + 128);
        }
    }
}

static ALWAYS_INLINE void lattice_input_body(const struct lattice *lattice, const struct net *net,
                                             const struct lattice_tile *tile, struct net_scratch *scratch,
                                             uint8_t base[][NET_TILE * NET_TILE][3]) {
    const unsigned halo = net->halo, rows = tile->rows + 2 * halo, columns = tile->columns + 2 * halo;
    const int64_t row = (int64_t)tile->row - halo, column = (int64_t)tile->column - halo;
    struct known a[3], d[3];
    struct input_row fields;
    int16_t positions[ROW][FIELDS];
    memset(&fields, 0, sizeof fields);
    for (unsigned c = 0; c < lattice->planes; c++) {
        gather(lattice, c, 0, row, column, rows + 1, columns + 1, &a[c]);
        if (tile->pass != PASS_ONE) {
            gather(lattice, c, 1, row - 1, column - 1, rows + 1, columns + 1, &d[c]);
        }
    }
    int16_t *input = scratch->input;
    for (unsigned y = 0; y < rows; y++) {
        for (unsigned c = 0; c < lattice->planes; c++) {
            if (tile->pass == PASS_ONE) {
                input_one(&a[c], y, columns, c, &fields);
            } else {
                input_two(&a[c], &d[c], y, columns, c, &fields);
            }
        }
        interleave(&fields, positions);
        if (tile->pass == PASS_ONE) {
            for (unsigned x = 0; x < columns; x++, input += ONE_PLANES) {
                memcpy(input, positions[x], ONE_PLANES * sizeof *input);
            }
        } else {
            memcpy(input, positions, columns * sizeof *positions);
            input += columns * FIELDS;
        }
        for (unsigned set = 0; set <= tile->pass && y >= halo && y < halo + tile->rows; set++) {
            put_base(&fields, halo, set, tile->columns, lattice->planes, base[set] + (y - halo) * tile->columns);
        }
    }
}

FOR_WIDTHS(, void, lattice_input,
           (const struct lattice *lattice, const struct net *net, const struct lattice_tile *tile,
            struct net_scratch *scratch, uint8_t base[][NET_TILE * NET_TILE][3]),
           (lattice, net, tile, scratch, base))
