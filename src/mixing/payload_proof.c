/* SPDX-License-Identifier: MIT */
/*
 * Proofs refer to a payload by its hash (payload_proof.h).
 */
#include "mixing/payload_proof.h"

#include <xxhash.h>

void payload_proof_make(struct payload_proof *proof, const uint8_t *payload, size_t size) {
    proof->is_made = true;
    proof->size = size;
    proof->hash = XXH3_64bits(payload, size);
}

bool payload_is_proven(const struct payload_proof *proof, const uint8_t *payload, size_t size) {
    return proof->is_made && size == proof->size && XXH3_64bits(payload, size) == proof->hash;
}
