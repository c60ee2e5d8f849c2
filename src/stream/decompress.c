/* SPDX-License-Identifier: MIT */
/*
 * Decompressing: walk through the stream, decode it frame by frame, and pass everything that is proven correct to the
 * restorer.
 *
 * Threads. This thread reads, and decodes bands together with the workers of the pool, several at a time
 * (frame_jobs.h). The restorer writes, in a thread of its own if there are several (restore.h). Whatever goes wrong
 * here, the restorer may finish: everything that it has been given is correct and complete up to that point.
 *
 * A rescue continues after errors. A truncated or damaged frame gives whatever can be decoded, and where the stream
 * itself cannot be followed any further, the current picture is filled up; rescue.h keeps count.
 */
#include "stream/decompress.h"

#include "base/allocate.h"
#include "container/memory.h"
#include "image/scaled.h"
#include "stream/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes of unknown rows are written at a time. */
#define FILL_BYTES ((size_t)1 << 20)

static const struct byte_buffer *written_head(const struct decompressor *decompressor) {
    return decompressor->options->scale > 0 ? &decompressor->head : &decompressor->walk.picture.head;
}

/* Begin a picture, and determine what will be written of it. */
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
    coding_enter_stream(&decompressor->coding, walk->streams);
    decompressor->walk.kept = priors_bytes(decompressor->coding.priors);
    if (scale > 0 && decompressor->last_bytes == walk->streams) {
        return bswz_fail_at(decompressor->error, BSWZ_ERROR_UNSUPPORTED, walk->segment_start,
                            "a picture among other data, as in an archive, can only be restored as it was");
    }
    if (scale > 0) {
        decompressor->head.size = 0;
        status = picture_scale_head(&picture->info, &picture->head, scale, &decompressor->info, &decompressor->head,
                                    decompressor->error);
    }
    return status == BSWZ_OK ? decompressor_check_target(decompressor, written_head(decompressor)) : status;
}

/* The samples of the next band of the picture; they come here in order (frame_jobs.h). */
static enum bswz_status give_band(void *context, uint8_t *samples, uint32_t rows, const struct frame_loss *loss,
                                  struct bswz_error *error) {
    struct decompressor *decompressor = context;
    const struct picture_info *info = &decompressor->info;
    const bool is_exact = loss == NULL || rescue_rows(&decompressor->rescue, rows, loss);
    enum bswz_status status = BSWZ_OK;
    if (!decompressor->is_begun) { /* only now: a picture that cannot be decoded must not leave a header */
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

/* The bands of a picture end here: wait for those that are being decoded. */
static enum bswz_status end_bands(struct decompressor *decompressor) {
    enum bswz_status status = BSWZ_OK;
    if (decompressor->bands != NULL) {
        status = frame_jobs_finish(decompressor->bands, decompressor->error);
        if (status == BSWZ_OK) {
            status = coding_add_prior(&decompressor->coding, &decompressor->walk.picture.info,
                                      frame_jobs_take_prior(decompressor->bands), decompressor->error);
            decompressor->walk.kept = priors_bytes(decompressor->coding.priors);
        }
        frame_jobs_close(decompressor->bands);
        decompressor->bands = NULL;
    }
    return status;
}

/* Write what is known about the rows that are missing. */
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
            return bswz_no_memory(decompressor->error);
        }
        picture_fill_unknown(info, samples, (size_t)rows * info->width);
        status = give_band(decompressor, samples, rows, &loss, decompressor->error);
    }
    return status;
}

/* The stream cannot be read any further: end the segment that has begun. */
static enum bswz_status rescue_segment(struct decompressor *decompressor, const struct bswz_error *failure) {
    struct rescue *rescue = &decompressor->rescue;
    enum bswz_status status = BSWZ_OK;
    if (decompressor->in_bytes) {
        rescue_end_bytes(rescue, decompressor->restored, false, failure->offset);
    } else if (decompressor->in_jpeg) {
        status = decompress_jpeg_end(decompressor);
    } else if (decompressor->in_gif) {
        status = decompress_gif_end(decompressor);
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

/* The stream cannot be read any further. Everything read before is written first. */
static enum bswz_status give_up(struct decompressor *decompressor, enum bswz_status status,
                                const struct bswz_error *failure) {
    enum bswz_status before = end_bands(decompressor);
    if (before == BSWZ_OK && rescue_goes_on(&decompressor->rescue, status)) {
        before = rescue_segment(decompressor, failure);
    }
    return before != BSWZ_OK ? before
                             : bswz_fail_at(decompressor->error, status, failure->offset, "%s", failure->message);
}

/* The payload of the frame that the walk has come to. */
struct payload {
    const uint8_t *bytes;
    size_t available;       /* less than its size only in a rescue */
    enum bswz_status found; /* OK: all of it */
    struct bswz_error failure;
};

/* Look at it. An error: it is not whole, and this is not a rescue, so decompressing has come to its end. */
static enum bswz_status find_payload(struct decompressor *decompressor, struct payload *payload) {
    payload->failure = (struct bswz_error){.status = BSWZ_OK};
    payload->found = walk_payload(&decompressor->walk, &payload->bytes, &payload->available, &payload->failure);
    return payload->found != BSWZ_OK && !rescue_goes_on(&decompressor->rescue, payload->found)
               ? give_up(decompressor, payload->found, &payload->failure)
               : BSWZ_OK;
}

/* Step over it once it is decoded. If it was not whole, what a rescue can do has been done after that. */
static enum bswz_status payload_done(struct decompressor *decompressor, const struct payload *payload) {
    if (payload->found != BSWZ_OK) {
        return give_up(decompressor, payload->found, &payload->failure);
    }
    walk_payload_done(&decompressor->walk);
    return BSWZ_OK;
}

/* The next band of a JPEG file, or part of a GIF file. */
static enum bswz_status decode_part(struct decompressor *decompressor,
                                    enum bswz_status (*decode)(struct decompressor *decompressor, const uint8_t *bytes,
                                                               size_t available)) {
    struct payload payload;
    enum bswz_status status = find_payload(decompressor, &payload);
    if (status == BSWZ_OK) {
        status = decode(decompressor, payload.bytes, payload.available);
    }
    return status == BSWZ_OK ? payload_done(decompressor, &payload) : status;
}

/* Step over a band of whose rows none is wanted. A rescue looks at everything. */
static bool is_unwanted(const struct decompressor *decompressor) {
    const struct walk *walk = &decompressor->walk;
    const unsigned scale = decompressor->options->scale;
    const uint32_t end = walk->next_row, first = end - walk->rows;
    return decompressor->pixels != NULL && !decompressor->rescue.wanted &&
           !pixel_sink_wants(decompressor->pixels, picture_scaled_side(first, scale), picture_scaled_side(end, scale));
}

static enum bswz_status skip_band(struct decompressor *decompressor) {
    const struct walk *walk = &decompressor->walk;
    const unsigned scale = decompressor->options->scale;
    const uint32_t end = walk->next_row,
                   rows = picture_scaled_side(end, scale) - picture_scaled_side(end - walk->rows, scale);
    enum bswz_status status = end_bands(decompressor); /* what is wanted is done, or has not begun */
    if (status == BSWZ_OK && !decompressor->is_begun) {
        status = restorer_picture(decompressor->restorer, &decompressor->info, written_head(decompressor),
                                  decompressor->error);
        decompressor->is_begun = true;
    }
    if (status == BSWZ_OK && rows > 0) {
        status = restorer_rows(decompressor->restorer, NULL, rows, true, decompressor->error);
    }
    return status == BSWZ_OK ? walk_payload_skip(&decompressor->walk, decompressor->error) : status;
}

static enum bswz_status decode_band(struct decompressor *decompressor) {
    struct walk *walk = &decompressor->walk;
    const struct picture_header *picture = &walk->picture;
    struct payload payload;
    enum bswz_status status = BSWZ_OK;
    if (is_unwanted(decompressor)) {
        return skip_band(decompressor);
    }
    if (decompressor->bands == NULL) { /* first, so that the model is loaded while the payload is read */
        /* the walk has checked that one band fits */
        const uint64_t spare = walk->memory_limit - walk->kept - memory_to_decode(&picture->info, picture->band_rows);
        const unsigned count =
            frame_jobs_count(decompressor->options->threads, false, &picture->info, picture->band_rows, spare);
        status = frame_jobs_decode(&decompressor->coding, picture, walk->frame.method, walk->next_row - walk->rows,
                                   decompressor->options->scale, decompressor->rescue.wanted, count, give_band,
                                   decompressor, &decompressor->bands, decompressor->error);
    }
    if (status == BSWZ_OK) {
        status = find_payload(decompressor, &payload);
    }
    if (status == BSWZ_OK) {
        status = frame_jobs_push_frame(decompressor->bands, &walk->frame, walk->rows, payload.bytes, payload.available,
                                       input_position(decompressor->input), decompressor->error);
    }
    return status == BSWZ_OK ? payload_done(decompressor, &payload) : status;
}

/* The decoder of packed bytes, which continues where the last run of the same stream ended. */
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

/* Unpack the bytes of the frame, and check them. */
static enum bswz_status unpack_bytes(struct decompressor *decompressor, const uint8_t *payload, uint8_t *bytes,
                                     size_t size) {
    const struct frame_header *frame = &decompressor->walk.frame;
    enum bswz_status status = BSWZ_OK;
    if (frame->method == FRAME_STORED) {
        memcpy(bytes, payload, size);
    } else {
        status = ready_bytes_decoder(decompressor);
        if (status == BSWZ_OK) {
            status = bytes_decoder_unpack(decompressor->bytes, payload, (size_t)frame->payload_size, bytes, size,
                                          decompressor->error);
        }
    }
    return status == BSWZ_OK ? frame_check(frame, bytes, size, decompressor->error) : status;
}

/* Unpack as many bytes as possible, the first *got; the others are zero. */
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
        if (status == BSWZ_OK) {
            status = bytes_decoder_unpack_part(decompressor->bytes, payload, available, bytes, size, got,
                                               decompressor->error);
        }
    }
    memset(bytes + *got, 0, size - *got);
    if (available == frame->payload_size && frame_check(frame, bytes, size, NULL) != BSWZ_OK) {
        rescue->bad_bytes += size;
        *got = size; /* so that everything after it stays in its place */
    }
    return status;
}

static enum bswz_status decode_bytes(struct decompressor *decompressor) {
    const size_t size = decompressor->walk.frame.restored_size; /* at most BYTES_FRAME_MAX */
    size_t got = size;
    struct payload payload;
    enum bswz_status status = find_payload(decompressor, &payload);
    if (status != BSWZ_OK) {
        return status;
    }
    uint8_t *bytes = bswz_allocate(size, 1);
    if (bytes == NULL) {
        return bswz_no_memory(decompressor->error);
    }
    status = decompressor->rescue.wanted
                 ? rescue_bytes(decompressor, payload.bytes, payload.available, bytes, size, &got)
                 : unpack_bytes(decompressor, payload.bytes, bytes, size);
    if (status != BSWZ_OK) {
        free(bytes);
        return decompressor_placed(decompressor, status);
    }
    decompressor->restored += got;
    status = restorer_bytes(decompressor->restorer, bytes, got, decompressor->error);
    return status == BSWZ_OK ? payload_done(decompressor, &payload) : status;
}

static enum bswz_status end_picture(struct decompressor *decompressor) {
    const struct walk *walk = &decompressor->walk;
    const struct picture_info *info = &decompressor->info;
    const unsigned scale = decompressor->options->scale;
    if (walk->is_short &&
        (scale > 0 || restorer_target(decompressor->restorer, info, decompressor->walk.depth > 0) != info->format)) {
        return bswz_fail_at(decompressor->error, BSWZ_ERROR_UNSUPPORTED, walk->segment_start,
                            "the picture broke off when it was compressed: it can only be restored as it came");
    }
    rescue_end_picture(&decompressor->rescue, info, true, walk->segment_start);
    char what[64];
    picture_describe(info, what);
    decompressor_notice(decompressor, what);
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

/* Everything has been read: was everything correct? */
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
        case WALK_PICTURE: status = begin_picture(decompressor); break;
        case WALK_BYTES:
            decompressor->restored = 0;
            decompressor->in_bytes = true;
            rescue_begin_bytes(&decompressor->rescue);
            decompressor->last_bytes = walk->streams;
            break;
        case WALK_JPEG: status = decompress_jpeg_begin(decompressor); break;
        case WALK_DEFLATE:
            decompressor->last_bytes = walk->streams;
            status = restorer_deflate(decompressor->restorer, &walk->deflate, decompressor->error);
            break;
        case WALK_DEFLATE_END:
            status = restorer_deflate_end(decompressor->restorer, decompressor->rescue.wanted, decompressor->error);
            break;
        case WALK_GIF: status = decompress_gif_begin(decompressor); break;
        case WALK_FRAME:
            status = walk->place == WALK_IN_PICTURE ? decode_band(decompressor)
                     : walk->place == WALK_IN_JPEG  ? decode_part(decompressor, decompress_jpeg_band)
                     : walk->place == WALK_IN_GIF   ? decode_part(decompressor, decompress_gif_part)
                                                    : decode_bytes(decompressor);
            break;
        case WALK_JPEG_END: status = decompress_jpeg_end(decompressor); break;
        case WALK_GIF_END: status = decompress_gif_end(decompressor); break;
        case WALK_PICTURE_END:
            status = end_bands(decompressor);
            if (status == BSWZ_OK) {
                status = end_picture(decompressor);
            }
            decompressor->in_picture = false;
            break;
        case WALK_BYTES_END:
            rescue_end_bytes(&decompressor->rescue, decompressor->restored, true, walk->segment_start);
            decompressor_notice(decompressor, "bytes");
            decompressor->in_bytes = false;
            break;
        case WALK_END:
        default: return end_streams(decompressor);
        }
        if (status != BSWZ_OK) {
            return status;
        }
    }
}

enum bswz_status decompress_call(struct bswz_input input, struct bswz_output output, struct pixel_sink *pixels,
                                 const struct bswz_decompress_options *options, struct bswz_error *error) {
    struct bswz_error own;
    struct bswz_decompress_options taken;
    struct decompressor decompressor = {.options = &taken, .pixels = pixels, .error = error != NULL ? error : &own};
    *decompressor.error = (struct bswz_error){.status = BSWZ_OK};
    enum bswz_status status = decompress_options_take(options, &taken, decompressor.error);
    if (status != BSWZ_OK) {
        return status;
    }
    const uint64_t limit = taken.memory_limit != 0 ? taken.memory_limit : DEFAULT_MEMORY_LIMIT;
    const bool threaded = taken.threads > 1;
    decompressor.rescue =
        (struct rescue){.wanted = taken.rescue != 0, .report = taken.damage, .context = taken.damage_context};
    progress_open(&decompressor.progress, taken.progress, taken.progress_context);
    decompressor.coding = (struct coding_context){.threads = taken.threads,
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
        restorer_give_pixels(decompressor.restorer, pixels);
        status = decompress_streams(&decompressor);
        const enum bswz_status written = restorer_finish(decompressor.restorer, decompressor.error);
        status = status != BSWZ_OK ? status : written;
    }
    frame_jobs_close(decompressor.bands);
    jpeg_restoration_close(&decompressor.jpeg);
    gif_restoration_close(&decompressor.gif);
    restorer_close(decompressor.restorer);
    bytes_decoder_free(decompressor.bytes);
    walk_end(&decompressor.walk);
    free(decompressor.head.data);
    coding_close(&decompressor.coding);
    progress_close(&decompressor.progress);
    input_close(decompressor.input);
    return status;
}

enum bswz_status bswz_decompress(struct bswz_input input, struct bswz_output output,
                                 const struct bswz_decompress_options *options, struct bswz_error *error) {
    return decompress_call(input, output, NULL, options, error);
}
