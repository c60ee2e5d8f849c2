/* SPDX-License-Identifier: MIT */
/*
 * Coefficients as a payload (coefficients_payload.h):
 *
 *     byte    bits 0-2 sampling, bit 3 exceptions, bit 4 a table of its own for the third component, others 0
 *     byte    bits 0-3 columns, bits 4-7 rows that the virtual picture has before the band
 *     tables  of luma, of chroma, of the third component if bit 4:
 *             a byte 1 ... 100, a quality of libjpeg, or 0 and 64 varints, 1 ... 65535
 *     list    exceptions, if bit 3 (exceptions_code.h)
 *     varint  number of bytes that follow
 *             the coded coefficients
 */
#include "band/coefficients_payload.h"

#include "band/coding_context.h"
#include "base/allocate.h"
#include "coefficients/coefficients.h"
#include "origin/exceptions_code.h"
#include "unjpeg/quality_tables.h"
#include "unjpeg/render.h"

#include <stdlib.h>
#include <string.h>

enum { HAS_EXCEPTIONS = 8, HAS_THIRD_TABLE = 16, SAMPLING_MASK = 7 };

/* The components, and the factors of the first. */
static const struct {
    uint8_t count, horizontal, vertical;
} samplings[] = {{1, 1, 1}, {3, 1, 1}, {3, 2, 1}, {3, 2, 2}, {3, 1, 2}};
#define SAMPLINGS (sizeof samplings / sizeof samplings[0])

#define LARGEST_STEP 65535
/* Blocks hold at most twice as many samples of luma as the band has, plus this. */
#define SPARE_SAMPLES ((uint64_t)1 << 16)

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame of coefficients is damaged");
}

static bool size_is_possible(uint64_t columns, uint64_t band_rows, uint32_t width, uint32_t rows) {
    return columns * band_rows * JPEG_BLOCK <= 2 * (uint64_t)width * rows + SPARE_SAMPLES;
}

bool coefficients_payload_holds(uint32_t width, uint32_t rows) {
    return size_is_possible(((uint64_t)width + 30) / 16 * 2, ((uint64_t)rows + 30) / 16 * 2, width, rows);
}

/* ---- writing ---- */

static enum bswz_status put_table(const uint16_t step[JPEG_BLOCK], bool is_colour, struct byte_buffer *out,
                                  struct bswz_error *error) {
    const unsigned quality = table_quality(is_colour, step);
    enum bswz_status status = put_8(out, quality, error);
    for (int i = 0; i < JPEG_BLOCK && quality == 0 && status == BSWZ_OK; i++) {
        status = put_varint(out, step[i], error);
    }
    return status;
}

static enum bswz_status put_head(const struct recovered *recovered, struct byte_buffer *out, struct bswz_error *error) {
    const struct jpeg_planes *planes = &recovered->planes;
    const struct jpeg_component *component = planes->component;
    const bool has_third =
        planes->count == 3 && memcmp(component[1].step, component[2].step, sizeof component[1].step) != 0;
    unsigned sampling = 0;
    while (samplings[sampling].count != planes->count || samplings[sampling].horizontal != component[0].horizontal ||
           samplings[sampling].vertical != component[0].vertical) {
        sampling++;
    }
    enum bswz_status status =
        put_8(out, sampling | (recovered->exceptions.size > 0 ? HAS_EXCEPTIONS : 0) | (has_third ? HAS_THIRD_TABLE : 0),
              error);
    if (status == BSWZ_OK) {
        status = put_8(out, recovered->offset_x | recovered->offset_y << 4, error);
    }
    for (unsigned c = 0; c < (has_third ? 3 : planes->count > 1 ? 2 : 1) && status == BSWZ_OK; c++) {
        status = put_table(component[c].step, c > 0, out, error);
    }
    return status;
}

enum bswz_status coefficients_payload_put(const struct recovered *recovered, int level, struct worker_pool *pool,
                                          struct coefficients_proof *proof, struct byte_buffer *out,
                                          struct bswz_error *error) {
    struct byte_buffer coded = {0};
    enum bswz_status status = put_head(recovered, out, error);
    if (status == BSWZ_OK && recovered->exceptions.size > 0) {
        const struct exceptions_place place = {.width = recovered->planes.width - recovered->offset_x,
                                               .height = recovered->planes.height - recovered->offset_y,
                                               .channels = recovered->planes.count};
        status = exceptions_put(&recovered->exceptions, &place, out, error);
    }
    if (status == BSWZ_OK) {
        status = coefficients_encode(&recovered->planes, level >= THOROUGH_LEVEL, pool, proof, &coded, error);
    }
    if (status == BSWZ_OK) {
        status = put_sized(out, &coded, error);
    }
    free(coded.data);
    return status;
}

/* ---- reading ---- */

static bool take_table(struct cursor *payload, bool is_colour, uint16_t step[JPEG_BLOCK]) {
    uint8_t quality;
    if (!take_8(payload, &quality) || quality > TABLE_QUALITIES) {
        return false;
    }
    if (quality > 0) {
        table_of_quality(quality, is_colour, step);
        return true;
    }
    for (int i = 0; i < JPEG_BLOCK; i++) {
        uint32_t value;
        if (!take_varint_32(payload, LARGEST_STEP, &value) || value == 0) {
            return false;
        }
        step[i] = (uint16_t)value;
    }
    return true;
}

/* Take everything except the blocks. */
static bool take_head(struct cursor *payload, uint32_t width, uint32_t rows, struct recovered *recovered,
                      bool *has_exceptions) {
    struct jpeg_planes *planes = &recovered->planes;
    uint8_t kind, offsets;
    if (!take_8(payload, &kind) || !take_8(payload, &offsets) || kind > 31 || (kind & SAMPLING_MASK) >= SAMPLINGS) {
        return false;
    }
    const unsigned sampling = kind & SAMPLING_MASK;
    const bool has_third = (kind & HAS_THIRD_TABLE) != 0;
    *has_exceptions = (kind & HAS_EXCEPTIONS) != 0;
    recovered->offset_x = offsets & 15;
    recovered->offset_y = offsets >> 4;
    planes->count = samplings[sampling].count;
    planes->width = width + recovered->offset_x;
    planes->height = rows + recovered->offset_y;
    for (unsigned c = 0; c < planes->count; c++) {
        planes->component[c].horizontal = c == 0 ? samplings[sampling].horizontal : 1;
        planes->component[c].vertical = c == 0 ? samplings[sampling].vertical : 1;
        if (c == 2 && !has_third) {
            memcpy(planes->component[2].step, planes->component[1].step, sizeof planes->component[2].step);
        } else if (!take_table(payload, c > 0, planes->component[c].step)) {
            return false;
        }
    }
    render_shape(planes);
    return (!has_third || planes->count == 3) &&
           size_is_possible(planes->component[0].columns, planes->component[0].rows, width, rows);
}

static enum bswz_status take_blocks(struct cursor *payload, struct jpeg_planes *planes, struct worker_pool *pool,
                                    const struct cost_place *place, const struct coefficients_proof *proof,
                                    struct bswz_error *error) {
    uint64_t size;
    const uint8_t *coded;
    if (!take_varint(payload, SIZE_MAX, &size) || size > cursor_left(payload) ||
        !take_bytes(payload, (size_t)size, &coded)) {
        return damaged(error);
    }
    const enum bswz_status status = jpeg_planes_allocate(planes, error);
    if (status != BSWZ_OK) {
        return status;
    }
    return proof != NULL ? coefficients_believe(proof, planes, coded, (size_t)size, error)
                         : coefficients_decode(planes, pool, place, coded, (size_t)size, false, error);
}

/* From one byte per pixel to three, in place. */
static void spread_grey(uint8_t *pixels, size_t count) {
    for (size_t i = count; i > 0; i--) {
        const uint8_t grey = pixels[i - 1];
        memset(pixels + 3 * (i - 1), grey, 3);
    }
}

enum bswz_status coefficients_payload_take(struct cursor *payload, uint32_t width, uint32_t rows, unsigned channels,
                                           struct worker_pool *pool, struct account *account,
                                           const struct coefficients_proof *proof, uint8_t *pixels,
                                           struct bswz_error *error) {
    const size_t start = payload->at, count = (size_t)width * rows;
    struct recovered recovered = {.offset_x = 0};
    bool has_exceptions;
    if (!take_head(payload, width, rows, &recovered, &has_exceptions) || recovered.planes.count > channels) {
        return damaged(error);
    }
    enum bswz_status status = BSWZ_OK;
    size_t listed = payload->at;
    const struct exceptions_place whole = {.width = width, .height = rows, .channels = recovered.planes.count};
    if (has_exceptions) {
        status = exceptions_take(payload, &whole, &recovered.exceptions, error);
    }
    listed = payload->at - listed;
    if (status == BSWZ_OK) {
        struct cost_place place = {.map = NULL};
        if (account_place(account) != NULL) { /* the blocks begin before the band */
            place = account->place;
            place.left -= recovered.offset_x;
            place.top -= recovered.offset_y;
        }
        status = take_blocks(payload, &recovered.planes, pool, place.map != NULL ? &place : NULL, proof, error);
    }
    account_spread(account, SHARE_EXCEPTIONS, COST_COEFFICIENTS, listed);
    account_bytes(account, SHARE_COEFFICIENTS, payload->at - start - listed);
    if (status == BSWZ_OK) {
        status = render_pixels(&recovered.planes, recovered.offset_x, recovered.offset_y, pool, pixels, error);
    }
    if (status == BSWZ_OK) {
        status = exceptions_apply(&recovered.exceptions, &whole, pixels, error);
    }
    if (status == BSWZ_OK && recovered.planes.count < channels) {
        spread_grey(pixels, count);
    }
    unjpeg_free(&recovered);
    return status;
}
