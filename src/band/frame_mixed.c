/* SPDX-License-Identifier: MIT */
/*
 * Candidates in which some blocks are drawn and the others coded by the model (frame_mixed.h).
 */
#include "band/frame_mixed.h"

#include "band/mixed.h"
#include "band/mixed_map.h"
#include "base/allocate.h"
#include "origin/origin.h"

#include <stdlib.h>

static enum bswz_status put_mixed(struct encoding *encoding, enum origin_kind origin, const uint8_t *map,
                                  struct bswz_error *error) {
    struct candidate candidate;
    const struct mixed_source source = {
        .samples = encoding->reduction.samples, .map = map, .planes = &candidate.mixed, .alpha = &candidate.alpha};
    enum bswz_status status = candidate_start(encoding, FRAME_MIXED, &candidate, error);
    const struct mixed mixed = {.width = encoding->width,
                                .rows = encoding->rows,
                                .channels = encoding->channels,
                                .is_indexed = encoding->is_indexed,
                                .origin = origin,
                                .proofs = encoding->is_proven ? &candidate.proofs : NULL};
    candidate.used_model = true;
    if (status == BSWZ_OK) {
        status = mixed_encode(encoding->coding, &mixed, &source, &candidate.payload, error);
        status = candidate_refuse(encoding, FRAME_MIXED, status, &candidate, error);
    }
    if (status != BSWZ_OK) {
        candidate_free(&candidate);
        return status;
    }
    candidate.header.origin = candidate.mixed.kind;
    candidate.header.has_exceptions = candidate.mixed.exceptions.size > 0;
    return candidate_judge(encoding, &candidate, error);
}

static struct mixed_costs mixed_costs(const struct encoding *encoding) {
    return (struct mixed_costs){.columns = known_blocks_across(encoding->width),
                                .rows = known_blocks_across(encoding->rows),
                                .drawn_bits = encoding->has_drawn_bits ? encoding->drawn_bits : NULL,
                                .model_bits = encoding->has_model_bits ? encoding->model_bits : NULL,
                                .best_bits = 8 * (uint64_t)candidate_cost(encoding, &encoding->best),
                                .least_gain = encoding->coding->level >= THOROUGH_LEVEL ? 3 : 24};
}

static struct mixed_picture mixed_picture(const struct encoding *encoding) {
    return (struct mixed_picture){.samples = encoding->reduction.samples,
                                  .width = encoding->width,
                                  .rows = encoding->rows,
                                  .channels = encoding->channels,
                                  .may_have_origin = encoding->may_have_origin};
}

/* The highest levels always try, and so do all where an origin has been found: no estimate knows what its planes take. */
enum bswz_status frame_may_need_model(const struct encoding *encoding, bool *may, struct bswz_error *error) {
    const struct mixed_costs costs = mixed_costs(encoding);
    const struct mixed_picture picture = mixed_picture(encoding);
    *may = encoding->options->effort != EFFORT_DRAWN && !candidate_is_settled(encoding);
    if (!*may || encoding->is_indexed || encoding->best.header.method != FRAME_DRAWN ||
        encoding->coding->level >= THOROUGH_LEVEL || has_planes_of_origin(encoding)) {
        return BSWZ_OK;
    }
    return mixed_map_may_pay(&costs, &picture, may, error);
}

enum bswz_status frame_try_mixed(struct encoding *encoding, struct bswz_error *error) {
    const struct candidate *best = &encoding->best;
    const struct mixed_costs costs = mixed_costs(encoding);
    const struct mixed_picture picture = mixed_picture(encoding);
    const bool is_plain = best->header.method == FRAME_PLANES && origin_row(best->header.origin)->prepare == NULL;
    bool is_worth_it = false;
    enum origin_kind origin;
    if (best->header.method != FRAME_DRAWN && !is_plain) {
        return BSWZ_OK;
    }
    uint8_t *map = bswz_allocate(mixed_blocks(encoding->width, encoding->rows), 1);
    enum bswz_status status =
        map == NULL ? bswz_no_memory(error) : mixed_map_find(&costs, &picture, map, &origin, &is_worth_it, error);
    if (status == BSWZ_OK && is_worth_it) {
        status = put_mixed(encoding, origin, map, error);
    }
    free(map);
    return status;
}
