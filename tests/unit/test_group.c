/*
 * Groups of coefficients: the vector code against the plain code, bit by bit, on usual and hostile outputs; what is
 * pushed is popped; and the cost is the mixture's own.
 */
#include "check.h"
#include "coder/group.h"
#include "coefficients/amplitude.h"

#include <math.h>
#include <string.h>

enum { STRIDE = 64, ROUNDS = 3000 };

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
    static const int16_t corners[] = {INT16_MIN, INT16_MIN + 1, -3000, -1, 0, 1, 7, 8, 2000, 3064, 3072, INT16_MAX - 1, INT16_MAX};
    static const int16_t ends[] = {-WIDE_LARGEST, -WIDE_LARGEST + 1, -1, 0, 1, WIDE_LARGEST - 1, WIDE_LARGEST};
    memset(drawn, 0, sizeof *drawn);
    drawn->batch = (struct group_batch){.blocks = 1 + (unsigned)below(seed, ANS_MAX_LANES), .outputs = drawn->outputs,
                                        .stride = STRIDE, .step = drawn->step, .count = 1 + (unsigned)below(seed, GROUP_LARGEST)};
    for (unsigned c = 0; c < GROUP_LARGEST; c++) {
        drawn->step[c] = amplitude_step(kind == USUAL ? 1 + (unsigned)below(seed, 60) : 1 + (unsigned)below(seed, 65535));
    }
    for (unsigned i = 0; i < ANS_MAX_LANES * STRIDE; i++) {
        drawn->outputs[i] = (int16_t)(kind == USUAL ? below(seed, 1500) : kind == CORNERS ? corners[below(seed, 13)] : (int)noise(seed));
    }
    for (unsigned b = 0; b < ANS_MAX_LANES; b++) {
        drawn->base[b] = below(seed, 4000) - 2000;
        for (unsigned c = 0; c < GROUP_LARGEST; c++) {
            drawn->coefficient[b][c] = (int16_t)(kind == USUAL ? below(seed, 21) - 10 : kind == CORNERS ? ends[below(seed, 7)] : below(seed, 2 * WIDE_LARGEST + 1) - WIDE_LARGEST);
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

/* -log2 of the mixture's probability, from the intervals. */
static double mixture_cost(const struct prepared_group *prepared, unsigned count) {
    double p = 0.0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        double one = ldexp(weights_width(prepared->prior_start, k), -WEIGHT_BITS);
        for (unsigned c = 0; c < count; c++) {
            one *= ldexp(prepared->frequency[c][k], -LOGISTIC_BITS);
        }
        p += one;
    }
    return -log2(p);
}

static void check_pop(const struct group_coder *coder, const struct drawn *drawn, const struct ans *full, const char *name) {
    struct ans ans = *full;
    int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
    uint32_t words[4096];
    memcpy(words, full->words, full->size * sizeof *words);
    ans.words = words;
    ans.capacity = 4096;
    coder->pop(&ans, &drawn->batch, coefficient);
    bool same = true;
    for (unsigned b = 0; b < drawn->batch.blocks; b++) {
        same = same && memcmp(coefficient[b], drawn->coefficient[b], drawn->batch.count * sizeof **coefficient) == 0;
    }
    CHECK(same && ans_is_initial(&ans), "%s: %u blocks of %u", name, drawn->batch.blocks, drawn->batch.count);
}

static void compare(enum kind kind) {
    uint64_t seed = 7 + (uint64_t)kind;
    double cost = 0.0;
    struct ans chain; /* of all rounds: each finds on it what bits-back wants */
    ans_init(&chain, ANS_MAX_LANES);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct drawn drawn;
        struct prepared_group prepared[ANS_MAX_LANES];
        struct ans ans;
        memset(prepared, 0, sizeof prepared);
        draw(&drawn, kind, &seed);
        group_reference.prepare(&drawn.batch, (const int16_t (*)[GROUP_LARGEST])drawn.coefficient, prepared);
        ans_init(&ans, ANS_MAX_LANES);
        group_push(&ans, drawn.batch.blocks, drawn.batch.count, prepared);
        group_push(&chain, drawn.batch.blocks, drawn.batch.count, prepared);
        for (unsigned b = 0; b < drawn.batch.blocks; b++) {
            cost += mixture_cost(&prepared[b], drawn.batch.count);
        }
        check_pop(&group_reference, &drawn, &ans, "plain");
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx2")) {
            struct prepared_group vector[ANS_MAX_LANES];
            memset(vector, 0, sizeof vector);
            group_avx2.prepare(&drawn.batch, (const int16_t (*)[GROUP_LARGEST])drawn.coefficient, vector);
            CHECK(memcmp(vector, prepared, sizeof prepared) == 0, "prepared by AVX2, kind %d, round %u", (int)kind, round);
            check_pop(&group_avx2, &drawn, &ans, "AVX2");
        }
#endif
        ans_free(&ans);
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
        compare(kind);
    }
    return check_summary();
}
