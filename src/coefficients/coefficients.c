/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * The order of everything (coefficients.h), as the decoder sees it:
 *
 *     for luma, Cb, Cr:
 *         the DC coefficients, from the coarsest level of their lattice to the finest
 *         group by group, the AC coefficients in all blocks, row by row
 *
 * The encoder goes backwards: its sums start with all groups, and lose them one by one. The number of a block
 * determines its lane of the ANS stack.
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
    FEW_BLOCKS = 256,     /* below this the states of more lanes cost more than they gain */
    MANY_BLOCKS = 8192,   /* from here on, those of all lanes are a thousandth */
    WINDOW_BLOCKS = 4096, /* that are prepared before they are pushed */
    PIECE_BLOCKS = 128    /* of these by one worker at a time */
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
    struct prepared_groups *prepared; /* [WINDOW_BLOCKS / GROUP_ROW]; encoding, as is what follows */
    bool is_proven;                  /* what is pushed is popped again */
    struct proof proof;
};

static size_t blocks_of(const struct jpeg_component *component) {
    return (size_t)component->rows * component->columns;
}

static enum bswz_status check_planes(const struct jpeg_planes *planes, struct bswz_error *error) {
    bool possible = planes->count == 1 || planes->count == JPEG_MAX_COMPONENTS;
    for (unsigned c = 0; possible && c < planes->count; c++) {
        const struct jpeg_component *component = &planes->component[c];
        possible = component->rows > 0 && component->columns > 0 && component->block != NULL;
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            possible = possible && component->step[f] > 0;
        }
    }
    return possible ? BSWZ_OK : bswz_fail(error, BSWZ_ERROR_ARGUMENT, "coefficients of an impossible shape");
}

static void close_band(struct band *band) {
    free(band->other[0]);
    free(band->other[1]);
    free(band->prepared);
    component_memory_free(&band->memory);
    ans_free(&band->ans);
    proof_free(&band->proof);
}

static enum bswz_status not_restored(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check");
}

/* What the preceding components say about this one's blocks. */
static enum bswz_status find_others(struct band *band, unsigned number, struct bswz_error *error) {
    const struct jpeg_component *component = band->planes->component;
    for (unsigned o = 0; o < number; o++) {
        free(band->other[o]);
        band->other[o] = bswz_allocate(blocks_of(&component[number]), sizeof *band->other[o]);
        if (band->other[o] == NULL) {
            return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the coefficients");
        }
        enum bswz_status status = amplitudes_at(&component[o], &component[number], band->other[o], error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    return BSWZ_OK;
}

static struct dc_plane dc_of(const struct band *band, unsigned number) {
    struct dc_plane plane = {band->model, &band->planes->component[number], number, {NULL, NULL}};
    for (unsigned o = 0; o < number; o++) {
        plane.other[o] = (const int16_t (*)[JPEG_BLOCK])band->other[o];
    }
    return plane;
}

/* The sums before the first group. */
static void begin_sums(const struct band *band, unsigned number, struct component_coder *coder) {
    component_add_dc(coder);
    for (unsigned o = 0; o < number; o++) {
        component_add_other(coder, o, (const int16_t (*)[JPEG_BLOCK])band->other[o]);
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
    size_t first, count; /* blocks of the window */
    struct prepared_groups *prepared;
};

static void prepare_piece(void *context, size_t piece, unsigned worker) {
    (void)worker;
    const struct preparation *preparation = context;
    const size_t end = (piece + 1) * PIECE_BLOCKS < preparation->count ? (piece + 1) * PIECE_BLOCKS : preparation->count;
    for (size_t i = piece * PIECE_BLOCKS; i < end; i += GROUP_ROW) {
        int16_t coefficient[GROUP_ROW][GROUP_LARGEST];
        const size_t block = preparation->first + i;
        const struct group_batch batch = batch_of(preparation->coder, preparation->group, preparation->step, block,
                                                  end - i < GROUP_ROW ? end - i : GROUP_ROW);
        for (unsigned b = 0; b < batch.blocks; b++) {
            gather(&coefficient_groups[preparation->group], preparation->coder->component->block[block + b],
                   coefficient[b]);
        }
        preparation->coder->model->engine->group->prepare(&batch, (const int16_t (*)[GROUP_LARGEST])coefficient,
                                                          &preparation->prepared[i / GROUP_ROW]);
    }
}

/* Pop the blocks that were pushed last, starting with first, and compare. */
static bool blocks_pop(const struct component_coder *coder, unsigned g, const struct group_step *step, size_t first,
                       size_t count, struct ans *ans) {
    const size_t lanes = ans->lanes;
    for (size_t i = 0; i < count; i += lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST], known[GROUP_LARGEST];
        const struct group_batch batch = batch_of(coder, g, step, first + i, count - i < lanes ? count - i : lanes);
        coder->model->engine->group->pop(ans, &batch, coefficient);
        for (unsigned lane = 0; lane < batch.blocks; lane++) {
            gather(&coefficient_groups[g], coder->component->block[first + i + lane], known);
            if (memcmp(known, coefficient[lane], batch.count * sizeof known[0]) != 0) {
                return false;
            }
        }
    }
    return true;
}

/* Push the prepared blocks, last one first. */
static void push_window(struct band *band, const struct preparation *preparation) {
    const size_t lanes = band->ans.lanes;
    for (size_t batch = (preparation->count + lanes - 1) / lanes; batch-- > 0;) {
        const size_t at = batch * lanes, left = preparation->count - at;
        preparation->coder->model->engine->group->push(&band->ans, at % GROUP_ROW, (unsigned)(left < lanes ? left : lanes),
                                                       coefficient_groups[preparation->group].count,
                                                       &band->prepared[at / GROUP_ROW]);
    }
}

static enum bswz_status push_proven(struct band *band, const struct preparation *preparation,
                                    struct bswz_error *error) {
    struct ans *copy = NULL;
    if (proof_begin(&band->proof, &band->ans, preparation->count)) {
        push_window(band, preparation);
        copy = proof_popping(&band->proof, &band->ans);
    }
    if (copy == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the coefficients");
    }
    return blocks_pop(preparation->coder, preparation->group, preparation->step, preparation->first,
                      preparation->count, copy) &&
                   proof_end(&band->proof, &band->ans)
               ? BSWZ_OK
               : not_restored(error);
}

static enum bswz_status push_group(struct band *band, const struct component_coder *coder, unsigned g,
                                   struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    const size_t blocks = blocks_of(coder->component);
    struct preparation preparation = {.coder = coder, .group = g, .prepared = band->prepared};
    gather_steps(coder, g, preparation.step);
    for (size_t window = (blocks + WINDOW_BLOCKS - 1) / WINDOW_BLOCKS; window-- > 0 && status == BSWZ_OK;) {
        preparation.first = window * WINDOW_BLOCKS;
        preparation.count = blocks - preparation.first < WINDOW_BLOCKS ? blocks - preparation.first : WINDOW_BLOCKS;
        loop_run(band->pool, (preparation.count + PIECE_BLOCKS - 1) / PIECE_BLOCKS, prepare_piece, &preparation);
        if (band->is_proven) {
            status = push_proven(band, &preparation, error);
        } else {
            push_window(band, &preparation);
        }
    }
    return status;
}

static enum bswz_status push_component(struct band *band, unsigned number, struct bswz_error *error) {
    struct component_coder coder;
    enum bswz_status status = find_others(band, number, error);
    if (status == BSWZ_OK) {
        status = component_open(&coder, band->model, &band->planes->component[number], number, band->pool, &band->memory,
                                error);
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
    band.prepared = bswz_allocate(WINDOW_BLOCKS / GROUP_ROW, sizeof *band.prepared);
    if (band.prepared == NULL) {
        status = bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the coefficients");
    }
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

static void pop_group(struct band *band, const struct component_coder *coder, unsigned g) {
    const struct coefficient_group *group = &coefficient_groups[g];
    const size_t blocks = blocks_of(coder->component), lanes = band->ans.lanes;
    struct group_step step[GROUP_LARGEST];
    gather_steps(coder, g, step);
    for (size_t block = 0; block < blocks; block += lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const struct group_batch batch = batch_of(coder, g, step, block, blocks - block < lanes ? blocks - block : lanes);
        band->model->engine->group->pop(&band->ans, &batch, coefficient);
        if (band->ans.failed) {
            return;
        }
        for (unsigned lane = 0; lane < batch.blocks; lane++) {
            for (unsigned i = 0; i < group->count; i++) {
                coder->component->block[block + lane][group->frequency[i]] = coefficient[lane][i];
            }
        }
    }
}

static enum bswz_status pop_component(struct band *band, unsigned number, struct bswz_error *error) {
    struct component_coder coder;
    enum bswz_status status = find_others(band, number, error);
    if (status != BSWZ_OK) {
        return status;
    }
    const struct dc_plane dc = dc_of(band, number);
    status = dc_pop(&dc, &band->ans, error);
    if (status == BSWZ_OK) {
        status = component_open(&coder, band->model, &band->planes->component[number], number, band->pool, &band->memory,
                                error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    begin_sums(band, number, &coder);
    for (unsigned g = 0; g < GROUP_COUNT && !band->ans.failed; g++) {
        if (g > 0) {
            component_add_group(&coder, g - 1, true);
        }
        component_evaluate(&coder, g);
        pop_group(band, &coder, g);
    }
    component_close(&coder);
    return BSWZ_OK;
}

enum bswz_status coefficients_decode_with(const struct coefficient_model *model, struct jpeg_planes *planes,
                                          struct worker_pool *pool, const uint8_t *bytes, size_t size,
                                          struct bswz_error *error) {
    struct band band = {.model = model, .planes = planes, .pool = pool};
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
    for (unsigned number = 0; number < planes->count && status == BSWZ_OK; number++) {
        status = pop_component(&band, number, error);
    }
    if (status == BSWZ_OK && !ans_is_initial(&band.ans)) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data is damaged");
    }
    close_band(&band);
    return status;
}

enum bswz_status coefficients_decode(struct jpeg_planes *planes, struct worker_pool *pool, const uint8_t *bytes,
                                     size_t size, struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint32_t hash;
    if (!take_32(&cursor, &hash)) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data has a bad header");
    }
    const struct coefficient_model *model;
    enum bswz_status status = coefficient_model_by_hash(hash, &model, error);
    return status == BSWZ_OK ? coefficients_decode_with(model, planes, pool, bytes, size, error) : status;
}

/* Without the shapes and the steps, the bytes mean nothing. */
static bool same_shape(const struct jpeg_planes *a, const struct jpeg_planes *b) {
    bool same = a->count == b->count;
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
