/* SPDX-License-Identifier: MIT */
/*
 * How long the coder takes for a pixel of three channels, given the outputs of the networks: the work of the workers
 * (prepare, await) and of the sequencer (push, pop), for every implementation that this processor can run. As in the
 * codec, a tile goes through both steps before the next one, in the same memory.
 *
 *     sequencer [PIXELS [RUNS]]
 *
 * Prints nanoseconds of processor time per pixel: the median of RUNS runs and, in brackets, the minimum. The outputs
 * are random within the ranges of real networks; the pixels are popped by the model from a stack of noise, so that they
 * have the distribution that the model predicts.
 */
#include "coder/mixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TILE = 2048, STRIDE = 48, MAX_RUNS = 101 };

struct pixels {
    size_t count; /* a multiple of TILE */
    int16_t *outputs;
    uint8_t (*base)[3], (*value)[3], (*popped)[3];
    /* for one tile: */
    int16_t *scratch;
    struct prepared_row *prepared;
    struct awaited_row *awaited;
};

static const struct mixture_growth growth = {{70, 40, 50}};

static uint64_t noise(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

static int16_t between(uint64_t *seed, int low, int high) {
    return (int16_t)(low + (int)((noise(seed) >> 33) % (uint64_t)(high - low + 1)));
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        fprintf(stderr, "sequencer: out of memory\n");
        exit(1);
    }
    return memory;
}

/* Neighbouring pixels have similar noise levels, as in a picture. */
static void draw(struct pixels *pixels) {
    uint64_t seed = 1;
    int scale = 1000;
    for (size_t i = 0; i < pixels->count; i++) {
        scale = i % 16 == 0 ? between(&seed, 700, 1300) : scale; /* 0.7 ... 6 levels */
        int16_t *one = pixels->outputs + i * STRIDE;
        for (int k = 0; k < MIXTURE_COMPONENTS; k++, one += MIXTURE_FIELDS) {
            for (int c = 0; c < 3; c++) {
                one[c] = between(&seed, -128, 128);
                one[3 + c] = (int16_t)(scale + between(&seed, -200, 200));
                one[6 + c] = between(&seed, 0, 900);
            }
            one[9] = between(&seed, -40, 40);
        }
        for (int c = 0; c < 3; c++) {
            pixels->base[i][c] = (uint8_t)between(&seed, 30, 220);
        }
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The outputs of the tile, where the network would have left them: in the cache. */
static struct mixture_batch batch_at(const struct pixels *pixels, size_t from) {
    memcpy(pixels->scratch, pixels->outputs + from * STRIDE, TILE * STRIDE * sizeof *pixels->scratch);
    return (struct mixture_batch){.outputs = pixels->scratch,
                                  .stride = STRIDE,
                                  .growth = &growth,
                                  .channels = 3,
                                  .count = TILE,
                                  .base = pixels->base + from};
}

static void encode(const struct mixture_coder *coder, struct pixels *pixels, struct ans *ans, double *time) {
    time[0] = time[1] = 0.0;
    for (size_t from = pixels->count; from > 0;) {
        from -= TILE;
        const struct mixture_batch batch = batch_at(pixels, from);
        double start = now();
        coder->prepare(&batch, pixels->value + from, pixels->prepared);
        double middle = now();
        coder->push_run(ans, 3, pixels->prepared, TILE);
        time[0] += middle - start;
        time[1] += now() - middle;
    }
}

static void decode(const struct mixture_coder *coder, struct pixels *pixels, struct ans *ans, double *time) {
    time[0] = time[1] = 0.0;
    for (size_t from = 0; from < pixels->count; from += TILE) {
        const struct mixture_batch batch = batch_at(pixels, from);
        double start = now();
        coder->await(&batch, pixels->awaited);
        double middle = now();
        coder->pop_run(ans, 3, &growth, pixels->awaited, TILE, pixels->popped + from);
        time[0] += middle - start;
        time[1] += now() - middle;
    }
}

/* The pixels, from noise. */
static void sample(struct pixels *pixels) {
    struct ans ans;
    uint64_t seed = 2;
    double time[2];
    ans_init(&ans, ANS_MAX_LANES);
    for (size_t i = 0; i < 2 * pixels->count; i++) {
        ans_store_word(&ans, (uint32_t)(noise(&seed) >> 20));
    }
    decode(&mixture_reference, pixels, &ans, time);
    memcpy(pixels->value, pixels->popped, pixels->count * sizeof *pixels->value);
    ans_free(&ans);
}

static int by_value(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return a < b ? -1 : a > b;
}

static void print(double *time, size_t runs, size_t count) {
    qsort(time, runs, sizeof *time, by_value);
    printf(" %7.1f (%6.1f)", time[runs / 2] / (double)count, time[0] / (double)count);
}

static bool measure(const char *name, const struct mixture_coder *coder, struct pixels *pixels, size_t runs) {
    static double time[4][MAX_RUNS];
    bool right = true;
    for (size_t run = 0; run < runs; run++) {
        struct ans ans;
        double spent[4];
        ans_init(&ans, ANS_MAX_LANES);
        encode(coder, pixels, &ans, spent);
        memset(pixels->popped, 0, pixels->count * sizeof *pixels->popped);
        decode(coder, pixels, &ans, spent + 2);
        for (int i = 0; i < 4; i++) {
            time[i][run] = spent[i];
        }
        right = right && memcmp(pixels->popped, pixels->value, pixels->count * sizeof *pixels->value) == 0;
        ans_free(&ans);
    }
    printf("%-10s", name);
    for (int i = 0; i < 4; i++) {
        print(time[i], runs, pixels->count);
    }
    printf("%s\n", right ? "" : "  WRONG");
    return right;
}

int main(int argc, char **argv) {
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1 << 16, runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 15;
    runs = runs < 1 ? 1 : runs > MAX_RUNS ? MAX_RUNS : runs;
    struct pixels pixels = {.count = (count / TILE + (count < TILE)) * TILE};
    pixels.outputs = allocate(pixels.count * STRIDE, sizeof *pixels.outputs);
    pixels.base = allocate(pixels.count, sizeof *pixels.base);
    pixels.value = allocate(pixels.count, sizeof *pixels.value);
    pixels.scratch = allocate(TILE * STRIDE, sizeof *pixels.scratch);
    pixels.prepared = allocate(mixture_rows(TILE), sizeof *pixels.prepared);
    pixels.awaited = allocate(mixture_rows(TILE), sizeof *pixels.awaited);
    pixels.popped = allocate(pixels.count, sizeof *pixels.popped);
    draw(&pixels);
    sample(&pixels);
    printf("ns a pixel      prepare             push            await              pop\n");
    bool right = measure("plain", &mixture_reference, &pixels, runs);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        right = measure("avx2", &mixture_avx2, &pixels, runs) && right;
    }
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        right = measure("avx512", &mixture_avx512, &pixels, runs) && right;
    }
#elif defined(__aarch64__)
    right = measure("neon", &mixture_neon, &pixels, runs) && right;
#endif
    return right ? 0 : 1;
}
