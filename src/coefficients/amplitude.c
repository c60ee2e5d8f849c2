/* SPDX-License-Identifier: MIT */
/*
 * One component's amplitudes at the resolution of another (amplitude.h): the DCTs of two neighbouring blocks
 * become that of the means of pairs of samples, by an 8 x 16 matrix.
 */
#include "coefficients/amplitude.h"

#include "threads/loop.h"

#include <string.h>

struct placing {
    const struct jpeg_component *first, *other;
    int16_t (*to)[JPEG_BLOCK];
    bool across, down;     /* is halved in this direction */
    int16_t turned[16][8]; /* the matrix, [from][to] */
};

/* Is a row of a block zero? Most of those of high frequencies are. */
static bool is_zero(const int16_t row[8]) {
    uint64_t half[2];
    memcpy(half, row, sizeof half);
    return (half[0] | half[1]) == 0;
}

/* Add what half a row of a block, its left or right one, says about the halved row. */
static void add_half(const int16_t row[8], const uint16_t step[8], const int16_t (*matrix)[8], int32_t sum[8]) {
    for (unsigned v = 0; v < 8; v++) {
        if (row[v] != 0) {
            const int16_t amplitude = (int16_t)amplitude_of(row[v], step[v]);
            for (unsigned u = 0; u < 8; u++) {
                sum[u] += matrix[v][u] * amplitude;
            }
        }
    }
}

/* A block halved horizontally, from two blocks. */
static void halve_rows(const struct placing *placing, const int16_t left[JPEG_BLOCK], const int16_t right[JPEG_BLOCK],
                       int16_t to[JPEG_BLOCK]) {
    const uint16_t *step = placing->first->step;
    for (unsigned at = 0; at < JPEG_BLOCK; at += 8) {
        if (is_zero(left + at) && is_zero(right + at)) {
            memset(to + at, 0, 8 * sizeof *to);
            continue;
        }
        int32_t sum[8] = {2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048};
        add_half(left + at, step + at, placing->turned, sum);
        add_half(right + at, step + at, placing->turned + 8, sum);
        for (unsigned u = 0; u < 8; u++) {
            to[at + u] = (int16_t)amplitude_clamp(sum[u] >> 12);
        }
    }
}

/* A block halved vertically, from two blocks. */
static void halve_columns(const int16_t upper[JPEG_BLOCK], const int16_t lower[JPEG_BLOCK], int16_t to[JPEG_BLOCK]) {
    int32_t sum[JPEG_BLOCK];
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        sum[i] = 2048;
    }
    for (unsigned v = 0; v < 16; v++) {
        const int16_t *row = v < 8 ? upper + (size_t)8 * v : lower + (size_t)8 * (v - 8);
        if (is_zero(row)) {
            continue;
        }
        for (unsigned u = 0; u < 8; u++) {
            for (unsigned i = 0; i < 8; i++) {
                sum[8 * u + i] += halving[16 * u + v] * row[i];
            }
        }
    }
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        to[i] = (int16_t)amplitude_clamp(sum[i] >> 12);
    }
}

/* The first component's block in a row of its own, in a column of the other's. Beyond the end, the last is repeated. */
static void place_in_row(const struct placing *placing, uint32_t row, uint32_t column, int16_t to[JPEG_BLOCK]) {
    const struct jpeg_component *first = placing->first;
    const int16_t(*block)[JPEG_BLOCK] = (const int16_t(*)[JPEG_BLOCK])first->block + (size_t)row * first->columns;
    if (placing->across) {
        const uint32_t left = 2 * column, right = left + 1 < first->columns ? left + 1 : left;
        halve_rows(placing, block[left], block[right], to);
        return;
    }
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        to[f] = (int16_t)amplitude_of(block[column][f], first->step[f]);
    }
}

/* A row of the other's blocks. */
static void place_row(void *context, size_t row, unsigned worker) {
    (void)worker;
    const struct placing *placing = context;
    const struct jpeg_component *first = placing->first, *other = placing->other;
    const uint32_t rows = placing->down ? (first->rows + 1) / 2 : first->rows;
    const uint32_t across = placing->across ? (first->columns + 1) / 2 : first->columns;
    const uint32_t columns = row >= rows ? 0 : across < other->columns ? across : other->columns;
    int16_t(*to)[JPEG_BLOCK] = placing->to + row * other->columns;
    for (uint32_t column = 0; column < columns; column++) {
        if (placing->down) {
            const uint32_t upper = 2 * (uint32_t)row, lower = upper + 1 < first->rows ? upper + 1 : upper;
            int16_t half[2][JPEG_BLOCK];
            place_in_row(placing, upper, column, half[0]);
            place_in_row(placing, lower, column, half[1]);
            halve_columns(half[0], half[1], to[column]);
        } else {
            place_in_row(placing, (uint32_t)row, column, to[column]);
        }
    }
    memset(to + columns, 0, (other->columns - columns) * sizeof *to);
}

void amplitudes_at(const struct jpeg_component *first, const struct jpeg_component *other, struct worker_pool *pool,
                   int16_t (*to)[JPEG_BLOCK]) {
    struct placing placing = {.first = first,
                              .other = other,
                              .to = to,
                              .across = first->horizontal == 2 * other->horizontal,
                              .down = first->vertical == 2 * other->vertical};
    if ((!placing.across && first->horizontal != other->horizontal) ||
        (!placing.down && first->vertical != other->vertical)) {
        memset(to, 0, (size_t)other->rows * other->columns * sizeof *to);
        return;
    }
    for (unsigned i = 0; i < 16 * 8; i++) {
        placing.turned[i % 16][i / 16] = halving[i];
    }
    loop_run(pool, other->rows, place_row, &placing);
}
