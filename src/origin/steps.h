/* SPDX-License-Identifier: MIT */
/*
 * The steps of the search for an origin; internal to this directory.
 *
 * solve.c turns a picture into planes, half_chroma.c looks for half-resolution chroma in them, exceptions.c lists
 * what the planes get wrong. Each shares its passes over the picture with the pool's workers (NULL: none), row by
 * row or along diagonals, and its result does not depend on their number.
 */
#ifndef BSWZ_ORIGIN_STEPS_H
#define BSWZ_ORIGIN_STEPS_H

#include "origin/colour_conversion.h"
#include "origin/exceptions.h"
#include "origin/wavefront.h"

/* Do the sampled pixels of a picture (interleaved RGB, width * height pixels) come from this conversion? Looks at
 * a few thousand at most, unless most pixels are uninformative (clipped or grey). Needs several different colours
 * to be sure. */
bool solve_sample(const struct conversion *conversion, const uint8_t *rgb, size_t pixels);

/* Planes 0, 1, 2 (width * height bytes each, written) of a whole picture. exact, one byte per pixel, is set to 1
 * if the preimage is unique and certain: no channel is clipped and the conversion gives the pixel; otherwise to 0.
 * Returns false if more than a twentieth of the pixels are clipped and have no preimage. */
bool solve_planes(const struct conversion *conversion, const uint8_t *rgb, uint32_t width, uint32_t height,
                  uint8_t *const planes[3], uint8_t *exact, struct worker_pool *pool);

/* Rows that a thread takes at a time if they do not depend on each other. */
#define ROWS_AT_ONCE 16

/* The number of rounds of ROWS_AT_ONCE rows in a picture. */
static inline size_t row_rounds(uint32_t height) {
    return ((size_t)height + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
}

/* The end of the rows of a round. */
static inline uint32_t round_end(size_t round, uint32_t height) {
    const size_t end = (round + 1) * ROWS_AT_ONCE;
    return end < height ? (uint32_t)end : height;
}

/* Is chroma interpolated from half resolution? planes and exact are those of solve_planes. If true, *odd_columns
 * and *odd_rows say where the known samples are. Only phases that the flips of struct origin_planes can bring to
 * even rows and columns are considered. */
bool half_chroma_find(const uint8_t *const planes[3], const uint8_t *exact, uint32_t width, uint32_t height,
                      bool *odd_columns, bool *odd_rows, struct worker_pool *pool);

/* Turn planes 1 and 2 into an interpolation of their samples at even rows and columns that leaves as few pixels as
 * possible without a plane 0 that gives them exactly, and set plane 0 accordingly. rgb, planes and exact have
 * already been flipped so that the known samples are there. */
void half_chroma_fit(const struct conversion *conversion, const uint8_t *rgb, uint32_t width, uint32_t height,
                     uint8_t *const planes[3], const uint8_t *exact, struct worker_pool *pool);

/* Run the decoder's conversion on planes, and list in planes->exceptions (initially empty) what differs from the
 * picture. */
enum bswz_status exceptions_collect(const struct conversion *conversion, const uint8_t *rgb,
                                    struct origin_planes *planes, struct worker_pool *pool, struct bswz_error *error);

/* Row y of the picture, 3 * width bytes, from planes that may be flipped. */
void restore_row(const struct conversion *conversion, const struct origin_planes *planes, uint32_t y, uint8_t *rgb);

#endif
