/*
 * Coding one tile: the evaluated net on one side, the ANS stack on the other.
 */
#ifndef BSWZ_TILE_CODE_H
#define BSWZ_TILE_CODE_H

#include "coder/ans.h"
#include "image/known.h"
#include "model/correction.h"
#include "pyramid/account.h"
#include "pyramid/tiles.h"

/* What an evaluated tile leaves for the sequencer: one slot of the queue. To push, the
 * pixels are known and everything is prepared but the stack operations; to pop, all
 * that needs no pixels either. */
struct tile_slot {
    struct prepared_row *prepared; /* NULL, or to push: [set][TILE_ROWS], the set's pixels one after the other */
    struct awaited_row *awaited;   /* NULL, or to pop: the same */
};

enum bswz_status tile_slot_create(struct tile_slot *slot, bool pushing, bool popping, struct bswz_error *error);
void tile_slot_free(struct tile_slot *slot);

/* What all tiles of a band share. Constant while they are coded. */
struct tile_context {
    const struct bswz_model *model;
    enum model_head head;
    int grid_phase;      /* -1: none */
    uint8_t *plane[3];   /* hold x^finest of the band, width x height */
    unsigned finest;     /* level; 0 but for a decoder that leaves finer ones out */
    unsigned planes;     /* 1 or 3 */
    bool half_chroma;    /* level 0 codes plane 0 alone */
    uint32_t width, height;
    const struct picture_correction *correction; /* NULL: none */
    struct known_blocks known;
    struct account *account; /* decoding: NULL, or where the sequencer counts bits */
    const uint8_t *stand_in; /* NULL, or [planes]: the pixels of x^n that a stack which ends too early does not give */
};

/* x^level in the planes. level: context->finest or coarser. */
struct lattice tile_lattice(const struct tile_context *context, unsigned level);

/* Planes that the band's pixels of a level have bits for: 1 or 3. */
unsigned tile_channels(const struct tile_context *context, unsigned level);

/* How much of a tile is known from the start. */
enum known_extent tile_extent_known(const struct tile_context *context, const struct tile_job *job);

/* The net that predicts a tile. */
const struct net *tile_net(const struct tile_context *context, const struct tile_job *job);

/* Evaluate the net of a tile, uncorrected, into scratch->outputs, and the interpolations
 * [set][cell][plane] into base. */
void tile_predict(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                  uint8_t base[][NET_TILE * NET_TILE][3]);

/* Evaluate the net of a tile into what the slot has, unless all its pixels are known; to push, they must be there. */
void tile_evaluate(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch,
                   const struct tile_slot *slot);

/* Push the pixels of an evaluated tile that are not known, last first. quarters: NULL, or what its upper left, upper
 * right, lower left and lower right took in bits, about, is added. */
void tile_push(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans, int64_t quarters[4]);

/* Pop the same into the planes. */
void tile_pop(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
              struct ans *ans);

/* Pop them, and tell whether they are those in the planes. */
bool tile_pops(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans);

/* In place of popping them: the interpolations. */
void tile_guess(const struct tile_context *context, const struct tile_job *job, struct net_scratch *scratch);

/* How many pixels a tile codes: those that are there and not known. */
unsigned tile_pixel_count(const struct tile_context *context, const struct tile_job *job);

#endif
