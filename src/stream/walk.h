/*
 * Walking through streams: headers, segments, frames, concatenated streams, and
 * what may follow the last.  Decompressing and listing are both such a walk; one
 * decodes the payloads, the other steps over them.
 */
#ifndef BSWZ_WALK_H
#define BSWZ_WALK_H

#include "stream/container.h"
#include "stream/deflate_header.h"
#include "stream/gif_header.h"
#include "stream/input.h"
#include "stream/jpeg_header.h"

enum walk_event {
    WALK_PICTURE,     /* a picture begins: walk->picture */
    WALK_BYTES,       /* a bytes segment begins */
    WALK_JPEG,        /* a JPEG file begins: walk->jpeg */
    WALK_DEFLATE,     /* a deflate stream, or a file that holds pictures, begins: walk->deflate; what it holds follows */
    WALK_GIF,         /* a GIF file begins: walk->gif */
    WALK_FRAME,       /* walk->frame; of a picture walk->rows; of a JPEG or GIF file, a band or part of it, the payload's
                       * size alone. The payload is next: take it or step over it */
    WALK_PICTURE_END, /* walk->tail, walk->is_short */
    WALK_BYTES_END,
    WALK_JPEG_END,
    WALK_GIF_END,
    WALK_DEFLATE_END, /* of the one that began last and has not ended */
    WALK_END          /* nothing is left */
};

struct walk {
    struct input *input;           /* hashed */
    uint64_t memory_limit;         /* for decoding a band */
    bool rescue;                   /* constant: a stream whose check at the end is wrong is no error, but noted: */
    bool check_is_wrong;
    uint64_t wrong_check;          /* position of the first such check */
    enum {
        WALK_BETWEEN_STREAMS,      /* at a magic, or at the end */
        WALK_BETWEEN_SEGMENTS,
        WALK_IN_PICTURE,
        WALK_IN_BYTES,
        WALK_IN_JPEG,
        WALK_IN_GIF
    } place;
    uint64_t streams;              /* entered so far */
    bool has_picture;              /* picture holds one of this stream */
    struct picture_header picture;
    struct jpeg_header jpeg;       /* in one */
    struct deflate_header deflate; /* the one that began last */
    unsigned depth;                /* deflate streams that have begun and not ended */
    uint64_t held[DEFLATE_DEPTH];  /* bytes of memory that each takes */
    struct gif_header gif;         /* in one */
    uint32_t next_row;             /* of the picture */
    uint64_t frames;               /* of the segment */
    struct frame_header frame;
    uint32_t rows;
    struct byte_buffer tail;
    bool is_short;
    uint64_t segment_start;        /* position of the segment's kind */
    uint64_t record_bytes;         /* of head and tail records so far */
};

void walk_begin(struct walk *walk, struct input *input, uint64_t memory_limit);
void walk_end(struct walk *walk);

/* On to the next event. FORMAT: not a stream, or garbage after the last one, when all
 * data has been walked. */
enum bswz_status walk_next(struct walk *walk, enum walk_event *event, struct bswz_error *error);

/* After WALK_FRAME: look at the payload, frame.payload_size bytes. Valid until walk_payload_done, which steps over it.
 * *available: the number of them, fewer only if it fails; those that are there may still be looked at. */
enum bswz_status walk_payload(struct walk *walk, const uint8_t **payload, size_t *available, struct bswz_error *error);
void walk_payload_done(struct walk *walk);
enum bswz_status walk_payload_skip(struct walk *walk, struct bswz_error *error);

#endif
