/*
 * What became of the parts of an input, for people: how many pictures of which
 * format were coded in which way, and how many were kept.
 */
#ifndef BSWZ_TALLY_H
#define BSWZ_TALLY_H

#include "stream/container.h"

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
    uint64_t pictures[PICTURE_TEXT + 1][TALLY_PATHS];
    uint64_t parts; /* all of them, and the runs of bytes */
};

void tally_coded(struct tally *tally, enum picture_format format, enum frame_method method);
/* A JPEG file by its coefficients. */
void tally_jpeg(struct tally *tally);
/* A GIF file, as drawings. */
void tally_gif(struct tally *tally);
/* A file by the pictures that it holds, which count as well. */
void tally_pages(struct tally *tally, enum picture_format format);
/* It was recognised, and its bytes were kept all the same. */
void tally_kept(struct tally *tally, enum picture_format format);
void tally_bytes(struct tally *tally);

/* "3 PNM and 1 PAM with the model, 2 PNM as drawings, 5 JPEG kept as bytes"; empty where there
 * are fewer than two parts. */
void tally_describe(const struct tally *tally, char *line, size_t size);

#endif
