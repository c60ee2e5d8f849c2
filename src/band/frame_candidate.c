/* SPDX-License-Identifier: MIT */
/*
 * Candidates for a frame (frame_candidate.h).
 */
#include "band/frame_candidate.h"

#include <stdlib.h>

size_t candidate_cost(const struct encoding *encoding, const struct candidate *candidate) {
    return candidate->payload.size + (candidate->used_model ? encoding->options->model_cost : 0);
}

size_t candidate_limit(const struct encoding *encoding) {
    const struct candidate *best = &encoding->best;
    return best->header.method == FRAME_END ? encoding->largest : candidate_cost(encoding, best);
}

void candidate_free_evidence(struct candidate *candidate) {
    origin_planes_free(&candidate->mixed);
    unjpeg_free(&candidate->recovered);
    free(candidate->colours);
    free(candidate->alpha);
    candidate->colours = candidate->alpha = NULL;
}

void candidate_free(struct candidate *candidate) {
    candidate_free_evidence(candidate);
    free(candidate->payload.data);
    candidate->payload = (struct byte_buffer){0};
}

/* Would decoding the candidate give the samples back? */
static enum bswz_status check(const struct encoding *encoding, struct candidate *candidate, bool *comes_back,
                              struct bswz_error *error) {
    *comes_back = true;
    if (!encoding->coding->verify) {
        return BSWZ_OK;
    }
    candidate->header.payload_size = candidate->payload.size;
    const enum bswz_status status =
        frame_comes_back(encoding->coding, encoding->info, &candidate->header, &candidate->payload,
                         encoding->is_proven ? &candidate->proofs : NULL, encoding->samples, encoding->rows,
                         encoding->number, comes_back, error);
    if (status == BSWZ_OK && !*comes_back) {
        encoding->coding->refused |= 1u << candidate->header.method;
    }
    return status;
}

enum bswz_status candidate_judge(struct encoding *encoding, struct candidate *candidate, struct bswz_error *error) {
    struct candidate *best = &encoding->best;
    enum bswz_status status = BSWZ_OK;
    if (candidate->payload.size > 0 && candidate_cost(encoding, candidate) < encoding->largest &&
        (best->header.method == FRAME_END || candidate_cost(encoding, candidate) < candidate_cost(encoding, best))) {
        bool comes_back;
        status = check(encoding, candidate, &comes_back, error);
        if (status == BSWZ_OK && comes_back) {
            const struct candidate loser = *best;
            candidate_free_evidence(candidate);
            *best = *candidate;
            *candidate = loser;
        }
    }
    candidate_free(candidate);
    return status;
}

enum bswz_status candidate_refuse(const struct encoding *encoding, enum frame_method method, enum bswz_status status,
                                  struct candidate *candidate, struct bswz_error *error) {
    if (status != BSWZ_ERROR_CORRUPT) {
        return status;
    }
    encoding->coding->refused |= 1u << method;
    candidate->payload.size = 0;
    return bswz_forgive(error);
}

enum bswz_status candidate_start(const struct encoding *encoding, enum frame_method method, struct candidate *candidate,
                                 struct bswz_error *error) {
    *candidate = (struct candidate){.header = {.method = method, .reduction = encoding->reduction.kind}};
    return byte_buffer_append(&candidate->payload, encoding->reduction.data.data, encoding->reduction.data.size, error);
}
