/* SPDX-License-Identifier: MIT */
/*
 * Where the pixels come from: find the integers that an RGB picture was computed from, so that those can be coded
 * instead.
 *
 * An origin is a conversion planes -> RGB, entirely in integers, that the decoder runs forward, plus a list of
 * exceptions: pixels that the conversion does not reproduce. The encoder inverts the conversion and checks every
 * pixel, so an origin can never lose anything.
 */
#ifndef BSWZ_ORIGIN_H
#define BSWZ_ORIGIN_H

#include "base/error.h"
#include "image/known.h"
#include "image/picture.h"
#include "threads/pool.h"

#include <stdbool.h>

/* Values are part of the stream format. */
enum origin_kind {
    ORIGIN_RGB = 0,      /* none found: the planes are G, R, B */
    ORIGIN_JFIF = 1,     /* planes Y, Cb, Cr; libjpeg's integer conversion */
    ORIGIN_PHOTOYCC = 2, /* planes Y, C1, C2; Photo CD */
    ORIGIN_GREY = 3,     /* one plane; R = G = B */
    ORIGIN_KINDS
};

struct conversion;

/* One row for each origin (origins.c), in the order in which conversions are tried. */
struct origin_row {
    const char *name, *phrase; /* for lists and for notices */
    unsigned planes;
    void (*prepare)(struct conversion *conversion); /* NULL: no conversion, and so no exceptions */
    unsigned saves;       /* with a conversion: about how much per pixel, in tenths of a bit */
    bool has_half_chroma; /* planes 1 and 2 may be interpolated, and the picture mirrored */
    uint8_t unknown[3];   /* what stands for unknown pixels; RGB has that of the picture */
};
/* A value that is not an origin gets the row of ORIGIN_RGB. */
const struct origin_row *origin_row(enum origin_kind kind);

/* Three planes of width x height bytes, plane 0 first in coding order. Positions in exceptions (exceptions.c
 * describes the format) are those of the original picture, not of the mirrored one. */
struct origin_planes {
    enum origin_kind kind;
    /* PhotoYCC only: apart from the exceptions, planes 1 and 2 are the interpolation of their samples at even rows
     * and even columns (after the flips). */
    bool half_chroma;
    /* The planes are the picture mirrored left-right or upside down, which is done if the half-resolution grid
     * starts at an odd column or row (of an even size). */
    bool flip_x, flip_y;
    uint32_t width, height;
    /* origin_restore only: the planes are every 2^scale-th row and column of a picture of this size, to which the
     * exceptions belong; 0: all of it. Cannot be combined with flips. */
    unsigned scale;
    uint32_t whole_width, whole_height;
    uint8_t *plane[3];             /* each width * height bytes, allocated; for ORIGIN_GREY only plane[0] */
    struct byte_buffer exceptions; /* serialised but not compressed; empty if there are none */
};

/* Find the origin of an interleaved 8-bit RGB picture (3 bytes per pixel, no padding) and compute its planes. If
 * search is false, only ORIGIN_GREY and ORIGIN_RGB are considered. This is cheap if nothing is found: a sample of
 * pixels decides. Planes and exceptions belong to the caller. pool: NULL, or workers that share the search. */
enum bswz_status origin_find(const uint8_t *rgb, uint32_t width, uint32_t height, bool search, struct worker_pool *pool,
                             struct origin_planes *planes, struct bswz_error *error);

/* How far do pixels of a block look like JFIF's? */
struct origin_evidence {
    uint32_t
        telling; /* pixels unlike the one before that are neither grey nor clipped, as only a quarter of all colours is
                       * JFIF's */
    uint32_t exact; /* those of them that are */
    uint32_t wrong; /* pixels, like the one before or not, that JFIF does not give, or hardly */
};

/* Of interleaved RGB; blocks: of image/known.h, all of them. */
enum bswz_status origin_weigh(const uint8_t *rgb, uint32_t width, uint32_t height, struct origin_evidence *blocks,
                              struct bswz_error *error);

/* Is JFIF the origin of what is not known? Then the planes are found, *found is set, and known pixels stand in the planes
 * as origin_approach makes them; exceptions are about the others alone. */
enum bswz_status origin_find_part(const struct known_blocks *known, uint32_t width, uint32_t height, const uint8_t *rgb,
                                  struct worker_pool *pool, struct origin_planes *planes, bool *found,
                                  struct bswz_error *error);

/* JFIF planes of known pixels, as near as they come; the others are left alone. */
enum bswz_status origin_approach(const struct known_blocks *known, uint32_t width, uint32_t height, const uint8_t *rgb,
                                 uint8_t *const planes[3], struct bswz_error *error);

/* The forward direction, which the decoder runs: planes, with untrusted exceptions, -> interleaved RGB. rgb has
 * room for 3 * width * height bytes. Planes 1 and 2 are used unchanged, even with half_chroma. BSWZ_ERROR_CORRUPT
 * if the fields contradict each other or the exceptions are damaged. pool: NULL, or workers that share it. */
enum bswz_status origin_restore(const struct origin_planes *planes, struct worker_pool *pool, uint8_t *rgb,
                                struct bswz_error *error);

void origin_planes_free(struct origin_planes *planes);

/* The interpolation of half-resolution chroma, in place: samples at even rows and even columns are known, and all
 * others are computed from them. Beyond the right or lower edge the last known sample is repeated. */
void origin_interpolate_half(uint8_t *plane, uint32_t width, uint32_t height);

/* The phase of the JPEG 8x8 grid, found from one plane (luma or grey, bytes): 0 ... 63 = 8 * (row of the first
 * block boundary modulo 8) + column, or -1 if no grid is visible (quality 99 and above, flat, or smaller than
 * about 40 x 40 pixels). Phase 0: blocks start at the corner of the picture. pool as above. */
int origin_grid_phase(const uint8_t *plane, uint32_t width, uint32_t height, struct worker_pool *pool);

#endif
