/*
 * Coding one plane of bytes: grey, a palette index, alpha.
 *
 * The model is made for photographs. Alpha planes are mostly flat, and drawn; where
 * the drawn coder does not get far the model is tried.
 */
#ifndef BSWZ_PLANE_H
#define BSWZ_PLANE_H

#include "band/codec.h"
#include "band/proofs.h"
#include "container/blobs.h"
#include "image/loss.h"
#include "model/model.h"
#include "origin/origin.h"
#include "pyramid/account.h"

struct plane {
    uint32_t width, rows;
    bool is_indexed;  /* samples are palette indices */
    bool is_grey;     /* samples are the levels of a picture without colour */
    uint8_t *samples; /* width * rows; decoding at a scale, of every 2^scale-th row and column alone */
    const uint8_t *known;        /* NULL, or a map of blocks that samples has already (image/known.h); not at a scale */
    struct frame_proofs *proofs; /* NULL, or where they are put, and taken from */
    uint32_t *drawn_bits, *model_bits; /* encoding: NULL, or [blocks as in known]: what each took, about, of the coding
                                        * by the one or the other, is added; chosen or not */
    /* decoding only: */
    unsigned scale;
    struct account *account; /* NULL, or where to count what the payload is spent on */
    struct pixel_loss *loss; /* NULL, or what is coded may be cut off or damaged; as in struct coded_planes */
};

/* Append the plane, coded by the model, or, if it may be a drawing, in the smaller way. *used_model
 * is set to true when it was the model, else left alone. A model whose work does not come back is noted in
 * codec->refused, and the plane is drawn. */
enum bswz_status plane_encode(struct codec *codec, const struct plane *plane, bool may_be_drawn,
                              struct byte_buffer *out, bool *used_model, struct bswz_error *error);

/* Fill the plane from an untrusted payload. model: what the stream names, looked for when it is needed. With a loss
 * neither what is missing nor what is damaged is an error, and the payload ends where it cannot be made sense of. */
enum bswz_status plane_decode(struct codec *codec, const struct plane *plane, const struct model_reference *model,
                              struct cursor *payload, struct bswz_error *error);

/* The head for three planes of that origin, without regard to a grid. */
static inline enum model_head head_of_origin(enum origin_kind origin) {
    return origin == ORIGIN_JFIF ? HEAD_JFIF : origin == ORIGIN_PHOTOYCC ? HEAD_PHOTOYCC : HEAD_RGB;
}

/* A model's payload: the grid's phase, the length, the bytes. Decoding, any scale will do. CORRUPT, encoding: what was
 * coded did not come back. */
enum bswz_status model_planes_encode(struct codec *codec, struct coded_planes *planes, struct byte_buffer *out,
                                     struct bswz_error *error);
enum bswz_status model_planes_decode(struct codec *codec, struct coded_planes *planes,
                                     const struct model_reference *model, struct cursor *payload,
                                     struct bswz_error *error);

#endif
