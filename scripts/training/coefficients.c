/* SPDX-License-Identifier: MIT */
/*
 * The likelihood of a group of coefficients, fused: loss and gradient in one sweep, as fused.c does for pixels.
 *
 * A block has K components that share one index over the C coefficients of a group, one mean per coefficient and a
 * scale for each component. Output c of the network is the mean, in mean_unit[c] units of amplitude (coefficient times
 * step); C + k C + c is the logarithm of the scale, also in amplitude; C + K C + k is the logit of component k.
 * Amplitudes divided by the step give the logistic that is integrated over the coefficient's interval.
 */
#include "logistic.h"

#include <string.h>

enum { LARGEST_GROUP = 10 };

#define HIGHEST_LOG_SCALE 7.567f
#define UNBOUNDED 1e30f /* there is effectively no first or last symbol */

/* outputs, gradient [C + K C + K][positions]; coefficients [C][positions]; reciprocal, log_step: of the steps [C].
 * Returns the sum of -ln p over positions. */
static double sweep(const float *outputs, const float *coefficients, const float *reciprocal, const float *log_step,
                    const float *mean_unit, float *gradient, long C, long positions) {
    double total = 0.0;
    const long scales = C, logits = C + K * C;
    for (long start = 0; start < positions; start += BLOCK) {
        int n = (int)(positions - start < BLOCK ? positions - start : BLOCK);
        float log_p[K][BLOCK], dm[LARGEST_GROUP][K][BLOCK], ds[LARGEST_GROUP][K][BLOCK];
        float logit[K][BLOCK], top[BLOCK], wtop[BLOCK];
#define OUT(o) (outputs[(o) * positions + start + i])
#define GRAD(o) (gradient[(o) * positions + start + i])
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < n; i++) {
                log_p[k][i] = logit[k][i] = OUT(logits + k);
            }
        }
        for (long c = 0; c < C; c++) {
            const float to_mean = mean_unit[c] * reciprocal[c];
            for (int k = 0; k < K; k++) {
                for (int i = 0; i < n; i++) {
                    float x = coefficients[c * positions + start + i];
                    float mean = OUT(c) * to_mean, scale = OUT(scales + k * C + c) - log_step[c];
                    float inside = scale < LOWEST_LOG_SCALE || scale > HIGHEST_LOG_SCALE ? 0.0f : 1.0f;
                    scale = scale < LOWEST_LOG_SCALE ? LOWEST_LOG_SCALE : scale > HIGHEST_LOG_SCALE ? HIGHEST_LOG_SCALE : scale;
                    float log_one;
                    logistic(x, mean, scale, -UNBOUNDED, UNBOUNDED, &log_one, &dm[c][k][i], &ds[c][k][i]);
                    log_p[k][i] += log_one;
                    dm[c][k][i] *= to_mean;
                    ds[c][k][i] *= inside;
                }
            }
        }
        total += mixture(log_p, logit, n, top, wtop);
        for (long c = 0; c < C; c++) {
            for (int i = 0; i < n; i++) {
                GRAD(c) = 0.0f;
            }
        }
        for (int k = 0; k < K; k++) {
            float posterior[BLOCK];
            for (int i = 0; i < n; i++) {
                posterior[i] = expf(log_p[k][i] - top[i]);
                GRAD(logits + k) = expf(OUT(logits + k) - wtop[i]) - posterior[i];
            }
            for (long c = 0; c < C; c++) {
                for (int i = 0; i < n; i++) {
                    GRAD(c) -= posterior[i] * dm[c][k][i];
                    GRAD(scales + k * C + c) = -posterior[i] * ds[c][k][i];
                }
            }
        }
    }
    return total;
}

/* A batch: outputs, gradient [samples][C + K C + K][positions], coefficients [samples][C][positions], reciprocal and
 * log_step [samples][C], mean_unit [C]; losses [samples] receive -ln p. */
void coefficient_likelihood(const float *outputs, const float *coefficients, const float *reciprocal,
                            const float *log_step, const float *mean_unit, float *gradient, long samples, long C,
                            long positions, double *losses) {
    for (long b = 0; b < samples; b++) {
        const long each = (C + K * C + K) * positions;
        losses[b] = sweep(outputs + b * each, coefficients + b * C * positions, reciprocal + b * C, log_step + b * C,
                          mean_unit, gradient + b * each, C, positions);
    }
}

static inline int size_of(int amplitude) {
    int size = amplitude < 0 ? -amplitude : amplitude;
    return size < 2047 ? size : 2047;
}

static inline float line_of(int amplitude) {
    int size = size_of(amplitude);
    size = size <= 128 ? size : 128 + ((size - 128) >> 3);
    size = size < 255 ? size : 255;
    return (float)(amplitude < 0 ? -size : size);
}

/* Amplitudes [blocks][64] -> divided by their units, the planes of the frequencies in order: out [blocks][2
 * count], first nearly linear, then magnitude[|amplitude|]. */
void group_planes(const int *amplitude, long blocks, const int *order, long count, const int *magnitude,
                  const float *unit, float *out) {
    for (long b = 0; b < blocks; b++, amplitude += 64, out += 2 * count) {
        for (long i = 0; i < count; i++) {
            out[i] = line_of(amplitude[order[i]]) / unit[i];
            out[count + i] = (float)magnitude[size_of(amplitude[order[i]])] / unit[count + i];
        }
    }
}

/* The same for the DC amplitudes of [rows][columns][64]: out [rows * columns][18]. */
void dc_planes(const int *amplitude, long rows, long columns, const int *magnitude, const float *unit, float *out) {
    for (long r = 0; r < rows; r++) {
        for (long c = 0; c < columns; c++, out += 18) {
            int own = amplitude[64 * (r * columns + c)], number = 0, bright = own >> 3;
            for (long down = -1; down <= 1; down++) {
                for (long right = -1; right <= 1; right++) {
                    if (down == 0 && right == 0) {
                        continue;
                    }
                    long y = r + down, x = c + right;
                    int inside = y >= 0 && x >= 0 && y < rows && x < columns;
                    int difference = inside ? amplitude[64 * (y * columns + x)] - own : 0;
                    out[number] = line_of(difference >> 1) / unit[number];
                    out[8 + number] = (float)magnitude[size_of(difference)] / unit[8 + number];
                    number++;
                }
            }
            bright = bright > 255 ? 255 : bright < -255 ? -255 : bright;
            out[16] = (float)bright / unit[16];
            out[17] = 0.0f;
        }
    }
}
