/* SPDX-License-Identifier: MIT */
/*
 * The contents of a model, for the files of the coding path.
 */
#ifndef BSWZ_MODEL_PRIVATE_H
#define BSWZ_MODEL_PRIVATE_H

#include "engine/engine.h"
#include "model/model.h"
#include "model/net.h"

enum {
    MODEL_MAX_LEVELS = 8,
    MODEL_MAX_LATENTS = 8,
    MODEL_MAX_LATENT_CHANNELS = 16,
    LATENT_CELL = 2, /* a position of z1 represents 2 x 2 pixels of the coarsest image */
    TOP_PIXEL_PLANES = 12
};

/* One level of the latent part: below z is the coarsest image (i = 0) or z_i. */
struct latent_level {
    struct net posterior;  /* q(z_{i+1} | below) */
    struct net likelihood; /* p(below | z_{i+1}) */
};

/* Written by one thread while loading, and only read afterwards. */
struct bswz_model {
    char name[32];
    uint64_t hash;
    const struct engine *engine;
    unsigned levels;                                    /* n: lattice levels, 0 ... */
    uint8_t level_net[NET_MAX_HEADS][MODEL_MAX_LEVELS]; /* the pair of networks that a level uses for a head */
    unsigned net_count;
    struct net (*nets)[2]; /* [net_count][pass] */
    unsigned latents;      /* L: latent layers above the coarsest image */
    unsigned latent_channels;
    /* How many rows and columns of the layer below a position represents: LATENT_CELL for z1, LATENT_CELL or 1 above */
    uint8_t latent_cell[MODEL_MAX_LATENTS];
    struct latent_level *latent; /* [latents] */
};

#endif
