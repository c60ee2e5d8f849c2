/* SPDX-License-Identifier: MIT */
/*
 * Models of coefficients: the weights of their nets, checked once at load time and never changed afterwards.
 * doc/model-file.md has the layout of the file.
 *
 * The nets of a kind of component (luma; chroma, which serves Cb and Cr) are layers that add to shared sums and,
 * for each group, the layers that read them:
 *
 *     sums = dc + steps + start [+ luma, for Cr also Cb] + own[0] + ... + own[g - 1]
 *     outputs of group g = last(1x1(3x3(hidden(sums + bias[g]))))
 *
 * with different weights for the two rounds of a group (groups.h), in the second of which the sums already have what
 * own[g] gives for the even blocks.
 *
 * DC coefficients have nets of their own (dc.h).
 */
#ifndef BSWZ_COEFFICIENT_MODEL_H
#define BSWZ_COEFFICIENT_MODEL_H

#include "coefficients/groups.h"
#include "engine/engine.h"

enum {
    VIEWS = 4,           /* of a picture (reflection.h); 0: as it is */
    COMPONENT_KINDS = 2, /* luma, chroma */
    COMPONENT_INPUTS_DC = 18,
    COMPONENT_INPUTS_OTHER = 2 * AC_COUNT,
    DC_TYPES = 2 /* a position between four on the diagonals; between four at its sides */
};

/* The layers that read the sums for one round. */
struct group_nets {
    int32_t *bias;         /* [sums] */
    struct layer trunk[2]; /* 3x3, 1x1 */
    struct layer last;
};

struct component_nets {
    unsigned sums, width;
    struct layer dc;                    /* 1x1 */
    struct layer own[GROUP_COUNT];      /* 3x3, sparse */
    struct layer other_dc[2], other[2]; /* chroma: 1x1, of luma and of Cb */
    struct layer steps;                 /* 64 steps -> sums, once per picture */
    int32_t *start[2];                  /* [sums]; the second is for Cr */
    struct group_nets group[ROUND_COUNT];
};

struct dc_nets {
    struct layer first, trunk[2], last; /* all 1x1 */
};

/* Written by one thread while loading, and only read afterwards. */
struct coefficient_model {
    uint32_t hash;
    const struct engine *engine;
    unsigned views; /* 1, or VIEWS, for probabilities that adapt */
    struct coefficient_view {
        struct component_nets nets[COMPONENT_KINDS];
        struct dc_nets dc[COMPONENT_KINDS][DC_TYPES];
    } view[VIEWS];
};

_Static_assert(VIEWS == 4, "as views_average and reflections assume");

/* The mean of what all views say becomes what the first one says. */
static inline void views_average(int16_t *outputs, int16_t *const other[VIEWS - 1], size_t count) {
    for (size_t i = 0; i < count; i++) {
        outputs[i] = (int16_t)((outputs[i] + other[0][i] + other[1][i] + other[2][i] + VIEWS / 2) >> 2);
    }
}

/* The built-in model, loaded when it is first used; all compression levels share it, but only the ones with probabilities
 * that adapt need all views. Fails if the self-check does. */
enum bswz_status coefficient_model_embedded(bool has_views, const struct coefficient_model **model,
                                            struct bswz_error *error);
/* The model with this hash. MODEL: unknown. */
enum bswz_status coefficient_model_by_hash(uint32_t hash, bool has_views, const struct coefficient_model **model,
                                           struct bswz_error *error);

/* Parse a file; bytes are untrusted. The caller frees *model. */
enum bswz_status coefficient_model_load(const uint8_t *bytes, size_t size, bool has_views,
                                        struct coefficient_model **model, struct bswz_error *error);
void coefficient_model_free(struct coefficient_model *model);

#endif
