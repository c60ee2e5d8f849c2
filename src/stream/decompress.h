/* SPDX-License-Identifier: MIT */
/*
 * The parts of a decompressing call: one state, a file for pictures and bytes, and one for each kind of file that is
 * restored as a whole.
 */
#ifndef BSWZ_DECOMPRESS_H
#define BSWZ_DECOMPRESS_H

#include "band/frame_jobs.h"
#include "bytes/stream.h"
#include "container/walk.h"
#include "stream/gif_restore.h"
#include "stream/jpeg_restore.h"
#include "stream/rescue.h"
#include "stream/restore.h"

struct decompressor {
    const struct bswz_decompress_options *options;
    struct input *input;
    struct walk walk;
    struct coding_context coding;
    struct progress progress;
    struct restorer *restorer;
    struct frame_jobs *bands;                   /* the bands of the picture; NULL before its first frame */
    struct bytes_decoder *bytes;                /* NULL until packed bytes come */
    uint64_t bytes_stream;                      /* the value of walk.streams when it was last used */
    uint64_t last_bytes;                        /* the value of walk.streams at the last bytes segment */
    struct picture_info info;                   /* the picture as it is written, and thus smaller with a scale */
    struct byte_buffer head;                    /* its head record; used only with a scale */
    bool is_begun;                              /* the restorer has been told to begin it */
    bool in_picture, in_bytes, in_jpeg, in_gif; /* a segment of this kind has begun and not ended */
    struct jpeg_restoration jpeg;
    struct gif_restoration gif;
    bool is_converted; /* the JPEG file is written as pixels */
    uint64_t restored; /* bytes of the segment */
    struct rescue rescue;
    const struct pixel_sink *pixels; /* NULL, or what is wanted of a picture */
    struct bswz_error *error;
};

/* bswz_decompress, or, if pixels is not NULL, the same to pixels instead of the output. */
enum bswz_status decompress_call(struct bswz_input input, struct bswz_output output, struct pixel_sink *pixels,
                                 const struct bswz_decompress_options *options, struct bswz_error *error);

/* Report the segment that has ended. what: "bytes", or a description of the picture. */
void decompressor_notice(const struct decompressor *decompressor, const char *what);

/* Some targets need the whole picture (decompressor->info) in memory: LIMIT if that is more than allowed. */
enum bswz_status decompressor_check_target(const struct decompressor *decompressor, const struct byte_buffer *head);

/* Add the place in the stream to a decoding error. */
enum bswz_status decompressor_placed(const struct decompressor *decompressor, enum bswz_status status);

/* A JPEG file: at its header, at the payload of a band, and at its end. */
enum bswz_status decompress_jpeg_begin(struct decompressor *decompressor);
enum bswz_status decompress_jpeg_band(struct decompressor *decompressor, const uint8_t *bytes, size_t available);
enum bswz_status decompress_jpeg_end(struct decompressor *decompressor);

/* The same for a GIF file. */
enum bswz_status decompress_gif_begin(struct decompressor *decompressor);
enum bswz_status decompress_gif_part(struct decompressor *decompressor, const uint8_t *bytes, size_t available);
enum bswz_status decompress_gif_end(struct decompressor *decompressor);

#endif
