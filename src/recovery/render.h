/*
 * From planes of coefficients to pixels, as libjpeg decodes a JPEG file: "islow" inverse transform,
 * triangle ("fancy") upsampling of colour at half resolution, JFIF's conversion to RGB.  All in
 * integers; part of the format.
 *
 * A picture need not start at the corner of a block: it is a window into a virtual larger picture, which
 * the planes describe, at a place within its first MCU, and reaches to its right and lower ends.
 */
#ifndef BSWZ_RENDER_H
#define BSWZ_RENDER_H

#include "jpeg/planes.h"
#include "pipeline/pool.h"

#include <stdbool.h>

/* Are planes such as can be rendered: one component with factors 1, or three of which the first has factors
 * 1 or 2 and the others 1, with the blocks that whole MCUs take? */
bool render_can(const struct jpeg_planes *planes);

/* Set the blocks' columns and rows that planes of this count, width, height and factors have. */
void render_shape(struct jpeg_planes *planes);

/* Samples of a component: out has 8 * columns of them a row, 8 * rows rows. */
void render_component(const struct jpeg_component *component, struct worker_pool *pool, uint8_t *out);

/* One row of a full-resolution plane from one of fewer samples.  samples: of 8 * columns a row, of which
 * known_columns (rows known_rows) count, the last repeated beyond. horizontal, vertical: factors, 1 or 2.
 * x, y: the first place and the row in the virtual picture. */
void render_row(const uint8_t *samples, size_t stride, uint32_t known_columns, uint32_t known_rows,
                unsigned horizontal, unsigned vertical, uint32_t x, uint32_t y, uint32_t count, uint8_t *out);

/* pixels: (planes->width - offset_x) * (planes->height - offset_y), 1 or 3 bytes each as planes->count says.
 * planes: render_can. Errors: MEMORY. */
enum bswz_status render_pixels(const struct jpeg_planes *planes, uint32_t offset_x, uint32_t offset_y,
                               struct worker_pool *pool, uint8_t *pixels, struct bswz_error *error);

#endif
