/*
 * The parts of a decompressing call: one state, one file for pictures and bytes, and one for each kind of file that is
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

/* Report the segment that has ended. what: "bytes", or the picture. */
void decompressor_notice(const struct decompressor *decompressor, const char *what);

/* Some targets hold the whole picture, decompressor->info: LIMIT if that takes more than the limit allows. */
enum bswz_status decompressor_check_target(const struct decompressor *decompressor, const struct byte_buffer *head);

/* Give an error of decoding its place. */
enum bswz_status decompressor_placed(const struct decompressor *decompressor, enum bswz_status status);

/* A JPEG file, when its header, the payload of a band, or its end has come. */
enum bswz_status decompress_jpeg_begin(struct decompressor *decompressor);
enum bswz_status decompress_jpeg_band(struct decompressor *decompressor, const uint8_t *bytes, size_t available);
enum bswz_status decompress_jpeg_end(struct decompressor *decompressor);

/* The same for a GIF file. */
enum bswz_status decompress_gif_begin(struct decompressor *decompressor);
enum bswz_status decompress_gif_part(struct decompressor *decompressor, const uint8_t *bytes, size_t available);
enum bswz_status decompress_gif_end(struct decompressor *decompressor);

#endif
