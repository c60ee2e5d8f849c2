/* SPDX-License-Identifier: MIT */
/*
 * The progress of a picture (picture_progress.h).
 */
#include "band/picture_progress.h"

void progress_open(struct progress *progress, void (*report)(void *context, uint64_t done, uint64_t total),
                   void *context) {
    *progress = (struct progress){.report = report, .context = context};
    pthread_mutex_init(&progress->lock, NULL); /* this cannot fail with default attributes */
}

void progress_close(struct progress *progress) {
    pthread_mutex_destroy(&progress->lock);
}

void progress_begin_picture(struct progress *progress, const struct picture_info *info) {
    pthread_mutex_lock(&progress->lock);
    progress->done = 0;
    progress->total = (uint64_t)info->height * info->width;
    pthread_mutex_unlock(&progress->lock);
}

/* Report that this many pixels of the band are done; fewer than before if it is tried again. */
static void tell(struct band_progress *band, uint64_t pixels) {
    struct progress *progress = band->progress;
    if (progress->report == NULL) {
        return;
    }
    pthread_mutex_lock(&progress->lock);
    progress->done += pixels - band->told; /* may wrap around, and back */
    band->told = pixels;
    progress->report(progress->context, progress->done, progress->total);
    pthread_mutex_unlock(&progress->lock);
}

void progress_begin_band(struct band_progress *band, struct progress *progress, uint64_t pixels) {
    *band = (struct band_progress){.progress = progress, .pixels = pixels};
    tell(band, 0);
}

void progress_tiles(void *context, size_t done, size_t count) {
    struct band_progress *band = context;
    tell(band, band->pixels * done / count); /* a band has fewer than 2^31 pixels and 2^20 tiles */
}

void progress_end_band(struct band_progress *band) {
    tell(band, band->pixels);
}
