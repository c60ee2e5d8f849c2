/* SPDX-License-Identifier: MIT */
/*
 * A rescuing decompressor counts and reports here what it could not restore exactly: a line for each damaged picture
 * and each damaged run of bytes, and one error for all.
 *
 * Belongs to the thread of the decompressor.
 */
#ifndef BSWZ_RESCUE_H
#define BSWZ_RESCUE_H

#include "band/frame.h"
#include "container/jpeg_header.h"

struct rescue {
    bool wanted;                                     /* constant; otherwise nothing here is ever used */
    void (*report)(void *context, const char *line); /* constant; may be NULL */
    void *context;
    struct bswz_error first; /* the first thing that was wrong; BSWZ_OK: nothing yet */
    /* for the picture, as it is written (perhaps with a scale): */
    uint32_t rows;                /* given so far */
    bool is_bad;                  /* some rows are not exact: */
    uint32_t first_bad, last_bad; /* all of them between these, */
    struct pixel_loss pixels;     /* and these pixels in them are made up */
    /* for the bytes segment: */
    uint64_t bad_bytes;
};

/* After this failure to read, may a rescue continue? */
static inline bool rescue_goes_on(const struct rescue *rescue, enum bswz_status status) {
    return rescue->wanted && (status == BSWZ_ERROR_TRUNCATED || status == BSWZ_ERROR_CORRUPT ||
                              status == BSWZ_ERROR_VERSION || status == BSWZ_ERROR_READ);
}

/* Note an error; the first one is kept. */
void rescue_note(struct rescue *rescue, enum bswz_status status, uint64_t offset, const char *words);

void rescue_begin_picture(struct rescue *rescue);
/* The next rows, and how they differ from the original. Returns whether they are exact. */
bool rescue_rows(struct rescue *rescue, uint32_t rows, const struct frame_loss *loss);
/* The picture ends, with all rows; is_whole: and with everything after them. Reports it unless it is exact. */
void rescue_end_picture(struct rescue *rescue, const struct picture_info *info, bool is_whole, uint64_t offset);

void rescue_begin_bytes(struct rescue *rescue);
/* The bytes end. size: how many there were; is_whole: they end as they should. */
void rescue_end_bytes(struct rescue *rescue, uint64_t size, bool is_whole, uint64_t offset);

/* A JPEG or GIF file could not be restored exactly; is_written: a different file was written instead. */
void rescue_report_file(struct rescue *rescue, const char *what, bool is_written, uint64_t offset);

/* No part of a picture has come. */
void rescue_report_missing(struct rescue *rescue, const struct picture_info *info, uint64_t offset);

#endif
