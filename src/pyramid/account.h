/*
 * Where the bits of a stream are: what a decoder that is asked to keeps count of (-lv).
 *
 * The parts of an ANS stack are differences of its content around what is popped and pushed
 * (ans_bits), fractions of bits, negative where more came back than went in.  Everything else is whole bytes.  All
 * shares add up to the size of the stream.
 *
 * Nobody else pays for it: a decoder has a pointer to an account, NULL as a rule, and looks at it once a
 * tile.
 */
#ifndef BSWZ_ACCOUNT_H
#define BSWZ_ACCOUNT_H

#include "coder/ans.h"

enum account_share {
    SHARE_LEVEL = 0,        /* + level, 0 ... 7: the pixels of a lattice level, given their mixtures' index */
    SHARE_INDEX = 8,        /* which component of its mixture a pixel of these is from: posterior against prior */
    SHARE_TOP,              /* the pixels of the coarsest image, given z1 */
    SHARE_LATENTS,          /* z1 ... zL: what they cost less what comes back */
    SHARE_CORRECTIONS,      /* of the nets, for a picture */
    SHARE_STACK,            /* of ANS stacks: states and initial bits, which are not content */
    SHARE_EXCEPTIONS,       /* pixels that the origin's conversion, or the coefficients, do not give */
    SHARE_COEFFICIENTS,     /* of a JPEG: a file, or one that pixels were decoded from, with its tables */
    SHARE_REDUCTIONS,       /* tables of values, lower bits */
    SHARE_DRAWN,            /* pictures and planes of exact colours */
    SHARE_DEEP,             /* samples of up to 16 bits, one by one */
    SHARE_ZSTD,             /* samples, as are */
    SHARE_STORED,
    SHARE_BYTES,            /* everything that is not a picture */
    SHARE_RECORDS,          /* of pictures: their headers' text, palettes, other chunks, recipes; headers of JPEG files */
    SHARE_HEADERS,          /* of streams, segments, pictures, frames; hashes and checks */
    SHARE_UNDECODED,        /* frames that could not be looked into */
    SHARES
};

/* One owner: the thread that decodes. */
struct account {
    double bits[SHARES];
};

void account_add(struct account *account, const struct account *more);

/* So many bytes of that kind. account: NULL, or who keeps count. */
static inline void account_bytes(struct account *account, enum account_share share, size_t bytes) {
    if (account != NULL) {
        account->bits[share] += 8.0 * (double)bytes;
    }
}

/* The content of a stack, for a difference; 0 where nobody keeps count. */
static inline double account_content(const struct account *account, const struct ans *ans) {
    return account != NULL ? ans_bits(ans) : 0.0;
}

/* What the stack held more then is in that share. */
static inline void account_popped(struct account *account, enum account_share share, double then,
                                  const struct ans *ans) {
    if (account != NULL) {
        account->bits[share] += then - ans_bits(ans);
    }
}

#endif
