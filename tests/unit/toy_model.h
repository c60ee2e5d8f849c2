/* SPDX-License-Identifier: MIT */
/*
 * Model files with random weights, of any shape: the codec must restore everything exactly, no matter how badly they
 * predict. Layout: src/model/model_file.c.
 *
 * An apt model hardly depends on its input and always makes about the same guess, which is good enough for smooth
 * pictures. So an encoder chooses it, whereas a model with random guesses would lose to every other method.
 */
#ifndef TOY_MODEL_H
#define TOY_MODEL_H

#include "check.h"
#include "image/picture.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

static inline void toy_bytes(struct byte_buffer *file, uint64_t value, unsigned count) {
    uint8_t bytes[8];
    for (unsigned i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    byte_buffer_append(file, bytes, count, NULL);
}

static inline int64_t toy_range(uint64_t *seed, int64_t low, int64_t high) {
    return low + (int64_t)((noise(seed) >> 20) % (uint64_t)(high - low + 1));
}

static inline void toy_layer(struct byte_buffer *file, uint64_t *seed, unsigned in, unsigned out, unsigned taps,
                             bool wide) {
    for (unsigned o = 0; o < out; o++) {
        toy_bytes(file, (uint64_t)toy_range(seed, 6, 9), 1);
    }
    for (unsigned o = 0; o < out; o++) {
        toy_bytes(file, (uint64_t)toy_range(seed, -20000, 40000), 4);
    }
    for (unsigned i = 0; i < in * out * taps; i++) {
        toy_bytes(file, (uint64_t)(wide ? toy_range(seed, -200, 200) : toy_range(seed, -60, 60)), wide ? 2 : 1);
    }
}

/* The meaning of the outputs of a network. */
enum toy_outputs {
    TOY_PIXELS,
    TOY_COARSEST, /* pixels about which nothing is known */
    TOY_LATENTS,
    TOY_GROUP /* of coefficients */
};

/* The guess of an apt network: every logistic is in its place, with a scale that is often right. */
static inline int64_t toy_guess(enum toy_outputs kind, unsigned output, unsigned outputs) {
    enum { FIELDS = 10, COMPONENTS = 4, OCTAVE = 12 * 16 }; /* coder/mixture.h, coder/group.h, coder/mixture_tables.h */
    const unsigned field = output % FIELDS, component = output / FIELDS % COMPONENTS;
    const unsigned group = (outputs - COMPONENTS) / (1 + COMPONENTS);
    switch (kind) {
    case TOY_LATENTS: return output < outputs / 2 ? 0 : 9 * OCTAVE;
    case TOY_GROUP:
        return output < group || output >= group * (1 + COMPONENTS) ? 0 : (4 + (output - group) / group) * OCTAVE;
    case TOY_PIXELS:
    case TOY_COARSEST:
    default:
        return field < 3                             ? 0
               : field < 6                           ? ((kind == TOY_PIXELS ? 5 : 7) + component) * OCTAVE
               : field < 9                           ? 512
               : kind == TOY_PIXELS && component < 2 ? 80
                                                     : 0; /* few pixels are surprising */
    }
}

/* The last layer of a network: toy_layer, or one that guesses. */
static inline void toy_last(struct byte_buffer *file, uint64_t *seed, unsigned in, unsigned outputs,
                            enum toy_outputs kind, bool apt) {
    if (!apt) {
        toy_layer(file, seed, in, outputs, 1, true);
        return;
    }
    for (unsigned o = 0; o < outputs; o++) {
        toy_bytes(file, 8, 1);
    }
    for (unsigned o = 0; o < outputs; o++) {
        toy_bytes(file, (uint64_t)(toy_guess(kind, o, outputs) * 256), 4);
    }
    for (unsigned i = 0; i < in * outputs; i++) {
        toy_bytes(file, (uint64_t)toy_range(seed, -2, 2), 2);
    }
}

static inline void toy_net(struct byte_buffer *file, uint64_t *seed, unsigned planes, unsigned outputs, unsigned width,
                           unsigned depth, unsigned heads, bool grid, enum toy_outputs kind, bool apt) {
    toy_bytes(file, planes, 2);
    toy_bytes(file, outputs, 2);
    toy_bytes(file, width, 2);
    toy_bytes(file, depth, 1);
    toy_bytes(file, heads, 1);
    for (unsigned head = 0; heads >> head != 0; head++) {
        if (!(heads >> head & 1)) {
            continue;
        }
        toy_layer(file, seed, planes, width, 9, true);
        toy_bytes(file, grid && head != 2, 1);
        for (unsigned i = 0; grid && head != 2 && i < 64 * width; i++) {
            toy_bytes(file, (uint64_t)toy_range(seed, -300, 300), 2);
        }
    }
    for (unsigned l = 0; l <= depth; l++) {
        toy_layer(file, seed, width, width, l < depth ? 9 : 1, false);
    }
    for (unsigned head = 0; heads >> head != 0; head++) {
        if (!(heads >> head & 1)) {
            continue;
        }
        toy_last(file, seed, width, outputs, kind, apt);
        for (unsigned i = 0; i < 3; i++) {
            toy_bytes(file, (uint64_t)toy_range(seed, 0, 120), 2);
        }
    }
}

/* n lattice levels, L latent layers, of the given width and depth. The finest level has a pair of networks for JFIF,
 * one for grey with and without a grid, and one for the rest; at the other levels, grey uses the pair for JFIF. Files
 * of version 2 have nothing for grey; in those of version 4, every other layer of latents halves the grid of the layer
 * below. */
static inline struct byte_buffer toy_model_of(unsigned version, unsigned levels, unsigned latents, unsigned width,
                                              unsigned depth, bool apt) {
    enum { CHANNELS = 3, ALL = 15 };
    static const unsigned pair_heads[3] = {ALL, 1 << 1, 1 << 4 | 1 << 5};
    const unsigned pairs = levels == 0 ? 0 : version == 2 ? 2 : 3, heads_known = version == 2 ? 4 : 6;
    struct byte_buffer file = {0};
    uint64_t seed = 99 + levels * 10 + latents;
    byte_buffer_append(&file,
                       "\x8d"
                       "BSM\r\n\x1a\n",
                       8, NULL);
    toy_bytes(&file, version, 2);
    char name[32] = "toy";
    byte_buffer_append(&file, name, sizeof name, NULL);
    toy_bytes(&file, levels, 1);
    toy_bytes(&file, pairs, 1);
    toy_bytes(&file, latents, 1);
    toy_bytes(&file, latents > 0 ? CHANNELS : 0, 1);
    for (unsigned i = 0; i < latents && version >= 4; i++) {
        toy_bytes(&file, i == 0 || i % 2 == 1 ? 2 : 1, 1);
    }
    for (unsigned head = 0; head < heads_known; head++) {
        for (unsigned level = 0; level < levels; level++) {
            toy_bytes(&file, level > 0 ? 0 : head == 1 ? 1 : head >= 4 ? 2 : 0, 1);
        }
    }
    for (unsigned pair = 0; pair < pairs; pair++) {
        toy_net(&file, &seed, 9, 40, width, depth, pair_heads[pair], true, TOY_PIXELS, apt);
        toy_net(&file, &seed, 15, 80, width, depth, pair_heads[pair], true, TOY_PIXELS, apt);
    }
    for (unsigned i = 0; i < latents; i++) {
        const unsigned heads = i == 0 ? ALL : 1, each = version >= 4 && i % 2 == 1 ? 4 : 1;
        toy_net(&file, &seed, i == 0 ? 12 : each * CHANNELS, 2 * CHANNELS, width, depth, heads, false, TOY_LATENTS,
                apt);
        toy_net(&file, &seed, CHANNELS, i == 0 ? 160 : each * 2 * CHANNELS, width, depth, heads, false,
                i == 0 ? TOY_COARSEST : TOY_LATENTS, apt);
    }
    return file;
}

static inline struct byte_buffer toy_model(unsigned levels, unsigned latents, unsigned width, unsigned depth) {
    return toy_model_of(3, levels, latents, width, depth, false);
}

/* Such models, loaded. */
static inline struct bswz_model *load_toy_of(unsigned version, unsigned levels, unsigned latents, unsigned width,
                                             unsigned depth) {
    struct byte_buffer file = toy_model_of(version, levels, latents, width, depth, false);
    struct bswz_model *model = NULL;
    struct bswz_error error = {0};
    enum bswz_status status = bswz_model_load(file.data, file.size, &model, &error);
    CHECK(status == BSWZ_OK, "n %u, L %u: %s", levels, latents, error.message);
    free(file.data);
    return model;
}

static inline struct bswz_model *load_toy(unsigned levels, unsigned latents, unsigned width, unsigned depth) {
    return load_toy_of(3, levels, latents, width, depth);
}

#endif
