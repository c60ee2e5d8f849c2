/* SPDX-License-Identifier: MIT */
/*
 * One component's amplitudes at the resolution of another (amplitude.h): the DCTs of two neighbouring blocks
 * become that of the means of pairs of samples, by an 8 x 16 matrix.
 */
#include "coefficients/amplitude.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

/* A plane of amplitudes. */
struct amplitudes {
    uint32_t rows, columns;
    int16_t (*block)[JPEG_BLOCK];
};

/* Is a row of a block zero? Most of those of high frequencies are. */
static bool is_zero(const int16_t row[8]) {
    uint64_t half[2];
    memcpy(half, row, sizeof half);
    return (half[0] | half[1]) == 0;
}

/* One row of a block halved horizontally, from the rows of two blocks. */
static void halve_row(const int16_t left[8], const int16_t right[8], int16_t to[8]) {
    if (is_zero(left) && is_zero(right)) {
        memset(to, 0, 8 * sizeof *to);
        return;
    }
    for (unsigned u = 0; u < 8; u++) {
        const int16_t *row = halving + 16 * u;
        int32_t sum = 2048;
        for (unsigned v = 0; v < 8; v++) {
            sum += row[v] * left[v] + row[8 + v] * right[v];
        }
        to[u] = (int16_t)amplitude_clamp(sum >> 12);
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
        for (unsigned u = 0; u < 8 && !is_zero(row); u++) {
            for (unsigned i = 0; i < 8; i++) {
                sum[8 * u + i] += halving[16 * u + v] * row[i];
            }
        }
    }
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        to[i] = (int16_t)amplitude_clamp(sum[i] >> 12);
    }
}

/* Halve the resolution vertically or horizontally. Beyond the end, the last block is repeated. */
static enum bswz_status halve(struct amplitudes *plane, bool vertical, struct bswz_error *error) {
    struct amplitudes half = {vertical ? (plane->rows + 1) / 2 : plane->rows,
                              vertical ? plane->columns : (plane->columns + 1) / 2, NULL};
    half.block = bswz_allocate((size_t)half.rows * half.columns, sizeof *half.block);
    if (half.block == NULL) {
        return bswz_no_memory(error);
    }
    for (uint32_t row = 0; row < half.rows; row++) {
        for (uint32_t column = 0; column < half.columns; column++) {
            size_t first, second;
            if (vertical) {
                const uint32_t next = 2 * row + 1 < plane->rows ? 2 * row + 1 : 2 * row;
                first = (size_t)2 * row * plane->columns + column;
                second = (size_t)next * plane->columns + column;
            } else {
                const uint32_t next = 2 * column + 1 < plane->columns ? 2 * column + 1 : 2 * column;
                first = (size_t)row * plane->columns + 2 * column;
                second = (size_t)row * plane->columns + next;
            }
            int16_t *to = half.block[(size_t)row * half.columns + column];
            for (unsigned row_at = 0; row_at < JPEG_BLOCK && !vertical; row_at += 8) {
                halve_row(plane->block[first] + row_at, plane->block[second] + row_at, to + row_at);
            }
            if (vertical) {
                halve_columns(plane->block[first], plane->block[second], to);
            }
        }
    }
    free(plane->block);
    *plane = half;
    return BSWZ_OK;
}

enum bswz_status amplitudes_at(const struct jpeg_component *first, const struct jpeg_component *other,
                               int16_t (*to)[JPEG_BLOCK], struct bswz_error *error) {
    const size_t count = (size_t)first->rows * first->columns;
    const bool across = first->horizontal == 2 * other->horizontal, down = first->vertical == 2 * other->vertical;
    memset(to, 0, (size_t)other->rows * other->columns * sizeof *to);
    if ((!across && first->horizontal != other->horizontal) || (!down && first->vertical != other->vertical)) {
        return BSWZ_OK;
    }
    struct amplitudes plane = {first->rows, first->columns, bswz_allocate(count, sizeof *plane.block)};
    if (plane.block == NULL) {
        return bswz_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            plane.block[i][f] = (int16_t)amplitude_of(first->block[i][f], first->step[f]);
        }
    }
    enum bswz_status status = across ? halve(&plane, false, error) : BSWZ_OK;
    if (status == BSWZ_OK && down) {
        status = halve(&plane, true, error);
    }
    for (uint32_t row = 0; status == BSWZ_OK && row < other->rows && row < plane.rows; row++) {
        const uint32_t columns = plane.columns < other->columns ? plane.columns : other->columns;
        memcpy(to[(size_t)row * other->columns], plane.block[(size_t)row * plane.columns], columns * sizeof *to);
    }
    free(plane.block);
    return status;
}
