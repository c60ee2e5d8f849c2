/* SPDX-License-Identifier: MIT */
/*
 * The layout of a stream: constants, headers, and how they are written and parsed. bsw(5) specifies the same in words.
 *
 *     stream   = magic, version, flags, segment ..., SEGMENT_END, check
 *     segment  = SEGMENT_BYTES, frame ..., FRAME_END
 *              | SEGMENT_PICTURE, picture header, frame ..., an end of frames
 *              | SEGMENT_AGAIN, frame ..., an end of frames
 *              | SEGMENT_JPEG, JPEG header, band ..., 0
 *              | SEGMENT_GIF, GIF header, part ..., 0
 *              | SEGMENT_DEFLATE, deflate header, segment ..., SEGMENT_END
 *              | SEGMENT_PAGES, the same header, segment ..., SEGMENT_END
 *     frame    = frame header, payload
 *
 * Everything here works on memory. The functions that parse a header are total: they return CORRUPT, VERSION, or, if
 * more bytes might help, TRUNCATED.
 */
#ifndef BSWZ_CONTAINER_H
#define BSWZ_CONTAINER_H

#include "container/blobs.h"
#include "container/record_code.h"
#include "image/formats.h"
#include "origin/origin.h"

#define STREAM_MAGIC_SIZE 8
#define STREAM_HEADER_SIZE 10 /* magic, version, flags */
#define STREAM_CHECK_SIZE 4
#define STREAM_VERSION 13

/* A byte that no ASCII or UTF-8 text starts with, three letters, and line ends that transfers in text mode change, as
 * in PNG. */
extern const uint8_t stream_magic[STREAM_MAGIC_SIZE];

enum segment_kind {
    SEGMENT_END = 0,
    SEGMENT_BYTES = 1,
    SEGMENT_PICTURE = 2,
    SEGMENT_AGAIN = 3,   /* a picture with the header of the last one in this stream */
    SEGMENT_JPEG = 4,    /* a JPEG file, coded by its coefficients (jpeg_header.h) */
    SEGMENT_GIF = 5,     /* a GIF file, coded by the indices of its images (gif_header.h) */
    SEGMENT_DEFLATE = 6, /* a deflate stream, coded by its content: segments up to a SEGMENT_END (deflate_header.h) */
    SEGMENT_PAGES = 8,   /* a file of pictures, coded by these, in the same way */
    SEGMENT_KINDS
};

/* A frame of a bytes segment restores at most this many bytes. */
#define BYTES_FRAME_MAX ((uint32_t)4 << 20)
/* Larger head and tail records are not coded. */
#define RECORD_MAX ((size_t)64 << 20)

/* Earlier pictures that later ones may refer to (band/priors.h), and bytes of their samples: part of the format. */
#define PRIORS_MOST 255
#define PRIORS_BYTES ((size_t)32 << 20)

/* A band has at most about this many pixels; a smaller picture is a single band. */
#define BAND_PIXELS ((uint64_t)2 << 20)

/* ---- picture headers ---- */

/* How a stream names a model. */
struct model_reference {
    uint64_t hash; /* meaningful if name is not empty */
    char name[32]; /* empty: none */
};

struct picture_header {
    struct picture_info info;
    uint32_t band_rows;           /* of every band except the last; info.height: one band */
    struct model_reference model; /* empty if no frame needs a model */
    struct byte_buffer head;
    size_t record_size; /* of the head record in a parsed header; 0: it is the implied one */
};

/* "PNG 640x480", for people. */
void picture_describe(const struct picture_info *info, char text[64]);

size_t picture_row_bytes(const struct picture_info *info);

/* Append the header, with its check, without the segment's kind. context: NULL, or what its record is coded with. */
enum bswz_status picture_header_put(const struct picture_header *header, const struct record_context *context,
                                    int level, struct byte_buffer *out, struct bswz_error *error);

/* Take a header from the size bytes given. TRUNCATED: *used is the least number of bytes needed. On BSWZ_OK *used is
 * its size, and the caller frees head.data. */
enum bswz_status picture_header_take(const uint8_t *bytes, size_t size, const struct record_context *context,
                                     struct picture_header *header, size_t *used, struct bswz_error *error);

/* ---- frame headers ---- */

enum frame_method {
    FRAME_END = 0,          /* end of the segment's frames */
    FRAME_END_RECORD = 1,   /* the same, with the tail record */
    FRAME_END_SHORT = 2,    /* the same for a truncated picture: the next segment has the rest as bytes */
    FRAME_STORED = 3,       /* samples, or bytes, unchanged */
    FRAME_ZSTD = 4,         /* samples as a zstd frame of their own; bytes as the next part of one stream
                           * (bytes/stream.h) */
    FRAME_DRAWN = 5,        /* samples of a drawn picture (drawn/drawn.h); pictures only */
    FRAME_PLANES = 6,       /* planes of the origin of the colours, coded with a model; pictures only */
    FRAME_COEFFICIENTS = 7, /* coefficients of the JPEG file from which the colours were decoded; pictures only */
    FRAME_MIXED = 8,        /* some blocks drawn, the others by the model (band/mixed.h); pictures only */
    FRAME_DEEP = 9          /* samples of up to 16 bits (deep/deep.h); pictures without a palette only */
};

/* How samples became the 8-bit samples that are coded (pictures only). */
enum frame_reduction {
    REDUCTION_NONE = 0,
    REDUCTION_REPEAT = 1, /* 16-bit samples whose two bytes are equal: one of them */
    REDUCTION_TABLES = 2, /* indices into a table of the values that a channel uses */
    REDUCTION_SPLIT = 3   /* the upper 8 bits; the lower ones are kept apart */
};

struct frame_header {
    enum frame_method method;
    enum frame_reduction reduction;
    /* FRAME_PLANES; FRAME_MIXED has only the origins RGB, JFIF and GREY, and exceptions only with JFIF */
    enum origin_kind origin;
    bool half_chroma, flip_x, flip_y, has_exceptions;
    uint32_t restored_size; /* bytes segments only */
    uint64_t payload_size;  /* of pictures: less than the size of the samples */
    uint64_t seed;          /* of the hash: depends on the header and on the number of the frame */
    uint64_t hash;          /* of the restored bytes */
};

/* Longest frame header. */
#define FRAME_HEADER_MAX 24

static inline bool frame_is_end(enum frame_method method) {
    return method <= FRAME_END_SHORT;
}

/* Append the header of frame `number`, which restores to the size bytes given; these are hashed. Not for ends of
 * frames. restored_size is set here; payload_size is the caller's. */
enum bswz_status frame_header_put(struct frame_header *header, bool is_picture, uint64_t number,
                                  const uint8_t *restored, size_t size, struct byte_buffer *out,
                                  struct bswz_error *error);

/* Take the header of frame number, or an end (one byte). stored_size: for pictures, the size of the samples of the
 * band; every payload is smaller. */
enum bswz_status frame_header_take(const uint8_t *bytes, size_t size, bool is_picture, uint64_t number,
                                   size_t stored_size, struct frame_header *header, size_t *used,
                                   struct bswz_error *error);

/* CORRUPT unless these are the bytes that the header promises. */
enum bswz_status frame_check(const struct frame_header *header, const uint8_t *restored, size_t size,
                             struct bswz_error *error);

/* The tail record that follows FRAME_END_RECORD, with its check. take: as picture_header_take. */
enum bswz_status tail_record_put(const struct byte_buffer *tail, struct record_models *models, int level,
                                 struct byte_buffer *out, struct bswz_error *error);
enum bswz_status tail_record_take(const uint8_t *bytes, size_t size, struct record_models *models,
                                  struct byte_buffer *tail, size_t *used, struct bswz_error *error);

#endif
