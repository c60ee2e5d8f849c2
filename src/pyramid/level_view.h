/* SPDX-License-Identifier: MIT */
/*
 * Views of a level: mirrored left to right, transposed, and turned, for what the networks say about them (blend.c).
 *
 * A network does not say quite the same about a picture and about a view of it, and what it says about several together is
 * better than each (doc/blend.md). The turned view is the picture mirrored top to bottom, then transposed.
 *
 * Pixels of x^i change places so that a stays a, and d stays d: when mirrored, column x becomes width - x, or width - 1 - x
 * if the width is odd. With an even width there is one more column at the left edge, which repeats the last a, as
 * networks see it there.
 */
#ifndef BSWZ_LEVEL_VIEW_H
#define BSWZ_LEVEL_VIEW_H

#include "pyramid/tile_code.h"

enum { LEVEL_VIEWS = 3 };

/* Owned by the thread that codes the band. */
struct level_view {
    struct tile_context context; /* its planes are copies of the level */
    bool across, down, is_transposed;
    uint32_t rows, columns; /* of the level: a mirrored row and its image add up to this */
    uint8_t *memory;
};

/* Copy a level. number: 0 ... LEVEL_VIEWS - 1. false: no memory. */
bool level_view_open(struct level_view *view, const struct tile_context *context, unsigned level, unsigned number);
void level_view_close(struct level_view *view);

/* Where a pixel of the level is in the view, or the other way round. */
void level_view_find(const struct level_view *view, uint32_t *row, uint32_t *column);
void level_view_source(const struct level_view *view, uint32_t *row, uint32_t *column);

#endif
