/* SPDX-License-Identifier: MIT */
/*
 * What the steps of the recovery share; internal to this directory.
 */
#ifndef BSWZ_UNJPEG_SOURCE_H
#define BSWZ_UNJPEG_SOURCE_H

#include "origin/colour_conversion.h"
#include "threads/loop.h"
#include "unjpeg/block_search.h"
#include "unjpeg/joint_block.h"

#include <stdbool.h>

/* How well the planes of a picture are known at a pixel. */
enum { PIXEL_CERTAIN = 0, PIXEL_CLIPPED = 1 };

/* The picture: planes of luma and colour, and the pixels that they were computed from. All constant. */
struct unjpeg_source {
    const uint8_t *rgb; /* NULL: grey, one plane */
    const uint8_t *plane[3];
    const uint8_t *doubt;                /* PIXEL_ ... of each pixel; NULL: grey */
    const struct conversion *conversion; /* of rgb */
    uint32_t width, height;
    unsigned offset_x, offset_y; /* position of the picture in the virtual one, which starts with an MCU */
    struct worker_pool *pool;
    struct block_scratch **scratch; /* one for each thread */
    struct joint_scratch **joint;   /* the same */
};

/* ---- full resolution (full_blocks.c) ---- */

/* Find the coefficients of the components at full resolution: all of them, or only luma; their planes have been
 * shaped and their steps are set. colour: NULL, or, for luma of a picture whose colour is at half resolution, the
 * planes of colour as they will be rendered. Blocks are written. */
void full_blocks_solve(const struct unjpeg_source *source, struct jpeg_planes *planes, unsigned count,
                       const uint8_t *const colour[2]);

/* Some undisturbed blocks of a component at full resolution, that is, neither uncertain nor cut by the edge of the
 * picture. Their coefficients and samples; at most `most`, spread over the picture. Returns their number. */
unsigned full_blocks_sample(const struct unjpeg_source *source, unsigned component, unsigned most,
                            float (*coefficients)[JPEG_BLOCK], struct block_bounds *bounds);

/* ---- half resolution (half_colour.c) ---- */

/* A plane at half resolution while its blocks are being found. */
struct half_plane {
    unsigned horizontal, vertical; /* how much smaller it is, 1 or 2, not both 1 */
    uint32_t columns, rows;        /* the samples that count, from the corner of the virtual picture */
    float *estimate;               /* [rows][columns]: samples, 0 ... 255, that approximately give the
                                           * picture's plane when upsampled */
    float *across;                 /* NULL, or [height of the picture][columns]: the rows, solved */
};

/* Planes 1 and 2. */
struct half_planes {
    struct half_plane plane[2];
    uint8_t *guess[2]; /* the picture's planes, with clipped pixels as they may have been, for smooth samples */
};

/* Allocate and estimate both, as many times smaller than the picture. If that fails, there is nothing to free.
 * Errors: MEMORY. */
enum bswz_status half_planes_open(const struct unjpeg_source *source, unsigned horizontal, unsigned vertical,
                                  struct half_planes *planes, struct bswz_error *error);
void half_planes_free(struct half_planes *planes);

/* Estimate the samples from a plane of the picture (guess: width * height bytes). If that is not the first time, the
 * guess differs only at clipped pixels. Errors: MEMORY. */
enum bswz_status half_plane_estimate(const struct unjpeg_source *source, const uint8_t *guess, struct half_plane *half,
                                     struct bswz_error *error);

/* For uncertain pixels, guess colours that give the pixel and are close to the rendered ones. Returns how many of
 * the rendered ones do not give it. */
size_t half_planes_guess(const struct unjpeg_source *source, uint8_t *const rendered[2], uint8_t *const guess[2]);

/* The noise of its coefficients. */
void half_plane_noise(const struct half_plane *half, float noise[JPEG_BLOCK]);

/* Coefficients of some blocks inside the picture, like full_blocks_sample; place: their column and row. */
unsigned half_plane_sample(const struct unjpeg_source *source, const struct half_plane *half, unsigned most,
                           float (*coefficients)[JPEG_BLOCK], uint32_t (*place)[2]);

/* Do these coefficients, with these steps, give the plane exactly in the middle of the block at that position? */
bool half_plane_check(const struct unjpeg_source *source, unsigned component, const struct half_plane *half,
                      const float coefficients[JPEG_BLOCK], const struct block_steps *steps, const uint32_t place[2]);

/* Find the blocks of planes 1 and 2, whose steps are set, and whose samples have been estimated. rendered: room for two
 * planes of the size of the picture; set to the rendered blocks. Errors: MEMORY. */
enum bswz_status half_colour_solve(const struct unjpeg_source *source, struct jpeg_planes *planes,
                                   struct half_planes *half, uint8_t *const rendered[2], struct bswz_error *error);

#endif
