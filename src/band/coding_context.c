/* SPDX-License-Identifier: MIT */
/*
 * Models and workers for the coding of frames (coding_context.h).
 */
#include "band/coding_context.h"

#include "base/fields.h"

#include <inttypes.h>

/* For fewer pixels, starting threads would take longer than they save. */
#define FEW_PIXELS (64 * 64)

enum bswz_status coding_pool(struct coding_context *coding, uint64_t pixels, struct worker_pool **pool,
                             struct bswz_error *error) {
    struct worker_pool **made = coding->pool == NULL && pixels <= FEW_PIXELS ? &coding->lone : &coding->pool;
    enum bswz_status status = BSWZ_OK;
    if (*made == NULL) {
        status = worker_pool_create(made == &coding->lone ? 1 : coding->threads, made, error);
    }
    *pool = *made;
    return status;
}

enum bswz_status coding_model(struct coding_context *coding, const struct bswz_model **model,
                              struct bswz_error *error) {
    if (coding->model == NULL) {
        coding->model = model_for_level(coding->level, error);
    }
    *model = coding->model;
    return *model != NULL ? BSWZ_OK : bswz_fail(error, BSWZ_ERROR_MACHINE, "the model cannot be used");
}

enum bswz_status coding_find_model(const struct coding_context *coding, const struct model_reference *reference,
                                   const struct bswz_model **model, struct bswz_error *error) {
    if (reference->name[0] == 0) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame needs a model, but the picture names none");
    }
    if (coding->model != NULL && bswz_model_hash(coding->model) == reference->hash) {
        *model = coding->model;
        return BSWZ_OK;
    }
    /* almost always the one with this name, so that only one has to be hashed */
    *model = bswz_model_embedded(reference->name, error);
    if (*model == NULL || bswz_model_hash(*model) != reference->hash) {
        *model = model_by_hash(reference->hash, error);
    }
    if (*model == NULL && coding->find_model != NULL && (error == NULL || error->status == BSWZ_OK)) {
        *model = coding->find_model(coding->find_model_context, reference->name, reference->hash);
        if (*model != NULL && !check_agrees(reference->hash, bswz_model_hash(*model))) {
            *model = NULL;
        }
    }
    if (*model != NULL) {
        return BSWZ_OK;
    }
    if (error != NULL && error->status != BSWZ_OK) { /* the self-check has failed and set the error */
        return error->status;
    }
    return bswz_fail(error, BSWZ_ERROR_MODEL, "needs model %s (%016" PRIx64 ")", reference->name, reference->hash);
}

void coding_enter_stream(struct coding_context *coding, uint64_t stream) {
    if (coding->priors_stream != stream) {
        priors_drop(coding->priors);
        coding->priors = NULL;
        coding->priors_stream = stream;
    }
}

enum bswz_status coding_add_prior(struct coding_context *coding, const struct picture_info *info, uint8_t *samples,
                                  struct bswz_error *error) {
    if (samples == NULL) {
        return BSWZ_OK;
    }
    coding->priors = priors_add(coding->priors, info, samples);
    return coding->priors != NULL ? BSWZ_OK : bswz_no_memory(error);
}

void coding_close(struct coding_context *coding) {
    priors_drop(coding->priors);
    coding->priors = NULL;
    worker_pool_destroy(coding->pool);
    worker_pool_destroy(coding->lone);
    coding->pool = coding->lone = NULL;
}
