/*
 * Fitting a picture's corrections: the encoder's side of model/correction.h.
 *
 * For each pass of the finest levels: evaluate the net on tiles spread over the
 * picture, follow the likelihood's gradient from "no change" for a few steps, round
 * every number to what it is worth, and keep the result if the real, integer mixture
 * needs fewer bits on other tiles, by more than the numbers themselves cost.
 *
 * The time is bounded whatever the picture's size: the sample does not grow with it.
 * The result depends on the planes and the model alone, never on threads or on the
 * processor (correction_sweep.h).
 */
#ifndef BSWZ_CORRECTION_FIT_H
#define BSWZ_CORRECTION_FIT_H

#include "pipeline/tile_code.h"

/* Find the corrections of the band's passes; context->correction is not looked at. scratch: one for each thread of
 * the pool. Errors: MEMORY. */
enum bswz_status correction_fit(const struct tile_context *context, struct worker_pool *pool,
                                struct net_scratch *scratch, struct picture_correction *correction,
                                struct bswz_error *error);

#endif
