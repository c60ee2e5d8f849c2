/* SPDX-License-Identifier: MIT */
/*
 * From the segment of a GIF file back to the file: parts come one by one, and the file is complete at the end.
 */
#ifndef BSWZ_GIF_RESTORE_H
#define BSWZ_GIF_RESTORE_H

#include "container/gif_header.h"
#include "drawn/sequence.h"
#include "gif/canvas.h"
#include "gif/data.h"
#include "image/cost_map.h"

/* How a part is coded: its first byte. */
enum gif_part {
    GIF_PART_DRAWN = 1,   /* the next image, as a drawn picture of indices */
    GIF_PART_SEQUENCE = 2 /* all images from the next one on, as a sequence of drawn pictures */
};

/* Initially {0}. One owner. */
struct gif_restoration {
    const struct gif_header *header; /* the caller's, until gif_restoration_close */
    bool is_rescue;                  /* damage is not a failure, but sets is_damaged: */
    bool is_damaged;
    bool is_begun;
    struct gif_walk walk; /* of the skeleton */
    size_t copied;        /* of the skeleton, up to here */
    struct cursor choices;
    struct gif_habits habits;
    bool has_image;            /* a coded image is expected: */
    struct gif_image image;    /* its table points into the file, not into the skeleton */
    bool is_bare;              /* its local table is still missing */
    uint8_t *pixels, *data;    /* of the largest image */
    struct gif_canvas *canvas; /* NULL until a sequence begins */
    uint64_t pixels_left;      /* how many may still come */
    struct byte_buffer file;
    struct cost_map *map; /* NULL, or where the bits of pixels are counted; set after gif_restoration_begin */
};

enum bswz_status gif_restoration_begin(struct gif_restoration *restoration, const struct gif_header *header,
                                       bool rescue, struct bswz_error *error);

/* Add the payload of the next part, untrusted; is_cut: its end is missing. */
enum bswz_status gif_restoration_push(struct gif_restoration *restoration, const uint8_t *payload, size_t size,
                                      bool is_cut, struct bswz_error *error);

/* All parts have come. *file is the file, header->file_size bytes, to be freed by the caller. CORRUPT: it is not the
 * one that was compressed; *file is then NULL, except in a rescue that could write it nevertheless. */
enum bswz_status gif_restoration_finish(struct gif_restoration *restoration, uint8_t **file, struct bswz_error *error);

/* At any time, even if it was not begun; it may then begin again. */
void gif_restoration_close(struct gif_restoration *restoration);

/* An image as a picture of the sequence. */
static inline struct drawn_frame gif_frame_of(const struct gif_image *image, const struct gif_view *view) {
    return (struct drawn_frame){.width = image->width,
                                .height = image->height,
                                .before = view->before,
                                .pixels = view->pixels,
                                .palette = view->palette,
                                .colours = view->colours};
}

#endif
