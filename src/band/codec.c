/* SPDX-License-Identifier: MIT */
/*
 * Models and workers for the coding of frames (codec.h).
 */
#include "band/codec.h"

#include "base/fields.h"

#include <inttypes.h>

/* For fewer pixels, starting threads would take longer than they save. */
#define FEW_PIXELS (64 * 64)

enum bswz_status codec_pool(struct codec *codec, uint64_t pixels, struct worker_pool **pool, struct bswz_error *error) {
    struct worker_pool **made = codec->pool == NULL && pixels <= FEW_PIXELS ? &codec->lone : &codec->pool;
    enum bswz_status status = BSWZ_OK;
    if (*made == NULL) {
        status = worker_pool_create(made == &codec->lone ? 1 : codec->threads, made, error);
    }
    *pool = *made;
    return status;
}

enum bswz_status codec_model(struct codec *codec, const struct bswz_model **model, struct bswz_error *error) {
    if (codec->model == NULL) {
        codec->model = model_for_level(codec->level, error);
    }
    *model = codec->model;
    return *model != NULL ? BSWZ_OK : bswz_fail(error, BSWZ_ERROR_MACHINE, "the model cannot be used");
}

enum bswz_status codec_find_model(const struct codec *codec, const struct model_reference *reference,
                                  const struct bswz_model **model, struct bswz_error *error) {
    if (reference->name[0] == 0) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame needs a model, but the picture names none");
    }
    if (codec->model != NULL && bswz_model_hash(codec->model) == reference->hash) {
        *model = codec->model;
        return BSWZ_OK;
    }
    /* almost always the one with this name, so that only one has to be hashed */
    *model = bswz_model_embedded(reference->name, error);
    if (*model == NULL || bswz_model_hash(*model) != reference->hash) {
        *model = model_by_hash(reference->hash, error);
    }
    if (*model == NULL && codec->find_model != NULL && (error == NULL || error->status == BSWZ_OK)) {
        *model = codec->find_model(codec->find_model_context, reference->name, reference->hash);
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

enum bswz_status codec_add_prior(struct codec *codec, const struct picture_info *info, uint8_t *samples,
                                 struct bswz_error *error) {
    if (samples == NULL) {
        return BSWZ_OK;
    }
    codec->priors = priors_add(codec->priors, info, samples);
    return codec->priors != NULL ? BSWZ_OK : bswz_no_memory(error);
}

void codec_close(struct codec *codec) {
    priors_drop(codec->priors);
    codec->priors = NULL;
    worker_pool_destroy(codec->pool);
    worker_pool_destroy(codec->lone);
    codec->pool = codec->lone = NULL;
}
