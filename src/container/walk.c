/* SPDX-License-Identifier: MIT */
/*
 * Walking through streams (walk.h).
 *
 * Headers are parsed in memory (container.h), in the bytes that the input shows ahead. If a header is incomplete, the
 * parser says how many bytes it needs. The walk then looks further ahead; only if the input ends there is it truncated.
 */
#include "container/walk.h"

#include "container/memory.h"
#include "jpeg/file.h"

#include <stdlib.h>
#include <string.h>

/* Almost every header is shorter. */
#define USUAL_HEADER 64

void walk_begin(struct walk *walk, struct input *input, uint64_t memory_limit) {
    *walk = (struct walk){
        .input = input,
        .memory_limit = memory_limit,
    };
}

static void forget_picture(struct walk *walk) {
    free(walk->picture.head.data);
    free(walk->last_head.data);
    walk->last_head = (struct byte_buffer){0};
    walk->picture = (struct picture_header){.band_rows = 0};
    walk->has_picture = false;
}

/* Another picture comes, whose head record may refer to the one of this. */
static void keep_head(struct walk *walk) {
    struct byte_buffer head = walk->picture.head;
    walk->picture.head = (struct byte_buffer){0};
    forget_picture(walk);
    walk->last_head = head;
}

void walk_end(struct walk *walk) {
    forget_picture(walk);
    jpeg_header_free(&walk->jpeg);
    deflate_header_free(&walk->deflate);
    gif_header_free(&walk->gif);
    free(walk->tail.data);
    free(walk->last_jpeg.data);
    record_models_free(&walk->models);
}

static enum bswz_status fail_here(const struct walk *walk, enum bswz_status status, const char *words,
                                  struct bswz_error *error) {
    return bswz_fail_at(error, status, input_position(walk->input), "%s", words);
}

static enum bswz_status truncated(const struct walk *walk, struct bswz_error *error) {
    return fail_here(walk, BSWZ_ERROR_TRUNCATED, "the stream ends too early", error);
}

/* Exactly size bytes ahead, or TRUNCATED. */
static enum bswz_status look_at(struct walk *walk, size_t size, const uint8_t **bytes, struct bswz_error *error) {
    size_t available;
    const enum bswz_status status = input_peek(walk->input, size, bytes, &available, error);
    return status == BSWZ_OK && available < size ? truncated(walk, error) : status;
}

/* Add the place to an error from a function of container.h. */
static enum bswz_status placed(const struct walk *walk, enum bswz_status status, struct bswz_error *error) {
    if (error != NULL && error->status == status && error->offset == 0) {
        error->offset = input_position(walk->input);
    }
    return status;
}

/* Parse what starts here with a function of container.h, looking as far ahead as its last attempt demanded. */
static enum bswz_status take_ahead(struct walk *walk,
                                   enum bswz_status (*take)(struct walk *walk, const uint8_t *bytes, size_t size,
                                                            size_t *used, struct bswz_error *error),
                                   struct bswz_error *error) {
    size_t wanted = USUAL_HEADER;
    for (;;) {
        const uint8_t *bytes;
        size_t available, used = 0;
        enum bswz_status status = input_peek(walk->input, wanted, &bytes, &available, error);
        if (status != BSWZ_OK) {
            return status;
        }
        status = take(walk, bytes, available, &used, error);
        if (status == BSWZ_OK) {
            input_consume(walk->input, used);
            return BSWZ_OK;
        }
        if (status != BSWZ_ERROR_TRUNCATED) {
            return placed(walk, status, error);
        }
        if (available < wanted) {
            return truncated(walk, error);
        }
        wanted = used > available ? used : available + 1;
    }
}

static enum bswz_status take_picture(struct walk *walk, const uint8_t *bytes, size_t size, size_t *used,
                                     struct bswz_error *error) {
    const struct record_context context = {&walk->last_head, &walk->models};
    return picture_header_take(bytes, size, &context, &walk->picture, used, error);
}

static enum bswz_status take_jpeg(struct walk *walk, const uint8_t *bytes, size_t size, size_t *used,
                                  struct bswz_error *error) {
    return jpeg_header_take(bytes, size, &walk->last_jpeg, &walk->jpeg, used, error);
}

static enum bswz_status take_deflate(struct walk *walk, const uint8_t *bytes, size_t size, size_t *used,
                                     struct bswz_error *error) {
    return deflate_header_take(bytes, size, walk->deflate.is_pages, &walk->deflate, used, error);
}

static enum bswz_status take_gif(struct walk *walk, const uint8_t *bytes, size_t size, size_t *used,
                                 struct bswz_error *error) {
    return gif_header_take(bytes, size, &walk->gif, used, error);
}

static enum bswz_status take_tail(struct walk *walk, const uint8_t *bytes, size_t size, size_t *used,
                                  struct bswz_error *error) {
    const enum bswz_status status = tail_record_take(bytes, size, &walk->models, &walk->tail, used, error);
    walk->record_bytes += status == BSWZ_OK ? *used - 4 : 0; /* without the check */
    return status;
}

/* Take the payload size of a band of a JPEG file or of a part of a GIF file, or the end. */
static enum bswz_status take_band(struct walk *walk, const uint8_t *bytes, size_t size, size_t *used,
                                  struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    const bool is_jpeg = walk->place == WALK_IN_JPEG;
    const size_t limit = (is_jpeg ? walk->jpeg.file_size : walk->gif.file_size) - 1;
    walk->frame = (struct frame_header){.method = FRAME_STORED};
    if (!take_varint(&cursor, limit, &walk->frame.payload_size)) {
        *used = size + 1;
        return cursor.is_short
                   ? BSWZ_ERROR_TRUNCATED
                   : bswz_fail(error, BSWZ_ERROR_CORRUPT, "a part of a %s file is damaged", is_jpeg ? "JPEG" : "GIF");
    }
    if (walk->frame.payload_size == 0) {
        walk->frame.method = FRAME_END;
    }
    *used = cursor.at;
    return BSWZ_OK;
}

static enum bswz_status take_frame(struct walk *walk, const uint8_t *bytes, size_t size, size_t *used,
                                   struct bswz_error *error) {
    const bool is_picture = walk->place == WALK_IN_PICTURE;
    const size_t stored = is_picture ? picture_row_bytes(&walk->picture.info) * walk->rows : 0;
    return frame_header_take(bytes, size, is_picture, walk->frames, stored, &walk->frame, used, error);
}

/* ---- between streams ---- */

/* After the last stream, only zero bytes may follow; anything else is garbage. */
static enum bswz_status check_rest(struct walk *walk, struct bswz_error *error) {
    for (;;) {
        const uint8_t *bytes;
        size_t available;
        enum bswz_status status = input_peek(walk->input, 1, &bytes, &available, error);
        if (status != BSWZ_OK || available == 0) {
            return status;
        }
        for (size_t i = 0; i < available; i++) {
            if (bytes[i] != 0) {
                return bswz_fail_at(error, BSWZ_ERROR_FORMAT, input_position(walk->input) + i,
                                    "trailing garbage after the end of the data");
            }
        }
        input_consume(walk->input, available);
    }
}

/* Take the header of a stream, if there is one. *at_end: there is none, as it should be. */
static enum bswz_status enter_stream(struct walk *walk, bool *at_end, struct bswz_error *error) {
    const uint8_t *bytes;
    size_t available;
    *at_end = false;
    enum bswz_status status = input_peek(walk->input, STREAM_HEADER_SIZE, &bytes, &available, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (available == 0 && walk->streams == 0) {
        return fail_here(walk, BSWZ_ERROR_TRUNCATED, "the input is empty", error);
    }
    const size_t known = available < STREAM_MAGIC_SIZE ? available : STREAM_MAGIC_SIZE;
    if (available == 0 || memcmp(bytes, stream_magic, known) != 0) {
        if (walk->streams == 0) {
            return fail_here(walk, BSWZ_ERROR_FORMAT, "not in bswz format", error);
        }
        *at_end = true;
        return check_rest(walk, error);
    }
    if (available < STREAM_HEADER_SIZE) {
        return truncated(walk, error);
    }
    if (bytes[STREAM_MAGIC_SIZE] != STREAM_VERSION || bytes[STREAM_MAGIC_SIZE + 1] != 0) {
        return bswz_fail_at(error, BSWZ_ERROR_VERSION, input_position(walk->input),
                            "the stream needs %s bswz (format version %u, flags %02x)",
                            bytes[STREAM_MAGIC_SIZE] < STREAM_VERSION ? "an older" : "a newer",
                            bytes[STREAM_MAGIC_SIZE], bytes[STREAM_MAGIC_SIZE + 1]);
    }
    input_restart_hash(walk->input);
    input_consume(walk->input, STREAM_HEADER_SIZE);
    walk->streams++;
    forget_picture(walk);
    walk->last_jpeg.size = 0;
    walk->depth = 0;
    walk->kept = 0; /* no picture refers to one of another stream */
    walk->place = WALK_BETWEEN_SEGMENTS;
    return BSWZ_OK;
}

/* ---- segments ---- */

/* The byte that ends a stream is next: does the check after it agree? */
static enum bswz_status check_end(struct walk *walk, bool *agrees, struct bswz_error *error) {
    const uint8_t *bytes;
    const enum bswz_status status = look_at(walk, 1 + STREAM_CHECK_SIZE, &bytes, error);
    if (status != BSWZ_OK) {
        return status;
    }
    uint32_t check = 0;
    struct cursor cursor = {.bytes = bytes + 1, .size = STREAM_CHECK_SIZE};
    *agrees = take_32(&cursor, &check) && check_agrees(check, (uint32_t)input_hash(walk->input, 1));
    return *agrees || walk->rescue ? BSWZ_OK
                                   : bswz_fail_at(error, BSWZ_ERROR_CORRUPT, input_position(walk->input) + 1,
                                                  "the stream is damaged: its check is wrong");
}

static enum bswz_status leave_stream(struct walk *walk, struct bswz_error *error) {
    bool agrees;
    const enum bswz_status status = check_end(walk, &agrees, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (!agrees) {
        walk->wrong_check = walk->check_is_wrong ? walk->wrong_check : input_position(walk->input) + 1;
        walk->check_is_wrong = true;
    }
    input_consume(walk->input, 1 + STREAM_CHECK_SIZE);
    walk->place = WALK_BETWEEN_STREAMS;
    return BSWZ_OK;
}

static enum bswz_status too_much(const struct walk *walk, uint64_t wanted, struct bswz_error *error) {
    return bswz_over_limit(error, walk->segment_start, "the picture", wanted, walk->memory_limit);
}

/* Does a band fit the limit? Called before anything is allocated for it. */
static enum bswz_status check_band(const struct walk *walk, struct bswz_error *error) {
    const uint64_t wanted = memory_to_decode(&walk->picture.info, walk->picture.band_rows) + walk->kept;
    return wanted <= walk->memory_limit && wanted <= SIZE_MAX ? BSWZ_OK : too_much(walk, wanted, error);
}

/* The next recipe may refer to these headers; thumbnails will be put into them. */
static enum bswz_status remember_jpeg(struct walk *walk, struct bswz_error *error) {
    const struct byte_buffer *headers = &walk->jpeg.recipe.headers;
    walk->last_jpeg.size = 0;
    return headers->size <= JPEG_LAST_MAX ? byte_buffer_append(&walk->last_jpeg, headers->data, headers->size, error)
                                          : BSWZ_OK;
}

/* Take the header of a JPEG file. */
static enum bswz_status enter_jpeg(struct walk *walk, struct bswz_error *error) {
    jpeg_header_free(&walk->jpeg);
    enum bswz_status status = take_ahead(walk, take_jpeg, error);
    if (status == BSWZ_OK) {
        status = remember_jpeg(walk, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    walk->record_bytes += walk->jpeg.recipe_size;
    walk->place = WALK_IN_JPEG;
    const uint64_t wanted = jpeg_memory_to_restore(&walk->jpeg.planes, walk->jpeg.file_size);
    return wanted <= walk->memory_limit && wanted <= SIZE_MAX ? BSWZ_OK : too_much(walk, wanted, error);
}

/* Take the header of a deflate stream, or of a file of pictures. */
static enum bswz_status enter_deflate(struct walk *walk, bool is_pages, struct bswz_error *error) {
    if (walk->depth == DEFLATE_DEPTH) {
        return fail_here(walk, BSWZ_ERROR_CORRUPT, "the stream is damaged: too many deflate streams in one another",
                         error);
    }
    deflate_header_free(&walk->deflate);
    walk->deflate.is_pages = is_pages;
    const enum bswz_status status = take_ahead(walk, take_deflate, error);
    if (status != BSWZ_OK) {
        return status;
    }
    walk->record_bytes += walk->deflate.recipe.size;
    uint64_t wanted = walk->held[walk->depth++] = deflate_header_memory(&walk->deflate);
    for (unsigned i = 0; i + 1 < walk->depth; i++) {
        wanted += walk->held[i];
    }
    return wanted <= walk->memory_limit && wanted <= SIZE_MAX
               ? BSWZ_OK
               : bswz_over_limit(error, walk->segment_start, is_pages ? "the file" : "the deflate stream", wanted,
                                 walk->memory_limit);
}

/* Take the header of a GIF file. */
static enum bswz_status enter_gif(struct walk *walk, struct bswz_error *error) {
    gif_header_free(&walk->gif);
    const enum bswz_status status = take_ahead(walk, take_gif, error);
    if (status != BSWZ_OK) {
        return status;
    }
    walk->record_bytes += walk->gif.record_size;
    walk->place = WALK_IN_GIF;
    const uint64_t wanted = gif_memory(&walk->gif);
    return wanted <= walk->memory_limit && wanted <= SIZE_MAX ? BSWZ_OK : too_much(walk, wanted, error);
}

static const char unknown_kind[] = "unknown kind of segment: the stream needs a newer bswz, or is damaged";

/* Take the kind of the next segment, and its header. *entered: it is a segment, not the end of the stream. */
static enum bswz_status enter_segment(struct walk *walk, bool *entered, enum walk_event *event,
                                      struct bswz_error *error) {
    const uint8_t *bytes;
    walk->segment_start = input_position(walk->input);
    enum bswz_status status = look_at(walk, 1, &bytes, error);
    if (status != BSWZ_OK) {
        return status;
    }
    const uint8_t kind = bytes[0];
    *entered = kind != SEGMENT_END || walk->depth > 0;
    walk->frames = 0;
    walk->next_row = 0;
    switch (kind) {
    case SEGMENT_END:
        if (walk->depth == 0) {
            return leave_stream(walk, error);
        }
        input_consume(walk->input, 1);
        walk->depth--;
        *event = WALK_DEFLATE_END;
        return BSWZ_OK;
    case SEGMENT_BYTES:
        input_consume(walk->input, 1);
        walk->place = WALK_IN_BYTES;
        *event = WALK_BYTES;
        return BSWZ_OK;
    case SEGMENT_DEFLATE:
    case SEGMENT_PAGES:
        input_consume(walk->input, 1);
        *event = WALK_DEFLATE;
        return enter_deflate(walk, kind == SEGMENT_PAGES, error);
    case SEGMENT_PICTURE:
        input_consume(walk->input, 1);
        keep_head(walk);
        status = take_ahead(walk, take_picture, error);
        walk->record_bytes += status == BSWZ_OK ? walk->picture.record_size : 0;
        walk->has_picture = status == BSWZ_OK;
        walk->place = WALK_IN_PICTURE;
        *event = WALK_PICTURE;
        return status == BSWZ_OK ? check_band(walk, error) : status;
    case SEGMENT_AGAIN:
        if (!walk->has_picture) {
            return fail_here(walk, BSWZ_ERROR_CORRUPT, "the stream is damaged: a picture without a header", error);
        }
        input_consume(walk->input, 1);
        walk->place = WALK_IN_PICTURE;
        *event = WALK_PICTURE;
        return check_band(walk, error); /* since more may be kept by now */
    case SEGMENT_JPEG:
        input_consume(walk->input, 1);
        *event = WALK_JPEG;
        return enter_jpeg(walk, error);
    case SEGMENT_GIF:
        input_consume(walk->input, 1);
        *event = WALK_GIF;
        return enter_gif(walk, error);
    default: return fail_here(walk, BSWZ_ERROR_VERSION, unknown_kind, error);
    }
}

/* ---- frames ---- */

/* Only the check at the end of the stream protects the byte that ends a picture's frames. If it should have said that a
 * record follows, the record is next instead of a segment, or of that check: better known before the picture's file is
 * ended without it. */
static enum bswz_status expect_segment(struct walk *walk, struct bswz_error *error) {
    const uint8_t *bytes;
    size_t available;
    const enum bswz_status status = input_peek(walk->input, 1, &bytes, &available, error);
    if (status != BSWZ_OK || available == 0 || walk->rescue) {
        return status;
    }
    bool agrees;
    return bytes[0] >= SEGMENT_KINDS                     ? fail_here(walk, BSWZ_ERROR_VERSION, unknown_kind, error)
           : bytes[0] == SEGMENT_END && walk->depth == 0 ? check_end(walk, &agrees, error)
                                                         : BSWZ_OK;
}

static enum bswz_status end_picture(struct walk *walk, struct bswz_error *error) {
    const uint32_t height = walk->picture.info.height;
    const enum picture_format format = walk->picture.info.format;
    const bool can_be_short = picture_format_row(format)->extent == NULL; /* the encoder did not know its end */
    walk->is_short = walk->frame.method == FRAME_END_SHORT;
    walk->tail.size = 0;
    if ((walk->is_short && (walk->next_row == 0 || walk->next_row == height || !can_be_short)) ||
        (!walk->is_short && walk->next_row < height)) {
        return fail_here(walk, BSWZ_ERROR_CORRUPT, "the stream is damaged: a picture has the wrong number of rows",
                         error);
    }
    return walk->frame.method == FRAME_END_RECORD ? take_ahead(walk, take_tail, error) : expect_segment(walk, error);
}

static enum bswz_status enter_frame(struct walk *walk, enum walk_event *event, struct bswz_error *error) {
    const bool is_picture = walk->place == WALK_IN_PICTURE, is_jpeg = walk->place == WALK_IN_JPEG;
    const bool is_gif = walk->place == WALK_IN_GIF;
    if (is_picture) {
        const uint32_t left = walk->picture.info.height - walk->next_row;
        walk->rows = left < walk->picture.band_rows ? left : walk->picture.band_rows;
    }
    enum bswz_status status = take_ahead(walk, is_jpeg || is_gif ? take_band : take_frame, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (!frame_is_end(walk->frame.method)) {
        walk->frames++;
        walk->next_row += is_picture ? walk->rows : 0;
        *event = WALK_FRAME;
        return BSWZ_OK;
    }
    walk->place = WALK_BETWEEN_SEGMENTS;
    *event = is_picture ? WALK_PICTURE_END : is_jpeg ? WALK_JPEG_END : is_gif ? WALK_GIF_END : WALK_BYTES_END;
    return is_picture ? end_picture(walk, error) : BSWZ_OK;
}

enum bswz_status walk_next(struct walk *walk, enum walk_event *event, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    for (;;) {
        bool found = false;
        switch (walk->place) {
        case WALK_BETWEEN_STREAMS:
            status = enter_stream(walk, &found, error);
            *event = WALK_END;
            break;
        case WALK_BETWEEN_SEGMENTS: status = enter_segment(walk, &found, event, error); break;
        case WALK_IN_PICTURE:
        case WALK_IN_BYTES:
        case WALK_IN_JPEG:
        case WALK_IN_GIF:
        default:
            status = enter_frame(walk, event, error);
            found = true;
            break;
        }
        if (status != BSWZ_OK || found) {
            return status;
        }
    }
}

enum bswz_status walk_payload(struct walk *walk, const uint8_t **payload, size_t *available, struct bswz_error *error) {
    const size_t size = (size_t)walk->frame.payload_size;
    const enum bswz_status status = input_peek(walk->input, size, payload, available, error);
    *available = *available < size ? *available : size;
    return status == BSWZ_OK && *available < size ? truncated(walk, error) : status;
}

void walk_payload_done(struct walk *walk) {
    input_consume(walk->input, (size_t)walk->frame.payload_size);
}

enum bswz_status walk_payload_skip(struct walk *walk, struct bswz_error *error) {
    uint64_t skipped;
    const enum bswz_status status = input_skip(walk->input, walk->frame.payload_size, &skipped, error);
    return status == BSWZ_OK && skipped < walk->frame.payload_size ? truncated(walk, error) : status;
}
