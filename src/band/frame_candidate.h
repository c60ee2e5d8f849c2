/* SPDX-License-Identifier: MIT */
/*
 * Candidates for a frame: codings of a band that have been tried. The smallest one that comes back is kept.
 */
#ifndef BSWZ_FRAME_CANDIDATE_H
#define BSWZ_FRAME_CANDIDATE_H

#include "band/coding_context.h"
#include "band/content.h"
#include "band/frame.h"
#include "band/proofs.h"
#include "band/reduction.h"
#include "threads/errand.h"
#include "unjpeg/unjpeg.h"

struct candidate {
    struct frame_header header;
    struct byte_buffer payload;
    bool used_model;
    /* which parts have been proven to come back, and the samples to which this refers */
    struct frame_proofs proofs;
    struct origin_planes mixed; /* FRAME_MIXED; the planes of FRAME_PLANES are those of the encoding */
    struct recovered recovered;
    uint8_t *colours, *alpha;
};

/* Rows of blocks that are spread over a band: those of a trial, as a drawing. */
struct strips {
    uint32_t count, all;                   /* of the trial, and of the band; 0: not tried */
    uint32_t rows;                         /* of pixels */
    uint64_t drawn;                        /* their bits as a drawing; 0: it did not come back */
    uint32_t *drawn_bits, *estimated_bits; /* of each block: as a drawing, and what the model would take */
};

/* A trial that another thread may do while planes are coded (trial.h). */
struct trial_ahead {
    struct errand errand;
    bool is_offered;      /* the errand is to be ended; written by the thread that codes the band */
    bool has_sample;      /* the rest is written by the thread that runs the errand, together with encoding->strips */
    uint64_t sample_size; /* of the sample, as a drawing */
    enum bswz_status status;
    struct bswz_error failure;
};

/* The state that all steps share. */
struct encoding {
    struct coding_context *coding;
    struct worker_pool *pool; /* for the search for an origin */
    const struct frame_options *options;
    const struct picture_info *info;
    const uint8_t *samples; /* of the band */
    uint64_t number;
    uint32_t width, rows;
    unsigned channels;
    bool is_indexed;
    bool is_proven;       /* networks are not run again for checks */
    bool no_coefficients; /* coefficients failed a check */
    bool needs_jpeg;      /* planes are wanted only if they were a JPEG */
    bool is_deep;         /* really more than 8 bits: there is no reduction */
    bool may_have_origin; /* the samples may be the output of a decoder: 8 bits, not reduced */
    enum content content;
    bool is_noise;      /* of few values */
    bool is_photo;      /* as content says, and nothing repeats: not asked at the highest levels, nor of small bands */
    bool may_try_ahead; /* once planes have been coded, a drawing is going to be tried */
    struct trial_ahead ahead;
    struct strips strips;
    struct reduction reduction;
    struct origin_planes origin;       /* of the colours, searched for once; constant while candidates use it */
    bool has_origin;                   /* the search is done */
    uint32_t *drawn_bits, *model_bits; /* NULL, or the bits of each block in both codings (mixed_map.h) */
    bool has_drawn_bits, has_model_bits;
    struct candidate best; /* header.method FRAME_END: none yet */
    size_t largest;        /* payloads must be smaller than this, the size of the samples */
};

/* Its size in bytes, including the name of the model if it is the first to need one. */
size_t candidate_cost(const struct encoding *encoding, const struct candidate *candidate);

/* What the next candidate must stay below. */
size_t candidate_limit(const struct encoding *encoding);

void candidate_free(struct candidate *candidate);
/* Frees only what the candidate is checked against. */
void candidate_free_evidence(struct candidate *candidate);

/* Start a candidate, whose payload begins with the data of the reduction. */
enum bswz_status candidate_start(const struct encoding *encoding, enum frame_method method, struct candidate *candidate,
                                 struct bswz_error *error);

/* Keep it if it is the smallest so far and comes back, free it otherwise. */
enum bswz_status candidate_judge(struct encoding *encoding, struct candidate *candidate, struct bswz_error *error);

/* Drop a candidate. status: from making it; CORRUPT means that it failed a check meanwhile, which is not an error. */
enum bswz_status candidate_refuse(const struct encoding *encoding, enum frame_method method, enum bswz_status status,
                                  struct candidate *candidate, struct bswz_error *error);

/* Is the best candidate a drawing that is too small for a model to do better? */
static inline bool candidate_is_settled(const struct encoding *encoding) {
    enum { SETTLED_SHARE = 16 }; /* of the pixels in bytes: no model can compete with half a bit per pixel */
    const size_t pixels = (size_t)encoding->width * encoding->rows;
    return encoding->best.header.method == FRAME_DRAWN && encoding->best.payload.size <= pixels / SETTLED_SHARE;
}

/* Do the samples follow from planes that are known? */
static inline bool has_planes_of_origin(const struct encoding *encoding) {
    return encoding->has_origin && origin_row(encoding->origin.kind)->prepare != NULL;
}

/* The first rows of the band as a picture of exact colours. */
static inline struct drawn_picture drawn_rows(const struct encoding *encoding, uint32_t rows) {
    return (struct drawn_picture){
        .width = encoding->width, .height = rows, .channels = encoding->channels, .is_indexed = encoding->is_indexed};
}

#endif
