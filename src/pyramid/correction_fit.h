/* SPDX-License-Identifier: MIT */
/*
 * Fitting the corrections of a picture: the encoder's side of model/correction.h.
 *
 * For each pass of the finest levels: evaluate the network on tiles spread over the picture, follow the gradient of the
 * likelihood from "no change" for a few steps, and round every number as finely as is worthwhile. The result is kept if
 * the real, integer mixture saves more bits on other tiles than the numbers themselves cost.
 *
 * The time is bounded, whatever the size of the picture: the sample does not grow with it. The result depends only on
 * the planes and the model, never on threads or the processor (correction_sweep.h).
 */
#ifndef BSWZ_CORRECTION_FIT_H
#define BSWZ_CORRECTION_FIT_H

#include "pyramid/tile_code.h"

/* Find the corrections for the passes of the band; context->correction is ignored. scratch: one per thread of the pool.
 * Errors: MEMORY. */
enum bswz_status correction_fit(const struct tile_context *context, struct worker_pool *pool,
                                struct net_scratch *scratch, struct picture_correction *correction,
                                struct bswz_error *error);

#endif
