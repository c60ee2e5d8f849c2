/*
 * One pure latent model, one file of pictures: what chains of them cost in both orders
 * of coding, and what the model itself says that they should cost (-ELBO).
 *
 *     depth_study MODEL WIDTHxHEIGHTxCHANNELS [LIMIT] < pictures
 *
 * The pictures are interleaved samples, one picture after the other; LIMIT: no more than
 * so many. A chain of N pictures is the beginning of a longer one, so one chain of all
 * gives the figures for every N. It is stored, read again, decoded to its first picture and
 * compared with what came in; a difference ends the program with status 1.
 *
 * Lines with tabs; bits are per sample (sub-pixel) unless it says otherwise:
 *
 *     chain  L  ORDER  N  net  whole  elbo  initial  words  bytes
 *         for N in steps of about 12 %: net: what N pictures add to the stack; whole: the same with what
 *         the stack had to borrow, so the size of what is stored; elbo: -ELBO of the first N; initial: bits that
 *         the stack lacked at its emptiest; words: of 32 bits that it borrowed for that; bytes: of what is
 *         stored, for the chain of all, else "-"
 *     layer  L  l  bits
 *         parts of -ELBO of all: l = 0: -log2 p(x | z1), else log2 q(zl | z(l-1)) - log2 p(zl | z(l+1))
 *
 * -ELBO comes from the integer model's exact masses, with z drawn by another generator than the stack.
 */
#include "chain.h"

#include "allocate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Is a chain of n pictures among those that are printed? Twenty to a power of ten, and all. */
static bool is_printed(size_t n, size_t count) {
    return n == 1 || n == count || floor(20 * log10((double)n)) != floor(20 * log10((double)n - 1));
}

/* elbo[n]: bits of the first n + 1 pictures. */
static void sum_elbo(const struct bswz_model *model, const struct pictures *pictures, double *elbo) {
    struct bswz_error error = {0};
    struct chain chain;
    double bits[MODEL_MAX_LATENTS + 1] = {0.0};
    uint64_t seed = 20190515;
    check(chain_open(&chain, model, LATENT_BIT_SWAP, pictures->width, pictures->height, pictures->channels, &error),
          &error);
    for (size_t n = 0; n < pictures->count; n++) {
        check(chain_elbo(&chain, picture(pictures, n), &seed, bits, &error), &error);
        elbo[n] = 0.0;
        for (unsigned layer = 0; layer <= model->latents; layer++) {
            elbo[n] += bits[layer];
        }
    }
    for (unsigned layer = 0; layer <= model->latents; layer++) {
        printf("layer\t%u\t%u\t%.6f\n", model->latents, layer,
               bits[layer] / (double)pictures->samples / (double)pictures->count);
    }
    chain_close(&chain);
}

static bool code(const struct bswz_model *model, const struct pictures *pictures, enum latent_order order,
                 const double *elbo) {
    struct bswz_error error = {0};
    struct chain chain;
    size_t bytes = 0;
    bool same = true;
    uint8_t *restored = bswz_allocate(pictures->samples, 1);
    const char *name = order == LATENT_BIT_SWAP ? "bit-swap" : "bb-ans";
    check(chain_open(&chain, model, order, pictures->width, pictures->height, pictures->channels, &error), &error);
    if (restored == NULL) {
        fail("no memory for a picture");
    }
    for (size_t n = 1; n <= pictures->count; n++) {
        check(chain_push(&chain, picture(pictures, n - 1), &error), &error);
        if (is_printed(n, pictures->count)) {
            const double samples = (double)n * (double)pictures->samples, net = ans_bits(&chain.ans);
            printf("chain\t%u\t%s\t%zu\t%.6f\t%.6f\t%.6f\t%.1f\t%llu\t", model->latents, name, n, net / samples,
                   (net + 32.0 * (double)chain.ans.borrowed) / samples, elbo[n - 1] / samples, 0.0 - chain.ans.lowest,
                   (unsigned long long)chain.ans.borrowed);
            if (n < pictures->count) {
                printf("-\n");
            }
        }
    }
    check(chain_turn(&chain, &bytes, &error), &error);
    printf("%zu\n", bytes);
    for (size_t n = pictures->count; n-- > 0 && same;) {
        check(chain_pop(&chain, restored, &error), &error);
        same = memcmp(restored, picture(pictures, n), pictures->samples) == 0;
        if (!same) {
            fprintf(stderr, "depth_study: picture %zu of a chain in %s order does not come back\n", n, name);
        }
    }
    if (same && !ans_is_initial(&chain.ans)) {
        fprintf(stderr, "depth_study: a chain in %s order does not end where it began\n", name);
        same = false;
    }
    free(restored);
    chain_close(&chain);
    return same;
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fputs("usage: depth_study MODEL WIDTHxHEIGHTxCHANNELS [LIMIT] < pictures\n", stderr);
        return 2;
    }
    struct bswz_model *model = load_model(argv[1]);
    struct pictures pictures = read_pictures(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 0);
    double *elbo = bswz_allocate(pictures.count, sizeof *elbo);
    if (elbo == NULL) {
        fail("no memory");
    }
    sum_elbo(model, &pictures, elbo);
    bool same = code(model, &pictures, LATENT_BIT_SWAP, elbo) && code(model, &pictures, LATENT_BB_ANS, elbo);
    free(elbo);
    free(pictures.bytes.data);
    bswz_model_free(model);
    return same ? 0 : 1;
}
