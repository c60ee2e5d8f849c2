/* SPDX-License-Identifier: MIT */
/*
 * The likelihood of a lattice pass, fused: loss and gradient in one sweep.
 *
 * With PyTorch operators this takes two microseconds per pixel and dominates the training; here the compiler
 * vectorises over positions. It is built by fused.py with -Ofast -march=native, so its results never reach a stream:
 * the codec has an integer counterpart in src/coder.
 *
 * A position has K components that share one index over three channels. Output 10 k + 0..2 of the network are the
 * offsets of the means from the interpolation, + 3..5 the logarithms of the scales, + 6..8 the couplings to the
 * residuals of the earlier channels, + 9 the logit of the component's weight.
 */
#include "logistic.h"

#include <string.h>

enum { FIELDS = 10 };

#define HIGHEST_LOG_SCALE 3.9f

/*
 * outputs, gradient: [K * FIELDS][positions]; pixels, interpolation: [3][positions]; growth: 3 scalars;
 * growth_gradient: 3, added to. channels: 1 or 3, the number that is coded. Returns the sum of -ln p over
 * positions.
 */
static double sweep(const float *outputs, const float *pixels, const float *interpolation, float *gradient,
                    long positions, const float *growth, double *growth_gradient, int channels) {
    double total = 0.0;
    for (long start = 0; start < positions; start += BLOCK) {
        int n = (int)(positions - start < BLOCK ? positions - start : BLOCK);
        float log_p[K][BLOCK], r[2][K][BLOCK], dm[3][K][BLOCK], ds[3][K][BLOCK], logit[K][BLOCK], top[BLOCK],
            wtop[BLOCK];
        float a_gradient[3] = {0.0f, 0.0f, 0.0f};
        const float *x = pixels + start, *base = interpolation + start;
#define OUT(k, f) (outputs[((k)*FIELDS + (f)) * positions + start + i])
#define GRAD(k, f) (gradient[((k)*FIELDS + (f)) * positions + start + i])
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < n; i++) {
                float log_one, mean, scale;
                mean = base[i] + OUT(k, 0);
                scale = OUT(k, 3);
                float inside = scale < LOWEST_LOG_SCALE || scale > HIGHEST_LOG_SCALE ? 0.0f : 1.0f;
                scale = scale < LOWEST_LOG_SCALE ? LOWEST_LOG_SCALE : scale > HIGHEST_LOG_SCALE ? HIGHEST_LOG_SCALE : scale;
                logistic(x[i], mean, scale, 0.0f, 255.0f, &log_one, &dm[0][k][i], &ds[0][k][i]);
                ds[0][k][i] *= inside;
                r[0][k][i] = x[i] - mean;
                log_p[k][i] = log_one + OUT(k, 9);
            }
            if (channels == 1) {
                continue;
            }
            for (int i = 0; i < n; i++) {
                float log_one;
                float r0 = r[0][k][i];
                float mean = base[positions + i] + OUT(k, 1) + OUT(k, 6) * r0;
                float scale = OUT(k, 4) + growth[0] * logf(1.0f + fabsf(r0));
                float inside = scale < LOWEST_LOG_SCALE || scale > HIGHEST_LOG_SCALE ? 0.0f : 1.0f;
                scale = scale < LOWEST_LOG_SCALE ? LOWEST_LOG_SCALE : scale > HIGHEST_LOG_SCALE ? HIGHEST_LOG_SCALE : scale;
                logistic(x[positions + i], mean, scale, 0.0f, 255.0f, &log_one, &dm[1][k][i], &ds[1][k][i]);
                ds[1][k][i] *= inside;
                r[1][k][i] = x[positions + i] - mean;
                log_p[k][i] += log_one;
            }
            for (int i = 0; i < n; i++) {
                float log_one;
                float r0 = r[0][k][i], r1 = r[1][k][i];
                float mean = base[2 * positions + i] + OUT(k, 2) + OUT(k, 7) * r0 + OUT(k, 8) * r1;
                float scale = OUT(k, 5) + growth[1] * logf(1.0f + fabsf(r0)) + growth[2] * logf(1.0f + fabsf(r1));
                float inside = scale < LOWEST_LOG_SCALE || scale > HIGHEST_LOG_SCALE ? 0.0f : 1.0f;
                scale = scale < LOWEST_LOG_SCALE ? LOWEST_LOG_SCALE : scale > HIGHEST_LOG_SCALE ? HIGHEST_LOG_SCALE : scale;
                logistic(x[2 * positions + i], mean, scale, 0.0f, 255.0f, &log_one, &dm[2][k][i], &ds[2][k][i]);
                ds[2][k][i] *= inside;
                log_p[k][i] += log_one;
            }
        }
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < n; i++) {
                logit[k][i] = OUT(k, 9);
            }
        }
        total += mixture(log_p, logit, n, top, wtop);
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < n; i++) {
                float posterior = expf(log_p[k][i] - top[i]);
                GRAD(k, 9) = expf(OUT(k, 9) - wtop[i]) - posterior;
                float g0 = -posterior * dm[0][k][i], s0 = -posterior * ds[0][k][i];
                if (channels == 3) {
                    float r0 = r[0][k][i], r1 = r[1][k][i], abs0 = fabsf(r0), abs1 = fabsf(r1);
                    float g2 = -posterior * dm[2][k][i], s2 = -posterior * ds[2][k][i];
                    float g1 = -posterior * dm[1][k][i], s1 = -posterior * ds[1][k][i];
                    float slope0 = (r0 > 0.0f ? 1.0f : -1.0f) / (1.0f + abs0);
                    float slope1 = (r1 > 0.0f ? 1.0f : -1.0f) / (1.0f + abs1);
                    GRAD(k, 2) = g2;
                    GRAD(k, 5) = s2;
                    GRAD(k, 7) = g2 * r0;
                    GRAD(k, 8) = g2 * r1;
                    g1 -= g2 * OUT(k, 8) + s2 * growth[2] * slope1;
                    GRAD(k, 1) = g1;
                    GRAD(k, 4) = s1;
                    GRAD(k, 6) = g1 * r0;
                    g0 -= g2 * OUT(k, 7) + g1 * OUT(k, 6) + (s1 * growth[0] + s2 * growth[1]) * slope0;
                    a_gradient[0] += s1 * logf(1.0f + abs0);
                    a_gradient[1] += s2 * logf(1.0f + abs0);
                    a_gradient[2] += s2 * logf(1.0f + abs1);
                }
                GRAD(k, 0) = g0;
                GRAD(k, 3) = s0;
            }
        }
        for (int c = 0; c < 3; c++) {
            growth_gradient[c] += a_gradient[c];
        }
    }
    return total;
}

/*
 * A batch: outputs, gradient [samples][sets * K * FIELDS][positions], pixels and
 * interpolation [samples][sets][3][positions]; a set is one of the pixels predicted at a position of the grid of the
 * pass. growth, growth_gradient [heads][3], head[samples], channels[samples]. gradient is overwritten, growth_gradient
 * added to; losses[samples] receive -ln p.
 */
void likelihood_batch(const float *outputs, const float *pixels, const float *interpolation, float *gradient,
                      long samples, long sets, long positions, const float *growth, double *growth_gradient,
                      const int *head, const int *channels, double *losses) {
    memset(gradient, 0, (size_t)(samples * sets * K * FIELDS * positions) * sizeof *gradient);
    for (long b = 0; b < samples; b++) {
        losses[b] = 0.0;
        for (long n = b * sets; n < (b + 1) * sets; n++) {
            losses[b] += sweep(outputs + n * K * FIELDS * positions, pixels + n * 3 * positions,
                               interpolation + n * 3 * positions, gradient + n * K * FIELDS * positions, positions,
                               growth + 3 * head[b], growth_gradient + 3 * head[b], channels[b]);
        }
    }
}

/*
 * The nonlinearity of hidden layers: clamp to 0 ... 255 / unit and, with rounding, round to multiples of 1 / unit. This
 * replaces three PyTorch operators and their backward passes over large tensors.
 */
static inline float from_bf16(unsigned short bits) {
    unsigned int wide = (unsigned int)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static inline unsigned short to_bf16(float value) {
    unsigned int wide;
    memcpy(&wide, &value, sizeof wide);
    return (unsigned short)((wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16);
}

static inline float hidden(float x, float unit, float top, int rounding) {
    x = x < 0.0f ? 0.0f : x > top ? top : x;
    return rounding ? rintf(x * unit) / unit : x;
}

void hidden_bf16(const unsigned short *in, unsigned short *out, long count, float unit, int rounding) {
    float top = 255.0f / unit;
    for (long i = 0; i < count; i++) {
        out[i] = to_bf16(hidden(from_bf16(in[i]), unit, top, rounding));
    }
}

void hidden_float(const float *in, float *out, long count, float unit, int rounding) {
    float top = 255.0f / unit;
    for (long i = 0; i < count; i++) {
        out[i] = hidden(in[i], unit, top, rounding);
    }
}

/* The gradient passes where the input was strictly inside; in is the input of the layer. */
void hidden_gradient_bf16(const unsigned short *in, const unsigned short *upstream, unsigned short *out, long count,
                          float unit) {
    float top = 255.0f / unit;
    for (long i = 0; i < count; i++) {
        float x = from_bf16(in[i]);
        out[i] = x > 0.0f && x < top ? upstream[i] : 0;
    }
}

void hidden_gradient_float(const float *in, const float *upstream, float *out, long count, float unit) {
    float top = 255.0f / unit;
    for (long i = 0; i < count; i++) {
        out[i] = in[i] > 0.0f && in[i] < top ? upstream[i] : 0.0f;
    }
}

/*
 * The bias by position in the JPEG grid: shifted = x + tables[owner][row][column].
 * x, shifted [samples][height][across][width], tables [heads][8][8][width], rows
 * [samples][height], columns [samples][across]; a negative position adds nothing.
 */
#define GRID(name, type, load, store)                                                                                  \
    void name(const type *x, type *shifted, const float *tables, const int *owner, const int *rows,                    \
              const int *columns, long samples, long height, long across, long width) {                                \
        static const float none[1024];                                                                                 \
        for (long b = 0; b < samples; b++) {                                                                           \
            for (long i = 0; i < height; i++) {                                                                        \
                for (long j = 0; j < across; j++) {                                                                    \
                    int row = rows[b * height + i], column = columns[b * across + j];                                  \
                    const float *bias =                                                                                \
                        row < 0 || column < 0 ? none : tables + ((owner[b] * 8L + row) * 8 + column) * width;          \
                    long at = ((b * height + i) * across + j) * width;                                                 \
                    for (long c = 0; c < width; c++) {                                                                 \
                        shifted[at + c] = store(load(x[at + c]) + bias[c]);                                            \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
#define SAME(value) (value)
GRID(grid_bf16, unsigned short, from_bf16, to_bf16)
GRID(grid_float, float, SAME, SAME)

/* The gradient with respect to tables, added to them, from upstream [samples][height][across][width]. */
#define GRID_GRADIENT(name, type, load)                                                                                \
    void name(const type *upstream, float *tables, const int *owner, const int *rows, const int *columns,              \
              long samples, long height, long across, long width) {                                                    \
        for (long b = 0; b < samples; b++) {                                                                           \
            for (long i = 0; i < height; i++) {                                                                        \
                for (long j = 0; j < across; j++) {                                                                    \
                    int row = rows[b * height + i], column = columns[b * across + j];                                  \
                    if (row < 0 || column < 0) {                                                                       \
                        continue;                                                                                      \
                    }                                                                                                  \
                    float *bias = tables + ((owner[b] * 8L + row) * 8 + column) * width;                               \
                    const type *from = upstream + ((b * height + i) * across + j) * width;                             \
                    for (long c = 0; c < width; c++) {                                                                 \
                        bias[c] += load(from[c]);                                                                      \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
GRID_GRADIENT(grid_gradient_bf16, unsigned short, from_bf16)
GRID_GRADIENT(grid_gradient_float, float, SAME)
