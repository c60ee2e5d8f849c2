/* SPDX-License-Identifier: MIT */
/*
 * Does a kernel compute on this machine what the reference computes (kernel.h)?
 */
#include "base/allocate.h"
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

enum bswz_status kernel_self_check(const struct kernel *kernel, struct bswz_error *error) {
    enum {
        ROWS = 2,
        COLUMNS = 5,
        INPUTS = (ROWS + 2) * (COLUMNS + 2),
        IN = 32,
        OUT = 16,
        TAPS = 9,
        SUMS = ROWS * COLUMNS * OUT
    };
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
            status = bswz_no_memory(error);
        } else {
            uint32_t seed = 1;
            for (size_t i = 0; i < OUT * TAPS * IN; i++) {
                seed = seed * 1664525u + 1013904223u;
                layer.weight[i] = (int16_t)((int32_t)(seed >> 24) % 64 * (seed & 1 << 20 ? 1 : -1));
            }
            for (size_t i = 0; i < INPUTS * IN; i++) {
                seed = seed * 1664525u + 1013904223u;
                if (wide) {
                    int16_t value =
                        (int16_t)((int32_t)((seed >> 8) % (2 * LAYER_INPUT_LARGEST + 1)) - LAYER_INPUT_LARGEST);
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
                kernel->multiply(&layer, in, (COLUMNS + 2) * IN, ROWS, COLUMNS, FORM_SUMS, sums, scratch);
                kernel_reference.multiply(&twin, in, (COLUMNS + 2) * IN, ROWS, COLUMNS, FORM_SUMS, sums + SUMS,
                                          scratch);
                if (memcmp(sums, sums + SUMS, SUMS * sizeof *sums) != 0) {
                    status =
                        bswz_fail(error, BSWZ_ERROR_MACHINE,
                                  "self-check: the %s kernel computes wrong results on this machine", kernel->name);
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
