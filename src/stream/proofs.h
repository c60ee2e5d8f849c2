/*
 * The parts of a frame's payload that an encoder has already decoded while coding it: a decoder that checks the
 * frame need not decode them again.
 */
#ifndef BSWZ_PROOFS_H
#define BSWZ_PROOFS_H

#include "coefficients/coefficients.h"
#include "pipeline/hierarchy.h"

/* Of a drawing: the samples that a payload comes back as. */
struct drawn_proof {
    const uint8_t *samples; /* NULL: there is no proof */
    size_t size;            /* of the payload, and its hash */
    uint64_t hash;
};

struct frame_proofs {
    struct planes_proof planes[2]; /* of the colours and of alpha, if coded by a model */
    unsigned count, taken;
    struct coefficients_proof coefficients; /* FRAME_COEFFICIENTS */
    struct drawn_proof drawn;               /* FRAME_DRAWN */
};

/* Decoding: the proof for the next planes, or NULL. */
static inline struct planes_proof *proofs_take(struct frame_proofs *proofs) {
    return proofs != NULL && proofs->taken < proofs->count ? &proofs->planes[proofs->taken++] : NULL;
}

struct drawn_proof drawn_proof_of(const uint8_t *samples, const uint8_t *payload, size_t size);

/* Is there a proof for this payload? */
bool drawn_proof_holds(const struct frame_proofs *proofs, const uint8_t *payload, size_t size);

#endif
