/* SPDX-License-Identifier: MIT */
/*
 * The progress of a picture, for callers: the pixels of all bands that are done, plus those of the finished tiles in
 * other bands.
 */
#ifndef BSWZ_BAND_PROGRESS_H
#define BSWZ_BAND_PROGRESS_H

#include "image/picture.h"

#include <pthread.h>

/* For a call. Bands in several threads add to it. The lock protects everything that changes, and report, which is
 * called by one thread at a time. */
struct progress {
    pthread_mutex_t lock;
    void (*report)(void *context, uint64_t done, uint64_t total); /* constant; NULL: no reports wanted */
    void *context;
    uint64_t done, total; /* pixels of the current picture */
};

/* For a band; belongs to the thread that codes it. */
struct band_progress {
    struct progress *progress;
    uint64_t pixels; /* of the band */
    uint64_t told;   /* of these, reported to progress */
};

void progress_open(struct progress *progress, void (*report)(void *context, uint64_t done, uint64_t total),
                   void *context);
void progress_close(struct progress *progress);

/* The next picture begins; none of its bands is being coded yet. */
void progress_begin_picture(struct progress *progress, const struct picture_info *info);

void progress_begin_band(struct band_progress *band, struct progress *progress, uint64_t pixels);

/* `done` of count tiles of the struct band_progress are coded (for struct coded_planes). */
void progress_tiles(void *band, size_t done, size_t count);

void progress_end_band(struct band_progress *band);

#endif
