/* SPDX-License-Identifier: MIT */
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

/* Outputs of networks: every field in its usual range. */
static void draw_usual(uint64_t *seed, int16_t *one) {
    for (int c = 0; c < 3; c++) {
        one[c] = (int16_t)(below(seed, 4000) - 2000);
        one[3 + c] = (int16_t)below(seed, 2000);
        one[6 + c] = (int16_t)(below(seed, 2048) - 512);
    }
    one[9] = (int16_t)(below(seed, 400) - 200);
}

/* The limits of every range in the arithmetic. */
static int16_t draw_corner(uint64_t *seed) {
    static const int16_t corners[] = {INT16_MIN,
                                      INT16_MIN + 1,
                                      -8193,
                                      -8192,
                                      -129,
                                      -128,
                                      -1,
                                      0,
                                      1,
                                      7,
                                      8,
                                      15,
                                      16,
                                      32,
                                      127,
                                      128,
                                      2023,
                                      2024,
                                      2047,
                                      2048,
                                      8191,
                                      8192,
                                      24512,
                                      24513,
                                      INT16_MAX - 1,
                                      INT16_MAX};
    return corners[below(seed, (int)(sizeof corners / sizeof corners[0]))];
}

enum kind { USUAL, NARROW, CORNERS, ANYTHING, KINDS };

static void draw(enum kind kind, uint64_t *seed) {
    static const int16_t factors[KINDS][3] = {
        {70, 40, 50}, {256, 0, 120}, {INT16_MAX, INT16_MIN, INT16_MAX}, {0, 0, 0}};
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
    return (struct mixture_batch){.outputs = outputs + from * STRIDE,
                                  .stride = STRIDE,
                                  .growth = &growth,
                                  .channels = channels,
                                  .base = base + from,
                                  .count = count};
}

static bool same_prepared(const struct prepared_row *row[2], size_t column, unsigned channels) {
    bool same = true;
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        same = same && row[0]->posterior_start[k][column] == row[1]->posterior_start[k][column] &&
               row[0]->prior_start[k][column] == row[1]->prior_start[k][column];
        for (unsigned c = 0; c < channels; c++) {
            same = same && row[0]->start[c][k][column] == row[1]->start[c][k][column] &&
                   row[0]->frequency[c][k][column] == row[1]->frequency[c][k][column];
        }
    }
    return same;
}

static bool same_awaited(const struct awaited_row *row[2], size_t column, unsigned channels) {
    bool same = true;
    for (unsigned j = 0; j < MIXTURE_OUTPUTS / 2; j++) {
        same = same && row[0]->pair[j][column] == row[1]->pair[j][column];
    }
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        same = same && row[0]->prior_start[k][column] == row[1]->prior_start[k][column];
    }
    for (unsigned c = 0; c < channels; c++) {
        same = same && row[0]->base[c][column] == row[1]->base[c][column];
    }
    return same;
}

enum { MOST = 70, ROWS = (MOST + MIXTURE_ROW - 1) / MIXTURE_ROW };

static void compare_batches(const char *name, const struct mixture_coder *coder, unsigned channels) {
    static struct prepared_row prepared[2][ROWS];
    static struct awaited_row awaited[2][ROWS];
    int wrong_prepared = 0, wrong_awaited = 0;
    for (size_t from = 0, count = 1; from < COUNT; from += count, count = count % MOST + 1) {
        count = count < COUNT - from ? count : COUNT - from;
        const struct mixture_batch batch = batch_of(channels, from, count);
        mixture_reference.prepare(&batch, pixel + from, prepared[0]);
        coder->prepare(&batch, pixel + from, prepared[1]);
        mixture_reference.await(&batch, awaited[0]);
        coder->await(&batch, awaited[1]);
        for (size_t i = 0; i < count; i++) {
            const size_t row = i / MIXTURE_ROW;
            wrong_prepared += !same_prepared((const struct prepared_row *[2]){&prepared[0][row], &prepared[1][row]},
                                             i % MIXTURE_ROW, channels);
            wrong_awaited += !same_awaited((const struct awaited_row *[2]){&awaited[0][row], &awaited[1][row]},
                                           i % MIXTURE_ROW, channels);
        }
    }
    CHECK(wrong_prepared == 0, "%s: %u channels: %d of %d prepared pixels differ", name, channels, wrong_prepared,
          COUNT);
    CHECK(wrong_awaited == 0, "%s: %u channels: %d of %d awaited pixels differ", name, channels, wrong_awaited, COUNT);
}

/* Push runs of all lengths, the last one first. */
static void push_all(const struct mixture_coder *coder, unsigned channels, struct ans *ans) {
    static struct prepared_row prepared[ROWS];
    static size_t starts[COUNT + 1];
    size_t runs = 0;
    for (size_t from = 0, count = 1; from < COUNT; from += count, count = count % MOST + 1) {
        starts[runs++] = from;
    }
    starts[runs] = COUNT;
    while (runs-- > 0) {
        const struct mixture_batch batch = batch_of(channels, starts[runs], starts[runs + 1] - starts[runs]);
        coder->prepare(&batch, pixel + starts[runs], prepared);
        coder->push_run(ans, channels, prepared, batch.count);
    }
}

static void pop_all(const struct mixture_coder *coder, unsigned channels, struct ans *ans, uint8_t (*got)[3]) {
    static struct awaited_row awaited[ROWS];
    ans->decoding = true;
    for (size_t from = 0, count = 1; from < COUNT; from += count, count = count % MOST + 1) {
        count = count < COUNT - from ? count : COUNT - from;
        const struct mixture_batch batch = batch_of(channels, from, count);
        coder->await(&batch, awaited);
        coder->pop_run(ans, channels, &growth, awaited, count, got + from);
    }
}

static bool same_stack(const struct ans *one, const struct ans *other) {
    return one->failed == other->failed && one->size == other->size && one->borrowed == other->borrowed &&
           memcmp(one->state, other->state, sizeof one->state) == 0 &&
           (one->size == 0 || memcmp(one->words, other->words, one->size * sizeof *one->words) == 0);
}

/* Both codes push the same stack, and the vector code pops it. */
static void push_and_pop(const char *name, const struct mixture_coder *coder, unsigned channels, unsigned lanes) {
    static uint8_t got[COUNT][3];
    struct ans ans, plain;
    ans_init(&ans, lanes);
    ans_init(&plain, lanes);
    push_all(&mixture_reference, channels, &plain);
    push_all(coder, channels, &ans);
    CHECK(same_stack(&ans, &plain), "%s: %u channels, %u lanes: another stack", name, channels, lanes);
    pop_all(coder, channels, &ans, got);
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        for (unsigned c = 0; c < channels; c++) {
            wrong += got[i][c] != pixel[i][c];
        }
    }
    CHECK(wrong == 0, "%s: %u channels, %u lanes: %d values wrong", name, channels, lanes, wrong);
    CHECK(ans_is_initial(&ans), "%s: the stack ends as it began", name);
    ans_free(&ans);
    ans_free(&plain);
}

/* Counting changes nothing, and gives the bits that only the index moves on the stack. */
static void pop_counted(unsigned channels, unsigned lanes) {
    struct prepared_row *prepared = calloc(mixture_rows(COUNT), sizeof *prepared);
    struct awaited_row *awaited = calloc(mixture_rows(COUNT), sizeof *awaited);
    static uint8_t got[COUNT][3];
    const struct mixture_batch batch = batch_of(channels, 0, COUNT);
    struct ans ans;
    double each[COUNT], index_bits = 0.0, pixel_bits = 0.0, sum = 0.0, expected = 0.0;
    unsigned wrong = 0;
    ans_init(&ans, lanes);
    mixture_reference.prepare(&batch, pixel, prepared);
    mixture_reference.push_run(&ans, channels, prepared, COUNT);
    mixture_reference.await(&batch, awaited);
    ans.decoding = true;
    const double content = ans_bits(&ans);
    for (unsigned from = 0; from < COUNT; from += lanes) {
        const unsigned column = from % MIXTURE_ROW;
        const struct awaited_row *row = &awaited[from / MIXTURE_ROW];
        for (unsigned lane = 0; lane < lanes; lane++) {
            /* the component that the stack will choose, and the cost of the pixel given it */
            const uint32_t slot = ans_pop(&ans, lane, WEIGHT_BITS);
            unsigned k = 0;
            while (k + 1 < MIXTURE_COMPONENTS && slot >= row->prior_start[k + 1][column + lane]) {
                k++;
            }
            struct prepared_pixel one;
            mixture_prepare(outputs + (from + lane) * STRIDE, &growth, channels, base[from + lane], pixel[from + lane],
                            &one);
            for (unsigned c = 0; c < channels; c++) {
                pixel_bits += LOGISTIC_BITS - log2(one.frequency[c][k]);
            }
            expected += mixture_bits(channels, &one);
        }
        struct popped_bits bits = {.each = each + from};
        mixture_pop_group(&ans, channels, &growth, row, column, lanes, got + from, &bits);
        index_bits += bits.index;
    }
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned c = 0; c < channels; c++) {
            wrong += got[i][c] != pixel[i][c];
        }
        sum += each[i];
    }
    CHECK(wrong == 0, "%u values wrong", wrong);
    CHECK(ans_is_initial(&ans), "the stack ends as it began");
    CHECK(fabs(sum - index_bits - pixel_bits) < 0.01, "%.2f bits of pixels, %.2f", sum, index_bits + pixel_bits);
    CHECK(fabs(index_bits + pixel_bits - content) < 1.0, "%.1f and %.1f bits of %.1f", index_bits, pixel_bits, content);
    CHECK(index_bits > -0.1 * expected && fabs(content - expected) < 0.03 * expected + 64.0 * lanes,
          "%.1f bits, %.1f by the model, %.1f of them for the index", content, expected, index_bits);
    ans_free(&ans);
    free(prepared);
    free(awaited);
}

/* A stack of noise: both codes decode the same noise from it, and fail at the same place. */
static void pop_noise(const char *name, const struct mixture_coder *coder, unsigned channels, unsigned lanes,
                      uint64_t *seed) {
    enum { WORDS = 700 };
    static uint8_t got[2][COUNT][3];
    struct ans ans[2];
    memset(got, 0, sizeof got);
    ans_init(&ans[0], lanes);
    ans_init(&ans[1], lanes);
    for (int i = 0; i < WORDS; i++) {
        uint32_t word = (uint32_t)(noise(seed) >> 20);
        ans_store_word(&ans[0], word);
        ans_store_word(&ans[1], word);
    }
    pop_all(&mixture_reference, channels, &ans[0], got[0]);
    pop_all(coder, channels, &ans[1], got[1]);
    CHECK(memcmp(got[0], got[1], sizeof got[0]) == 0, "%s: %u channels: other pixels", name, channels);
    CHECK(same_stack(&ans[0], &ans[1]), "%s: %u channels: another stack", name, channels);
    ans_free(&ans[0]);
    ans_free(&ans[1]);
}

static void compare(const char *name, const struct mixture_coder *coder) {
    uint64_t seed = 17;
    printf("# %s\n", name);
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned channels = 1; channels <= 3; channels += 2) {
            draw((enum kind)kind, &seed);
            compare_batches(name, coder, channels);
            for (unsigned lanes = 1; lanes <= ANS_MAX_LANES; lanes *= 2) {
                push_and_pop(name, coder, channels, lanes);
                pop_noise(name, coder, channels, lanes, &seed);
            }
        }
    }
}

int main(void) {
    compare("reference", &mixture_reference);
    pop_counted(1, 1);
    pop_counted(3, 16);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        compare("avx2", &mixture_avx2);
    }
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        compare("avx512", &mixture_avx512);
    }
#elif defined(__aarch64__)
    compare("neon", &mixture_neon);
#endif
    return check_summary();
}
