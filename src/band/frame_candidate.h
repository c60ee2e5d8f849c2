/*
 * Candidates for a frame: codings of a band that have been tried. The smallest one that comes back is kept.
 */
#ifndef BSWZ_FRAME_CANDIDATE_H
#define BSWZ_FRAME_CANDIDATE_H

#include "band/content.h"
#include "band/frame.h"
#include "band/proofs.h"
#include "band/reduction.h"
#include "unjpeg/unjpeg.h"

struct candidate {
    struct frame_header header;
    struct byte_buffer payload;
    bool used_model;
    /* what has been seen to come back, and the samples that this is about */
    struct frame_proofs proofs;
    struct origin_planes origin;
    struct recovered recovered;
    uint8_t *colours, *alpha;
};

/* What all steps need. */
struct encoding {
    struct codec *codec;
    struct worker_pool *pool; /* to share the search for an origin with */
    const struct frame_options *options;
    const struct picture_info *info;
    const uint8_t *samples;  /* the band's */
    uint64_t number;
    uint32_t width, rows;
    unsigned channels;
    bool is_indexed;
    bool is_proven;          /* nets are not run again to check what they have said */
    bool no_coefficients;    /* they did not come back */
    bool is_deep;            /* more than 8 bits, and not in disguise: there is no reduction */
    bool may_have_origin;    /* 8-bit samples as a decoder may have made them */
    enum content content;
    struct reduction reduction;
    uint32_t *drawn_bits, *model_bits; /* NULL, or what each block took of the one coding and the other (mixed_map.h) */
    bool has_drawn_bits, has_model_bits;
    struct candidate best;   /* header.method FRAME_END: none yet */
    size_t largest;          /* payloads must be smaller than this: the samples as they are */
};

/* In bytes, with the model's name if it is the first to need one. */
size_t candidate_cost(const struct encoding *encoding, const struct candidate *candidate);

void candidate_free(struct candidate *candidate);
/* Only what it holds to be checked against. */
void candidate_free_evidence(struct candidate *candidate);

/* A new one, whose payload begins with the data of the reduction. */
enum bswz_status candidate_start(const struct encoding *encoding, enum frame_method method,
                                 struct candidate *candidate, struct bswz_error *error);

/* Keep it if it is the smallest so far and comes back, free it otherwise. */
enum bswz_status candidate_judge(struct encoding *encoding, struct candidate *candidate, struct bswz_error *error);

/* status of making it; CORRUPT: it did not come back while it was made, and then it is one candidate less, which is not a
 * failure. */
enum bswz_status candidate_refuse(const struct encoding *encoding, enum frame_method method, enum bswz_status status,
                                  struct candidate *candidate, struct bswz_error *error);

#endif
