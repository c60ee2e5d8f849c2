/* SPDX-License-Identifier: MIT */
/*
 * The ANS stack, the logistic, and the mixture with its index by bits-back.
 */
#include "check.h"
#include "coder/mixture.h"
#include "coder/proof.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int below(uint64_t *seed, int limit) {
    return (int)((noise(seed) >> 33) % (uint64_t)limit);
}

/* Random pushes, written, read, popped in reverse; the length is the entropy. */
static void ans_round_trip(unsigned lanes) {
    enum { COUNT = 20000 };
    static uint32_t start[COUNT], frequency[COUNT];
    uint64_t seed = 11 + lanes;
    struct ans ans, back;
    double entropy = 0.0;
    ans_init(&ans, lanes);
    for (int i = 0; i < COUNT; i++) {
        frequency[i] = 1 + (uint32_t)below(&seed, i % 3 == 0 ? 3 : 1 << 20);
        start[i] = (uint32_t)below(&seed, (1 << 24) - (int)frequency[i]);
        ans_push(&ans, (unsigned)i % lanes, start[i], frequency[i], 24);
        entropy += 24.0 - log2(frequency[i]);
    }
    CHECK(fabs(ans_bits(&ans) - entropy) < 0.0001 * entropy, "%f bits for %f", ans_bits(&ans), entropy);
    struct byte_buffer bytes = {0};
    CHECK(ans_write(&ans, &bytes, NULL) == BSWZ_OK && ans_read(&back, bytes.data, bytes.size, NULL) == BSWZ_OK, "io");
    CHECK((double)bytes.size * 8 < entropy + 64.0 * lanes + 60, "size %zu", bytes.size);
    int wrong = 0;
    for (int i = COUNT; i-- > 0;) {
        uint32_t slot = ans_pop(&back, (unsigned)i % lanes, 24);
        wrong += slot < start[i] || slot >= start[i] + frequency[i];
        ans_pop_commit(&back, (unsigned)i % lanes, start[i], frequency[i], 24);
    }
    CHECK(wrong == 0, "%d wrong", wrong);
    CHECK(ans_is_initial(&back), "lanes %u: the stack does not end empty", lanes);
    ans_free(&ans);
    ans_free(&back);
    free(bytes.data);
}

/* Popping from an empty stack borrows, and pushing the samples back pays the loan. */
static void ans_borrowing(void) {
    struct ans ans, back;
    uint32_t slot[500];
    ans_init(&ans, 2);
    for (unsigned i = 0; i < 500; i++) {
        slot[i] = ans_pop(&ans, i % 2, 10);
        ans_pop_commit(&ans, i % 2, slot[i], 1, 10);
    }
    CHECK(ans.borrowed >= 500 * 10 / 32 - 4 && ans.borrowed <= 500 * 10 / 32 + 4, "borrowed %llu",
          (unsigned long long)ans.borrowed);
    struct byte_buffer bytes = {0};
    CHECK(ans_write(&ans, &bytes, NULL) == BSWZ_OK && ans_read(&back, bytes.data, bytes.size, NULL) == BSWZ_OK, "io");
    CHECK(!ans_is_initial(&back), "not yet paid back");
    for (unsigned i = 500; i-- > 0;) {
        ans_push(&back, i % 2, slot[i], 1, 10);
    }
    CHECK(ans_is_initial(&back), "the loan is paid back exactly");
    back.words[0] ^= 1;
    CHECK(!ans_is_initial(&back), "a changed loan is noticed");
    ans_free(&ans);
    ans_free(&back);
    for (size_t size = 0; size < bytes.size; size++) {
        if (ans_read(&back, bytes.data, size, NULL) == BSWZ_OK) {
            ans_free(&back);
        }
    }
    free(bytes.data);
}

/* Every mean and scale: a proper distribution, near the real logistic, and found again. */
static void logistic(void) {
    uint64_t seed = 3;
    double worst = 0.0;
    int improper = 0, lost = 0;
    for (int i = 0; i < 3000; i++) {
        int32_t mean = MEAN_LOWEST + below(&seed, MEAN_HIGHEST - MEAN_LOWEST + 1);
        int index = below(&seed, SCALE_COUNT);
        double scale = pow(2.0, index / 12.0) / 32.0;
        improper += logistic_below(mean, inverse_scale[index], 0) != 0 ||
                    logistic_below(mean, inverse_scale[index], 256) != 1 << LOGISTIC_BITS;
        for (int edge = 0; edge < 256; edge++) {
            uint32_t low = logistic_below(mean, inverse_scale[index], edge);
            uint32_t high = logistic_below(mean, inverse_scale[index], edge + 1);
            improper += high <= low;
            if (edge > 0) {
                double p = 1.0 / (1.0 + exp(-(edge - 0.5 - mean / 64.0) / scale));
                worst = fmax(worst, fabs(ldexp(low, -LOGISTIC_BITS) - p));
            }
        }
        for (int j = 0; j < 20; j++) {
            uint32_t slot = (uint32_t)below(&seed, 1 << LOGISTIC_BITS), start, frequency;
            if (j == 0) {
                slot = 0;
            } else if (j == 1) {
                slot = (1 << LOGISTIC_BITS) - 1;
            }
            int x = logistic_find(mean, inverse_scale[index], scale_of_index[index], slot, &start, &frequency);
            lost += slot < start || slot >= start + frequency || x < 0 || x > 255 ||
                    start != logistic_below(mean, inverse_scale[index], x) ||
                    start + frequency != logistic_below(mean, inverse_scale[index], x + 1);
        }
    }
    CHECK(improper == 0, "%d improper", improper);
    CHECK(lost == 0, "%d lost", lost);
    CHECK(worst < 0.0006, "differs from the logistic by %f", worst); /* inverse scales have 0.1 % */
}

static void random_outputs(uint64_t *seed, int16_t *outputs) {
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        int16_t *one = outputs + MIXTURE_FIELDS * k;
        for (int c = 0; c < 3; c++) {
            one[c] = (int16_t)(below(seed, 4000) - 2000);
            one[3 + c] = (int16_t)(500 + below(seed, 1000));
            one[6 + c] = (int16_t)(below(seed, 2048) - 512);
        }
        one[9] = (int16_t)(below(seed, 128) - 64);
    }
}

/* Net bits of bits-back against -log2 of the mixture: within 0.1 %, and exact inversion. */
static void mixture(unsigned channels, unsigned lanes, bool wild) {
    enum { COUNT = 20000 };
    static mixture_outputs outputs[COUNT];
    static uint8_t base[COUNT][3], pixel[COUNT][3];
    const struct mixture_growth growth = {{70, 40, 50}};
    uint64_t seed = 5 + channels;
    struct ans ans, back;
    double model_bits = 0.0;
    ans_init(&ans, lanes);
    for (int i = 0; i < COUNT; i++) {
        random_outputs(&seed, outputs[i]);
        for (int f = 0; wild && f < MIXTURE_OUTPUTS; f++) {
            outputs[i][f] = (int16_t)noise(&seed); /* anything that a hostile model could give */
        }
        for (unsigned c = 0; c < 3; c++) {
            base[i][c] = (uint8_t)noise(&seed);
            int near = base[i][c] + below(&seed, 61) - 30;
            pixel[i][c] = (uint8_t)(near < 0 ? 0 : near > 255 ? 255 : near);
        }
        struct prepared_pixel prepared;
        mixture_prepare(outputs[i], &growth, channels, base[i], pixel[i], &prepared);
        model_bits += mixture_bits(channels, &prepared);
        mixture_push(&ans, (unsigned)i % lanes, channels, &prepared);
    }
    double net = ans_bits(&ans);
    if (!wild) {
        CHECK(fabs(net - model_bits) < 0.001 * model_bits, "%u channels: %.1f net bits, the model says %.1f", channels,
              net, model_bits);
    }
    CHECK(ans.borrowed <= 2, "borrowed %llu", (unsigned long long)ans.borrowed);
    struct byte_buffer bytes = {0};
    CHECK(ans_write(&ans, &bytes, NULL) == BSWZ_OK && ans_read(&back, bytes.data, bytes.size, NULL) == BSWZ_OK, "io");
    int wrong = 0;
    for (int i = COUNT; i-- > 0;) {
        uint8_t got[3] = {0};
        mixture_pop(&back, (unsigned)i % lanes, channels, outputs[i], &growth, base[i], got);
        wrong += memcmp(got, pixel[i], channels) != 0;
    }
    CHECK(wrong == 0, "%d pixels wrong", wrong);
    CHECK(ans_is_initial(&back), "the stack ends as it began");
    ans_free(&ans);
    ans_free(&back);
    free(bytes.data);
}

/* One coded step of bits-back: pop a choice, push a symbol. Only what a decoder undoes is proved. */
static void push_step(struct ans *ans, unsigned i, uint32_t *choice) {
    *choice = ans_pop(ans, i % 2, 10);
    ans_pop_commit(ans, i % 2, *choice, 1, 10);
    ans_push(ans, i % 2, 5 * i, 5, 20);
}

static bool pop_step(struct ans *ans, unsigned i, uint32_t choice) {
    const uint32_t slot = ans_pop(ans, i % 2, 20);
    if (slot / 5 != i) {
        return false;
    }
    ans_pop_commit(ans, i % 2, 5 * i, 5, 20);
    ans_push(ans, i % 2, choice, 1, 10);
    return true;
}

/* Steps that borrow at first and then accumulate, each of them proved; and every change of the copy is noticed. */
static void proofs(void) {
    struct ans ans;
    struct proof proof = {.words = NULL};
    ans_init(&ans, 2);
    unsigned comes_back = 0, unnoticed = 0;
    for (unsigned i = 0; i < 300; i++) {
        uint32_t choice;
        CHECK(proof_begin(&proof, &ans, 1), "memory");
        push_step(&ans, i, &choice);
        struct ans *copy = proof_popping(&proof, &ans);
        comes_back += copy != NULL && pop_step(copy, i, choice) && proof_end(&proof, &ans);
        copy->state[i % 2] ^= 1;
        unnoticed += proof_end(&proof, &ans);
        copy->state[i % 2] ^= 1;
        if (copy->size > 0) {
            copy->words[0] ^= 1;
            unnoticed += proof_end(&proof, &ans);
            copy->words[0] ^= 1;
        }
        copy->size++;
        unnoticed += proof_end(&proof, &ans);
        copy->size--;
        copy->failed = true;
        unnoticed += proof_end(&proof, &ans);
    }
    CHECK(comes_back == 300, "%u of 300 steps come back", comes_back);
    CHECK(unnoticed == 0, "%u changes unnoticed", unnoticed);
    CHECK(ans.borrowed > 0 && ans.size > 20, "%llu words borrowed, %zu there", (unsigned long long)ans.borrowed,
          ans.size);
    /* more popped than was promised */
    uint32_t choice[20];
    CHECK(proof_begin(&proof, &ans, 1), "memory");
    for (unsigned i = 0; i < 20; i++) {
        choice[i] = ans_pop(&ans, 0, 20);
        ans_pop_commit(&ans, 0, choice[i], 1, 20);
    }
    CHECK(proof_popping(&proof, &ans) == NULL, "a stack that has lost more than was kept");
    proof_free(&proof);
    ans_free(&ans);
}

/* A decoder is at a mark when it has popped what was pushed since, and at no other time. */
static void marks(void) {
    struct ans ans, back;
    struct byte_buffer bytes = {0};
    struct ans_mark mark = {0};
    uint32_t choice[40];
    ans_init(&ans, 2);
    for (unsigned i = 0; i < 40; i++) {
        if (i == 20) {
            mark = ans_mark_of(&ans);
        }
        push_step(&ans, i, &choice[i]);
    }
    CHECK(ans_write(&ans, &bytes, NULL) == BSWZ_OK && ans_read(&back, bytes.data, bytes.size, NULL) == BSWZ_OK, "io");
    for (unsigned i = 40; i-- > 0;) {
        CHECK(ans_is_at(&back, &mark) == (i == 19), "step %u", i);
        CHECK(pop_step(&back, i, choice[i]), "step %u", i);
        if (i == 20) {
            back.words[0] ^= 1;
            CHECK(!ans_is_at(&back, &mark), "another word");
            back.words[0] ^= 1;
            back.state[1] ^= 1;
            CHECK(!ans_is_at(&back, &mark), "another state");
            back.state[1] ^= 1;
        }
    }
    CHECK(ans_is_initial(&back), "the end");
    ans_free(&ans);
    ans_free(&back);
    free(bytes.data);
}

int main(void) {
    proofs();
    marks();
    for (unsigned lanes = 1; lanes <= ANS_MAX_LANES; lanes *= 2) {
        ans_round_trip(lanes);
    }
    ans_borrowing();
    logistic();
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        mixture(channels, 1, false);
        mixture(channels, 4, false);
        mixture(channels, 4, true);
    }
    return check_summary();
}
