/* SPDX-License-Identifier: MIT */
/*
 * Groups of coefficients: the vector code against the plain code, bit by bit, on usual and hostile outputs; everything
 * pushed is popped; and the cost is that of the mixture.
 */
#include "check.h"
#include "coder/group.h"
#include "coefficients/amplitude.h"

#include <math.h>
#include <string.h>

enum { STRIDE = 64, ROUNDS = 300 };

static int below(uint64_t *seed, int limit) {
    return (int)((noise(seed) >> 33) % (uint64_t)limit);
}

enum kind { USUAL, CORNERS, ANYTHING, KINDS };

struct drawn {
    int16_t outputs[ANS_MAX_LANES * STRIDE], coefficient[ANS_MAX_LANES][GROUP_LARGEST];
    int32_t base[ANS_MAX_LANES];
    struct group_step step[GROUP_LARGEST];
    struct group_batch batch;
};

static void draw(struct drawn *drawn, enum kind kind, uint64_t *seed) {
    static const int16_t corners[] = {INT16_MIN, INT16_MIN + 1, -3000,         -1,       0, 1, 7, 8, 2000,
                                      3064,      3072,          INT16_MAX - 1, INT16_MAX};
    static const int16_t ends[] = {-WIDE_LARGEST, -WIDE_LARGEST + 1, -1, 0, 1, WIDE_LARGEST - 1, WIDE_LARGEST};
    memset(drawn, 0, sizeof *drawn);
    drawn->batch = (struct group_batch){.blocks = 1 + (unsigned)below(seed, ANS_MAX_LANES),
                                        .outputs = drawn->outputs,
                                        .stride = STRIDE,
                                        .step = drawn->step,
                                        .count = 1 + (unsigned)below(seed, GROUP_LARGEST)};
    for (unsigned c = 0; c < GROUP_LARGEST; c++) {
        drawn->step[c] =
            amplitude_step(kind == USUAL ? 1 + (unsigned)below(seed, 60) : 1 + (unsigned)below(seed, 65535));
    }
    for (unsigned i = 0; i < ANS_MAX_LANES * STRIDE; i++) {
        drawn->outputs[i] = (int16_t)(kind == USUAL     ? below(seed, 1500)
                                      : kind == CORNERS ? corners[below(seed, 13)]
                                                        : (int)noise(seed));
    }
    for (unsigned b = 0; b < ANS_MAX_LANES; b++) {
        drawn->base[b] = below(seed, 4000) - 2000;
        for (unsigned c = 0; c < GROUP_LARGEST; c++) {
            drawn->coefficient[b][c] = (int16_t)(kind == USUAL     ? below(seed, 21) - 10
                                                 : kind == CORNERS ? ends[below(seed, 7)]
                                                                   : below(seed, 2 * WIDE_LARGEST + 1) - WIDE_LARGEST);
        }
    }
    const unsigned logits = (1 + MIXTURE_COMPONENTS) * drawn->batch.count;
    for (unsigned b = 0; kind == USUAL && b < ANS_MAX_LANES; b++) {
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            drawn->outputs[b * STRIDE + logits + k] = (int16_t)(below(seed, 200) - 100);
        }
    }
    if (drawn->batch.count == 1 && below(seed, 2) == 0) {
        drawn->batch.base = drawn->base;
    }
}

/* -log2 of the mixture's probability of block b, from the intervals. */
static double mixture_cost(const struct prepared_groups *prepared, unsigned b, unsigned count) {
    double p = 0.0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        const uint16_t end = prepared->prior_start[(k + 1) % MIXTURE_COMPONENTS][b];
        double one = ldexp((uint16_t)(end - prepared->prior_start[k][b]), -WEIGHT_BITS);
        for (unsigned c = 0; c < count; c++) {
            one *= ldexp(prepared->frequency[c][k][b], -LOGISTIC_BITS);
        }
        p += one;
    }
    return -log2(p);
}

static void copy_stack(const struct ans *from, struct ans *to) {
    ans_init(to, from->lanes);
    for (size_t i = 0; i < from->size; i++) {
        ans_store_word(to, from->words[i]);
    }
    memcpy(to->state, from->state, sizeof to->state);
    to->borrowed = from->borrowed;
}

static bool same_stacks(const struct ans *one, const struct ans *other) {
    return !one->failed && !other->failed && one->size == other->size && one->borrowed == other->borrowed &&
           memcmp(one->state, other->state, sizeof one->state) == 0 &&
           (one->size == 0 || memcmp(one->words, other->words, one->size * sizeof *one->words) == 0);
}

static bool same_column(const struct prepared_groups *one, const struct prepared_groups *other, unsigned b,
                        unsigned count) {
    bool same = true;
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        same = same && one->prior_start[k][b] == other->prior_start[k][b] &&
               one->posterior_start[k][b] == other->posterior_start[k][b];
        for (unsigned c = 0; c < count; c++) {
            same = same && one->start[c][k][b] == other->start[c][k][b] &&
                   one->frequency[c][k][b] == other->frequency[c][k][b];
        }
    }
    return same;
}

/* Prepare and push a batch on a stack, lanes at a time, as the plain code did from `before` to `after`; and pop. */
static void check_coder(const char *name, const struct group_coder *coder, const struct drawn *drawn,
                        const struct prepared_groups *expected, const struct ans *before, const struct ans *after) {
    struct prepared_groups prepared;
    struct ans ans;
    int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
    const unsigned blocks = drawn->batch.blocks, count = drawn->batch.count, lanes = before->lanes;
    bool same = true;
    memset(&prepared, 0, sizeof prepared);
    coder->prepare(&drawn->batch, (const int16_t(*)[GROUP_LARGEST])drawn->coefficient, &prepared);
    for (unsigned b = 0; b < blocks; b++) {
        same = same && same_column(&prepared, expected, b, count);
    }
    CHECK(same, "%s: prepared otherwise: %u blocks of %u", name, blocks, count);
    copy_stack(before, &ans);
    for (unsigned first = (blocks - 1) / lanes * lanes;; first -= lanes) {
        coder->push(&ans, first, blocks - first < lanes ? blocks - first : lanes, count, &prepared);
        if (first == 0) {
            break;
        }
    }
    CHECK(same_stacks(&ans, after), "%s: another stack: %u blocks of %u, %u lanes", name, blocks, count, lanes);
    for (unsigned first = 0; first < blocks; first += lanes) {
        struct group_batch batch = drawn->batch;
        batch.blocks = blocks - first < lanes ? blocks - first : lanes;
        batch.outputs += first * STRIDE;
        batch.base = batch.base == NULL ? NULL : batch.base + first;
        coder->pop(&ans, &batch, coefficient + first);
    }
    same = true;
    for (unsigned b = 0; b < blocks; b++) {
        same = same && memcmp(coefficient[b], drawn->coefficient[b], count * sizeof **coefficient) == 0;
    }
    CHECK(same, "%s: %u blocks of %u, %u lanes", name, blocks, count, lanes);
    /* a word that was borrowed meanwhile stays at the bottom */
    const size_t lent = ans.size - before->size;
    CHECK(memcmp(ans.state, before->state, sizeof ans.state) == 0 && lent == ans.borrowed - before->borrowed,
          "%s: the stack does not come back: %u blocks of %u, %u lanes", name, blocks, count, lanes);
    ans_free(&ans);
}

static void push_plainly(const struct drawn *drawn, const struct prepared_groups *prepared, struct ans *ans) {
    const unsigned blocks = drawn->batch.blocks;
    for (unsigned first = (blocks - 1) / ans->lanes * ans->lanes;; first -= ans->lanes) {
        group_reference.push(ans, first, blocks - first < ans->lanes ? blocks - first : ans->lanes, drawn->batch.count,
                             prepared);
        if (first == 0) {
            break;
        }
    }
}

static void compare(enum kind kind, unsigned lanes) {
    uint64_t seed = 7 + (uint64_t)kind;
    double cost = 0.0;
    struct ans chain; /* kept for all rounds, so that each finds bits on it for bits-back */
    ans_init(&chain, lanes);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct drawn drawn;
        struct prepared_groups prepared;
        struct ans before;
        memset(&prepared, 0, sizeof prepared);
        draw(&drawn, kind, &seed);
        group_reference.prepare(&drawn.batch, (const int16_t(*)[GROUP_LARGEST])drawn.coefficient, &prepared);
        copy_stack(&chain, &before);
        push_plainly(&drawn, &prepared, &chain);
        for (unsigned b = 0; b < drawn.batch.blocks; b++) {
            cost += mixture_cost(&prepared, b, drawn.batch.count);
        }
        check_coder("plain", &group_reference, &drawn, &prepared, &before, &chain);
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx2")) {
            check_coder("AVX2", &group_avx2, &drawn, &prepared, &before, &chain);
        }
        if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
            check_coder("AVX-512", &group_avx512, &drawn, &prepared, &before, &chain);
        }
#elif defined(__aarch64__)
        check_coder("NEON", &group_neon, &drawn, &prepared, &before, &chain);
#endif
        ans_free(&before);
    }
    const double bits = ans_bits(&chain);
    ans_free(&chain);
    if (kind == USUAL) {
        printf("# %.0f bits on the stacks, %.0f by the mixtures\n", bits, cost);
        CHECK(fabs(bits - cost) < 0.001 * cost, "%f bits, %f by the mixtures", bits, cost);
    }
}

int main(void) {
    for (enum kind kind = USUAL; kind < KINDS; kind++) {
        for (unsigned lanes = 1; lanes <= ANS_MAX_LANES; lanes *= 4) {
            compare(kind, lanes);
        }
    }
    return check_summary();
}
