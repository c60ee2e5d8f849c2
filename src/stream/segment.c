/* SPDX-License-Identifier: MIT */
/*
 * Writing the segment of a picture (segment.h).
 */
#include "stream/segment.h"

#include "container/methods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Failures that do not depend on the picture. */
static bool is_fatal(enum bswz_status status) {
    return status == BSWZ_ERROR_MEMORY || status == BSWZ_ERROR_READ || status == BSWZ_ERROR_WRITE ||
           status == BSWZ_ERROR_THREAD || status == BSWZ_ERROR_MACHINE || status == BSWZ_ERROR_ARGUMENT;
}

/* ---- writing the segment ---- */

static enum bswz_status encode_header(struct segment *segment, bool names_model) {
    struct compressor *compressor = segment->compressor;
    struct model_reference *reference = &segment->header.model;
    *reference = (struct model_reference){0};
    if (names_model) {
        const struct bswz_model *model;
        enum bswz_status status = coding_model(&compressor->coding, &model, compressor->error);
        if (status != BSWZ_OK) {
            return status;
        }
        reference->hash = bswz_model_hash(model);
        strncpy(reference->name, bswz_model_name(model), sizeof reference->name - 1);
    }
    segment->encoded.size = 0;
    const struct record_context context = {.models = &compressor->models};
    return picture_header_put(&segment->header, &context, compressor->coding.level, &segment->encoded,
                              compressor->error);
}

static bool repeats_last(const struct segment *segment) {
    const struct byte_buffer *last = &segment->compressor->last_header;
    return segment->encoded.size == last->size && memcmp(segment->encoded.data, last->data, last->size) == 0;
}

static struct record_context record_context(struct compressor *compressor) {
    return (struct record_context){&compressor->last_head, &compressor->models};
}

/* Put the kind of the segment, and the header unless it equals the last one. */
static enum bswz_status put_header(struct segment *segment, bool needs_model) {
    struct compressor *compressor = segment->compressor;
    enum bswz_status status = encode_header(segment, needs_model);
    if (status == BSWZ_OK && !needs_model && compressor->last_names_model && !repeats_last(segment)) {
        status = encode_header(segment, true); /* an unused model costs nothing in a repeated header */
        if (status == BSWZ_OK && !repeats_last(segment)) {
            status = encode_header(segment, false);
        }
    }
    if (status == BSWZ_OK && repeats_last(segment)) {
        return put_8(&segment->buffer, SEGMENT_AGAIN, compressor->error);
    }
    if (status == BSWZ_OK) {
        status = put_8(&segment->buffer, SEGMENT_PICTURE, compressor->error);
    }
    if (status == BSWZ_OK) {
        const struct record_context context = record_context(compressor);
        status = picture_header_put(&segment->header, &context, compressor->coding.level, &segment->buffer,
                                    compressor->error);
    }
    return status;
}

/* ---- checking the parts around the frames ---- */

static bool same_bytes(const struct byte_buffer *a, const struct byte_buffer *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool same_header(const struct picture_header *a, const struct picture_header *b) {
    const struct picture_info *one = &a->info, *other = &b->info;
    return one->width == other->width && one->height == other->height && one->channels == other->channels &&
           one->depth == other->depth && one->maxval == other->maxval && one->indexed == other->indexed &&
           one->lossy == other->lossy && one->format == other->format && a->band_rows == b->band_rows &&
           strcmp(a->model.name, b->model.name) == 0 && (a->model.name[0] == 0 || a->model.hash == b->model.hash) &&
           same_bytes(&a->head, &b->head);
}

bool segment_is_single(const struct segment *segment) {
    return segment->header.band_rows == segment->header.info.height;
}

/* Something failed a check: drop the picture, or fail if it is too late for that, since the input has moved on. */
static enum bswz_status lose(struct segment *segment, enum bswz_status status, const struct bswz_error *failure,
                             const char *what) {
    if (status == BSWZ_ERROR_MEMORY) {
        return bswz_fail(segment->compressor->error, status, "%s", failure->message);
    }
    if (segment->is_streamed && !segment_is_single(segment)) {
        return bswz_fail(segment->compressor->error, BSWZ_ERROR_MACHINE, "%s does not come back", what);
    }
    snprintf(segment->words, sizeof segment->words, "%s does not come back", what);
    segment->is_dropped = true;
    return BSWZ_OK;
}

/* Check the header, which begins the buffer, before the first frame is added. */
static enum bswz_status check_header(struct segment *segment) {
    const struct byte_buffer *buffer = &segment->buffer;
    const bool is_again = buffer->data[0] == SEGMENT_AGAIN;
    const uint8_t *bytes = is_again ? segment->encoded.data : buffer->data + 1;
    const size_t size = is_again ? segment->encoded.size : buffer->size - 1;
    struct picture_header taken;
    struct bswz_error own = {.status = BSWZ_OK};
    size_t used;
    if (!segment->compressor->coding.verify) {
        return BSWZ_OK;
    }
    const struct record_context context = record_context(segment->compressor);
    const enum bswz_status status = picture_header_take(bytes, size, is_again ? NULL : &context, &taken, &used, &own);
    const bool same = status == BSWZ_OK && used == size && same_header(&taken, &segment->header);
    free(taken.head.data);
    return same ? BSWZ_OK : lose(segment, status, &own, "its header");
}

/* Check the tail record, which begins at start in the buffer. */
static enum bswz_status check_tail(struct segment *segment, size_t start, const struct byte_buffer *tail) {
    const struct byte_buffer *buffer = &segment->buffer;
    struct byte_buffer taken = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    size_t used;
    if (!segment->compressor->coding.verify) {
        return BSWZ_OK;
    }
    const enum bswz_status status =
        tail_record_take(buffer->data + start, buffer->size - start, &segment->compressor->models, &taken, &used, &own);
    const bool same = status == BSWZ_OK && used == buffer->size - start && same_bytes(&taken, tail);
    free(taken.data);
    return same ? BSWZ_OK : lose(segment, status, &own, "its tail record");
}

/* The next head record may refer to that of this picture. */
static enum bswz_status remember_head(struct segment *segment) {
    struct compressor *compressor = segment->compressor;
    const struct byte_buffer *head = &segment->header.head;
    compressor->last_head.size = 0;
    return head->size <= LAST_RECORD_MAX
               ? byte_buffer_append(&compressor->last_head, head->data, head->size, compressor->error)
               : BSWZ_OK;
}

/* Write what has been collected: from now on, the segment cannot be dropped. */
static enum bswz_status commit(struct segment *segment) {
    struct compressor *compressor = segment->compressor;
    enum bswz_status status = BSWZ_OK;
    if (!segment->is_written) {
        status = compress_bytes_end(compressor, false);
        const struct byte_buffer last = compressor->last_header;
        compressor->last_header = segment->encoded;
        segment->encoded = last;
        if (status == BSWZ_OK) {
            status = remember_head(segment);
        }
        compressor->last_names_model = segment->header.model.name[0] != 0;
        segment->is_written = true;
    }
    if (status == BSWZ_OK) {
        status = output_write(compressor->output, segment->buffer.data, segment->buffer.size, compressor->error);
    }
    segment->buffer.size = 0;
    return status;
}

/* How long may the segment get before the bytes of the source are better? */
static uint64_t size_limit(const struct segment *segment) {
    if (segment->header.info.lossy && segment->compressor->options->keep_pixels) {
        return UINT64_MAX; /* the caller wants the pixels, whatever they take */
    }
    const uint64_t source =
        segment->is_streamed ? input_position(segment->compressor->input) - segment->picture_start : segment->file_size;
    return source > LEAST_SAVING ? source - LEAST_SAVING : 0;
}

/* ---- coding ---- */

static void tell_refused(const struct segment *segment, unsigned refused) {
    for (size_t i = 0; i < FRAME_METHODS; i++) {
        if ((refused & 1u << frame_method_rows[i].method) != 0) {
            compressor_notice(segment->compressor, "data coded as %s failed its check, and is not used",
                              frame_method_rows[i].noun);
        }
    }
}

enum bswz_status segment_add_frame(void *context, const struct coded_frame *frame, struct bswz_error *error) {
    struct segment *segment = context;
    enum bswz_status status = BSWZ_OK;
    if (segment->is_dropped) {
        return BSWZ_OK;
    }
    tell_refused(segment, frame->refused);
    if (segment->frames == 0) {
        segment->compressor->coding.model = frame->model; /* the first band has decided */
        segment->first_frame = frame->header;
        status = put_header(segment, frame->used_model || !segment_is_single(segment)); /* later bands may need it */
        segment->size = segment->buffer.size;
        if (status == BSWZ_OK) {
            status = check_header(segment);
        }
    }
    if (segment->is_dropped) {
        return status;
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&segment->buffer, frame->bytes.data, frame->bytes.size, error);
    }
    segment->size += frame->bytes.size;
    segment->frames++;
    if (status != BSWZ_OK) {
        return status;
    }
    if (segment->is_streamed && !segment_is_single(segment)) {
        return commit(segment);
    }
    segment->is_dropped = segment->size > size_limit(segment);
    return BSWZ_OK;
}

enum bswz_status segment_add_end(struct segment *segment, enum frame_method end, const struct byte_buffer *tail) {
    struct compressor *compressor = segment->compressor;
    const size_t before = segment->buffer.size;
    enum bswz_status status = put_8(&segment->buffer, (unsigned)end, compressor->error);
    if (status == BSWZ_OK && end == FRAME_END_RECORD) {
        status =
            tail_record_put(tail, &compressor->models, compressor->coding.level, &segment->buffer, compressor->error);
        if (status == BSWZ_OK) {
            status = check_tail(segment, before + 1, tail);
        }
    }
    segment->size += segment->buffer.size - before;
    if (!segment->is_written) {
        segment->is_dropped |= segment->size > size_limit(segment);
    }
    return status == BSWZ_OK && !segment->is_dropped ? commit(segment) : status;
}

enum bswz_status segment_give_up(struct segment *segment, enum bswz_status status, const struct bswz_error *failure) {
    if (is_fatal(status)) {
        return bswz_fail_at(segment->compressor->error, status, failure->offset, "%s", failure->message);
    }
    segment->reason = status;
    memcpy(segment->words, failure->message, sizeof segment->words);
    segment->is_short = segment->is_written;
    segment->is_dropped = !segment->is_written;
    return segment->is_short ? segment_add_end(segment, FRAME_END_SHORT, NULL) : BSWZ_OK;
}
