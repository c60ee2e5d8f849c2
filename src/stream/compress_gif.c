/* SPDX-License-Identifier: MIT */
/*
 * GIF segments: the images of a file as drawn pictures of indices, if that is smaller than the file.
 *
 * The file is split into a skeleton, the choices of its writer, and indices (gif/data.h). An image stays in the
 * skeleton if its data would not come back, or is smaller unchanged. At the end the segment is restored as a decoder
 * would restore it, and compared.
 */
#include "stream/compress.h"

#include "band/content.h"
#include "base/allocate.h"
#include "bytes/zstd.h"
#include "container/memory.h"
#include "drawn/drawn.h"
#include "gif/interlace.h"
#include "stream/gif_restore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a part costs in addition to its drawing. */
#define PART_COST 3

/* The parts of a file while it is coded. */
struct parts {
    struct compressor *compressor;
    const uint8_t *file;
    size_t size, copied; /* of the file, and of what has been copied to the skeleton */
    uint64_t largest;    /* pixels of a coded image */
    uint64_t all;        /* pixels of all coded images */
    unsigned images, coded;
    struct gif_habits habits;
    struct byte_buffer skeleton, choices, payloads; /* payloads with their sizes in front */
    uint8_t *data, *pixels;                         /* of an image; each has room for `room` indices */
    uint64_t room;
    struct drawn_sequence *sequence; /* of all coded images, if there are several */
    struct gif_canvas *canvas;
    struct byte_buffer drawn; /* the sequence's payload */
};

static void free_parts(struct parts *parts) {
    free(parts->skeleton.data);
    free(parts->choices.data);
    free(parts->payloads.data);
    free(parts->data);
    free(parts->pixels);
    free(parts->drawn.data);
    drawn_sequence_free(parts->sequence);
    gif_canvas_free(parts->canvas);
}

static enum bswz_status copy_to_skeleton(struct parts *parts, size_t up_to) {
    const size_t from = parts->copied;
    parts->copied = up_to;
    return byte_buffer_append(&parts->skeleton, parts->file + from, up_to - from, parts->compressor->error);
}

static enum bswz_status make_room(struct parts *parts, uint64_t pixels) {
    if (pixels > parts->room) {
        free(parts->data);
        free(parts->pixels);
        parts->data = bswz_allocate((size_t)pixels, 1);
        parts->pixels = bswz_allocate((size_t)pixels, 1);
        parts->room = pixels;
    }
    return parts->data != NULL && parts->pixels != NULL ? BSWZ_OK : bswz_no_memory(parts->compressor->error);
}

/* Code the indices as a drawing; *is_coded: in less than limit bytes. */
static enum bswz_status draw(struct parts *parts, const struct gif_image *image, size_t limit, bool is_noise,
                             bool *is_coded) {
    const struct drawn_picture picture = {
        .width = image->width, .height = image->height, .channels = 1, .is_indexed = true, .is_noise = is_noise};
    struct bswz_error *error = parts->compressor->error;
    struct byte_buffer payload = {0};
    *is_coded = false;
    if (limit <= PART_COST) {
        return BSWZ_OK;
    }
    gif_rows_from_data(image, parts->data, parts->pixels);
    enum bswz_status status = put_8(&payload, GIF_PART_DRAWN, error);
    if (status == BSWZ_OK) {
        status = drawn_encode(&picture, parts->pixels, parts->compressor->coding.level, limit - PART_COST, &payload,
                              is_coded, NULL, error);
    }
    if (status == BSWZ_OK && *is_coded) {
        status = put_varint(&parts->payloads, payload.size, error);
        if (status == BSWZ_OK) {
            status = byte_buffer_append(&parts->payloads, payload.data, payload.size, error);
        }
    }
    free(payload.data);
    return status;
}

/* The indices as the next picture of the sequence. */
static enum bswz_status draw_in_sequence(struct parts *parts, const struct gif_image *image) {
    struct bswz_error *error = parts->compressor->error;
    struct gif_view view;
    uint8_t table[3 * GIF_TABLE_LARGEST];
    if (image->has_own_table) {
        memcpy(table, parts->file + image->table, 3 * (size_t)image->colours);
        drawn_sequence_table(parts->sequence, table, image->colours);
    }
    enum bswz_status status = gif_canvas_view(parts->canvas, parts->file, image, &view, error);
    if (status != BSWZ_OK) {
        return status;
    }
    gif_rows_from_data(image, parts->data, parts->pixels);
    gif_view_from_indices(&view, image, parts->pixels);
    const struct drawn_frame frame = gif_frame_of(image, &view);
    status = drawn_sequence_frame(parts->sequence, &frame, NULL, error);
    return status == BSWZ_OK ? gif_canvas_draw(parts->canvas, &view, image, error) : status;
}

static enum bswz_status begin_sequence(struct parts *parts, const struct gif_walk *begun, uint64_t largest,
                                       uint64_t pixels) {
    struct compressor *compressor = parts->compressor;
    enum bswz_status status =
        gif_canvas_create(begun->width, begun->height, largest, &parts->canvas, compressor->error);
    if (status == BSWZ_OK) {
        status = put_8(&parts->drawn, GIF_PART_SEQUENCE, compressor->error);
    }
    if (status == BSWZ_OK) {
        status = drawn_sequence_encode(compressor->coding.level, pixels, parts->size - 1, &parts->drawn,
                                       &parts->sequence, compressor->error);
    }
    if (status == BSWZ_OK) {
        drawn_sequence_known_table(parts->sequence, parts->file + begun->global_table, begun->global_colours);
    }
    return status;
}

static enum bswz_status end_sequence(struct parts *parts, bool *is_good) {
    struct bswz_error *error = parts->compressor->error;
    enum bswz_status status = drawn_sequence_end(parts->sequence, is_good, error);
    *is_good &= parts->drawn.size < parts->size;
    if (status == BSWZ_OK) {
        status = put_varint(&parts->payloads, parts->drawn.size, error);
    }
    return status == BSWZ_OK ? byte_buffer_append(&parts->payloads, parts->drawn.data, parts->drawn.size, error)
                             : status;
}

/* Pay for the pixels whose surroundings are not flat. Noise takes longest: indices that are no smaller in the file, where
 * they take `size` bytes, than if each were coded for itself. *is_noise: of many values, in which there is nothing to
 * be found: the file takes a quarter more than its indices. */
static bool pay_pixels(struct parts *parts, const struct gif_image *image, size_t size, bool *is_noise) {
    struct compressor *compressor = parts->compressor;
    const size_t pixels = (size_t)image->width * image->height;
    const size_t busy = content_busy(parts->data, image->width, image->height, 1);
    const size_t entropy = busy >= pixels / 4 ? content_entropy(parts->data, pixels) : SIZE_MAX;
    const bool is_noise_of_few = entropy != SIZE_MAX && size >= entropy / 4 * 3;
    *is_noise = size >= pixels + pixels / 4;
    return work_take(&compressor->work, input_position(compressor->input) + parts->size,
                     (uint64_t)busy * (*is_noise         ? WORK_GIF_NOISE_MANY
                                       : is_noise_of_few ? WORK_GIF_NOISE
                                                         : WORK_GIF_BUSY));
}

static enum bswz_status add_image(struct parts *parts, struct gif_walk *walk, const struct gif_image *image) {
    struct compressor *compressor = parts->compressor;
    const uint64_t pixels = (uint64_t)image->width * image->height;
    const size_t choices = parts->choices.size;
    const struct gif_habits habits = parts->habits;
    size_t end = image->data;
    bool is_coded = false, is_noise = false;
    enum bswz_status status = BSWZ_OK;
    parts->images++;
    if (gif_image_is_codable(image) && parts->all + pixels <= gif_pixels_limit(parts->size) &&
        work_take(&compressor->work, input_position(compressor->input) + parts->size,
                  WORK_PICTURE + pixels * WORK_GIF)) {
        status = make_room(parts, pixels);
        if (status == BSWZ_OK) {
            status = gif_data_take_apart(parts->file, parts->size, image, &parts->habits, parts->data, &parts->choices,
                                         &end, &is_coded, compressor->error);
        }
        is_coded = is_coded && pay_pixels(parts, image, end - image->data, &is_noise);
        if (status == BSWZ_OK && is_coded) {
            status = parts->sequence != NULL ? draw_in_sequence(parts, image)
                                             : draw(parts, image, end - image->data, is_noise, &is_coded);
        }
    }
    if (status == BSWZ_OK && is_coded) {
        parts->coded++;
        parts->all += pixels;
        parts->largest = pixels > parts->largest ? pixels : parts->largest;
        if (parts->sequence != NULL && image->has_own_table) {
            status = copy_to_skeleton(parts, image->table);
            parts->copied = image->data - 1;
        }
        if (status == BSWZ_OK) {
            status = copy_to_skeleton(parts, image->data);
        }
        parts->copied = walk->at = end;
        return status;
    }
    parts->choices.size = choices;
    parts->habits = habits;
    gif_walk_data(walk);
    return status == BSWZ_OK ? gif_data_keep(&parts->choices, compressor->error) : status;
}

static enum bswz_status take_apart(struct parts *parts, struct gif_walk *walk) {
    struct gif_image image;
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK && gif_walk_next(walk, &image) == GIF_IMAGE) {
        status = add_image(parts, walk, &image);
    }
    return status == BSWZ_OK ? copy_to_skeleton(parts, parts->size) : status;
}

/* Does the segment give the file back? Reads it like a decoder. */
static enum bswz_status check(const struct byte_buffer *segment, const uint8_t *file, size_t size, bool *comes_back,
                              struct bswz_error *error) {
    struct gif_header header;
    struct gif_restoration restoration = {.is_begun = false};
    struct bswz_error own = {.status = BSWZ_OK};
    uint8_t *restored = NULL;
    size_t used;
    enum bswz_status status = gif_header_take(segment->data + 1, segment->size - 1, &header, &used, &own);
    struct cursor cursor = {.bytes = segment->data, .size = segment->size, .at = 1 + used};
    if (status == BSWZ_OK) {
        status = gif_restoration_begin(&restoration, &header, false, &own);
    }
    while (status == BSWZ_OK) {
        uint64_t length = 0;
        const uint8_t *payload = NULL;
        if (!take_varint(&cursor, size - 1, &length) || !take_bytes(&cursor, (size_t)length, &payload)) {
            status = BSWZ_ERROR_CORRUPT;
        } else if (length == 0) {
            break;
        } else {
            status = gif_restoration_push(&restoration, payload, (size_t)length, false, &own);
        }
    }
    if (status == BSWZ_OK) {
        status = gif_restoration_finish(&restoration, &restored, &own);
    }
    *comes_back = status == BSWZ_OK && cursor.at == segment->size && header.file_size == size &&
                  memcmp(restored, file, size) == 0;
    free(restored);
    gif_restoration_close(&restoration);
    gif_header_free(&header);
    return status == BSWZ_ERROR_MEMORY ? bswz_fail(error, status, "%s", own.message) : BSWZ_OK;
}

/* The whole segment, from its kind to its end. */
static enum bswz_status make_segment(const struct parts *parts, struct byte_buffer *segment) {
    const struct compressor *compressor = parts->compressor;
    struct bswz_error *error = compressor->error;
    enum bswz_status status = put_8(segment, SEGMENT_GIF, error);
    if (status == BSWZ_OK) {
        status = gif_header_put(parts->file, parts->size, &parts->skeleton, &parts->choices, parts->largest,
                                parts->sequence != NULL, compressor->coding.level, segment, error);
    }
    status =
        status == BSWZ_OK ? byte_buffer_append(segment, parts->payloads.data, parts->payloads.size, error) : status;
    return status == BSWZ_OK ? put_8(segment, 0, error) : status;
}

/* Is that smaller, both than the file and than the result of zstd? */
static enum bswz_status is_smaller(const struct parts *parts, size_t size, bool *smaller) {
    struct byte_buffer packed = {0};
    bool fits = false;
    *smaller = *smaller && size + LEAST_SAVING <= parts->size;
    enum bswz_status status = BSWZ_OK;
    if (*smaller) {
        status = bytes_pack(parts->file, parts->size, parts->compressor->coding.level, size, &packed, &fits,
                            parts->compressor->error);
    }
    *smaller &= !fits;
    free(packed.data);
    return status;
}

static enum bswz_status write_segment(const struct parts *parts, const struct gif_walk *begun,
                                      const struct byte_buffer *segment) {
    struct compressor *compressor = parts->compressor;
    enum bswz_status status = compress_bytes_end(compressor, false);
    if (status == BSWZ_OK) {
        status = output_write(compressor->output, segment->data, segment->size, compressor->error);
    }
    tally_coded(&compressor->tally, PICTURE_GIF, FRAME_DRAWN);
    compressor_notice(compressor, "GIF %" PRIu32 "x%" PRIu32 ", %u of %u images as drawings: %zu -> %zu bytes",
                      begun->width, begun->height, parts->coded, parts->images, parts->size, segment->size);
    return status;
}

static enum bswz_status code(struct parts *parts, const struct gif_walk *begun, bool *is_coded,
                             struct bswz_error *reason) {
    struct compressor *compressor = parts->compressor;
    struct byte_buffer segment = {0};
    struct gif_walk walk = *begun;
    bool is_good = true, smaller, comes_back = true;
    enum bswz_status status = take_apart(parts, &walk);
    if (status == BSWZ_OK && parts->sequence != NULL) {
        status = end_sequence(parts, &is_good);
    }
    if (status == BSWZ_OK && parts->coded == 0) {
        bswz_fail(reason, BSWZ_ERROR_UNSUPPORTED, "none of its images can be coded as a drawing, or gets smaller");
        return BSWZ_OK;
    }
    is_good &= parts->skeleton.size <= GIF_RECORD_MAX && parts->choices.size <= GIF_RECORD_MAX;
    status = status == BSWZ_OK && is_good ? make_segment(parts, &segment) : status;
    smaller = is_good;
    if (status == BSWZ_OK) {
        status = is_smaller(parts, segment.size, &smaller);
    }
    if (status == BSWZ_OK && smaller && compressor->coding.verify) {
        status = check(&segment, parts->file, parts->size, &comes_back, compressor->error);
    }
    *is_coded = status == BSWZ_OK && smaller && comes_back;
    if (*is_coded) {
        status = write_segment(parts, begun, &segment);
    } else if (status == BSWZ_OK) {
        bswz_fail(reason, BSWZ_ERROR_LIMIT, smaller ? "its images do not come back" : "its images are not smaller");
    }
    free(segment.data);
    return status;
}

/* Sums over the images of a file. */
struct sums {
    unsigned count;
    uint64_t largest, pixels;
};

static struct sums sum_images(const struct gif_walk *begun) {
    struct gif_walk walk = *begun;
    struct gif_image image;
    struct sums sums = {.count = 0};
    while (gif_walk_next(&walk, &image) == GIF_IMAGE) {
        const uint64_t pixels = (uint64_t)image.width * image.height;
        if (gif_image_is_codable(&image)) {
            sums.count++;
            sums.largest = pixels > sums.largest ? pixels : sums.largest;
            sums.pixels += pixels;
        }
        gif_walk_data(&walk);
    }
    return sums;
}

static enum bswz_status check_memory(const struct compressor *compressor, const struct gif_walk *begun, size_t size,
                                     uint64_t largest, struct bswz_error *reason) {
    const struct gif_header header = {.file_size = size,
                                      .skeleton = {.size = size},
                                      .largest = largest,
                                      .width = begun->width,
                                      .height = begun->height};
    return compressor_check_memory(compressor, gif_memory(&header), "images", reason);
}

enum bswz_status compress_gif(struct compressor *compressor, const uint8_t *file, size_t size, bool *is_coded,
                              struct bswz_error *reason) {
    struct gif_walk begun;
    *is_coded = false;
    if (size > GIF_FILE_MAX || !gif_walk_begin(&begun, file, size)) {
        return BSWZ_OK;
    }
    const struct sums sums = sum_images(&begun);
    enum bswz_status status = check_memory(compressor, &begun, size, sums.largest, reason);
    if (status != BSWZ_OK || reason->status != BSWZ_OK || sums.count == 0) {
        return status;
    }
    struct parts parts = {.compressor = compressor, .file = file, .size = size, .habits = GIF_HABITS_FIRST};
    if (sums.count > 1 && (uint64_t)begun.width * begun.height <= GIF_PIXELS_MAX) {
        status = begin_sequence(&parts, &begun, sums.largest, sums.pixels);
    }
    if (status == BSWZ_OK) {
        status = code(&parts, &begun, is_coded, reason);
    }
    free_parts(&parts);
    return status;
}
