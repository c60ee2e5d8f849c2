/* SPDX-License-Identifier: MIT */
/*
 * Coding the quantised DCT coefficients of a band with a model to a single ANS stack, and decoding them.
 *
 * A band is a run of whole rows of MCUs; it is coded independently of other bands.
 */
#ifndef BSWZ_COEFFICIENTS_H
#define BSWZ_COEFFICIENTS_H

#include "base/buffer.h"
#include "coder/proof.h"
#include "image/cost_map.h"
#include "jpeg/planes.h"
#include "threads/pool.h"

/* What an encoder has checked while coding: all coefficients were popped again after they were pushed
 * (coder/proof.h). If a decoder finds the same stack, it has the same coefficients. */
struct coefficients_proof {
    const struct jpeg_planes *planes; /* the encoder's */
    struct ans_mark mark;             /* of the whole stack, or the size and a hash of the bytes */
};

/* Append the coded coefficients to *out; the bytes are the same for every number of threads. The decoder must know
 * everything about the planes except the coefficients. The built-in model is used, and the bytes name it. is_adaptive:
 * several times as slow, but smaller (adaptive.h). pool:
 * workers that share the work. proof: NULL, or to be filled; then CORRUPT means that what was coded does not
 * decode. */
enum bswz_status coefficients_encode(const struct jpeg_planes *planes, bool is_adaptive, struct worker_pool *pool,
                                     struct coefficients_proof *proof, struct byte_buffer *out,
                                     struct bswz_error *error);

/* Fill the blocks, which are all zero, from the output of coefficients_encode; bytes are untrusted. CORRUPT if
 * damage is noticed, which is not always the case: a hash of the restored data must decide. The blocks then hold
 * what preceded the damage, and garbage. is_cut: the caller knows that the end is missing, which the remaining bytes do
 * not always show; then CORRUPT, and the blocks hold what precedes the end, and zeros or garbage. MODEL: the bytes name an
 * unknown model. place: NULL, or where the bits of the blocks are counted. */
enum bswz_status coefficients_decode(struct jpeg_planes *planes, struct worker_pool *pool,
                                     const struct cost_place *place, const uint8_t *bytes, size_t size, bool is_cut,
                                     struct bswz_error *error);

/* The same with a proof: the blocks are those of the proof if these are the bytes that it is about, otherwise
 * CORRUPT. */
enum bswz_status coefficients_believe(const struct coefficients_proof *proof, struct jpeg_planes *planes,
                                      const uint8_t *bytes, size_t size, struct bswz_error *error);

struct coefficient_model;

/* The same with a given model. */
enum bswz_status coefficients_encode_with(const struct coefficient_model *model, const struct jpeg_planes *planes,
                                          bool is_adaptive, struct worker_pool *pool, struct coefficients_proof *proof,
                                          struct byte_buffer *out, struct bswz_error *error);
enum bswz_status coefficients_decode_with(const struct coefficient_model *model, struct jpeg_planes *planes,
                                          struct worker_pool *pool, const uint8_t *bytes, size_t size, bool is_cut,
                                          struct bswz_error *error);

#endif
