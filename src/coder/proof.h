/* SPDX-License-Identifier: MIT */
/*
 * Proving that a stack decodes while it is being built.
 *
 * An encoder that has pushed a few symbols pops them again, from a copy of the top of its stack and with the
 * decoder's own code. If they are the same symbols, and the copy then equals the stack as it was before, a decoder
 * that arrives at this point gets them right and arrives at the preceding point. If every push is proved like
 * this, the decoder gets everything right.
 *
 *     proof_begin     keep the top of the stack
 *                     push
 *     proof_popping   a copy to pop from
 *                     pop, compare
 *     proof_end       is the copy what the stack was?
 *
 * This costs as much as popping. The outputs of the nets are still available, so the nets are not run again.
 *
 * A decoder can be told to trust this up to a point, and to decode only what lies above it: the stack at that
 * point is identified by a hash (ans_mark).
 */
#ifndef BSWZ_PROOF_H
#define BSWZ_PROOF_H

#include "coder/ans.h"

/* Owned by the thread that owns the stack. Initially all zero. */
struct proof {
    uint64_t state[ANS_MAX_LANES];
    size_t size; /* of the stack when the proof began */
    uint64_t borrowed;
    uint32_t *words; /* its topmost words */
    size_t kept, capacity;
    struct ans copy;
};

/* most: how many symbols may be popped before as many words are available again; each takes at most one word.
 * False: out of memory. */
bool proof_begin(struct proof *proof, const struct ans *ans, size_t most);

/* NULL: out of memory, or the stack has become smaller than is possible. */
struct ans *proof_popping(struct proof *proof, const struct ans *ans);

/* Does the copy now equal what the stack was? */
bool proof_end(const struct proof *proof, const struct ans *ans);

void proof_free(struct proof *proof);

/* A stack at some point. */
struct ans_mark {
    size_t size;
    uint64_t borrowed, hash;
};

struct ans_mark ans_mark_of(const struct ans *ans);

/* Does a decoder's stack equal the encoder's at that point? */
bool ans_is_at(const struct ans *ans, const struct ans_mark *mark);

#endif
