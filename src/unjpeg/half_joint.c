/* SPDX-License-Identifier: MIT */
/*
 * Colour where pixels are clipped (half_joint.h).
 *
 * What is known about the hidden amplitudes is a Gaussian: at first from their usual sizes, from the colours of certain
 * pixels, from differences of two channels, and from the usual sizes of those of luma, which depend on them. Then they
 * are decided, as in joint_block.c, always the one that is known best. Cb and Cr of a frequency are decided together:
 * often what is known well is a sum of both, and most pairs of whole numbers are far from it.
 */
#include "unjpeg/half_joint.h"

#include "base/allocate.h"
#include "base/exact_float.h"
#include "unjpeg/gaussian.h"
#include "unjpeg/transform.h"

#include <stdlib.h>
#include <string.h>

#define SIDE 8
enum { HIDDEN = 2 * JPEG_BLOCK, LUMA_MOST = 4 * JPEG_BLOCK, PAIRS = 3 };
_Static_assert((int)HIDDEN <= (int)GAUSSIAN_HIDDEN && (int)LUMA_MOST <= (int)GAUSSIAN_SUMS, "they fit");

/* Squares of errors: of a pixel of Cb or Cr; of a difference of channels, to which a part of that is added; of an
 * amplitude of luma; of a decided one; and of samples around the block. */
#define PIXEL_NOISE 0.17f
#define PAIR_NOISE 0.2f
#define LUMA_NOISE 0.16f
#define DECIDED_NOISE 1e-3f
#define AROUND_NOISE 4.0f
#define NO_NEWS 1.02f /* a variance that is not larger than LUMA_NOISE by this factor says nothing about colour */
/* Squares of expected sizes: of amplitudes, over (1 + u^2 + v^2)^(3/2), and a quarter of it in colour; of luma's mean; and
 * how far those of colour are from the usual one. */
static const float contents[HALF_JOINT_TRUSTS] = {3e1f, 1e3f, 1e4f};
#define MEAN_CONTENT 1e6f
#define COLOUR_MEAN_CONTENT 1e3f
#define COLOUR_SHARE 0.25f
#define LEAST_SIZE 0.07f /* of a step: what is likely to be smaller is taken to be zero */
/* A clipped channel that is further on the wrong side than WRONG_SIDE is drawn back, with the square DOUBT of the error. */
#define WRONG_SIDE 1.0f
#define DOUBT 2.0f
#define PAIR_REACH 40 /* how many steps from what is expected */

/* What Cb and Cr add to each channel. */
static const float shares[3][2] = {{0.0f, 1.402f}, {-0.344136f, -0.714136f}, {1.772f, 0.0f}};
/* Two channels that are known. */
static const uint8_t pairs[PAIRS][2] = {{0, 1}, {0, 2}, {1, 2}};

struct half_joint_scratch {
    /* Hidden are the amplitudes of Cb and then of Cr at some frequencies; the others are taken to be zero. */
    unsigned size, hidden; /* how many frequencies, a multiple of eight; and twice as many */
    uint8_t frequency[JPEG_BLOCK];
    struct gaussian gaussian; /* of the hidden amplitudes; sums: the amplitudes of luma that depend on them */
    float share[HIDDEN][LUMA_MOST], covariance[HIDDEN][HIDDEN], mean[HIDDEN];
    float expected[LUMA_MOST], variance[LUMA_MOST];
    unsigned luma;                              /* how many amplitudes of luma */
    float basis[HALF_JOINT_PIXELS][JPEG_BLOCK]; /* of a block's own part of a pixel */
    float rest[2][HALF_JOINT_PIXELS];           /* and the other part */
    float sums[1 + PAIRS][JPEG_BLOCK][JPEG_BLOCK];
    bool is_decided[HIDDEN + LUMA_MOST];
};

enum bswz_status half_joint_scratch_create(struct half_joint_scratch **scratch, struct bswz_error *error) {
    *scratch = bswz_allocate(1, sizeof **scratch);
    return *scratch != NULL ? BSWZ_OK : bswz_no_memory(error);
}

void half_joint_scratch_free(struct half_joint_scratch *scratch) {
    free(scratch);
}

void half_joint_difference(unsigned one, unsigned two, float by[2]) {
    by[0] = shares[one][0] - shares[two][0];
    by[1] = shares[one][1] - shares[two][1];
}

static bool is_known(const uint8_t rgb[3], unsigned channel) {
    return rgb[channel] != 0 && rgb[channel] != 255;
}

/* The two samples in a direction that a pixel is made of, among those around the block, and their weights. */
static void samples_of(unsigned pixel, unsigned factor, unsigned at[2], float weight[2]) {
    at[0] = pixel / factor + 1;
    at[1] = factor == 1 ? at[0] : pixel % 2 == 1 ? at[0] + 1 : at[0] - 1;
    weight[0] = factor == 1 ? 1.0f : 0.75f;
    weight[1] = factor == 1 ? 0.0f : 0.25f;
}

#define LINE_SCALE 2.8284271f /* the first row of a block's basis, as that of a line */

static ALWAYS_INLINE float square(float x) {
    return x * x;
}

/* The frequencies that are not likely to be zero. */
static void find_frequencies(struct half_joint_scratch *s, const struct block_steps steps[3], unsigned trust) {
    bool is_hidden[JPEG_BLOCK];
    s->size = 0;
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        const uint16_t one = steps[1].step[f], two = steps[2].step[f];
        const float step = (float)(one < two ? one : two);
        is_hidden[f] = f == 0 || COLOUR_SHARE * usual_content(contents[trust], f) > square(step * LEAST_SIZE);
        s->size += is_hidden[f];
    }
    for (unsigned f = 0; f < JPEG_BLOCK && s->size % GAUSSIAN_LANES != 0; f++) {
        s->size += !is_hidden[f];
        is_hidden[f] = true;
    }
    for (unsigned f = 0, n = 0; f < JPEG_BLOCK; f++) {
        if (is_hidden[f]) {
            s->frequency[n++] = (uint8_t)f;
        }
    }
    s->hidden = 2 * s->size;
}

/* Every pixel as a sum of the block's coefficients, and a rest. */
static void find_basis(struct half_joint_scratch *s, const struct block_steps *steps, const struct half_area *area,
                       float foreign[HALF_JOINT_PIXELS]) {
    for (unsigned i = 0; i < area->width * area->height; i++) {
        unsigned x[2], y[2];
        float by_x[2], by_y[2], across[SIDE] = {0}, down[SIDE] = {0}, own_x = 0, own_y = 0;
        samples_of(i % area->width, area->horizontal, x, by_x);
        samples_of(i / area->width, area->vertical, y, by_y);
        for (unsigned k = 0; k < 2; k++) {
            if (area->is_own[0][x[k]]) {
                own_x += by_x[k];
                for (unsigned u = 0; u < SIDE; u++) {
                    across[u] += by_x[k] * LINE_SCALE * steps->basis[u][area->own[0][x[k]]];
                }
            }
            if (area->is_own[1][y[k]]) {
                own_y += by_y[k];
                for (unsigned v = 0; v < SIDE; v++) {
                    down[v] += by_y[k] * LINE_SCALE * steps->basis[v][area->own[1][y[k]]];
                }
            }
        }
        for (unsigned n = 0; n < s->size; n++) {
            s->basis[i][n] = across[s->frequency[n] % SIDE] * down[s->frequency[n] / SIDE];
        }
        foreign[i] = 1.0f - own_x * own_y;
        for (unsigned c = 0; c < 2; c++) {
            s->rest[c][i] = 0.0f;
            for (unsigned k = 0; k < 4; k++) {
                if (!area->is_own[0][x[k % 2]] || !area->is_own[1][y[k / 2]]) {
                    s->rest[c][i] += by_x[k % 2] * by_y[k / 2] * area->around[c][y[k / 2]][x[k % 2]];
                }
            }
        }
    }
}

/* What pixels say about colour alone. */
static ALWAYS_INLINE void observe_pixels(struct half_joint_scratch *s, const struct half_area *area,
                                         const float foreign[HALF_JOINT_PIXELS], float right[HIDDEN]) {
    memset(s->sums, 0, sizeof s->sums);
    for (unsigned i = 0; i < area->width * area->height; i++) {
        const float *basis = s->basis[i], spoiled = foreign[i] * foreign[i] * AROUND_NOISE;
        if (area->kind[i] == AREA_CERTAIN) {
            const float weight = 1.0f / (PIXEL_NOISE + spoiled);
            for (unsigned n = 0; n < s->size; n++) {
                vector_add(s->sums[0][n], weight * basis[n], basis, s->size);
            }
            for (unsigned c = 0; c < 2; c++) {
                const float value = (float)area->plane[1 + c][i] - 128.0f - s->rest[c][i];
                vector_add(right + c * s->size, weight * value, basis, s->size);
            }
        }
        for (unsigned p = 0; p < PAIRS && area->kind[i] == AREA_CLIPPED; p++) {
            const unsigned one = pairs[p][0], two = pairs[p][1];
            const uint8_t *rgb = area->rgb[i];
            if (!is_known(rgb, one) || !is_known(rgb, two)) {
                continue;
            }
            float by[2];
            half_joint_difference(one, two, by);
            const float size = by[0] * by[0] + by[1] * by[1];
            const float weight = 1.0f / (PAIR_NOISE + size * (PIXEL_NOISE / 2 + spoiled));
            const float value = (float)rgb[one] - (float)rgb[two] - by[0] * s->rest[0][i] - by[1] * s->rest[1][i];
            for (unsigned n = 0; n < s->size; n++) {
                vector_add(s->sums[1 + p][n], weight * basis[n], basis, s->size);
            }
            for (unsigned c = 0; c < 2; c++) {
                vector_add(right + c * s->size, weight * value * by[c], basis, s->size);
            }
        }
    }
    for (unsigned k = 0; k < s->hidden; k++) {
        for (unsigned l = 0; l < s->hidden; l++) {
            const unsigned c = k / s->size, d = l / s->size, row = k % s->size, column = l % s->size;
            s->covariance[k][l] = c == d ? s->sums[0][row][column] : 0.0f;
            for (unsigned p = 0; p < PAIRS; p++) {
                float by[2];
                half_joint_difference(pairs[p][0], pairs[p][1], by);
                s->covariance[k][l] += s->sums[1 + p][row][column] * (by[c] * by[d]);
            }
        }
    }
}

/* Which channel luma is taken from: green if it is known, 3: none. */
static unsigned luma_channel(const uint8_t rgb[3]) {
    return is_known(rgb, 1) ? 1 : is_known(rgb, 0) ? 0 : is_known(rgb, 2) ? 2 : 3;
}

/* Where in the area a pixel of a block of luma is. */
static unsigned in_area(const struct half_area *area, unsigned first, unsigned i) {
    return first + i / SIDE * area->width + i % SIDE;
}

/* A block of luma, as far as it depends on colour; not if it does not, or if nothing is known of some pixel. */
static void add_luma(struct half_joint_scratch *s, const struct half_area *area, unsigned first) {
    unsigned channel[JPEG_BLOCK];
    float value[JPEG_BLOCK];
    bool depends = false;
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        const unsigned at = in_area(area, first, i);
        channel[i] = 3;
        value[i] = (float)area->plane[0][at] - 128.0f;
        if (area->kind[at] != AREA_CERTAIN) {
            channel[i] = area->kind[at] == AREA_CLIPPED ? luma_channel(area->rgb[at]) : 3;
            if (channel[i] == 3) {
                return;
            }
            depends = true;
            const float *by = shares[channel[i]];
            value[i] = (float)area->rgb[at][channel[i]] - 128.0f - by[0] * s->rest[0][at] - by[1] * s->rest[1][at];
        }
    }
    if (!depends) {
        return;
    }
    transform_forward(value, s->expected + s->luma);
    for (unsigned k = 0; k < s->hidden; k++) {
        for (unsigned i = 0; i < JPEG_BLOCK; i++) {
            const unsigned at = in_area(area, first, i);
            value[i] = channel[i] < 3 ? -shares[channel[i]][k / s->size] * s->basis[at][k % s->size] : 0.0f;
        }
        transform_forward(value, s->share[k] + s->luma);
    }
    s->luma += JPEG_BLOCK;
}

static ALWAYS_INLINE void begin(struct half_joint_scratch *s, const struct block_steps *steps,
                                const struct half_area *area, unsigned trust) {
    float foreign[HALF_JOINT_PIXELS], right[HIDDEN] = {0}, weight[LUMA_MOST];
    find_basis(s, steps, area, foreign);
    observe_pixels(s, area, foreign, right);
    s->luma = 0;
    for (unsigned y = 0; y < area->height; y += SIDE) {
        for (unsigned x = 0; x < area->width; x += SIDE) {
            add_luma(s, area, y * area->width + x);
        }
    }
    for (unsigned k = 0; k < s->hidden; k++) {
        const unsigned f = s->frequency[k % s->size];
        const float inverse = 1.0f / (f == 0 ? COLOUR_MEAN_CONTENT : usual_content(contents[trust], f) * COLOUR_SHARE);
        s->covariance[k][k] += inverse;
        right[k] += f == 0 ? inverse * 8.0f * area->usual[k / s->size] : 0.0f;
    }
    for (unsigned h = 0; h < s->luma; h++) {
        weight[h] =
            1.0f / ((h % JPEG_BLOCK == 0 ? MEAN_CONTENT : usual_content(contents[trust], h % JPEG_BLOCK)) + LUMA_NOISE);
    }
    s->gaussian = (struct gaussian){.hidden = s->hidden,
                                    .sums = s->luma,
                                    .stride = HIDDEN,
                                    .sums_stride = LUMA_MOST,
                                    .covariance = s->covariance[0],
                                    .mean = s->mean,
                                    .share = s->share[0],
                                    .expected = s->expected,
                                    .variance = s->variance,
                                    .noise = LUMA_NOISE};
    gaussian_begin(&s->gaussian, weight, right);
    memset(s->is_decided, 0, sizeof s->is_decided);
}

static ALWAYS_INLINE void decide_luma(struct half_joint_scratch *s, const struct block_steps *steps, unsigned h) {
    const unsigned f = h % JPEG_BLOCK;
    s->is_decided[HIDDEN + h] = true;
    if (s->variance[h] < NO_NEWS * LUMA_NOISE) {
        return;
    }
    const float whole = nearest_whole(s->expected[h] * steps->inverse[f], JPEG_LARGEST);
    gaussian_observe_sum(&s->gaussian, h, whole * steps->size[f]);
}

/* An amplitude of colour is known. */
static ALWAYS_INLINE void settle(struct half_joint_scratch *s, unsigned k, float value) {
    s->is_decided[k] = true;
    gaussian_observe_hidden(&s->gaussian, k, value, DECIDED_NOISE);
}

/* The amplitudes of Cb and Cr of a frequency, the first one being k: the likeliest pair of multiples. */
static ALWAYS_INLINE void decide_pair(struct half_joint_scratch *s, const struct block_steps *steps, unsigned k,
                                      int16_t block[2][JPEG_BLOCK]) {
    const unsigned f = s->frequency[k % s->size], c = k / s->size, other = (k + s->size) % s->hidden;
    const struct block_steps *one = &steps[1 + c], *two = &steps[2 - c];
    const float variance = gaussian_variance(&s->gaussian, k) + DECIDED_NOISE;
    const float slope = s->covariance[k][other] / variance;
    const float left = s->covariance[other][other] - slope * s->covariance[k][other];
    const float rest = (left > 0.0f ? left : 0.0f) + DECIDED_NOISE;
    const float middle = nearest_whole(s->mean[k] * one->inverse[f], JPEG_LARGEST);
    float best[2] = {middle, 0.0f}, least = FLT_MAX;
    for (int i = 0; i < 2 * PAIR_REACH + 1; i++) {
        const float first = middle + (float)(i % 2 == 0 ? -(i / 2) : (i + 1) / 2);
        const float off = first * one->size[f] - s->mean[k], from = off * off / variance;
        const float expected = s->mean[other] + slope * off;
        const float second = nearest_whole(expected * two->inverse[f], JPEG_LARGEST);
        const float rests = second * two->size[f] - expected, distance = from + rests * rests / rest;
        if (distance < least && first >= -(float)JPEG_LARGEST && first <= (float)JPEG_LARGEST) {
            least = distance;
            best[0] = first;
            best[1] = second;
        }
    }
    block[c][f] = (int16_t)best[0];
    block[1 - c][f] = (int16_t)best[1];
    settle(s, k, best[0] * one->size[f]);
    settle(s, other, best[1] * two->size[f]);
}

/* Hidden channels that come out on the wrong side. */
static ALWAYS_INLINE void draw_back(struct half_joint_scratch *s, const struct half_area *area) {
    for (unsigned i = 0; i < area->width * area->height; i++) {
        const uint8_t *rgb = area->rgb[i];
        const unsigned from = area->kind[i] == AREA_CLIPPED ? luma_channel(rgb) : 3;
        for (unsigned channel = 0; channel < 3 && from < 3; channel++) {
            if (is_known(rgb, channel)) {
                continue;
            }
            float by[2];
            half_joint_difference(channel, from, by);
            const float made = (float)rgb[from] + by[0] * (s->rest[0][i] + vector_dot(s->basis[i], s->mean, s->size)) +
                               by[1] * (s->rest[1][i] + vector_dot(s->basis[i], s->mean + s->size, s->size));
            const float beyond = rgb[channel] == 255 ? made - 255.0f : -made;
            if (beyond >= -WRONG_SIDE) {
                continue;
            }
            float covariance[HIDDEN] = {0}, variance = DOUBT;
            for (unsigned k = 0; k < s->hidden; k++) {
                vector_add(covariance, by[k / s->size] * s->basis[i][k % s->size], s->covariance[k], s->hidden);
            }
            for (unsigned k = 0; k < s->hidden; k++) {
                variance += covariance[k] * (by[k / s->size] * s->basis[i][k % s->size]);
            }
            gaussian_observe(&s->gaussian, covariance, variance > DOUBT ? variance : DOUBT, (float)rgb[channel] - made);
        }
    }
}

static ALWAYS_INLINE void half_joint_guess_body(struct half_joint_scratch *s, const struct block_steps *steps,
                                                const struct half_area *area, unsigned trust,
                                                int16_t block[2][JPEG_BLOCK]) {
    memset(block, 0, 2 * sizeof block[0]);
    find_frequencies(s, steps, trust);
    begin(s, &steps[0], area, trust);
    draw_back(s, area);
    for (unsigned left = s->hidden; left > 0;) {
        unsigned best = 0;
        float least = FLT_MAX;
        for (unsigned k = 0; k < s->hidden; k++) {
            const float inverse = steps[1 + k / s->size].inverse[s->frequency[k % s->size]];
            const float doubt = s->covariance[k][k] * (inverse * inverse);
            if (!s->is_decided[k] && doubt < least) {
                least = doubt;
                best = k;
            }
        }
        for (unsigned h = 0; h < s->luma; h++) {
            const float inverse = steps[0].inverse[h % JPEG_BLOCK];
            const float doubt = s->variance[h] * (inverse * inverse);
            if (!s->is_decided[HIDDEN + h] && doubt < least) {
                least = doubt;
                best = HIDDEN + h;
            }
        }
        if (least == FLT_MAX) {
            break; /* not a number */
        }
        if (best < HIDDEN) {
            decide_pair(s, steps, best, block);
            left -= 2;
        } else {
            decide_luma(s, &steps[0], best - HIDDEN);
        }
    }
}

FOR_WIDTHS(, void, half_joint_guess,
           (struct half_joint_scratch * s, const struct block_steps steps[3], const struct half_area *area,
            unsigned trust, int16_t block[2][JPEG_BLOCK]),
           (s, steps, area, trust, block))
