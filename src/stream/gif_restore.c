/* SPDX-License-Identifier: MIT */
/*
 * GIF files from their segments (gif_restore.h).
 */
#include "stream/gif_restore.h"

#include "base/allocate.h"
#include "drawn/drawn.h"
#include "gif/interlace.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a GIF file is damaged");
}

/* Append the skeleton up to this position. */
static enum bswz_status copy_skeleton(struct gif_restoration *restoration, size_t up_to, struct bswz_error *error) {
    const size_t size = up_to - restoration->copied;
    if (size > restoration->header->file_size - restoration->file.size) {
        return damaged(error);
    }
    const uint8_t *from = restoration->header->skeleton.data + restoration->copied;
    restoration->copied = up_to;
    return byte_buffer_append(&restoration->file, from, size, error);
}

/* Go to the next coded image. */
static enum bswz_status find_image(struct gif_restoration *restoration, struct bswz_error *error) {
    struct gif_walk *walk = &restoration->walk;
    const struct gif_image *image = &restoration->image;
    restoration->has_image = false;
    for (;;) {
        const bool is_kept = gif_data_is_kept(&restoration->choices);
        walk->is_bare = restoration->header->is_bare && !is_kept;
        if (gif_walk_next(walk, &restoration->image) != GIF_IMAGE) {
            return BSWZ_OK;
        }
        if (!is_kept) {
            const uint64_t pixels = (uint64_t)image->width * image->height;
            if (!gif_image_is_codable(image) || pixels > restoration->header->largest ||
                pixels > restoration->pixels_left) {
                return damaged(error);
            }
            restoration->pixels_left -= pixels;
            restoration->has_image = true;
            restoration->is_bare = walk->is_bare && image->has_own_table;
            return copy_skeleton(restoration, image->data - restoration->is_bare, error);
        }
        gif_data_skip_kept(&restoration->choices);
        gif_walk_data(walk);
    }
}

/* Add the missing table of an image: from the sequence, or black if that is NULL. */
static enum bswz_status add_table(struct gif_restoration *restoration, struct drawn_sequence *sequence,
                                  struct bswz_error *error) {
    struct gif_image *image = &restoration->image;
    uint8_t table[3 * GIF_TABLE_LARGEST] = {0};
    if (!restoration->is_bare) {
        return BSWZ_OK;
    }
    if (3 * (size_t)image->colours > restoration->header->file_size - restoration->file.size) {
        return damaged(error);
    }
    if (sequence != NULL) {
        drawn_sequence_table(sequence, table, image->colours);
    }
    image->table = restoration->file.size;
    restoration->is_bare = false;
    const enum bswz_status status = byte_buffer_append(&restoration->file, table, 3 * (size_t)image->colours, error);
    return status == BSWZ_OK ? copy_skeleton(restoration, image->data, error) : status;
}

enum bswz_status gif_restoration_begin(struct gif_restoration *restoration, const struct gif_header *header,
                                       bool rescue, struct bswz_error *error) {
    *restoration = (struct gif_restoration){.header = header,
                                            .is_rescue = rescue,
                                            .is_begun = true,
                                            .choices = {.bytes = header->choices.data, .size = header->choices.size},
                                            .habits = GIF_HABITS_FIRST,
                                            .pixels_left = gif_pixels_limit(header->file_size),
                                            .pixels = bswz_allocate((size_t)header->largest, 1),
                                            .data = bswz_allocate((size_t)header->largest, 1)};
    if (restoration->pixels == NULL || restoration->data == NULL) {
        return bswz_no_memory(error);
    }
    if (!gif_walk_begin(&restoration->walk, header->skeleton.data, header->skeleton.size)) {
        return damaged(error);
    }
    return find_image(restoration, error);
}

/* Write the data of the image, whose indices are known. */
static enum bswz_status end_image(struct gif_restoration *restoration, struct bswz_error *error) {
    const struct gif_image *image = &restoration->image;
    const enum bswz_status added = add_table(restoration, NULL, error);
    if (added != BSWZ_OK) {
        return added;
    }
    gif_rows_to_data(image, restoration->pixels, restoration->data);
    const size_t start = restoration->file.size, room = restoration->header->file_size - start;
    struct bswz_error own = {.status = BSWZ_OK};
    enum bswz_status status = gif_data_write(image, &restoration->habits, restoration->data, restoration->is_damaged,
                                             room, &restoration->choices, &restoration->file, &own);
    if (restoration->file.size - start > room) {
        restoration->file.size = restoration->header->file_size;
        if (status == BSWZ_OK) {
            status = damaged(&own);
        }
    }
    if (status != BSWZ_OK) {
        return bswz_fail(error, status, "%s", own.message);
    }
    return find_image(restoration, error);
}

/* Where in the whole picture an image is. */
static struct cost_place place_of(const struct gif_restoration *restoration) {
    const struct gif_image *image = &restoration->image;
    return (struct cost_place){.map = restoration->map,
                               .left = image->left,
                               .top = image->top,
                               .width = image->width,
                               .height = image->height};
}

static enum bswz_status decode_image(struct gif_restoration *restoration, const uint8_t *payload, size_t size,
                                     bool is_cut, struct bswz_error *error) {
    const struct cost_place place = place_of(restoration);
    const struct drawn_picture picture = {.width = restoration->image.width,
                                          .height = restoration->image.height,
                                          .channels = 1,
                                          .is_indexed = true,
                                          .place = place.map != NULL ? &place : NULL};
    struct bswz_error own = {.status = BSWZ_OK};
    const enum bswz_status status = drawn_decode(&picture, payload, size, is_cut, restoration->pixels, NULL, &own);
    if (status == BSWZ_ERROR_CORRUPT && restoration->is_rescue) {
        restoration->is_damaged = true; /* known rows are kept */
        return BSWZ_OK;
    }
    return status == BSWZ_OK ? BSWZ_OK : bswz_fail(error, status, "%s", own.message);
}

/* Limit indices to those that the code size allows. */
static void limit_indices(struct gif_restoration *restoration) {
    const unsigned most = (1u << restoration->image.index_bits) - 1;
    const size_t pixels = (size_t)restoration->image.width * restoration->image.height;
    for (size_t i = 0; i < pixels; i++) {
        restoration->pixels[i] &= (uint8_t)most;
    }
}

/* One image of a sequence. */
static enum bswz_status decode_in_sequence(struct gif_restoration *restoration, struct drawn_sequence *sequence,
                                           struct bswz_error *error) {
    const struct gif_image *image = &restoration->image;
    struct gif_view view;
    enum bswz_status status = add_table(restoration, sequence, error);
    if (status == BSWZ_OK) { /* the global table is used directly from the skeleton */
        status = gif_canvas_view(restoration->canvas, restoration->file.data, image, &view, error);
    }
    if (status == BSWZ_OK) {
        const struct cost_place place = place_of(restoration);
        struct drawn_frame frame = gif_frame_of(image, &view);
        frame.place = place.map != NULL ? &place : NULL;
        status = drawn_sequence_frame(sequence, &frame, NULL, error);
    }
    if (status == BSWZ_OK) {
        gif_view_to_indices(restoration->canvas, &view, image, restoration->pixels);
        status = gif_canvas_draw(restoration->canvas, &view, image, error);
    }
    return status == BSWZ_OK ? end_image(restoration, error) : status;
}

static enum bswz_status decode_sequence(struct gif_restoration *restoration, const uint8_t *payload, size_t size,
                                        bool is_cut, struct bswz_error *error) {
    const struct gif_header *header = restoration->header;
    struct drawn_sequence *sequence = NULL;
    bool is_good = false;
    if (restoration->canvas != NULL || !header->is_bare || (uint64_t)header->width * header->height > GIF_PIXELS_MAX) {
        return damaged(error);
    }
    enum bswz_status status =
        gif_canvas_create(header->width, header->height, header->largest, &restoration->canvas, error);
    if (status == BSWZ_OK) {
        status = drawn_sequence_decode(payload, size, &sequence, error);
    }
    if (status == BSWZ_OK) {
        drawn_sequence_known_table(sequence, header->skeleton.data + restoration->walk.global_table,
                                   restoration->walk.global_colours);
    }
    restoration->is_damaged |= is_cut;
    while (restoration->has_image && status == BSWZ_OK) {
        status = decode_in_sequence(restoration, sequence, error);
    }
    if (status == BSWZ_OK) {
        status = drawn_sequence_end(sequence, &is_good, error);
    }
    drawn_sequence_free(sequence);
    if (status == BSWZ_OK && !is_good) {
        restoration->is_damaged = true;
        return restoration->is_rescue ? BSWZ_OK : damaged(error);
    }
    return status;
}

static enum bswz_status push_part(struct gif_restoration *restoration, const uint8_t *payload, size_t size, bool is_cut,
                                  struct bswz_error *error) {
    if (!restoration->has_image || size == 0) {
        return damaged(error);
    }
    if (payload[0] == GIF_PART_SEQUENCE) {
        return decode_sequence(restoration, payload + 1, size - 1, is_cut, error);
    }
    if (payload[0] != GIF_PART_DRAWN || restoration->header->is_bare) {
        return bswz_fail(error, BSWZ_ERROR_VERSION,
                         "unknown coding of a GIF image: the stream needs a newer bswz, or is damaged");
    }
    const enum bswz_status status = decode_image(restoration, payload + 1, size - 1, is_cut, error);
    limit_indices(restoration);
    return status == BSWZ_OK ? end_image(restoration, error) : status;
}

enum bswz_status gif_restoration_push(struct gif_restoration *restoration, const uint8_t *payload, size_t size,
                                      bool is_cut, struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    if (restoration->is_rescue && restoration->is_damaged && !restoration->has_image) {
        return BSWZ_OK; /* everything from an earlier place on is lost */
    }
    const enum bswz_status status = push_part(restoration, payload, size, is_cut, &own);
    if (restoration->is_rescue && (status == BSWZ_ERROR_CORRUPT || status == BSWZ_ERROR_VERSION)) {
        restoration->is_damaged = true;
        restoration->has_image = false;
        return BSWZ_OK;
    }
    return status == BSWZ_OK ? BSWZ_OK : bswz_fail(error, status, "%s", own.message);
}

/* Images that never came get the first colour. */
static enum bswz_status fill_images(struct gif_restoration *restoration, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    restoration->is_damaged = true;
    memset(restoration->pixels, 0, (size_t)restoration->header->largest);
    while (restoration->has_image && status == BSWZ_OK) {
        status = end_image(restoration, error);
    }
    return status;
}

static enum bswz_status end_file(struct gif_restoration *restoration, struct bswz_error *error) {
    const struct gif_header *header = restoration->header;
    enum bswz_status status = restoration->has_image && !restoration->is_rescue ? damaged(error) : BSWZ_OK;
    if (status == BSWZ_OK && restoration->has_image) {
        status = fill_images(restoration, error);
    }
    if (status == BSWZ_OK) {
        status = copy_skeleton(restoration, header->skeleton.size, error);
    }
    if (status == BSWZ_OK && restoration->file.size < header->file_size) {
        status = damaged(error);
    }
    return status;
}

enum bswz_status gif_restoration_finish(struct gif_restoration *restoration, uint8_t **file, struct bswz_error *error) {
    const struct gif_header *header = restoration->header;
    struct bswz_error own = {.status = BSWZ_OK};
    struct byte_buffer *buffer = &restoration->file;
    enum bswz_status status = end_file(restoration, &own);
    *file = NULL;
    const bool is_written = status == BSWZ_OK || (status == BSWZ_ERROR_CORRUPT && restoration->is_rescue);
    if (!is_written || byte_buffer_reserve(buffer, header->file_size - buffer->size, error) != BSWZ_OK) {
        return is_written ? BSWZ_ERROR_MEMORY : bswz_fail(error, status, "%s", own.message);
    }
    memset(buffer->data + buffer->size, 0, header->file_size - buffer->size);
    *file = buffer->data;
    *buffer = (struct byte_buffer){.size = 0};
    if (status == BSWZ_OK && !check_agrees(header->hash, XXH3_64bits(*file, header->file_size))) {
        status = bswz_fail(&own, BSWZ_ERROR_CORRUPT, "a GIF file is damaged: its hash is wrong");
    }
    return status == BSWZ_OK ? BSWZ_OK : bswz_fail(error, status, "%s", own.message);
}

void gif_restoration_close(struct gif_restoration *restoration) {
    if (restoration->is_begun) {
        free(restoration->pixels);
        free(restoration->data);
        gif_canvas_free(restoration->canvas);
        free(restoration->file.data);
    }
    *restoration = (struct gif_restoration){.is_begun = false};
}
