/*
 * The likelihood of a group of coefficients, fused: loss and gradient in one sweep, as
 * fused.c does it for pixels.
 *
 * A block has K components that share one index over the C coefficients of a group, one mean a
 * coefficient and a scale for each component.  Output c of the net is the mean, in mean_unit[c] units
 * of amplitude (coefficient times step); C + k C + c is the logarithm of the scale, in amplitude too;
 * C + K C + k the logit of component k.  Amplitudes divided by the step give the logistic that is
 * integrated over the coefficient's interval.
 */
#include <math.h>
#include <string.h>

enum { K = 4, LARGEST_GROUP = 10, BLOCK = 64 };

#define LOWEST_LOG_SCALE (-3.4657f) /* ln(1/32) */
#define HIGHEST_LOG_SCALE 7.567f
#define FLOOR 6e-8f

static inline float sigmoid(float x) {
    x = x > 40.0f ? 40.0f : x < -40.0f ? -40.0f : x;
    return 1.0f / (1.0f + expf(-x));
}

/* outputs, gradient [C + K C + K][positions]; coefficients [C][positions]; reciprocal, log_step: of the steps [C].
 * Returns the sum of -ln p over positions. */
static double sweep(const float *outputs, const float *coefficients, const float *reciprocal, const float *log_step,
                    const float *mean_unit, float *gradient, long C, long positions) {
    double total = 0.0;
    const long scales = C, logits = C + K * C;
    for (long start = 0; start < positions; start += BLOCK) {
        int n = (int)(positions - start < BLOCK ? positions - start : BLOCK);
        float log_p[K][BLOCK], dm[LARGEST_GROUP][K][BLOCK], ds[LARGEST_GROUP][K][BLOCK];
        float top[BLOCK], wtop[BLOCK], sum[BLOCK], wsum[BLOCK];
#define OUT(o) (outputs[(o) * positions + start + i])
#define GRAD(o) (gradient[(o) * positions + start + i])
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < n; i++) {
                log_p[k][i] = OUT(logits + k);
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
                    float inverse = expf(-scale);
                    float upper = (x + 0.5f - mean) * inverse, lower = (x - 0.5f - mean) * inverse;
                    float flip = x > mean ? -1.0f : 1.0f; /* compute differences in the small tail */
                    float at_upper = sigmoid(flip * upper), at_lower = sigmoid(flip * lower);
                    float f_upper = at_upper * (1.0f - at_upper), f_lower = at_lower * (1.0f - at_lower);
                    float p = flip * (at_upper - at_lower) + FLOOR, over = 1.0f / p;
                    log_p[k][i] += logf(p);
                    dm[c][k][i] = -inverse * (f_upper - f_lower) * over * to_mean;
                    ds[c][k][i] = -(upper * f_upper - lower * f_lower) * over * inside;
                }
            }
        }
        for (int i = 0; i < n; i++) {
            top[i] = wtop[i] = -1e30f;
            sum[i] = wsum[i] = 0.0f;
        }
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < n; i++) {
                top[i] = log_p[k][i] > top[i] ? log_p[k][i] : top[i];
                wtop[i] = OUT(logits + k) > wtop[i] ? OUT(logits + k) : wtop[i];
            }
        }
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < n; i++) {
                sum[i] += expf(log_p[k][i] - top[i]);
                wsum[i] += expf(OUT(logits + k) - wtop[i]);
            }
        }
        float block_total = 0.0f;
        for (int i = 0; i < n; i++) {
            float log_sum = top[i] + logf(sum[i]), log_weights = wtop[i] + logf(wsum[i]);
            block_total += log_weights - log_sum;
            top[i] = log_sum;
            wtop[i] = log_weights;
        }
        total += block_total;
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
