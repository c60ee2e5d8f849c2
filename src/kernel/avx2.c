/* SPDX-License-Identifier: MIT */
/*
 * The AVX2 kernel.
 *
 * pmaddubsw adds two products of bytes in 16 bits with saturation. If the weights guarantee that this cannot
 * happen (pairs_fit), it does twice the work of pmaddwd; otherwise the inputs are widened and pmaddwd is used.
 */
#include "kernel/kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR __m256i
#define LANES 8u
#define ZERO() _mm256_setzero_si256()
#define LOAD(p) _mm256_load_si256((const __m256i *)(const void *)(p))
#define LOAD_ANY(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define SPREAD(p) _mm256_set1_epi32(read_group(p))
#define DOT_NARROW(sum, x, w) _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)))
#define DOT_WIDE(sum, x, w) _mm256_add_epi32(sum, _mm256_madd_epi16(x, w))
#define BLOCK_COLUMNS 4u
#define BLOCK_VECTORS 3u
#define MOST_COLUMNS 8u

#define TO_BYTES(sum, half, shift, p)                                                                                  \
    _mm_storel_epi64((__m128i *)(void *)(p), as_bytes(finished_words(sum, half, shift)))
#define TO_BYTES_AS_WORDS(sum, half, shift, p)                                                                         \
    _mm_storeu_si128((__m128i *)(void *)(p), _mm_cvtepu8_epi16(as_bytes(finished_words(sum, half, shift))))
#define TO_WORDS(sum, half, shift, p) _mm_storeu_si128((__m128i *)(void *)(p), finished_words(sum, half, shift))

static inline __m128i finished_words(__m256i sum, const int32_t *half, const int32_t *shift) {
    const __m256i all = _mm256_srav_epi32(_mm256_add_epi32(sum, LOAD(half)), LOAD(shift));
    return _mm_packs_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

static inline __m128i as_bytes(__m128i words) {
    return _mm_packus_epi16(words, words);
}

#define CORRECT_WORDS(p, factor, offset, shift)                                                                        \
    _mm256_storeu_si256((__m256i *)(void *)(p), corrected_words(p, factor, offset, shift))

static inline __m256i corrected(const int16_t *outputs, const int32_t *factor, const int32_t *offset, int shift) {
    const __m256i wide = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)outputs));
    const __m256i scaled = _mm256_mullo_epi32(wide, LOAD(factor));
    return _mm256_sra_epi32(_mm256_add_epi32(scaled, LOAD(offset)), _mm_cvtsi32_si128(shift));
}

/* Packing works within the halves of a register; the permutation restores the order. */
static inline __m256i corrected_words(const int16_t *outputs, const int32_t *factor, const int32_t *offset, int shift) {
    const __m256i packed = _mm256_packs_epi32(corrected(outputs, factor, offset, shift),
                                              corrected(outputs + 8, factor + 8, offset + 8, shift));
    return _mm256_permute4x64_epi64(packed, 0xd8);
}

#include "kernel/dot_blocks.h"

static bool available(void) {
    return __builtin_cpu_supports("avx2");
}

static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    return pack_groups(layer, layer->wide || !layer->pairs_fit, error);
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch) {
    if (layer->wide) {
        convolve(layer, layer->packed, in, row_stride * sizeof(int16_t), rows, columns, form, result, true);
    } else if (layer->pairs_fit) {
        convolve(layer, layer->packed, in, row_stride, rows, columns, form, result, false);
    } else {
        const unsigned width = (columns + layer->size - 1) * layer->in;
        int16_t *widened = scratch;
        for (unsigned row = 0; row < rows + layer->size - 1; row++) {
            for (unsigned i = 0; i < width; i++) {
                widened[(size_t)row * width + i] = ((const uint8_t *)in)[row * row_stride + i];
            }
        }
        convolve(layer, layer->packed, widened, width * sizeof(int16_t), rows, columns, form, result, true);
    }
}

const struct kernel kernel_avx2 = {"avx2", available, pack, multiply, hidden, correct, add_pairs};
#endif
