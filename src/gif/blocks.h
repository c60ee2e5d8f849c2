/*
 * The blocks of a GIF file: where its images are, and what stands around them.
 *
 * The walk is total and linear: it looks at bytes, follows no promises beyond their end, and says how far it came.  It
 * serves the file itself and its skeleton, which is the file without the data of the images that are coded: there the
 * walk goes on right after the code size. Images of a sequence have no local tables there either.
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
    unsigned index_bits; /* of its code size; 0: not one that is coded here */
    size_t table;        /* position of its colours, three bytes each; meaningful where there are any */
    unsigned colours;    /* of the table; 0: none */
    bool has_own_table;  /* right in front of the code size, or, a bare one, missing there */
    unsigned disposal;   /* what becomes of it before the next image: 2 background, 3 what was there before */
    int transparent;     /* this index leaves what was there; -1: none does */
};

struct gif_walk {
    const uint8_t *bytes;
    size_t size, at;
    uint32_t width, height; /* of the screen */
    size_t global_table;
    unsigned global_colours;
    bool is_bare;      /* the local table of the next image is missing; the caller's to set */
    unsigned disposal; /* of the image to come */
    int transparent;
};

enum gif_step {
    GIF_IMAGE,  /* an image, whose data is next */
    GIF_END,    /* the trailer has been passed */
    GIF_SHORT,  /* the bytes end before it */
    GIF_DAMAGED /* what is here is no block */
};

/* At least this many bytes are looked at to recognise a file. */
#define GIF_SIGNATURE 6

/* The last byte of a file. */
#define GIF_TRAILER 0x3b

bool gif_is_signature(const uint8_t *bytes);

/* False: not even a header. */
bool gif_walk_begin(struct gif_walk *walk, const uint8_t *bytes, size_t size);
/* On to the next image. Where there is none, walk->at is the end of what makes sense. */
enum gif_step gif_walk_next(struct gif_walk *walk, struct gif_image *image);
/* Step over an image's data. False: the bytes end before it does; then walk->at is their end. */
bool gif_walk_data(struct gif_walk *walk);

#endif
