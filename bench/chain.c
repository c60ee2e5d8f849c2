/* SPDX-License-Identifier: MIT */
/*
 * Pictures to planes and back, for src/pyramid/latents.c (chain.h).
 */
#include "chain.h"

#include "base/allocate.h"
#include "image/picture.h"

#include <stdlib.h>
#include <string.h>

static const unsigned plane_of_channel[3] = {1, 0, 2}; /* green is coded first */

enum bswz_status chain_open(struct chain *chain, const struct bswz_model *model, enum latent_order order,
                            uint32_t width, uint32_t height, unsigned channels, struct bswz_error *error) {
    memset(chain, 0, sizeof *chain);
    if (model->levels > 0) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "model %s has lattice levels", model->name);
    }
    if ((channels != 1 && channels != 3) || width == 0 || height == 0 || width > PICTURE_MAX_SIDE ||
        height > PICTURE_MAX_SIDE) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pictures of an impossible shape");
    }
    const size_t pixels = (size_t)width * height;
    chain->order = order;
    chain->samples = pixels * channels;
    chain->context = (struct tile_context){.model = model,
                                           .head = channels == 1 ? HEAD_JFIF : HEAD_RGB,
                                           .grid_phase = -1,
                                           .planes = channels,
                                           .width = width,
                                           .height = height};
    for (unsigned c = 0; c < channels; c++) {
        chain->context.plane[c] = bswz_allocate(pixels, 1);
        if (chain->context.plane[c] == NULL) {
            return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for a picture");
        }
    }
    ans_init(&chain->ans, 1);
    return net_scratch_create(&chain->scratch, error);
}

void chain_close(struct chain *chain) {
    for (unsigned c = 0; c < chain->context.planes; c++) {
        free(chain->context.plane[c]);
    }
    net_scratch_free(&chain->scratch);
    ans_free(&chain->ans);
    memset(chain, 0, sizeof *chain);
}

/* The position of sample i of a picture in the planes. */
static uint8_t *plane_sample(struct chain *chain, size_t i) {
    const unsigned channels = chain->context.planes;
    return &chain->context.plane[channels == 1 ? 0 : plane_of_channel[i % channels]][i / channels];
}

static void take_picture(struct chain *chain, const uint8_t *picture) {
    for (size_t i = 0; i < chain->samples; i++) {
        *plane_sample(chain, i) = picture[i];
    }
}

enum bswz_status chain_push(struct chain *chain, const uint8_t *picture, struct bswz_error *error) {
    take_picture(chain, picture);
    enum bswz_status status = latents_push(&chain->context, chain->order, &chain->scratch, &chain->ans, error);
    return status == BSWZ_OK && chain->ans.failed ? bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the stack")
                                                  : status;
}

enum bswz_status chain_turn(struct chain *chain, size_t *bytes, struct bswz_error *error) {
    struct byte_buffer stored = {0};
    enum bswz_status status = ans_write(&chain->ans, &stored, error);
    if (status == BSWZ_OK) {
        ans_free(&chain->ans);
        status = ans_read(&chain->ans, stored.data, stored.size, error);
    }
    *bytes = stored.size;
    free(stored.data);
    return status;
}

enum bswz_status chain_pop(struct chain *chain, uint8_t *picture, struct bswz_error *error) {
    enum bswz_status status = latents_pop(&chain->context, chain->order, &chain->scratch, &chain->ans, NULL, error);
    for (size_t i = 0; i < chain->samples; i++) {
        picture[i] = *plane_sample(chain, i);
    }
    return status == BSWZ_OK && chain->ans.failed
               ? bswz_fail(error, BSWZ_ERROR_CORRUPT, "the stack ends before the chain")
               : status;
}

enum bswz_status chain_elbo(struct chain *chain, const uint8_t *picture, uint64_t *seed, double *bits,
                            struct bswz_error *error) {
    take_picture(chain, picture);
    return latents_elbo(&chain->context, seed, &chain->scratch, bits, error);
}
