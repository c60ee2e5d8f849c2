/* SPDX-License-Identifier: MIT */
/*
 * Blended levels, with models of random weights: everything comes back, whatever the shape, the origin and the number of
 * levels; smaller scales are as they should be; a truncated or damaged end costs only what is at the end; and what these
 * networks do not know is learned.
 */
#include "base/allocate.h"
#include "check.h"
#include "image/scaled.h"
#include "model/model_private.h"
#include "origin/origin.h"
#include "pyramid/hierarchy.h"
#include "toy_model.h"

#include <stdlib.h>

static struct worker_pool *pool;

static void allocate(struct coded_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        planes->plane[c] = bswz_allocate_zero(picture_scaled_side(planes->width, planes->scale),
                                              picture_scaled_side(planes->height, planes->scale));
    }
}

static void free_planes(struct coded_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        free(planes->plane[c]);
    }
}

/* Waves with a little noise, from which planes differ; range: of the noise */
static void draw(struct coded_planes *planes, uint64_t seed, unsigned range) {
    allocate(planes);
    for (unsigned c = 0; c < planes->count; c++) {
        for (uint32_t i = 0; i < planes->width * planes->height; i++) {
            const uint32_t x = i % planes->width, y = i / planes->width;
            const uint32_t wave = x * y / 7 % 64 + (x + 2 * y) % 128 + 20 * c;
            planes->plane[c][i] = (uint8_t)(wave + (uint32_t)(noise(&seed) >> 40) % range);
        }
    }
    for (unsigned c = 1; c < planes->count && planes->half_chroma; c++) {
        origin_interpolate_half(planes->plane[c], planes->width, planes->height);
    }
}

static struct byte_buffer encode(const struct bswz_model *model, const struct coded_planes *planes) {
    struct byte_buffer coded = {0};
    struct bswz_error error = {0};
    CHECK(hierarchy_encode(model, planes, pool, &coded, &error) == BSWZ_OK, "%ux%u: %s", planes->width, planes->height,
          error.message);
    return coded;
}

static enum bswz_status decode(const struct bswz_model *model, struct coded_planes *planes, const uint8_t *bytes,
                               size_t size) {
    struct bswz_error error;
    allocate(planes);
    return hierarchy_decode(model, planes, pool, bytes, size, &error);
}

static bool same(const struct coded_planes *a, const struct coded_planes *b) {
    bool is_same = true;
    for (unsigned c = 0; c < a->count; c++) {
        is_same &= memcmp(a->plane[c], b->plane[c], (size_t)a->width * a->height) == 0;
    }
    return is_same;
}

static void trip(const struct bswz_model *model, const struct coded_planes *planes) {
    struct byte_buffer coded = encode(model, planes);
    struct coded_planes back = *planes;
    CHECK(decode(model, &back, coded.data, coded.size) == BSWZ_OK && same(planes, &back),
          "%ux%u, %u planes, head %d, %u levels", planes->width, planes->height, planes->count, (int)planes->head,
          model->levels);
    free_planes(&back);
    for (unsigned scale = 1; scale <= model->levels; scale++) {
        struct coded_planes small = *planes;
        small.scale = scale;
        CHECK(decode(model, &small, coded.data, coded.size) == BSWZ_OK, "scale %u", scale);
        for (unsigned c = 0; c < planes->count; c++) {
            const uint32_t width = picture_scaled_side(planes->width, scale);
            uint8_t *expected = bswz_allocate(width, picture_scaled_side(planes->height, scale));
            picture_scale_samples(planes->plane[c], planes->width, 0, planes->height, 1, scale, expected);
            CHECK(memcmp(small.plane[c], expected, (size_t)width * picture_scaled_side(planes->height, scale)) == 0,
                  "%ux%u, scale %u, plane %u", planes->width, planes->height, scale, c);
            free(expected);
        }
        free_planes(&small);
    }
    free(coded.data);
}

static void shapes(void) {
    static const uint32_t sizes[][2] = {{1, 1},  {1, 2}, {2, 1},  {2, 2},   {3, 2},   {1, 37},
                                        {40, 1}, {5, 9}, {33, 8}, {64, 66}, {131, 70}};
    static const struct {
        unsigned count;
        enum model_head head;
        bool half_chroma;
        int phase;
    } kinds[] = {{1, HEAD_GREY, false, -1}, {1, HEAD_JFIF, false, 3},     {3, HEAD_RGB, false, -1},
                 {3, HEAD_RGB, false, 21},  {3, HEAD_PHOTOYCC, true, -1}, {3, HEAD_JFIF, false, 0}};
    for (unsigned levels = 0; levels <= 4; levels += levels == 0 ? 1 : 3) {
        struct bswz_model *model = load_toy(levels, 1, 16, 1);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
                struct coded_planes planes = {.width = sizes[i][0],
                                              .height = sizes[i][1],
                                              .count = kinds[k].count,
                                              .head = kinds[k].head,
                                              .half_chroma = kinds[k].half_chroma && levels > 0,
                                              .grid_phase = kinds[k].phase,
                                              .correct = k % 2 == 0,
                                              .blended = true};
                draw(&planes, 100 * i + k, k == 2 ? 256 : 5);
                trip(model, &planes);
                free_planes(&planes);
            }
        }
        bswz_model_free(model);
    }
}

/* Networks of random weights know nothing about this picture: what is learned while coding makes it much smaller. */
static void learns(void) {
    struct bswz_model *model = load_toy(4, 1, 16, 1);
    struct coded_planes planes = {
        .width = 160, .height = 120, .count = 3, .head = HEAD_RGB, .grid_phase = -1, .correct = true};
    draw(&planes, 5, 4);
    struct byte_buffer plain = encode(model, &planes);
    planes.blended = true;
    struct byte_buffer blended = encode(model, &planes);
    CHECK(10 * blended.size < 7 * plain.size, "%zu bytes, without blending %zu", blended.size, plain.size);
    free(plain.data);
    free(blended.data);
    free_planes(&planes);
    bswz_model_free(model);
}

/* With a loss: pixels that are not said to be guessed are right. */
static void cuts(void) {
    struct bswz_model *model = load_toy(4, 1, 16, 1);
    struct coded_planes planes = {
        .width = 120, .height = 100, .count = 3, .head = HEAD_RGB, .grid_phase = -1, .blended = true};
    draw(&planes, 9, 9);
    struct byte_buffer coded = encode(model, &planes);
    uint64_t before = UINT64_MAX;
    for (size_t size = 0; size <= coded.size; size += 1 + coded.size / 40) {
        struct pixel_loss loss = {0};
        struct coded_planes back = planes;
        uint64_t wrong = 0;
        back.loss = &loss;
        back.is_cut = true;
        CHECK(decode(model, &back, coded.data, size) == BSWZ_OK, "cut at %zu", size);
        for (uint32_t i = 0; i < planes.width * planes.height; i++) {
            wrong += back.plane[0][i] != planes.plane[0][i] || back.plane[1][i] != planes.plane[1][i] ||
                     back.plane[2][i] != planes.plane[2][i];
        }
        const uint64_t lost = loss.guessed + loss.unknown;
        CHECK(lost <= planes.width * planes.height && wrong <= lost && lost <= before && lost > 0,
              "cut at %zu: %llu pixels wrong, %llu lost", size, (unsigned long long)wrong, (unsigned long long)lost);
        before = lost;
        free_planes(&back);
    }
    CHECK(before < 1000, "nearly all is there, and %llu pixels are lost", (unsigned long long)before);
    free(coded.data);
    free_planes(&planes);
    bswz_model_free(model);
}

static void damage(void) {
    struct bswz_model *model = load_toy(3, 1, 16, 1);
    struct coded_planes planes = {
        .width = 61, .height = 50, .count = 3, .head = HEAD_JFIF, .grid_phase = -1, .blended = true};
    draw(&planes, 3, 9);
    struct byte_buffer coded = encode(model, &planes);
    unsigned silent = 0;
    for (uint64_t i = 0, state = 8; i < 60; i++) {
        struct coded_planes back = planes;
        struct pixel_loss loss = {0};
        const size_t at = (size_t)(noise(&state) % coded.size);
        const uint8_t bit = (uint8_t)(1u << (noise(&state) >> 61));
        coded.data[at] ^= bit;
        silent += decode(model, &back, coded.data, coded.size) == BSWZ_OK && same(&planes, &back);
        free_planes(&back);
        back.loss = &loss;
        CHECK(decode(model, &back, coded.data, coded.size) == BSWZ_OK, "damage at %zu is an error", at);
        free_planes(&back);
        coded.data[at] ^= bit;
        CHECK(decode(model, &back, coded.data, at) == BSWZ_OK, "cut at %zu is an error", at);
        free_planes(&back);
        back.loss = NULL;
        CHECK(decode(model, &back, coded.data, at) != BSWZ_OK || !same(&planes, &back), "cut at %zu is not noticed",
              at);
        free_planes(&back);
    }
    CHECK(silent == 0, "%u damaged streams give the planes", silent);
    free(coded.data);
    free_planes(&planes);
    bswz_model_free(model);
}

int main(void) {
    CHECK(worker_pool_create(2, &pool, NULL) == BSWZ_OK, "pool");
    shapes();
    learns();
    cuts();
    damage();
    worker_pool_destroy(pool);
    return check_summary();
}
