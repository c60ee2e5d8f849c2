/* SPDX-License-Identifier: MIT */
/*
 * Coding one tile, between the evaluated network and the ANS stack.
 */
#ifndef BSWZ_TILE_CODE_H
#define BSWZ_TILE_CODE_H

#include "coder/ans.h"
#include "image/known.h"
#include "model/correction.h"
#include "pyramid/account.h"
#include "pyramid/tiles.h"

/* The result of evaluating a tile, for the sequencer: one slot of the queue. For pushing, the pixels are known, so
 * everything except the stack operations is prepared; for popping, everything that does not need pixels. */
struct tile_slot {
    struct prepared_row *prepared; /* NULL, or for pushing: [set][TILE_ROWS], the pixels of a set one after another */
    struct awaited_row *awaited;   /* NULL, or for popping: the same */
};

enum bswz_status tile_slot_create(struct tile_slot *slot, bool pushing, bool popping, struct bswz_error *error);
void tile_slot_free(struct tile_slot *slot);

/* The context of all tiles of a band. Constant while they are coded. */
struct tile_context {
    const struct bswz_model *model;
    enum model_head head;
    int grid_phase;    /* -1: none */
    uint8_t *plane[3]; /* hold x^finest of the band, width x height */
    unsigned finest;   /* level; 0 except for a decoder that leaves finer ones out */
    unsigned planes;   /* 1 or 3 */
    bool half_chroma;  /* level 0 codes only plane 0 */
    uint32_t width, height;
    const struct picture_correction *correction; /* NULL: none */
    struct known_blocks known;
    struct account *account; /* decoding: NULL, or where the sequencer counts bits */
    const uint8_t *stand_in; /* NULL, or [planes]: substitutes for pixels of x^n if the stack ends too early */
};

/* x^level in the planes. level: context->finest or coarser. */
struct lattice tile_lattice(const struct tile_context *context, unsigned level);

/* The number of planes coded at a level: 1 or 3. */
unsigned tile_channels(const struct tile_context *context, unsigned level);

/* How many pixels of a tile are known from the start. */
enum known_extent tile_extent_known(const struct tile_context *context, const struct tile_job *job);

/* The network that predicts a tile. */
const struct net *tile_net(const struct tile_context *context, const struct tile_job *job);

/* Evaluate the net of a tile, uncorrected, into scratch->outputs, and the interpolations
 * [set][cell][plane] into base. */
void tile_predict(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                  uint8_t base[][NET_TILE * NET_TILE][3]);

/* Correct scratch->outputs if the picture has corrections. */
void tile_correct(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch);

/* Only the interpolations. */
void tile_interpolate(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                      uint8_t base[][NET_TILE * NET_TILE][3]);

/* Evaluate the network of a tile into the slot, unless all pixels of the tile are known. For pushing, the planes must
 * hold the pixels. */
void tile_evaluate(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                   const struct tile_slot *slot);

/* Push the unknown pixels of an evaluated tile, last first. quarters: NULL, or the approximate bits of its upper left,
 * upper right, lower left and lower right quarter are added. */
void tile_push(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans, int64_t quarters[4]);

/* Pop the same into the planes. */
void tile_pop(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
              struct ans *ans);

/* Pop them, and compare them with the planes. Returns whether they are equal. */
bool tile_pops(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans);

/* Write the interpolations instead of popping pixels. */
void tile_guess(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch);

/* Count the bits of a pixel of x^level, which stands for a square of pixels. The account must have a place. */
void tile_count_pixel(const struct tile_context *context, unsigned level, uint32_t row, uint32_t column, double bits);

/* How many pixels a tile codes: those that exist and are not known. */
unsigned tile_pixel_count(const struct tile_context *context, const struct tile_job *job);

#endif
