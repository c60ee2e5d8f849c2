/* SPDX-License-Identifier: MIT */
/*
 * One pure latent model, one file of pictures: what chains of them cost in both orders of coding, and what they
 * should cost according to the model itself (-ELBO).
 *
 *     depth_study MODEL WIDTHxHEIGHTxCHANNELS [LIMIT] < pictures
 *
 * The pictures are interleaved samples, one picture after another; LIMIT: the largest number of pictures. The program
 * codes one chain of all of them and, to see short chains without depending on the first pictures, each hundred
 * separately. Each chain is stored, read again, decoded to its first picture and compared with the input; a difference
 * ends the program with status 1.
 *
 * It prints lines of tab-separated fields; bits are per sample (sub-pixel) unless stated otherwise:
 *
 *     chain  L  ORDER  N  chains  net  whole  elbo  initial  words  bytes
 *         for N in steps of about 12 %, the first N pictures of a chain; up to 100 the mean over all hundreds
 *         (chains: their number), above it the chain of all. net: what N pictures add to the stack; whole: the
 *         same plus what the stack had to borrow, which is the size of what is stored; elbo: -ELBO of the same
 *         pictures; initial: bits that the stack was short of at its emptiest; words: of 32 bits that it borrowed
 *         for that; bytes: of what is stored, for the chain of all, else "-"
 *     layer  L  l  bits
 *         parts of -ELBO of all: l = 0: -log2 p(x | z1), else log2 q(zl | z(l-1)) - log2 p(zl | z(l+1))
 *     model  L  products  weights
 *         multiplications per pixel, to encode or to decode; weights of all networks, for the head that is used
 *
 * -ELBO is computed from the exact masses of the integer model, with z drawn from a generator that is independent
 * of the stack.
 */
#include "chain.h"

#include "base/allocate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 100 }; /* pictures in the shorter chains */

struct pictures {
    uint32_t width, height;
    unsigned channels;
    size_t samples; /* of one */
    size_t count;
    struct byte_buffer bytes;
};

static void fail(const char *why) {
    fprintf(stderr, "depth_study: %s\n", why);
    exit(1);
}

static void check(enum bswz_status status, const struct bswz_error *error) {
    if (status != BSWZ_OK) {
        fail(error->message);
    }
}

static void read_all(FILE *file, struct byte_buffer *bytes) {
    static uint8_t part[1 << 16];
    struct bswz_error error = {0};
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;) {
        check(byte_buffer_append(bytes, part, got, &error), &error);
    }
    if (ferror(file)) {
        fail("cannot read");
    }
}

static struct bswz_model *load_model(const char *path) {
    struct byte_buffer bytes = {0};
    struct bswz_model *model = NULL;
    struct bswz_error error = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    read_all(file, &bytes);
    fclose(file);
    check(bswz_model_load(bytes.data, bytes.size, &model, &error), &error);
    free(bytes.data);
    return model;
}

static struct pictures read_pictures(const char *shape, size_t limit) {
    struct pictures pictures = {0};
    char end;
    if (sscanf(shape, "%ux%ux%u%c", &pictures.width, &pictures.height, &pictures.channels, &end) != 3 ||
        pictures.width == 0 || pictures.width > 1 << 16 || pictures.height == 0 || pictures.height > 1 << 16 ||
        (pictures.channels != 1 && pictures.channels != 3)) {
        fail("the shape of the pictures must be WIDTHxHEIGHTx1 or x3");
    }
    pictures.samples = (size_t)pictures.width * pictures.height * pictures.channels;
    read_all(stdin, &pictures.bytes);
    pictures.count = pictures.bytes.size / pictures.samples;
    if (pictures.count == 0 || pictures.bytes.size % pictures.samples != 0) {
        fail("the input is no whole number of pictures");
    }
    pictures.count = limit > 0 && limit < pictures.count ? limit : pictures.count;
    return pictures;
}

static const uint8_t *picture(const struct pictures *pictures, size_t number) {
    return pictures->bytes.data + number * pictures->samples;
}

/* The multiplications for a position of a network, equal to its weights with one head. */
static size_t net_weights(const struct net *net) {
    return (size_t)net->width * (9 * net->planes + 9 * net->depth * net->width + net->width + net->outputs);
}

static void print_model(const struct bswz_model *model) {
    size_t weights = 0;
    double products = 0.0;
    for (unsigned layer = 0, pixels = 1; layer < model->latents; layer++) { /* pixels: under a position */
        const size_t own = net_weights(&model->latent[layer].posterior) + net_weights(&model->latent[layer].likelihood);
        pixels *= model->latent_cell[layer] * model->latent_cell[layer];
        weights += own;
        products += (double)own / pixels;
    }
    printf("model\t%u\t%.0f\t%zu\n", model->latents, products, weights);
}

/* Is a chain of n pictures one of those that are printed? Twenty per power of ten, and all. */
static bool is_printed(size_t n, size_t count) {
    return n == 1 || n == count || floor(20 * log10((double)n)) != floor(20 * log10((double)n - 1));
}

/* elbo[n]: bits of the first n pictures. */
static void sum_elbo(const struct bswz_model *model, const struct pictures *pictures, double *elbo) {
    struct bswz_error error = {0};
    struct chain chain;
    double bits[MODEL_MAX_LATENTS + 1] = {0.0};
    uint64_t seed = 20190515;
    check(chain_open(&chain, model, LATENT_BIT_SWAP, pictures->width, pictures->height, pictures->channels, &error),
          &error);
    elbo[0] = 0.0;
    for (size_t n = 0; n < pictures->count; n++) {
        check(chain_elbo(&chain, picture(pictures, n), &seed, bits, &error), &error);
        elbo[n + 1] = 0.0;
        for (unsigned layer = 0; layer <= model->latents; layer++) {
            elbo[n + 1] += bits[layer];
        }
    }
    for (unsigned layer = 0; layer <= model->latents; layer++) {
        printf("layer\t%u\t%u\t%.6f\n", model->latents, layer,
               bits[layer] / (double)pictures->samples / (double)pictures->count);
    }
    chain_close(&chain);
}

/* Sums over chains, for their first N pictures. */
struct point {
    size_t chains;
    double net, elbo, initial; /* bits */
    double words;
};

struct study {
    const struct bswz_model *model;
    const struct pictures *pictures;
    const double *elbo;   /* [count + 1] */
    struct point *points; /* [count + 1], by N; for one order */
    uint8_t *restored;
};

/* Code pictures first ... first + count - 1 as a chain, and decode it; add its parts of `shortest` and more
 * pictures to the points. Returns the size in bytes of what is stored, or 0 if a picture does not come back. */
static size_t code_chain(struct study *study, enum latent_order order, size_t first, size_t count, size_t shortest) {
    const struct pictures *pictures = study->pictures;
    struct bswz_error error = {0};
    struct chain chain;
    size_t bytes = 0;
    check(chain_open(&chain, study->model, order, pictures->width, pictures->height, pictures->channels, &error),
          &error);
    for (size_t n = 1; n <= count; n++) {
        check(chain_push(&chain, picture(pictures, first + n - 1), &error), &error);
        if (n >= shortest) {
            struct point *point = &study->points[n];
            point->chains++;
            point->net += ans_bits(&chain.ans);
            point->elbo += study->elbo[first + n] - study->elbo[first];
            point->initial += 0.0 - chain.ans.lowest;
            point->words += (double)chain.ans.borrowed;
        }
    }
    check(chain_turn(&chain, &bytes, &error), &error);
    for (size_t n = count; n-- > 0 && bytes > 0;) {
        check(chain_pop(&chain, study->restored, &error), &error);
        if (memcmp(study->restored, picture(pictures, first + n), pictures->samples) != 0) {
            fprintf(stderr, "depth_study: picture %zu of a chain does not come back\n", first + n);
            bytes = 0;
        }
    }
    if (bytes > 0 && !ans_is_initial(&chain.ans)) {
        fprintf(stderr, "depth_study: a chain does not end where it began\n");
        bytes = 0;
    }
    chain_close(&chain);
    return bytes;
}

static bool code(struct study *study, enum latent_order order) {
    const size_t count = study->pictures->count, blocks = count > BLOCK ? count / BLOCK : 0;
    memset(study->points, 0, (count + 1) * sizeof *study->points);
    for (size_t block = 0; block < blocks; block++) {
        if (code_chain(study, order, block * BLOCK, BLOCK, 1) == 0) {
            return false;
        }
    }
    size_t bytes = code_chain(study, order, 0, count, blocks > 0 ? BLOCK + 1 : 1);
    for (size_t n = 1; n <= count && bytes > 0; n++) {
        if (is_printed(n, count)) {
            const struct point *point = &study->points[n];
            const double chains = (double)point->chains,
                         samples = chains * (double)n * (double)study->pictures->samples;
            printf("chain\t%u\t%s\t%zu\t%zu\t%.6f\t%.6f\t%.6f\t%.1f\t%.1f\t", study->model->latents,
                   order == LATENT_BIT_SWAP ? "bit-swap" : "bb-ans", n, point->chains, point->net / samples,
                   (point->net + 32.0 * point->words) / samples, point->elbo / samples, point->initial / chains,
                   point->words / chains);
            if (n < count) {
                printf("-\n");
            } else {
                printf("%zu\n", bytes);
            }
        }
    }
    return bytes > 0;
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fputs("usage: depth_study MODEL WIDTHxHEIGHTxCHANNELS [LIMIT] < pictures\n", stderr);
        return 2;
    }
    struct bswz_model *model = load_model(argv[1]);
    struct pictures pictures = read_pictures(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 0);
    double *elbo = bswz_allocate(pictures.count + 1, sizeof *elbo);
    struct study study = {.model = model,
                          .pictures = &pictures,
                          .elbo = elbo,
                          .points = bswz_allocate(pictures.count + 1, sizeof *study.points),
                          .restored = bswz_allocate(pictures.samples, 1)};
    if (elbo == NULL || study.points == NULL || study.restored == NULL) {
        fail("no memory");
    }
    print_model(model);
    sum_elbo(model, &pictures, elbo);
    bool same = code(&study, LATENT_BIT_SWAP) && code(&study, LATENT_BB_ANS);
    free(elbo);
    free(study.points);
    free(study.restored);
    free(pictures.bytes.data);
    bswz_model_free(model);
    return same ? 0 : 1;
}
