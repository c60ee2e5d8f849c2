/* SPDX-License-Identifier: MIT */
/*
 * Rows that are filtered as in PNG files, in PDF documents: a byte before each row says how.
 *
 *     notes = the filter of each row
 */
#include "pages/coding.h"

#include <stdlib.h>
#include <string.h>

enum { NONE, LEFT, ABOVE, MEAN, PAETH, FILTERS };

/* The neighbours of a byte: to the left, above, and above to the left. */
static uint8_t predict(unsigned filter, unsigned left, unsigned above, unsigned corner) {
    const int to_left = abs((int)above - (int)corner), to_above = abs((int)left - (int)corner);
    const int to_corner = abs((int)left + (int)above - 2 * (int)corner);
    switch (filter) {
    case LEFT: return (uint8_t)left;
    case ABOVE: return (uint8_t)above;
    case MEAN: return (uint8_t)((left + above) / 2);
    case PAETH:
        return (uint8_t)(to_left <= to_above && to_left <= to_corner ? left : to_above <= to_corner ? above : corner);
    default: return 0;
    }
}

/* One row: from its filtered bytes if `undo`, or to them. above: NULL in the first row. */
static void filter_row(const struct piece_shape *shape, unsigned filter, bool undo, const uint8_t *above,
                       const uint8_t *from, uint8_t *to) {
    const uint8_t *row = undo ? to : from;
    const size_t step = shape->pixel_bytes;
    for (size_t i = 0; i < shape->row_bytes; i++) {
        const unsigned left = i >= step ? row[i - step] : 0, up = above != NULL ? above[i] : 0;
        const unsigned corner = i >= step && above != NULL ? above[i - step] : 0;
        const uint8_t guess = predict(filter, left, up, corner);
        to[i] = (uint8_t)(undo ? from[i] + guess : from[i] - guess);
    }
}

size_t filtered_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                       struct byte_buffer *notes) {
    const size_t stride = shape->row_bytes + 1;
    if (size / stride < shape->rows || shape->pixel_bytes == 0) {
        return 0;
    }
    for (uint32_t y = 0; y < shape->rows; y++, coded += stride, bytes += shape->row_bytes) {
        if (coded[0] >= FILTERS) {
            return 0;
        }
        if (put_8(notes, coded[0], NULL) != BSWZ_OK) {
            return SIZE_MAX;
        }
        filter_row(shape, coded[0], true, y > 0 ? bytes - shape->row_bytes : NULL, coded + 1, bytes);
    }
    return stride * shape->rows;
}

bool filtered_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                     struct byte_buffer *out, struct bswz_error *error) {
    const size_t stride = shape->row_bytes + 1;
    if (stride * shape->rows > most || shape->pixel_bytes == 0) {
        return false;
    }
    if (byte_buffer_reserve(out, stride * shape->rows, error) != BSWZ_OK) {
        return false;
    }
    for (uint32_t y = 0; y < shape->rows; y++, bytes += shape->row_bytes) {
        uint8_t filter;
        if (!take_8(notes, &filter) || filter >= FILTERS) {
            return false;
        }
        uint8_t *row = out->data + out->size;
        row[0] = filter;
        filter_row(shape, filter, false, y > 0 ? bytes - shape->row_bytes : NULL, bytes, row + 1);
        out->size += stride;
    }
    return true;
}
