/*
 * The AVX2 kernel.
 *
 * pmaddubsw adds two products of bytes in 16 bits and saturates; where the weights
 * prove that it cannot (pairs_fit) it does twice the work of pmaddwd, elsewhere the
 * inputs are widened and pmaddwd is used.
 */
#include "kernel/finish.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR __m256i
#define LANES 8u
#define ZERO() _mm256_setzero_si256()
#define LOAD(p) _mm256_load_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define SPREAD(p) _mm256_set1_epi32(read_group(p))
#define DOT_NARROW(sum, x, w) \
    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)))
#define DOT_WIDE(sum, x, w) _mm256_add_epi32(sum, _mm256_madd_epi16(x, w))
#define BLOCK_COLUMNS 4u
#define BLOCK_VECTORS 3u

#include "kernel/dot_blocks.h"

static bool available(void) {
    return __builtin_cpu_supports("avx2");
}

static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    return pack_groups(layer, layer->wide || !layer->pairs_fit, error);
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     int32_t *sums, void *scratch) {
    if (layer->wide) {
        convolve(layer, layer->packed, in, row_stride * sizeof(int16_t), rows, columns, sums, true);
    } else if (layer->pairs_fit) {
        convolve(layer, layer->packed, in, row_stride, rows, columns, sums, false);
    } else {
        const unsigned width = (columns + layer->size - 1) * layer->in;
        int16_t *widened = scratch;
        for (unsigned row = 0; row < rows + layer->size - 1; row++) {
            for (unsigned i = 0; i < width; i++) {
                widened[(size_t)row * width + i] = ((const uint8_t *)in)[row * row_stride + i];
            }
        }
        convolve(layer, layer->packed, widened, width * sizeof(int16_t), rows, columns, sums, true);
    }
}

const struct kernel kernel_avx2 = {"avx2", available, pack, multiply, finish_hidden, finish_outputs};
#endif
