/*
 * Coding the quantised DCT coefficients of a band with a model, down to one ANS stack and back.
 *
 * A band is a run of whole rows of MCUs; it is coded without a look at other bands.
 */
#ifndef BSWZ_COEFFICIENTS_H
#define BSWZ_COEFFICIENTS_H

#include "buffer.h"
#include "jpeg/planes.h"
#include "pipeline/pool.h"

/* Append the coded coefficients to *out, the same bytes for every number of threads. The decoder must know
 * everything of the planes but the coefficients. The embedded model is used, and the bytes name it. pool:
 * workers to share the work with. */
enum bswz_status coefficients_encode(const struct jpeg_planes *planes, struct worker_pool *pool,
                                     struct byte_buffer *out, struct bswz_error *error);

/* Fill the blocks, which are allocated, from what coefficients_encode wrote; bytes are untrusted. CORRUPT where
 * damage is noticed, which is only sometimes: a hash of what is restored must decide; the blocks then are what came
 * before the damage, and anything. Bytes may be cut off at their end. MODEL: the bytes name one that is not known. */
enum bswz_status coefficients_decode(struct jpeg_planes *planes, struct worker_pool *pool, const uint8_t *bytes,
                                     size_t size, struct bswz_error *error);

struct coefficient_model;

/* The same with a given model. */
enum bswz_status coefficients_encode_with(const struct coefficient_model *model, const struct jpeg_planes *planes,
                                          struct worker_pool *pool, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status coefficients_decode_with(const struct coefficient_model *model, struct jpeg_planes *planes,
                                          struct worker_pool *pool, const uint8_t *bytes, size_t size,
                                          struct bswz_error *error);

#endif
