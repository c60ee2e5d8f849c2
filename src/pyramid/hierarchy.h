/*
 * Coding the planes of a band with a model: the whole hierarchy, from the pixels
 * down to one ANS stack and back.
 */
#ifndef BSWZ_HIERARCHY_H
#define BSWZ_HIERARCHY_H

#include "coder/proof.h"
#include "image/known.h"
#include "image/loss.h"
#include "image/picture.h"
#include "model/correction.h"
#include "model/model.h"
#include "pyramid/account.h"
#include "threads/pool.h"

/* What an encoder has seen come back while it coded: all tiles of the levels below `level`, popped again as soon as
 * they were pushed (coder/proof.h). A decoder that is told so decodes the coarser levels, finds its stack where the
 * encoder's was, and takes the rest for granted: most of its work. */
struct planes_proof {
    unsigned level;
    struct ans_mark mark; /* of the stack below the coarser levels */
    struct picture_correction correction;
    const uint8_t *plane[3]; /* the encoder's */
};

/* The planes of a band. All of this down to grid_phase must be known to the decoder. */
struct coded_planes {
    uint32_t width, height; /* of the band */
    unsigned count;       /* 1 (grey, alpha, index) or 3 planes */
    enum model_head head; /* count 3: HEAD_RGB, HEAD_JFIF or HEAD_PHOTOYCC; count 1: HEAD_GREY or HEAD_JFIF; the grid is told apart */
    bool half_chroma;     /* planes 1, 2 are interpolated between even rows and columns (origin.h) */
    int grid_phase;       /* 0 ... 63 or -1 (origin.h) */
    const uint8_t *known; /* NULL, or a map of the blocks of pixels that the planes hold already (image/known.h).
                           * Not with half_chroma, nor at a scale */
    bool correct;         /* encoding: look for corrections of the nets (model/correction.h), which takes time */
    uint32_t *block_bits; /* encoding: NULL, or [blocks as in known]: what each took in bits, about, is added */
    unsigned scale;       /* decoding: every 2^scale-th row and column is wanted alone; at most the model's levels */
    uint8_t *plane[3];    /* width * height bytes each, both divided by 2^scale and rounded up; owned by the caller */
    /* Decoding: NULL, or what is coded may be cut off or damaged. Then the planes have each been filled with one value,
     * which stays where nothing is known; pixels that are missing between known ones are interpolated. All are counted. */
    struct pixel_loss *loss;
    struct account *account; /* decoding: NULL, or where to count what the coded bytes are spent on */
    /* Encoding: NULL, or to be filled. Decoding the whole, without a loss: NULL, or what need not be decoded again. */
    struct planes_proof *proof;
    /* NULL, or called in the caller's thread whenever another of count tiles is through */
    void (*sequenced)(void *context, size_t done, size_t count);
    void *sequenced_context;
};

/* Append the coded planes to *out: a self-contained run of bytes (the ANS stack),
 * the same for every number of threads. CORRUPT, only with a proof: a tile did not come back. */
enum bswz_status hierarchy_encode(const struct bswz_model *model, const struct coded_planes *planes,
                                  struct worker_pool *pool, struct byte_buffer *out, struct bswz_error *error);

/* Fill the planes from what hierarchy_encode wrote; bytes are untrusted. Damage is
 * noticed only sometimes: the frame's hash of the restored data decides. At a scale the
 * finer levels are left where they are, and what they say is not looked at. With planes->loss
 * only want of memory is an error. With a proof CORRUPT means: the planes are not those that were coded. */
enum bswz_status hierarchy_decode(const struct bswz_model *model, const struct coded_planes *planes,
                                  struct worker_pool *pool, const uint8_t *bytes, size_t size,
                                  struct bswz_error *error);

#endif
