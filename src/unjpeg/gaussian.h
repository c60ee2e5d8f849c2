/* SPDX-License-Identifier: MIT */
/*
 * Vectors and matrices of what is only roughly known: what the searches for hidden numbers share (joint_block.c,
 * half_joint.c). Sums are made in an order that is the same for every width of vectors.
 */
#ifndef BSWZ_UNJPEG_GAUSSIAN_H
#define BSWZ_UNJPEG_GAUSSIAN_H

#include "base/exact_float.h"
#include "base/widths.h"

#include <stddef.h>

enum { GAUSSIAN_LANES = 8 };

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

/* The nearest whole number, limited; number need not be one. */
static ALWAYS_INLINE float nearest_whole(float number, float largest) {
    const float bounded = !(number > -largest) ? -largest : number > largest ? largest : number;
    return (float)(int)(bounded < 0 ? bounded - 0.5f : bounded + 0.5f);
}

#endif
