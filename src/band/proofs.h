/* SPDX-License-Identifier: MIT */
/*
 * The parts of a payload that the encoder has already decoded while coding it: a decoder that checks the frame need not
 * decode them again.
 */
#ifndef BSWZ_PROOFS_H
#define BSWZ_PROOFS_H

#include "coefficients/coefficients.h"
#include "drawn/drawn.h"
#include "pyramid/hierarchy.h"

struct frame_proofs {
    struct planes_proof planes[2]; /* of the colours and of alpha, if coded by a model */
    unsigned count, taken;
    struct coefficients_proof coefficients; /* FRAME_COEFFICIENTS */
    struct payload_proof drawn, deep;       /* FRAME_DRAWN, FRAME_DEEP, and the samples that these are about */
    const uint8_t *drawn_samples, *deep_samples;
};

/* Decoding: the proof for the next planes, or NULL. */
static inline struct planes_proof *proofs_take(struct frame_proofs *proofs) {
    return proofs != NULL && proofs->taken < proofs->count ? &proofs->planes[proofs->taken++] : NULL;
}

#endif
