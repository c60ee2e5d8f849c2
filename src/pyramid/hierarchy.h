/* SPDX-License-Identifier: MIT */
/*
 * Coding the planes of a band with a model: the whole hierarchy, from the pixels
 * down to one ANS stack and back.
 */
#ifndef BSWZ_HIERARCHY_H
#define BSWZ_HIERARCHY_H

#include "coder/proof.h"
#include "image/known.h"
#include "image/loss.h"
#include "image/picture.h"
#include "model/correction.h"
#include "model/model.h"
#include "pyramid/account.h"
#include "threads/pool.h"

/* What the encoder has already checked while coding: all tiles of the levels below `level` were popped again as soon as
 * they were pushed (coder/proof.h). A decoder with this proof decodes the coarser levels, verifies that its stack is in
 * the same state as that of the encoder, and skips the rest, which is most of the work. */
struct planes_proof {
    unsigned level;
    struct ans_mark mark; /* of the stack below the coarser levels */
    struct picture_correction correction;
    const uint8_t *plane[3]; /* those of the encoder */
};

/* The planes of a band. The decoder must know everything down to grid_phase. */
struct coded_planes {
    uint32_t width, height; /* of the band */
    unsigned count;         /* 1 (grey, alpha, index) or 3 planes */
    enum model_head head; /* count 3: HEAD_RGB, HEAD_JFIF or HEAD_PHOTOYCC; count 1: HEAD_GREY or HEAD_JFIF; heads with
                           * a grid follow from grid_phase */
    bool half_chroma;     /* planes 1, 2 are interpolated between even rows and columns (origin.h) */
    int grid_phase;       /* 0 ... 63 or -1 (origin.h) */
    const uint8_t *known; /* NULL, or a map of the blocks of pixels that the planes already hold (image/known.h). Not
                           * with half_chroma, nor with a scale */
    bool blended;         /* the finest levels are blended (blend.h). Not if anything is known */
    bool correct;         /* encoding: find corrections of the networks (model/correction.h), which takes time */
    uint32_t *block_bits; /* encoding: NULL, or an array with the blocks of known: the approximate bits of each block
                           * are added. Not if blended */
    unsigned scale;       /* decoding: only every 2^scale-th row and column is wanted; at most the levels of the
                           * model */
    uint8_t *plane[3];    /* width * height bytes each, both divided by 2^scale and rounded up; owned by the caller */
    /* Decoding: NULL, or the coded data may be truncated or damaged. In that case the caller has filled each plane with
     * one value, which remains where nothing is known; missing pixels between known ones are interpolated. Both are
     * counted. */
    struct pixel_loss *loss;
    bool is_cut;             /* with a loss: the coded data is only the beginning */
    struct account *account; /* decoding: NULL, or where to count the bits of the coded data */
    /* Encoding: NULL, or to be filled. Decoding without scale or loss: NULL, or a proof of what need not be decoded
     * again. What is blended is decoded again in any case. */
    struct planes_proof *proof;
    /* NULL, or called in the caller's thread after each of the count tiles */
    void (*sequenced)(void *context, size_t done, size_t count);
    void *sequenced_context;
};

/* Append the coded planes to *out: a self-contained run of bytes, the same for every number of threads: the ANS stack;
 * or, if blended, a varint with its size, the stack, and the blended levels. CORRUPT, only with a proof: a tile failed the check. */
enum bswz_status hierarchy_encode(const struct bswz_model *model, const struct coded_planes *planes,
                                  struct worker_pool *pool, struct byte_buffer *out, struct bswz_error *error);

/* Fill the planes from what hierarchy_encode wrote; bytes are untrusted. Damage is not always noticed: the hash of the
 * restored frame decides. With a scale, the finer levels are not decoded. With planes->loss, only a lack of memory is
 * an error. With a proof, CORRUPT means that the planes are not those that were coded. */
enum bswz_status hierarchy_decode(const struct bswz_model *model, const struct coded_planes *planes,
                                  struct worker_pool *pool, const uint8_t *bytes, size_t size,
                                  struct bswz_error *error);

#endif
