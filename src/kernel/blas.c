/*
 * The portable kernel: OpenBLAS on integers in floats.
 *
 * sgemm is exact, whatever its order of additions, while every partial sum stays
 * under 2^24 (layer_check proves it), so this gives the reference's numbers on any
 * processor that OpenBLAS knows.  A 3x3 convolution is nine products of the same
 * input, shifted; no patches are copied.
 */
#include "kernel/finish.h"

#include <cblas.h>
#include <string.h>

static bool available(void) {
    return true;
}

/* [tap][in][out] floats */
static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    size_t taps = (size_t)layer->size * layer->size;
    float *packed = kernel_allocate(taps * layer->in * layer->out, sizeof *packed);
    if (packed == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the model");
    }
    for (unsigned o = 0; o < layer->out; o++) {
        for (size_t i = 0; i < taps * layer->in; i++) {
            packed[i * layer->out + o] = layer->weight[o * taps * layer->in + i];
        }
    }
    layer->packed = packed;
    /* our own threads call it; a second level of threads would only get in the way */
    openblas_set_num_threads(1);
    return BSWZ_OK;
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     int32_t *sums, void *scratch) {
    const unsigned size = layer->size, channels = layer->in, out = layer->out;
    const unsigned wide_columns = columns + size - 1, wide_rows = rows + size - 1;
    float *input = scratch;
    float *output = input + (size_t)KERNEL_MAX_POSITIONS * LAYER_MAX_CHANNELS;
    for (unsigned row = 0; row < wide_rows; row++) {
        float *to = input + (size_t)row * wide_columns * channels;
        for (size_t i = 0; i < (size_t)wide_columns * channels; i++) {
            to[i] = layer->wide ? ((const int16_t *)in)[row * row_stride + i]
                                : ((const uint8_t *)in)[row * row_stride + i];
        }
    }
    /* all positions of full rows at once; the size - 1 last of each row are not used */
    const unsigned positions = (rows - 1) * wide_columns + columns;
    for (unsigned tap = 0; tap < size * size; tap++) {
        const float *shifted = input + ((size_t)(tap / size) * wide_columns + tap % size) * channels;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)positions, (blasint)out, (blasint)channels,
                    1.0f, shifted, (blasint)channels, (const float *)layer->packed + (size_t)tap * channels * out,
                    (blasint)out, tap == 0 ? 0.0f : 1.0f, output, (blasint)out);
    }
    for (unsigned row = 0; row < rows; row++) {
        const float *from = output + (size_t)row * wide_columns * out;
        for (size_t i = 0; i < (size_t)columns * out; i++) {
            *sums++ = (int32_t)from[i];
        }
    }
}

const struct kernel kernel_blas = {"blas", available, pack, multiply, finish_hidden, finish_outputs};
