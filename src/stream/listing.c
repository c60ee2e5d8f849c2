/* SPDX-License-Identifier: MIT */
/*
 * Listing a stream, with or without an account of its bits; what it holds, in short; recognising a stream; and the version
 * of the library.
 */
#include "container/memory.h"
#include "container/methods.h"
#include "image/sample_conversion.h"
#include "stream/accountant.h"
#include "stream/options.h"

#include <string.h>

const char *bswz_version(void) {
    return BSWZ_VERSION;
}

int bswz_recognise(const uint8_t *bytes, size_t size) {
    return size >= STREAM_MAGIC_SIZE && memcmp(bytes, stream_magic, STREAM_MAGIC_SIZE) == 0;
}

/* The width and height in pixels of a tile of the finest level (pyramid/tiles.h: 32 cells of 2 x 2). */
#define TILE_SIDE 64

static void describe_picture(const struct picture_header *picture, struct bswz_entry *entry) {
    const struct picture_info *info = &picture->info;
    *entry = (struct bswz_entry){.is_picture = 1,
                                 .width = info->width,
                                 .height = info->height,
                                 .channels = info->channels,
                                 .depth = bit_width(info->maxval),
                                 .format = picture_format_name(info->format),
                                 .origin = "-",
                                 .promise = picture_format_is_exact(info->format) ? "bytes" : "pixels"};
    if (picture->model.name[0] != 0) {
        entry->model_hash = picture->model.hash;
        memcpy(entry->model_name, picture->model.name, sizeof entry->model_name);
    }
}

static void describe_jpeg(const struct jpeg_header *jpeg, struct bswz_entry *entry) {
    *entry = (struct bswz_entry){.is_picture = 1,
                                 .restored_size = jpeg->file_size,
                                 .width = jpeg->planes.width,
                                 .height = jpeg->planes.height,
                                 .channels = jpeg->planes.count,
                                 .depth = 8,
                                 .format = picture_format_name(PICTURE_JPEG),
                                 .origin = "DCT",
                                 .promise = "bytes"};
}

static void describe_gif(const struct gif_header *gif, struct bswz_entry *entry) {
    *entry = (struct bswz_entry){.is_picture = gif->width > 0 && gif->height > 0, /* the screen may be empty */
                                 .restored_size = gif->file_size,
                                 .width = gif->width,
                                 .height = gif->height,
                                 .channels = 1,
                                 .depth = 8,
                                 .format = picture_format_name(PICTURE_GIF),
                                 .origin = "-",
                                 .promise = "bytes"};
}

static void add_frame(const struct walk *walk, struct bswz_entry *entry) {
    const struct frame_method_row *row = frame_method_row(walk->frame.method);
    entry->frames++;
    if (walk->place == WALK_IN_JPEG || walk->place == WALK_IN_GIF) {
        return;
    }
    if (entry->is_picture && entry->frames == 1) {
        entry->origin = row->origin != NULL ? row->origin : origin_row(walk->frame.origin)->name;
    }
    if (entry->is_picture && entry->model_hash != 0 && row->has_colours) { /* planes of a model */
        entry->tiles += ((uint64_t)walk->picture.info.width + TILE_SIDE - 1) / TILE_SIDE *
                        ((walk->rows + TILE_SIDE - 1) / TILE_SIDE);
    }
    entry->restored_size +=
        entry->is_picture ? (uint64_t)picture_row_bytes(&walk->picture.info) * walk->rows : walk->frame.restored_size;
}

/* ---- in short ---- */

/* A picture begins, and is the first one: describe it. */
static void note_picture(const struct walk *walk, struct bswz_info *info) {
    const struct picture_header *picture = &walk->picture;
    struct picture_conversion conversion;
    struct picture_info pixels;
    info->has_pixels =
        picture_convert_plan(PICTURE_RAW, &picture->info, &picture->head, &conversion, &pixels, NULL) == BSWZ_OK;
    if (!info->has_pixels) {
        pixels = picture->info;
    }
    info->width = pixels.width;
    info->height = pixels.height;
    info->channels = pixels.channels;
    info->depth = bit_width(picture->info.maxval);
    info->maxval = pixels.maxval;
    info->band_rows = picture->band_rows;
}

/* The same for a file that is coded as a whole. */
static void note_file(uint32_t width, uint32_t height, uint32_t channels, bool has_pixels, struct bswz_info *info) {
    info->has_pixels = has_pixels;
    info->width = width;
    info->height = info->band_rows = height;
    info->channels = channels;
    info->depth = 8;
    info->maxval = 255;
}

static void note_first(const struct walk *walk, enum walk_event event, struct bswz_info *info) {
    const struct jpeg_planes *jpeg = &walk->jpeg.planes;
    if (info == NULL) {
        return;
    }
    if (event == WALK_PICTURE_END && walk->is_short) {
        info->has_pixels = 0; /* not all of them */
    }
    if (info->width != 0) {
        return;
    }
    switch (event) {
    case WALK_PICTURE: note_picture(walk, info); break;
    case WALK_JPEG:
        note_file(jpeg->width, jpeg->height, jpeg->count, jpeg->count == 1 || jpeg->count == 3, info);
        break;
    case WALK_GIF: note_file(walk->gif.width, walk->gif.height, 3, false, info); break;
    case WALK_BYTES:
    case WALK_DEFLATE:
    case WALK_FRAME:
    case WALK_PICTURE_END:
    case WALK_BYTES_END:
    case WALK_JPEG_END:
    case WALK_GIF_END:
    case WALK_DEFLATE_END:
    case WALK_END:
    default: break;
    }
}

/* Add up the parts. */
static void note_entry(void *context, const struct bswz_entry *entry) {
    struct bswz_info *info = context;
    info->restored_size += entry->restored_size;
    if (!entry->is_picture) {
        info->others++;
        return;
    }
    if (info->pictures++ == 0) {
        info->format = entry->format;
        info->promise = entry->promise;
    }
}

/* accountant: NULL, or it counts all frames. info: NULL, or it gets the first picture. report: NULL, or called for each
 * part. */
static enum bswz_status list(struct walk *walk, struct accountant *accountant, struct bswz_info *info,
                             void (*report)(void *context, const struct bswz_entry *entry), void *context,
                             struct bswz_error *error) {
    struct bswz_entry entry = {0};
    for (;;) {
        enum walk_event event;
        enum bswz_status status = walk_next(walk, &event, error);
        if (status != BSWZ_OK) {
            return status;
        }
        note_first(walk, event, info);
        switch (event) {
        case WALK_PICTURE: describe_picture(&walk->picture, &entry); break;
        case WALK_JPEG:
            describe_jpeg(&walk->jpeg, &entry);
            if (accountant != NULL) {
                accountant_jpeg(accountant, walk);
            }
            break;
        case WALK_DEFLATE:
            entry = (struct bswz_entry){.compressed_size = input_position(walk->input) - walk->segment_start,
                                        .format = walk->deflate.is_pages ? "pages" : "deflate",
                                        .origin = "-",
                                        .promise = "bytes"};
            if (report != NULL) {
                report(context, &entry);
            }
            break;
        case WALK_DEFLATE_END: break;
        case WALK_GIF:
            describe_gif(&walk->gif, &entry);
            if (accountant != NULL) {
                accountant_gif(accountant, walk);
            }
            break;
        case WALK_BYTES: entry = (struct bswz_entry){.format = "bytes", .origin = "-", .promise = "bytes"}; break;
        case WALK_FRAME:
            add_frame(walk, &entry);
            status = accountant == NULL ? walk_payload_skip(walk, error) : accountant_frame(accountant, walk, error);
            if (status != BSWZ_OK) {
                return status;
            }
            break;
        case WALK_JPEG_END:
        case WALK_GIF_END:
            if (accountant != NULL) {
                (event == WALK_GIF_END ? accountant_gif_end : accountant_jpeg_end)(accountant, walk);
            }
            entry.compressed_size = input_position(walk->input) - walk->segment_start;
            if (report != NULL) {
                report(context, &entry);
            }
            break;
        case WALK_PICTURE_END:
        case WALK_BYTES_END:
            entry.compressed_size = input_position(walk->input) - walk->segment_start;
            if (report != NULL) {
                report(context, &entry);
            }
            break;
        case WALK_END:
        default: return BSWZ_OK;
        }
    }
}

enum bswz_status bswz_list(struct bswz_input input, void (*entry)(void *context, const struct bswz_entry *entry),
                           void *context, struct bswz_error *error) {
    struct input *opened;
    struct walk walk;
    bswz_forget(error);
    enum bswz_status status = input_open(input, true, &opened, error);
    if (status == BSWZ_OK) {
        walk_begin(&walk, opened, UINT64_MAX);
        status = list(&walk, NULL, NULL, entry, context, error);
        walk_end(&walk);
        input_close(opened);
    }
    return status;
}

enum bswz_status bswz_get_info(struct bswz_input input, struct bswz_info *info, struct bswz_error *error) {
    struct input *opened;
    struct walk walk;
    struct bswz_info found;
    bswz_forget(error);
    enum bswz_status status = info == NULL ? bswz_fail(error, BSWZ_ERROR_ARGUMENT, "there is nothing to fill in")
                                           : options_take(info, &found, sizeof found, error);
    if (status == BSWZ_OK) {
        status = input_open(input, true, &opened, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    const size_t own_size = info->size;
    found = (struct bswz_info){.size = own_size};
    walk_begin(&walk, opened, UINT64_MAX);
    status = list(&walk, NULL, &found, note_entry, &found, error);
    found.compressed_size = input_position(opened);
    found.has_pixels = found.has_pixels && status == BSWZ_OK && found.pictures == 1 && found.others == 0;
    walk_end(&walk);
    input_close(opened);
    memcpy(info, &found, own_size < sizeof found ? own_size : sizeof found);
    return status;
}

enum bswz_status bswz_count(struct bswz_input input, const struct bswz_decompress_options *options,
                            void (*entry)(void *context, const struct bswz_entry *entry), void *context,
                            struct bswz_account *account, struct bswz_error *error) {
    struct input *opened;
    struct walk walk;
    struct accountant accountant;
    struct bswz_decompress_options taken;
    bswz_forget(error);
    enum bswz_status status = decompress_options_take(options, &taken, error);
    if (status == BSWZ_OK) {
        status = input_open(input, true, &opened, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    walk_begin(&walk, opened, UINT64_MAX);
    accountant_begin(&accountant, &taken, taken.memory_limit != 0 ? taken.memory_limit : DEFAULT_MEMORY_LIMIT);
    status = list(&walk, &accountant, NULL, entry, context, error);
    accountant_total(&accountant, &walk, account);
    accountant_end(&accountant);
    walk_end(&walk);
    input_close(opened);
    return status;
}
