/* SPDX-License-Identifier: MIT */
/*
 * The context of coding: what all frames of a call need, above all the model of the level or the stream, and the
 * workers. Both are created only when first needed, since most inputs that are not pictures need neither.
 */
#ifndef BSWZ_CODING_CONTEXT_H
#define BSWZ_CODING_CONTEXT_H

#include "band/picture_progress.h"
#include "band/priors.h"
#include "container/container.h"
#include "model/model.h"
#include "threads/pool.h"

#include <stdbool.h>

/* From this level on, compressing may take its time. */
#define THOROUGH_LEVEL 8
/* At this level, it may take a hundred times as long as usual. */
#define EXHAUSTIVE_LEVEL 9

struct coding_context {
    unsigned threads;               /* constant */
    int level;                      /* constant, encoding only */
    bool verify;                    /* constant, encoding only: everything coded is decoded before it is used */
    unsigned refused;               /* encoding: 1 << enum frame_method for those that failed a check */
    bool try_default;               /* encoding: the next planes are also coded with the default model, and the one
                                     * that does better becomes the model */
    const struct bswz_model *model; /* encoding: the one to use, NULL until needed; decoding: the caller's, or NULL */
    struct priors *priors;          /* of the stream; changed only between pictures */
    uint64_t priors_stream;         /* decoding: the stream that they are from */
    struct worker_pool *pool;       /* NULL until needed */
    struct worker_pool *lone;       /* a pool with only the caller; NULL until needed */
    /* constant, decoding only: NULL, or called to find other models (bswz_decompress_options) */
    const struct bswz_model *(*find_model)(void *context, const char *name, uint64_t hash);
    void *find_model_context;
    struct progress *progress; /* constant: that of the call */
    struct band_progress band; /* of the current band */
};

/* The workers for a plane with this number of pixels. */
enum bswz_status coding_pool(struct coding_context *coding, uint64_t pixels, struct worker_pool **pool,
                             struct bswz_error *error);

/* Encoding: the model. */
enum bswz_status coding_model(struct coding_context *coding, const struct bswz_model **model, struct bswz_error *error);

/* Decoding: the model that a stream names, or MODEL with its name. */
enum bswz_status coding_find_model(const struct coding_context *coding, const struct model_reference *reference,
                                   const struct bswz_model **model, struct bswz_error *error);

/* Decoding: a picture of the stream with this number begins. Those of other streams are forgotten. */
void coding_enter_stream(struct coding_context *coding, uint64_t stream);

/* At the end of a picture that later ones may refer to: take over its samples. NULL: it is no such picture. */
enum bswz_status coding_add_prior(struct coding_context *coding, const struct picture_info *info, uint8_t *samples,
                                  struct bswz_error *error);

void coding_close(struct coding_context *coding);

#endif
