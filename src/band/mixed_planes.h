/* SPDX-License-Identifier: MIT */
/*
 * Between the samples of a mixed picture and the planes that the model codes.
 */
#ifndef BSWZ_MIXED_PLANES_H
#define BSWZ_MIXED_PLANES_H

#include "band/mixed.h"

/* Encoding: make planes of all samples, and of alpha if there is any. If JFIF is not the origin, it becomes RGB. Both
 * belong to the caller, even after a failure. */
enum bswz_status mixed_planes_find(const struct mixed *mixed, const struct known_blocks *known, const uint8_t *samples,
                                   struct worker_pool *pool, struct origin_planes *planes, uint8_t **alpha,
                                   struct bswz_error *error);

/* Decoding: make planes with the known pixels; the others are substitutes, taken from the samples. */
enum bswz_status mixed_planes_open(const struct mixed *mixed, const struct known_blocks *known, const uint8_t *samples,
                                   struct origin_planes *planes, uint8_t **alpha, struct bswz_error *error);

/* Decoding: compute the samples of unknown pixels. may_lose: damaged exceptions count as none. */
enum bswz_status mixed_planes_join(const struct mixed *mixed, const struct known_blocks *known,
                                   struct origin_planes *planes, const uint8_t *alpha, bool may_lose, uint8_t *samples,
                                   struct bswz_error *error);

#endif
