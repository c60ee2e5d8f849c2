/* SPDX-License-Identifier: MIT */
/*
 * The whole hierarchy of a band (hierarchy.h).
 *
 *     encoder: tiles of the last pass of the finest level first, ..., the latents, the corrections
 *     decoder: the corrections, the latents, ..., the finest level last
 *
 * One stack, so the decoder undoes exactly what the encoder did, backwards. Coarse levels are on top, so the beginning
 * of the coded data decodes to a smaller picture. If only that is wanted, the decoder stops there.
 */
#include "pyramid/hierarchy.h"

#include "base/allocate.h"
#include "base/fields.h"
#include "image/scaled.h"
#include "origin/origin.h"
#include "pyramid/blend.h"
#include "pyramid/correction_fit.h"
#include "pyramid/latents.h"
#include "pyramid/tile_code.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW_PIXELS = 1 << 14,  /* below this, the states of more lanes cost more than they gain */
    MANY_PIXELS = 1 << 18, /* from here on, the states of all lanes take a thousandth */
    PROVEN_LEVELS = 2      /* tiles of these levels are popped again; the others, a sixteenth of all, are decoded as a
                           * proof */
};

/* Written by the thread that calls hierarchy_*; workers write their own scratch and
 * the slot that they have claimed. */
struct band_coder {
    struct tile_context context;
    const struct coded_planes *planes;
    struct picture_correction correction;
    bool encoding;
    struct tile_job *jobs;
    size_t count, first_of_level_0; /* of tiles on the stack */
    size_t all;                     /* and with those of blended levels */
    size_t proven;                  /* encoding: tiles that are popped again; they are pushed first */
    struct net_scratch *scratch;    /* [threads] */
    struct tile_slot *slots;        /* [slots] */
    unsigned threads, slot_count;
    struct ans ans;
    struct proof proof;  /* encoding */
    uint8_t stand_in[3]; /* if there may be losses: the previous content of the planes */
    uint64_t known_top;  /* pixels of x^n that came from the stack */
    size_t popped;       /* tiles that came from the stack */
};

static void close_coder(struct band_coder *coder) {
    for (unsigned i = 0; coder->scratch != NULL && i < coder->threads; i++) {
        net_scratch_free(&coder->scratch[i]);
    }
    for (unsigned i = 0; coder->slots != NULL && i < coder->slot_count; i++) {
        tile_slot_free(&coder->slots[i]);
    }
    free(coder->scratch);
    free(coder->slots);
    free(coder->jobs);
    ans_free(&coder->ans);
    proof_free(&coder->proof);
}

static bool is_head_for(const struct coded_planes *planes) {
    const enum model_head head = planes->head;
    return planes->count == 3 ? head == HEAD_RGB || head == HEAD_JFIF || head == HEAD_PHOTOYCC
                              : planes->count == 1 && (head == HEAD_GREY || head == HEAD_JFIF);
}

static enum model_head head_by_grid(const struct coded_planes *planes) {
    if (planes->grid_phase < 0) {
        return planes->head;
    }
    return planes->head == HEAD_RGB ? HEAD_RGB_GRID : planes->head == HEAD_GREY ? HEAD_GREY_GRID : planes->head;
}

static enum bswz_status open_coder(struct band_coder *coder, const struct bswz_model *model,
                                   const struct coded_planes *planes, const struct worker_pool *pool, bool encoding,
                                   struct bswz_error *error) {
    memset(coder, 0, sizeof *coder);
    if (!is_head_for(planes) || planes->width == 0 || planes->height == 0 || planes->width > PICTURE_MAX_SIDE ||
        planes->height > PICTURE_MAX_SIDE || planes->grid_phase > 63 ||
        planes->scale > (encoding ? 0 : model->levels) ||
        (planes->known != NULL && (planes->half_chroma || planes->scale > 0 || planes->blended))) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "planes of an impossible shape");
    }
    coder->encoding = encoding;
    coder->planes = planes;
    coder->context =
        (struct tile_context){.model = model,
                              .head = head_by_grid(planes),
                              .grid_phase = planes->grid_phase,
                              .finest = planes->scale,
                              .account = planes->account,
                              .planes = planes->count,
                              .known = {.map = planes->known, .columns = known_blocks_across(planes->width)},
                              .half_chroma = planes->half_chroma && planes->count == 3 && model->levels > 0,
                              .width = picture_scaled_side(planes->width, planes->scale),
                              .height = picture_scaled_side(planes->height, planes->scale)};
    memcpy(coder->context.plane, planes->plane, sizeof coder->context.plane);
    coder->threads = worker_pool_threads(pool);
    coder->slot_count = tile_queue_slots(coder->threads);
    coder->scratch = bswz_allocate_zero(coder->threads, sizeof *coder->scratch);
    coder->slots = bswz_allocate_zero(coder->slot_count, sizeof *coder->slots);
    if (coder->scratch == NULL || coder->slots == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = BSWZ_OK;
    for (unsigned i = 0; i < coder->threads && status == BSWZ_OK; i++) {
        status = net_scratch_create(&coder->scratch[i], error);
    }
    for (unsigned i = 0; i < coder->slot_count && status == BSWZ_OK; i++) {
        status = tile_slot_create(&coder->slots[i], encoding, !encoding || planes->proof != NULL, error);
    }
    if (status == BSWZ_OK) {
        status = tile_jobs_list(model, coder->context.head, planes->width, planes->height, coder->context.half_chroma,
                                &coder->jobs, &coder->count, &coder->first_of_level_0, error);
    }
    unsigned finest = !encoding && planes->proof != NULL ? planes->proof->level : planes->scale;
    if (planes->blended && finest < blend_levels(model)) {
        finest = blend_levels(model);
    }
    coder->all = coder->count;
    while (status == BSWZ_OK && coder->count > 0 && coder->jobs[coder->count - 1].level < finest) {
        coder->count--; /* the finest come last */
    }
    return status;
}

static void evaluate(void *context, size_t index, unsigned slot, unsigned worker) {
    struct band_coder *coder = context;
    const struct tile_job *job = &coder->jobs[coder->encoding ? coder->count - 1 - index : index];
    struct tile_slot wanted = coder->slots[slot];
    if (coder->encoding && coder->planes->proof != NULL && job->level >= coder->planes->proof->level) {
        wanted.awaited = NULL;
    }
    tile_evaluate(&coder->context, job, &coder->scratch[worker], &wanted);
}

static void tell_sequenced(const struct band_coder *coder, size_t done) {
    if (coder->planes->sequenced != NULL) {
        coder->planes->sequenced(coder->planes->sequenced_context, done, coder->all);
    }
}

/* Of blended rows, which stand for the tiles that are not on the stack. */
static void tell_blended(void *context, uint64_t done, uint64_t all) {
    const struct band_coder *coder = context;
    tell_sequenced(coder, coder->count + (size_t)((coder->all - coder->count) * done / all));
}

static struct blend blend_of(struct band_coder *coder) {
    return (struct blend){.context = &coder->context,
                          .scratch = &coder->scratch[0],
                          .pixels = (uint64_t)coder->planes->width * coder->planes->height,
                          .report = tell_blended,
                          .report_context = coder};
}

static enum bswz_status not_restored(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check");
}

/* Push a tile, and pop it again. */
static enum bswz_status push_proven(struct band_coder *coder, const struct tile_job *job, const struct tile_slot *slot,
                                    int64_t quarters[4], struct bswz_error *error) {
    if (!proof_begin(&coder->proof, &coder->ans, tile_pixel_count(&coder->context, job))) {
        return bswz_no_memory(error);
    }
    tile_push(&coder->context, job, slot, &coder->ans, quarters);
    struct ans *copy = proof_popping(&coder->proof, &coder->ans);
    if (copy == NULL) {
        return bswz_no_memory(error);
    }
    return tile_pops(&coder->context, job, slot, copy) && proof_end(&coder->proof, &coder->ans) ? BSWZ_OK
                                                                                                : not_restored(error);
}

/* Divide the bits of a tile among the blocks whose pixels it codes. At level 0, a quarter of a tile is a block. Coarser
 * tiles cover many blocks; their bits are divided in the same proportion as those of the finer levels, which come
 * first, since they do not show which blocks are flat. */
static void count_blocks(const struct band_coder *coder, const struct tile_job *job, const int64_t quarters[4]) {
    const struct known_blocks *known = &coder->context.known;
    uint32_t *blocks = coder->planes->block_bits;
    const size_t size = ((size_t)2 * NET_TILE << job->level) >> KNOWN_SHIFT; /* side of the tile, in blocks */
    const size_t row = job->tile.row / NET_TILE * size, column = job->tile.column / NET_TILE * size;
    const size_t rows = known_blocks_across(coder->context.height), columns = known->columns;
    const int64_t bits = quarters[0] + quarters[1] + quarters[2] + quarters[3];
    uint64_t shares = 0;
    for (unsigned round = 0; round < 2 && bits > 0; round++) {
        for (size_t y = row; y < row + size && y < rows; y++) {
            for (size_t x = column; x < column + size && x < columns; x++) {
                const size_t i = y * columns + x;
                const int64_t quarter = job->level == 0 ? quarters[2 * (y - row) + x - column] : 0;
                if (known->map != NULL && known->map[i] != 0) {
                    continue;
                }
                if (round == 0) {
                    shares += (uint64_t)blocks[i] + 1;
                } else {
                    blocks[i] += job->level == 0 ? (uint32_t)(quarter > 0 ? quarter : 0)
                                                 : (uint32_t)((uint64_t)bits * ((uint64_t)blocks[i] + 1) / shares);
                }
            }
        }
    }
}

static enum bswz_status push(void *context, size_t index, unsigned slot, struct bswz_error *error) {
    struct band_coder *coder = context;
    const struct tile_job *job = &coder->jobs[coder->count - 1 - index];
    struct planes_proof *proof = coder->planes->proof;
    int64_t counted[4] = {0}, *quarters = coder->planes->block_bits != NULL ? counted : NULL;
    enum bswz_status status = BSWZ_OK;
    if (proof != NULL && job->level < proof->level) {
        status = push_proven(coder, job, &coder->slots[slot], quarters, error);
    } else {
        tile_push(&coder->context, job, &coder->slots[slot], &coder->ans, quarters);
    }
    if (quarters != NULL) {
        count_blocks(coder, job, quarters);
    }
    if (proof != NULL && index + 1 == coder->proven) {
        proof->mark = ans_mark_of(&coder->ans);
    }
    tell_sequenced(coder, index + 1);
    return coder->ans.failed ? bswz_no_memory(error) : status;
}

/* All coarser levels are decoded, so half-resolution chroma is complete, and gives the chroma that level 0 sees. */
static void interpolate_chroma(const struct band_coder *coder, size_t sequenced) {
    if (coder->context.half_chroma && coder->context.finest == 0 && sequenced == coder->first_of_level_0) {
        origin_interpolate_half(coder->context.plane[1], coder->context.width, coder->context.height);
        origin_interpolate_half(coder->context.plane[2], coder->context.width, coder->context.height);
    }
}

static enum bswz_status pop(void *context, size_t index, unsigned slot, struct bswz_error *error) {
    struct band_coder *coder = context;
    tile_pop(&coder->context, &coder->jobs[index], &coder->slots[slot], &coder->ans);
    if (coder->ans.failed) { /* not an error if losses are allowed */
        return bswz_fail(coder->planes->loss == NULL ? error : NULL, BSWZ_ERROR_CORRUPT, "coded data ends too early");
    }
    coder->popped = index + 1;
    interpolate_chroma(coder, index + 1);
    tell_sequenced(coder, index + 1);
    return BSWZ_OK;
}

/* The channels of the levels that may be corrected. */
static void correction_channels(const struct tile_context *context, unsigned channels[CORRECTION_LEVELS]) {
    for (unsigned level = 0; level < CORRECTION_LEVELS; level++) {
        channels[level] = tile_channels(context, level);
    }
}

/* Called after the corrections have been found, before the first push. */
static void begin_proof(struct band_coder *coder) {
    struct planes_proof *proof = coder->planes->proof;
    const unsigned levels = coder->context.model->levels;
    proof->level = levels < PROVEN_LEVELS ? levels : PROVEN_LEVELS;
    proof->correction = coder->correction;
    memcpy(proof->plane, coder->planes->plane, sizeof proof->plane);
    while (coder->proven < coder->count && coder->jobs[coder->count - 1 - coder->proven].level < proof->level) {
        coder->proven++;
    }
    proof->mark = ans_mark_of(&coder->ans); /* if no tiles are popped again */
}

enum bswz_status hierarchy_encode(const struct bswz_model *model, const struct coded_planes *planes,
                                  struct worker_pool *pool, struct byte_buffer *out, struct bswz_error *error) {
    struct band_coder coder;
    struct byte_buffer stack = {0};
    enum bswz_status status = open_coder(&coder, model, planes, pool, true, error);
    const bool may_correct = correction_allowed(planes->width, planes->height);
    if (status == BSWZ_OK && may_correct && planes->correct) {
        status = correction_fit(&coder.context, pool, coder.scratch, &coder.correction, error);
    }
    if (status == BSWZ_OK) {
        coder.context.correction = &coder.correction;
        const uint64_t pixels = (uint64_t)planes->width * planes->height;
        ans_init(&coder.ans, pixels < FEW_PIXELS ? 1 : pixels < MANY_PIXELS ? 4 : ANS_MAX_LANES);
        if (planes->proof != NULL) {
            begin_proof(&coder);
        }
        const struct tile_work work = {
            .count = coder.count, .ready_after = NULL, .evaluate = evaluate, .sequence = push, .context = &coder};
        status = tile_queue_run(pool, &work, error);
    }
    if (status == BSWZ_OK) {
        status = latents_push(&coder.context, LATENT_BIT_SWAP, &coder.scratch[0], &coder.ans, error);
    }
    if (status == BSWZ_OK) {
        if (may_correct) {
            unsigned channels[CORRECTION_LEVELS];
            correction_channels(&coder.context, channels);
            correction_push(&coder.correction, model->levels, channels, &coder.ans);
        }
        status = ans_write(&coder.ans, planes->blended ? &stack : out, error);
    }
    if (status == BSWZ_OK && planes->blended) {
        struct blend blend = blend_of(&coder);
        status = put_sized(out, &stack, error);
        status = status == BSWZ_OK ? blend_encode(&blend, out, error) : status;
    }
    free(stack.data);
    close_coder(&coder);
    return status;
}

/* The corrections and the coarsest image. */
static enum bswz_status pop_top(struct band_coder *coder, struct bswz_error *error) {
    const struct coded_planes *planes = coder->planes;
    if (correction_allowed(planes->width, planes->height)) {
        unsigned channels[CORRECTION_LEVELS];
        const double before = account_content(planes->account, &coder->ans);
        correction_channels(&coder->context, channels);
        correction_pop(&coder->correction, coder->context.model->levels, channels, &coder->ans);
        account_popped(planes->account, SHARE_CORRECTIONS, before, &coder->ans);
        coder->context.correction = &coder->correction;
    }
    return latents_pop(&coder->context, LATENT_BIT_SWAP, &coder->scratch[0], &coder->ans, &coder->known_top, error);
}

static enum bswz_status pop_levels(struct band_coder *coder, struct worker_pool *pool, struct bswz_error *error) {
    size_t *ready_after = bswz_allocate(coder->count, sizeof *ready_after);
    if (ready_after == NULL) {
        return bswz_no_memory(error);
    }
    for (size_t i = 0; i < coder->count; i++) {
        ready_after[i] = coder->jobs[i].ready_after;
    }
    const struct tile_work work = {
        .count = coder->count, .ready_after = ready_after, .evaluate = evaluate, .sequence = pop, .context = coder};
    const enum bswz_status status = tile_queue_run(pool, &work, error);
    free(ready_after);
    return status;
}

/* The stack has ended: interpolate everything that did not come from it, level by level. Returns how many pixels. */
static uint64_t guess_the_rest(struct band_coder *coder) {
    struct tile_context *context = &coder->context;
    uint64_t guessed = 0;
    for (size_t i = coder->popped; i < coder->count; i++) {
        tile_guess(context, &coder->jobs[i], &coder->scratch[0]);
        guessed += tile_pixel_count(context, &coder->jobs[i]);
        interpolate_chroma(coder, i + 1);
    }
    return guessed;
}

static void count_loss(const struct band_coder *coder, uint64_t guessed) {
    const struct tile_context *context = &coder->context;
    const struct lattice top = tile_lattice(context, context->model->levels);
    const uint64_t pixels = (uint64_t)context->width * context->height, top_pixels = (uint64_t)top.width * top.height;
    /* around an unknown pixel of x^n, there is nothing to interpolate between; below 2^62 */
    const uint64_t unknown = pixels * (top_pixels - coder->known_top) / top_pixels;
    coder->planes->loss->unknown += unknown;
    coder->planes->loss->guessed += guessed > unknown ? guessed - unknown : 0;
}

/* Read a stack of which not even the states may be complete; in that case it has already ended. */
static enum bswz_status read_what_is_there(struct ans *ans, const uint8_t *bytes, size_t size,
                                           struct bswz_error *error) {
    const enum bswz_status status = ans_read_top(ans, bytes, size, NULL);
    ans->failed = status != BSWZ_OK;
    return status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT ? BSWZ_OK : bswz_no_memory(error);
}

/* Are the corrections of all passes the same? */
static bool same_corrections(const struct picture_correction *a, const struct picture_correction *b) {
    for (unsigned i = 0; i < CORRECTION_LEVELS * CORRECTION_PASSES; i++) {
        const struct correction *one = &a->pass[i / CORRECTION_PASSES][i % CORRECTION_PASSES];
        const struct correction *other = &b->pass[i / CORRECTION_PASSES][i % CORRECTION_PASSES];
        if (one->present != other->present ||
            (one->present && (memcmp(one->scale, other->scale, sizeof one->scale) != 0 ||
                              memcmp(one->shift, other->shift, sizeof one->shift) != 0))) {
            return false;
        }
    }
    return true;
}

/* Are the decoded pixels of x^level those of the proof? */
static bool same_coarse_pixels(const struct tile_context *context, const struct planes_proof *proof) {
    struct tile_context known = *context;
    for (unsigned c = 0; c < context->planes; c++) {
        known.plane[c] = (uint8_t *)(uintptr_t)proof->plane[c];
    }
    const struct lattice decoded = tile_lattice(context, proof->level), expected = tile_lattice(&known, proof->level);
    for (unsigned c = 0; c < context->planes; c++) {
        for (uint32_t row = 0; row < decoded.height; row++) {
            for (uint32_t column = 0; column < decoded.width; column++) {
                if (*lattice_sample(&decoded, c, row, column) != *lattice_sample(&expected, c, row, column)) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* The coarser levels are decoded: if everything is as it was in the encoder, so is the rest. */
static enum bswz_status believe(struct band_coder *coder, struct bswz_error *error) {
    const struct planes_proof *proof = coder->planes->proof;
    struct tile_context *context = &coder->context;
    const size_t size = (size_t)context->width * context->height;
    if (!ans_is_at(&coder->ans, &proof->mark) || !same_corrections(&coder->correction, &proof->correction) ||
        !same_coarse_pixels(context, proof)) {
        return not_restored(error);
    }
    for (unsigned c = 0; c < context->planes; c++) {
        memcpy(context->plane[c], proof->plane[c], size);
        if (c > 0 && context->half_chroma) {
            origin_interpolate_half(context->plane[c], context->width, context->height);
            if (memcmp(context->plane[c], proof->plane[c], size) != 0) {
                return not_restored(error);
            }
        }
    }
    return BSWZ_OK;
}

/* What is not on the stack. */
static enum bswz_status decode_blended(struct band_coder *coder, const struct cursor *rest, uint64_t *guessed,
                                       struct bswz_error *error) {
    struct blend blend = blend_of(coder);
    blend.bytes = rest->bytes + rest->at;
    blend.size = cursor_left(rest);
    blend.may_lose = coder->planes->loss != NULL;
    blend.is_cut = coder->planes->is_cut;
    blend.is_lost = coder->ans.failed;
    const enum bswz_status status = blend_decode(&blend, error);
    *guessed += blend.guessed;
    return status;
}

/* The stack of blended planes; *bytes and *size become its own. */
static bool take_stack(struct cursor *coded, bool may_lose, const uint8_t **bytes, size_t *size) {
    uint64_t length;
    if (!take_varint(coded, may_lose ? UINT64_MAX : cursor_left(coded), &length) ||
        (!may_lose && length > cursor_left(coded))) {
        *size = 0;
        coded->at = coded->size;
        return may_lose;
    }
    *bytes = coded->bytes + coded->at;
    *size = length < cursor_left(coded) ? (size_t)length : cursor_left(coded);
    coded->at += *size;
    return true;
}

/* Everything that is on the stack. *guessed: how many pixels were not. */
static enum bswz_status decode_stack(struct band_coder *coder, struct worker_pool *pool, const uint8_t *bytes,
                                     size_t size, uint64_t *guessed, struct bswz_error *error) {
    const struct coded_planes *planes = coder->planes;
    enum bswz_status status = planes->loss == NULL ? ans_read(&coder->ans, bytes, size, error)
                                                   : read_what_is_there(&coder->ans, bytes, size, error);
    if (status == BSWZ_OK && planes->account != NULL) {
        planes->account->bits[SHARE_STACK] += 8.0 * (double)size - ans_bits(&coder->ans);
    }
    if (status == BSWZ_OK) {
        status = pop_top(coder, error);
    }
    if (status == BSWZ_OK) {
        interpolate_chroma(coder, 0);
        status = pop_levels(coder, pool, error);
    }
    if (planes->proof != NULL) {
        return status == BSWZ_OK ? believe(coder, error) : status;
    }
    if (planes->loss != NULL && coder->ans.failed && (status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT)) {
        *guessed = guess_the_rest(coder);
        return BSWZ_OK;
    }
    const unsigned finest = planes->blended ? blend_levels(coder->context.model) : 0;
    return status == BSWZ_OK && planes->loss == NULL &&
                   (coder->ans.failed || (planes->scale <= finest && !ans_is_initial(&coder->ans)))
               ? bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data does not end where it should")
               : status;
}

enum bswz_status hierarchy_decode(const struct bswz_model *model, const struct coded_planes *wanted,
                                  struct worker_pool *pool, const uint8_t *bytes, size_t size,
                                  struct bswz_error *error) {
    struct band_coder coder;
    struct coded_planes planes = *wanted;
    struct cursor coded = {.bytes = bytes, .size = size};
    uint64_t guessed = 0;
    planes.proof = planes.blended ? NULL : planes.proof;
    enum bswz_status status = open_coder(&coder, model, &planes, pool, false, error);
    if (status != BSWZ_OK) {
        close_coder(&coder);
        return status;
    }
    for (unsigned c = 0; planes.loss != NULL && c < planes.count; c++) {
        coder.stand_in[c] = planes.known != NULL ? 128 : planes.plane[c][0];
        coder.context.stand_in = coder.stand_in;
    }
    if (planes.blended && !take_stack(&coded, planes.loss != NULL, &bytes, &size)) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data ends too early");
    }
    if (status == BSWZ_OK && planes.account != NULL) {
        account_bytes(planes.account, SHARE_HEADERS, planes.blended ? coded.at - size : 0);
    }
    if (status == BSWZ_OK) {
        status = decode_stack(&coder, pool, bytes, size, &guessed, error);
    }
    if (status == BSWZ_OK && planes.blended && planes.scale < blend_levels(model)) {
        status = decode_blended(&coder, &coded, &guessed, error);
    }
    if (status == BSWZ_OK && planes.loss != NULL && (coder.ans.failed || guessed > 0)) {
        count_loss(&coder, guessed);
    }
    close_coder(&coder);
    return status;
}
