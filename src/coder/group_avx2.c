/*
 * Coding a group of coefficients with AVX2: the four components side by side.
 */
#include "coder/group.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Starts and frequencies of x under the four components; x is neither the first nor the last symbol. */
struct intervals {
    __m128i start, frequency;
};

/* Products of a distance and four inverse scales, cut to the table: twelve bits of fraction. */
static inline __m256i positions(int64_t distance, __m256i inverse) {
    const __m256i top = _mm256_set1_epi64x((1 << 26) - 1), zero = _mm256_setzero_si256();
    __m256i at = _mm256_add_epi64(_mm256_mul_epi32(_mm256_set1_epi64x(distance), inverse), _mm256_set1_epi64x(1 << 25));
    at = _mm256_blendv_epi8(at, top, _mm256_cmpgt_epi64(at, top));
    at = _mm256_andnot_si256(_mm256_cmpgt_epi64(zero, at), at);
    return _mm256_srli_epi64(at, 4);
}

static inline struct intervals intervals_of(int32_t mean, __m128i index, int x) {
    const __m256i inverse = _mm256_cvtepi32_epi64(_mm_i32gather_epi32(inverse_scale, index, 4));
    const int64_t distance = x * MEAN_UNIT - MEAN_UNIT / 2 - mean;
    /* 64-bit lanes: x below, x + 1 above */
    const __m256i both = _mm256_or_si256(positions(distance, inverse), _mm256_slli_epi64(positions(distance + MEAN_UNIT, inverse), 32));
    const __m256i at = _mm256_srli_epi32(both, 12), fraction = _mm256_and_si256(both, _mm256_set1_epi32(4095));
    const int *table = (const int *)logistic_cdf;
    const __m256i low = _mm256_i32gather_epi32(table, at, 4);
    const __m256i high = _mm256_i32gather_epi32(table + 1, at, 4);
    const __m256i between = _mm256_mullo_epi32(_mm256_sub_epi32(high, low), fraction);
    __m256i below = _mm256_add_epi32(low, _mm256_srli_epi32(between, 12));
    below = _mm256_sub_epi32(below, _mm256_srli_epi32(below, 12));
    below = _mm256_add_epi32(below, _mm256_set1_epi64x((int64_t)(x + 1 + WIDE_LARGEST) << 32 | (x + WIDE_LARGEST)));
    /* [start, end] of each component -> starts, ends */
    const __m256i sorted = _mm256_permutevar8x32_epi32(below, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
    const __m128i start = _mm256_castsi256_si128(sorted);
    return (struct intervals){start, _mm_sub_epi32(_mm256_extracti128_si256(sorted, 1), start)};
}

/* The same for the two symbols at the ends. */
static struct intervals intervals_at_end(int32_t mean, __m128i index, int x) {
    uint32_t scale[MIXTURE_COMPONENTS], start[MIXTURE_COMPONENTS], frequency[MIXTURE_COMPONENTS];
    _mm_storeu_si128((__m128i *)scale, index);
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        const int32_t inverse = inverse_scale[scale[k]];
        start[k] = logistic_wide_below(mean, inverse, x);
        frequency[k] = logistic_wide_below(mean, inverse, x + 1) - start[k];
    }
    return (struct intervals){_mm_loadu_si128((const __m128i *)start), _mm_loadu_si128((const __m128i *)frequency)};
}

static inline struct intervals find_intervals(int32_t mean, __m128i index, int x) {
    return x == -WIDE_LARGEST || x == WIDE_LARGEST ? intervals_at_end(mean, index, x) : intervals_of(mean, index, x);
}

/* group_index of the four components' scales, which lie count apart. */
static inline __m128i indices(const int16_t *scales, unsigned count, const struct group_step *step) {
    __m128i index = _mm_setr_epi32(scales[0], scales[count], scales[2 * count], scales[3 * count]);
    index = _mm_srai_epi32(_mm_add_epi32(index, _mm_set1_epi32(8 - step->scale_bits)), 4);
    return _mm_min_epi32(_mm_max_epi32(index, _mm_setzero_si128()), _mm_set1_epi32(WIDE_SCALE_COUNT - 1));
}

static inline __m256i prior_weights(const uint16_t *prior) {
    return _mm256_setr_epi64x(weights_width(prior, 0), weights_width(prior, 1), weights_width(prior, 2),
                              weights_width(prior, 3));
}

/* weights *= frequency, and of the products the upper 31 bits of the largest, as weights_fit has it. */
static inline __m256i times(__m256i weight, __m128i frequency) {
    weight = _mm256_mul_epu32(weight, _mm256_cvtepu32_epi64(frequency));
    __m128i largest = _mm_or_si128(_mm256_castsi256_si128(weight), _mm256_extracti128_si256(weight, 1));
    largest = _mm_or_si128(largest, _mm_unpackhi_epi64(largest, largest));
    const int used = 64 - __builtin_clzll((uint64_t)_mm_cvtsi128_si64(largest) | 1);
    return _mm256_srl_epi64(weight, _mm_cvtsi32_si128(used > 31 ? used - 31 : 0));
}

static inline void posterior_table(__m256i weight, uint16_t *start) {
    uint64_t values[MIXTURE_COMPONENTS];
    _mm256_storeu_si256((__m256i *)values, _mm256_add_epi64(weight, _mm256_set1_epi64x(1)));
    weights_normalise(values, start);
}

static void prepare(const struct group_batch *batch, const int16_t (*coefficient)[GROUP_LARGEST],
                    struct prepared_group *prepared) {
    for (unsigned b = 0; b < batch->blocks; b++, prepared++) {
        const int16_t *outputs = batch->outputs + b * batch->stride, *scales = outputs + batch->count;
        weights_prior(scales + MIXTURE_COMPONENTS * batch->count, 1, prepared->prior_start);
        __m256i weight = prior_weights(prepared->prior_start);
        for (unsigned c = 0; c < batch->count; c++) {
            const struct group_step *step = &batch->step[c];
            const int32_t mean = group_mean(outputs[c], step, batch->base == NULL ? 0 : batch->base[b]);
            const struct intervals found = find_intervals(mean, indices(scales + c, batch->count, step), coefficient[b][c]);
            _mm_storeu_si128((__m128i *)prepared->start[c], found.start);
            _mm_storeu_si128((__m128i *)prepared->frequency[c], found.frequency);
            weight = times(weight, found.frequency);
        }
        posterior_table(weight, prepared->posterior_start);
    }
}

/* Pop one coefficient under one component. What the next one waits for is plain code: it is sooner there. */
static inline int pop_one(struct ans *ans, unsigned lane, int32_t mean, uint32_t index) {
    const uint32_t slot = ans_pop(ans, lane, LOGISTIC_BITS);
    const int32_t inverse = inverse_scale[index], scale = scale_of_index[index];
    /* where the quantile says, more often than not */
    int x = ((mean + MEAN_UNIT / 2) >> 6) + (int)(((int64_t)logistic_quantile[slot >> 14] * scale) >> 21);
    x = x < -WIDE_LARGEST ? -WIDE_LARGEST : x > WIDE_LARGEST ? WIDE_LARGEST : x;
    uint32_t start = logistic_wide_below(mean, inverse, x), frequency = logistic_wide_below(mean, inverse, x + 1) - start;
    if (slot - start >= frequency) {
        x = logistic_wide_find(mean, inverse, scale, slot, &start, &frequency);
    }
    ans_pop_commit(ans, lane, start, frequency, LOGISTIC_BITS);
    return x;
}

static void pop(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST]) {
    uint16_t prior[ANS_MAX_LANES][MIXTURE_COMPONENTS], posterior[MIXTURE_COMPONENTS];
    __m256i weight[ANS_MAX_LANES];
    int index[ANS_MAX_LANES];
    for (unsigned b = 0; b < batch->blocks; b++) {
        weights_prior(batch->outputs + b * batch->stride + (1 + MIXTURE_COMPONENTS) * batch->count, 1, prior[b]);
        const int k = index[b] = weights_find(prior[b], ans_pop(ans, b, WEIGHT_BITS));
        ans_pop_commit(ans, b, prior[b][k], weights_width(prior[b], k), WEIGHT_BITS);
        weight[b] = prior_weights(prior[b]);
    }
    for (unsigned c = 0; c < batch->count; c++) {
        const struct group_step *step = &batch->step[c];
        for (unsigned b = 0; b < batch->blocks; b++) {
            const int16_t *outputs = batch->outputs + b * batch->stride, *scales = outputs + batch->count;
            const int32_t mean = group_mean(outputs[c], step, batch->base == NULL ? 0 : batch->base[b]);
            const int x = pop_one(ans, b, mean, group_index(scales[(unsigned)index[b] * batch->count + c], step));
            coefficient[b][c] = (int16_t)x;
            weight[b] = times(weight[b], find_intervals(mean, indices(scales + c, batch->count, step), x).frequency);
        }
    }
    for (unsigned b = 0; b < batch->blocks; b++) {
        posterior_table(weight[b], posterior);
        ans_push(ans, b, posterior[index[b]], weights_width(posterior, index[b]), WEIGHT_BITS);
    }
}

const struct group_coder group_avx2 = {prepare, pop};

#endif
