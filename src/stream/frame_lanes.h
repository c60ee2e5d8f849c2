/*
 * The bands of a picture, several at a time: their samples to frames and back, in
 * lanes (pipeline/lanes.h).
 *
 *     compressing     samples are pushed, frames are given on
 *     decompressing   frames are pushed, samples are given on
 *
 * What is given on comes in order and in the caller's thread, which reads the
 * input, counts and writes as if there were one band at a time; a failure to code a band comes in its
 * turn, after all bands before it have been given on.  Bands do not depend on each other, so neither does
 * the stream depend on how many are worked on.
 */
#ifndef BSWZ_FRAME_LANES_H
#define BSWZ_FRAME_LANES_H

#include "stream/band.h"
#include "stream/frame.h"

struct frame_lanes;

/* A frame with its header; the bytes are the lanes'. */
struct coded_frame {
    struct byte_buffer bytes;
    struct frame_header header;
    bool used_model;
    const struct bswz_model *model; /* the codec's afterwards; NULL: nobody has asked for one */
    unsigned refused;               /* bits 1 << enum frame_method of what did not come back */
};

/* How many lanes are worth their memory for a picture in bands of so many rows: at most
 * one for each thread, and beyond the first no more than fit into `spare` bytes. */
unsigned frame_lanes_count(unsigned threads, const struct picture_info *info, uint32_t band_rows, uint64_t spare);

/* Code bands. codec, options and info are read until frame_lanes_close. */
enum bswz_status frame_lanes_encode(struct codec *codec, const struct frame_options *options,
                                    const struct picture_info *info, unsigned count,
                                    enum bswz_status (*give)(void *context, const struct coded_frame *frame,
                                                             struct bswz_error *error),
                                    void *context, struct frame_lanes **lanes, struct bswz_error *error);

/* Add the next band, whose samples become the lanes'. effort: in place of that in options. With options->try_default
 * the first band is given on before this returns, so that the caller can choose the model for the others
 * (codec->model). */
enum bswz_status frame_lanes_push_band(struct frame_lanes *lanes, const struct band *band, enum effort effort,
                                       struct bswz_error *error);

/* Decode bands, of each the rows and columns that 2^scale divides in the picture; a band may have no such row.
 * codec and picture are read until frame_lanes_close. The samples that give gets become its own. rescue: damage is
 * no error, and give is told of it, otherwise loss is NULL. */
enum bswz_status frame_lanes_decode(struct codec *codec, const struct picture_header *picture, unsigned scale,
                                    bool rescue, unsigned count,
                                    enum bswz_status (*give)(void *context, uint8_t *samples, uint32_t rows,
                                                             const struct frame_loss *loss, struct bswz_error *error),
                                    void *context, struct frame_lanes **lanes, struct bswz_error *error);

/* Add the next frame, untrusted: its header, the band's rows, the payload, which is not needed any more after the
 * return, its size, which with rescue may be less than the header says, and its place in the input for errors. */
enum bswz_status frame_lanes_push_frame(struct frame_lanes *lanes, const struct frame_header *header, uint32_t rows,
                                        const uint8_t *payload, size_t payload_size, uint64_t position,
                                        struct bswz_error *error);

/* Wait until everything has been given on. */
enum bswz_status frame_lanes_finish(struct frame_lanes *lanes, struct bswz_error *error);

/* What has not been given on is dropped. NULL is allowed. */
void frame_lanes_close(struct frame_lanes *lanes);

#endif
