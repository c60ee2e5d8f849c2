/* SPDX-License-Identifier: MIT */
/*
 * The methods of frames: one row for each says where it may occur and what it is called. band/frame_decode.c has the
 * decoders, band/frame_encode.c decides which methods are tried.
 */
#ifndef BSWZ_CONTAINER_METHODS_H
#define BSWZ_CONTAINER_METHODS_H

#include "container/container.h"

struct frame_method_row {
    enum frame_method method;
    bool in_bytes;       /* in bytes segments as well as in pictures */
    bool may_be_reduced; /* the samples may come from a reduction */
    bool any_depth;      /* it also codes samples of 16 bits */
    bool has_colours;    /* a byte of the header says how the colours are coded */
    const char *origin;  /* for lists of parts; NULL: the name of the origin */
    /* For notices: "coded as ...", "RGB ...", "3 PNM ..."; the second one is NULL if the origin says more. */
    const char *noun, *phrase, *summary;
};

/* NULL: not a method, or one of the ends of frames. */
const struct frame_method_row *frame_method_row(enum frame_method method);

/* All rows, in the order of summaries. */
#define FRAME_METHODS 7
extern const struct frame_method_row frame_method_rows[FRAME_METHODS];

#endif
