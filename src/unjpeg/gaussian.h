/* SPDX-License-Identifier: MIT */
/*
 * Hidden numbers, and others that are weighted sums of them, all of which are known roughly: as a Gaussian. Observing some
 * of them narrows it for all. The searches in joint_block.c and half_joint.c share this.
 *
 * Sums are made in an order that is the same for every width of vectors.
 */
#ifndef BSWZ_UNJPEG_GAUSSIAN_H
#define BSWZ_UNJPEG_GAUSSIAN_H

#include "base/exact_float.h"
#include "base/widths.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { GAUSSIAN_LANES = 8, GAUSSIAN_HIDDEN = 128, GAUSSIAN_SUMS = 256 /* at most */ };

/* Smaller pivots are errors by rounding. */
#define LEAST_PIVOT 1e-6f

/* The sum of the products of size numbers, a multiple of GAUSSIAN_LANES. */
static ALWAYS_INLINE float vector_dot(const float *restrict a, const float *restrict b, size_t size) {
    float sum[GAUSSIAN_LANES] = {0};
    for (size_t i = 0; i < size; i += GAUSSIAN_LANES) {
        for (size_t lane = 0; lane < GAUSSIAN_LANES; lane++) {
            sum[lane] += a[i + lane] * b[i + lane];
        }
    }
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* to += by * from */
static ALWAYS_INLINE void vector_add(float *restrict to, float by, const float *restrict from, size_t size) {
    for (size_t i = 0; i < size; i++) {
        to[i] += by * from[i];
    }
}

/* Replace a positive definite matrix, [size] rows of `stride` numbers, by its inverse: Gauss-Jordan elimination. */
static ALWAYS_INLINE void matrix_invert(float *matrix, size_t stride, size_t size) {
    for (size_t k = 0; k < size; k++) {
        float *pivot = matrix + k * stride;
        const float inverse = 1.0f / (pivot[k] > LEAST_PIVOT ? pivot[k] : LEAST_PIVOT);
        pivot[k] = 1.0f;
        for (size_t j = 0; j < size; j++) {
            pivot[j] *= inverse;
        }
        for (size_t i = 0; i < size; i++) {
            float *row = matrix + i * stride;
            const float by = row[k];
            if (i != k) {
                row[k] = 0.0f;
                vector_add(row, -by, pivot, size);
            }
        }
    }
}

struct gaussian {
    unsigned hidden, sums;      /* how many there are */
    size_t stride, sums_stride; /* from row to row of covariance, and of share */
    float *covariance, *mean;   /* [hidden][hidden], [hidden]: of the hidden numbers */
    float *share;               /* [hidden][sums]: of each in each sum */
    float *expected, *variance; /* [sums] */
    float noise;                /* of sums: their variance is never less */
};

/* Begin. covariance, right: what is known already, as a precision matrix, and it times the mean; expected: the sums of zeros;
 * weight: the reciprocal of the square that each sum is likely to have. sums: a multiple of GAUSSIAN_LANES. */
static ALWAYS_INLINE void gaussian_begin(struct gaussian *g, const float *weight, float *right) {
    float moved[GAUSSIAN_SUMS];
    for (unsigned k = 0; k < g->hidden; k++) {
        const float *share = g->share + k * g->sums_stride;
        for (unsigned h = 0; h < g->sums; h++) {
            moved[h] = share[h] * weight[h];
        }
        for (unsigned l = 0; l <= k; l++) {
            const float sum = vector_dot(moved, g->share + l * g->sums_stride, g->sums);
            g->covariance[k * g->stride + l] += sum;
            g->covariance[l * g->stride + k] += k == l ? 0.0f : sum;
        }
        right[k] -= vector_dot(moved, g->expected, g->sums);
    }
    matrix_invert(g->covariance, g->stride, g->hidden);
    for (unsigned h = 0; h < g->sums; h++) {
        g->variance[h] = g->noise;
    }
    for (unsigned k = 0; k < g->hidden; k++) {
        const float *covariance = g->covariance + k * g->stride, *share = g->share + k * g->sums_stride;
        g->mean[k] = 0.0f;
        memset(moved, 0, sizeof moved);
        for (unsigned l = 0; l < g->hidden; l++) {
            g->mean[k] += covariance[l] * right[l];
            vector_add(moved, covariance[l], g->share + l * g->sums_stride, g->sums);
        }
        for (unsigned h = 0; h < g->sums; h++) {
            g->variance[h] += share[h] * moved[h];
        }
    }
    for (unsigned k = 0; k < g->hidden; k++) {
        vector_add(g->expected, g->mean[k], g->share + k * g->sums_stride, g->sums);
    }
}

/* Something was observed that differs by this from what was expected. covariance: of it with the hidden numbers; variance:
 * of it. */
static ALWAYS_INLINE void gaussian_observe(struct gaussian *g, const float *covariance, float variance,
                                           float difference) {
    const float inverse = 1.0f / variance, by = difference * inverse;
    float moved[GAUSSIAN_SUMS] = {0};
    for (unsigned k = 0; k < g->hidden; k++) {
        vector_add(g->covariance + k * g->stride, -covariance[k] * inverse, covariance, g->hidden);
        vector_add(moved, covariance[k], g->share + k * g->sums_stride, g->sums);
        g->mean[k] += covariance[k] * by;
    }
    for (unsigned h = 0; h < g->sums; h++) {
        const float left = g->variance[h] - moved[h] * moved[h] * inverse;
        g->expected[h] += moved[h] * by;
        g->variance[h] = left < g->noise ? g->noise : left;
    }
}

/* A sum was observed. */
static ALWAYS_INLINE void gaussian_observe_sum(struct gaussian *g, unsigned h, float value) {
    float covariance[GAUSSIAN_HIDDEN] = {0};
    for (unsigned k = 0; k < g->hidden; k++) {
        vector_add(covariance, g->share[k * g->sums_stride + h], g->covariance + k * g->stride, g->hidden);
    }
    gaussian_observe(g, covariance, g->variance[h], value - g->expected[h]);
}

/* The variance of a hidden number; errors by rounding do not make it negative. */
static ALWAYS_INLINE float gaussian_variance(const struct gaussian *g, unsigned k) {
    const float variance = g->covariance[k * g->stride + k];
    return variance > 0.0f ? variance : 0.0f;
}

/* A hidden number was observed, with an error of this square. */
static ALWAYS_INLINE void gaussian_observe_hidden(struct gaussian *g, unsigned k, float value, float error) {
    float covariance[GAUSSIAN_HIDDEN];
    memcpy(covariance, g->covariance + k * g->stride, g->hidden * sizeof *covariance);
    gaussian_observe(g, covariance, gaussian_variance(g, k) + error, value - g->mean[k]);
}

/* The square of the size that a coefficient is likely to have, at frequency f, if it is about scale at the lowest ones. */
static ALWAYS_INLINE float usual_content(float scale, unsigned f) {
    const float u = (float)(f % 8), v = (float)(f / 8), distance = 1.0f + u * u + v * v;
    return scale / (distance * sqrtf(distance));
}

/* The nearest whole number, limited; number need not be one. */
static ALWAYS_INLINE float nearest_whole(float number, float largest) {
    const float bounded = !(number > -largest) ? -largest : number > largest ? largest : number;
    return (float)(int)(bounded < 0 ? bounded - 0.5f : bounded + 0.5f);
}

#endif
