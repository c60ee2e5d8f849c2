/*
 * Layers: proof of their bounds, memory, and the choice of a kernel.
 */
#include "base/allocate.h"
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

void *kernel_allocate(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 64) {
        return NULL;
    }
    return aligned_alloc(64, (bytes + 63) / 64 * 64 + (bytes == 0 ? 64 : 0));
}

void layer_free(struct layer *layer) {
    free(layer->weight);
    free(layer->bias);
    free(layer->shift);
    free(layer->packed);
    memset(layer, 0, sizeof *layer);
}

static inline int32_t magnitude(int32_t value) {
    return value < 0 ? -value : value;
}

enum bswz_status layer_check(struct layer *layer, int32_t largest, struct bswz_error *error) {
    const size_t each = (size_t)layer->size * layer->size * layer->in; /* even, at most 9 * LAYER_MAX_CHANNELS */
    int32_t largest_pair = 0;
    for (unsigned o = 0; o < layer->out; o++) {
        int32_t sum = 0;
        for (size_t i = 0; i < each; i += 2) {
            const int16_t *weight = layer->weight + o * each + i;
            int32_t pair = magnitude(weight[0]) + magnitude(weight[1]);
            sum += pair;
            largest_pair = pair > largest_pair ? pair : largest_pair;
        }
        /* 2^24: every partial sum is an exact float. 2^30: adding bias and rounding stays within 32 bits. */
        if ((int64_t)sum * largest >= (int64_t)1 << 24 || layer->bias[o] >= 1 << 30 || layer->bias[o] <= -(1 << 30) ||
            layer->shift[o] > 24) {
            return bswz_fail(error, BSWZ_ERROR_MODEL, "model breaks the bounds of integer arithmetic");
        }
    }
    layer->pairs_fit = !layer->wide && largest_pair <= 128;
    return BSWZ_OK;
}

size_t kernel_scratch_size(void) {
    return (size_t)KERNEL_MAX_POSITIONS * LAYER_MAX_CHANNELS * (sizeof(float) + sizeof(float));
}

const struct kernel *kernel_choose(struct bswz_error *error) {
    /* fastest first */
    static const struct kernel *const kernels[] = {
#if defined(__x86_64__)
        &kernel_vnni, &kernel_avx2,
#elif defined(__aarch64__)
        &kernel_neon_dot, &kernel_neon,
#endif
        &kernel_blas, &kernel_reference};
    const char *wanted = getenv("BSWZ_KERNEL");
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (wanted != NULL && *wanted != '\0' && strcmp(wanted, kernels[i]->name) != 0) {
            continue;
        }
        if (kernels[i]->available()) {
            return kernels[i];
        }
    }
    bswz_fail(error, BSWZ_ERROR_MACHINE, "kernel '%s' (BSWZ_KERNEL) is unknown or cannot run on this processor",
              wanted != NULL ? wanted : "");
    return NULL;
}

enum bswz_status kernel_self_check(const struct kernel *kernel, struct bswz_error *error) {
    enum { ROWS = 2, COLUMNS = 5, INPUTS = (ROWS + 2) * (COLUMNS + 2), IN = 32, OUT = 16, TAPS = 9, SUMS = ROWS * COLUMNS * OUT };
    enum bswz_status status = BSWZ_OK;
    for (int wide = 0; wide < 2 && status == BSWZ_OK; wide++) {
        struct layer layer = {.in = IN, .out = OUT, .size = 3, .wide = wide != 0};
        layer.weight = bswz_allocate(OUT * TAPS * IN, sizeof *layer.weight);
        layer.bias = bswz_allocate_zero(OUT, sizeof *layer.bias);
        layer.shift = bswz_allocate_zero(OUT, sizeof *layer.shift);
        struct layer twin = layer;
        uint8_t *in = kernel_allocate(INPUTS * IN, sizeof(int16_t));
        int32_t *sums = kernel_allocate(2 * SUMS, sizeof *sums);
        void *scratch = kernel_allocate(1, kernel_scratch_size());
        if (layer.weight == NULL || layer.bias == NULL || layer.shift == NULL || in == NULL || sums == NULL ||
            scratch == NULL) {
            status = bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the self-check");
        } else {
            uint32_t seed = 1;
            for (size_t i = 0; i < OUT * TAPS * IN; i++) {
                seed = seed * 1664525u + 1013904223u;
                layer.weight[i] = (int16_t)((int32_t)(seed >> 24) % 64 * (seed & 1 << 20 ? 1 : -1));
            }
            for (size_t i = 0; i < INPUTS * IN; i++) {
                seed = seed * 1664525u + 1013904223u;
                if (wide) {
                    int16_t value = (int16_t)((int32_t)(seed >> 23) - 256);
                    memcpy(in + i * sizeof value, &value, sizeof value);
                } else {
                    in[i] = (uint8_t)(seed >> 24);
                }
            }
            layer.pairs_fit = twin.pairs_fit = true;
            status = kernel->pack(&layer, error);
            if (status == BSWZ_OK) {
                status = kernel_reference.pack(&twin, error);
            }
            if (status == BSWZ_OK) {
                kernel->multiply(&layer, in, (COLUMNS + 2) * IN, ROWS, COLUMNS, sums, scratch);
                kernel_reference.multiply(&twin, in, (COLUMNS + 2) * IN, ROWS, COLUMNS, sums + SUMS, scratch);
                if (memcmp(sums, sums + SUMS, SUMS * sizeof *sums) != 0) {
                    status = bswz_fail(error, BSWZ_ERROR_MACHINE,
                                       "self-check: the %s kernel computes wrong results on this machine",
                                       kernel->name);
                }
            }
        }
        free(twin.packed);
        layer_free(&layer);
        free(in);
        free(sums);
        free(scratch);
    }
    return status;
}
