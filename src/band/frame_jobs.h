/* SPDX-License-Identifier: MIT */
/*
 * The bands of a picture, several at a time, from samples to frames and back, in slots (threads/ordered.h).
 *
 *     compressing     samples are pushed, frames are passed on
 *     decompressing   frames are pushed, samples are passed on
 *
 * Results are passed on in order and in the caller's thread, which reads the input, counts and writes as if there
 * were one band at a time. A failure to code a band is reported in its turn, after all preceding bands have been
 * passed on. Bands do not depend on each other, so the stream does not depend on how many are processed at a time.
 */
#ifndef BSWZ_FRAME_JOBS_H
#define BSWZ_FRAME_JOBS_H

#include "band/band.h"
#include "band/frame.h"

struct frame_jobs;

/* A frame with its header; the bytes belong to the slots. */
struct coded_frame {
    struct byte_buffer bytes;
    struct frame_header header;
    bool used_model;
    const struct bswz_model *model; /* the codec's afterwards; NULL: it was not needed */
    unsigned refused;               /* bits 1 << enum frame_method: the methods that failed the check */
};

/* How many slots are worth their memory for a picture in bands of that many rows: at most one per thread, and,
 * beyond the first, no more than fit into `spare` bytes. */
unsigned frame_jobs_count(unsigned threads, const struct picture_info *info, uint32_t band_rows, uint64_t spare);

/* Code bands. codec, options and info are used until frame_jobs_close. */
enum bswz_status frame_jobs_encode(struct codec *codec, const struct frame_options *options,
                                   const struct picture_info *info, unsigned count,
                                   enum bswz_status (*give)(void *context, const struct coded_frame *frame,
                                                            struct bswz_error *error),
                                   void *context, struct frame_jobs **slots, struct bswz_error *error);

/* Add the next band, whose samples then belong to the slots. effort: replaces the one in options. With
 * options->try_default, the first band is passed on before this returns, so that the caller can choose the model
 * for the others (codec->model). */
enum bswz_status frame_jobs_push_band(struct frame_jobs *slots, const struct band *band, enum effort effort,
                                      struct bswz_error *error);

/* Decode bands, the first of which begins at first_row, each with the rows and columns that are divisible by 2^scale in the picture; a band may have no
 * such row. codec and picture are used until frame_jobs_close. give takes over the samples that it gets. rescue:
 * damage is not an error, and give is told about it; otherwise loss is NULL. */
enum bswz_status frame_jobs_decode(struct codec *codec, const struct picture_header *picture, uint32_t first_row,
                                   unsigned scale, bool rescue, unsigned count,
                                   enum bswz_status (*give)(void *context, uint8_t *samples, uint32_t rows,
                                                            const struct frame_loss *loss, struct bswz_error *error),
                                   void *context, struct frame_jobs **slots, struct bswz_error *error);

/* Add the next frame, untrusted: its header, the band's rows, the payload, which is not needed after this returns,
 * its size, which with rescue may be less than the header says, and its position in the input for errors. */
enum bswz_status frame_jobs_push_frame(struct frame_jobs *slots, const struct frame_header *header, uint32_t rows,
                                       const uint8_t *payload, size_t payload_size, uint64_t position,
                                       struct bswz_error *error);

/* Wait until everything has been passed on. */
enum bswz_status frame_jobs_finish(struct frame_jobs *slots, struct bswz_error *error);

/* Discards what has not been passed on. NULL is allowed. */
void frame_jobs_close(struct frame_jobs *slots);

#endif
