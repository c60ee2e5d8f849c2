/* SPDX-License-Identifier: MIT */
/*
 * The AVX-512 VNNI kernel: one instruction multiplies four bytes and adds all four
 * products in 32 bits, without saturation.
 */
#include "kernel/kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR __m512i
#define LANES 16u
#define ZERO() _mm512_setzero_si512()
#define LOAD(p) _mm512_load_si512((const void *)(p))
#define LOAD_ANY(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, v) _mm512_storeu_si512((void *)(p), v)
#define SPREAD(p) _mm512_set1_epi32(read_group(p))
#define DOT_NARROW(sum, x, w) _mm512_dpbusd_epi32(sum, x, w)
#define DOT_WIDE(sum, x, w) _mm512_dpwssd_epi32(sum, x, w)
#define BLOCK_COLUMNS 8u
#define BLOCK_VECTORS 3u
#define MOST_COLUMNS 12u

#define TO_BYTES(sum, half, shift, p)                                                                                  \
    _mm_storeu_si128((__m128i *)(void *)(p), _mm512_cvtusepi32_epi8(not_below_zero(sum, half, shift)))
#define TO_BYTES_AS_WORDS(sum, half, shift, p)                                                                         \
    _mm256_storeu_si256((__m256i *)(void *)(p), _mm512_cvtepi32_epi16(_mm512_min_epi32(                                \
                                                    not_below_zero(sum, half, shift), _mm512_set1_epi32(255))))
#define TO_WORDS(sum, half, shift, p)                                                                                  \
    _mm256_storeu_si256((__m256i *)(void *)(p), _mm512_cvtsepi32_epi16(finished(sum, half, shift)))

static inline __m512i finished(__m512i sum, const int32_t *half, const int32_t *shift) {
    return _mm512_srav_epi32(_mm512_add_epi32(sum, LOAD(half)), LOAD(shift));
}

static inline __m512i not_below_zero(__m512i sum, const int32_t *half, const int32_t *shift) {
    return _mm512_max_epi32(finished(sum, half, shift), _mm512_setzero_si512());
}

#define CORRECT_WORDS(p, factor, offset, shift)                                                                        \
    _mm256_storeu_si256((__m256i *)(void *)(p), _mm512_cvtsepi32_epi16(corrected(p, factor, offset, shift)))

static inline __m512i corrected(const int16_t *outputs, const int32_t *factor, const int32_t *offset, int shift) {
    const __m512i wide = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)outputs));
    const __m512i scaled = _mm512_mullo_epi32(wide, _mm512_load_si512(factor));
    return _mm512_sra_epi32(_mm512_add_epi32(scaled, _mm512_load_si512(offset)), _mm_cvtsi32_si128(shift));
}

#include "kernel/dot_blocks.h"

static bool available(void) {
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx2");
}

static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    return pack_groups(layer, layer->wide, error);
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch) {
    (void)scratch;
    if (layer->wide) {
        convolve(layer, layer->packed, in, row_stride * sizeof(int16_t), rows, columns, form, result, true);
    } else {
        convolve(layer, layer->packed, in, row_stride, rows, columns, form, result, false);
    }
}

const struct kernel kernel_vnni = {"vnni", available, pack, multiply, hidden, correct, add_pairs};
#endif
