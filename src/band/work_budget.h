/* SPDX-License-Identifier: MIT */
/*
 * How much work an input may cause, so that the time of compressing is proportional to the size of the input.
 *
 * A model takes a fixed time per pixel, whatever the pixel took in the file, and a few bytes of a file may claim a
 * million pixels. So work is counted in units of about ten nanoseconds at level 5. An input begins with some units, and
 * earns more with each byte. Ordinary pictures never need nearly as much as they earn. If the units run out, the rest
 * is coded with less effort, or kept as bytes, until further bytes have earned more.
 *
 * The count depends only on the samples and the position in the input, in order, and so does the stream.
 */
#ifndef BSWZ_WORK_H
#define BSWZ_WORK_H

#include "image/picture.h"

/* How much is tried on a band. */
enum effort {
    EFFORT_FULL,    /* everything that may help */
    EFFORT_SHALLOW, /* grey samples are not coded one by one */
    EFFORT_MODEL,   /* nor are the coefficients of a JPEG file searched for */
    EFFORT_DRAWN,   /* only the coders for drawings */
    EFFORT_NONE     /* not even these */
};

struct work {
    uint64_t spent, returned;
};

/* Spend `units` units if the bytes of the input up to position, and the initial units, cover them. */
bool work_take(struct work *work, uint64_t position, uint64_t units);

/* The units that are left at that position. */
uint64_t work_left(const struct work *work, uint64_t position);

/* The same as work_take, but nothing is spent. */
bool work_has(const struct work *work, uint64_t position, uint64_t units);

/* What was spent on a trial that failed may be spent again, but in all no more than has been earned at that position:
 * so the input takes at most twice its time. */
void work_return(struct work *work, uint64_t position, uint64_t units);

struct work_wanted {
    bool searches;      /* full effort may search for coefficients */
    bool prefers_model; /* whatever the picture is, it is not drawn if a model can code it */
};

/* The effort that can be afforded for the next band of a picture at this level; it is spent. rows_left: how many rows
 * come after it, which must at least be drawn. */
enum effort work_take_band(struct work *work, uint64_t position, const struct picture_info *info,
                           const uint8_t *samples, uint32_t rows, uint64_t rows_left, const struct work_wanted *wanted);

/* What drawing these rows takes at least, as a part of a band of any size. */
uint64_t work_least(const struct picture_info *info, const uint8_t *samples, uint32_t rows);

/* What drawing a picture may take at most, its bands aside. */
uint64_t work_most(const struct picture_info *info);

/* For opening a picture, without its bands. Very many small ones have a price that is above what they take, since there
 * is little to save. */
#define WORK_PICTURE 60000
/* For drawing any band, even the smallest: a coder has to be made. */
#define WORK_DRAWN 60000
/* For a JPEG file, and for each of its blocks of coefficients. */
#define WORK_JPEG 100000
#define WORK_BLOCK 640
/* For describing a deflate stream, and for each byte of its content. */
#define WORK_DEFLATE 300000
#define WORK_DESCRIBED 12
/* For each byte that zstd packs slowly, and for bytes of few values, which match everywhere. */
#define WORK_PACKED 24
#define WORK_PACKED_FEW 60
/* For each byte of content whose description, and packing it on trial, may take as long as they take. */
#define WORK_TRIED 160
/* For each sample of a picture, at the least. */
#define WORK_SAMPLE 2
/* Per pixel of a GIF file, and more for those that are not flat, or noise, of few values or of many. Noise of few has a
 * price, too. */
#define WORK_GIF 5
#define WORK_GIF_BUSY 150
#define WORK_GIF_NOISE 330
#define WORK_GIF_NOISE_MANY 450

#endif
