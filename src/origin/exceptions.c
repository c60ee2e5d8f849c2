/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: the pixels that the conversion of the planes does not reproduce.
 *
 * The list, which exceptions_code.c codes for a frame:
 *
 *     count                        a varint
 *     count gaps                   varints: pixels since the previous exception, in raster order
 *     count residuals of red, then of green, then of blue, a byte each; for grey pictures just one
 *
 * A residual is (true value - converted value) modulo 256, folded so that small ones of either sign are small
 * numbers (0, -1, 1, -2, ... -> 0, 1, 2, 3, ...). Without exceptions there are no bytes.
 */
#include "base/allocate.h"
#include "base/fields.h"
#include "image/scaled.h"
#include "origin/exceptions.h"
#include "origin/steps.h"
#include "threads/loop.h"

#include <stdlib.h>
#include <string.h>

#define LOG_BITS 24

static uint8_t fold(uint8_t residual) {
    return (uint8_t)(residual < 128 ? 2 * residual : 2 * (255 - residual) + 1);
}

static uint8_t unfold(uint8_t folded) {
    return (uint8_t)(folded & 1 ? 255 - folded / 2 : folded / 2);
}

/* The parts of a list under construction: gaps, then a run of residuals for each channel. */
struct parts {
    struct byte_buffer part[4];
    unsigned channels;
    size_t count;
    size_t next; /* the pixel after the last exception */
};

static enum bswz_status note_row(struct parts *parts, const uint8_t *wanted, const uint8_t *got, uint32_t width,
                                 size_t first, struct bswz_error *error) {
    for (uint32_t x = 0; x < width; x++) {
        const size_t pixel = parts->channels * (size_t)x;
        if (memcmp(wanted + pixel, got + pixel, parts->channels) == 0) {
            continue;
        }
        enum bswz_status status = put_varint(&parts->part[0], first + x - parts->next, error);
        for (size_t channel = 0; channel < parts->channels && status == BSWZ_OK; channel++) {
            const size_t i = pixel + channel;
            uint8_t folded = fold((uint8_t)(wanted[i] - got[i]));
            status = byte_buffer_append(&parts->part[1 + channel], &folded, 1, error);
        }
        if (status != BSWZ_OK) {
            return status;
        }
        parts->count++;
        parts->next = first + x + 1;
    }
    return BSWZ_OK;
}

static enum bswz_status join(const struct parts *parts, struct byte_buffer *exceptions, struct bswz_error *error) {
    if (parts->count == 0) {
        return BSWZ_OK;
    }
    enum bswz_status status = put_varint(exceptions, parts->count, error);
    for (unsigned i = 0; i <= parts->channels && status == BSWZ_OK; i++) {
        status = byte_buffer_append(exceptions, parts->part[i].data, parts->part[i].size, error);
    }
    return status;
}

static void free_parts(struct parts *parts) {
    for (int i = 0; i < 4; i++) {
        free(parts->part[i].data);
    }
}

enum bswz_status exceptions_list(const uint8_t *wanted, const uint8_t *got, uint32_t width, uint32_t height,
                                 unsigned channels, size_t *count, struct byte_buffer *exceptions,
                                 struct bswz_error *error) {
    struct parts parts = {.channels = channels};
    enum bswz_status status = BSWZ_OK;
    for (uint32_t y = 0; y < height && status == BSWZ_OK; y++) {
        const size_t first = (size_t)y * width;
        status = note_row(&parts, wanted + first * channels, got + first * channels, width, first, error);
    }
    if (status == BSWZ_OK) {
        status = join(&parts, exceptions, error);
    }
    *count = parts.count;
    free_parts(&parts);
    return status;
}

enum bswz_status exceptions_of_map(const uint8_t *map, const struct exceptions_place *place, struct byte_buffer *list,
                                   struct bswz_error *error) {
    const size_t row_size = (size_t)place->width * place->channels;
    struct parts parts = {.channels = place->channels};
    uint8_t *nothing = bswz_allocate_zero(row_size, 1);
    enum bswz_status status = nothing == NULL ? bswz_no_memory(error) : BSWZ_OK;
    for (uint32_t y = 0; y < place->height && status == BSWZ_OK; y++) {
        status = note_row(&parts, map + y * row_size, nothing, place->width, (size_t)y * place->width, error);
    }
    if (status == BSWZ_OK) {
        status = join(&parts, list, error);
    }
    free_parts(&parts);
    free(nothing);
    return status;
}

/* Which rows have exceptions. */
struct comparison {
    const struct conversion *conversion;
    const uint8_t *rgb;
    const struct origin_planes *planes;
    uint8_t *rows;    /* [threads][3 * width]: one row per thread */
    uint8_t *differs; /* [height]: written by the thread that processes the row */
};

static void compare_rows(void *context, size_t round, unsigned worker) {
    const struct comparison *comparison = context;
    const size_t row_bytes = 3 * (size_t)comparison->planes->width;
    uint8_t *row = comparison->rows + worker * row_bytes;
    const uint32_t end = round_end(round, comparison->planes->height);
    for (uint32_t y = (uint32_t)(round * ROWS_AT_ONCE); y < end; y++) {
        restore_row(comparison->conversion, comparison->planes, y, row);
        comparison->differs[y] = memcmp(comparison->rgb + y * row_bytes, row, row_bytes) != 0;
    }
}

enum bswz_status exceptions_collect(const struct conversion *conversion, const uint8_t *rgb,
                                    struct origin_planes *planes, struct worker_pool *pool, struct bswz_error *error) {
    const size_t row_bytes = 3 * (size_t)planes->width;
    struct comparison comparison = {conversion, rgb, planes,
                                    bswz_allocate(row_bytes, pool == NULL ? 1 : worker_pool_threads(pool)),
                                    bswz_allocate(planes->height, 1)};
    struct parts parts = {.channels = 3};
    enum bswz_status status = BSWZ_OK;
    if (comparison.rows == NULL || comparison.differs == NULL) {
        status = bswz_no_memory(error);
    } else {
        loop_run(pool, row_rounds(planes->height), compare_rows, &comparison);
    }
    for (uint32_t y = 0; y < planes->height && status == BSWZ_OK; y++) {
        if (comparison.differs[y]) {
            restore_row(conversion, planes, y, comparison.rows);
            status =
                note_row(&parts, rgb + y * row_bytes, comparison.rows, planes->width, (size_t)y * planes->width, error);
        }
    }
    if (status == BSWZ_OK) {
        status = join(&parts, &planes->exceptions, error);
    }
    free_parts(&parts);
    free(comparison.rows);
    free(comparison.differs);
    return status;
}

/* log2 x with LOG_BITS fraction bits, for x > 0. It is an integer because it decides whether an origin is used. */
static uint64_t logarithm(uint64_t x) {
    const unsigned whole = 63 - (unsigned)__builtin_clzll(x);
    uint64_t result = whole, power = whole < 31 ? x << (31 - whole) : x >> (whole - 31); /* 2^31 ... 2^32 */
    for (unsigned bit = 0; bit < LOG_BITS; bit++) {
        power = power * power >> 31; /* the square of the remainder of x gives its next bit */
        result = result << 1 | power >> 32;
        power >>= power >> 32;
    }
    return result;
}

/* The order-0 entropy of a run of bytes, in units of EXCEPTIONS_BIT. */
static uint64_t entropy(const uint8_t *bytes, size_t size) {
    size_t counts[256] = {0};
    uint64_t bits = 0; /* with LOG_BITS fraction bits: below 2^(34 + 3 + 24), since there are at most 8 bits per byte */
    for (size_t i = 0; i < size; i++) {
        counts[bytes[i]]++;
    }
    for (int i = 0; i < 256; i++) {
        if (counts[i] != 0) {
            bits += counts[i] * (logarithm(size) - logarithm(counts[i]));
        }
    }
    return bits / ((1 << LOG_BITS) / EXCEPTIONS_BIT);
}

uint64_t exceptions_bits(const struct byte_buffer *exceptions, unsigned channels) {
    struct cursor cursor = {.bytes = exceptions->data, .size = exceptions->size};
    uint32_t count;
    if (!take_varint_32(&cursor, UINT32_MAX, &count)) {
        return 0;
    }
    size_t residuals = exceptions->size - channels * (size_t)count;
    uint64_t bits = 64 * EXCEPTIONS_BIT + entropy(exceptions->data + cursor.at, residuals - cursor.at);
    for (size_t channel = 0; channel < channels; channel++) {
        bits += entropy(exceptions->data + residuals + channel * count, count);
    }
    return bits;
}

static enum bswz_status corrupt(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the list of exceptional pixels is damaged");
}

enum bswz_status exceptions_apply(const struct byte_buffer *exceptions, const struct exceptions_place *place,
                                  uint8_t *pixels, struct bswz_error *error) {
    const size_t width = place->width, channels = place->channels, all = width * place->height;
    const size_t scaled_width = picture_scaled_side(place->width, place->scale);
    const size_t between = ((size_t)1 << place->scale) - 1; /* the bits of a row or column that is skipped */
    if (exceptions->size == 0) {
        return BSWZ_OK;
    }
    struct cursor gaps = {.bytes = exceptions->data, .size = exceptions->size};
    uint32_t count;
    if (!take_varint_32(&gaps, UINT32_MAX, &count) || count == 0 ||
        count > cursor_left(&gaps) / (1 + channels)) { /* a gap takes at least one byte */
        return corrupt(error);
    }
    gaps.size -= channels * count;
    const uint8_t *residuals = exceptions->data + gaps.size;
    size_t next = 0; /* the earliest pixel for the next exception */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t gap;
        if (!take_varint_32(&gaps, UINT32_MAX, &gap) || gap >= all - next) {
            return corrupt(error);
        }
        const size_t at = next + gap, row = at / width, column = at % width;
        next = at + 1;
        if (((row | column) & between) != 0) {
            continue;
        }
        uint8_t *pixel = pixels + channels * ((row >> place->scale) * scaled_width + (column >> place->scale));
        for (size_t channel = 0; channel < channels; channel++) {
            pixel[channel] = (uint8_t)(pixel[channel] + unfold(residuals[channel * count + i]));
        }
    }
    return cursor_left(&gaps) == 0 ? BSWZ_OK : corrupt(error);
}
