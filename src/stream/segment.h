/* SPDX-License-Identifier: MIT */
/*
 * The segment of a picture while it is written: header, frames, end.
 *
 * It is held in memory as long as it may be dropped (compress_picture.c), and the parts around the frames are
 * parsed again before it is written.
 */
#ifndef BSWZ_SEGMENT_H
#define BSWZ_SEGMENT_H

#include "band/frame_jobs.h"
#include "stream/compress.h"

/* Owned by the thread that compresses the input. */
struct segment {
    struct compressor *compressor;
    struct picture_reader *reader;
    struct picture_header header;
    bool is_streamed;
    uint64_t file_size;         /* of the file, unless it is streamed; SIZE_MAX: its end is unknown */
    uint64_t picture_start;     /* input_position at its first byte */
    struct byte_buffer buffer;  /* not yet written */
    struct byte_buffer encoded; /* the header as it would be in the stream if nothing came before it */
    bool is_written;            /* part of it has been written, so it can no longer be dropped */
    bool is_dropped;            /* nothing has been or will be written */
    bool is_short;              /* it was closed before the last row of the picture */
    uint64_t frames;
    uint64_t rows; /* pushed into the slots */
    uint64_t size; /* of everything written or held */
    struct frame_header first_frame;
    uint8_t *prior;                                      /* the samples of the picture, if later ones may refer to it */
    enum bswz_status reason;                             /* why the picture could not be read, or OK */
    char words[sizeof((struct bswz_error *)0)->message]; /* the message for reason, or empty */
};

/* Is the picture a single band? Then its frame alone must pay for the name of the model in the header. */
bool segment_is_single(const struct segment *segment);

/* Add the next frame of the picture; its bands come here in order (frame_jobs.h). context: the segment. */
enum bswz_status segment_add_frame(void *context, const struct coded_frame *frame, struct bswz_error *error);

/* The end of the frames. tail: only for FRAME_END_RECORD. */
enum bswz_status segment_add_end(struct segment *segment, enum frame_method end, const struct byte_buffer *tail);

/* The picture cannot be read: drop the segment, or close it if it is too late for that. Failures that do not depend on
 * the picture are returned. */
enum bswz_status segment_give_up(struct segment *segment, enum bswz_status status, const struct bswz_error *failure);

#endif
