/* SPDX-License-Identifier: MIT */
/*
 * How the parts of an input were coded, for notices: how many pictures of each format in which way, and how many were
 * kept as bytes.
 */
#ifndef BSWZ_TALLY_H
#define BSWZ_TALLY_H

#include "container/methods.h"

/* How a picture was coded: a method of frames, in the order of its rows, or one of these. */
enum tally_path { TALLY_PAGES = FRAME_METHODS, TALLY_KEPT, TALLY_PATHS };

struct tally {
    uint64_t pictures[PICTURE_FORMATS][TALLY_PATHS];
    uint64_t parts; /* all pictures and runs of bytes */
};

void tally_coded(struct tally *tally, enum picture_format format, enum frame_method method);
/* A file was coded by the pictures in it, which are counted as well. */
void tally_pages(struct tally *tally, enum picture_format format);
/* A file was recognised, but kept as bytes. */
void tally_kept(struct tally *tally, enum picture_format format);
void tally_bytes(struct tally *tally);

/* "3 PNM and 1 PAM with the model, 2 PNM as drawings, 5 JPEG kept as bytes"; empty if there are fewer than two
 * parts. */
void tally_describe(const struct tally *tally, char *line, size_t size);

#endif
