/* SPDX-License-Identifier: MIT */
/*
 * A network: a first and a last layer for each of its heads, and a trunk that the heads share.
 *
 *     int16 planes -> first 3x3 -> (3x3) * depth -> 1x1 -> last 1x1 -> int16 outputs
 *
 * Convolutions are valid: a block of rows x columns outputs needs `halo` more
 * inputs on every side, so a tile reads the pixels of its neighbours, and boundaries inside a picture cost nothing.
 */
#ifndef BSWZ_NET_H
#define BSWZ_NET_H

#include "coder/mixture.h"
#include "kernel/kernel.h"
#include "model/model.h"

enum {
    NET_MAX_HEADS = 6,
    NET_MAX_DEPTH = 4,
    NET_TILE = 32, /* most outputs of a tile, in each direction */
    NET_MAX_PLANES = 64,
    NET_GRID_UNIT_BITS = 4 /* the biases of the grid are in 1/16 of a hidden unit */
};

struct net {
    unsigned planes;  /* inputs, as stored: an even number */
    unsigned outputs; /* actual outputs; the last layers round them up to LAYER_CHANNEL_STEP */
    unsigned width, depth;
    unsigned heads; /* bit h: there is a head h */
    unsigned halo;  /* depth + 1 */
    struct layer first[NET_MAX_HEADS], trunk[NET_MAX_DEPTH + 1], last[NET_MAX_HEADS];
    int16_t *grid[NET_MAX_HEADS]; /* [64][width] by 8 * row + column in the JPEG grid, or NULL */
    struct mixture_growth growth[NET_MAX_HEADS];
};

static inline bool net_has_head(const struct net *net, unsigned head) {
    return (net->heads >> head & 1) != 0;
}

/* The head that the network uses for `head`. */
static inline unsigned net_serving_head(const struct net *net, enum model_head head) {
    const bool is_grey = head == HEAD_GREY || head == HEAD_GREY_GRID;
    return is_grey && !net_has_head(net, head) ? HEAD_JFIF : head;
}

/* The growth of scales for this head. */
static inline const struct mixture_growth *net_growth(const struct net *net, enum model_head head) {
    return &net->growth[net_serving_head(net, head)];
}

/* The place of the first position of a block in the JPEG grid, and the distance to the next one, in pixels of the
 * picture. present false: no grid. */
struct net_grid {
    bool present;
    unsigned row, column, step;
};

/* Buffers of one thread, large enough for a tile of any network of a model. */
struct net_scratch {
    int16_t *input;     /* [rows + 2 halo][columns + 2 halo][planes] */
    int16_t *outputs;   /* [rows][columns][outputs rounded up]: the result */
    int16_t *wide;      /* the input of the last layer */
    uint8_t *hidden[2]; /* between layers */
    int32_t *sums;
    void *kernel; /* for the kernel */
};

enum bswz_status net_scratch_create(struct net_scratch *scratch, struct bswz_error *error);
void net_scratch_free(struct net_scratch *scratch);

/* How many outputs a position takes in scratch->outputs. */
static inline unsigned net_output_stride(const struct net *net) {
    return (net->outputs + LAYER_CHANNEL_STEP - 1) / LAYER_CHANNEL_STEP * LAYER_CHANNEL_STEP;
}

/* scratch->input -> scratch->outputs for a block of rows x columns (1 ... NET_TILE)
 * outputs under one head. */
void net_evaluate(const struct net *net, const struct kernel *kernel, enum model_head wanted, struct net_grid grid,
                  unsigned rows, unsigned columns, struct net_scratch *scratch);

/* sums [columns][width] of one row of the first layer += the bias for the grid position of each column; and the same
 * without wider vectors, for a test. */
void net_add_grid(const struct net *net, unsigned head, struct net_grid grid, unsigned row, unsigned columns,
                  int32_t *sums);
void net_add_grid_plain(const struct net *net, unsigned head, struct net_grid grid, unsigned row, unsigned columns,
                        int32_t *sums);

void net_free(struct net *net);

#endif
