/*
 * What has been proved of a drawing (proofs.h).
 */
#include "stream/proofs.h"

#include <xxhash.h>

struct drawn_proof drawn_proof_of(const uint8_t *samples, const uint8_t *payload, size_t size) {
    return (struct drawn_proof){samples, size, XXH3_64bits(payload, size)};
}

bool drawn_proof_holds(const struct frame_proofs *proofs, const uint8_t *payload, size_t size) {
    return proofs != NULL && proofs->drawn.samples != NULL && proofs->drawn.size == size &&
           proofs->drawn.hash == XXH3_64bits(payload, size);
}
