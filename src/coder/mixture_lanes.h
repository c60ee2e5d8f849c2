/*
 * mixture_prepare and the first half of mixture_pop on a vector of pixels, written once for every vector length.
 * mixture.c defines what is computed. This code gives the same numbers, since every step is exact:
 *
 *   - products that the plain code computes in 64 bits and then clamps are computed in 32 bits from operands that
 *     are clamped
 *     first, to a range in which the result is the same;
 *   - quotients are computed in doubles. Dividend and divisor are exact in a double, and a quotient of up to 48
 *     bits whose
 *     divisor has up to 33 differs from the next integer by more than a double's rounding, so its floor is the integer
 *     quotient.
 *
 * The including file defines the operations on registers:
 *
 *     VECTOR, PIXELS         the register type and the number of its 32-bit lanes, one per pixel
 *     SPREAD_BYTES(v, from)  byte i of a lane group = its byte from[i], or 0
 *     ROWS(p, stride)        lane group b (128 bits) = 16 bytes at p + 4 * b * stride
 *     STORE_ROWS(p, stride, v)  the inverse of ROWS
 *     SET1, ADD, SUB, MULTIPLY, PAIRS (pmaddwd), AND, AND_NOT (of the first), OR, LEFT, RIGHT,
 *     RIGHT_SIGNED, LEFT_BY, MINIMUM, MAXIMUM, ABSOLUTE, UNPACK_LOW_32 ...   32-bit lanes
 *     EQUAL_LANES(a, b)      all bits of a lane set where a = b
 *     EQUAL(a, b)            the same as a mask for KEEP_UNLESS(mask, v), CHOOSE(mask, if_clear, if_set)
 *     LOOK_UP(table, index, scale)  32 bits at scale * index bytes
 *     INVERSE_SCALES(index)  inverse_scale
 *     CDF_PAIRS(index, &low, &high)  logistic_cdf at index and index + 1
 *     HALF, HALF_DOUBLE      64-bit lanes, integers and doubles, for half as many pixels
 *     WIDEN(v, half), DOUBLE_OF_SIGNED(v, half)     from one half of a VECTOR
 *     DOUBLE_OF(a)           of a HALF below 2^52
 *     BITS_OVER(a, bits)     the number of bits beyond `bits` of a HALF below 2^52, or 0
 *     JOIN_TRUNCATED(a, b)   two HALF_DOUBLE to a VECTOR of integers
 *     JOIN_EQUAL(a, c, b, d) EQUAL_LANES of two pairs of HALF
 */
#include "coder/mixture.h"

#include <string.h>

/* ---- transposing four rows of four 32-bit values per lane group, and back ---- */

static inline void transpose(const VECTOR *row, VECTOR *column) {
    VECTOR a = UNPACK_LOW_32(row[0], row[1]), b = UNPACK_HIGH_32(row[0], row[1]);
    VECTOR c = UNPACK_LOW_32(row[2], row[3]), d = UNPACK_HIGH_32(row[2], row[3]);
    column[0] = UNPACK_LOW_64(a, c);
    column[1] = UNPACK_HIGH_64(a, c);
    column[2] = UNPACK_LOW_64(b, d);
    column[3] = UNPACK_HIGH_64(b, d);
}

enum { PAIRS_OF_FIELDS = MIXTURE_OUTPUTS / 2 };

/* pair[j]: fields 2 j (lower half) and 2 j + 1 of all components, one pixel per lane. */
static inline void load_fields(const int16_t *outputs, size_t stride, VECTOR *pair) {
    for (unsigned j = 0; j < PAIRS_OF_FIELDS; j += 4) {
        VECTOR row[4];
        for (unsigned i = 0; i < 4; i++) {
            row[i] = ROWS((const uint8_t *)(outputs + i * stride + 2 * j), stride * sizeof *outputs);
        }
        transpose(row, pair + j);
    }
}

/* to + i * stride bytes = value[0 ... 3] of pixel i, 16 bytes. */
static inline void store_columns(const VECTOR *value, uint8_t *to, size_t stride) {
    VECTOR row[4];
    transpose(value, row);
    for (unsigned i = 0; i < 4; i++) {
        STORE_ROWS(to + i * stride, stride, row[i]);
    }
}

/* ---- weights to cumulative tables (normalise in mixture.c) ---- */

/* start[k] for weights, already converted to doubles, whose sum was shifted below 2^32; is_largest says which
 * component gets the remainder. */
static inline void share_out(HALF_DOUBLE weight[2][MIXTURE_COMPONENTS], const HALF_DOUBLE *sum,
                             const VECTOR *given_to_largest, VECTOR *start) {
    const HALF_DOUBLE all = SET1_DOUBLE((double)((1 << WEIGHT_BITS) - MIXTURE_COMPONENTS) * 4294967296.0);
    const HALF_DOUBLE one = SET1_DOUBLE(1.0), unit = SET1_DOUBLE(1.0 / 4294967296.0);
    VECTOR given[MIXTURE_COMPONENTS];
    HALF_DOUBLE reciprocal[2];
    for (unsigned h = 0; h < 2; h++) {
        reciprocal[h] = MULTIPLY_DOUBLE(FLOOR(DIVIDE_DOUBLE(all, ADD_DOUBLE(sum[h], one))), unit);
    }
    VECTOR left = SET1((1 << WEIGHT_BITS) - MIXTURE_COMPONENTS);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        given[k] = JOIN_TRUNCATED(MULTIPLY_DOUBLE(weight[0][k], reciprocal[0]),
                                  MULTIPLY_DOUBLE(weight[1][k], reciprocal[1]));
        left = SUB(left, given[k]);
    }
    VECTOR below = SET1(0);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        start[k] = below;
        below = ADD(below, ADD(ADD(given[k], SET1(1)), AND(given_to_largest[k], left)));
    }
}

static inline void prior_lanes(const VECTOR *pair, VECTOR *start) {
    VECTOR logit[MIXTURE_COMPONENTS], weight[MIXTURE_COMPONENTS], largest[MIXTURE_COMPONENTS];
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        logit[k] = RIGHT_SIGNED(pair[5 * k + 4], 16);
    }
    VECTOR top = MAXIMUM(MAXIMUM(logit[0], logit[1]), MAXIMUM(logit[2], logit[3]));
    VECTOR sum = SET1(0), taken = SET1(0);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        /* the table ends with 0, which also covers everything beyond it */
        weight[k] = LOOK_UP(weight_of_logit, MINIMUM(SUB(top, logit[k]), SET1(LOGIT_COUNT - 1)), 4);
        sum = ADD(sum, weight[k]);
    }
    VECTOR most = MAXIMUM(MAXIMUM(weight[0], weight[1]), MAXIMUM(weight[2], weight[3]));
    HALF_DOUBLE share[2][MIXTURE_COMPONENTS];
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        VECTOR is = EQUAL_LANES(weight[k], most);
        largest[k] = AND_NOT(taken, is); /* the first one of equals */
        taken = OR(taken, is);
        share[0][k] = DOUBLE_OF_SIGNED(weight[k], 0);
        share[1][k] = DOUBLE_OF_SIGNED(weight[k], 1);
    }
    const HALF_DOUBLE sums[2] = {DOUBLE_OF_SIGNED(sum, 0), DOUBLE_OF_SIGNED(sum, 1)};
    share_out(share, sums, largest, start);
}

/* Shift all values right until the largest fits in `bits` bits (fit in mixture.c). */
static inline void fit_lanes(HALF *value, int bits) {
    HALF shift = BITS_OVER(OR_HALF(OR_HALF(value[0], value[1]), OR_HALF(value[2], value[3])), bits);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        value[k] = RIGHT_BY_HALF(value[k], shift);
    }
}

static inline void posterior_lanes(const VECTOR *prior_start, unsigned channels,
                                   VECTOR frequency[3][MIXTURE_COMPONENTS], VECTOR *start) {
    HALF weight[2][MIXTURE_COMPONENTS];
    HALF_DOUBLE share[2][MIXTURE_COMPONENTS], sums[2];
    HALF most[2];
    for (unsigned h = 0; h < 2; h++) {
        HALF rest[MIXTURE_COMPONENTS], one = SET1_HALF(1);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            VECTOR end = k + 1 < MIXTURE_COMPONENTS ? prior_start[k + 1] : SET1(1 << WEIGHT_BITS);
            rest[k] = WIDEN(SUB(end, prior_start[k]), h);
            weight[h][k] = WIDEN(frequency[0][k], h);
            if (channels == 3) {
                weight[h][k] = MULTIPLY_HALF(weight[h][k], WIDEN(frequency[1][k], h));
                rest[k] = MULTIPLY_HALF(rest[k], WIDEN(frequency[2][k], h));
            }
        }
        fit_lanes(weight[h], 31);
        fit_lanes(rest, 30);
        HALF sum = SET1_HALF(0);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            weight[h][k] = ADD_HALF(MULTIPLY_HALF(weight[h][k], rest[k]), one);
            sum = ADD_HALF(sum, weight[h][k]);
        }
        most[h] = MAXIMUM_HALF(MAXIMUM_HALF(weight[h][0], weight[h][1]), MAXIMUM_HALF(weight[h][2], weight[h][3]));
        HALF shift = BITS_OVER(UPPER_HALF(sum), 0);
        sums[h] = DOUBLE_OF(RIGHT_BY_HALF(sum, shift));
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            share[h][k] = DOUBLE_OF(RIGHT_BY_HALF(weight[h][k], shift));
        }
    }
    VECTOR largest[MIXTURE_COMPONENTS], taken = SET1(0);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        VECTOR is = JOIN_EQUAL(weight[0][k], most[0], weight[1][k], most[1]);
        largest[k] = AND_NOT(taken, is);
        taken = OR(taken, is);
    }
    share_out(share, sums, largest, start);
}

/* ---- logistics ---- */

/* The mean of a channel and the index of its scale, clamped (clamped in mixture.c). */
static inline void clamp_shape(VECTOR *mean, VECTOR *scale) {
    *mean = MINIMUM(MAXIMUM(*mean, SET1(MEAN_LOWEST)), SET1(MEAN_HIGHEST));
    *scale = RIGHT_SIGNED(ADD(*scale, SET1(SCALE_UNIT / 2)), 4);
    *scale = MINIMUM(MAXIMUM(*scale, SET1(0)), SET1(SCALE_COUNT - 1));
}

static inline VECTOR lower_field(VECTOR pair) {
    return RIGHT_SIGNED(LEFT(pair, 16), 16);
}

static inline VECTOR growth_lanes(VECTOR residual) {
    return AND(LOOK_UP(growth_of_residual, RIGHT(ABSOLUTE(residual), 4), 2), SET1(0xffff));
}

/* Add coupled and grown, which are sums of products, to the shape, and clamp it. */
static inline void grow_shape(VECTOR *mean, VECTOR *scale, VECTOR coupled, VECTOR grown) {
    *mean = ADD(*mean, RIGHT_SIGNED(ADD(coupled, SET1(COUPLING_UNIT / 2)), 10));
    *scale = ADD(*scale, RIGHT_SIGNED(ADD(grown, SET1(GROWTH_UNIT / 2)), 8));
    clamp_shape(mean, scale);
}

/* The cumulative function at a position in the table (12 bits of fraction), without the unit for each symbol below. */
static inline VECTOR cumulative_lanes(VECTOR at) {
    at = MINIMUM(MAXIMUM(at, SET1(0)), SET1((1024 << 12) - 1));
    VECTOR low, high;
    CDF_PAIRS(RIGHT(at, 12), &low, &high);
    return ADD(low, RIGHT(MULTIPLY(SUB(high, low), AND(at, SET1(4095))), 12));
}

/* The interval of x; returns the residual. Distances from the mean that reach more than a level beyond the ends of
 * the table are clamped before the product can exceed 32 bits: limit * inverse is 2^25 ... 2^26. The upper edge,
 * 64 / 64 of a level further, is then exactly 64 * inverse >> 4 further in the table. */
static inline VECTOR interval_lanes(VECTOR x, VECTOR mean, VECTOR scale, VECTOR *start, VECTOR *frequency) {
    /* 64 * 2^(scale / 12), rounded down to a power of two */
    VECTOR limit = LEFT_BY(SET1(64), RIGHT(PAIRS(scale, SET1(171)), 11));
    VECTOR inverse = INVERSE_SCALES(scale);
    VECTOR residual = SUB(LEFT(x, 6), mean);
    VECTOR distance = SUB(residual, SET1(MEAN_UNIT / 2)), farthest = ADD(limit, SET1(MEAN_UNIT));
    distance = MINIMUM(MAXIMUM(distance, SUB(SET1(0), farthest)), farthest);
    VECTOR at = ADD(RIGHT_SIGNED(MULTIPLY(distance, inverse), 4), SET1(512 << 12));
    VECTOR below = cumulative_lanes(at), above = cumulative_lanes(ADD(at, LEFT(inverse, 2)));
    *start = KEEP_UNLESS(EQUAL(x, SET1(0)), ADD(below, x));
    above = ADD(above, ADD(x, SET1(1)));
    above = CHOOSE(EQUAL(x, SET1(255)), above, SET1(1 << LOGISTIC_BITS));
    *frequency = SUB(above, *start);
    return residual;
}

/* ---- a vector of pixels ---- */

static inline __attribute__((always_inline)) void prepare_lanes(const int16_t *outputs, size_t stride,
                                                                const struct mixture_growth *growth,
                                                                unsigned channels, const VECTOR *base,
                                                                const VECTOR *pixel, struct prepared_pixel *prepared,
                                                                size_t step) {
    const size_t bytes = step * sizeof *prepared;
    VECTOR pair[PAIRS_OF_FIELDS], prior[MIXTURE_COMPONENTS], posterior[MIXTURE_COMPONENTS];
    VECTOR start[3][MIXTURE_COMPONENTS], frequency[3][MIXTURE_COMPONENTS];
    const VECTOR second_growth = SET1((uint16_t)growth->factor[0]);
    const VECTOR third_growth = SET1((int32_t)((uint32_t)(uint16_t)growth->factor[1] |
                                               (uint32_t)(uint16_t)growth->factor[2] << 16));
    load_fields(outputs, stride, pair);
    prior_lanes(pair, prior);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        const VECTOR *one = pair + k * MIXTURE_FIELDS / 2;
        VECTOR mean = ADD(LEFT(base[0], 6), lower_field(one[0])), scale = RIGHT_SIGNED(one[1], 16);
        clamp_shape(&mean, &scale);
        VECTOR first = interval_lanes(pixel[0], mean, scale, &start[0][k], &frequency[0][k]);
        if (channels == 3) {
            VECTOR grown = growth_lanes(first), residuals = AND(first, SET1(0xffff));
            mean = ADD(LEFT(base[1], 6), RIGHT_SIGNED(one[0], 16));
            scale = lower_field(one[2]);
            grow_shape(&mean, &scale, PAIRS(one[3], residuals), PAIRS(grown, second_growth));
            VECTOR second = interval_lanes(pixel[1], mean, scale, &start[1][k], &frequency[1][k]);
            grown = OR(grown, LEFT(growth_lanes(second), 16));
            residuals = OR(residuals, LEFT(second, 16));
            mean = ADD(LEFT(base[2], 6), lower_field(one[1]));
            scale = RIGHT_SIGNED(one[2], 16);
            VECTOR coupling = OR(RIGHT(one[3], 16), LEFT(one[4], 16));
            grow_shape(&mean, &scale, PAIRS(coupling, residuals), PAIRS(grown, third_growth));
            interval_lanes(pixel[2], mean, scale, &start[2][k], &frequency[2][k]);
        }
    }
    posterior_lanes(prior, channels, frequency, posterior);
    const VECTOR weights[4] = {
        OR(posterior[0], LEFT(posterior[1], 16)), OR(posterior[2], LEFT(posterior[3], 16)),
        OR(prior[0], LEFT(prior[1], 16)), OR(prior[2], LEFT(prior[3], 16))};
    store_columns(weights, (uint8_t *)prepared->posterior_start, bytes);
    for (unsigned i = 0; i < PIXELS; i++) {
        prepared[i * step].prior_start[MIXTURE_COMPONENTS] = 0;
    }
    for (unsigned c = 0; c < channels; c++) {
        store_columns(start[c], (uint8_t *)prepared->start[c], bytes);
        store_columns(frequency[c], (uint8_t *)prepared->frequency[c], bytes);
    }
}

static inline __attribute__((always_inline)) void await_lanes(const int16_t *outputs, size_t stride,
                                                              unsigned channels, const VECTOR *base,
                                                              struct awaited_pixel *awaited, size_t step) {
    const size_t bytes = step * sizeof *awaited;
    VECTOR pair[PAIRS_OF_FIELDS], prior[MIXTURE_COMPONENTS], mean[MIXTURE_COMPONENTS], index[MIXTURE_COMPONENTS];
    VECTOR row[MIXTURE_COMPONENTS], more[MIXTURE_COMPONENTS];
    load_fields(outputs, stride, pair);
    prior_lanes(pair, prior);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        const VECTOR *one = pair + k * MIXTURE_FIELDS / 2;
        mean[k] = ADD(LEFT(base[0], 6), lower_field(one[0]));
        index[k] = RIGHT_SIGNED(one[1], 16);
        clamp_shape(&mean[k], &index[k]);
        row[k] = INVERSE_SCALES(index[k]);
        mean[k] = AND(mean[k], SET1(0xffff));
    }
    store_columns(row, (uint8_t *)awaited->first_inverse, bytes);
    row[0] = OR(prior[0], LEFT(prior[1], 16));
    row[1] = OR(prior[2], LEFT(prior[3], 16));
    row[2] = OR(mean[0], LEFT(mean[1], 16));
    row[3] = OR(mean[2], LEFT(mean[3], 16));
    store_columns(row, (uint8_t *)awaited->prior_start, bytes);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        row[k] = OR(LEFT(index[k], 16), AND(pair[5 * k + 3], SET1(channels == 3 ? 0xffff : 0)));
    }
    store_columns(row, (uint8_t *)awaited->second, bytes);
    if (channels == 1) {
        return;
    }
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        const VECTOR *one = pair + k * MIXTURE_FIELDS / 2;
        row[k] = ADD(LEFT(base[1], 6), RIGHT_SIGNED(one[0], 16));
        more[k] = ADD(LEFT(base[2], 6), lower_field(one[1]));
    }
    store_columns(row, (uint8_t *)awaited->mean[0], bytes);
    store_columns(more, (uint8_t *)awaited->mean[1], bytes);
    for (unsigned k = 0; k < 2; k++) {
        VECTOR even = pair[10 * k + 2], odd = pair[10 * k + 7];
        row[k] = OR(AND(even, SET1(0xffff)), LEFT(odd, 16));
        row[2 + k] = OR(RIGHT(even, 16), LEFT(RIGHT(odd, 16), 16));
    }
    store_columns(row, (uint8_t *)awaited->scale, bytes);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        row[k] = OR(RIGHT(pair[5 * k + 3], 16), LEFT(pair[5 * k + 4], 16));
    }
    store_columns(row, (uint8_t *)awaited->coupling, bytes);
}

/* ---- batches: whole vectors, and the plain code for the rest ---- */

/* value[c] = plane c of PIXELS samples of three bytes. `left` samples remain, including the first one; the last
 * vector is read from a copy, since reading is done in pieces of 16 bytes. */
static inline void load_samples(const uint8_t (*from)[3], size_t left, unsigned channels, VECTOR *value) {
    uint8_t copy[3 * PIXELS + 16] = {0};
    const uint8_t *bytes = from[0];
    if (left < PIXELS + 2) {
        memcpy(copy, bytes, 3 * PIXELS);
        bytes = copy;
    }
    const VECTOR four = ROWS(bytes, 3); /* four samples per lane group */
    for (unsigned c = 0; c < channels; c++) {
        const char o = (char)c, none = -1;
        value[c] = SPREAD_BYTES(four, _mm_setr_epi8(o, none, none, none, (char)(o + 3), none, none, none, (char)(o + 6),
                                                    none, none, none, (char)(o + 9), none, none, none));
    }
}

static void prepare(const struct mixture_batch *batch, const uint8_t (*pixel)[3], struct prepared_pixel *prepared,
                    size_t step) {
    size_t i = 0;
    for (; i + PIXELS <= batch->count; i += PIXELS) {
        const int16_t *outputs = batch->outputs + i * batch->stride;
        VECTOR base[3], value[3];
        if (batch->channels == 1) {
            load_samples(batch->base + i, batch->count - i, 1, base);
            load_samples(pixel + i, batch->count - i, 1, value);
            prepare_lanes(outputs, batch->stride, batch->growth, 1, base, value, prepared + i * step, step);
        } else {
            load_samples(batch->base + i, batch->count - i, 3, base);
            load_samples(pixel + i, batch->count - i, 3, value);
            prepare_lanes(outputs, batch->stride, batch->growth, 3, base, value, prepared + i * step, step);
        }
    }
    if (i < batch->count) {
        const struct mixture_batch rest = mixture_batch_from(batch, i);
        mixture_reference.prepare(&rest, pixel + i, prepared + i * step, step);
    }
}

static void await(const struct mixture_batch *batch, struct awaited_pixel *awaited, size_t step) {
    size_t i = 0;
    for (; i + PIXELS <= batch->count; i += PIXELS) {
        const int16_t *outputs = batch->outputs + i * batch->stride;
        VECTOR base[3];
        if (batch->channels == 1) {
            load_samples(batch->base + i, batch->count - i, 1, base);
            await_lanes(outputs, batch->stride, 1, base, awaited + i * step, step);
        } else {
            load_samples(batch->base + i, batch->count - i, 3, base);
            await_lanes(outputs, batch->stride, 3, base, awaited + i * step, step);
        }
    }
    if (i < batch->count) {
        const struct mixture_batch rest = mixture_batch_from(batch, i);
        mixture_reference.await(&rest, awaited + i * step, step);
    }
}
