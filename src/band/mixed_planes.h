/*
 * Between the samples of a mixed picture and the planes that the model codes.
 */
#ifndef BSWZ_MIXED_PLANES_H
#define BSWZ_MIXED_PLANES_H

#include "band/mixed.h"

/* Encoding: planes of all samples, and alpha where there is any. JFIF becomes RGB where it is not the origin. Both belong
 * to the caller, after a failure, too. */
enum bswz_status mixed_planes_find(const struct mixed *mixed, const struct known_blocks *known, const uint8_t *samples,
                                   struct worker_pool *pool, struct origin_planes *planes, uint8_t **alpha,
                                   struct bswz_error *error);

/* Decoding: the same with known pixels in them; the others are what stands in their place in the samples. */
enum bswz_status mixed_planes_open(const struct mixed *mixed, const struct known_blocks *known, const uint8_t *samples,
                                   struct origin_planes *planes, uint8_t **alpha, struct bswz_error *error);

/* Samples of what is not known. may_lose: damaged exceptions are none. */
enum bswz_status mixed_planes_join(const struct mixed *mixed, const struct known_blocks *known,
                                   struct origin_planes *planes, const uint8_t *alpha, bool may_lose, uint8_t *samples,
                                   struct bswz_error *error);

#endif
