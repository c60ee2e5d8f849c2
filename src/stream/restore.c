/* SPDX-License-Identifier: MIT */
/*
 * Writing what has been decoded (restore.h).
 *
 * Ownership: only the stage uses the output and the picture writer, from restorer_open until restorer_finish or
 * restorer_close has joined it. A job and what it points to belong to the stage once it has been pushed. One job may
 * wait, so two bands exist in addition to those being decoded: one waiting, one being written.
 */
#include "stream/restore.h"

#include "base/allocate.h"
#include "container/output.h"
#include "threads/stage.h"

#include <stdlib.h>

struct job {
    enum { JOB_PICTURE, JOB_ROWS, JOB_PICTURE_END, JOB_BYTES, JOB_DEFLATE, JOB_DEFLATE_END } kind;
    struct picture_info info;      /* JOB_PICTURE */
    uint32_t rows;                 /* JOB_ROWS */
    bool is_exact;                 /* JOB_ROWS, JOB_PICTURE_END and JOB_DEFLATE_END */
    bool is_short;                 /* JOB_PICTURE_END */
    struct byte_buffer buffer;     /* head record, samples, tail record, bytes, or a recipe */
    struct deflate_header deflate; /* JOB_DEFLATE, without its recipe */
};

/* A deflate stream that is still incomplete. */
struct held {
    struct deflate_header header;
    struct byte_buffer plain;
};

struct restorer {
    enum bswz_target target;   /* constant */
    struct pixel_sink *pixels; /* NULL: everything is written to the output */
    struct stage *stage;
    struct output *output;           /* belongs to the stage, like writer */
    struct picture_writer *writer;   /* NULL between pictures */
    struct held held[DEFLATE_DEPTH]; /* belongs to the stage, too */
    unsigned depth;
};

enum picture_format restorer_target(const struct restorer *restorer, const struct picture_info *info, bool is_held) {
    switch (is_held ? BSWZ_TO_SOURCE : restorer->target) {
    case BSWZ_TO_PNG: return PICTURE_PNG;
    case BSWZ_TO_PPM: return PICTURE_PNM;
    case BSWZ_TO_PAM: return PICTURE_PAM;
    case BSWZ_TO_RAW: return PICTURE_RAW;
    case BSWZ_TO_WEBP: return PICTURE_WEBP;
    case BSWZ_TO_SOURCE:
    default: /* decoded pixels of a lossy file are written as PNG */
        return info->format == PICTURE_JPEG || info->lossy ? PICTURE_PNG : info->format;
    }
}

/* ---- where bytes go ---- */

static enum bswz_status hold(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct held *held = context;
    if (size > held->header.plain_size - held->plain.size) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a segment is damaged: its content is too large");
    }
    return byte_buffer_append(&held->plain, bytes, size, error);
}

static struct byte_sink current_sink(struct restorer *restorer) {
    return restorer->depth > 0 ? (struct byte_sink){hold, &restorer->held[restorer->depth - 1]}
                               : output_sink(restorer->output);
}

static void begin_deflate(struct restorer *restorer, struct job *job) {
    struct held *held = &restorer->held[restorer->depth++]; /* the walk limits the depth */
    *held = (struct held){.header = job->deflate};
    held->header.recipe = job->buffer;
    job->buffer = (struct byte_buffer){0};
}

static void free_held(struct held *held) {
    deflate_header_free(&held->header);
    free(held->plain.data);
    held->plain = (struct byte_buffer){0};
}

static enum bswz_status end_deflate(struct restorer *restorer, bool is_exact, struct bswz_error *error) {
    struct held *held = &restorer->held[--restorer->depth];
    struct byte_buffer stream = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    enum bswz_status status = deflate_header_restore(&held->header, &held->plain, &stream, &own);
    free_held(held);
    if (status == BSWZ_ERROR_CORRUPT && !is_exact) {
        status = BSWZ_OK;
    }
    if (status == BSWZ_OK) {
        const struct byte_sink sink = current_sink(restorer);
        status = sink.write(sink.context, stream.data, stream.size, error);
    } else {
        bswz_fail(error, status, "%s", own.message);
    }
    free(stream.data);
    return status;
}

/* ---- jobs ---- */

static void close_writer(struct restorer *restorer) {
    picture_writer_close(restorer->writer);
    restorer->writer = NULL;
}

static enum bswz_status end_picture(struct restorer *restorer, const struct job *job, struct bswz_error *error) {
    /* the writer of the original format adds nothing to a short picture: it is headerless or PNM */
    const enum bswz_status status =
        job->is_short ? BSWZ_OK : picture_writer_finish(restorer->writer, &job->buffer, error);
    close_writer(restorer);
    return status;
}

static void allow_changes(struct restorer *restorer, const struct job *job) {
    if (!job->is_exact) {
        picture_writer_allow_changes(restorer->writer);
    }
}

static void discard(void *item) {
    struct job *job = item;
    free(job->buffer.data);
    free(job);
}

/* The same for pixels: only those of a picture are wanted. */
static enum bswz_status apply_to_pixels(struct pixel_sink *sink, const struct job *job, struct bswz_error *error) {
    switch (job->kind) {
    case JOB_PICTURE: return pixel_sink_begin(sink, &job->info, &job->buffer, error);
    case JOB_ROWS: return pixel_sink_rows(sink, job->buffer.data, job->rows, error);
    case JOB_PICTURE_END: return BSWZ_OK;
    case JOB_DEFLATE:
    case JOB_DEFLATE_END:
    case JOB_BYTES:
    default: return pixel_sink_refuse(error);
    }
}

static enum bswz_status apply(void *context, void *item, struct bswz_error *error) {
    struct restorer *restorer = context;
    struct job *job = item;
    if (restorer->pixels != NULL) {
        const enum bswz_status given = apply_to_pixels(restorer->pixels, job, error);
        discard(item);
        return given;
    }
    const struct byte_sink sink = current_sink(restorer);
    enum bswz_status status = BSWZ_OK;
    switch (job->kind) {
    case JOB_PICTURE:
        status = picture_writer_open(restorer_target(restorer, &job->info, restorer->depth > 0), &job->info,
                                     &job->buffer, sink, &restorer->writer, error);
        break;
    case JOB_ROWS:
        allow_changes(restorer, job);
        status = picture_writer_rows(restorer->writer, job->buffer.data, job->rows, error);
        break;
    case JOB_PICTURE_END:
        allow_changes(restorer, job);
        status = end_picture(restorer, job, error);
        break;
    case JOB_DEFLATE: begin_deflate(restorer, job); break;
    case JOB_DEFLATE_END: status = end_deflate(restorer, job->is_exact, error); break;
    case JOB_BYTES:
    default: status = sink.write(sink.context, job->buffer.data, job->buffer.size, error); break;
    }
    discard(item);
    return status;
}

enum bswz_status restorer_open(struct bswz_output output, enum bswz_target target, bool threaded,
                               struct restorer **restorer, struct bswz_error *error) {
    struct restorer *opened = bswz_allocate_zero(1, sizeof *opened);
    *restorer = opened;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    opened->target = target;
    enum bswz_status status = output_open(output, false, &opened->output, error);
    if (status == BSWZ_OK) {
        status = stage_create((struct stage_work){apply, discard, opened}, threaded, 1, &opened->stage, error);
    }
    if (status != BSWZ_OK) {
        restorer_close(opened);
        *restorer = NULL;
    }
    return status;
}

void restorer_give_pixels(struct restorer *restorer, struct pixel_sink *sink) {
    restorer->pixels = sink;
}

/* Push a copy of job; its buffer belongs to the stage from then on, even after an error. */
static enum bswz_status push(struct restorer *restorer, const struct job *job, struct bswz_error *error) {
    struct job *item = bswz_allocate(1, sizeof *item);
    if (item == NULL) {
        free(job->buffer.data);
        return bswz_no_memory(error);
    }
    *item = *job;
    return stage_push(restorer->stage, item, error);
}

/* The same with a copy of record as the buffer. */
static enum bswz_status push_record(struct restorer *restorer, struct job *job, const struct byte_buffer *record,
                                    struct bswz_error *error) {
    const enum bswz_status status = byte_buffer_append(&job->buffer, record->data, record->size, error);
    if (status != BSWZ_OK) {
        free(job->buffer.data);
        return status;
    }
    return push(restorer, job, error);
}

enum bswz_status restorer_picture(struct restorer *restorer, const struct picture_info *info,
                                  const struct byte_buffer *head, struct bswz_error *error) {
    struct job job = {.kind = JOB_PICTURE, .info = *info};
    return push_record(restorer, &job, head, error);
}

enum bswz_status restorer_rows(struct restorer *restorer, uint8_t *samples, uint32_t rows, bool is_exact,
                               struct bswz_error *error) {
    const struct job job = {.kind = JOB_ROWS, .rows = rows, .is_exact = is_exact, .buffer = {.data = samples}};
    return push(restorer, &job, error);
}

enum bswz_status restorer_picture_end(struct restorer *restorer, const struct byte_buffer *tail, bool is_short,
                                      struct bswz_error *error) {
    struct job job = {.kind = JOB_PICTURE_END, .is_short = is_short, .is_exact = tail != NULL};
    return tail == NULL ? push(restorer, &job, error) : push_record(restorer, &job, tail, error);
}

enum bswz_status restorer_bytes(struct restorer *restorer, uint8_t *bytes, size_t size, struct bswz_error *error) {
    return push(restorer, &(struct job){.kind = JOB_BYTES, .buffer = {.data = bytes, .size = size}}, error);
}

enum bswz_status restorer_deflate(struct restorer *restorer, const struct deflate_header *header,
                                  struct bswz_error *error) {
    struct job job = {.kind = JOB_DEFLATE, .deflate = *header};
    return push_record(restorer, &job, &header->recipe, error);
}

enum bswz_status restorer_deflate_end(struct restorer *restorer, bool is_rescue, struct bswz_error *error) {
    return push(restorer, &(struct job){.kind = JOB_DEFLATE_END, .is_exact = !is_rescue}, error);
}

enum bswz_status restorer_finish(struct restorer *restorer, struct bswz_error *error) {
    enum bswz_status status = stage_finish(restorer->stage, error);
    /* even after a failure: everything written so far is correct, and wanted */
    const enum bswz_status last = output_finish(restorer->output, error);
    return status != BSWZ_OK ? status : last;
}

void restorer_close(struct restorer *restorer) {
    if (restorer != NULL) {
        stage_destroy(restorer->stage);
        close_writer(restorer);
        while (restorer->depth > 0) {
            free_held(&restorer->held[--restorer->depth]);
        }
        output_close(restorer->output);
        free(restorer);
    }
}
