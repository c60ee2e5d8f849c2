/*
 * Popping pixels with AVX2: mixture.c defines what is computed.
 *
 * The stack makes each pixel wait for the previous one, so the vectors here hold the components of one pixel, with
 * the two edges of its interval side by side. What the chosen component needs is computed again in plain code: the
 * next channel waits for it, and plain code is faster there. Almost all branches that depend on the stack are
 * predictable, so the processor starts the next pixel, which uses another state, before the posterior of this one
 * is known.
 */
#include "coder/mixture.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)

/* ---- the chosen component ---- */

struct shape {
    int32_t mean, index;
};

static inline struct shape clamped(int32_t mean, int32_t scale) {
    scale = (scale + SCALE_UNIT / 2) >> 4;
    mean = mean < MEAN_LOWEST ? MEAN_LOWEST : mean;
    scale = scale < 0 ? 0 : scale;
    return (struct shape){mean > MEAN_HIGHEST ? MEAN_HIGHEST : mean, scale > SCALE_COUNT - 1 ? SCALE_COUNT - 1 : scale};
}

static inline int32_t growth_at(int32_t residual) {
    return growth_of_residual[(uint32_t)(residual < 0 ? -residual : residual) >> 4];
}

/* The cumulative function at a position in the table (12 bits of fraction). */
static inline uint32_t cumulative(uint32_t at) {
    uint32_t low = logistic_cdf[at >> 12], high = logistic_cdf[(at >> 12) + 1];
    return low + (((high - low) * (at & 4095)) >> 12);
}

/* Pop a symbol from *state: almost always the one that the quantile points to. */
static inline int pop_symbol(struct ans *ans, uint64_t *state, struct shape shape) {
    const int32_t inverse = inverse_scale[shape.index], scale = scale_of_index[shape.index];
    const uint32_t slot = (uint32_t)*state & ((1u << LOGISTIC_BITS) - 1);
    /* quantile: 1/2048 of a scale; scale: 1/1024 of a level; mean: 1/64 of a level */
    int x = (shape.mean + MEAN_UNIT / 2 + ((logistic_quantile[slot >> 14] * scale) >> 15)) >> 6;
    /* logistic_below without its limits: this close to the quantile the product stays below 2^27, and the next
     * edge is exactly 4 * inverse further on */
    uint32_t at = (uint32_t)(((x * MEAN_UNIT - MEAN_UNIT / 2 - shape.mean) * inverse) >> 4) + (512u << 12);
    uint32_t next = at + 4 * (uint32_t)inverse, start, frequency;
    bool found = false;
    if (LIKELY((uint32_t)(x - 1) < 254 && (at | next) < 1024u << 12)) {
        start = cumulative(at) + (uint32_t)x;
        frequency = cumulative(next) + (uint32_t)x + 1 - start;
        found = slot - start < frequency;
    }
    if (!LIKELY(found)) {
        x = logistic_find(shape.mean, inverse, scale, slot, &start, &frequency);
    }
    *state = frequency * (*state >> LOGISTIC_BITS) + slot - start;
    if (*state < ANS_LOWEST) {
        *state = *state << 32 | ans_fetch_word(ans);
    }
    return x;
}

/* ---- all components ---- */

static inline __m128i load(const void *from) {
    return _mm_loadu_si128((const __m128i *)from);
}

static inline __m128i load_words(const void *from) {
    return _mm_cvtepi16_epi32(_mm_loadl_epi64((const __m128i *)from));
}

/* Plain loads: gather instructions are slower for so few lanes. */
static inline __m128i look_up(const int32_t *table, __m128i index) {
    const uint64_t low = (uint64_t)_mm_cvtsi128_si64(index), high = (uint64_t)_mm_extract_epi64(index, 1);
    return _mm_set_epi32(table[high >> 32], table[(uint32_t)high], table[low >> 32], table[(uint32_t)low]);
}

static inline __m128i look_up_words(const int16_t *table, __m128i index) {
    const uint64_t low = (uint64_t)_mm_cvtsi128_si64(index), high = (uint64_t)_mm_extract_epi64(index, 1);
    return _mm_set_epi32(table[high >> 32], table[(uint32_t)high], table[low >> 32], table[(uint32_t)low]);
}

/* Two positions in the table, each with the next one. */
static inline __m128i cdf_pairs(uint64_t places) {
    const __m128i one = _mm_loadl_epi64((const __m128i *)(const void *)(logistic_cdf + (uint32_t)places));
    const __m128i other = _mm_loadl_epi64((const __m128i *)(const void *)(logistic_cdf + (places >> 32)));
    return _mm_unpacklo_epi64(one, other);
}

static inline __m128i growth_lanes(__m128i residual) {
    __m128i distance = _mm_srli_epi32(_mm_abs_epi32(residual), 4);
    return look_up_words(growth_of_residual, distance);
}

static inline void grow_shape(__m128i *mean, __m128i *index, __m128i coupled, __m128i grown) {
    *mean = _mm_add_epi32(*mean, _mm_srai_epi32(_mm_add_epi32(coupled, _mm_set1_epi32(COUPLING_UNIT / 2)), 10));
    *mean = _mm_min_epi32(_mm_max_epi32(*mean, _mm_set1_epi32(MEAN_LOWEST)), _mm_set1_epi32(MEAN_HIGHEST));
    *index = _mm_add_epi32(*index, _mm_srai_epi32(_mm_add_epi32(grown, _mm_set1_epi32(GROWTH_UNIT / 2)), 8));
    *index = _mm_srai_epi32(_mm_add_epi32(*index, _mm_set1_epi32(SCALE_UNIT / 2)), 4);
    *index = _mm_min_epi32(_mm_max_epi32(*index, _mm_setzero_si128()), _mm_set1_epi32(SCALE_COUNT - 1));
}

static inline __m128i inverse_lanes(__m128i index) {
    return look_up(inverse_scale, index);
}

/* Frequencies of x; the same bounds hold as for cumulative_lanes in mixture_lanes.h. */
static inline __m128i frequency_lanes(int x, __m128i residual, __m128i index, __m128i inverse) {
    const __m256i last = _mm256_set1_epi32((1024 << 12) - 1);
    __m128i limit = _mm_sllv_epi32(_mm_set1_epi32(64), _mm_srli_epi32(_mm_madd_epi16(index, _mm_set1_epi32(171)), 11));
    limit = _mm_add_epi32(limit, _mm_set1_epi32(MEAN_UNIT));
    __m128i distance = _mm_sub_epi32(residual, _mm_set1_epi32(MEAN_UNIT / 2));
    distance = _mm_min_epi32(_mm_max_epi32(distance, _mm_sub_epi32(_mm_setzero_si128(), limit)), limit);
    __m128i lower = _mm_add_epi32(_mm_srai_epi32(_mm_mullo_epi32(distance, inverse), 4), _mm_set1_epi32(512 << 12));
    __m256i at = _mm256_set_m128i(_mm_add_epi32(lower, _mm_slli_epi32(inverse, 2)), lower);
    at = _mm256_min_epi32(_mm256_max_epi32(at, _mm256_setzero_si256()), last);
    __m256i place = _mm256_srli_epi32(at, 12), fraction = _mm256_and_si256(at, _mm256_set1_epi32(4095));
    const __m128i place_low = _mm256_castsi256_si128(place), place_high = _mm256_extracti128_si256(place, 1);
    const uint64_t p0 = (uint64_t)_mm_cvtsi128_si64(place_low), p1 = (uint64_t)_mm_extract_epi64(place_low, 1);
    const uint64_t p2 = (uint64_t)_mm_cvtsi128_si64(place_high), p3 = (uint64_t)_mm_extract_epi64(place_high, 1);
    __m256i a = _mm256_set_m128i(cdf_pairs(p2), cdf_pairs(p0));
    __m256i b = _mm256_set_m128i(cdf_pairs(p3), cdf_pairs(p1));
    __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88));
    __m256i high = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xdd));
    __m256i below = _mm256_mullo_epi32(_mm256_sub_epi32(high, low), fraction);
    below = _mm256_add_epi32(low, _mm256_srli_epi32(below, 12));
    __m128i start = _mm256_castsi256_si128(below), end = _mm256_extracti128_si256(below, 1);
    if (x == 0) { /* the tail beyond an end belongs to the end */
        start = _mm_setzero_si128();
    }
    if (x == 255) {
        end = _mm_set1_epi32((1 << LOGISTIC_BITS) - 256);
    }
    return _mm_add_epi32(_mm_sub_epi32(end, start), _mm_set1_epi32(1));
}

/* ---- the posterior ---- */

static inline uint64_t lowest_lane(__m128i value) {
    return (uint64_t)_mm_cvtsi128_si64(value);
}

static inline __m256i fitted(__m256i value, unsigned bits) {
    __m128i both = _mm_or_si128(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
    uint64_t all = lowest_lane(_mm_or_si128(both, _mm_unpackhi_epi64(both, both))) | 1;
    unsigned used = 64 - (unsigned)__builtin_clzll(all), shift = used > bits ? used - bits : 0;
    return _mm256_srl_epi64(value, _mm_cvtsi32_si128((int)shift));
}

static inline __m256i maximum(__m256i a, __m256i b) {
    return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(b, a));
}

/* The interval of component k in the posterior (posterior_table in mixture.c). */
static inline void posterior_of(int k, __m128i prior_width, unsigned channels, const __m128i *frequency,
                                uint32_t *start, uint32_t *width) {
    __m256i weight = _mm256_cvtepu32_epi64(frequency[0]), rest = _mm256_cvtepu32_epi64(prior_width);
    if (channels == 3) {
        weight = _mm256_mul_epu32(weight, _mm256_cvtepu32_epi64(frequency[1]));
        rest = _mm256_mul_epu32(rest, _mm256_cvtepu32_epi64(frequency[2]));
    }
    weight = _mm256_mul_epu32(fitted(weight, 31), fitted(rest, 30));
    weight = _mm256_add_epi64(weight, _mm256_set1_epi64x(1));
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(weight), _mm256_extracti128_si256(weight, 1));
    const uint64_t sum = lowest_lane(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
    const unsigned shift = sum >> 32 ? 32 - (unsigned)__builtin_clzll(sum) : 0;
    /* exact: see mixture_lanes.h */
    const double all = (double)((1 << WEIGHT_BITS) - MIXTURE_COMPONENTS) * 4294967296.0;
    const double reciprocal = (double)(int64_t)(all / (double)(int64_t)((sum >> shift) + 1)) * (1.0 / 4294967296.0);
    const __m256d unit = _mm256_set1_pd(4503599627370496.0);
    __m256i shifted = _mm256_srl_epi64(weight, _mm_cvtsi32_si128((int)shift));
    __m256d share = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(shifted, _mm256_castpd_si256(unit))), unit);
    __m128i given = _mm256_cvttpd_epi32(_mm256_mul_pd(share, _mm256_set1_pd(reciprocal)));
    /* prefix sums */
    __m128i sums = _mm_add_epi32(given, _mm_slli_si128(given, 4));
    sums = _mm_add_epi32(sums, _mm_slli_si128(sums, 8));
    __m256i most = maximum(weight, _mm256_permute4x64_epi64(weight, 0x4e));
    most = maximum(most, _mm256_shuffle_epi32(most, 0x4e));
    const int largest = __builtin_ctz(
        (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(weight, most))));
    _Alignas(16) uint32_t share_of[MIXTURE_COMPONENTS], up_to[MIXTURE_COMPONENTS];
    _mm_store_si128((__m128i *)share_of, given);
    _mm_store_si128((__m128i *)up_to, sums);
    const uint32_t left = (1u << WEIGHT_BITS) - MIXTURE_COMPONENTS - up_to[MIXTURE_COMPONENTS - 1];
    *width = share_of[k] + 1 + (largest == k ? left : 0);
    *start = up_to[k] - share_of[k] + (uint32_t)k + (largest < k ? left : 0);
}

/* ---- a pixel ---- */

static inline __attribute__((always_inline)) void pop_one(struct ans *ans, unsigned lane, unsigned channels,
                                                          const struct mixture_growth *growth,
                                                          const struct awaited_pixel *awaited, uint8_t *pixel) {
    const uint16_t *prior = awaited->prior_start;
    uint64_t state = ans->state[lane];
    uint32_t slot = (uint32_t)state & ((1u << WEIGHT_BITS) - 1);
    const int k = (slot >= prior[1]) + (slot >= prior[2]) + (slot >= prior[3]);
    state = (uint16_t)(prior[(k + 1) % MIXTURE_COMPONENTS] - prior[k]) * (state >> WEIGHT_BITS) + slot - prior[k];
    if (state < ANS_LOWEST) {
        state = state << 32 | ans_fetch_word(ans);
    }
    __m128i frequency[3];
    struct shape shape = {awaited->first_mean[k], awaited->second[k].first_index};
    const int first = pop_symbol(ans, &state, shape);
    pixel[0] = (uint8_t)first;
    __m128i second = load(awaited->second);
    __m128i index = _mm_srli_epi32(second, 16), mean = load_words(awaited->first_mean);
    __m128i residual = _mm_sub_epi32(_mm_set1_epi32(first * MEAN_UNIT), mean);
    frequency[0] = frequency_lanes(first, residual, index, load(awaited->first_inverse));
    if (channels == 3) {
        const int32_t r0 = first * MEAN_UNIT - shape.mean, g0 = growth_at(r0);
        shape = clamped(awaited->mean[0][k] + ((awaited->second[k].coupling * r0 + COUPLING_UNIT / 2) >> 10),
                        awaited->scale[0][k] + ((growth->factor[0] * g0 + GROWTH_UNIT / 2) >> 8));
        const int x1 = pop_symbol(ans, &state, shape);
        pixel[1] = (uint8_t)x1;
        __m128i grown = growth_lanes(residual), residuals = _mm_and_si128(residual, _mm_set1_epi32(0xffff));
        mean = load(awaited->mean[0]);
        index = load_words(awaited->scale[0]);
        grow_shape(&mean, &index, _mm_madd_epi16(second, residuals),
                   _mm_madd_epi16(grown, _mm_set1_epi32((uint16_t)growth->factor[0])));
        residual = _mm_sub_epi32(_mm_set1_epi32(x1 * MEAN_UNIT), mean);
        frequency[1] = frequency_lanes(x1, residual, index, inverse_lanes(index));
        const int32_t r1 = x1 * MEAN_UNIT - shape.mean;
        const int32_t coupled = awaited->coupling[k][0] * r0 + awaited->coupling[k][1] * r1;
        const int32_t grown_by = growth->factor[1] * g0 + growth->factor[2] * growth_at(r1);
        shape = clamped(awaited->mean[1][k] + ((coupled + COUPLING_UNIT / 2) >> 10),
                        awaited->scale[1][k] + ((grown_by + GROWTH_UNIT / 2) >> 8));
        const int x2 = pop_symbol(ans, &state, shape);
        pixel[2] = (uint8_t)x2;
        grown = _mm_or_si128(grown, _mm_slli_epi32(growth_lanes(residual), 16));
        residuals = _mm_or_si128(residuals, _mm_slli_epi32(residual, 16));
        mean = load(awaited->mean[1]);
        index = load_words(awaited->scale[1]);
        const uint32_t factors = (uint32_t)(uint16_t)growth->factor[1] | (uint32_t)(uint16_t)growth->factor[2] << 16;
        grow_shape(&mean, &index, _mm_madd_epi16(load(awaited->coupling), residuals),
                   _mm_madd_epi16(grown, _mm_set1_epi32((int32_t)factors)));
        residual = _mm_sub_epi32(_mm_set1_epi32(x2 * MEAN_UNIT), mean);
        frequency[2] = frequency_lanes(x2, residual, index, inverse_lanes(index));
    }
    /* the widths of the prior: starts shifted down by one component, followed by 2^16 */
    __m128i starts = _mm_cvtepu16_epi32(_mm_loadl_epi64((const __m128i *)(const void *)prior));
    __m128i ends = _mm_or_si128(_mm_srli_si128(starts, 4), _mm_set_epi32(1 << WEIGHT_BITS, 0, 0, 0));
    uint32_t start, width;
    posterior_of(k, _mm_sub_epi32(ends, starts), channels, frequency, &start, &width);
    if (__builtin_expect(state >> (64 - WEIGHT_BITS) >= width, 0)) {
        ans_store_word(ans, (uint32_t)state);
        state >>= 32;
    }
    ans->state[lane] = (state / width << WEIGHT_BITS) + state % width + start;
}

void mixture_pop_run_avx2(struct ans *ans, unsigned first, unsigned channels, const struct mixture_growth *growth,
                          const struct awaited_pixel *awaited, size_t count, uint8_t (*pixel)[3]) {
    const unsigned lanes = ans->lanes;
    unsigned lane = first % lanes;
    for (size_t i = 0; i < count; i++) {
        if (channels == 1) {
            pop_one(ans, lane, 1, growth, &awaited[i], pixel[i]);
        } else {
            pop_one(ans, lane, 3, growth, &awaited[i], pixel[i]);
        }
        lane = lane + 1 == lanes ? 0 : lane + 1;
    }
}
#endif
