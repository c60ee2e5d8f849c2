/* SPDX-License-Identifier: MIT */
/*
 * The layers of the expert (expert.h) with AVX2: pairs of products for 8 outputs at a time.
 */
#include "deep/expert.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

enum { LANES = 8, VECTORS = EXPERT_WIDTH / LANES };

void expert_layer_avx2(const int16_t *in, unsigned pairs, const int16_t *weights, const int32_t biases[EXPERT_WIDTH],
                       int16_t out[EXPERT_WIDTH]) {
    __m256i sums[VECTORS];
    for (unsigned v = 0; v < VECTORS; v++) {
        sums[v] = _mm256_loadu_si256((const __m256i *)(const void *)(biases + LANES * v));
    }
    for (unsigned i = 0; i < pairs; i++, weights += 2 * EXPERT_WIDTH) {
        int32_t pair;
        memcpy(&pair, in + 2 * i, sizeof pair);
        const __m256i both = _mm256_set1_epi32(pair);
        for (unsigned v = 0; v < VECTORS; v++) {
            const __m256i weight = _mm256_loadu_si256((const __m256i *)(const void *)(weights + 2 * LANES * v));
            sums[v] = _mm256_add_epi32(sums[v], _mm256_madd_epi16(both, weight));
        }
    }
    for (unsigned v = 0; v < VECTORS; v++) {
        const __m256i value = _mm256_srai_epi32(_mm256_add_epi32(sums[v], _mm256_set1_epi32(512)), 10);
        const __m256i limited =
            _mm256_min_epi32(_mm256_max_epi32(value, _mm256_set1_epi32(0)), _mm256_set1_epi32(1023));
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(limited, limited), 8);
        _mm_storeu_si128((__m128i *)(void *)(out + LANES * v), _mm256_castsi256_si128(packed));
    }
}
#endif
