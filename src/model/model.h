/* SPDX-License-Identifier: MIT */
/*
 * Models: the weights of the networks, as stored in a file, checked once when loaded and never changed afterwards.
 */
#ifndef BSWZ_MODEL_H
#define BSWZ_MODEL_H

#include "bswz.h"
#include "base/error.h"

#include <stdbool.h>

/* A network has a first and a last layer for each head; the values are those of model files. Alpha planes and palette
 * indices use HEAD_JFIF with chroma 128, and so do grey pictures in networks without a head for them. */
enum model_head {
    HEAD_RGB = 0,
    HEAD_JFIF = 1,
    HEAD_PHOTOYCC = 2,
    HEAD_RGB_GRID = 3, /* RGB with a known JPEG grid */
    HEAD_GREY = 4,
    HEAD_GREY_GRID = 5 /* grey with a known JPEG grid */
};

/* The embedded model that a compression level 1 ... 9 uses. Never NULL. Loading
 * happens once, at the first call, and is safe from any thread; NULL only if the self-check fails (then *error says
 * so). */
const struct bswz_model *model_for_level(int level, struct bswz_error *error);

/* The embedded model with this hash, or NULL. */
const struct bswz_model *model_by_hash(uint64_t hash, struct bswz_error *error);

#endif
