/* SPDX-License-Identifier: MIT */
/*
 * The constants of the probability model. They are part of the stream format, so they are integers computed once
 * (scripts/make-tables) rather than by this machine's mathematics library.
 */
#ifndef BSWZ_TABLES_H
#define BSWZ_TABLES_H

#include <stdint.h>

enum {
    SCALE_COUNT = 128,      /* of pixels */
    WIDE_SCALE_COUNT = 192, /* of coefficients; the first SCALE_COUNT are the same */
    LOGIT_COUNT = 384,
    GROWTH_COUNT = 2048
};

extern const uint32_t logistic_cdf[1025];
extern const int32_t logistic_quantile[1024];
extern const int32_t inverse_scale[WIDE_SCALE_COUNT];
extern const int32_t scale_of_index[WIDE_SCALE_COUNT];
extern const int16_t growth_of_residual[GROWTH_COUNT];
extern const uint32_t weight_of_logit[LOGIT_COUNT];

#endif
