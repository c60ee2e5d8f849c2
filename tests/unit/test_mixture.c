/*
 * The mixture's vector code against the plain code, bit by bit: random pixels and
 * hostile ones, every batch size, one and three channels.
 */
#include "check.h"
#include "coder/mixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 4000, STRIDE = 48 };

static int16_t outputs[COUNT * STRIDE + 64];
static uint8_t base[COUNT][3], pixel[COUNT][3];
static struct mixture_growth growth;

static int below(uint64_t *seed, int limit) {
    return (int)((noise(seed) >> 33) % (uint64_t)limit);
}

/* What nets say: every field in its usual range. */
static void draw_usual(uint64_t *seed, int16_t *one) {
    for (int c = 0; c < 3; c++) {
        one[c] = (int16_t)(below(seed, 4000) - 2000);
        one[3 + c] = (int16_t)below(seed, 2000);
        one[6 + c] = (int16_t)(below(seed, 2048) - 512);
    }
    one[9] = (int16_t)(below(seed, 400) - 200);
}

/* Corners of every range that the arithmetic knows. */
static int16_t draw_corner(uint64_t *seed) {
    static const int16_t corners[] = {INT16_MIN, INT16_MIN + 1, -8193, -8192, -129, -128, -1, 0, 1, 7, 8, 15, 16, 32,
                                      127, 128, 2023, 2024, 2047, 2048, 8191, 8192, 24512, 24513, INT16_MAX - 1, INT16_MAX};
    return corners[below(seed, (int)(sizeof corners / sizeof corners[0]))];
}

enum kind { USUAL, NARROW, CORNERS, ANYTHING, KINDS };

static void draw(enum kind kind, uint64_t *seed) {
    static const int16_t factors[KINDS][3] = {{70, 40, 50}, {256, 0, 120}, {INT16_MAX, INT16_MIN, INT16_MAX}, {0, 0, 0}};
    memcpy(growth.factor, factors[kind], sizeof growth.factor);
    for (int i = 0; i < COUNT; i++) {
        int16_t *at = outputs + i * STRIDE;
        for (int k = 0; k < MIXTURE_COMPONENTS; k++, at += MIXTURE_FIELDS) {
            draw_usual(seed, at);
            for (int f = 0; f < MIXTURE_FIELDS; f++) {
                if (kind == NARROW && f >= 3 && f < 6) {
                    at[f] = (int16_t)below(seed, 300);
                } else if (kind == CORNERS) {
                    at[f] = draw_corner(seed);
                } else if (kind == ANYTHING) {
                    at[f] = (int16_t)noise(seed);
                }
            }
        }
        if (below(seed, 4) == 0) { /* equal components: ties */
            for (int k = 1; k < MIXTURE_COMPONENTS; k++) {
                memcpy(outputs + i * STRIDE + MIXTURE_FIELDS * k, outputs + i * STRIDE,
                       MIXTURE_FIELDS * sizeof *outputs);
            }
        }
        for (int c = 0; c < 3; c++) {
            base[i][c] = (uint8_t)(below(seed, 8) == 0 ? 255 * below(seed, 2) : below(seed, 256));
            int near = base[i][c] + below(seed, 21) - 10;
            near = near < 0 ? 0 : near > 255 ? 255 : near;
            pixel[i][c] = (uint8_t)(below(seed, 4) == 0 ? below(seed, 256) : near);
        }
    }
}

static struct mixture_batch batch_of(unsigned channels, size_t from, size_t count) {
    return (struct mixture_batch){.outputs = outputs + from * STRIDE, .stride = STRIDE, .growth = &growth,
                                  .channels = channels, .base = base + from, .count = count};
}

static void compare_batches(const char *name, const struct mixture_coder *coder, unsigned channels, size_t step) {
    struct prepared_pixel *prepared[2];
    struct awaited_pixel *awaited[2];
    for (int i = 0; i < 2; i++) {
        prepared[i] = calloc(COUNT * step, sizeof **prepared);
        awaited[i] = calloc(COUNT * step, sizeof **awaited);
    }
    for (size_t from = 0, count = 1; from < COUNT; from += count, count = count % 70 + 1) {
        count = count < COUNT - from ? count : COUNT - from;
        const struct mixture_batch batch = batch_of(channels, from, count);
        mixture_reference.prepare(&batch, pixel + from, prepared[0] + from * step, step);
        coder->prepare(&batch, pixel + from, prepared[1] + from * step, step);
        mixture_reference.await(&batch, awaited[0] + from * step, step);
        coder->await(&batch, awaited[1] + from * step, step);
    }
    int wrong_prepared = 0, wrong_awaited = 0;
    for (size_t i = 0; i < COUNT * step; i++) {
        wrong_prepared += memcmp(&prepared[0][i], &prepared[1][i], sizeof **prepared) != 0;
        wrong_awaited += memcmp(&awaited[0][i], &awaited[1][i], sizeof **awaited) != 0;
    }
    CHECK(wrong_prepared == 0, "%s: %u channels: %d of %d prepared pixels differ", name, channels, wrong_prepared, COUNT);
    CHECK(wrong_awaited == 0, "%s: %u channels: %d of %d awaited pixels differ", name, channels, wrong_awaited, COUNT);
    for (int i = 0; i < 2; i++) {
        free(prepared[i]);
        free(awaited[i]);
    }
}

/* Push all with the plain code; pop with the vector code, in runs. */
static void pop_back(const char *name, const struct mixture_coder *coder, unsigned channels, unsigned lanes) {
    struct prepared_pixel *prepared = calloc(COUNT, sizeof *prepared);
    struct awaited_pixel *awaited = calloc(COUNT, sizeof *awaited);
    static uint8_t got[COUNT][3];
    const struct mixture_batch batch = batch_of(channels, 0, COUNT);
    struct ans ans;
    ans_init(&ans, lanes);
    mixture_reference.prepare(&batch, pixel, prepared, 1);
    mixture_push_run(&ans, 0, channels, prepared, COUNT);
    coder->await(&batch, awaited, 1);
    ans.decoding = true;
    for (size_t from = 0, count = 1; from < COUNT; from += count, count = count % 70 + 1) {
        count = count < COUNT - from ? count : COUNT - from;
        coder->pop_run(&ans, (unsigned)from, channels, &growth, awaited + from, count, got + from);
    }
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        for (unsigned c = 0; c < channels; c++) {
            wrong += got[i][c] != pixel[i][c];
        }
    }
    CHECK(wrong == 0, "%s: %u channels, %u lanes: %d values wrong", name, channels, lanes, wrong);
    CHECK(ans_is_initial(&ans), "%s: the stack ends as it began", name);
    ans_free(&ans);
    free(prepared);
    free(awaited);
}

/* Counting changes nothing, and finds what the index alone moves on the stack. */
static void pop_counted(unsigned channels, unsigned lanes) {
    struct prepared_pixel *prepared = calloc(COUNT, sizeof *prepared);
    struct awaited_pixel *awaited = calloc(COUNT, sizeof *awaited);
    static uint8_t got[COUNT][3];
    const struct mixture_batch batch = batch_of(channels, 0, COUNT);
    struct ans ans;
    double index_bits = 0.0, pixel_bits = 0.0, expected = 0.0;
    unsigned wrong = 0;
    ans_init(&ans, lanes);
    mixture_reference.prepare(&batch, pixel, prepared, 1);
    mixture_push_run(&ans, 0, channels, prepared, COUNT);
    mixture_reference.await(&batch, awaited, 1);
    ans.decoding = true;
    const double content = ans_bits(&ans);
    for (unsigned i = 0; i < COUNT; i++) {
        /* the component that the stack will choose, and what the pixel costs under it */
        const uint32_t slot = ans_pop(&ans, i % lanes, WEIGHT_BITS);
        unsigned k = 0;
        while (k + 1 < MIXTURE_COMPONENTS && slot >= awaited[i].prior_start[k + 1]) {
            k++;
        }
        for (unsigned c = 0; c < channels; c++) {
            pixel_bits += LOGISTIC_BITS - log2(prepared[i].frequency[c][k]);
        }
        expected += mixture_bits(channels, &prepared[i]);
        mixture_pop_run_counted(&ans, i, channels, &growth, awaited + i, 1, got + i, &index_bits);
        for (unsigned c = 0; c < channels; c++) {
            wrong += got[i][c] != pixel[i][c];
        }
    }
    CHECK(wrong == 0, "%u values wrong", wrong);
    CHECK(ans_is_initial(&ans), "the stack ends as it began");
    CHECK(fabs(index_bits + pixel_bits - content) < 1.0, "%.1f and %.1f bits of %.1f", index_bits, pixel_bits, content);
    CHECK(index_bits > -0.1 * expected && fabs(content - expected) < 0.03 * expected + 64.0,
          "%.1f bits, %.1f by the model, %.1f of them for the index", content, expected, index_bits);
    ans_free(&ans);
    free(prepared);
    free(awaited);
}

/* A stack of noise: both codes decode the same noise from it, and fail at the same place. */
static void pop_noise(const char *name, const struct mixture_coder *coder, unsigned channels, uint64_t *seed) {
    enum { WORDS = 700 };
    struct awaited_pixel *awaited = calloc(COUNT, sizeof *awaited);
    static uint8_t got[2][COUNT][3];
    struct ans ans[2];
    const struct mixture_batch batch = batch_of(channels, 0, COUNT);
    coder->await(&batch, awaited, 1);
    memset(got, 0, sizeof got);
    for (int i = 0; i < 2; i++) {
        ans_init(&ans[i], 4);
    }
    for (int i = 0; i < WORDS; i++) {
        uint32_t word = (uint32_t)(noise(seed) >> 20);
        ans_store_word(&ans[0], word);
        ans_store_word(&ans[1], word);
    }
    ans[0].decoding = ans[1].decoding = true;
    mixture_reference.pop_run(&ans[0], 1, channels, &growth, awaited, COUNT, got[0]);
    coder->pop_run(&ans[1], 1, channels, &growth, awaited, COUNT, got[1]);
    CHECK(memcmp(got[0], got[1], sizeof got[0]) == 0, "%s: %u channels: other pixels", name, channels);
    CHECK(ans[0].failed == ans[1].failed && ans[0].size == ans[1].size &&
              memcmp(ans[0].state, ans[1].state, sizeof ans[0].state) == 0,
          "%s: %u channels: another stack", name, channels);
    ans_free(&ans[0]);
    ans_free(&ans[1]);
    free(awaited);
}

static void compare(const char *name, const struct mixture_coder *coder) {
    uint64_t seed = 17;
    printf("# %s\n", name);
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned channels = 1; channels <= 3; channels += 2) {
            draw((enum kind)kind, &seed);
            compare_batches(name, coder, channels, 1);
            compare_batches(name, coder, channels, 2);
            for (unsigned lanes = 1; lanes <= ANS_MAX_LANES; lanes++) {
                pop_back(name, coder, channels, lanes);
            }
            pop_noise(name, coder, channels, &seed);
        }
    }
}

int main(void) {
    compare("reference", &mixture_reference);
    pop_counted(1, 1);
    pop_counted(3, 4);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        compare("avx2", &mixture_avx2);
    }
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw")) {
        compare("avx512", &mixture_avx512);
    }
#endif
    return check_summary();
}
