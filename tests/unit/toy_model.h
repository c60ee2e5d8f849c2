/*
 * Model files with random weights, of any shape: what the codec must restore exactly
 * no matter how badly it predicts.  Layout: src/model/model_file.c.
 */
#ifndef TOY_MODEL_H
#define TOY_MODEL_H

#include "check.h"
#include "image/picture.h"

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

static inline void toy_net(struct byte_buffer *file, uint64_t *seed, unsigned planes, unsigned outputs, unsigned width,
                           unsigned depth, unsigned heads, bool grid) {
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
        toy_layer(file, seed, width, outputs, 1, true);
        for (unsigned i = 0; i < 3; i++) {
            toy_bytes(file, (uint64_t)toy_range(seed, 0, 120), 2);
        }
    }
}

/* n lattice levels, L latent layers, of the given width and depth. The finest level has a
 * pair of nets for JFIF alone, and one for the rest. */
static inline struct byte_buffer toy_model(unsigned levels, unsigned latents, unsigned width, unsigned depth) {
    enum { CHANNELS = 3, ALL = 15, JFIF_ALONE = 2 };
    struct byte_buffer file = {0};
    uint64_t seed = 99 + levels * 10 + latents;
    byte_buffer_append(&file, "\x8d" "BSM\r\n\x1a\n", 8, NULL);
    toy_bytes(&file, 2, 2);
    char name[32] = "toy";
    byte_buffer_append(&file, name, sizeof name, NULL);
    toy_bytes(&file, levels, 1);
    toy_bytes(&file, levels > 0 ? 2 : 0, 1);
    toy_bytes(&file, latents, 1);
    toy_bytes(&file, latents > 0 ? CHANNELS : 0, 1);
    for (unsigned i = 0; i < 4 * levels; i++) {
        toy_bytes(&file, i == levels, 1); /* head 1, level 0 */
    }
    if (levels > 0) {
        for (unsigned pair = 0; pair < 2; pair++) {
            toy_net(&file, &seed, 9, 40, width, depth, pair == 0 ? ALL : JFIF_ALONE, true);
            toy_net(&file, &seed, 15, 80, width, depth, pair == 0 ? ALL : JFIF_ALONE, true);
        }
    }
    for (unsigned i = 0; i < latents; i++) {
        toy_net(&file, &seed, i == 0 ? 12 : CHANNELS, 2 * CHANNELS, width, depth, i == 0 ? ALL : 1, false);
        toy_net(&file, &seed, CHANNELS, i == 0 ? 160 : 2 * CHANNELS, width, depth, i == 0 ? ALL : 1, false);
    }
    return file;
}

#endif
