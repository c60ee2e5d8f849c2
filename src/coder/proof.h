/*
 * Proving that a stack decodes, while it is being built.
 *
 * An encoder that has pushed a few symbols pops them again, from a copy of the top of its stack and with the
 * decoder's own code.  If they are the same symbols, and the copy then holds what the stack held before, a decoder
 * that comes to this point gets them right and comes to the point before.  With every push proved like this, it gets
 * everything right.
 *
 *     proof_begin     keep the top of the stack
 *                     push
 *     proof_popping   a copy to pop from
 *                     pop, compare
 *     proof_end       is the copy what the stack was?
 *
 * It costs what popping costs; what nets have said is at hand, so they are not run again.
 *
 * A decoder can be told to believe it up to a point, and to decode only what lies above: the stack at that point is
 * remembered by a hash (ans_mark).
 */
#ifndef BSWZ_PROOF_H
#define BSWZ_PROOF_H

#include "coder/ans.h"

/* One owner: that of the stack. All zero: new. */
struct proof {
    uint64_t state[ANS_MAX_LANES];
    size_t size;         /* of the stack when the proof began */
    uint64_t borrowed;
    uint32_t *words;     /* its topmost words */
    size_t kept, capacity;
    struct ans copy;
};

/* most: how many symbols may be popped before as many words are there again; each takes a word at most. False: no
 * memory. */
bool proof_begin(struct proof *proof, const struct ans *ans, size_t most);

/* NULL: no memory, or the stack has become smaller than it can have. */
struct ans *proof_popping(struct proof *proof, const struct ans *ans);

/* Has the copy become what the stack was? */
bool proof_end(const struct proof *proof, const struct ans *ans);

void proof_free(struct proof *proof);

/* A stack at some time. */
struct ans_mark {
    size_t size;
    uint64_t borrowed, hash;
};

struct ans_mark ans_mark_of(const struct ans *ans);

/* Is a decoder's stack what the encoder's was then? */
bool ans_is_at(const struct ans *ans, const struct ans_mark *mark);

#endif
