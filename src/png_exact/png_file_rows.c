/* SPDX-License-Identifier: MIT */
/*
 * Rows of PNG files: passes, packing, filters (png_file.h).
 */
#include "png_exact/png_file.h"

#include "image/format.h"

#include <stdlib.h>
#include <string.h>

/* ---- passes ---- */

static void add_pass(struct png_shape *shape, const struct picture_info *info, uint32_t x0, uint32_t y0, uint32_t dx,
                     uint32_t dy) {
    if (info->width <= x0 || info->height <= y0) {
        return; /* a pass without pixels has no rows */
    }
    struct png_pass *pass = &shape->passes[shape->count++];
    *pass = (struct png_pass){x0, y0, dx, dy, (info->width - x0 - 1) / dx + 1, (info->height - y0 - 1) / dy + 1, 0};
    pass->bytes = ((size_t)pass->width * shape->channels * shape->bit_depth + 7) / 8;
    shape->longest = pass->bytes > shape->longest ? pass->bytes : shape->longest;
    shape->rows += pass->height;
    shape->bytes += (uint64_t)pass->height * (pass->bytes + 1);
}

void png_shape_of(const struct picture_info *info, uint8_t bit_depth, bool interlaced, struct png_shape *shape) {
    static const uint8_t adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    *shape = (struct png_shape){.channels = info->channels, .bit_depth = bit_depth};
    shape->pixel_bytes = bit_depth < 8 ? 1 : info->channels * (bit_depth / 8u);
    if (!interlaced) {
        add_pass(shape, info, 0, 0, 1, 1);
        return;
    }
    for (int i = 0; i < 7; i++) {
        add_pass(shape, info, adam7[i][0], adam7[i][1], adam7[i][2], adam7[i][3]);
    }
}

/* ---- packing ---- */

void png_row_pack(const struct png_shape *shape, const struct png_pass *pass, const uint8_t *samples, uint8_t *coded) {
    const size_t pixel = shape->pixel_bytes;
    const unsigned depth = shape->bit_depth;
    samples += pass->x0 * pixel;
    if (depth < 8) { /* one channel; the first pixel in the highest bits */
        memset(coded, 0, pass->bytes);
        for (size_t x = 0; x < pass->width; x++) {
            const size_t bit = x * depth;
            coded[bit / 8] |= (uint8_t)((samples[x * pass->dx] & ((1u << depth) - 1)) << (8 - depth - bit % 8));
        }
        return;
    }
    if (pass->dx == 1) {
        memcpy(coded, samples, pass->bytes);
    } else {
        for (size_t x = 0; x < pass->width; x++) {
            memcpy(coded + x * pixel, samples + x * pass->dx * pixel, pixel);
        }
    }
    if (depth == 16) {
        picture_swap_samples(coded, coded, (size_t)pass->width * shape->channels);
    }
}

void png_row_unpack(const struct png_shape *shape, const struct png_pass *pass, const uint8_t *coded,
                    uint8_t *samples) {
    const size_t pixel = shape->pixel_bytes;
    const unsigned depth = shape->bit_depth;
    samples += pass->x0 * pixel;
    for (size_t x = 0; x < pass->width; x++) {
        uint8_t *to = samples + x * pass->dx * pixel;
        if (depth < 8) {
            const size_t bit = x * depth;
            *to = (uint8_t)(coded[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1));
        } else if (depth == 8) {
            memcpy(to, coded + x * pixel, pixel);
        } else {
            picture_swap_samples(to, coded + x * pixel, shape->channels);
        }
    }
}

/* ---- filters ---- */

static inline uint8_t paeth(uint8_t left, uint8_t above, uint8_t corner) {
    const int to_left = abs(above - corner), to_above = abs(left - corner);
    const int to_corner = abs(left + above - 2 * corner);
    return to_left <= to_above && to_left <= to_corner ? left : to_above <= to_corner ? above : corner;
}

void png_row_filter(unsigned filter, const uint8_t *row, const uint8_t *above, size_t size, size_t pixel_bytes,
                    uint8_t *out) {
    const size_t start = pixel_bytes < size ? pixel_bytes : size; /* there is nothing to the left of these */
    switch (filter) {
    case 1:
        memcpy(out, row, start);
        for (size_t i = start; i < size; i++) {
            out[i] = (uint8_t)(row[i] - row[i - start]);
        }
        break;
    case 2:
        for (size_t i = 0; i < size; i++) {
            out[i] = (uint8_t)(row[i] - above[i]);
        }
        break;
    case 3:
        for (size_t i = 0; i < start; i++) {
            out[i] = (uint8_t)(row[i] - above[i] / 2);
        }
        for (size_t i = start; i < size; i++) {
            out[i] = (uint8_t)(row[i] - (row[i - start] + above[i]) / 2);
        }
        break;
    case 4:
        for (size_t i = 0; i < start; i++) {
            out[i] = (uint8_t)(row[i] - above[i]);
        }
        for (size_t i = start; i < size; i++) {
            out[i] = (uint8_t)(row[i] - paeth(row[i - start], above[i], above[i - start]));
        }
        break;
    default: memcpy(out, row, size); break;
    }
}

void png_row_unfilter(unsigned filter, uint8_t *row, const uint8_t *above, size_t size, size_t pixel_bytes) {
    const size_t start = pixel_bytes < size ? pixel_bytes : size;
    switch (filter) {
    case 1:
        for (size_t i = start; i < size; i++) {
            row[i] = (uint8_t)(row[i] + row[i - start]);
        }
        break;
    case 2:
        for (size_t i = 0; i < size; i++) {
            row[i] = (uint8_t)(row[i] + above[i]);
        }
        break;
    case 3:
        for (size_t i = 0; i < size; i++) {
            row[i] = (uint8_t)(row[i] + ((i < start ? 0 : row[i - start]) + above[i]) / 2);
        }
        break;
    case 4:
        for (size_t i = 0; i < size; i++) {
            row[i] = (uint8_t)(row[i] + (i < start ? above[i] : paeth(row[i - start], above[i], above[i - start])));
        }
        break;
    default: break;
    }
}

/* In pieces, whose sums need fewer bits. */
static uint64_t sum_of_magnitudes(const uint8_t *bytes, size_t size) {
    enum { PIECE = 4096 };
    uint64_t sum = 0;
    for (size_t start = 0; start < size; start += PIECE) {
        const size_t end = size - start < PIECE ? size : start + PIECE;
        uint32_t of_piece = 0;
        for (size_t i = start; i < end; i++) {
            const uint8_t negative = (uint8_t)-bytes[i];
            of_piece += bytes[i] < negative ? bytes[i] : negative;
        }
        sum += of_piece;
    }
    return sum;
}

unsigned png_row_guess(const uint8_t *row, const uint8_t *above, size_t size, size_t pixel_bytes, uint8_t *scratch) {
    unsigned best = 0;
    uint64_t least = sum_of_magnitudes(row, size);
    for (unsigned filter = 1; filter < PNG_FILTERS; filter++) {
        png_row_filter(filter, row, above, size, pixel_bytes, scratch);
        const uint64_t sum = sum_of_magnitudes(scratch, size);
        if (sum < least) {
            least = sum;
            best = filter;
        }
    }
    return best;
}
