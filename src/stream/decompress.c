/*
 * Decompressing: walk through the stream, decode frame by frame, and hand what is
 * proven right to the restorer.
 *
 * Threads.  This thread reads, and decodes bands with the pool's workers, which work on
 * several at a time (frame_lanes.h); the restorer writes, in a thread of its own when there are
 * several (restore.h).  Whatever goes wrong here, the restorer is let finish: all that it has
 * been given is correct, and is all that came before.
 *
 * A rescue goes on where that would be the end.  A frame that is cut off or damaged gives
 * what can be made of it, and where the stream itself cannot be followed any further, the picture in work is filled
 * up; rescue.h keeps count.
 */
#include "allocate.h"
#include "image/scaled.h"
#include "stream/frame_lanes.h"
#include "stream/gif_restore.h"
#include "stream/jpeg_picture.h"
#include "stream/jpeg_restore.h"
#include "stream/memory.h"
#include "stream/options.h"
#include "stream/rescue.h"
#include "stream/restore.h"
#include "stream/walk.h"

#include "bytes/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes of unknown rows are written at a time. */
#define FILL_BYTES ((size_t)1 << 20)

struct decompressor {
    const struct bswz_decompress_options *options;
    struct input *input;
    struct walk walk;
    struct codec codec;
    struct progress progress;
    struct restorer *restorer;
    struct frame_lanes *bands; /* of the picture; NULL before its first frame */
    struct bytes_decoder *bytes; /* NULL until packed bytes come */
    uint64_t bytes_stream;       /* walk.streams when it was used last */
    uint64_t last_bytes;         /* walk.streams when a bytes segment came last */
    struct picture_info info;    /* the picture as it is written: smaller at a scale, as is */
    struct byte_buffer head;     /* its head record; not used where there is no scale */
    bool is_begun;               /* and the restorer knows of it */
    bool in_picture, in_bytes, in_jpeg, in_gif; /* a segment of the kind has begun and not ended */
    struct jpeg_restoration jpeg;
    struct gif_restoration gif;
    bool is_converted; /* the JPEG file: its pixels are written */
    uint64_t restored;           /* of the segment */
    struct rescue rescue;
    struct bswz_error *error;
};

/* A line for the segment that has ended. what: "bytes", or the picture. */
static void notice(const struct decompressor *decompressor, const char *what) {
    char line[256];
    const uint64_t size = input_position(decompressor->input) - decompressor->walk.segment_start;
    if (decompressor->options->notice != NULL) {
        snprintf(line, sizeof line, "%s: %" PRIu64 " -> %" PRIu64 " bytes", what, size, decompressor->restored);
        decompressor->options->notice(decompressor->options->notice_context, line);
    }
}

static const struct byte_buffer *written_head(const struct decompressor *decompressor) {
    return decompressor->options->scale > 0 ? &decompressor->head : &decompressor->walk.picture.head;
}

/* Some targets hold the whole picture: no more of it than the limit allows. */
static enum bswz_status check_target(const struct decompressor *decompressor, const struct byte_buffer *head) {
    const struct picture_info *info = &decompressor->info;
    const enum picture_format target = restorer_target(decompressor->restorer, info, decompressor->walk.depth > 0);
    const uint64_t pixels = (uint64_t)info->width * info->height;
    /* the fourth byte of such a record: interlaced (bsw(5)) */
    const bool is_interlaced = (info->format == PICTURE_PNG || info->format == PICTURE_PNG_FILE ||
                                info->format == PICTURE_JPEG || info->format == PICTURE_WEBP) &&
                               head->size >= 4 && head->data[3] != 0;
    uint64_t wanted = 0;
    if (target == PICTURE_WEBP) {
        wanted = pixels * 4;
    } else if (target == PICTURE_BMP || ((target == PICTURE_PNG || target == PICTURE_PNG_FILE) && is_interlaced)) {
        /* a BMP may begin at its lowest row */
        wanted = pixels * info->channels * (info->depth / 8u);
    }
    if (target == PICTURE_PNG_FILE && picture_is_held_to_write(head)) {
        wanted += pixels * info->channels * (info->depth / 8u) * 2; /* as rows, and coded */
    }
    if (wanted > decompressor->walk.memory_limit) {
        return bswz_fail_at(decompressor->error, BSWZ_ERROR_LIMIT, decompressor->walk.segment_start,
                            "writing the picture takes %" PRIu64 " MiB of memory, the limit is %" PRIu64 " MiB",
                            (wanted >> 20) + 1, decompressor->walk.memory_limit >> 20);
    }
    return BSWZ_OK;
}

/* A picture begins: what will be written of it? */
static enum bswz_status begin_picture(struct decompressor *decompressor) {
    const struct walk *walk = &decompressor->walk;
    const struct picture_header *picture = &walk->picture;
    const unsigned scale = decompressor->options->scale;
    enum bswz_status status = BSWZ_OK;
    decompressor->restored = 0;
    decompressor->is_begun = false;
    decompressor->in_picture = true;
    decompressor->info = picture->info;
    rescue_begin_picture(&decompressor->rescue);
    if (scale > 0 && decompressor->last_bytes == walk->streams) {
        return bswz_fail_at(decompressor->error, BSWZ_ERROR_UNSUPPORTED, walk->segment_start,
                            "a picture among other data, as in an archive, can only be restored as it was");
    }
    if (scale > 0) {
        decompressor->head.size = 0;
        status = picture_scale_head(&picture->info, &picture->head, scale, &decompressor->info, &decompressor->head,
                                    decompressor->error);
    }
    return status == BSWZ_OK ? check_target(decompressor, written_head(decompressor)) : status;
}

/* Give an error of decoding its place. */
static enum bswz_status placed(const struct decompressor *decompressor, enum bswz_status status) {
    struct bswz_error *error = decompressor->error;
    if (status != BSWZ_OK && error->offset == 0) {
        error->offset = input_position(decompressor->input);
    }
    return status;
}

/* The samples of the next band of the picture; they come here in order (frame_lanes.h). */
static enum bswz_status give_band(void *context, uint8_t *samples, uint32_t rows, const struct frame_loss *loss,
                                  struct bswz_error *error) {
    struct decompressor *decompressor = context;
    const struct picture_info *info = &decompressor->info;
    const bool is_exact = loss == NULL || rescue_rows(&decompressor->rescue, rows, loss);
    enum bswz_status status = BSWZ_OK;
    if (!decompressor->is_begun) { /* not earlier: a picture that cannot be decoded must not leave a header */
        status = restorer_picture(decompressor->restorer, info, written_head(decompressor), error);
        decompressor->is_begun = true;
    }
    if (status != BSWZ_OK || rows == 0) {
        free(samples);
        return status;
    }
    decompressor->restored += picture_row_bytes(info) * rows;
    return restorer_rows(decompressor->restorer, samples, rows, is_exact, error);
}

/* The bands of a picture end here: wait for those that are in work. */
static enum bswz_status end_bands(struct decompressor *decompressor) {
    enum bswz_status status = BSWZ_OK;
    if (decompressor->bands != NULL) {
        status = frame_lanes_finish(decompressor->bands, decompressor->error);
        frame_lanes_close(decompressor->bands);
        decompressor->bands = NULL;
    }
    return status;
}

/* What is known of the rows that have not come. */
static enum bswz_status fill_picture(struct decompressor *decompressor) {
    const struct picture_info *info = &decompressor->info;
    const size_t row_bytes = picture_row_bytes(info);
    const uint32_t most = row_bytes < FILL_BYTES ? (uint32_t)(FILL_BYTES / row_bytes) : 1;
    enum bswz_status status = BSWZ_OK;
    while (decompressor->rescue.rows < info->height && status == BSWZ_OK) {
        const uint32_t left = info->height - decompressor->rescue.rows, rows = left < most ? left : most;
        const struct frame_loss loss = {.pixels.unknown = (uint64_t)rows * info->width};
        uint8_t *samples = bswz_allocate(rows, row_bytes);
        if (samples == NULL) {
            return bswz_fail(decompressor->error, BSWZ_ERROR_MEMORY, "out of memory");
        }
        picture_fill_unknown(info, samples, (size_t)rows * info->width);
        status = give_band(decompressor, samples, rows, &loss, decompressor->error);
    }
    return status;
}

static enum bswz_status end_jpeg(struct decompressor *decompressor);
static enum bswz_status end_gif(struct decompressor *decompressor);

/* The stream cannot be read on in the middle of something: end that. */
static enum bswz_status rescue_segment(struct decompressor *decompressor, const struct bswz_error *failure) {
    struct rescue *rescue = &decompressor->rescue;
    enum bswz_status status = BSWZ_OK;
    if (decompressor->in_bytes) {
        rescue_end_bytes(rescue, decompressor->restored, false, failure->offset);
    } else if (decompressor->in_jpeg) {
        status = end_jpeg(decompressor);
    } else if (decompressor->in_gif) {
        status = end_gif(decompressor);
    } else if (decompressor->in_picture && !decompressor->is_begun) {
        rescue_report_missing(rescue, &decompressor->info, failure->offset);
    } else if (decompressor->in_picture) {
        status = fill_picture(decompressor);
        if (status == BSWZ_OK) {
            rescue_end_picture(rescue, &decompressor->info, false, failure->offset);
            status = restorer_picture_end(decompressor->restorer, NULL, false, decompressor->error);
        }
    }
    for (unsigned i = 0; i < decompressor->walk.depth && status == BSWZ_OK; i++) {
        status = restorer_deflate_end(decompressor->restorer, true, decompressor->error);
    }
    return status;
}

/* The stream cannot be read on. What has been read before comes first. */
static enum bswz_status give_up(struct decompressor *decompressor, enum bswz_status status,
                                const struct bswz_error *failure) {
    enum bswz_status before = end_bands(decompressor);
    if (before == BSWZ_OK && rescue_goes_on(&decompressor->rescue, status)) {
        before = rescue_segment(decompressor, failure);
    }
    return before != BSWZ_OK ? before
                             : bswz_fail_at(decompressor->error, status, failure->offset, "%s", failure->message);
}

static enum bswz_status decode_band(struct decompressor *decompressor) {
    struct walk *walk = &decompressor->walk;
    const struct picture_header *picture = &walk->picture;
    struct bswz_error failure = {.status = BSWZ_OK};
    const uint8_t *payload;
    size_t available;
    const enum bswz_status found = walk_payload(walk, &payload, &available, &failure);
    enum bswz_status status = BSWZ_OK;
    if (found != BSWZ_OK && !rescue_goes_on(&decompressor->rescue, found)) {
        return give_up(decompressor, found, &failure);
    }
    if (decompressor->bands == NULL) {
        /* the walk has seen to it that one band fits */
        const uint64_t spare = walk->memory_limit - memory_to_decode(&picture->info, picture->band_rows);
        const unsigned count =
            frame_lanes_count(decompressor->options->threads, &picture->info, picture->band_rows, spare);
        status = frame_lanes_decode(&decompressor->codec, picture, decompressor->options->scale,
                                    decompressor->rescue.wanted, count, give_band, decompressor, &decompressor->bands,
                                    decompressor->error);
    }
    if (status == BSWZ_OK) {
        status = frame_lanes_push_frame(decompressor->bands, &walk->frame, walk->rows, payload, available,
                                        input_position(decompressor->input), decompressor->error);
    }
    if (status == BSWZ_OK && found != BSWZ_OK) {
        return give_up(decompressor, found, &failure);
    }
    if (status == BSWZ_OK) {
        walk_payload_done(walk);
    }
    return status;
}

/* The decoder of packed bytes, which goes on where the last run of the same stream ended. */
static enum bswz_status ready_bytes_decoder(struct decompressor *decompressor) {
    const struct walk *walk = &decompressor->walk;
    enum bswz_status status = BSWZ_OK;
    if (decompressor->bytes == NULL) {
        status = bytes_decoder_create(walk->memory_limit, &decompressor->bytes, decompressor->error);
    } else if (decompressor->bytes_stream != walk->streams) {
        bytes_decoder_restart(decompressor->bytes);
    }
    decompressor->bytes_stream = walk->streams;
    return status;
}

/* Fill and check the frame's bytes. */
static enum bswz_status unpack_bytes(struct decompressor *decompressor, const uint8_t *payload, uint8_t *bytes,
                                     size_t size) {
    const struct frame_header *frame = &decompressor->walk.frame;
    enum bswz_status status = BSWZ_OK;
    if (frame->method == FRAME_STORED) {
        memcpy(bytes, payload, size);
    } else {
        status = ready_bytes_decoder(decompressor);
        status = status == BSWZ_OK ? bytes_decoder_unpack(decompressor->bytes, payload, (size_t)frame->payload_size,
                                                          bytes, size, decompressor->error)
                                   : status;
    }
    return status == BSWZ_OK ? frame_check(frame, bytes, size, decompressor->error) : status;
}

/* Fill of the bytes what there is: the first *got; the others are zero. */
static enum bswz_status rescue_bytes(struct decompressor *decompressor, const uint8_t *payload, size_t available,
                                     uint8_t *bytes, size_t size, size_t *got) {
    struct rescue *rescue = &decompressor->rescue;
    const struct frame_header *frame = &decompressor->walk.frame;
    enum bswz_status status = BSWZ_OK;
    *got = available < size ? available : size;
    if (frame->method == FRAME_STORED) {
        memcpy(bytes, payload, *got);
    } else {
        status = ready_bytes_decoder(decompressor);
        status = status == BSWZ_OK ? bytes_decoder_unpack_part(decompressor->bytes, payload, available, bytes, size, got,
                                                               decompressor->error)
                                   : status;
    }
    memset(bytes + *got, 0, size - *got);
    if (available == frame->payload_size && frame_check(frame, bytes, size, NULL) != BSWZ_OK) {
        rescue->bad_bytes += size;
        *got = size; /* so that what follows stays in its place */
    }
    return status;
}

static enum bswz_status decode_bytes(struct decompressor *decompressor) {
    struct walk *walk = &decompressor->walk;
    struct bswz_error failure = {.status = BSWZ_OK};
    const size_t size = walk->frame.restored_size; /* at most BYTES_FRAME_MAX */
    const uint8_t *payload;
    size_t available, got = size;
    const enum bswz_status found = walk_payload(walk, &payload, &available, &failure);
    if (found != BSWZ_OK && !rescue_goes_on(&decompressor->rescue, found)) {
        return give_up(decompressor, found, &failure);
    }
    uint8_t *bytes = bswz_allocate(size, 1);
    if (bytes == NULL) {
        return bswz_fail(decompressor->error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    enum bswz_status status = decompressor->rescue.wanted
                                  ? rescue_bytes(decompressor, payload, available, bytes, size, &got)
                                  : unpack_bytes(decompressor, payload, bytes, size);
    if (status != BSWZ_OK) {
        free(bytes);
        return placed(decompressor, status);
    }
    decompressor->restored += got;
    status = restorer_bytes(decompressor->restorer, bytes, got, decompressor->error);
    if (status == BSWZ_OK && found != BSWZ_OK) {
        return give_up(decompressor, found, &failure);
    }
    if (status == BSWZ_OK) {
        walk_payload_done(walk);
    }
    return status;
}

static enum bswz_status end_picture(struct decompressor *decompressor) {
    const struct walk *walk = &decompressor->walk;
    const struct picture_info *info = &decompressor->info;
    const unsigned scale = decompressor->options->scale;
    if (walk->is_short && (scale > 0 || restorer_target(decompressor->restorer, info, decompressor->walk.depth > 0) != info->format)) {
        return bswz_fail_at(decompressor->error, BSWZ_ERROR_UNSUPPORTED, walk->segment_start,
                            "the picture broke off when it was compressed: it can only be restored as it came");
    }
    rescue_end_picture(&decompressor->rescue, info, true, walk->segment_start);
    char what[64];
    picture_describe(info, what);
    notice(decompressor, what);
    if (scale == 0) {
        return restorer_picture_end(decompressor->restorer, &walk->tail, walk->is_short, decompressor->error);
    }
    struct byte_buffer tail = {0};
    enum bswz_status status = picture_scale_tail(info, &walk->tail, scale, &tail, decompressor->error);
    if (status == BSWZ_OK) {
        status = restorer_picture_end(decompressor->restorer, &tail, false, decompressor->error);
    }
    free(tail.data);
    return status;
}

/* ---- JPEG files ---- */

static enum bswz_status begin_jpeg(struct decompressor *decompressor) {
    decompressor->restored = 0;
    decompressor->in_jpeg = true;
    /* among other data, as in an archive, it stays a file */
    const struct bswz_decompress_options *options = decompressor->options;
    decompressor->is_converted = (options->target != BSWZ_TO_SOURCE || options->scale > 0) &&
                                 decompressor->last_bytes != decompressor->walk.streams;
    if (!decompressor->is_converted) {
        decompressor->last_bytes = decompressor->walk.streams;
    }
    return jpeg_restoration_begin(&decompressor->jpeg, &decompressor->codec, &decompressor->walk.jpeg,
                                  decompressor->rescue.wanted, decompressor->error);
}

static enum bswz_status decode_coefficients(struct decompressor *decompressor) {
    struct walk *walk = &decompressor->walk;
    struct bswz_error failure = {.status = BSWZ_OK};
    const uint8_t *payload;
    size_t available;
    const enum bswz_status found = walk_payload(walk, &payload, &available, &failure);
    if (found != BSWZ_OK && !rescue_goes_on(&decompressor->rescue, found)) {
        return give_up(decompressor, found, &failure);
    }
    enum bswz_status status = jpeg_restoration_push(&decompressor->jpeg, payload, available,
                                                    input_position(walk->input), decompressor->error);
    if (status == BSWZ_OK && found != BSWZ_OK) {
        return give_up(decompressor, found, &failure);
    }
    if (status == BSWZ_OK) {
        walk_payload_done(walk);
    }
    return status;
}

/* The file that was damaged keeps its length, so that what follows stays in its place. */
static enum bswz_status rescue_jpeg(struct decompressor *decompressor, uint8_t **file) {
    const struct jpeg_header *header = &decompressor->walk.jpeg;
    char what[64];
    jpeg_describe(&header->planes, what);
    rescue_report_file(&decompressor->rescue, what, *file != NULL, decompressor->walk.segment_start);
    if (*file == NULL) {
        *file = bswz_allocate_zero(header->file_size, 1);
    }
    return *file != NULL ? BSWZ_OK : bswz_fail(decompressor->error, BSWZ_ERROR_MEMORY, "out of memory");
}

/* Write the pixels of the file that has been restored. */
static enum bswz_status write_pixels(struct decompressor *decompressor, const uint8_t *file) {
    struct jpeg_picture picture;
    enum bswz_status status = jpeg_picture_open(&picture, file, decompressor->walk.jpeg.file_size,
                                                decompressor->options->scale, decompressor->error);
    if (status != BSWZ_OK) {
        return status;
    }
    decompressor->info = picture.info;
    status = check_target(decompressor, &picture.head);
    if (status == BSWZ_OK) {
        status = jpeg_picture_give(&picture, decompressor->restorer, decompressor->error);
    }
    jpeg_picture_close(&picture);
    return status;
}

static enum bswz_status end_jpeg(struct decompressor *decompressor) {
    const struct jpeg_header *header = &decompressor->walk.jpeg;
    struct bswz_error failure = {.status = BSWZ_OK};
    char what[64];
    uint8_t *file = NULL;
    enum bswz_status status = jpeg_restoration_finish(&decompressor->jpeg, &file, &failure);
    if (status != BSWZ_OK) {
        status = rescue_goes_on(&decompressor->rescue, status)
                     ? rescue_jpeg(decompressor, &file)
                     : bswz_fail_at(decompressor->error, status,
                                    failure.offset != 0 ? failure.offset : input_position(decompressor->input), "%s",
                                    failure.message);
    }
    jpeg_restoration_close(&decompressor->jpeg);
    decompressor->in_jpeg = false;
    if (status != BSWZ_OK) {
        free(file);
        return status;
    }
    decompressor->restored = header->file_size;
    jpeg_describe(&header->planes, what);
    notice(decompressor, what);
    if (decompressor->is_converted) {
        status = write_pixels(decompressor, file);
        free(file);
        return status;
    }
    return restorer_bytes(decompressor->restorer, file, header->file_size, decompressor->error);
}

/* ---- GIF files, which stay files ---- */

static enum bswz_status begin_gif(struct decompressor *decompressor) {
    decompressor->restored = 0;
    decompressor->in_gif = true;
    decompressor->last_bytes = decompressor->walk.streams;
    return placed(decompressor, gif_restoration_begin(&decompressor->gif, &decompressor->walk.gif,
                                                      decompressor->rescue.wanted, decompressor->error));
}

static enum bswz_status decode_gif_part(struct decompressor *decompressor) {
    struct walk *walk = &decompressor->walk;
    struct bswz_error failure = {.status = BSWZ_OK};
    const uint8_t *payload;
    size_t available;
    const enum bswz_status found = walk_payload(walk, &payload, &available, &failure);
    if (found != BSWZ_OK && !rescue_goes_on(&decompressor->rescue, found)) {
        return give_up(decompressor, found, &failure);
    }
    const bool is_cut = available < walk->frame.payload_size;
    enum bswz_status status = gif_restoration_push(&decompressor->gif, payload, available, is_cut, decompressor->error);
    if (status != BSWZ_OK) {
        return placed(decompressor, status);
    }
    if (found != BSWZ_OK) {
        return give_up(decompressor, found, &failure);
    }
    walk_payload_done(walk);
    return BSWZ_OK;
}

static enum bswz_status end_gif(struct decompressor *decompressor) {
    const struct gif_header *header = &decompressor->walk.gif;
    struct bswz_error failure = {.status = BSWZ_OK};
    char what[64];
    uint8_t *file;
    enum bswz_status status = gif_restoration_finish(&decompressor->gif, &file, &failure);
    gif_describe(header, what);
    if (status != BSWZ_OK && file != NULL && rescue_goes_on(&decompressor->rescue, status)) {
        rescue_report_file(&decompressor->rescue, what, true, decompressor->walk.segment_start);
        status = BSWZ_OK;
    }
    gif_restoration_close(&decompressor->gif);
    decompressor->in_gif = false;
    if (status != BSWZ_OK) {
        free(file);
        return bswz_fail_at(decompressor->error, status, input_position(decompressor->input), "%s", failure.message);
    }
    decompressor->restored = header->file_size;
    notice(decompressor, what);
    return restorer_bytes(decompressor->restorer, file, header->file_size, decompressor->error);
}

/* All has been read: was all as it should be? */
static enum bswz_status end_streams(struct decompressor *decompressor) {
    struct rescue *rescue = &decompressor->rescue;
    if (decompressor->walk.check_is_wrong) {
        rescue_note(rescue, BSWZ_ERROR_CORRUPT, decompressor->walk.wrong_check,
                    "the stream is damaged: its check is wrong");
    }
    return rescue->first.status == BSWZ_OK ? BSWZ_OK
                                           : bswz_fail_at(decompressor->error, rescue->first.status,
                                                          rescue->first.offset, "%s", rescue->first.message);
}

static enum bswz_status decompress_streams(struct decompressor *decompressor) {
    struct walk *walk = &decompressor->walk;
    for (;;) {
        struct bswz_error failure = {.status = BSWZ_OK};
        enum walk_event event;
        enum bswz_status status = walk_next(walk, &event, &failure);
        if (status != BSWZ_OK) {
            return give_up(decompressor, status, &failure);
        }
        switch (event) {
        case WALK_PICTURE:
            status = begin_picture(decompressor);
            break;
        case WALK_BYTES:
            decompressor->restored = 0;
            decompressor->in_bytes = true;
            rescue_begin_bytes(&decompressor->rescue);
            decompressor->last_bytes = walk->streams;
            break;
        case WALK_JPEG:
            status = begin_jpeg(decompressor);
            break;
        case WALK_DEFLATE:
            decompressor->last_bytes = walk->streams;
            status = restorer_deflate(decompressor->restorer, &walk->deflate, decompressor->error);
            break;
        case WALK_DEFLATE_END:
            status = restorer_deflate_end(decompressor->restorer, decompressor->rescue.wanted, decompressor->error);
            break;
        case WALK_GIF:
            status = begin_gif(decompressor);
            break;
        case WALK_FRAME:
            status = walk->place == WALK_IN_PICTURE ? decode_band(decompressor)
                     : walk->place == WALK_IN_JPEG  ? decode_coefficients(decompressor)
                     : walk->place == WALK_IN_GIF   ? decode_gif_part(decompressor)
                                                    : decode_bytes(decompressor);
            break;
        case WALK_JPEG_END:
            status = end_jpeg(decompressor);
            break;
        case WALK_GIF_END:
            status = end_gif(decompressor);
            break;
        case WALK_PICTURE_END:
            status = end_bands(decompressor);
            status = status == BSWZ_OK ? end_picture(decompressor) : status;
            decompressor->in_picture = false;
            break;
        case WALK_BYTES_END:
            rescue_end_bytes(&decompressor->rescue, decompressor->restored, true, walk->segment_start);
            notice(decompressor, "bytes");
            decompressor->in_bytes = false;
            break;
        case WALK_END:
        default:
            return end_streams(decompressor);
        }
        if (status != BSWZ_OK) {
            return status;
        }
    }
}

enum bswz_status bswz_decompress(struct bswz_input input, struct bswz_output output,
                                 const struct bswz_decompress_options *options, struct bswz_error *error) {
    struct bswz_error own;
    struct bswz_decompress_options taken;
    struct decompressor decompressor = {.options = &taken, .error = error != NULL ? error : &own};
    *decompressor.error = (struct bswz_error){.status = BSWZ_OK};
    enum bswz_status status = decompress_options_take(options, &taken, decompressor.error);
    if (status != BSWZ_OK) {
        return status;
    }
    const uint64_t limit = taken.memory_limit != 0 ? taken.memory_limit : DEFAULT_MEMORY_LIMIT;
    const bool threaded = taken.threads > 1;
    decompressor.rescue = (struct rescue){
        .wanted = taken.rescue != 0, .report = taken.damage, .context = taken.damage_context};
    progress_open(&decompressor.progress, taken.progress, taken.progress_context);
    decompressor.codec =
        (struct codec){.threads = taken.threads,
                       .model = taken.model,
                       .find_model = taken.find_model,
                       .find_model_context = taken.find_model_context,
                       .progress = &decompressor.progress};
    status = input_open(input, true, &decompressor.input, decompressor.error);
    if (status == BSWZ_OK) {
        walk_begin(&decompressor.walk, decompressor.input, limit);
        decompressor.walk.rescue = decompressor.rescue.wanted;
        status = restorer_open(output, taken.target, threaded, &decompressor.restorer, decompressor.error);
    }
    if (status == BSWZ_OK) {
        status = decompress_streams(&decompressor);
        const enum bswz_status written = restorer_finish(decompressor.restorer, decompressor.error);
        status = status != BSWZ_OK ? status : written;
    }
    frame_lanes_close(decompressor.bands);
    jpeg_restoration_close(&decompressor.jpeg);
    gif_restoration_close(&decompressor.gif);
    restorer_close(decompressor.restorer);
    bytes_decoder_free(decompressor.bytes);
    walk_end(&decompressor.walk);
    free(decompressor.head.data);
    codec_close(&decompressor.codec);
    progress_close(&decompressor.progress);
    input_close(decompressor.input);
    return status;
}
