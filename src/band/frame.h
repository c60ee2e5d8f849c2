/* SPDX-License-Identifier: MIT */
/*
 * Frames: from the samples of a band to the smallest of several codings, and back.
 */
#ifndef BSWZ_FRAME_H
#define BSWZ_FRAME_H

#include "band/coding_context.h"
#include "band/proofs.h"
#include "band/work_budget.h"
#include "container/container.h"
#include "image/loss.h"
#include "pyramid/account.h"

struct frame_options {
    bool search_origin; /* otherwise RGB is coded as RGB, unless it is grey */
    size_t model_cost;  /* what naming the model would add to the header of the picture */
    enum effort effort;
    bool prefer_model; /* the caller has chosen the model: if it can code a band, drawings are not tried */
    bool try_default;  /* the first band decides whether the default model would do better (coding_context.h) */
};

/* Code a band of the picture and append the frame to out. *header says what was chosen, *used_model whether the decoder
 * needs the model. With coding->verify, the frame has been decoded, and coding->refused says which methods failed this
 * check. */
enum bswz_status frame_encode(struct coding_context *coding, const struct frame_options *options,
                              const struct picture_info *info, const uint8_t *samples, uint32_t rows, uint64_t number,
                              struct byte_buffer *out, struct frame_header *header, bool *used_model,
                              struct bswz_error *error);

/* How a restored band differs from the original. */
struct frame_loss {
    struct pixel_loss pixels; /* pixels made up, of those requested */
    bool is_damaged;          /* otherwise: the hash is wrong */
};

/* A frame to be decoded: a band of the picture. */
struct frame_source {
    const struct picture_header *picture;
    const struct frame_header *header;
    const uint8_t *payload;      /* untrusted */
    size_t payload_size;         /* header->payload_size, or, with a loss, possibly less */
    uint32_t first_row, rows;    /* of the band in the picture */
    unsigned scale;              /* only its rows and columns that are divisible by 2^scale are requested */
    struct account *account;     /* NULL, or where to count the bits of the payload; not with a scale */
    struct frame_proofs *proofs; /* NULL, or which parts of the encoder's own payload need not be decoded again */
    uint8_t **prior;             /* NULL, or where to put a copy of the picture if later ones may refer to it */
    struct frame_loss *loss; /* NULL, or damage is not an error: as much as possible is decoded, and this says what was
                               * lost */
};

/* Fill in the requested samples, and check them against the frame's hash; with a scale only if the whole band had to be
 * decoded. */
enum bswz_status frame_decode(struct coding_context *coding, const struct frame_source *source, uint8_t *samples,
                              struct bswz_error *error);

/* May later pictures refer to this one, which has such a frame with this number of rows? */
bool frame_is_prior(const struct picture_info *info, const struct frame_header *header, uint32_t rows);

/* Encoding: does decoding this frame give the samples back? The header is everything before its hash. *comes_back:
 * false if the result differs; an error has nothing to do with the frame. */
enum bswz_status frame_comes_back(const struct coding_context *coding, const struct picture_info *info,
                                  const struct frame_header *header, const struct byte_buffer *payload,
                                  struct frame_proofs *proofs, const uint8_t *samples, uint32_t rows, uint64_t number,
                                  bool *comes_back, struct bswz_error *error);

#endif
