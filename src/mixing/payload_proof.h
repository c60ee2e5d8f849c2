/* SPDX-License-Identifier: MIT */
/*
 * Proofs of payloads that consist of decisions (decisions.h): those of drawings and of deep samples.
 *
 * The encoder has popped the decisions again from a finished payload, and made samples of them as a decoder does: only
 * the probabilities are the encoder's own. A decoder would restore the samples from the payload with this hash. What does
 * not come back is not coded.
 */
#ifndef BSWZ_MIXING_PAYLOAD_PROOF_H
#define BSWZ_MIXING_PAYLOAD_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct payload_proof {
    bool is_made;  /* for what was coded */
    bool is_wrong; /* something did not come back */
    size_t size;
    uint64_t hash;
};

/* The payload has come back. */
void payload_proof_make(struct payload_proof *proof, const uint8_t *payload, size_t size);

/* Is this the payload that was proved? */
bool payload_is_proven(const struct payload_proof *proof, const uint8_t *payload, size_t size);

#endif
