/*
 * The screen that images are drawn on, in colours by number.
 *
 * Each colour of a file has a number, which is the same in all its tables; 0 is no colour: where nothing was drawn, and
 * what an image's transparent index has.  So images can be compared with what stood in their places before, whatever
 * their tables.
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
    uint32_t palette[GIF_TABLE_LARGEST]; /* different numbers, one for each index */
    unsigned colours;
    const uint32_t *before; /* what stands in its place */
    uint32_t *pixels;       /* room for the image */
};

/* The next image. bytes: those that image->table is a position in. The pointers hold until the next call. */
enum bswz_status gif_canvas_view(struct gif_canvas *canvas, const uint8_t *bytes, const struct gif_image *image,
                                 struct gif_view *view, struct bswz_error *error);
/* Its indices have become numbers, or its numbers indices. */
void gif_view_from_indices(const struct gif_view *view, const struct gif_image *image, const uint8_t *indices);
void gif_view_to_indices(struct gif_canvas *canvas, const struct gif_view *view, const struct gif_image *image,
                         uint8_t *indices);
/* view->pixels are the image: draw it. */
enum bswz_status gif_canvas_draw(struct gif_canvas *canvas, const struct gif_view *view, const struct gif_image *image,
                                 struct bswz_error *error);

#endif
