/* SPDX-License-Identifier: MIT */
/*
 * Choosing the map of a mixed picture (mixed_map.h).
 */
#include "band/mixed_map.h"

#include "band/model_estimate.h"
#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum {
    BORDER_BITS = 60, /* the cost of coding two neighbouring blocks differently: contexts end there */
    POLLUTES = 16, /* a drawn block adds this fraction of its cost to others, since its colours fill their contexts */
    ROUNDS = 4,
    LEAST_TELLING = KNOWN_BLOCK * KNOWN_BLOCK / 8, /* pixels that must say whether the origin of a block is JFIF */
    LEAST_JFIF = 4,                                /* the least number of JFIF blocks */
    WORTH_JFIF = KNOWN_BLOCK * KNOWN_BLOCK,        /* the least bits of a drawn block for which JFIF could pay */
    EXCEPTION_BITS = 20                            /* the approximate cost of one exception */
};

static uint64_t drawn_cost(const struct mixed_costs *costs, size_t block) {
    return (uint64_t)costs->drawn_bits[block] + costs->drawn_bits[block] / POLLUTES;
}

static unsigned unlike(const struct mixed_costs *costs, const uint8_t *map, uint32_t y, uint32_t x, uint8_t value) {
    const uint8_t *at = map + (size_t)y * costs->columns + x;
    return (unsigned)(x > 0 && at[-1] != value) + (unsigned)(x + 1 < costs->columns && at[1] != value) +
           (unsigned)(y > 0 && *(at - costs->columns) != value) +
           (unsigned)(y + 1 < costs->rows && at[costs->columns] != value);
}

/* Choose the cheaper coding for each block, given its neighbours, until almost nothing changes. */
static void smooth(const struct mixed_costs *costs, uint8_t *map) {
    bool has_changed = true;
    for (unsigned round = 0; round < ROUNDS && has_changed; round++) {
        has_changed = false;
        for (uint32_t y = 0; y < costs->rows; y++) {
            for (uint32_t x = 0; x < costs->columns; x++) {
                const size_t i = (size_t)y * costs->columns + x;
                const uint64_t drawn = drawn_cost(costs, i) + BORDER_BITS * unlike(costs, map, y, x, 1);
                const uint64_t model = (uint64_t)costs->model_bits[i] + BORDER_BITS * unlike(costs, map, y, x, 0);
                const uint8_t value = drawn <= model;
                has_changed |= value != map[i];
                map[i] = value;
            }
        }
    }
}

static uint64_t expected_bits(const struct mixed_costs *costs, const uint8_t *map) {
    uint64_t bits = 0;
    for (uint32_t y = 0; y < costs->rows; y++) {
        for (uint32_t x = 0; x < costs->columns; x++) {
            const size_t i = (size_t)y * costs->columns + x;
            bits += map[i] != 0 ? costs->drawn_bits[i] : costs->model_bits[i];
            bits += BORDER_BITS / 2 * unlike(costs, map, y, x, map[i]);
        }
    }
    return bits;
}

/* Do most of the pixels that can tell say JFIF? */
static bool is_jfif(const struct origin_evidence *evidence) {
    return evidence->telling >= LEAST_TELLING && evidence->exact * 10 >= evidence->telling * 9;
}

/* Estimate what the model would take for each block if it got JFIF planes. False: nothing looks like JFIF. */
static bool expect_jfif(const struct mixed_costs *costs, const struct origin_evidence *evidence, uint32_t *model_bits) {
    const size_t blocks = (size_t)costs->columns * costs->rows;
    size_t found = 0;
    for (size_t i = 0; i < blocks; i++) {
        const uint64_t drawn = costs->drawn_bits != NULL ? costs->drawn_bits[i] : UINT32_MAX;
        const uint64_t model = costs->model_bits != NULL ? costs->model_bits[i] : UINT32_MAX;
        const uint64_t now = drawn < model ? drawn : model;
        /* half if all pixels are JFIF; if none are, more than the better coding takes now */
        const uint64_t saved = now * evidence[i].exact * 5 / (8 * KNOWN_BLOCK * KNOWN_BLOCK);
        const uint64_t expected = now + now / 8 - saved + (uint64_t)EXCEPTION_BITS * evidence[i].wrong;
        model_bits[i] = expected < UINT32_MAX ? (uint32_t)expected : UINT32_MAX;
        found += is_jfif(&evidence[i]);
    }
    return found >= LEAST_JFIF;
}

bool mixed_map_choose(const struct mixed_costs *costs, uint8_t *map) {
    const size_t blocks = (size_t)costs->columns * costs->rows;
    size_t drawn = 0;
    for (size_t i = 0; i < blocks; i++) {
        map[i] = drawn_cost(costs, i) <= costs->model_bits[i];
    }
    smooth(costs, map);
    for (size_t i = 0; i < blocks; i++) {
        drawn += map[i];
    }
    const uint64_t most = costs->best_bits - costs->best_bits / 1024 * costs->least_gain;
    return drawn > 0 && drawn < blocks && expected_bits(costs, map) < most;
}

static bool is_all_grey(const struct mixed_picture *picture) {
    const size_t size = (size_t)picture->width * picture->rows * picture->channels;
    bool is_grey = true;
    for (size_t i = 0; i < size && is_grey && picture->channels >= 3; i += picture->channels) {
        is_grey = picture->samples[i] == picture->samples[i + 1] && picture->samples[i] == picture->samples[i + 2];
    }
    return is_grey;
}

/* Find how much the blocks of RGB look like JFIF. */
static enum bswz_status weigh(const struct mixed_picture *picture, struct origin_evidence *evidence,
                              struct bswz_error *error) {
    const size_t pixels = (size_t)picture->width * picture->rows;
    uint8_t *colours = bswz_allocate(pixels, 3);
    if (colours == NULL) {
        return bswz_no_memory(error);
    }
    for (size_t i = 0; i < pixels; i++) {
        memcpy(colours + 3 * i, picture->samples + i * picture->channels, 3);
    }
    const enum bswz_status status = origin_weigh(colours, picture->width, picture->rows, evidence, error);
    free(colours);
    return status;
}

/* Find a part of the band that was a JPEG file. */
static enum bswz_status find_jpeg(const struct mixed_costs *costs, const struct mixed_picture *picture, uint8_t *map,
                                  bool *is_worth_it, struct bswz_error *error) {
    const size_t blocks = (size_t)costs->columns * costs->rows;
    struct origin_evidence *evidence = bswz_allocate(blocks, sizeof *evidence);
    uint32_t *model_bits = bswz_allocate(blocks, sizeof *model_bits);
    enum bswz_status status =
        evidence == NULL || model_bits == NULL ? bswz_no_memory(error) : weigh(picture, evidence, error);
    if (status == BSWZ_OK && expect_jfif(costs, evidence, model_bits)) {
        struct mixed_costs hoped = *costs;
        hoped.drawn_bits = costs->drawn_bits != NULL ? costs->drawn_bits : costs->model_bits;
        hoped.model_bits = model_bits;
        *is_worth_it = mixed_map_choose(&hoped, map);
    }
    free(evidence);
    free(model_bits);
    return status;
}

enum bswz_status mixed_map_find(const struct mixed_costs *costs, const struct mixed_picture *picture, uint8_t *map,
                                enum origin_kind *origin, bool *is_worth_it, struct bswz_error *error) {
    const bool is_grey = is_all_grey(picture);
    enum bswz_status status = BSWZ_OK;
    *is_worth_it = false;
    *origin = is_grey ? ORIGIN_GREY : ORIGIN_RGB;
    if (costs->drawn_bits == NULL && costs->model_bits == NULL) {
        return BSWZ_OK;
    }
    if (!is_grey && picture->may_have_origin) {
        status = find_jpeg(costs, picture, map, is_worth_it, error);
        *origin = *is_worth_it ? ORIGIN_JFIF : *origin;
    }
    if (status == BSWZ_OK && !*is_worth_it && costs->drawn_bits != NULL && costs->model_bits != NULL) {
        *is_worth_it = mixed_map_choose(costs, map);
    }
    return status;
}

/* Does the band, or a part of it that could be left to the model, look as if it was a JPEG file? Then estimates say
 * nothing. The few colours of a block of text may all be those of JFIF by chance, but such a block takes few bits. */
static bool may_be_jpeg(const struct mixed_costs *costs, const struct origin_evidence *evidence) {
    struct origin_evidence all = {0};
    size_t found = 0;
    for (size_t i = 0; i < (size_t)costs->columns * costs->rows; i++) {
        all.telling += evidence[i].telling;
        all.exact += evidence[i].exact;
        found += costs->drawn_bits != NULL && costs->drawn_bits[i] >= WORTH_JFIF && is_jfif(&evidence[i]);
    }
    return found >= LEAST_JFIF || (uint64_t)all.exact * 10 >= (uint64_t)all.telling * 9;
}

enum bswz_status mixed_map_may_pay(const struct mixed_costs *costs, const struct mixed_picture *picture, bool *may,
                                   struct bswz_error *error) {
    const size_t blocks = (size_t)costs->columns * costs->rows;
    *may = true;
    if (is_all_grey(picture)) {
        return BSWZ_OK;
    }
    struct origin_evidence *evidence = bswz_allocate(blocks, sizeof *evidence);
    uint32_t *model_bits = bswz_allocate(blocks, sizeof *model_bits);
    uint8_t *map = bswz_allocate(blocks, 1);
    enum bswz_status status = evidence == NULL || model_bits == NULL || map == NULL ? bswz_no_memory(error)
                              : picture->may_have_origin                            ? weigh(picture, evidence, error)
                                                                                    : BSWZ_OK;
    if (status == BSWZ_OK && (!picture->may_have_origin || !may_be_jpeg(costs, evidence))) {
        struct mixed_costs hoped = *costs;
        uint64_t all = 0;
        model_estimate(picture->samples, picture->width, picture->rows, picture->channels, model_bits);
        for (size_t i = 0; i < blocks; i++) {
            all += model_bits[i];
        }
        hoped.model_bits = model_bits;
        *may = all < costs->best_bits || (costs->drawn_bits != NULL && mixed_map_choose(&hoped, map));
    }
    free(evidence);
    free(model_bits);
    free(map);
    return status;
}
