/* SPDX-License-Identifier: MIT */
/*
 * The gradient of the likelihood, block by block (correction_sweep.h).
 */
#include "pyramid/correction_sweep.h"

#include "base/exact_float.h" /* correction_sweep.h explains why results are the same everywhere */

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#define FLOOR_MASS (1.0f / 16777216.0f) /* the coder gives every value this much */
#define INDEX_TO_NATS 0.057762265f      /* ln 2 / 12 */
#define FURTHEST 80.0f                  /* exp(-80) is still a normal float */

enum {
    K = MIXTURE_COMPONENTS,
    FIELDS = MIXTURE_FIELDS,
    OUTPUTS = MIXTURE_OUTPUTS,
    BLOCK = SWEEP_BLOCK,
    LANES = SWEEP_LANES
};

float sweep_unit(unsigned output) {
    static const float unit[FIELDS] = {
        1.0f / MEAN_UNIT,  1.0f / MEAN_UNIT,     1.0f / MEAN_UNIT,     1.0f / SCALE_UNIT,    1.0f / SCALE_UNIT,
        1.0f / SCALE_UNIT, 1.0f / COUPLING_UNIT, 1.0f / COUPLING_UNIT, 1.0f / COUPLING_UNIT, 1.0f / 32};
    return unit[output % FIELDS];
}

/* e^x for -87 < x < 87; the relative error is at most 1e-5. */
INLINE float exponential(float x) {
    const float halves = x * 1.44269504f;
    const float whole = (halves + 12582912.0f) - 12582912.0f; /* 1.5 * 2^23: rounds to the nearest integer */
    const float part = halves - whole;
    const float power = /* 2^part */
        1.0f + part * (0.69314718f +
                       part * (0.24022651f + part * (0.055504109f + part * (0.0096181291f + part * 0.0013333558f))));
    int32_t bits = ((int32_t)whole + 127) * (1 << 23);
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return power * scale;
}

/* ln x for normal, positive x. */
INLINE float logarithm(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (bits - 0x3f3504f3) >> 23; /* the mantissa is in sqrt(1/2) ... sqrt(2) */
    bits -= exponent * (1 << 23);
    float rest;
    memcpy(&rest, &bits, sizeof rest);
    const float t = rest - 1.0f, square = t * t;
    static const float term[9] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                                  -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                                  2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
    float series = term[0];
    for (int i = 1; i < 9; i++) {
        series = series * t + term[i];
    }
    return (float)exponent * 0.69314718f + (t - 0.5f * square + t * square * series);
}

INLINE float absolute(float x) {
    return x < 0.0f ? -x : x;
}

/* Mass of x under one logistic, and the derivatives of its logarithm. index: of the scale. */
INLINE float logistic(float x, float mean, float index, float *d_mean, float *d_index) {
    const float inside = index < 0.0f || index > (float)(SCALE_COUNT - 1) ? 0.0f : 1.0f;
    index = index < 0.0f ? 0.0f : index;
    index = index > (float)(SCALE_COUNT - 1) ? (float)(SCALE_COUNT - 1) : index;
    const float inverse = 32.0f * exponential(-INDEX_TO_NATS * index), half = 0.5f * inverse;
    float z = (x - mean) * inverse;
    z = z > FURTHEST ? FURTHEST : z;
    z = z < -FURTHEST ? -FURTHEST : z;
    const float a = exponential(-half), e = exponential(-absolute(z));
    const float outer = a + e, inner = 1.0f + a * e, mass = 1.0f - a * a;
    const float both = 1.0f / (outer * inner * mass);
    const float reciprocal = both * mass, other = both * outer * inner;
    float p = mass * e * reciprocal;
    float by_z = (1.0f - e * e) * a * reciprocal;
    by_z = z > 0.0f ? -by_z : by_z;
    float by_half = (1.0f + a * a) * other - p;
    const float inward = x < 0.5f ? z : -z; /* the sign of w */
    const float tail = inward > 0.0f ? outer * reciprocal : e * inner * reciprocal;
    const float rest = inward > 0.0f ? a * e * outer * reciprocal : a * inner * reciprocal;
    const int at_edge = (x < 0.5f) | (x > 254.5f);
    p = at_edge ? tail : p;
    by_half = at_edge ? rest : by_half;
    by_z = at_edge ? (x < 0.5f ? rest : -rest) : by_z;
    const float floored = p * (1.0f - 256.0f * FLOOR_MASS) + FLOOR_MASS;
    const float share = p * (1.0f - 256.0f * FLOOR_MASS) / floored;
    *d_mean = -inverse * by_z * share;
    *d_index = -INDEX_TO_NATS * inside * (by_z * z + by_half * half) * share;
    return floored;
}

/* The block's contribution: derivative[o][i] of -ln p by output o, corrected. Returns the sum of -ln p. */
INLINE float derive(const struct sweep_sample *sample, unsigned channels, const float *restrict outputs,
                    const float *restrict pixels, const struct sweep_map *map, float derivative[OUTPUTS][BLOCK]) {
    float mass[K][BLOCK], weight[K][BLOCK], residual[2][K][BLOCK], by_mean[3][K][BLOCK], by_index[3][K][BLOCK];
    float top[BLOCK], total[BLOCK], weights[BLOCK], loss[BLOCK];
/* output f of component k of pixel i, mapped */
#define OUT(k, f)                                                                                                      \
    (outputs[((k)*FIELDS + (f)) * BLOCK + i] * map->factor[(k)*FIELDS + (f)] + map->offset[(k)*FIELDS + (f)])
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < BLOCK; i++) {
            const float logit = OUT(k, 9);
            weight[k][i] = logit;
            top[i] = k == 0 || logit > top[i] ? logit : top[i];
        }
    }
    for (int i = 0; i < BLOCK; i++) {
        weights[i] = total[i] = 0.0f;
    }
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < BLOCK; i++) {
            const float below = weight[k][i] - top[i];
            weight[k][i] = exponential(below < -12.0f ? -12.0f : below); /* about like LOGIT_COUNT */
            weights[i] += weight[k][i];
        }
        for (int i = 0; i < BLOCK; i++) {
            const float mean = pixels[3 * BLOCK + i] + OUT(k, 0);
            residual[0][k][i] = pixels[i] - mean;
            mass[k][i] = logistic(pixels[i], mean, OUT(k, 3), &by_mean[0][k][i], &by_index[0][k][i]);
        }
        if (channels == 3) {
            for (int i = 0; i < BLOCK; i++) {
                const float r0 = residual[0][k][i];
                const float mean = pixels[4 * BLOCK + i] + OUT(k, 1) + OUT(k, 6) * r0;
                const float index = OUT(k, 4) + sample->growth[0] * logarithm(1.0f + absolute(r0));
                residual[1][k][i] = pixels[BLOCK + i] - mean;
                mass[k][i] *= logistic(pixels[BLOCK + i], mean, index, &by_mean[1][k][i], &by_index[1][k][i]);
            }
            for (int i = 0; i < BLOCK; i++) {
                const float r0 = residual[0][k][i], r1 = residual[1][k][i];
                const float mean = pixels[5 * BLOCK + i] + OUT(k, 2) + OUT(k, 7) * r0 + OUT(k, 8) * r1;
                const float index = OUT(k, 5) + sample->growth[1] * logarithm(1.0f + absolute(r0)) +
                                    sample->growth[2] * logarithm(1.0f + absolute(r1));
                mass[k][i] *= logistic(pixels[2 * BLOCK + i], mean, index, &by_mean[2][k][i], &by_index[2][k][i]);
            }
        }
        for (int i = 0; i < BLOCK; i++) {
            total[i] += weight[k][i] * mass[k][i];
        }
    }
    for (int i = 0; i < BLOCK; i++) {
        loss[i] = logarithm(weights[i]) - logarithm(total[i]);
        weights[i] = 1.0f / weights[i];
        total[i] = 1.0f / total[i];
    }
    for (int k = 0; k < K; k++) {
        float(*d)[BLOCK] = derivative + k * FIELDS;
        for (int i = 0; i < BLOCK; i++) {
            const float posterior = weight[k][i] * mass[k][i] * total[i];
            d[9][i] = weight[k][i] * weights[i] - posterior;
            float by_first = -posterior * by_mean[0][k][i];
            d[3][i] = -posterior * by_index[0][k][i];
            if (channels == 3) {
                const float r0 = residual[0][k][i], r1 = residual[1][k][i];
                const float slope0 = (r0 > 0.0f ? 1.0f : -1.0f) / (1.0f + absolute(r0));
                const float slope1 = (r1 > 0.0f ? 1.0f : -1.0f) / (1.0f + absolute(r1));
                const float by_third = -posterior * by_mean[2][k][i], third_index = -posterior * by_index[2][k][i];
                const float second_index = -posterior * by_index[1][k][i];
                const float by_second =
                    -posterior * by_mean[1][k][i] - by_third * OUT(k, 8) - third_index * sample->growth[2] * slope1;
                d[1][i] = by_second;
                d[2][i] = by_third;
                d[4][i] = second_index;
                d[5][i] = third_index;
                d[6][i] = by_second * r0;
                d[7][i] = by_third * r0;
                d[8][i] = by_third * r1;
                by_first -= by_third * OUT(k, 7) + by_second * OUT(k, 6) +
                            (second_index * sample->growth[0] + third_index * sample->growth[1]) * slope0;
            } else {
                d[1][i] = d[2][i] = d[4][i] = d[5][i] = d[6][i] = d[7][i] = d[8][i] = 0.0f;
            }
            d[0][i] = by_first;
        }
    }
#undef OUT
    float sum = 0.0f;
    for (int i = 0; i < BLOCK; i++) {
        sum += loss[i];
    }
    return sum;
}

/* Partial sums of a sweep_result. */
struct parts {
    float by_factor[OUTPUTS][LANES], by_offset[OUTPUTS][LANES], factor_square[OUTPUTS][LANES],
        offset_square[OUTPUTS][LANES];
};

static double total_of(const float part[LANES]) {
    double total = 0.0;
    for (int lane = 0; lane < LANES; lane++) {
        total += part[lane];
    }
    return total;
}

INLINE void sweep_body(const struct sweep_sample *sample, unsigned channels, const struct sweep_map *map,
                       struct sweep_result *result) {
    float derivative[OUTPUTS][BLOCK];
    struct parts parts;
    memset(&parts, 0, sizeof parts);
    result->loss = 0.0;
    for (size_t b = 0; b < sample->blocks; b++) {
        const float *outputs = sample->outputs + b * OUTPUTS * BLOCK;
        const float *pixels = sample->pixels + b * SWEEP_PLANES * BLOCK;
        result->loss += (double)derive(sample, channels, outputs, pixels, map, derivative);
        for (int o = 0; o < OUTPUTS; o++) {
            for (int i = 0; i < BLOCK; i += LANES) {
                const float *d = derivative[o] + i, *out = outputs + o * BLOCK + i;
                for (int lane = 0; lane < LANES; lane++) {
                    const float by_factor = d[lane] * out[lane];
                    parts.by_factor[o][lane] += by_factor;
                    parts.by_offset[o][lane] += d[lane];
                    parts.factor_square[o][lane] += by_factor * by_factor;
                    parts.offset_square[o][lane] += d[lane] * d[lane];
                }
            }
        }
    }
    for (int o = 0; o < OUTPUTS; o++) {
        result->by_factor[o] = total_of(parts.by_factor[o]);
        result->by_offset[o] = total_of(parts.by_offset[o]);
        result->factor_square[o] = total_of(parts.factor_square[o]);
        result->offset_square[o] = total_of(parts.offset_square[o]);
    }
}

/* The same code, compiled for each instruction set. */
#define SWEEP(name, attribute)                                                                                         \
    attribute static void name(const struct sweep_sample *sample, const struct sweep_map *map,                         \
                               struct sweep_result *result) {                                                          \
        if (sample->channels == 1) {                                                                                   \
            sweep_body(sample, 1, map, result);                                                                        \
        } else {                                                                                                       \
            sweep_body(sample, 3, map, result);                                                                        \
        }                                                                                                              \
    }
SWEEP(sweep_plain, )
#if defined(__x86_64__)
SWEEP(sweep_avx2, __attribute__((target("avx2"))))
SWEEP(sweep_avx512, __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))))
#endif

bool sweep_by(enum sweep_instructions instructions, const struct sweep_sample *sample, const struct sweep_map *map,
              struct sweep_result *result) {
    switch (instructions) {
    case SWEEP_PLAIN: sweep_plain(sample, map, result); return true;
#if defined(__x86_64__)
    case SWEEP_AVX2:
        if (__builtin_cpu_supports("avx2")) {
            sweep_avx2(sample, map, result);
            return true;
        }
        return false;
    case SWEEP_AVX512:
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
            sweep_avx512(sample, map, result);
            return true;
        }
        return false;
#else
    case SWEEP_AVX2:
    case SWEEP_AVX512:
#endif
    case SWEEP_INSTRUCTIONS:
    default: return false;
    }
}

void sweep(const struct sweep_sample *sample, const struct sweep_map *map, struct sweep_result *result) {
    for (int widest = SWEEP_INSTRUCTIONS - 1; !sweep_by((enum sweep_instructions)widest, sample, map, result);) {
        widest--;
    }
}

double sweep_log2(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int exponent = (int)(bits >> 52 & 2047) - 1023;
    bits = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1023 << 52;
    memcpy(&x, &bits, sizeof bits); /* 1 ... 2 */
    /* ln x = 2 atanh((x - 1) / (x + 1)), around sqrt 2, whose logarithm is half a bit */
    const double t = (x - 1.4142135623730951) / (x + 1.4142135623730951), square = t * t;
    double series = 0.0;
    for (int odd = 11; odd > 0; odd -= 2) {
        series = series * square + 1.0 / odd;
    }
    return exponent + 0.5 + 2.8853900817779268 * t * series; /* 2 / ln 2 */
}
