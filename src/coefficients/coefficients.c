/* SPDX-License-Identifier: MIT */
/*
 * The order of everything (coefficients.h), as the decoder sees it:
 *
 *     for luma, Cb, Cr; for black, and for each component that is none of these, as if it were luma:
 *         the DC coefficients, from the coarsest level of their lattice to the finest
 *         group by group, which tiles it is empty in (tiles.h), and the AC coefficients of the blocks in all other
 *         tiles, row by row in each
 *
 * The encoder goes backwards: its sums start with all groups, and lose them one by one. The column of a block in its
 * tile determines its lane of the ANS stack.
 *
 * Coded form: the model's hash (4 bytes), then the stack as written by ans_write.
 */
#include "coefficients/coefficients.h"

#include "base/allocate.h"
#include "base/fields.h"
#include "coefficients/amplitude.h"
#include "coefficients/component.h"
#include "coefficients/dc.h"
#include "threads/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    HASH_SIZE = 4,
    FEW_BLOCKS = 256,   /* below this the states of more lanes cost more than they gain */
    MANY_BLOCKS = 8192, /* from here on, those of all lanes are a thousandth */
    WINDOW_RUNS = 256,  /* that are prepared before they are pushed */
    PIECE_RUNS = 8      /* of these by one worker at a time */
};

/* Owned by the calling thread; workers prepare the blocks that they have taken. */
struct band {
    const struct coefficient_model *model;
    const struct jpeg_planes *planes;
    struct worker_pool *pool;
    struct ans ans;
    int16_t (*other[2])[JPEG_BLOCK]; /* amplitudes of luma and Cb in chroma's blocks; NULL if there is only one
                                      * component */
    struct component_memory memory;
    struct tiles tiles[JPEG_MAX_COMPONENTS];
    struct prepared_groups *prepared; /* [WINDOW_RUNS]; encoding, as is what follows */
    struct run {
        uint32_t block, count; /* up to GROUP_ROW blocks of a row of a tile */
    } * runs;                  /* of a group */
    size_t run_count;
    bool is_proven; /* what is pushed is popped again */
    struct proof proof;
    const struct cost_place *place; /* decoding: NULL, or where bits are counted, */
    struct block_costs costs;       /* for this component */
};

static size_t blocks_of(const struct jpeg_component *component) {
    return (size_t)component->rows * component->columns;
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

static void close_band(struct band *band) {
    free(band->other[0]);
    free(band->other[1]);
    free(band->prepared);
    free(band->runs);
    for (unsigned number = 0; number < JPEG_MAX_COMPONENTS; number++) {
        tiles_close(&band->tiles[number]);
    }
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

static enum bswz_status not_restored(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check");
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
        free(band->other[o]);
        band->other[o] = bswz_allocate(blocks_of(&component[number]), sizeof *band->other[o]);
        if (band->other[o] == NULL) {
            return bswz_no_memory(error);
        }
        enum bswz_status status = amplitudes_at(&component[o], &component[number], band->other[o], error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    return BSWZ_OK;
}

static struct dc_plane dc_of(const struct band *band, unsigned number) {
    struct dc_plane plane = {band->model,
                             &band->planes->component[number],
                             role_of(band->planes, number),
                             {NULL, NULL},
                             band->place != NULL ? &band->costs : NULL};
    for (unsigned o = 0; o < plane.number; o++) {
        plane.other[o] = (const int16_t(*)[JPEG_BLOCK])band->other[o];
    }
    return plane;
}

/* The sums before the first group. */
static void begin_sums(const struct band *band, unsigned number, struct component_coder *coder) {
    component_add_dc(coder);
    for (unsigned o = 0; o < role_of(band->planes, number); o++) {
        component_add_other(coder, o, (const int16_t(*)[JPEG_BLOCK])band->other[o]);
    }
}

/* The coefficients of a group in one block. */
static void gather(const struct coefficient_group *group, const int16_t *block, int16_t *coefficient) {
    for (unsigned i = 0; i < group->count; i++) {
        coefficient[i] = block[group->frequency[i]];
    }
}

/* The steps of a group's coefficients. */
static void gather_steps(const struct component_coder *coder, unsigned g, struct group_step *step) {
    for (unsigned i = 0; i < coefficient_groups[g].count; i++) {
        step[i] = coder->step[coefficient_groups[g].frequency[i]];
    }
}

/* The groups of the blocks starting with one, one per lane. */
static struct group_batch batch_of(const struct component_coder *coder, unsigned g, const struct group_step *step,
                                   size_t block, size_t blocks) {
    const size_t stride = component_output_stride(coder, g);
    return (struct group_batch){.blocks = (unsigned)blocks,
                                .outputs = coder->outputs + block * stride,
                                .stride = stride,
                                .step = step,
                                .count = coefficient_groups[g].count};
}

/* ---- encoding ---- */

struct preparation {
    const struct component_coder *coder;
    unsigned group;
    struct group_step step[GROUP_LARGEST];
    const struct run *run; /* of the window */
    size_t count;
    struct prepared_groups *prepared;
};

static void prepare_piece(void *context, size_t piece, unsigned worker) {
    (void)worker;
    const struct preparation *preparation = context;
    const size_t end = (piece + 1) * PIECE_RUNS < preparation->count ? (piece + 1) * PIECE_RUNS : preparation->count;
    for (size_t i = piece * PIECE_RUNS; i < end; i++) {
        int16_t coefficient[GROUP_ROW][GROUP_LARGEST];
        const struct run run = preparation->run[i];
        const struct group_batch batch =
            batch_of(preparation->coder, preparation->group, preparation->step, run.block, run.count);
        for (unsigned b = 0; b < batch.blocks; b++) {
            gather(&coefficient_groups[preparation->group], preparation->coder->component->block[run.block + b],
                   coefficient[b]);
        }
        preparation->coder->model->engine->group->prepare(&batch, (const int16_t(*)[GROUP_LARGEST])coefficient,
                                                          &preparation->prepared[i]);
    }
}

/* List the blocks in which the group is coded. */
static void find_runs(struct band *band, const struct tiles *tiles, unsigned g) {
    band->run_count = 0;
    for (size_t i = 0; i < tiles_count(tiles); i++) {
        const struct tile tile = tile_at(tiles, (uint32_t)(i / tiles->across), (uint32_t)(i % tiles->across));
        for (unsigned row = 0; row < tile.rows && !tile_is_empty(tiles, g, i); row++) {
            const uint32_t block = (tile.row + row) * tiles->columns + tile.column;
            for (unsigned column = 0; column < tile.columns; column += GROUP_ROW) {
                const unsigned left = tile.columns - column;
                band->runs[band->run_count++] = (struct run){block + column, left < GROUP_ROW ? left : GROUP_ROW};
            }
        }
    }
}

/* Pop the blocks that were pushed last, and compare. */
static bool window_pops(const struct preparation *preparation, struct ans *ans) {
    const struct component_coder *coder = preparation->coder;
    const unsigned g = preparation->group;
    for (size_t i = 0; i < preparation->count; i++) {
        const struct run run = preparation->run[i];
        for (unsigned at = 0; at < run.count; at += ans->lanes) {
            int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST], known[GROUP_LARGEST];
            const unsigned left = run.count - at;
            const struct group_batch batch =
                batch_of(coder, g, preparation->step, run.block + at, left < ans->lanes ? left : ans->lanes);
            coder->model->engine->group->pop(ans, &batch, coefficient);
            for (unsigned lane = 0; lane < batch.blocks; lane++) {
                gather(&coefficient_groups[g], coder->component->block[run.block + at + lane], known);
                if (memcmp(known, coefficient[lane], batch.count * sizeof known[0]) != 0) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* Push the prepared blocks, last one first. */
static void push_window(struct band *band, const struct preparation *preparation) {
    const unsigned lanes = band->ans.lanes;
    for (size_t i = preparation->count; i-- > 0;) {
        const unsigned count = preparation->run[i].count;
        for (unsigned batch = (count + lanes - 1) / lanes; batch-- > 0;) {
            const unsigned at = batch * lanes, left = count - at;
            preparation->coder->model->engine->group->push(&band->ans, at, left < lanes ? left : lanes,
                                                           coefficient_groups[preparation->group].count,
                                                           &band->prepared[i]);
        }
    }
}

static enum bswz_status push_proven(struct band *band, const struct preparation *preparation,
                                    struct bswz_error *error) {
    struct ans *copy = NULL;
    if (proof_begin(&band->proof, &band->ans, preparation->count * GROUP_ROW)) {
        push_window(band, preparation);
        copy = proof_popping(&band->proof, &band->ans);
    }
    if (copy == NULL) {
        return bswz_no_memory(error);
    }
    return window_pops(preparation, copy) && proof_end(&band->proof, &band->ans) ? BSWZ_OK : not_restored(error);
}

static enum bswz_status push_tiles(struct band *band, const struct tiles *tiles, unsigned g, struct bswz_error *error) {
    if (!band->is_proven) {
        tiles_push(tiles, g, &band->ans);
        return BSWZ_OK;
    }
    struct ans *copy = NULL;
    if (proof_begin(&band->proof, &band->ans, tiles_count(tiles))) {
        tiles_push(tiles, g, &band->ans);
        copy = proof_popping(&band->proof, &band->ans);
    }
    if (copy == NULL) {
        return bswz_no_memory(error);
    }
    return tiles_pops(tiles, g, copy) && proof_end(&band->proof, &band->ans) ? BSWZ_OK : not_restored(error);
}

static enum bswz_status push_group(struct band *band, const struct component_coder *coder, unsigned g,
                                   struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    struct preparation preparation = {.coder = coder, .group = g, .prepared = band->prepared};
    gather_steps(coder, g, preparation.step);
    find_runs(band, coder->tiles, g);
    for (size_t window = (band->run_count + WINDOW_RUNS - 1) / WINDOW_RUNS; window-- > 0 && status == BSWZ_OK;) {
        const size_t first = window * WINDOW_RUNS, left = band->run_count - first;
        preparation.run = band->runs + first;
        preparation.count = left < WINDOW_RUNS ? left : WINDOW_RUNS;
        loop_run(band->pool, (preparation.count + PIECE_RUNS - 1) / PIECE_RUNS, prepare_piece, &preparation);
        if (band->is_proven) {
            status = push_proven(band, &preparation, error);
        } else {
            push_window(band, &preparation);
        }
    }
    return status == BSWZ_OK ? push_tiles(band, coder->tiles, g, error) : status;
}

/* Allocate what only an encoder has. */
static enum bswz_status open_encoding(struct band *band, struct bswz_error *error) {
    size_t most = 0;
    enum bswz_status status = open_tiles(band, error);
    for (unsigned number = 0; number < band->planes->count && status == BSWZ_OK; number++) {
        const struct tiles *tiles = &band->tiles[number];
        const size_t runs = (size_t)tiles->rows * tiles->across * (TILE_COLUMNS / GROUP_ROW);
        most = runs > most ? runs : most;
        tiles_find(&band->tiles[number], &band->planes->component[number]);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    band->prepared = bswz_allocate(WINDOW_RUNS, sizeof *band->prepared);
    band->runs = bswz_allocate(most, sizeof *band->runs);
    return band->prepared != NULL && band->runs != NULL ? BSWZ_OK : bswz_no_memory(error);
}

static enum bswz_status push_component(struct band *band, unsigned number, struct bswz_error *error) {
    struct component_coder coder;
    enum bswz_status status = find_others(band, number, error);
    if (status == BSWZ_OK) {
        status = component_open(&coder, band->model, &band->planes->component[number], role_of(band->planes, number),
                                &band->tiles[number], band->pool, &band->memory, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    begin_sums(band, number, &coder);
    for (unsigned g = 0; g < GROUP_COUNT - 1; g++) {
        component_add_group(&coder, g, true);
    }
    for (unsigned g = GROUP_COUNT; g-- > 0 && status == BSWZ_OK;) {
        component_evaluate(&coder, g);
        status = push_group(band, &coder, g, error);
        if (g > 0) {
            component_add_group(&coder, g - 1, false);
        }
    }
    component_close(&coder);
    const struct dc_plane dc = dc_of(band, number);
    return status == BSWZ_OK ? dc_push(&dc, &band->ans, band->is_proven ? &band->proof : NULL, error) : status;
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

enum bswz_status coefficients_encode_with(const struct coefficient_model *model, const struct jpeg_planes *planes,
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
        status = component_memory_create(&band.memory, model, planes, pool, error);
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

enum bswz_status coefficients_encode(const struct jpeg_planes *planes, struct worker_pool *pool,
                                     struct coefficients_proof *proof, struct byte_buffer *out,
                                     struct bswz_error *error) {
    const struct coefficient_model *model;
    enum bswz_status status = coefficient_model_embedded(&model, error);
    return status == BSWZ_OK ? coefficients_encode_with(model, planes, pool, proof, out, error) : status;
}

/* ---- decoding ---- */

/* The blocks of a batch, counted. */
static void pop_counted(struct band *band, const struct group_batch *batch, size_t block, uint32_t columns,
                        int16_t (*coefficient)[GROUP_LARGEST]) {
    double bits[ANS_MAX_LANES];
    group_pop_counted(&band->ans, batch, coefficient, bits);
    for (unsigned b = 0; b < batch->blocks && !band->ans.failed; b++) {
        block_costs_add(&band->costs, (uint32_t)((block + b) / columns), (uint32_t)((block + b) % columns), bits[b]);
    }
}

/* Which tiles are empty: no tile in particular pays for that. */
static void pop_tiles(struct band *band, unsigned number, unsigned g) {
    const struct cost_place *place = band->place;
    const double before = place != NULL ? ans_bits(&band->ans) : 0.0;
    tiles_pop(&band->tiles[number], g, &band->ans);
    if (place != NULL && !band->ans.failed) {
        cost_add(place, 0, 0, place->width, place->height, COST_COEFFICIENTS, before - ans_bits(&band->ans));
    }
}

/* The blocks of a row of a tile. */
static void pop_blocks(struct band *band, const struct component_coder *coder, unsigned g,
                       const struct group_step *step, size_t block, unsigned count) {
    const struct coefficient_group *group = &coefficient_groups[g];
    const unsigned lanes = band->ans.lanes;
    for (unsigned at = 0; at < count && !band->ans.failed; at += lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const struct group_batch batch = batch_of(coder, g, step, block + at, count - at < lanes ? count - at : lanes);
        if (band->place == NULL) {
            band->model->engine->group->pop(&band->ans, &batch, coefficient);
        } else {
            pop_counted(band, &batch, block + at, coder->tiles->columns, coefficient);
        }
        for (unsigned lane = 0; lane < batch.blocks && !band->ans.failed; lane++) {
            for (unsigned i = 0; i < group->count; i++) {
                coder->component->block[block + at + lane][group->frequency[i]] = coefficient[lane][i];
            }
        }
    }
}

static void pop_group(struct band *band, const struct component_coder *coder, unsigned g) {
    const struct tiles *tiles = coder->tiles;
    struct group_step step[GROUP_LARGEST];
    gather_steps(coder, g, step);
    for (size_t i = 0; i < tiles_count(tiles); i++) {
        const struct tile tile = tile_at(tiles, (uint32_t)(i / tiles->across), (uint32_t)(i % tiles->across));
        for (unsigned row = 0; row < tile.rows && !tile_is_empty(tiles, g, i); row++) {
            pop_blocks(band, coder, g, step, (size_t)(tile.row + row) * tiles->columns + tile.column, tile.columns);
        }
    }
}

static enum bswz_status pop_component(struct band *band, unsigned number, struct bswz_error *error) {
    struct component_coder coder;
    enum bswz_status status = find_others(band, number, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (band->place != NULL) {
        band->costs = block_costs_of(band->planes, number, band->place);
    }
    const struct dc_plane dc = dc_of(band, number);
    status = dc_pop(&dc, &band->ans, error);
    if (status == BSWZ_OK) {
        status = component_open(&coder, band->model, &band->planes->component[number], role_of(band->planes, number),
                                &band->tiles[number], band->pool, &band->memory, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    begin_sums(band, number, &coder);
    for (unsigned g = 0; g < GROUP_COUNT && !band->ans.failed; g++) {
        if (g > 0) {
            component_add_group(&coder, g - 1, true);
        }
        pop_tiles(band, number, g);
        if (band->ans.failed) {
            break;
        }
        component_evaluate(&coder, g);
        pop_group(band, &coder, g);
    }
    component_close(&coder);
    return BSWZ_OK;
}

static enum bswz_status decode(const struct coefficient_model *model, struct jpeg_planes *planes,
                               struct worker_pool *pool, const struct cost_place *place, const uint8_t *bytes,
                               size_t size, struct bswz_error *error) {
    struct band band = {.model = model, .planes = planes, .pool = pool, .place = place};
    enum bswz_status status = check_planes(planes, error);
    if (status == BSWZ_OK && size < HASH_SIZE) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data has a bad header");
    }
    if (status == BSWZ_OK) {
        status = ans_read_top(&band.ans, bytes + HASH_SIZE, size - HASH_SIZE, error); /* which may be truncated */
    }
    if (status == BSWZ_OK) {
        status = component_memory_create(&band.memory, model, planes, pool, error);
    }
    if (status == BSWZ_OK) {
        status = open_tiles(&band, error);
    }
    for (unsigned number = 0; number < planes->count && status == BSWZ_OK; number++) {
        status = pop_component(&band, number, error);
    }
    if (status == BSWZ_OK && !ans_is_initial(&band.ans)) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data is damaged");
    }
    close_band(&band);
    return status;
}

enum bswz_status coefficients_decode_with(const struct coefficient_model *model, struct jpeg_planes *planes,
                                          struct worker_pool *pool, const uint8_t *bytes, size_t size,
                                          struct bswz_error *error) {
    return decode(model, planes, pool, NULL, bytes, size, error);
}

enum bswz_status coefficients_decode(struct jpeg_planes *planes, struct worker_pool *pool,
                                     const struct cost_place *place, const uint8_t *bytes, size_t size,
                                     struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint32_t hash;
    if (!take_32(&cursor, &hash)) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data has a bad header");
    }
    const struct coefficient_model *model;
    enum bswz_status status = coefficient_model_by_hash(hash, &model, error);
    return status == BSWZ_OK ? decode(model, planes, pool, place, bytes, size, error) : status;
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
    enum bswz_status status = coefficient_model_embedded(&model, error);
    if (status == BSWZ_OK) {
        status = same_shape(planes, proof->planes) ? check_bytes(bytes, size, model->hash, &proof->mark, error)
                                                   : not_restored(error);
    }
    for (unsigned c = 0; c < planes->count && status == BSWZ_OK; c++) {
        memcpy(planes->component[c].block, proof->planes->component[c].block,
               blocks_of(&planes->component[c]) * sizeof *planes->component[c].block);
    }
    return status;
}
