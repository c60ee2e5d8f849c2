/* SPDX-License-Identifier: MIT */
/*
 * The bands of a picture, several at a time (band_jobs.h), from samples to frames and back.
 *
 *     compressing     samples are pushed, frames are passed on
 *     decompressing   frames are pushed, samples are passed on
 */
#ifndef BSWZ_FRAME_JOBS_H
#define BSWZ_FRAME_JOBS_H

#include "band/band.h"
#include "band/frame.h"

struct frame_jobs;

/* A frame with its header; the bytes belong to the job. */
struct coded_frame {
    struct byte_buffer bytes;
    struct frame_header header;
    bool used_model;
    const struct bswz_model *model; /* the context's afterwards; NULL: it was not needed */
    unsigned refused;               /* bits 1 << enum frame_method: the methods that failed the check */
};

/* How many bands at a time are worth their memory for a picture in bands of that many rows: at most one per thread, and,
 * beyond the first, no more than fit into `spare` bytes. When encoding, as many more wait or are done: some bands take
 * much longer than others, and are passed on in order. */
unsigned frame_jobs_count(unsigned threads, bool is_encoding, const struct picture_info *info, uint32_t band_rows,
                          uint64_t spare);

/* Code bands. coding, options and info are used until frame_jobs_close. */
enum bswz_status frame_jobs_encode(struct coding_context *coding, const struct frame_options *options,
                                   const struct picture_info *info, unsigned count,
                                   enum bswz_status (*give)(void *context, const struct coded_frame *frame,
                                                            struct bswz_error *error),
                                   void *context, struct frame_jobs **jobs, struct bswz_error *error);

/* Add the next band, whose samples then belong to its job. effort: replaces the one in options. With
 * options->try_default, the first band is passed on before this returns, so that the caller can choose the model
 * for the others (coding->model). */
enum bswz_status frame_jobs_push_band(struct frame_jobs *jobs, const struct band *band, enum effort effort,
                                      struct bswz_error *error);

/* Decode bands, the first of which begins at first_row, each with the rows and columns that are divisible by 2^scale in
 * the picture; a band may have no such row. coding and picture are used until frame_jobs_close. method: of the first
 * frame, whose payload can be read while a worker loads the model. give takes over the samples that it gets. rescue:
 * damage is not an error, and give is told about it; otherwise loss is NULL. */
enum bswz_status frame_jobs_decode(struct coding_context *coding, const struct picture_header *picture,
                                   enum frame_method method, uint32_t first_row, unsigned scale, bool rescue,
                                   unsigned count,
                                   enum bswz_status (*give)(void *context, uint8_t *samples, uint32_t rows,
                                                            const struct frame_loss *loss, struct bswz_error *error),
                                   void *context, struct frame_jobs **jobs, struct bswz_error *error);

/* Add the next frame, untrusted: its header, the band's rows, the payload, which is not needed after this returns,
 * its size, which with rescue may be less than the header says, and its position in the input for errors. */
enum bswz_status frame_jobs_push_frame(struct frame_jobs *jobs, const struct frame_header *header, uint32_t rows,
                                       const uint8_t *payload, size_t payload_size, uint64_t position,
                                       struct bswz_error *error);

/* Wait until everything has been passed on. */
enum bswz_status frame_jobs_finish(struct frame_jobs *jobs, struct bswz_error *error);

/* After that: the samples of the picture, which then belong to the caller, if later ones may refer to it; or NULL. */
uint8_t *frame_jobs_take_prior(struct frame_jobs *jobs);

/* Discards what has not been passed on. NULL is allowed. */
void frame_jobs_close(struct frame_jobs *jobs);

#endif
