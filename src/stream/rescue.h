/*
 * Keeping count of what a rescuing decompressor could not restore as it was, and saying so:
 * one line for each picture and each run of bytes that is not whole, and one error for all.
 *
 * Belongs to the decompressor's thread.
 */
#ifndef BSWZ_RESCUE_H
#define BSWZ_RESCUE_H

#include "band/frame.h"
#include "container/jpeg_header.h"

struct rescue {
    bool wanted; /* constant; otherwise nothing here is ever used */
    void (*report)(void *context, const char *line); /* constant; may be NULL */
    void *context;
    struct bswz_error first; /* the first thing that was wrong; BSWZ_OK: nothing yet */
    /* of the picture, which may be written at a scale: */
    uint32_t rows;                /* given so far */
    bool is_bad;                  /* some are not exact: */
    uint32_t first_bad, last_bad; /* between these, */
    struct pixel_loss pixels;     /* with so much of them made up */
    /* of the segment of bytes: */
    uint64_t bad_bytes;
};

/* Is this a failure to read on that leaves something to be rescued? */
static inline bool rescue_goes_on(const struct rescue *rescue, enum bswz_status status) {
    return rescue->wanted && (status == BSWZ_ERROR_TRUNCATED || status == BSWZ_ERROR_CORRUPT ||
                              status == BSWZ_ERROR_VERSION || status == BSWZ_ERROR_READ);
}

/* Something is wrong. */
void rescue_note(struct rescue *rescue, enum bswz_status status, uint64_t offset, const char *words);

void rescue_begin_picture(struct rescue *rescue);
/* The next rows, and what of them is not as it was. Returns whether all is. */
bool rescue_rows(struct rescue *rescue, uint32_t rows, const struct frame_loss *loss);
/* The picture ends, with all rows; is_whole: and with all that follows them. Reports it if it is not as it was. */
void rescue_end_picture(struct rescue *rescue, const struct picture_info *info, bool is_whole, uint64_t offset);

void rescue_begin_bytes(struct rescue *rescue);
/* The bytes end; size: how many there were; is_whole: they end where they should. */
void rescue_end_bytes(struct rescue *rescue, uint64_t size, bool is_whole, uint64_t offset);

/* A JPEG or GIF file did not come back; is_written: as some file, but not the one that it was. */
void rescue_report_file(struct rescue *rescue, const char *what, bool is_written, uint64_t offset);

/* Nothing of a picture has come. */
void rescue_report_missing(struct rescue *rescue, const struct picture_info *info, uint64_t offset);

#endif
