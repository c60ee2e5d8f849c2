/* SPDX-License-Identifier: MIT */
/*
 * What the likelihoods of pixels (fused.c) and of coefficients (coefficients.c) share: a discretised logistic with its
 * derivatives, and the sums of a mixture's components.
 */
#include <math.h>

enum { K = 4, BLOCK = 64 };

#define LOWEST_LOG_SCALE (-3.4657f) /* ln(1/32) */
#define FLOOR 6e-8f

static inline float sigmoid(float x) {
    x = x > 40.0f ? 40.0f : x < -40.0f ? -40.0f : x;
    return 1.0f / (1.0f + expf(-x));
}

/* ln P of x under a logistic, and its derivatives by mean and log-scale; the tails belong to the first and the
 * last symbol. */
static inline void logistic(float x, float mean, float log_scale, float first, float last, float *log_p, float *d_mean,
                            float *d_scale) {
    float inverse = expf(-log_scale);
    float upper = (x + 0.5f - mean) * inverse, lower = (x - 0.5f - mean) * inverse;
    float flip = x > mean ? -1.0f : 1.0f; /* compute differences in the small tail */
    float at_upper = sigmoid(flip * upper), at_lower = sigmoid(flip * lower);
    float f_upper = at_upper * (1.0f - at_upper), f_lower = at_lower * (1.0f - at_lower);
    if (x > last - 0.5f) {
        at_upper = flip > 0.0f ? 1.0f : 0.0f;
        f_upper = 0.0f;
    }
    if (x < first + 0.5f) {
        at_lower = flip > 0.0f ? 0.0f : 1.0f;
        f_lower = 0.0f;
    }
    float p = flip * (at_upper - at_lower) + FLOOR;
    float reciprocal = 1.0f / p;
    *log_p = logf(p);
    *d_mean = -inverse * (f_upper - f_lower) * reciprocal;
    *d_scale = -(upper * f_upper - lower * f_lower) * reciprocal;
}

/* For n positions: the logarithms of the sums of exp(log_p) and exp(logit) over components. Returns the sum of -ln
 * p. */
static inline float mixture(float log_p[K][BLOCK], float logit[K][BLOCK], int n, float *log_sum, float *log_weights) {
    float sum[BLOCK], weights[BLOCK], total = 0.0f;
    for (int i = 0; i < n; i++) {
        log_sum[i] = log_weights[i] = -1e30f;
        sum[i] = weights[i] = 0.0f;
    }
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < n; i++) {
            log_sum[i] = log_p[k][i] > log_sum[i] ? log_p[k][i] : log_sum[i];
            log_weights[i] = logit[k][i] > log_weights[i] ? logit[k][i] : log_weights[i];
        }
    }
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < n; i++) {
            sum[i] += expf(log_p[k][i] - log_sum[i]);
            weights[i] += expf(logit[k][i] - log_weights[i]);
        }
    }
    for (int i = 0; i < n; i++) {
        log_sum[i] += logf(sum[i]);
        log_weights[i] += logf(weights[i]);
        total += log_weights[i] - log_sum[i];
    }
    return total;
}
