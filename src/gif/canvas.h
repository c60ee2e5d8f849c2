/* SPDX-License-Identifier: MIT */
/*
 * The screen on which images are drawn, with numbers for colours.
 *
 * Each colour of a file has a number, which is the same in all of its tables. 0 is not a colour: it is used where
 * nothing was drawn, and for transparent indices. So an image can be compared with what was in its place before,
 * whatever its table.
 */
#ifndef BSWZ_GIF_CANVAS_H
#define BSWZ_GIF_CANVAS_H

#include "base/buffer.h"
#include "gif/blocks.h"

struct gif_canvas; /* one owner */

/* largest: pixels of the largest image that will be drawn. Errors: MEMORY. */
enum bswz_status gif_canvas_create(uint32_t width, uint32_t height, uint64_t largest, struct gif_canvas **canvas,
                                   struct bswz_error *error);
/* NULL is allowed. */
void gif_canvas_free(struct gif_canvas *canvas);

/* An image as numbers. */
struct gif_view {
    uint32_t palette[GIF_TABLE_LARGEST]; /* a different number for each index */
    unsigned colours;
    const uint32_t *before; /* what was in its place before */
    uint32_t *pixels;       /* room for the image */
};

/* Begin the next image. bytes: image->table is a position in these. The pointers are valid until the next call. */
enum bswz_status gif_canvas_view(struct gif_canvas *canvas, const uint8_t *bytes, const struct gif_image *image,
                                 struct gif_view *view, struct bswz_error *error);
/* Convert the indices of an image to numbers, and back. */
void gif_view_from_indices(const struct gif_view *view, const struct gif_image *image, const uint8_t *indices);
void gif_view_to_indices(struct gif_canvas *canvas, const struct gif_view *view, const struct gif_image *image,
                         uint8_t *indices);
/* Draw the image in view->pixels. */
enum bswz_status gif_canvas_draw(struct gif_canvas *canvas, const struct gif_view *view, const struct gif_image *image,
                                 struct bswz_error *error);

#endif
