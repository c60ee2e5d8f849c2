/* SPDX-License-Identifier: MIT */
/*
 * Where the bits of a stream go: a decoder counts them on request (-lv).
 *
 * The shares of an ANS stack are differences of its content before and after popping and pushing (ans_bits): fractions
 * of bits, negative if more came back than went in. Everything else is whole bytes. All shares add up to the size of
 * the stream.
 *
 * Other calls pay almost nothing for it: a decoder has a pointer to an account, usually NULL, and looks at it once per
 * tile.
 */
#ifndef BSWZ_ACCOUNT_H
#define BSWZ_ACCOUNT_H

#include "coder/ans.h"
#include "image/cost_map.h"

enum account_share {
    SHARE_LEVEL = 0,    /* + level, 0 ... 7: the pixels of a lattice level, given the indices of their mixtures */
    SHARE_INDEX = 8,    /* which component of its mixture such a pixel is from: posterior against prior */
    SHARE_TOP,          /* the pixels of the coarsest image, given z1 */
    SHARE_LATENTS,      /* z1 ... zL: their cost minus what comes back */
    SHARE_CORRECTIONS,  /* corrections of the networks for a picture */
    SHARE_STACK,        /* of ANS stacks: states and initial bits, which are not content */
    SHARE_EXCEPTIONS,   /* pixels that the conversion of the origin, or the coefficients, do not give */
    SHARE_COEFFICIENTS, /* of a JPEG file, or of the file from which pixels were decoded, with its tables */
    SHARE_REDUCTIONS,   /* tables of values, lower bits */
    SHARE_DRAWN,        /* pictures and planes of exact colours */
    SHARE_DEEP,         /* deep samples */
    SHARE_ZSTD,         /* samples packed by zstd, or stored */
    SHARE_STORED,
    SHARE_BYTES,     /* everything that is not a picture */
    SHARE_RECORDS,   /* of pictures: the text of headers, palettes, other chunks, recipes; the headers of JPEG
                             * files */
    SHARE_HEADERS,   /* of streams, segments, pictures, frames; hashes and checks */
    SHARE_UNDECODED, /* frames that could not be decoded */
    SHARES
};

/* One owner: the thread that decodes. */
struct account {
    double bits[SHARES];
    struct cost_place place; /* if it has a map, the bits of pixels are counted there, too */
};

void account_add(struct account *account, const struct account *more);

/* Adds bytes to a share. account: NULL, or where to count. */
static inline void account_bytes(struct account *account, enum account_share share, size_t bytes) {
    if (account != NULL) {
        account->bits[share] += 8.0 * (double)bytes;
    }
}

/* Where in the picture to count; NULL: nowhere. */
static inline const struct cost_place *account_place(const struct account *account) {
    return account != NULL && account->place.map != NULL ? &account->place : NULL;
}

/* The same as account_bytes, and all of the band has an equal part in them. */
static inline void account_spread(struct account *account, enum account_share share, enum cost_kind kind,
                                  size_t bytes) {
    const struct cost_place *place = account_place(account);
    account_bytes(account, share, bytes);
    if (place != NULL) {
        cost_add(place, 0, 0, place->width, place->height, kind, 8.0 * (double)bytes);
    }
}

/* The content of a stack, for a difference; 0 if nothing is counted. */
static inline double account_content(const struct account *account, const struct ans *ans) {
    return account != NULL ? ans_bits(ans) : 0.0;
}

/* Adds what the stack has lost since then to a share. */
static inline void account_popped(struct account *account, enum account_share share, double then,
                                  const struct ans *ans) {
    if (account != NULL) {
        account->bits[share] += then - ans_bits(ans);
    }
}

#endif
