/* SPDX-License-Identifier: MIT */
/*
 * Cosine transforms (transform.h).
 *
 * The inverse for the format is the algorithm of Loeffler, Ligtenberg and Moschytz with 13 fraction bits
 * in the factors and 2 more bits between columns and rows, all modulo 2^32, as bsw(5) says.
 */
#include "unjpeg/transform.h"

#include "base/exact_float.h" /* + - *, paired by parentheses in the order that is written */
#include "base/widths.h"

#define SIDE 8
#define FACTOR_SHIFT 13
#define MIDDLE_SHIFT 2

/* Shift right with rounding: arithmetic, also for what wrapped around. */
static inline uint32_t descale(uint32_t value, int shift) {
    return (uint32_t)((int32_t)(value + (1u << (shift - 1))) >> shift);
}

/* Eight transforms, one a lane: in[8 * k + lane] -> out[8 * k + lane], divided by 2^shift. */
static ALWAYS_INLINE void inverse_lanes(const uint32_t *restrict in, uint32_t *restrict out, int shift) {
    for (int lane = 0; lane < SIDE; lane++) {
        const uint32_t i0 = in[lane], i1 = in[8 + lane], i2 = in[16 + lane], i3 = in[24 + lane];
        const uint32_t i4 = in[32 + lane], i5 = in[40 + lane], i6 = in[48 + lane], i7 = in[56 + lane];
        const uint32_t turn = (i2 + i6) * 4433u;
        const uint32_t even_2 = turn - i6 * 15137u, even_3 = turn + i2 * 6270u;
        const uint32_t even_0 = (i0 + i4) << FACTOR_SHIFT, even_1 = (i0 - i4) << FACTOR_SHIFT;
        const uint32_t a0 = even_0 + even_3, a3 = even_0 - even_3, a1 = even_1 + even_2, a2 = even_1 - even_2;
        const uint32_t all = (i7 + i3 + i5 + i1) * 9633u;
        const uint32_t z1 = (i7 + i1) * 7373u, z2 = (i5 + i3) * 20995u;
        const uint32_t z3 = all - (i7 + i3) * 16069u, z4 = all - (i5 + i1) * 3196u;
        const uint32_t b0 = i7 * 2446u - z1 + z3, b1 = i5 * 16819u - z2 + z4;
        const uint32_t b2 = i3 * 25172u - z2 + z3, b3 = i1 * 12299u - z1 + z4;
        out[lane] = descale(a0 + b3, shift);
        out[56 + lane] = descale(a0 - b3, shift);
        out[8 + lane] = descale(a1 + b2, shift);
        out[48 + lane] = descale(a1 - b2, shift);
        out[16 + lane] = descale(a2 + b1, shift);
        out[40 + lane] = descale(a2 - b1, shift);
        out[24 + lane] = descale(a3 + b0, shift);
        out[32 + lane] = descale(a3 - b0, shift);
    }
}

static ALWAYS_INLINE void transform_to_samples_body(const int16_t block[JPEG_BLOCK], const uint16_t step[JPEG_BLOCK],
                                                    uint8_t out[JPEG_BLOCK]) {
    uint32_t a[JPEG_BLOCK], b[JPEG_BLOCK];
    for (int i = 0; i < JPEG_BLOCK; i++) {
        a[i] = (uint32_t)(block[i] * (int32_t)step[i]);
    }
    inverse_lanes(a, b, FACTOR_SHIFT - MIDDLE_SHIFT);
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            a[8 * x + y] = b[8 * y + x];
        }
    }
    inverse_lanes(a, b, FACTOR_SHIFT + MIDDLE_SHIFT + 3);
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            const int32_t value = (int32_t)(b[8 * x + y] + 128u);
            out[8 * y + x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
}

FOR_WIDTHS(, void, transform_to_samples,
           (const int16_t block[JPEG_BLOCK], const uint16_t step[JPEG_BLOCK], uint8_t out[JPEG_BLOCK]),
           (block, step, out))

/* cos((2 x + 1) u pi / 16) / 2, the first row over the root of 2 */
#define C0 0.35355339f
#define C1 0.49039264f
#define C2 0.46193977f
#define C3 0.41573481f
#define C5 0.27778512f
#define C6 0.19134172f
#define C7 0.09754516f

static const float cosines[SIDE][SIDE] = {{C0, C0, C0, C0, C0, C0, C0, C0},     {C1, C3, C5, C7, -C7, -C5, -C3, -C1},
                                          {C2, C6, -C6, -C2, -C2, -C6, C6, C2}, {C3, -C7, -C1, -C5, C5, C1, C7, -C3},
                                          {C0, -C0, -C0, C0, C0, -C0, -C0, C0}, {C5, -C1, C7, C3, -C3, -C7, C1, -C5},
                                          {C6, -C2, C2, -C6, -C6, C2, -C2, C6}, {C7, -C5, C3, -C1, C1, -C3, C5, -C7}};

static ALWAYS_INLINE void transpose(const float *restrict in, float *restrict out) {
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            out[8 * x + y] = in[8 * y + x];
        }
    }
}

static ALWAYS_INLINE void forward_lanes(const float *restrict in, float *restrict out) {
    float even[4][SIDE], odd[4][SIDE];
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < SIDE; i++) {
            even[k][i] = in[8 * k + i] + in[8 * (7 - k) + i];
            odd[k][i] = in[8 * k + i] - in[8 * (7 - k) + i];
        }
    }
    for (int u = 0; u < SIDE; u++) {
        const float(*half)[SIDE] = u & 1 ? odd : even;
        for (int i = 0; i < SIDE; i++) {
            out[8 * u + i] = (half[0][i] * cosines[u][0] + half[1][i] * cosines[u][1]) +
                             (half[2][i] * cosines[u][2] + half[3][i] * cosines[u][3]);
        }
    }
}

static ALWAYS_INLINE void inverse_float_lanes(const float *restrict in, float *restrict out) {
    for (int x = 0; x < 4; x++) {
        for (int i = 0; i < SIDE; i++) {
            const float even = (in[i] * cosines[0][x] + in[16 + i] * cosines[2][x]) +
                               (in[32 + i] * cosines[4][x] + in[48 + i] * cosines[6][x]);
            const float odd = (in[8 + i] * cosines[1][x] + in[24 + i] * cosines[3][x]) +
                              (in[40 + i] * cosines[5][x] + in[56 + i] * cosines[7][x]);
            out[8 * x + i] = even + odd;
            out[8 * (7 - x) + i] = even - odd;
        }
    }
}

static ALWAYS_INLINE void transform_forward_body(const float in[JPEG_BLOCK], float out[JPEG_BLOCK]) {
    float a[JPEG_BLOCK], b[JPEG_BLOCK];
    forward_lanes(in, a);
    transpose(a, b);
    forward_lanes(b, a);
    transpose(a, out);
}

FOR_WIDTHS(, void, transform_forward, (const float in[JPEG_BLOCK], float out[JPEG_BLOCK]), (in, out))

static ALWAYS_INLINE void transform_inverse_body(const float in[JPEG_BLOCK], float out[JPEG_BLOCK]) {
    float a[JPEG_BLOCK], b[JPEG_BLOCK];
    inverse_float_lanes(in, a);
    transpose(a, b);
    inverse_float_lanes(b, a);
    transpose(a, out);
}

FOR_WIDTHS(, void, transform_inverse, (const float in[JPEG_BLOCK], float out[JPEG_BLOCK]), (in, out))

void transform_fill_basis(float basis[JPEG_BLOCK][JPEG_BLOCK]) {
    for (int f = 0; f < JPEG_BLOCK; f++) {
        for (int i = 0; i < JPEG_BLOCK; i++) {
            basis[f][i] = cosines[f / 8][i / 8] * cosines[f % 8][i % 8];
        }
    }
}
