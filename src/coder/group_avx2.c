/*
 * Coding a group of coefficients with AVX2: the four components in parallel.
 */
#include "coder/group.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Starts and frequencies of a symbol under the four components, in 64-bit lanes. */
struct intervals {
    __m256i start, frequency;
};

/* logistic_wide_below at an edge that is neither the first nor the last, `distance` from the mean. below: the
 * number of symbols below it. */
static inline __m256i wide_below(int64_t distance, __m256i inverse, int64_t below) {
    const __m256i top = _mm256_set1_epi64x((1 << 26) - 1), low_half = _mm256_set1_epi64x(0xffffffff);
    __m256i at = _mm256_add_epi64(_mm256_mul_epi32(_mm256_set1_epi64x(distance), inverse), _mm256_set1_epi64x(1 << 25));
    at = _mm256_blendv_epi8(at, top, _mm256_cmpgt_epi64(at, top));
    at = _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_setzero_si256(), at), at);
    /* now 16 bits of fraction, of which 12 are used; a table entry and the next one are loaded together */
    const __m256i pair = _mm256_i64gather_epi64((const long long *)(const void *)logistic_cdf, _mm256_srli_epi64(at, 16), 4);
    const __m256i low = _mm256_and_si256(pair, low_half), high = _mm256_srli_epi64(pair, 32);
    const __m256i fraction = _mm256_and_si256(_mm256_srli_epi64(at, 4), _mm256_set1_epi64x(4095));
    const __m256i between = _mm256_mul_epu32(_mm256_sub_epi64(high, low), fraction);
    const __m256i sum = _mm256_add_epi64(low, _mm256_srli_epi64(between, 12));
    return _mm256_add_epi64(_mm256_sub_epi64(sum, _mm256_srli_epi64(sum, 12)), _mm256_set1_epi64x(below));
}

/* x is neither the first nor the last symbol. */
static inline struct intervals intervals_inside(int32_t mean, __m128i index, int x) {
    const __m256i inverse = _mm256_cvtepi32_epi64(_mm_i32gather_epi32(inverse_scale, index, 4));
    const int64_t distance = x * MEAN_UNIT - MEAN_UNIT / 2 - mean;
    const __m256i start = wide_below(distance, inverse, x + WIDE_LARGEST);
    const __m256i end = wide_below(distance + MEAN_UNIT, inverse, x + 1 + WIDE_LARGEST);
    return (struct intervals){start, _mm256_sub_epi64(end, start)};
}

/* The same for the first and the last symbol. */
static struct intervals intervals_at_end(int32_t mean, __m128i index, int x) {
    uint32_t scale[MIXTURE_COMPONENTS];
    uint64_t start[MIXTURE_COMPONENTS], frequency[MIXTURE_COMPONENTS];
    _mm_storeu_si128((__m128i *)scale, index);
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        const int32_t inverse = inverse_scale[scale[k]];
        start[k] = logistic_wide_below(mean, inverse, x);
        frequency[k] = logistic_wide_below(mean, inverse, x + 1) - start[k];
    }
    return (struct intervals){_mm256_loadu_si256((const __m256i *)start), _mm256_loadu_si256((const __m256i *)frequency)};
}

static inline struct intervals find_intervals(int32_t mean, __m128i index, int x) {
    return x == -WIDE_LARGEST || x == WIDE_LARGEST ? intervals_at_end(mean, index, x) : intervals_inside(mean, index, x);
}

static inline void store_words(uint32_t *to, __m256i lanes) {
    const __m256i packed = _mm256_permutevar8x32_epi32(lanes, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(packed));
}

/* group_index of the scales of the four components, which are count apart. */
static inline __m128i indices(const int16_t *scales, unsigned count, const struct group_step *step) {
    __m128i index = _mm_setr_epi32(scales[0], scales[count], scales[2 * count], scales[3 * count]);
    index = _mm_srai_epi32(_mm_add_epi32(index, _mm_set1_epi32(8 - step->scale_bits)), 4);
    return _mm_min_epi32(_mm_max_epi32(index, _mm_setzero_si128()), _mm_set1_epi32(WIDE_SCALE_COUNT - 1));
}

static inline __m256i prior_weights(const uint16_t *prior) {
    return _mm256_setr_epi64x(weights_width(prior, 0), weights_width(prior, 1), weights_width(prior, 2),
                              weights_width(prior, 3));
}

/* weights *= frequency, keeping the upper 31 bits of the largest product, like weights_fit. */
static inline __m256i times(__m256i weight, __m256i frequency) {
    weight = _mm256_mul_epu32(weight, frequency);
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
            store_words(prepared->start[c], found.start);
            store_words(prepared->frequency[c], found.frequency);
            weight = times(weight, found.frequency);
        }
        posterior_table(weight, prepared->posterior_start);
    }
}

/* Pop one coefficient under one component. The next one waits for this result, and plain code gives it sooner. */
static inline int pop_one(struct ans *ans, unsigned lane, int32_t mean, uint32_t index) {
    const uint32_t slot = ans_pop(ans, lane, LOGISTIC_BITS);
    const int32_t inverse = inverse_scale[index], scale = scale_of_index[index];
    /* more often than not, the symbol is where the quantile says */
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
