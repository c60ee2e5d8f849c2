/* SPDX-License-Identifier: MIT */
/*
 * The top of the hierarchy: the coarsest image x^n under nested latent variables, coded by recursive bits-back
 * (Bit-Swap).
 *
 * x^n is divided into tiles of 32 x 32 pixels. A tile has latents z1 ... zL, each a 16 x 16 grid (one position for
 * 2 x 2 pixels) of channels; z1 generates the pixels, z2 generates z1, and so on; zL has a fixed prior. Every
 * layer is fully factorised given the one above. A value of z is one of 256 steps of 1/16 from -8 to 8, coded by
 * the same discretised logistic as a pixel.
 *
 *     Bit-Swap:  pop z1 | x, push x | z1, pop z2 | z1, push z1 | z2, ... push zL
 *     BB-ANS:    pop z1 | x, pop z2 | z1, ... pop zL, push x | z1, push z1 | z2, ... push zL
 *
 * Both cost the same net number of bits; BB-ANS borrows all latents before it gives anything back, Bit-Swap only one
 * layer at a time. Reference: F. Kingma, P. Abbeel, J. Ho, "Bit-Swap: recursive bits-back coding for lossless
 * compression with hierarchical latent variables", ICML 2019.
 *
 * A model with L = 0 codes x^n with 8 bits per sample.
 */
#ifndef BSWZ_LATENTS_H
#define BSWZ_LATENTS_H

#include "pyramid/tile_code.h"

enum latent_order { LATENT_BIT_SWAP, LATENT_BB_ANS };

enum bswz_status latents_push(const struct tile_context *context, enum latent_order order, struct net_scratch *scratch,
                              struct ans *ans, struct bswz_error *error);

/* If the stack ends too early, continues to the end and sets ans->failed. *known (which may be NULL): how many pixels
 * of x^n came from the stack; all others are replaced by context->stand_in, unless that is NULL. */
enum bswz_status latents_pop(const struct tile_context *context, enum latent_order order, struct net_scratch *scratch,
                             struct ans *ans, uint64_t *known, struct bswz_error *error);

/* -ELBO of the planes in bits, for reports and tests, with z drawn from the posteriors by an independent
 * generator. Added to bits[0]: -log2 p(x | z1); to bits[l]: log2 q(zl | z(l-1)) - log2 p(zl | z(l+1)), l = 1 ...
 * L. Either order should cost this; it is computed without a stack. *seed: anything but 0; it is updated. */
enum bswz_status latents_elbo(const struct tile_context *context, uint64_t *seed, struct net_scratch *scratch,
                              double *bits, struct bswz_error *error);

#endif
