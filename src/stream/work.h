/*
 * How much work an input may be: what bounds the time of compressing by the size of the input.
 *
 * A model takes its time for a pixel, whatever the pixel took in the file, and a file may say in a few bytes that it
 * has a million pixels.  So work is counted in units of about ten nanoseconds at level 5, which an input earns with its
 * bytes, and begins with some.  Ordinary pictures never come near what they earn.  Where it runs out, the rest is coded
 * with less effort, or kept as bytes, until more bytes have earned more.
 *
 * All is counted from the samples and the position in the input alone, in order, so that the stream depends on
 * nothing else.
 */
#ifndef BSWZ_WORK_H
#define BSWZ_WORK_H

#include "image/picture.h"

/* The most that is tried on a band. */
enum effort {
    EFFORT_FULL,  /* everything that may pay */
    EFFORT_MODEL, /* no search for the coefficients of a JPEG file */
    EFFORT_DRAWN  /* what is for drawings, which is quick */
};

struct work {
    uint64_t spent;
};

/* Take `units` units if the bytes of the input up to position, and what it began with, have room for them. */
bool work_take(struct work *work, uint64_t position, uint64_t units);

/* The same, but nothing is taken. */
bool work_has(const struct work *work, uint64_t position, uint64_t units);

/* The next band of a picture at this level: the effort that there is room for, which is taken. searches: whether full
 * effort may look for coefficients. */
enum effort work_take_band(struct work *work, uint64_t position, const struct picture_info *info,
                           const uint8_t *samples, uint32_t rows, bool searches);

/* Of a picture that has been opened, without its bands; searches: as above. */
#define WORK_PICTURE 40000
/* Of a JPEG file, and of each of its blocks of coefficients. */
#define WORK_JPEG 50000
#define WORK_BLOCK 640
/* Of a deflate stream that is described, and of each byte that it holds. */
#define WORK_DEFLATE 300000
#define WORK_DESCRIBED 12
/* Of a picture's sample, at the least, and of a pixel in a GIF file. */
#define WORK_SAMPLE 2
#define WORK_GIF 3

#endif
