/* SPDX-License-Identifier: MIT */
/*
 * How the parts of an input were coded, for notices: how many pictures of each format in which way, and how many were
 * kept as bytes.
 */
#ifndef BSWZ_TALLY_H
#define BSWZ_TALLY_H

#include "container/container.h"

enum tally_path {
    TALLY_MODEL,
    TALLY_COEFFICIENTS,
    TALLY_DRAWN,
    TALLY_MIXED,
    TALLY_DEEP,
    TALLY_ZSTD,
    TALLY_STORED,
    TALLY_PAGES,
    TALLY_KEPT
};
#define TALLY_PATHS 9

struct tally {
    uint64_t pictures[PICTURE_FORMATS][TALLY_PATHS];
    uint64_t parts; /* all pictures and runs of bytes */
};

void tally_coded(struct tally *tally, enum picture_format format, enum frame_method method);
/* A JPEG file was coded by its coefficients. */
void tally_jpeg(struct tally *tally);
/* A GIF file was coded as drawings. */
void tally_gif(struct tally *tally);
/* A file was coded by the pictures in it, which are counted as well. */
void tally_pages(struct tally *tally, enum picture_format format);
/* A file was recognised, but kept as bytes. */
void tally_kept(struct tally *tally, enum picture_format format);
void tally_bytes(struct tally *tally);

/* "3 PNM and 1 PAM with the model, 2 PNM as drawings, 5 JPEG kept as bytes"; empty if there are fewer than two
 * parts. */
void tally_describe(const struct tally *tally, char *line, size_t size);

#endif
