/* SPDX-License-Identifier: MIT */
/*
 * A chain: pictures of the same shape, one after another on a single ANS stack, with a pure latent model (no lattice
 * levels). This is what the study of depth measures (bench/depth_study.c); the program itself codes one picture per
 * stack.
 *
 * An encoder pushes the pictures in order, so a decoder gets the last one first.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "model/model_private.h"
#include "pyramid/latents.h"

/* Owned by one thread. Pictures are interleaved samples, width * height * channels bytes: grey or RGB. */
struct chain {
    enum latent_order order;
    size_t samples; /* of a picture */
    struct ans ans; /* content, lowest content and borrowed words are read between pictures */
    struct tile_context context;
    struct net_scratch scratch;
};

/* An empty stack for pictures of up to PICTURE_MAX_SIDE in each direction; channels: 1 or 3. A model with lattice
 * levels is refused. chain_close may be called whatever the result is. */
enum bswz_status chain_open(struct chain *chain, const struct bswz_model *model, enum latent_order order,
                            uint32_t width, uint32_t height, unsigned channels, struct bswz_error *error);
void chain_close(struct chain *chain);

/* Code one more picture. */
enum bswz_status chain_push(struct chain *chain, const uint8_t *picture, struct bswz_error *error);

/* Turn the encoder into a decoder of what it would have stored; *bytes receives the size of that. */
enum bswz_status chain_turn(struct chain *chain, size_t *bytes, struct bswz_error *error);

/* Restore the last picture that is still on a decoder's stack. */
enum bswz_status chain_pop(struct chain *chain, uint8_t *picture, struct bswz_error *error);

/* -ELBO of a picture under the integer model, without the stack, like latents_elbo. */
enum bswz_status chain_elbo(struct chain *chain, const uint8_t *picture, uint64_t *seed, double *bits,
                            struct bswz_error *error);

#endif
