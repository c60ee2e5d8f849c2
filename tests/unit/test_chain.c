/* SPDX-License-Identifier: MIT */
/*
 * Chains of pictures on one stack with pure latent models of random weights: both orders restore every picture,
 * the stack grows by the cost according to the model, and the orders differ in what they borrow.
 */
#include "../../bench/chain.h"
#include "toy_model.h"

#include <math.h>
#include <stdlib.h>

enum { PICTURES = 5, LARGEST = 40 * 33 * 3 };

/* Texture over a gradient that differs between pictures. */
static void draw(uint8_t *picture, size_t samples, uint64_t number) {
    uint64_t seed = 7 + number;
    for (size_t i = 0; i < samples; i++) {
        picture[i] = (uint8_t)(i / 16 + 30 * number + (noise(&seed) >> 59));
    }
}

struct cost {
    double net, elbo; /* bits of all pictures */
    double initial;
    uint64_t words;
};

/* Encode and decode; returns the cost. */
static struct cost code_chain(const struct bswz_model *model, enum latent_order order, uint32_t width, uint32_t height,
                              unsigned channels) {
    static uint8_t picture[PICTURES][LARGEST], restored[LARGEST];
    struct cost cost = {0};
    struct chain chain;
    struct bswz_error error = {0};
    double bits[MODEL_MAX_LATENTS + 1] = {0.0};
    uint64_t seed = 1;
    size_t bytes = 0;
    CHECK(chain_open(&chain, model, order, width, height, channels, &error) == BSWZ_OK, "%s", error.message);
    for (unsigned i = 0; i < PICTURES; i++) {
        draw(picture[i], chain.samples, i);
        CHECK(chain_elbo(&chain, picture[i], &seed, bits, &error) == BSWZ_OK, "%s", error.message);
        CHECK(chain_push(&chain, picture[i], &error) == BSWZ_OK, "%s", error.message);
    }
    for (unsigned layer = 0; layer <= model->latents; layer++) {
        cost.elbo += bits[layer];
    }
    cost.net = ans_bits(&chain.ans);
    cost.initial = -chain.ans.lowest;
    cost.words = chain.ans.borrowed;
    CHECK(chain_turn(&chain, &bytes, &error) == BSWZ_OK, "%s", error.message);
    CHECK(fabs(8.0 * (double)bytes - cost.net - 32.0 * (double)cost.words) < 128.0, "%zu bytes stored, %.0f bits",
          bytes, cost.net);
    for (unsigned i = PICTURES; i-- > 0;) {
        memset(restored, 0, sizeof restored);
        CHECK(chain_pop(&chain, restored, &error) == BSWZ_OK, "%s", error.message);
        CHECK(memcmp(restored, picture[i], chain.samples) == 0, "L %u, order %d, picture %u of %ux%ux%u",
              model->latents, order, i, width, height, channels);
    }
    CHECK(ans_is_initial(&chain.ans), "L %u, order %d", model->latents, order);
    chain_close(&chain);
    return cost;
}

/* Several tiles, odd edges, one channel and three, no latents at all; all latents on one grid, and on smaller and
 * smaller ones. */
static void round_trips(void) {
    for (unsigned i = 0; i < 10; i++) {
        static const unsigned numbers[5] = {0, 1, 2, 5, 8};
        struct bswz_model *model = load_toy_of(3 + i % 2, 0, numbers[i / 2], 16, 0);
        for (int order = LATENT_BIT_SWAP; order <= LATENT_BB_ANS; order++) {
            code_chain(model, (enum latent_order)order, 28, 28, 1);
            code_chain(model, (enum latent_order)order, 40, 33, 3);
            code_chain(model, (enum latent_order)order, 1, 3, 3);
        }
        bswz_model_free(model);
    }
}

/* The stack and the sum of masses draw different z, so they agree only up to chance: a value of z varies by a few bits,
 * and there are about ten thousand. The networks are those of the built-in model, without the lattice: popped values
 * have the distribution of the posterior only if the values pushed before were not too surprising, so that the stack
 * looks like noise. */
static void rate_is_elbo(void) {
    struct bswz_model model = *model_for_level(5, NULL);
    model.levels = 0;
    CHECK(model.latents >= 2, "%u layers", model.latents);
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        for (int order = LATENT_BIT_SWAP; order <= LATENT_BB_ANS; order++) {
            struct cost cost = code_chain(&model, (enum latent_order)order, 32, 32, channels);
            CHECK(fabs(cost.net - cost.elbo) < 0.003 * cost.elbo, "%u channels, order %d: %.0f bits, -ELBO %.0f",
                  channels, order, cost.net, cost.elbo);
            printf("# %u channels, order %d: %.0f bits on the stack, -ELBO %.0f\n", channels, order, cost.net,
                   cost.elbo);
        }
    }
}

/* With the lowest layers of one model: BB-ANS borrows for all layers, Bit-Swap only what lower layers have not
 * paid for. */
static void initial_bits(void) {
    struct bswz_model *model = load_toy(0, 8, 16, 0), lower = *model;
    double before = 0.0;
    for (lower.latents = 1; lower.latents <= 8; lower.latents++) {
        struct cost swap = code_chain(&lower, LATENT_BIT_SWAP, 32, 32, 3);
        struct cost all = code_chain(&lower, LATENT_BB_ANS, 32, 32, 3);
        CHECK(swap.initial > 0.0 && all.initial > before, "L %u: %.1f, %.1f", lower.latents, swap.initial, all.initial);
        CHECK(lower.latents == 1 ? all.initial == swap.initial : all.initial > swap.initial, "L %u: %.1f, %.1f",
              lower.latents, swap.initial, all.initial);
        /* borrowed words are not used completely, and the index of a pixel may take a few bits more than was noted */
        const double spare[2] = {32.0 * (double)swap.words - swap.initial, 32.0 * (double)all.words - all.initial};
        CHECK(spare[0] >= 0.0 && spare[0] <= 32.0 + WEIGHT_BITS && spare[1] >= 0.0 && spare[1] <= 32.0 + WEIGHT_BITS,
              "L %u: %llu words, %llu words", lower.latents, (unsigned long long)swap.words,
              (unsigned long long)all.words);
        printf("# L %u: initial bits %.1f in Bit-Swap order, %.1f in BB-ANS order\n", lower.latents, swap.initial,
               all.initial);
        before = all.initial;
    }
    bswz_model_free(model);
}

/* Layers of latents on grids that cannot be: the loader refuses them. */
static void impossible_grids(void) {
    enum { CELLS = 46 }; /* where they are in the file */
    struct byte_buffer file = toy_model_of(4, 0, 3, 16, 0, false);
    static const uint8_t cells[5][3] = {{2, 2, 1}, {1, 2, 1}, {2, 0, 1}, {2, 2, 3}, {2, 1, 1}};
    for (unsigned i = 0; i < 5; i++) {
        struct bswz_model *model;
        struct bswz_error error = {0};
        memcpy(file.data + CELLS, cells[i], 3);
        CHECK(bswz_model_load(file.data, file.size, &model, &error) == (i == 0 ? BSWZ_OK : BSWZ_ERROR_MODEL), "%u: %s",
              i, error.message);
        CHECK(i == 0 || i == 4 || strstr(error.message, "grid") != NULL, "%u: %s", i, error.message);
        bswz_model_free(model);
    }
    free(file.data);
}

static void refusals(void) {
    struct bswz_model *model = load_toy(1, 1, 16, 0), *pure = load_toy(0, 1, 16, 0);
    struct chain chain;
    struct bswz_error error = {0};
    CHECK(chain_open(&chain, model, LATENT_BIT_SWAP, 8, 8, 1, &error) == BSWZ_ERROR_ARGUMENT, "a lattice");
    chain_close(&chain);
    CHECK(chain_open(&chain, pure, LATENT_BIT_SWAP, 0, 8, 1, &error) == BSWZ_ERROR_ARGUMENT, "no pixels");
    chain_close(&chain);
    CHECK(chain_open(&chain, pure, LATENT_BIT_SWAP, 8, 8, 2, &error) == BSWZ_ERROR_ARGUMENT, "two channels");
    chain_close(&chain);
    bswz_model_free(model);
    bswz_model_free(pure);
}

int main(void) {
    round_trips();
    rate_is_elbo();
    initial_bits();
    impossible_grids();
    refusals();
    return check_summary();
}
