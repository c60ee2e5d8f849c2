/* SPDX-License-Identifier: MIT */
/*
 * Files that store their samples plainly: uncompressed BMP and TIFF.
 *
 * Such a file consists of runs of rows with other bytes around them: headers, palettes, tags, profiles, whatever a
 * program left there. The parsers (bmp.c, tiff.c) find the runs and how samples are stored in them. The head
 * record keeps that description and the other bytes verbatim, so that a writer joins both again without knowing
 * either format, and restores the file exactly by construction.
 *
 *     record:  version (1 byte, 1), bits of a sample in the file (1), flags (1),
 *              zero bytes at the end of each row (1, 0 to 3), the filler (1, if the
 *              flags say so), kind of palette (1), if there is one its number of
 *              colours and its position in the other bytes (varints), number of
 *              runs (varint), for each the other bytes before it and its rows
 *              (varints), then the other bytes
 *
 * All sizes and positions of a record are checked when it is parsed.
 */
#ifndef BSWZ_IMAGE_LAYOUT_H
#define BSWZ_IMAGE_LAYOUT_H

#include "base/fields.h"
#include "image/picture.h"

/* How a palette is stored in the other bytes. Values are part of the stream format. */
enum layout_palette {
    PALETTE_NONE = 0,
    PALETTE_BGR = 1,    /* three bytes per colour */
    PALETTE_BGRX = 2,   /* four, the last of which is ignored */
    PALETTE_LITTLE = 3, /* 16 bits per value, little-endian: all reds, all greens, all blues */
    PALETTE_BIG = 4     /* the same, big-endian */
};

struct sample_layout {
    uint8_t bits;       /* per sample in the file: 1, 2, 4, 8, 16; packed from the top bit */
    bool big_endian;    /* for 16-bit samples */
    bool inverted;      /* 0 is white in the file; one channel only */
    bool reversed;      /* blue, green, red; three or four channels of 8 bits */
    bool bottom_up;     /* the first row in the file is the lowest; there is one run */
    bool premultiplied; /* colours have been multiplied by alpha */
    bool has_filler;    /* the 8-bit samples of each pixel are followed by a byte that is the same everywhere */
    uint8_t filler;
    uint8_t padding; /* zero bytes at the end of a row in the file */
    enum layout_palette palette;
    uint32_t colours;  /* of the palette, 1 ... 256 */
    size_t palette_at; /* position in others; for a parser: in the file */
    /* set when a record has been parsed */
    uint32_t run_count;
    struct cursor runs; /* at the first one */
    const uint8_t *others;
    size_t others_size;
};

/* Does this format have records of this layout? */
bool picture_layout_is_used(enum picture_format format);

/* The size of a row in the file in bytes. */
size_t layout_stride(const struct sample_layout *layout, const struct picture_info *info);

/* The size of the palette in bytes, 0 without one. */
size_t layout_palette_bytes(const struct sample_layout *layout);

/* Start a record: everything before the number of runs. */
enum bswz_status layout_put(const struct sample_layout *layout, struct byte_buffer *head, struct bswz_error *error);

/* Parse an untrusted record. FORMAT unless it is complete and agrees with info. layout points into head. */
enum bswz_status layout_take(const struct byte_buffer *head, const struct picture_info *info,
                             struct sample_layout *layout, struct bswz_error *error);

/* The next run of a layout's cursor: how many other bytes precede it, and its number of rows. To be called
 * run_count times. */
void layout_next_run(struct cursor *runs, size_t *gap, uint32_t *rows);

/* The 8-bit palette of a layout; colours beyond its end are black. Of 16-bit values the upper 8 bits are used,
 * unless all of them are zero. */
void layout_colours(const struct sample_layout *layout, uint8_t table[256][3]);

/* Convert one row from the file's bytes (layout_stride of them, ignoring the padding) to samples, and back, with
 * padding. */
void layout_unpack_row(const struct sample_layout *layout, const struct picture_info *info, const uint8_t *from,
                       uint8_t *to);
void layout_pack_row(const struct sample_layout *layout, const struct picture_info *info, const uint8_t *from,
                     uint8_t *to);

/* ---- for the parsers (layout_read.c) ---- */

struct picture_reader;

struct sample_run {
    size_t at; /* in the file */
    uint32_t rows;
};

/* Read the whole file; *file belongs to the reader. To be called first in open. */
enum bswz_status layout_read_file(struct picture_reader *reader, const struct byte_buffer **file,
                                  struct bswz_error *error);

/* Make the record and prepare for reading rows. reader->info is filled in; runs are within the file, in order, and
 * their rows add up to the height; palette_at, and the palette there, are within the file. has_alpha: the fourth
 * channel is known to be alpha; otherwise it counts as a filler if it is the same everywhere. A palette that
 * consists only of shades of grey in order is removed. UNSUPPORTED: bytes that should be zero are not, or the
 * other bytes outweigh the samples. */
enum bswz_status layout_reader_start(struct picture_reader *reader, const struct sample_layout *layout,
                                     const struct sample_run *runs, size_t run_count, bool has_alpha,
                                     struct bswz_error *error);

enum bswz_status layout_reader_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                    struct bswz_error *error);
void layout_reader_close(struct picture_reader *reader);

#endif
