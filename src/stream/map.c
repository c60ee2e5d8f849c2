/* SPDX-License-Identifier: MIT */
/*
 * Maps of the pictures in a stream: where their bits go (bswz.h).
 *
 * An accountant decodes the pictures and counts (accountant.h); at the end of each picture, its tiles are reported and
 * drawn.
 */
#include "base/allocate.h"
#include "container/memory.h"
#include "container/output.h"
#include "image/scaled.h"
#include "stream/accountant.h"
#include "stream/map_colours.h"
#include "stream/options.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)COST_TILE == (int)BSWZ_MAP_TILE, "the interface says how large tiles are");

struct mapping {
    struct bswz_decompress_options options;
    struct output *output; /* NULL: nothing is drawn */
    void (*report)(void *context, const struct bswz_picture_map *map);
    void *context;
    struct accountant accountant;
    struct walk walk;
    struct cost_map map; /* of the picture under way */
    uint64_t memory_limit, pictures;
};

/* ---- the map of a picture ---- */

static enum bswz_status begin_picture(struct mapping *mapping, uint32_t width, uint32_t height,
                                      struct bswz_error *error) {
    if (width == 0 || height == 0) { /* a GIF file may be empty */
        return BSWZ_OK;
    }
    const uint64_t tiles = (((uint64_t)width >> COST_SHIFT) + 1) * (((uint64_t)height >> COST_SHIFT) + 1);
    const uint64_t wanted = tiles * (COST_KINDS * sizeof *mapping->map.costs + sizeof(struct bswz_map_tile));
    if (wanted > mapping->memory_limit) {
        return bswz_over_limit(error, 0, "a map", wanted, mapping->memory_limit);
    }
    if (!cost_map_open(&mapping->map, width, height)) {
        return bswz_no_memory(error);
    }
    mapping->accountant.map = &mapping->map;
    return BSWZ_OK;
}

static uint32_t side_of(uint32_t number, uint32_t size) {
    const uint32_t left = size - (number << COST_SHIFT);
    return left < COST_TILE ? left : COST_TILE;
}

static enum bswz_status report(const struct mapping *mapping, struct bswz_error *error) {
    const struct cost_map *map = &mapping->map;
    struct bswz_map_tile *tiles = bswz_allocate((size_t)map->columns * map->rows, sizeof *tiles);
    struct bswz_picture_map picture = {.width = map->width,
                                       .height = map->height,
                                       .columns = map->columns,
                                       .rows = map->rows,
                                       .tiles = tiles,
                                       .compressed_size =
                                           input_position(mapping->walk.input) - mapping->walk.segment_start};
    if (tiles == NULL) {
        return bswz_no_memory(error);
    }
    for (uint32_t row = 0; row < map->rows; row++) {
        for (uint32_t column = 0; column < map->columns; column++) {
            enum cost_kind kind;
            const double bits = cost_of_tile(map, column, row, &kind);
            const struct map_row *how = map_row(kind);
            tiles[(size_t)row * map->columns + column] =
                (struct bswz_map_tile){bits, how->coding, how->origin, how->colour};
            picture.bits += bits;
        }
    }
    mapping->report(mapping->context, &picture);
    free(tiles);
    return BSWZ_OK;
}

/* A row of pixels of the map, at every 2^scale-th column. */
static void fill_row(const struct cost_map *map, uint32_t row, unsigned scale, uint8_t *pixels) {
    for (uint32_t column = 0; column < map->columns; column++) {
        const uint32_t width = side_of(column, map->width), height = side_of(row, map->height);
        enum cost_kind kind;
        uint8_t rgb[3];
        const double bits = cost_of_tile(map, column, row, &kind);
        map_colour(kind, bits / ((double)width * height), rgb);
        for (uint32_t x = 0; x < picture_scaled_side(width, scale); x++, pixels += sizeof rgb) {
            memcpy(pixels, rgb, sizeof rgb);
        }
    }
}

static enum bswz_status write_rows(const struct mapping *mapping, struct picture_writer *writer, uint8_t *pixels,
                                   struct bswz_error *error) {
    const struct cost_map *map = &mapping->map;
    enum bswz_status status = BSWZ_OK;
    for (uint32_t row = 0; row < map->rows; row++) {
        fill_row(map, row, mapping->options.scale, pixels);
        const uint32_t count = picture_scaled_side(side_of(row, map->height), mapping->options.scale);
        for (uint32_t y = 0; y < count && status == BSWZ_OK; y++) {
            status = picture_writer_rows(writer, pixels, 1, error);
        }
    }
    return status;
}

static enum picture_format format_of(enum bswz_target target) {
    switch (target) {
    case BSWZ_TO_PPM: return PICTURE_PNM;
    case BSWZ_TO_PAM: return PICTURE_PAM;
    case BSWZ_TO_RAW: return PICTURE_RAW;
    case BSWZ_TO_WEBP: return PICTURE_WEBP;
    case BSWZ_TO_SOURCE:
    case BSWZ_TO_PNG:
    default: return PICTURE_PNG;
    }
}

static enum bswz_status draw(const struct mapping *mapping, struct bswz_error *error) {
    const unsigned scale = mapping->options.scale;
    const struct byte_buffer nothing = {0};
    const struct picture_info info = {.width = picture_scaled_side(mapping->map.width, scale),
                                      .height = picture_scaled_side(mapping->map.height, scale),
                                      .channels = 3,
                                      .depth = 8,
                                      .maxval = 255,
                                      .format = PICTURE_RAW};
    struct picture_writer *writer;
    uint8_t *pixels = bswz_allocate(info.width, 3);
    enum bswz_status status = pixels == NULL ? bswz_no_memory(error)
                                             : picture_writer_open(format_of(mapping->options.target), &info, &nothing,
                                                                   output_sink(mapping->output), &writer, error);
    if (status == BSWZ_OK) {
        status = write_rows(mapping, writer, pixels, error);
        if (status == BSWZ_OK) {
            status = picture_writer_finish(writer, &nothing, error);
        }
        picture_writer_close(writer);
    }
    free(pixels);
    return status;
}

static enum bswz_status end_picture(struct mapping *mapping, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    if (mapping->map.costs == NULL) {
        return status;
    }
    mapping->pictures++;
    if (mapping->report != NULL) {
        status = report(mapping, error);
    }
    if (status == BSWZ_OK && mapping->output != NULL) {
        status = draw(mapping, error);
    }
    mapping->accountant.map = NULL;
    cost_map_close(&mapping->map);
    return status;
}

/* ---- the stream ---- */

/* The accountant notes what it cannot decode, and goes on. A map with holes would be no map. */
static enum bswz_status decoded(const struct mapping *mapping, enum bswz_status status, struct bswz_error *error) {
    const struct bswz_error *failure = &mapping->accountant.failure;
    return status == BSWZ_OK && failure->status != BSWZ_OK
               ? bswz_fail_at(error, failure->status, failure->offset, "%s", failure->message)
               : status;
}

static enum bswz_status take(struct mapping *mapping, enum walk_event event, struct bswz_error *error) {
    struct walk *walk = &mapping->walk;
    struct accountant *accountant = &mapping->accountant;
    const struct picture_info *info = &walk->picture.info;
    enum bswz_status status = BSWZ_OK;
    switch (event) {
    case WALK_PICTURE: return begin_picture(mapping, info->width, info->height, error);
    case WALK_JPEG:
        status = begin_picture(mapping, walk->jpeg.planes.width, walk->jpeg.planes.height, error);
        if (status == BSWZ_OK) {
            accountant_jpeg(accountant, walk);
        }
        return status;
    case WALK_GIF:
        status = begin_picture(mapping, walk->gif.width, walk->gif.height, error);
        if (status == BSWZ_OK) {
            accountant_gif(accountant, walk);
        }
        return status;
    case WALK_FRAME: return decoded(mapping, accountant_frame(accountant, walk, error), error);
    case WALK_PICTURE_END: return end_picture(mapping, error);
    case WALK_JPEG_END:
    case WALK_GIF_END:
        (event == WALK_GIF_END ? accountant_gif_end : accountant_jpeg_end)(accountant, walk);
        status = decoded(mapping, BSWZ_OK, error);
        return status == BSWZ_OK ? end_picture(mapping, error) : status;
    case WALK_BYTES:
    case WALK_BYTES_END:
    case WALK_DEFLATE:
    case WALK_DEFLATE_END:
    case WALK_END:
    default: return BSWZ_OK;
    }
}

static enum bswz_status map_all(struct mapping *mapping, struct bswz_error *error) {
    enum walk_event event;
    enum bswz_status status;
    do {
        status = walk_next(&mapping->walk, &event, error);
        if (status == BSWZ_OK) {
            status = take(mapping, event, error);
        }
    } while (status == BSWZ_OK && event != WALK_END);
    if (status == BSWZ_OK && mapping->pictures == 0) {
        status = bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "there is no picture in the stream");
    }
    return status == BSWZ_OK && mapping->output != NULL ? output_finish(mapping->output, error) : status;
}

enum bswz_status bswz_map(struct bswz_input input, struct bswz_output output,
                          const struct bswz_decompress_options *options,
                          void (*report_picture)(void *context, const struct bswz_picture_map *map), void *context,
                          struct bswz_error *error) {
    struct mapping mapping = {.report = report_picture, .context = context};
    struct input *opened;
    bswz_forget(error);
    enum bswz_status status = decompress_options_take(options, &mapping.options, error);
    if (status == BSWZ_OK) {
        status = input_open(input, true, &opened, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    mapping.memory_limit = mapping.options.memory_limit != 0 ? mapping.options.memory_limit : DEFAULT_MEMORY_LIMIT;
    if (output.write != NULL) {
        status = output_open(output, false, &mapping.output, error);
    }
    walk_begin(&mapping.walk, opened, UINT64_MAX);
    accountant_begin(&mapping.accountant, &mapping.options, mapping.memory_limit);
    if (status == BSWZ_OK) {
        status = map_all(&mapping, error);
    }
    accountant_end(&mapping.accountant);
    walk_end(&mapping.walk);
    cost_map_close(&mapping.map);
    output_close(mapping.output);
    input_close(opened);
    return status;
}
