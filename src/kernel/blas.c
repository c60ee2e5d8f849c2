/* SPDX-License-Identifier: MIT */
/*
 * The portable kernel: OpenBLAS on integers in floats.
 *
 * sgemm is exact, whatever its order of additions, as long as every partial sum stays below 2^24 (layer_check
 * proves it). So it gives the same numbers as the reference on any processor that OpenBLAS supports. A 3x3
 * convolution is nine products of the same input, shifted; no patches are copied.
 *
 * The library is loaded only when this kernel is first needed: if it were linked in, it would cost every process
 * more than coding a small picture does (its relocations, its threads; doc/decisions.md). So its two functions are
 * declared here, with the 32-bit integers of libopenblas.so.0.
 */
#include "kernel/finish.h"
#include "kernel/pairs.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

enum { CBLAS_ROW_MAJOR = 101, CBLAS_NO_TRANSPOSE = 111 };

typedef void sgemm_function(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                            const float *a, int a_stride, const float *b, int b_stride, float beta, float *c,
                            int c_stride);
typedef void set_threads_function(int threads);

/* Written in pthread_once, and constant afterwards. NULL: the library is not installed. */
static sgemm_function *sgemm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return;
    }
    set_threads_function *set_threads = (set_threads_function *)dlsym(library, "openblas_set_num_threads");
    if (set_threads != NULL) {
        set_threads(1); /* our own threads call it; a second level of threads would only get in the way */
    }
    sgemm = (sgemm_function *)dlsym(library, "cblas_sgemm");
}

static bool available(void) {
    pthread_once(&once, load);
    return sgemm != NULL;
}

/* [tap][in][out] floats */
static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    size_t taps = (size_t)layer->size * layer->size;
    float *packed = kernel_allocate(taps * layer->in * layer->out, sizeof *packed);
    if (packed == NULL) {
        return bswz_no_memory(error);
    }
    for (unsigned o = 0; o < layer->out; o++) {
        for (size_t i = 0; i < taps * layer->in; i++) {
            packed[i * layer->out + o] = layer->weight[o * taps * layer->in + i];
        }
    }
    layer->packed = packed;
    return BSWZ_OK;
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch) {
    const unsigned size = layer->size, channels = layer->in, out = layer->out;
    const unsigned wide_columns = columns + size - 1, wide_rows = rows + size - 1;
    float *input = scratch;
    float *output = input + (size_t)KERNEL_MAX_POSITIONS * LAYER_MAX_CHANNELS;
    for (unsigned row = 0; row < wide_rows; row++) {
        float *to = input + (size_t)row * wide_columns * channels;
        for (size_t i = 0; i < (size_t)wide_columns * channels; i++) {
            to[i] =
                layer->wide ? ((const int16_t *)in)[row * row_stride + i] : ((const uint8_t *)in)[row * row_stride + i];
        }
    }
    /* all positions of full rows at once; the last size - 1 of each row are not used, nor the other half */
    const unsigned positions = (rows - 1) * wide_columns + columns;
    for (unsigned tap = 0; tap < size * size; tap++) {
        const float *shifted = input + ((size_t)(tap / size) * wide_columns + tap % size) * channels;
        sgemm(CBLAS_ROW_MAJOR, CBLAS_NO_TRANSPOSE, CBLAS_NO_TRANSPOSE, (int)positions, (int)out, (int)channels, 1.0f,
              shifted, (int)channels, (const float *)layer->packed + (size_t)tap * channels * out, (int)out,
              tap == 0 ? 0.0f : 1.0f, output, (int)out);
    }
    int32_t half[LAYER_MAX_CHANNELS] = {0}, shift[LAYER_MAX_CHANNELS] = {0};
    if (form != FORM_SUMS) {
        finish_constants(layer, half, shift);
    }
    for (unsigned row = 0; row < rows; row++) {
        const struct layer_rows at = layer_row(layer, rows, row, columns);
        for (unsigned p = 0; p < at.count; p++) {
            const float *from = output + ((size_t)row * wide_columns + at.first + p * at.step) * out;
            size_t number = (at.at + p * (size_t)at.apart) * out;
            for (unsigned o = 0; o < out; o++) {
                finish_to(form, result, number++, (int32_t)from[o], half[o], shift[o]);
            }
        }
    }
}

const struct kernel kernel_blas = {"blas", available, pack, multiply, finish_hidden, finish_correct, plain_add_pairs};
