/* SPDX-License-Identifier: MIT */
/*
 * From planes of coefficients to pixels, as libjpeg decodes a JPEG file: "islow" inverse transform, triangle
 * ("fancy") upsampling of colour at half resolution, JFIF conversion to RGB. All in integers, and part of the
 * format.
 *
 * A picture need not start at the corner of a block: it is a window into a larger virtual picture, which the
 * planes describe. It starts within the first MCU of that picture and extends to its right and lower ends.
 */
#ifndef BSWZ_RENDER_H
#define BSWZ_RENDER_H

#include "jpeg/planes.h"
#include "threads/pool.h"

#include <stdbool.h>

/* Can these planes be rendered? They must have one component with factors 1, or three of which the first has
 * factors 1 or 2 and the others 1, and the blocks that whole MCUs need. */
bool render_can(const struct jpeg_planes *planes);

/* Set the blocks' columns and rows according to the count, width, height and factors of planes. */
void render_shape(struct jpeg_planes *planes);

/* The samples of a component: out has 8 * rows rows of 8 * columns samples. */
void render_component(const struct jpeg_component *component, struct worker_pool *pool, uint8_t *out);

/* One row of a full-resolution plane from a plane with fewer samples. samples: 8 * columns per row, of which
 * known_columns (and known_rows rows) are used; beyond them the last one is repeated. horizontal, vertical:
 * factors, 1 or 2. x, y: the first position and the row in the virtual picture. */
void render_row(const uint8_t *samples, size_t stride, uint32_t known_columns, uint32_t known_rows, unsigned horizontal,
                unsigned vertical, uint32_t x, uint32_t y, uint32_t count, uint8_t *out);

/* pixels: (planes->width - offset_x) * (planes->height - offset_y), of 1 or 3 bytes each, depending on
 * planes->count. planes must satisfy render_can. Errors: MEMORY. */
enum bswz_status render_pixels(const struct jpeg_planes *planes, uint32_t offset_x, uint32_t offset_y,
                               struct worker_pool *pool, uint8_t *pixels, struct bswz_error *error);

#endif
