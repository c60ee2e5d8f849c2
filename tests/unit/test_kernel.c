/* SPDX-License-Identifier: MIT */
/*
 * Every kernel of this machine compared with the reference, for the shapes that networks use.
 */
#include "base/allocate.h"
#include "check.h"
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

/* Inputs of a wide layer are lowest ... highest. gap: inputs between the end of a row and the next one. */
static void compare_inputs(const struct kernel *kernel, unsigned in, unsigned out, unsigned size, bool wide,
                           int largest_weight, unsigned rows, unsigned columns, int lowest, int highest, size_t gap,
                           enum layer_half half, uint64_t *seed) {
    struct layer layer = {.in = in, .out = out, .size = size, .wide = wide, .half = half};
    size_t weights = (size_t)out * size * size * in;
    layer.weight = bswz_allocate(weights, sizeof *layer.weight);
    layer.bias = bswz_allocate_zero(out, sizeof *layer.bias);
    layer.shift = bswz_allocate_zero(out, sizeof *layer.shift);
    for (size_t i = 0; i < weights; i++) {
        layer.weight[i] = (int16_t)((int)(noise(seed) >> 40) % (2 * largest_weight + 1) - largest_weight);
    }
    for (unsigned o = 0; o < out; o++) {
        for (size_t i = 0; i < weights / out && largest_weight > 2000; i++) { /* all but one are small */
            int16_t *weight = &layer.weight[o * (weights / out) + i];
            *weight = (int16_t)(*weight / (i == o % (weights / out) ? 1 : 100));
        }
        layer.bias[o] = (int32_t)(noise(seed) >> 50) - 8192;
        layer.shift[o] = (uint8_t)(noise(seed) >> 40) % 12;
    }
    struct layer twin = layer;
    CHECK(layer_check(&layer, 255, NULL) == BSWZ_OK, "bounds");
    twin.pairs_fit = layer.pairs_fit;
    size_t width = (size_t)(columns + size - 1) * in, stride = width + gap, inputs = stride * (rows + size - 1);
    void *input = kernel_allocate(inputs, sizeof(int16_t));
    for (size_t i = 0; i < inputs; i++) {
        if (wide) {
            ((int16_t *)input)[i] = (int16_t)((int)(noise(seed) >> 40) % (highest - lowest + 1) + lowest);
        } else {
            ((uint8_t *)input)[i] = noise(seed) >> 63 ? 255 : (uint8_t)(noise(seed) >> 30);
        }
    }
    unsigned positions = 0;
    for (unsigned row = 0; row < rows; row++) {
        positions += layer_row(&layer, rows, row, columns).count;
    }
    const unsigned even = (rows * columns + 1) / 2;
    CHECK(positions == (half == HALF_NONE   ? rows * columns
                        : half == HALF_EVEN ? even
                                            : rows * columns - even),
          "%d", (int)half);
    const size_t sums = (size_t)positions * out;
    int32_t *one = kernel_allocate(sums, sizeof *one), *two = kernel_allocate(sums, sizeof *two);
    uint8_t *hidden = kernel_allocate(2 * sums, 1);
    void *scratch = kernel_allocate(1, kernel_scratch_size());
    CHECK(kernel->pack(&layer, NULL) == BSWZ_OK && kernel_reference.pack(&twin, NULL) == BSWZ_OK, "pack");
    kernel->multiply(&layer, input, stride, rows, columns, FORM_SUMS, one, scratch);
    kernel_reference.multiply(&twin, input, stride, rows, columns, FORM_SUMS, two, scratch);
    CHECK(memcmp(one, two, sums * sizeof *one) == 0, "%s: %u -> %u channels, size %u, wide %d, %u x %u, half %d",
          kernel->name, in, out, size, wide, rows, columns, (int)half);
    int16_t *outputs = kernel_allocate(2 * sums, sizeof *outputs);
    static const enum layer_form forms[] = {FORM_BYTES, FORM_BYTES_AS_WORDS, FORM_WORDS};
    for (unsigned f = 0; f < 3; f++) {
        memset(outputs, 0, 2 * sums * sizeof *outputs);
        kernel->multiply(&layer, input, stride, rows, columns, forms[f], outputs, scratch);
        kernel_reference.multiply(&twin, input, stride, rows, columns, forms[f], outputs + sums, scratch);
        CHECK(memcmp(outputs, outputs + sums, sums * sizeof *outputs) == 0, "%s: form %u, %u -> %u channels",
              kernel->name, f, in, out);
    }
    struct layer_correction correction = {.shift = 5};
    for (unsigned o = 0; o < out; o++) { /* up to both ends of what corrections have */
        correction.factor[o] = (int32_t)(noise(seed) >> 56) - 96;
        correction.offset[o] = (int32_t)(noise(seed) >> 44) - (1 << 19);
    }
    kernel->correct(&correction, positions, out, outputs);
    kernel_reference.correct(&correction, positions, out, outputs + sums);
    CHECK(memcmp(outputs, outputs + sums, sums * sizeof *outputs) == 0, "%s: corrected outputs", kernel->name);
    for (int large = 0; large < 2; large++) { /* typical values of the layer, and the largest that fit */
        kernel->hidden(&layer, one, positions, hidden);
        kernel_reference.hidden(&twin, one, positions, hidden + sums);
        CHECK(memcmp(hidden, hidden + sums, sums) == 0, "%s: hidden", kernel->name);
        for (size_t i = 0; i < sums; i++) {
            one[i] = (int32_t)(noise(seed) >> 33) - (1 << 30);
        }
    }
    free(twin.packed);
    free(outputs);
    layer_free(&layer);
    free(input);
    free(one);
    free(two);
    free(hidden);
    free(scratch);
}

static void compare(const struct kernel *kernel, unsigned in, unsigned out, unsigned size, bool wide,
                    int largest_weight, unsigned rows, unsigned columns, uint64_t *seed) {
    compare_inputs(kernel, in, out, size, wide, largest_weight, rows, columns, -255, 255, 32, HALF_NONE, seed);
    compare_inputs(kernel, in, out, size, wide, largest_weight, rows, columns, -128, 127, 0, HALF_NONE, seed);
    compare_inputs(kernel, in, out, size, wide, largest_weight, rows, columns, 0, 255, 0, HALF_NONE, seed);
    for (enum layer_half half = HALF_EVEN; half <= HALF_ODD && !wide && rows <= 2; half++) {
        compare_inputs(kernel, in, out, size, wide, largest_weight, rows, columns, 0, 255, 32, half, seed);
        compare_inputs(kernel, in, out, size, wide, largest_weight, rows, columns, 0, 255, 0, half, seed);
    }
}

/* A sparse layer adds to a row of sums what the reference makes of all inputs. */
static void compare_pairs(const struct kernel *kernel, unsigned in, unsigned out, unsigned size, unsigned columns,
                          uint64_t *seed) {
    struct layer layer = {.in = in, .out = out, .size = size, .wide = true, .sparse = true};
    const size_t weights = (size_t)out * size * size * in;
    layer.weight = bswz_allocate(weights, sizeof *layer.weight);
    for (size_t i = 0; i < weights; i++) {
        layer.weight[i] = (int16_t)((int)(noise(seed) >> 40) % 1601 - 800);
    }
    CHECK(layer_pack_pairs(&layer, NULL) == BSWZ_OK, "pack");
    const size_t width = (size_t)(columns + size - 1) * in, sums = (size_t)columns * out, reach = size / 2;
    int16_t *input = bswz_allocate_zero(width * size, sizeof *input);
    struct input_pair *pair = bswz_allocate((size_t)columns * in / 2, sizeof *pair);
    int32_t *one = bswz_allocate(sums, sizeof *one), *two = kernel_allocate(sums, sizeof *two);
    for (size_t i = 0; i < sums; i++) {
        one[i] = (int32_t)(noise(seed) >> 40);
    }
    int32_t *start = bswz_allocate(sums, sizeof *start);
    memcpy(start, one, sums * sizeof *one);
    for (unsigned tap = 0; tap < size; tap++) {
        size_t count = 0;
        for (unsigned column = 0; column < columns; column++) {
            int16_t *at = input + tap * width + (column + reach) * in;
            for (unsigned i = 0; i < in / 2; i++) {
                if (noise(seed) >> 62 > 0) {
                    continue;
                }
                at[i] = (int16_t)((int)(noise(seed) >> 40) % 511 - 255);
                at[in / 2 + i] = (int16_t)((int)(noise(seed) >> 40) % 511 - 255);
                pair[count++] = (struct input_pair){{at[i], at[in / 2 + i]}, (uint16_t)column, (uint16_t)i};
            }
        }
        kernel->add_pairs(&layer, tap, pair, count, columns, one);
    }
    struct layer twin = layer;
    CHECK(kernel_reference.pack(&twin, NULL) == BSWZ_OK, "pack");
    kernel_reference.multiply(&twin, input, width, 1, columns, FORM_SUMS, two, NULL);
    for (size_t i = 0; i < sums; i++) {
        two[i] += start[i];
    }
    CHECK(memcmp(one, two, sums * sizeof *one) == 0, "%s: pairs, %u -> %u channels, size %u, %u columns", kernel->name,
          in, out, size, columns);
    layer_free(&layer);
    free(input);
    free(pair);
    free(one);
    free(two);
    free(start);
}

int main(void) {
    const struct kernel *kernels[] = {
        &kernel_reference,
#if defined(__wasm__)
        &kernel_simd128
#else
        &kernel_blas,
#endif
#if defined(__x86_64__)
            & kernel_avx2,
#ifdef KERNEL_HAS_AMX
        &kernel_amx,
#endif
        &kernel_vnni
#elif defined(__aarch64__)
        &kernel_neon,
        &kernel_neon_dot
#endif
    };
    uint64_t seed = 7;
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (!kernels[i]->available()) {
            printf("# %s: not on this processor\n", kernels[i]->name);
            continue;
        }
        printf("# %s\n", kernels[i]->name);
        CHECK(kernel_self_check(kernels[i], NULL) == BSWZ_OK, "self-check");
        static const unsigned widths[] = {16, 32, 48, 64, 80, 96, 128};
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            unsigned c = widths[w];
            compare(kernels[i], c, c, 3, false, 50, 3, 11, &seed);
            compare(kernels[i], c, c, 3, false, 40, 1, 1, &seed);
            compare(kernels[i], c, c, 3, false, 50, 2, 15, &seed);
            compare(kernels[i], c, c, 3, false, 50, 2, 16, &seed);
            compare(kernels[i], c, c, 3, false, 50, 2, 64, &seed);
            compare(kernels[i], c, c, 3, false, 50, 1, 38, &seed);
            compare(kernels[i], c, c, 1, false, 127, 5, 34, &seed); /* neighbours that saturate 16 bits */
            compare(kernels[i], 10, c, 3, true, 700, 4, 9, &seed);
            compare(kernels[i], 16, c, 3, true, 400, 2, 36, &seed);
            compare(kernels[i], c, 48, 1, true, 500, 4, 32, &seed);
            compare(kernels[i], 4, c, 3, true, 30000, 4, 18, &seed); /* one weight of more than 14 bits */
            compare_pairs(kernels[i], 16, c, 3, 34, &seed);
            compare_pairs(kernels[i], 4, c, 3, 1, &seed);
            compare_pairs(kernels[i], 126, c, 1, 7, &seed);
        }
    }
    struct layer huge = {.in = 2, .out = 16, .size = 1, .wide = true};
    int16_t weight[32] = {0};
    int32_t bias[16] = {0};
    uint8_t shift[16] = {0};
    huge.weight = weight;
    huge.bias = bias;
    huge.shift = shift;
    weight[5] = 32767;
    weight[4] = 32767;
    CHECK(layer_check(&huge, 255, NULL) == BSWZ_OK, "just inside 2^24");
    CHECK(layer_check(&huge, 257, NULL) == BSWZ_ERROR_MODEL, "outside 2^24");
    weight[4] = weight[5] = 0;
    bias[3] = 1 << 30;
    CHECK(layer_check(&huge, 255, NULL) == BSWZ_ERROR_MODEL, "bias");
    bias[3] = 0;
    shift[3] = 25;
    CHECK(layer_check(&huge, 255, NULL) == BSWZ_ERROR_MODEL, "shift");
    return check_summary();
}
