/* SPDX-License-Identifier: MIT */
/*
 * The layers of the expert (expert.h) with AVX-512: pairs of products for 16 outputs at a time.
 */
#include "deep/expert.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

enum { LANES = 16, VECTORS = EXPERT_WIDTH / LANES };

void expert_layer_avx512(const int16_t *in, unsigned pairs, const int16_t *weights, const int32_t biases[EXPERT_WIDTH],
                         int16_t out[EXPERT_WIDTH]) {
    __m512i sums[VECTORS];
    for (unsigned v = 0; v < VECTORS; v++) {
        sums[v] = _mm512_loadu_si512(biases + LANES * v);
    }
    for (unsigned i = 0; i < pairs; i++, weights += 2 * EXPERT_WIDTH) {
        int32_t pair;
        memcpy(&pair, in + 2 * i, sizeof pair);
        const __m512i both = _mm512_set1_epi32(pair);
        for (unsigned v = 0; v < VECTORS; v++) {
            const __m512i weight = _mm512_loadu_si512(weights + 2 * LANES * v);
            sums[v] = _mm512_add_epi32(sums[v], _mm512_madd_epi16(both, weight));
        }
    }
    for (unsigned v = 0; v < VECTORS; v++) {
        const __m512i value = _mm512_srai_epi32(_mm512_add_epi32(sums[v], _mm512_set1_epi32(512)), 10);
        const __m512i limited =
            _mm512_min_epi32(_mm512_max_epi32(value, _mm512_set1_epi32(0)), _mm512_set1_epi32(1023));
        _mm256_storeu_si256((__m256i *)(void *)(out + LANES * v), _mm512_cvtepi32_epi16(limited));
    }
}
#endif
