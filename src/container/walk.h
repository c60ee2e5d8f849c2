/* SPDX-License-Identifier: MIT */
/*
 * Walking through streams: headers, segments, frames, concatenated streams, and padding after the last one.
 * Decompressing and listing are both such walks; one decodes the payloads, the other skips them.
 */
#ifndef BSWZ_WALK_H
#define BSWZ_WALK_H

#include "container/container.h"
#include "container/deflate_header.h"
#include "container/gif_header.h"
#include "container/input.h"
#include "container/jpeg_header.h"

enum walk_event {
    WALK_PICTURE,     /* a picture begins: walk->picture */
    WALK_BYTES,       /* a bytes segment begins */
    WALK_JPEG,        /* a JPEG file begins: walk->jpeg */
    WALK_DEFLATE,     /* a deflate stream or a file of pictures begins: walk->deflate; its content follows */
    WALK_GIF,         /* a GIF file begins: walk->gif */
    WALK_FRAME,       /* walk->frame; in a picture also walk->rows; in a JPEG or GIF file, a band or part, of which only
                       * the payload size is set. The payload is next: take it or skip it */
    WALK_PICTURE_END, /* walk->tail, walk->is_short */
    WALK_BYTES_END,
    WALK_JPEG_END,
    WALK_GIF_END,
    WALK_DEFLATE_END, /* the end of the innermost deflate stream */
    WALK_END          /* the end of the input */
};

struct walk {
    struct input *input;   /* hashed */
    uint64_t memory_limit; /* for decoding a band */
    uint64_t kept;         /* set by the caller: bytes of earlier pictures of the stream that it keeps */
    bool rescue;           /* constant: a wrong check at the end of a stream is not an error, but noted: */
    bool check_is_wrong;
    uint64_t wrong_check; /* position of the first such check */
    enum {
        WALK_BETWEEN_STREAMS, /* at a magic, or at the end */
        WALK_BETWEEN_SEGMENTS,
        WALK_IN_PICTURE,
        WALK_IN_BYTES,
        WALK_IN_JPEG,
        WALK_IN_GIF
    } place;
    uint64_t streams; /* entered so far */
    bool has_picture; /* picture holds a picture of this stream */
    struct picture_header picture;
    struct byte_buffer last_head; /* of the picture before it */
    struct record_models models;
    struct jpeg_header jpeg;       /* in one */
    struct byte_buffer last_jpeg;  /* the headers of the last one of this stream; empty: none that may be referred to */
    struct deflate_header deflate; /* the innermost one */
    unsigned depth;                /* deflate streams that have not ended */
    uint64_t held[DEFLATE_DEPTH];  /* memory for each, in bytes */
    struct gif_header gif;         /* in one */
    uint32_t next_row;             /* in the picture */
    uint64_t frames;               /* of the segment */
    struct frame_header frame;
    uint32_t rows;
    struct byte_buffer tail;
    bool is_short;
    uint64_t segment_start; /* position of the kind of the segment */
    uint64_t record_bytes;  /* of head and tail records so far */
};

void walk_begin(struct walk *walk, struct input *input, uint64_t memory_limit);
void walk_end(struct walk *walk);

/* Go to the next event. FORMAT: not a stream, or garbage after the last one; all data before it has been walked. */
enum bswz_status walk_next(struct walk *walk, enum walk_event *event, struct bswz_error *error);

/* After WALK_FRAME: look at the payload, frame.payload_size bytes. Valid until walk_payload_done, which consumes it.
 * *available: the number of bytes that can be used, fewer only if the call fails. */
enum bswz_status walk_payload(struct walk *walk, const uint8_t **payload, size_t *available, struct bswz_error *error);
void walk_payload_done(struct walk *walk);
enum bswz_status walk_payload_skip(struct walk *walk, struct bswz_error *error);

#endif
