/* SPDX-License-Identifier: MIT */
/*
 * Multiplications per second of every kernel that this processor can run, for layers of the widths that models
 * use, and how close that is to the theoretical maximum of the processor's integer instructions.
 *
 *     kernel [RUNS]
 *     kernel roofline
 *
 * A figure is the median of RUNS runs, in billions of multiplications and additions per second of processor time;
 * in brackets, as a percentage of the peak, which is the highest of those measured between the runs: a loop of
 * nothing but tdpbusd (amx), vpdpbusd (vnni), or vpmaddubsw, vpmaddwd and vpaddd (avx2), in registers.
 *
 * roofline: the figures with which bench/speed compares coding with that peak, in tab-separated fields:
 *
 *     peak    KERNEL  billions of products per second
 *     model   NAME    products per pixel of a large picture under the head for RGB on a JPEG grid; the same with
 *             tiles' halos; products under the head for JFIF
 */
#include "kernel/kernel.h"

#include "base/allocate.h"
#include "model/lattice.h"
#include "model/model.h"
#include "model/model_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { ROWS = 4, COLUMNS = 36, MAX_RUNS = 101, CHAINS = 12, PEAK_STEPS = 200000 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static volatile int32_t sink;

#if defined(__x86_64__)
/* Chains of CHAINS registers; one step of each. Returns products per nanosecond. */
static __attribute__((target("avx512f,avx512vnni"))) double vnni_peak(void) {
    __m512i sum[CHAINS], x = _mm512_set1_epi8(3), w = _mm512_set1_epi8((char)sink);
    for (int i = 0; i < CHAINS; i++) {
        sum[i] = _mm512_set1_epi32(i);
    }
    double start = now();
    for (int step = 0; step < PEAK_STEPS; step++) {
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            sum[i] = _mm512_dpbusd_epi32(sum[i], x, w);
        }
    }
    double time = now() - start;
    for (int i = 0; i < CHAINS; i++) {
        sink += _mm512_reduce_add_epi32(sum[i]);
    }
    return 64.0 * CHAINS * PEAK_STEPS / time;
}

static __attribute__((target("avx2"))) double avx2_peak(void) {
    __m256i sum[CHAINS], x = _mm256_set1_epi8(3), w = _mm256_set1_epi8((char)sink), one = _mm256_set1_epi16(1);
    for (int i = 0; i < CHAINS; i++) {
        sum[i] = _mm256_set1_epi32(i);
    }
    double start = now();
    for (int step = 0; step < PEAK_STEPS; step++) {
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            __asm__("" : "+x"(x)); /* the compiler must not move the product out of the loop */
            sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), one));
        }
    }
    double time = now() - start;
    for (int i = 0; i < CHAINS; i++) {
        sink += _mm256_extract_epi32(sum[i], 0);
    }
    return 32.0 * CHAINS * PEAK_STEPS / time;
}
#endif

#ifdef KERNEL_HAS_AMX
/* Four matrices of sums, two of inputs and two of weights, all zero. */
static double amx_peak(void) {
    _Alignas(64) struct {
        uint8_t palette, zero[15];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shapes = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        shapes.row_bytes[i] = 64;
        shapes.rows[i] = 16;
    }
    __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
    double start = now();
    for (int step = 0; step < PEAK_STEPS; step++) {
        __asm__ volatile("tdpbusd %%tmm6, %%tmm4, %%tmm0\n\ttdpbusd %%tmm6, %%tmm5, %%tmm1\n\t"
                         "tdpbusd %%tmm7, %%tmm4, %%tmm2\n\ttdpbusd %%tmm7, %%tmm5, %%tmm3" ::);
    }
    double time = now() - start;
    __asm__ volatile("tilerelease" ::);
    return 16384.0 * 4 * PEAK_STEPS / time;
}
#endif

static double peak_of(const struct kernel *kernel) {
#ifdef KERNEL_HAS_AMX
    if (kernel == &kernel_amx) {
        return amx_peak();
    }
#endif
#if defined(__x86_64__)
    if (kernel == &kernel_vnni) {
        return vnni_peak();
    }
    if (kernel == &kernel_avx2) {
        return avx2_peak();
    }
#endif
    (void)kernel;
    return 0.0;
}

static void *allocate(size_t count, size_t size) {
    void *memory = kernel_allocate(count, size);
    if (memory == NULL) {
        fprintf(stderr, "kernel: out of memory\n");
        exit(1);
    }
    return memory;
}

static int by_value(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return a < b ? -1 : a > b;
}

/* Products per nanosecond of a layer on a few rows of a tile, called as by a network. */
static void measure(const struct kernel *kernel, unsigned in, unsigned out, unsigned size, bool wide, size_t runs) {
    struct layer layer = {.in = in, .out = out, .size = size, .wide = wide};
    const size_t weights = (size_t)out * in * size * size, inputs = (size_t)(ROWS + 2) * (COLUMNS + 2) * in;
    layer.weight = bswz_allocate(weights, sizeof *layer.weight);
    layer.bias = bswz_allocate_zero(out, sizeof *layer.bias);
    layer.shift = bswz_allocate_zero(out, sizeof *layer.shift);
    void *input = allocate(inputs, sizeof(int16_t)), *scratch = allocate(1, kernel_scratch_size());
    int32_t *sums = allocate((size_t)ROWS * COLUMNS * out, sizeof *sums);
    for (size_t i = 0; layer.weight != NULL && i < weights; i++) {
        layer.weight[i] = (int16_t)((int)(i * 2654435761u >> 7) % 50 - 25);
    }
    for (size_t i = 0; i < inputs; i++) {
        ((int16_t *)input)[i] = (int16_t)(i % 251);
    }
    if (layer.weight == NULL || layer.bias == NULL || layer.shift == NULL ||
        layer_check(&layer, 255, NULL) != BSWZ_OK || kernel->pack(&layer, NULL) != BSWZ_OK) {
        fprintf(stderr, "kernel: the layer cannot be made\n");
        exit(1);
    }
    const double products = (double)ROWS * COLUMNS * (double)weights;
    const int repeats = kernel == &kernel_reference ? 1 : 1 + (int)(2e7 / products);
    double speed[MAX_RUNS], peak[MAX_RUNS];
    for (size_t run = 0; run < runs; run++) {
        double start = now();
        for (int i = 0; i < repeats; i++) {
            kernel->multiply(&layer, input, (size_t)(COLUMNS + size - 1) * in, ROWS, COLUMNS, FORM_SUMS, sums, scratch);
        }
        speed[run] = products * repeats / (now() - start);
        peak[run] = peak_of(kernel);
    }
    qsort(speed, runs, sizeof *speed, by_value);
    qsort(peak, runs, sizeof *peak, by_value);
    printf(" %7.1f", speed[runs / 2]);
    if (peak[runs - 1] > 0.0) {
        printf(" (%3.0f)", 100.0 * speed[runs / 2] / peak[runs - 1]);
    } else {
        printf("      ");
    }
    fflush(stdout);
    layer_free(&layer);
    free(input);
    free(sums);
    free(scratch);
}

/* ---- roofline ---- */

/* Products of one evaluation of the network for a whole tile; with_halo: including those for the cells around it. */
static double tile_products(const struct net *net, unsigned head, bool with_halo) {
    double sum = 0.0;
    double side = NET_TILE + (with_halo ? 2.0 * net->halo - 2.0 : 0.0);
    const struct layer *layers[NET_MAX_DEPTH + 3] = {&net->first[head]};
    for (unsigned l = 0; l <= net->depth; l++) {
        layers[1 + l] = &net->trunk[l];
    }
    layers[net->depth + 2] = &net->last[head];
    for (unsigned l = 0; l < net->depth + 3; l++) {
        if (l > 0 && with_halo) {
            side -= layers[l]->size - 1;
        }
        sum += side * side * layers[l]->in * layers[l]->out * layers[l]->size * layers[l]->size;
    }
    return sum;
}

/* A cell of level i represents 4^(i + 1) pixels of the picture. */
static double pixel_products(const struct bswz_model *model, unsigned head, bool with_halo) {
    double sum = 0.0, share = 0.25 / (NET_TILE * NET_TILE);
    for (unsigned level = 0; level < model->levels; level++, share /= 4.0) {
        for (unsigned pass = PASS_ONE; pass <= PASS_TWO; pass++) {
            sum += share * tile_products(&model->nets[model->level_net[head][level]][pass], head, with_halo);
        }
    }
    return sum;
}

static int print_roofline(const struct kernel *const *kernels, size_t count) {
    static const char *const names[] = {"fast", "default", "best"};
    for (size_t k = 0; k < count; k++) {
        if (kernels[k]->available() && peak_of(kernels[k]) > 0.0) {
            double highest = 0.0;
            for (int run = 0; run < 25; run++) {
                const double peak = peak_of(kernels[k]);
                highest = peak > highest ? peak : highest;
            }
            printf("peak\t%s\t%.1f\n", kernels[k]->name, highest);
        }
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct bswz_model *model = bswz_model_embedded(names[i], NULL);
        if (model == NULL) {
            fprintf(stderr, "kernel: model %s cannot be used\n", names[i]);
            return 1;
        }
        printf("model\t%s\t%.0f\t%.0f\t%.0f\n", names[i], pixel_products(model, HEAD_RGB_GRID, false),
               pixel_products(model, HEAD_RGB_GRID, true), pixel_products(model, HEAD_JFIF, false));
    }
    return 0;
}

int main(int argc, char **argv) {
    const struct kernel *const kernels[] = {
        &kernel_blas,
#if defined(__x86_64__)
        &kernel_avx2,
#ifdef KERNEL_HAS_AMX
        &kernel_amx,
#endif
        &kernel_vnni
#elif defined(__aarch64__)
        &kernel_neon,
        &kernel_neon_dot
#endif
    };
    static const unsigned widths[] = {16, 32, 48, 64, 80, 96};
    const size_t count = sizeof widths / sizeof widths[0];
    if (argc > 1 && strcmp(argv[1], "roofline") == 0) {
        return print_roofline(kernels, sizeof kernels / sizeof kernels[0]);
    }
    size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 15;
    runs = runs < 1 ? 1 : runs > MAX_RUNS ? MAX_RUNS : runs;
    printf("GMAC/s (%% of peak)  ");
    for (size_t w = 0; w < count; w++) {
        printf("%8u      ", widths[w]);
    }
    printf("\n");
    for (size_t k = 0; k < sizeof kernels / sizeof kernels[0]; k++) {
        if (!kernels[k]->available()) {
            continue;
        }
        static const char *const shapes[] = {"3x3", "1x1", "first", "last"};
        for (int shape = 0; shape < 4; shape++) {
            printf("%-8s %-10s", kernels[k]->name, shapes[shape]);
            for (size_t w = 0; w < count; w++) {
                measure(kernels[k], shape == 2 ? 16 : widths[w], shape == 3 ? 80 : widths[w], shape % 2 == 0 ? 3 : 1,
                        shape >= 2, runs);
            }
            printf("\n");
        }
        if (peak_of(kernels[k]) > 0.0) {
            printf("%-8s peak     %8.1f\n", kernels[k]->name, peak_of(kernels[k]));
        }
    }
    return 0;
}
