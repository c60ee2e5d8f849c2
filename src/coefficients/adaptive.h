/* SPDX-License-Identifier: MIT */
/*
 * Coefficients with probabilities that adapt, for the highest levels: what the nets say is mixed with what has been
 * learned from this picture.
 *
 * The nets of a group see neither its coefficients in other blocks of the same half nor the pixels along the edges of a
 * block. Both tell a lot: textures go on, and so do the edges that run through several blocks. So each coefficient
 * becomes a few decisions (mixing/decisions.h): is it zero, its sign, its class of magnitude, and where it lies in that
 * class. The net's mixture gives a probability for each; adaptive contexts give others, and all are mixed in the logistic
 * domain.
 *
 * Encoder and decoder run the same code on blocks of which only what has been coded is known: the encoder has them filled
 * one by one from a source, as the decoder has from the payload.
 */
#ifndef BSWZ_COEFFICIENT_ADAPTIVE_H
#define BSWZ_COEFFICIENT_ADAPTIVE_H

#include "coder/group.h"
#include "coefficients/groups.h"
#include "jpeg/planes.h"
#include "mixing/decisions.h"

struct adaptive_memory;

/* Owned by the thread that codes the band. */
struct adaptive {
    struct decisions decisions;
    struct adaptive_memory *memory; /* what has been learned */
    bool is_counting;               /* bits are counted: */
    double bits;                    /* of the last coefficients */
    /* The component under way. */
    const struct jpeg_component *component;
    const int16_t (*source)[JPEG_BLOCK]; /* encoding: what the blocks will be */
    const int16_t (*other[2])[JPEG_BLOCK];
    unsigned role; /* 0 luma, 1 Cb, 2 Cr */
};

/* The decisions must be begun by the caller. blocks: of the largest component. MEMORY. */
enum bswz_status adaptive_open(struct adaptive *adaptive, size_t blocks, struct bswz_error *error);
void adaptive_close(struct adaptive *adaptive);

/* Start a component. source: NULL to decode. other: NULL, or amplitudes of luma and Cb in this component's blocks. */
void adaptive_begin(struct adaptive *adaptive, const struct jpeg_component *component, unsigned role,
                    const int16_t (*source)[JPEG_BLOCK], const int16_t (*const other[2])[JPEG_BLOCK]);
/* All DC coefficients are known: what they say about the edges of the blocks. */
void adaptive_begin_groups(struct adaptive *adaptive);

/* One block of a batch, whose group is set in the component's block. Returns how many coefficients are not zero. */
unsigned adaptive_group(struct adaptive *adaptive, const struct group_batch *batch, unsigned b, unsigned round,
                        uint32_t row, uint32_t column);

/* A DC coefficient, of a batch of one coefficient each; it is not set. value: encoding. pass: which of the lattice. */
int16_t adaptive_dc(struct adaptive *adaptive, const struct group_batch *batch, unsigned b, unsigned pass, int value);

/* A bit with a probability of chance / 4096. */
bool adaptive_bit(struct adaptive *adaptive, bool bit, uint32_t chance);

#endif
