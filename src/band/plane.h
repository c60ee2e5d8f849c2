/* SPDX-License-Identifier: MIT */
/*
 * Coding one plane of bytes: grey, a palette index, alpha.
 *
 * The model is made for photographs. Alpha planes are mostly flat, so they are coded as drawings first; if that is not
 * much smaller than the samples, the model is tried.
 */
#ifndef BSWZ_PLANE_H
#define BSWZ_PLANE_H

#include "band/coding_context.h"
#include "band/proofs.h"
#include "container/blobs.h"
#include "image/loss.h"
#include "model/model.h"
#include "origin/origin.h"
#include "pyramid/account.h"

struct plane {
    uint32_t width, rows;
    bool is_indexed;             /* samples are palette indices */
    bool is_grey;                /* samples are the grey levels of a picture without colour */
    uint8_t *samples;            /* width * rows; decoding with a scale: only every 2^scale-th row and column */
    const uint8_t *known;        /* NULL, or a map of blocks that samples already holds (image/known.h); not with a
                                  * scale */
    struct frame_proofs *proofs; /* NULL, or where proofs are stored and looked up */
    uint32_t *drawn_bits, *model_bits; /* encoding: NULL, or arrays with the blocks of known: the approximate bits of
                                        * each block in either coding are added, whichever is chosen */
    /* decoding only: */
    unsigned scale;
    struct account *account; /* NULL, or where to count the bits of the payload */
    struct pixel_loss *loss; /* NULL, or the payload may be truncated or damaged; as in struct coded_planes */
};

/* Append the plane, coded by the model, or, if it may be a drawing, in whichever way is smaller. *used_model is set to
 * true if the model was used, and otherwise left unchanged. If the result of the model fails a check, that is noted in
 * coding->refused, and the plane is drawn. */
enum bswz_status plane_encode(struct coding_context *coding, const struct plane *plane, bool may_be_drawn,
                              struct byte_buffer *out, bool *used_model, struct bswz_error *error);

/* Fill the plane from an untrusted payload. model: that named by the stream, found when it is needed. With a loss,
 * neither missing nor damaged data is an error, and the payload ends where it cannot be decoded any further. */
enum bswz_status plane_decode(struct coding_context *coding, const struct plane *plane,
                              const struct model_reference *model, struct cursor *payload, struct bswz_error *error);

/* The head of the model for the planes of this origin, regardless of a grid. */
static inline enum model_head head_of_origin(enum origin_kind origin) {
    switch (origin) {
    case ORIGIN_JFIF: return HEAD_JFIF;
    case ORIGIN_PHOTOYCC: return HEAD_PHOTOYCC;
    case ORIGIN_GREY: return HEAD_GREY;
    default: return HEAD_RGB;
    }
}

/* The payload of a model: the phase of the grid, the length, the bytes. Decoding works at any scale. CORRUPT: decoding,
 * the payload is invalid; encoding, the result failed a check. */
enum bswz_status model_planes_encode(struct coding_context *coding, struct coded_planes *planes,
                                     struct byte_buffer *out, struct bswz_error *error);
enum bswz_status model_planes_decode(struct coding_context *coding, struct coded_planes *planes,
                                     const struct model_reference *model, struct cursor *payload,
                                     struct bswz_error *error);

#endif
