/* SPDX-License-Identifier: MIT */
/*
 * The order of everything (coefficients.h), as the decoder sees it:
 *
 *     for luma, Cb, Cr; for black, and for each component that is none of these, as if it were luma:
 *         the DC coefficients, from the coarsest level of their lattice to the finest
 *         which tiles the first group is empty in (tiles.h)
 *         group by group, first of the even blocks, then of the odd ones, and row by row of tiles:
 *             the AC coefficients of these blocks in all tiles that are not empty, row by row in each
 *             with those of the odd blocks, which tiles of this row the next group is empty in
 *
 * The encoder goes backwards: its sums start with all rounds, and lose them one by one. The number of a block among those
 * of its tile determines its lane of the ANS stack. Several rows of tiles make a row of work (rows.h): how many does not
 * show.
 *
 * Coded form: the model's hash (4 bytes), then the stack as written by ans_write, or a zero, which no stack begins with,
 * and decisions (adaptive.h). For those the encoder goes forwards, through copies of the planes that it fills like a
 * decoder.
 */
#include "coefficients/coefficients.h"

#include "base/allocate.h"
#include "base/fields.h"
#include "coefficients/amplitude.h"
#include "coefficients/band.h"
#include "coefficients/dc.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    HASH_SIZE = 4,
    ADAPTIVE = 0,      /* where a stack has its number of lanes */
    FEW_BLOCKS = 256,  /* below this the states of more lanes cost more than they gain */
    MANY_BLOCKS = 8192 /* from here on, those of all lanes are a thousandth */
};

static size_t blocks_of(const struct jpeg_component *component) {
    return (size_t)component->rows * component->columns;
}

static size_t most_blocks(const struct jpeg_planes *planes) {
    size_t most = 0;
    for (unsigned c = 0; c < planes->count; c++) {
        const size_t blocks = blocks_of(&planes->component[c]);
        most = blocks > most ? blocks : most;
    }
    return most;
}

static enum bswz_status check_planes(const struct jpeg_planes *planes, struct bswz_error *error) {
    bool possible = planes->count - 1 < JPEG_MAX_COMPONENTS;
    for (unsigned c = 0; possible && c < planes->count; c++) {
        const struct jpeg_component *component = &planes->component[c];
        possible = component->rows > 0 && component->columns > 0 && component->block != NULL;
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            possible = possible && component->step[f] > 0;
        }
    }
    return possible ? BSWZ_OK : bswz_fail(error, BSWZ_ERROR_ARGUMENT, "coefficients of an impossible shape");
}

/* What a component is coded as: 0 luma, 1 Cb, 2 Cr. It sees as many components before it. */
static unsigned role_of(const struct jpeg_planes *planes, unsigned number) {
    return planes->is_separate || planes->count < 3 || number > 2 ? 0 : number;
}

/* Are coefficients coded with decisions? */
static bool has_decisions(const uint8_t *bytes, size_t size) {
    return size > HASH_SIZE && bytes[HASH_SIZE] == ADAPTIVE;
}

static void free_tiles(struct tiles tiles[JPEG_MAX_COMPONENTS]) {
    for (unsigned number = 0; number < JPEG_MAX_COMPONENTS; number++) {
        tiles_close(&tiles[number]);
    }
}

static void free_other(struct band *band, unsigned o) {
    spares_give(band->pool, band->other[o], band->other_blocks[o], sizeof *band->other[o]);
    band->other[o] = NULL;
}

static void close_band(struct band *band) {
    free_other(band, 0);
    free_other(band, 1);
    for (unsigned slot = 0; slot < band->slot_count && band->slots != NULL; slot++) {
        free(band->slots[slot].prepared);
        proof_free(&band->slots[slot].proof);
    }
    free(band->slots);
    free_tiles(band->tiles);
    component_memory_free(&band->memory);
    ans_free(&band->ans);
    proof_free(&band->proof);
}

static enum bswz_status open_tiles(struct band *band, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    for (unsigned number = 0; number < band->planes->count && status == BSWZ_OK; number++) {
        const struct tiles *cb = role_of(band->planes, number) == 2 ? &band->tiles[number - 1] : NULL;
        status = tiles_open(&band->tiles[number], &band->planes->component[number], cb, error);
    }
    return status;
}

static bool same_blocks(const struct jpeg_component *a, const struct jpeg_component *b) {
    return a->rows == b->rows && a->columns == b->columns && a->horizontal == b->horizontal &&
           a->vertical == b->vertical;
}

/* What the preceding components say about this one's blocks. Cb and Cr usually have the same, so luma's are kept. */
static enum bswz_status find_others(struct band *band, unsigned number, struct bswz_error *error) {
    const struct jpeg_component *component = band->planes->component;
    for (unsigned o = 0; o < role_of(band->planes, number); o++) {
        if (o == 0 && band->other[0] != NULL && same_blocks(&component[1], &component[2])) {
            continue;
        }
        free_other(band, o);
        band->other_blocks[o] = blocks_of(&component[number]);
        band->other[o] = spares_take(band->pool, band->other_blocks[o], sizeof *band->other[o]);
        if (band->other[o] == NULL) {
            return bswz_no_memory(error);
        }
        amplitudes_at(&component[o], &component[number], band->pool, band->other[o]);
    }
    return BSWZ_OK;
}

static struct dc_plane dc_of(const struct band *band, unsigned number) {
    struct dc_plane plane = {band->model,
                             band->pool,
                             &band->planes->component[number],
                             role_of(band->planes, number),
                             {NULL, NULL},
                             band->place != NULL ? &band->costs : NULL,
                             band->adaptive,
                             band->stops_when_dry};
    for (unsigned o = 0; o < plane.number; o++) {
        plane.other[o] = (const int16_t(*)[JPEG_BLOCK])band->other[o];
    }
    return plane;
}

static enum bswz_status open_work(struct band *band, unsigned number, struct work *work, struct bswz_error *error) {
    const struct jpeg_component *component = &band->planes->component[number];
    const unsigned role = role_of(band->planes, number);
    const int16_t(*other[2])[JPEG_BLOCK] = {NULL, NULL};
    for (unsigned o = 0; o < role; o++) {
        other[o] = (const int16_t(*)[JPEG_BLOCK])band->other[o];
    }
    work->band = band;
    work->number = number;
    work->tiles = &band->tiles[number];
    work->each = rows_each(work->tiles);
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        for (unsigned i = 0; i < coefficient_groups[g].count; i++) {
            work->step[g][i] = amplitude_step(component->step[coefficient_groups[g].frequency[i]]);
        }
    }
    return component_open(&work->coder, band->model, component, role, work->tiles, other, &band->memory, error);
}

/* Allocate what only an encoder has. */
static enum bswz_status open_encoding(struct band *band, struct bswz_error *error) {
    size_t most = 0;
    enum bswz_status status = open_tiles(band, error);
    for (unsigned number = 0; number < band->planes->count && status == BSWZ_OK; number++) {
        const struct tiles *tiles = &band->tiles[number];
        const size_t at_a_time = (size_t)rows_each(tiles) * tiles->across;
        most = at_a_time > most ? at_a_time : most;
        tiles_find(&band->tiles[number], &band->planes->component[number]);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    band->slot_count = rows_slots(band->pool);
    band->slots = bswz_allocate_zero(band->slot_count, sizeof *band->slots);
    bool complete = band->slots != NULL;
    for (unsigned slot = 0; slot < band->slot_count && complete; slot++) {
        band->slots[slot].prepared = bswz_allocate(most, sizeof *band->slots[slot].prepared);
        complete = band->slots[slot].prepared != NULL;
    }
    return complete ? BSWZ_OK : bswz_no_memory(error);
}

static enum bswz_status push_component(struct band *band, unsigned number, struct bswz_error *error) {
    struct work work;
    enum bswz_status status = find_others(band, number, error);
    if (status == BSWZ_OK) {
        status = open_work(band, number, &work, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    status = groups_push(&work, error);
    component_close(&work.coder);
    const struct dc_plane dc = dc_of(band, number);
    return status == BSWZ_OK ? dc_push(&dc, &band->ans, band->is_proven, error) : status;
}

static enum bswz_status not_restored(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check");
}

/* Do the bytes match this model's hash and this stack? */
static enum bswz_status check_bytes(const uint8_t *bytes, size_t size, uint32_t hash, const struct ans_mark *mark,
                                    struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    struct ans ans = {.words = NULL};
    uint32_t named;
    enum bswz_status status = take_32(&cursor, &named) && named == hash
                                  ? ans_read(&ans, bytes + HASH_SIZE, size - HASH_SIZE, error)
                                  : not_restored(error);
    if (status == BSWZ_OK && !ans_is_at(&ans, mark)) {
        status = not_restored(error);
    }
    ans_free(&ans);
    return status;
}

static enum bswz_status encode_in_lanes(const struct coefficient_model *model, const struct jpeg_planes *planes,
                                        struct worker_pool *pool, struct coefficients_proof *proof,
                                        struct byte_buffer *out, struct bswz_error *error) {
    struct band band = {.model = model, .planes = planes, .pool = pool, .is_proven = proof != NULL};
    const size_t start = out->size;
    enum bswz_status status = check_planes(planes, error);
    if (status != BSWZ_OK) {
        return status;
    }
    const size_t blocks = blocks_of(&planes->component[0]);
    ans_init(&band.ans, blocks < FEW_BLOCKS ? 1 : blocks < MANY_BLOCKS ? 4 : ANS_MAX_LANES);
    status = open_encoding(&band, error);
    if (status == BSWZ_OK) {
        status = component_memory_create(&band.memory, model, planes, 1, pool, error);
    }
    for (unsigned number = planes->count; number-- > 0 && status == BSWZ_OK;) {
        status = push_component(&band, number, error);
    }
    if (status == BSWZ_OK) {
        status = put_32(out, band.model->hash, error);
    }
    if (status == BSWZ_OK) {
        status = ans_write(&band.ans, out, error);
    }
    if (status == BSWZ_OK && proof != NULL) {
        *proof = (struct coefficients_proof){planes, ans_mark_of(&band.ans)};
        status = check_bytes(out->data + start, out->size - start, model->hash, &proof->mark, error);
    }
    close_band(&band);
    return status;
}

static enum bswz_status pop_component(struct band *band, unsigned number, struct bswz_error *error) {
    struct work work;
    enum bswz_status status = find_others(band, number, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (band->place != NULL) {
        band->costs = block_costs_of(band->planes, number, band->place);
    }
    const struct dc_plane dc = dc_of(band, number);
    if (band->adaptive != NULL) {
        adaptive_begin(band->adaptive, &band->planes->component[number], role_of(band->planes, number),
                       band->source != NULL ? (const int16_t(*)[JPEG_BLOCK])band->source->component[number].block
                                            : NULL,
                       dc.other);
    }
    status = dc_pop(&dc, &band->ans, error);
    if (band->adaptive != NULL && status == BSWZ_OK) {
        adaptive_begin_groups(band->adaptive);
    }
    if (status == BSWZ_OK) {
        status = open_work(band, number, &work, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    status = groups_pop(&work, error);
    component_close(&work.coder);
    return status;
}

/* All components, in the decoder's order. */
static enum bswz_status pop_components(struct band *band, struct bswz_error *error) {
    const unsigned views = band->adaptive != NULL ? VIEWS : 1;
    if (views > band->model->views) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "the model of coefficients was loaded without its views");
    }
    enum bswz_status status =
        component_memory_create(&band->memory, band->model, band->planes, views, band->pool, error);
    if (status == BSWZ_OK) {
        status = open_tiles(band, error);
    }
    for (unsigned number = 0; number < band->planes->count && status == BSWZ_OK; number++) {
        status = pop_component(band, number, error);
    }
    return status;
}

/* ---- with decisions ---- */

static bool same_coefficients(const struct jpeg_planes *a, const struct jpeg_planes *b) {
    bool same = true;
    for (unsigned c = 0; c < a->count; c++) {
        same = same && memcmp(a->component[c].block, b->component[c].block,
                              blocks_of(&a->component[c]) * sizeof *a->component[c].block) == 0;
    }
    return same;
}

/* Fill planes from band->source, which has the same shape. */
static enum bswz_status decide_planes(struct band *band, struct bswz_error *error) {
    struct decisions *decisions = &band->adaptive->decisions;
    struct tiles known[JPEG_MAX_COMPONENTS] = {{.rows = 0}};
    enum bswz_status status = BSWZ_OK;
    for (unsigned number = 0; number < band->planes->count && status == BSWZ_OK; number++) {
        status = tiles_open(&known[number], &band->source->component[number], NULL, error);
        if (status == BSWZ_OK) {
            tiles_find(&known[number], &band->source->component[number]);
        }
    }
    band->source_tiles = known;
    if (status == BSWZ_OK) {
        status = pop_components(band, error);
    }
    free_tiles(known);
    if (!decisions_end(decisions) && status == BSWZ_OK) {
        status = bswz_no_memory(error);
    }
    return status == BSWZ_OK && (decisions->is_damaged || !same_coefficients(band->planes, band->source))
               ? not_restored(error)
               : status;
}

static enum bswz_status encode_adaptive(const struct coefficient_model *model, const struct jpeg_planes *planes,
                                        struct worker_pool *pool, struct coefficients_proof *proof,
                                        struct byte_buffer *out, struct bswz_error *error) {
    struct adaptive adaptive = {.memory = NULL};
    struct jpeg_planes known = *planes;
    struct band band = {.model = model, .planes = &known, .pool = pool, .adaptive = &adaptive, .source = planes};
    const size_t start = out->size;
    enum bswz_status status = check_planes(planes, error);
    if (status == BSWZ_OK) {
        status = jpeg_planes_allocate(&known, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    ans_init(&band.ans, ANS_MAX_LANES);
    status = put_32(out, model->hash, error);
    if (status == BSWZ_OK) {
        status = put_8(out, ADAPTIVE, error);
    }
    if (status == BSWZ_OK) {
        status = adaptive_open(&adaptive, most_blocks(planes), error);
    }
    if (status == BSWZ_OK) {
        decisions_begin_encoding(&adaptive.decisions, out, SIZE_MAX, NULL);
        adaptive.decisions.are_proven = proof != NULL;
        status = decide_planes(&band, error);
    }
    if (status == BSWZ_OK && proof != NULL) {
        *proof = (struct coefficients_proof){.planes = planes,
                                             .mark.size = out->size - start,
                                             .mark.hash = XXH3_64bits(out->data + start, out->size - start)};
    }
    close_band(&band);
    adaptive_close(&adaptive);
    jpeg_planes_free(&known);
    return status;
}

static enum bswz_status decode_adaptive(const struct band *with, const uint8_t *bytes, size_t size, bool *is_dry,
                                        struct bswz_error *error) {
    struct adaptive adaptive = {.is_counting = with->place != NULL};
    struct band band = *with;
    band.adaptive = &adaptive;
    band.stops_when_dry = *is_dry;
    ans_init(&band.ans, ANS_MAX_LANES);
    enum bswz_status status = adaptive_open(&adaptive, most_blocks(with->planes), error);
    if (status == BSWZ_OK) {
        decisions_begin_decoding(&adaptive.decisions, bytes, size);
        status = pop_components(&band, error);
    }
    *is_dry = adaptive.decisions.is_dry;
    if (status == BSWZ_OK && !decisions_end(&adaptive.decisions)) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data is damaged");
    }
    close_band(&band);
    adaptive_close(&adaptive);
    return status;
}

/* A payload that breaks off, unless the caller knows, is only known as such at its end, and not even there if the state
 * happens to be what it would be at the end of another one. Then it is decoded again up to that point. */
static enum bswz_status decode_decisions(const struct band *with, const uint8_t *bytes, size_t size, bool is_cut,
                                         struct bswz_error *error) {
    bool is_dry = is_cut;
    const enum bswz_status status = decode_adaptive(with, bytes, size, &is_dry, error);
    if (is_cut || status != BSWZ_ERROR_CORRUPT || !is_dry) {
        return status;
    }
    for (unsigned c = 0; c < with->planes->count; c++) {
        memset(with->planes->component[c].block, 0,
               blocks_of(&with->planes->component[c]) * sizeof *with->planes->component[c].block);
    }
    return decode_adaptive(with, bytes, size, &is_dry, error);
}

/* ---- either way ---- */

enum bswz_status coefficients_encode_with(const struct coefficient_model *model, const struct jpeg_planes *planes,
                                          bool is_adaptive, struct worker_pool *pool, struct coefficients_proof *proof,
                                          struct byte_buffer *out, struct bswz_error *error) {
    return (is_adaptive ? encode_adaptive : encode_in_lanes)(model, planes, pool, proof, out, error);
}

enum bswz_status coefficients_encode(const struct jpeg_planes *planes, bool is_adaptive, struct worker_pool *pool,
                                     struct coefficients_proof *proof, struct byte_buffer *out,
                                     struct bswz_error *error) {
    const struct coefficient_model *model;
    const enum bswz_status status = coefficient_model_embedded(is_adaptive, &model, error);
    return status == BSWZ_OK ? coefficients_encode_with(model, planes, is_adaptive, pool, proof, out, error) : status;
}

static enum bswz_status cut_off(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the end of coded data is missing");
}

static enum bswz_status decode(const struct coefficient_model *model, struct jpeg_planes *planes,
                               struct worker_pool *pool, const struct cost_place *place, const uint8_t *bytes,
                               size_t size, bool is_cut, struct bswz_error *error) {
    struct band band = {.model = model, .planes = planes, .pool = pool, .place = place};
    enum bswz_status status = check_planes(planes, error);
    if (status == BSWZ_OK && size < HASH_SIZE) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data has a bad header");
    }
    if (status == BSWZ_OK && has_decisions(bytes, size)) {
        status = decode_decisions(&band, bytes + HASH_SIZE + 1, size - HASH_SIZE - 1, is_cut, error);
        return status == BSWZ_OK && is_cut ? cut_off(error) : status;
    }
    if (status == BSWZ_OK) {
        status = ans_read_top(&band.ans, bytes + HASH_SIZE, size - HASH_SIZE, error); /* which may be truncated */
    }
    if (status == BSWZ_OK) {
        status = pop_components(&band, error);
    }
    if (status == BSWZ_OK && !ans_is_initial(&band.ans)) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data is damaged");
    }
    close_band(&band);
    return status == BSWZ_OK && is_cut ? cut_off(error) : status;
}

enum bswz_status coefficients_decode_with(const struct coefficient_model *model, struct jpeg_planes *planes,
                                          struct worker_pool *pool, const uint8_t *bytes, size_t size, bool is_cut,
                                          struct bswz_error *error) {
    return decode(model, planes, pool, NULL, bytes, size, is_cut, error);
}

enum bswz_status coefficients_decode(struct jpeg_planes *planes, struct worker_pool *pool,
                                     const struct cost_place *place, const uint8_t *bytes, size_t size, bool is_cut,
                                     struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint32_t hash;
    if (!take_32(&cursor, &hash)) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data has a bad header");
    }
    const struct coefficient_model *model;
    enum bswz_status status = coefficient_model_by_hash(hash, has_decisions(bytes, size), &model, error);
    return status == BSWZ_OK ? decode(model, planes, pool, place, bytes, size, is_cut, error) : status;
}

/* Without the shapes and the steps, the bytes mean nothing. */
static bool same_shape(const struct jpeg_planes *a, const struct jpeg_planes *b) {
    bool same = a->count == b->count && a->is_separate == b->is_separate;
    for (unsigned c = 0; same && c < a->count; c++) {
        const struct jpeg_component *one = &a->component[c], *other = &b->component[c];
        same = one->rows == other->rows && one->columns == other->columns &&
               memcmp(one->step, other->step, sizeof one->step) == 0;
    }
    return same;
}

enum bswz_status coefficients_believe(const struct coefficients_proof *proof, struct jpeg_planes *planes,
                                      const uint8_t *bytes, size_t size, struct bswz_error *error) {
    const struct coefficient_model *model;
    enum bswz_status status = coefficient_model_embedded(false, &model, error);
    if (status == BSWZ_OK) {
        status = !same_shape(planes, proof->planes) ? not_restored(error)
                 : has_decisions(bytes, size)
                     ? (size == proof->mark.size && XXH3_64bits(bytes, size) == proof->mark.hash ? BSWZ_OK
                                                                                                 : not_restored(error))
                     : check_bytes(bytes, size, model->hash, &proof->mark, error);
    }
    for (unsigned c = 0; c < planes->count && status == BSWZ_OK; c++) {
        memcpy(planes->component[c].block, proof->planes->component[c].block,
               blocks_of(&planes->component[c]) * sizeof *planes->component[c].block);
    }
    return status;
}
