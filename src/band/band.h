/* SPDX-License-Identifier: MIT */
/*
 * Bands: how a picture is divided into pieces that are coded one by one, and where the pieces of a picture that is
 * being read come from.
 *
 * Bands are read ahead. With threads, a reader thread decodes rows into the next bands while the caller codes the
 * preceding ones (frame_jobs.h); between the two there is a queue of one.
 *
 *     reader thread: fills band n + 2   queue: band n + 1   caller: has bands up to n
 *
 * Ownership: the picture reader, the input below it and its mark belong to the reader thread from band_source_open
 * to band_source_close; a band's samples belong to the thread that holds them, and the caller frees what it was
 * given. A side that fails abandons the queue, so close never waits for more than the band being filled. Memory:
 * two bands in addition to the caller's, or none without threads.
 */
#ifndef BSWZ_BAND_H
#define BSWZ_BAND_H

#include "container/input.h"
#include "image/picture.h"

/* The rows of a band for a picture of this size. There is one band, or an even number of about the same height, so
 * that two threads finish at the same time, even if the sequencer has more to do than the networks. The height is a
 * multiple of 32 (which suits the coder's tiles and JPEG blocks) unless so few rows already have too many pixels. */
uint32_t band_rows_for(uint32_t width, uint32_t height, uint64_t pixels);

struct band {
    uint8_t *samples; /* rows follow each other without padding; NULL: no bands are left */
    uint32_t rows;
};

struct band_source;

/* Divide what reader has into bands of rows_per_band. mark: NULL, or the input that reader takes its bytes from,
 * whose mark follows the bands: it is where the first band that has not been handed out began, or, if that is the
 * first band, where it was before the call. */
enum bswz_status band_source_open(struct picture_reader *reader, struct input *mark, uint32_t rows_per_band,
                                  bool threaded, struct band_source **source, struct bswz_error *error);

/* The next band, whose samples now belong to the caller. After the last one, samples is NULL and *tail is the
 * reader's tail record, valid until the reader is closed. */
enum bswz_status band_source_next(struct band_source *source, struct band *band, const struct byte_buffer **tail,
                                  struct bswz_error *error);

/* Ends the thread. Afterwards the reader and the input belong to the caller again. */
void band_source_close(struct band_source *source);

#endif
