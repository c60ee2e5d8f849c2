/* SPDX-License-Identifier: MIT */
/*
 * Coding mixed pictures (mixed.h).
 */
#include "band/mixed.h"

#include "band/mixed_planes.h"
#include "base/allocate.h"
#include "drawn/drawn.h"
#include "origin/exceptions_code.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* ---- the parts ---- */

static struct drawn_picture map_picture(const struct mixed *mixed) {
    return (struct drawn_picture){
        .width = known_blocks_across(mixed->width), .height = known_blocks_across(mixed->rows), .channels = 1};
}

/* known: the blocks of the model. */
static struct drawn_picture drawn_part(const struct mixed *mixed, const uint8_t *known) {
    return (struct drawn_picture){.width = mixed->width,
                                  .height = mixed->rows,
                                  .channels = mixed->channels,
                                  .is_indexed = mixed->is_indexed,
                                  .known = known};
}

/* known: the drawn blocks. */
static struct coded_planes model_part(const struct mixed *mixed, const struct origin_planes *planes,
                                      const uint8_t *known) {
    return (struct coded_planes){.width = mixed->width,
                                 .height = mixed->rows,
                                 .count = origin_row(planes->kind)->planes,
                                 .head = head_of_origin(planes->kind),
                                 .grid_phase = -1,
                                 .known = known,
                                 .plane = {planes->plane[0], planes->plane[1], planes->plane[2]}};
}

static struct plane alpha_part(const struct mixed *mixed, uint8_t *alpha, const uint8_t *known) {
    return (struct plane){
        .width = mixed->width, .rows = mixed->rows, .samples = alpha, .known = known, .proofs = mixed->proofs};
}

/* The other blocks; NULL: no memory. */
static uint8_t *opposite(const uint8_t *map, size_t blocks) {
    uint8_t *other = bswz_allocate(blocks, 1);
    for (size_t i = 0; i < blocks && other != NULL; i++) {
        other[i] = map[i] == 0;
    }
    return other;
}

/* ---- encoding ---- */

static enum bswz_status put_drawn(const struct drawn_picture *picture, const uint8_t *samples, int level,
                                  struct byte_buffer *out, struct bswz_error *error) {
    struct byte_buffer coded = {0};
    bool is_coded;
    enum bswz_status status = drawn_encode(picture, samples, level, SIZE_MAX, &coded, &is_coded, NULL, error);
    if (status == BSWZ_OK) {
        status = put_sized(out, &coded, error);
    }
    free(coded.data);
    return status;
}

/* Find the JPEG grid of the blocks that are not drawn, in the part of the first plane that they span. */
static enum bswz_status find_phase(const struct mixed *mixed, const struct mixed_source *source,
                                   struct worker_pool *pool, int *phase, struct bswz_error *error) {
    const uint32_t columns = known_blocks_across(mixed->width), rows = known_blocks_across(mixed->rows);
    uint32_t top = rows, bottom = 0, left = columns, right = 0; /* in blocks; bottom and right are exclusive */
    for (uint32_t y = 0; y < rows; y++) {
        for (uint32_t x = 0; x < columns; x++) {
            if (source->map[(size_t)y * columns + x] == 0) {
                top = y < top ? y : top;
                bottom = y + 1;
                left = x < left ? x : left;
                right = x + 1 > right ? x + 1 : right;
            }
        }
    }
    if (bottom == 0) {
        return BSWZ_OK;
    }
    const uint32_t first_row = top << KNOWN_SHIFT, first = left << KNOWN_SHIFT;
    const uint32_t height = (bottom == rows ? mixed->rows : bottom << KNOWN_SHIFT) - first_row;
    const uint32_t width = (right == columns ? mixed->width : right << KNOWN_SHIFT) - first;
    uint8_t *plane = bswz_allocate(width, height);
    if (plane == NULL) {
        return bswz_no_memory(error);
    }
    for (uint32_t y = 0; y < height; y++) {
        memcpy(plane + (size_t)y * width, source->planes->plane[0] + (size_t)(first_row + y) * mixed->width + first,
               width);
    }
    *phase = origin_grid_phase(plane, width, height, pool); /* blocks begin at multiples of eight */
    free(plane);
    return BSWZ_OK;
}

static enum bswz_status put_modelled(struct coding_context *coding, const struct mixed *mixed,
                                     const struct mixed_source *source, struct byte_buffer *out,
                                     struct bswz_error *error) {
    struct coded_planes planes = model_part(mixed, source->planes, source->map);
    struct worker_pool *pool;
    enum bswz_status status = coding_pool(coding, (uint64_t)mixed->width * mixed->rows, &pool, error);
    if (status == BSWZ_OK) {
        status = find_phase(mixed, source, pool, &planes.grid_phase, error);
    }
    if (status == BSWZ_OK && source->planes->exceptions.size > 0) {
        const struct exceptions_place place = {.width = mixed->width, .height = mixed->rows, .channels = 3};
        status = exceptions_put(&source->planes->exceptions, &place, out, error);
    }
    if (status == BSWZ_OK) {
        planes.block_bits = source->model_bits;
        planes.proof = mixed->proofs != NULL ? &mixed->proofs->planes[mixed->proofs->count++] : NULL;
        status = model_planes_encode(coding, &planes, out, error);
    }
    if (status == BSWZ_OK && *source->alpha != NULL) {
        struct plane alpha = alpha_part(mixed, *source->alpha, source->map);
        bool used_model = true;
        alpha.drawn_bits = source->model_bits;
        status = plane_encode(coding, &alpha, true, out, &used_model, error);
    }
    return status;
}

/* Planes of the requested origin, or else RGB. */
static enum bswz_status find_planes(struct coding_context *coding, const struct mixed *mixed,
                                    const struct mixed_source *source, struct bswz_error *error) {
    const struct known_blocks known = mixed_known(mixed, source->map);
    struct worker_pool *pool;
    enum bswz_status status = coding_pool(coding, (uint64_t)mixed->width * mixed->rows, &pool, error);
    return status == BSWZ_OK
               ? mixed_planes_find(mixed, &known, source->samples, pool, source->planes, source->alpha, error)
               : status;
}

enum bswz_status mixed_encode(struct coding_context *coding, const struct mixed *mixed,
                              const struct mixed_source *source, struct byte_buffer *out, struct bswz_error *error) {
    const struct drawn_picture map = map_picture(mixed);
    uint8_t *modelled = opposite(source->map, mixed_blocks(mixed->width, mixed->rows));
    struct drawn_picture drawn = drawn_part(mixed, modelled);
    enum bswz_status status = modelled == NULL ? bswz_no_memory(error) : BSWZ_OK;
    drawn.block_bits = source->drawn_bits;
    if (status == BSWZ_OK) {
        status = find_planes(coding, mixed, source, error);
    }
    if (status == BSWZ_OK) {
        status = put_drawn(&map, source->map, coding->level, out, error);
    }
    if (status == BSWZ_OK) {
        status = put_drawn(&drawn, source->samples, coding->level, out, error);
    }
    if (status == BSWZ_OK) {
        status = put_modelled(coding, mixed, source, out, error);
    }
    free(modelled);
    return status;
}

/* ---- decoding ---- */

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame is damaged");
}

/* A sized part of the payload. *known: how many rows were decoded; if some are missing, that is an error unless losses
 * are allowed. */
static enum bswz_status take_drawn(const struct drawn_picture *picture, struct cursor *payload, bool may_lose,
                                   uint8_t *samples, uint32_t *known, struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    const uint8_t *bytes;
    uint64_t length;
    *known = 0;
    if (!take_varint(payload, may_lose ? UINT64_MAX : cursor_left(payload), &length)) {
        return may_lose ? BSWZ_OK : damaged(error);
    }
    const size_t left = cursor_left(payload), there = length < left ? (size_t)length : left;
    if (!may_lose && length > left) {
        return damaged(error);
    }
    take_bytes(payload, there, &bytes);
    const enum bswz_status status = drawn_decode(picture, bytes, there, there < length, samples, known, &own);
    return status == BSWZ_OK || (status == BSWZ_ERROR_CORRUPT && may_lose)
               ? BSWZ_OK
               : bswz_fail(error, status, "%s", own.message);
}

/* Mark everything as unknown except drawn pixels above that row. */
static void lose_rest(const struct mixed *mixed, const struct mixed_target *target, const uint8_t *map,
                      uint32_t known_rows, struct cursor *payload) {
    const struct known_blocks drawn = mixed_known(mixed, map);
    payload->at = payload->size;
    for (uint32_t y = 0; y < mixed->rows; y++) {
        for (uint32_t x = 0; x < mixed->width; x++) {
            if (y >= known_rows || !known_at(&drawn, 0, y, x)) {
                memcpy(target->samples + ((size_t)y * mixed->width + x) * mixed->channels, target->stand_in,
                       mixed->channels);
                target->loss->unknown++;
            }
        }
    }
}

static enum bswz_status take_exceptions(const struct mixed *mixed, const struct mixed_target *target,
                                        struct cursor *payload, struct byte_buffer *exceptions,
                                        struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    const size_t start = payload->at;
    const struct exceptions_place place = {.width = mixed->width, .height = mixed->rows, .channels = 3};
    const enum bswz_status status = exceptions_take(payload, &place, exceptions, &own);
    account_spread(target->account, SHARE_EXCEPTIONS, (enum cost_kind)(COST_PLANES + mixed->origin),
                   payload->at - start);
    return status == BSWZ_OK || (status == BSWZ_ERROR_CORRUPT && target->loss != NULL)
               ? BSWZ_OK
               : bswz_fail(error, status, "%s", own.message);
}

static void fill_with(const struct mixed *mixed, const uint8_t *pixel, uint8_t *samples) {
    const size_t pixels = (size_t)mixed->width * mixed->rows;
    for (size_t i = 0; i < pixels; i++) {
        memcpy(samples + i * mixed->channels, pixel, mixed->channels);
    }
}

/* Decode the part of the model. Drawn pixels are already known; the others hold their substitutes. */
static enum bswz_status take_modelled(struct coding_context *coding, const struct mixed *mixed,
                                      const struct mixed_target *target, const uint8_t *map, struct cursor *payload,
                                      struct bswz_error *error) {
    struct pixel_loss *loss = target->loss, colours_lost = {0};
    struct origin_planes planes;
    uint8_t *alpha;
    const struct known_blocks known = mixed_known(mixed, map);
    enum bswz_status status = mixed_planes_open(mixed, &known, target->samples, &planes, &alpha, error);
    if (status == BSWZ_OK && mixed->has_exceptions) {
        status = take_exceptions(mixed, target, payload, &planes.exceptions, error);
    }
    if (status == BSWZ_OK) {
        struct coded_planes coded = model_part(mixed, &planes, map);
        coded.account = target->account;
        coded.loss = loss;
        coded.proof = proofs_take(mixed->proofs);
        status = model_planes_decode(coding, &coded, target->model, payload, error);
    }
    if (status == BSWZ_OK && alpha != NULL) {
        struct plane plane = alpha_part(mixed, alpha, map);
        plane.account = target->account;
        plane.loss = loss;
        colours_lost = loss != NULL ? *loss : colours_lost;
        status = plane_decode(coding, &plane, target->model, payload, error);
        if (colours_lost.guessed + colours_lost.unknown > 0) {
            *loss = colours_lost; /* these are the same pixels */
        }
    }
    if (status == BSWZ_OK) {
        status = mixed_planes_join(mixed, &known, &planes, alpha, loss != NULL, target->samples, error);
    }
    origin_planes_free(&planes);
    free(alpha);
    return status;
}

/* Take the map and the drawn blocks. *is_whole: both are complete; otherwise the rest is lost. */
static enum bswz_status take_blocks(const struct mixed *mixed, const struct mixed_target *target, uint8_t *map,
                                    struct cursor *payload, bool *is_whole, struct bswz_error *error) {
    const struct drawn_picture of_map = map_picture(mixed);
    const bool may_lose = target->loss != NULL;
    const size_t start = payload->at, blocks = mixed_blocks(mixed->width, mixed->rows);
    uint32_t known = 0;
    enum bswz_status status = take_drawn(&of_map, payload, may_lose, map, &known, error);
    const bool has_map = known == of_map.height;
    account_bytes(target->account, SHARE_HEADERS, payload->at - start);
    const size_t after = payload->at;
    known = 0;
    if (status == BSWZ_OK && has_map) {
        uint8_t *modelled = opposite(map, blocks);
        struct drawn_picture drawn = drawn_part(mixed, modelled);
        drawn.place = account_place(target->account);
        if (may_lose) {
            fill_with(mixed, target->stand_in, target->samples);
        }
        status = modelled == NULL ? bswz_no_memory(error)
                                  : take_drawn(&drawn, payload, may_lose, target->samples, &known, error);
        free(modelled);
    }
    account_bytes(target->account, SHARE_DRAWN, payload->at - after);
    *is_whole = status == BSWZ_OK && has_map && known == mixed->rows;
    if (status == BSWZ_OK && !*is_whole) {
        if (!may_lose) {
            return damaged(error);
        }
        lose_rest(mixed, target, map, has_map ? known : 0, payload);
    }
    return status;
}

enum bswz_status mixed_decode(struct coding_context *coding, const struct mixed *mixed,
                              const struct mixed_target *target, struct cursor *payload, struct bswz_error *error) {
    uint8_t *map = bswz_allocate_zero(mixed_blocks(mixed->width, mixed->rows), 1);
    bool is_whole = false;
    enum bswz_status status =
        map == NULL ? bswz_no_memory(error) : take_blocks(mixed, target, map, payload, &is_whole, error);
    if (is_whole) {
        status = take_modelled(coding, mixed, target, map, payload, error);
    }
    free(map);
    return status;
}
