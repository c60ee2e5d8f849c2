/* SPDX-License-Identifier: MIT */
/*
 * From samples to 8-bit samples and back, for the coders that know only bytes.
 *
 * 16-bit samples are cheap to code if they are 8-bit samples in disguise: if both bytes are equal (8 bits scaled by
 * 257), or if each channel uses at most 256 values, whose indices are coded. Otherwise the upper 8 bits are coded as a
 * picture, and the lower ones, mostly noise, are stored unchanged.
 *
 * 8-bit samples stay unchanged unless the histogram has gaps, which stretching the contrast or changing the gamma
 * leaves: then the indices of the values in use are coded. They need fewer bits, since no probability is spent on the
 * gaps.
 */
#ifndef BSWZ_REDUCTION_H
#define BSWZ_REDUCTION_H

#include "container/container.h"

struct reduction {
    enum frame_reduction kind;
    uint8_t *samples;        /* 8-bit, interleaved as before; those of the caller if kind is REDUCTION_NONE */
    bool is_owned;           /* samples are to be freed */
    struct byte_buffer data; /* what the decoder needs in addition to the samples */
};

/* Does an 8-bit band have enough gaps for REDUCTION_TABLES? */
bool reduction_has_gaps(const uint8_t *samples, size_t pixels, unsigned channels);

/* Are the samples of a 16-bit band really 8-bit ones, so that they need not be split? */
bool reduction_is_disguise(const struct picture_info *info, const uint8_t *samples, size_t pixels);

/* Reduce a band of whole pixels. tables: use tables for 8-bit samples. */
enum bswz_status reduction_apply(const struct picture_info *info, const uint8_t *samples, size_t pixels, bool tables,
                                 int level, struct reduction *reduction, struct bswz_error *error);
void reduction_free(struct reduction *reduction);

/* How many bytes the 8-bit samples have. */
size_t reduction_samples(const struct picture_info *info, size_t pixels);

/* Undoing a reduction. take takes the data from payload (untrusted) and keeps it in the struct; when the 8-bit samples
 * are decoded, undo fills in samples. kind must not be REDUCTION_NONE. With a scale, there are samples only for every
 * 2^scale-th row and column of the band, from the first on. */
struct reduction_tables {
    uint16_t values[4][256]; /* REDUCTION_TABLES */
    unsigned counts[4];
    struct byte_buffer low; /* REDUCTION_SPLIT: the lower bits, packed */
};
enum bswz_status reduction_take(enum frame_reduction kind, const struct picture_info *info, size_t pixels,
                                struct cursor *payload, struct reduction_tables *tables, struct bswz_error *error);
enum bswz_status reduction_undo(enum frame_reduction kind, const struct picture_info *info, uint32_t rows,
                                unsigned scale, const struct reduction_tables *tables, const uint8_t *reduced,
                                uint8_t *samples, struct bswz_error *error);

#endif
