/* SPDX-License-Identifier: MIT */
/*
 * Blended levels: the finest levels of a hierarchy, coded by probabilities in which the networks are one voice among
 * several (blend.c).
 */
#ifndef BSWZ_BLEND_H
#define BSWZ_BLEND_H

#include "base/buffer.h"
#include "pyramid/tile_code.h"

enum { BLEND_LEVELS = 2 };

/* How many levels of this model are blended. */
static inline unsigned blend_levels(const struct bswz_model *model) {
    return model->levels < BLEND_LEVELS ? model->levels : BLEND_LEVELS;
}

/* The blended levels of a band, whose coarser levels the planes hold. One thread. */
struct blend {
    const struct tile_context *context; /* nothing is known */
    struct net_scratch *scratch;
    uint64_t pixels; /* of the band, whatever the scale */
    /* Decoding: */
    const uint8_t *bytes; /* untrusted */
    size_t size;
    bool may_lose;    /* what is missing is interpolated */
    bool is_cut;      /* the bytes are only the beginning, */
    bool is_lost;     /* or not there at all */
    uint64_t guessed; /* set: how many pixels were interpolated */
    /* NULL, or called with the number of rows of pixels of all phases, and how many are done */
    void (*report)(void *context, uint64_t done, uint64_t all);
    void *report_context;
};

/* Append the levels, which the planes hold, to *out. */
enum bswz_status blend_encode(struct blend *blend, struct byte_buffer *out, struct bswz_error *error);

/* Fill the planes. Damage is not always noticed. */
enum bswz_status blend_decode(struct blend *blend, struct bswz_error *error);

#endif
