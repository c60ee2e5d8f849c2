/*
 * Coding the quantised DCT coefficients of a band with a model, down to one ANS stack and back.
 *
 * A band is a run of whole rows of MCUs; it is coded without a look at other bands.
 */
#ifndef BSWZ_COEFFICIENTS_H
#define BSWZ_COEFFICIENTS_H

#include "buffer.h"
#include "coder/proof.h"
#include "jpeg/planes.h"
#include "pipeline/pool.h"

/* What an encoder has seen come back while it coded: all coefficients, popped again after they were pushed
 * (coder/proof.h). Who finds the stack as it was then has them. */
struct coefficients_proof {
    const struct jpeg_planes *planes; /* the encoder's */
    struct ans_mark mark;             /* of the whole stack */
};

/* Append the coded coefficients to *out, the same bytes for every number of threads. The decoder must know
 * everything of the planes but the coefficients. The embedded model is used, and the bytes name it. pool:
 * workers to share the work with. proof: NULL, or to be filled; CORRUPT then: what was coded does not come back. */
enum bswz_status coefficients_encode(const struct jpeg_planes *planes, struct worker_pool *pool,
                                     struct coefficients_proof *proof, struct byte_buffer *out,
                                     struct bswz_error *error);

/* Fill the blocks, which are allocated, from what coefficients_encode wrote; bytes are untrusted. CORRUPT where
 * damage is noticed, which is only sometimes: a hash of what is restored must decide; the blocks then are what came
 * before the damage, and anything. Bytes may be cut off at their end. MODEL: the bytes name one that is not known. */
enum bswz_status coefficients_decode(struct jpeg_planes *planes, struct worker_pool *pool, const uint8_t *bytes,
                                     size_t size, struct bswz_error *error);

/* The same where there is a proof: the blocks are the proof's if these are the bytes that it is about, and CORRUPT
 * otherwise. */
enum bswz_status coefficients_believe(const struct coefficients_proof *proof, struct jpeg_planes *planes,
                                      const uint8_t *bytes, size_t size, struct bswz_error *error);

struct coefficient_model;

/* The same with a given model. */
enum bswz_status coefficients_encode_with(const struct coefficient_model *model, const struct jpeg_planes *planes,
                                          struct worker_pool *pool, struct coefficients_proof *proof,
                                          struct byte_buffer *out, struct bswz_error *error);
enum bswz_status coefficients_decode_with(const struct coefficient_model *model, struct jpeg_planes *planes,
                                          struct worker_pool *pool, const uint8_t *bytes, size_t size,
                                          struct bswz_error *error);

#endif
