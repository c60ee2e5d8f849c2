/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a GIF file: its images, and everything around them.
 *
 * The walk is total and linear: it never looks beyond the end of the bytes, and says how far it came. It works on the
 * file itself and on its skeleton, the file without the data of coded images: there the walk continues right after the
 * code size. In the skeleton, images of a sequence have no local tables either.
 */
#ifndef BSWZ_GIF_BLOCKS_H
#define BSWZ_GIF_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GIF_TABLE_LARGEST = 256 };

struct gif_image {
    size_t data; /* position of its data, after the code size */
    uint32_t left, top, width, height;
    bool is_interlaced;
    unsigned index_bits; /* its code size; 0: not one that can be coded */
    size_t table;        /* position of its colours, three bytes each; meaningful if there are any */
    unsigned colours;    /* of the table; 0: none */
    bool has_own_table;  /* directly before the code size, or, if the walk is bare, missing there */
    unsigned disposal;   /* before the next image, its area becomes: 2 background, 3 what was there before */
    int transparent;     /* the index that leaves pixels unchanged; -1: none */
};

struct gif_walk {
    const uint8_t *bytes;
    size_t size, at;
    uint32_t width, height; /* of the screen */
    size_t global_table;
    unsigned global_colours;
    bool is_bare;      /* the local table of the next image is missing; set by the caller */
    unsigned disposal; /* of the next image */
    int transparent;
};

enum gif_step {
    GIF_IMAGE,  /* an image; its data is next */
    GIF_END,    /* the trailer has been passed */
    GIF_SHORT,  /* the bytes end before the trailer */
    GIF_DAMAGED /* the bytes here are not a block */
};

/* A file is recognised by this many bytes. */
#define GIF_SIGNATURE 6

/* The last byte of a file. */
#define GIF_TRAILER 0x3b

bool gif_is_signature(const uint8_t *bytes);

/* False: there is not even a header. */
bool gif_walk_begin(struct gif_walk *walk, const uint8_t *bytes, size_t size);
/* Go to the next image. If there is none, walk->at is the end of the valid part. */
enum gif_step gif_walk_next(struct gif_walk *walk, struct gif_image *image);
/* Step over the data of an image. False: the bytes end before the data; then walk->at is their end. */
bool gif_walk_data(struct gif_walk *walk);

#endif
