/* SPDX-License-Identifier: MIT */
/*
 * The picture formats: one row for each says how a file is recognised, where it ends, who reads and writes it, and what
 * is promised. A new format is a reader, a writer, and a row in formats.c.
 */
#ifndef BSWZ_IMAGE_FORMATS_H
#define BSWZ_IMAGE_FORMATS_H

#include "image/picture.h"

/* What the head record of a picture is. */
enum picture_record_kind {
    RECORD_OWN,    /* something that only the reader and the writer of the format know */
    RECORD_CHUNKS, /* that of PNG (record.h) */
    RECORD_LAYOUT  /* everything in the file except samples (layout.h) */
};

/* A NULL means that a format has none. */
struct picture_format_row {
    enum picture_format format;
    const char *name;
    /* Does a file of this format begin like this? NULL: it is never recognised. */
    bool (*begins)(const uint8_t *bytes, size_t size);
    /* As picture_extent. NULL: pictures are read row by row, and only the reader finds the end. */
    size_t (*extent)(const uint8_t *bytes, size_t size, bool at_end);
    uint8_t inside; /* not 0: the first byte of files that are searched for in other data */
    /* NULL: no picture in a stream has this format; files are coded in another way (stream/compress_picture.c). */
    const struct picture_reader_methods *reader;
    const struct picture_writer_methods *writer;
    /* The same for pictures whose palette follows from their pixels. NULL: their colours are written. */
    const struct picture_writer_methods *indices_writer;
    /* The format that restores every byte of such files; itself for most, PICTURE_NONE if there is none. */
    enum picture_format exact;
    enum picture_record_kind record;
    /* Append the head record that a picture without metadata has; streams leave it out. NULL: an empty one. */
    enum bswz_status (*implied_head)(const struct picture_info *info, struct byte_buffer *head,
                                     struct bswz_error *error);
    /* As picture_scale_head, where the size in *scaled_info is set. NULL: an empty one. */
    enum bswz_status (*scale_head)(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                                   struct picture_info *scaled_info, struct byte_buffer *scaled_head,
                                   struct bswz_error *error);
    /* Can the writer take such samples of another format? If not, ARGUMENT. *is_stretched, false at first: samples of
     * fewer than 8 bits become samples of 8 bits. NULL: only files that were read as such are written. */
    enum bswz_status (*accepts)(const struct picture_info *info, bool *is_stretched, struct bswz_error *error);
    /* How many bytes of the picture the writer holds. NULL: only some rows. head is untrusted. */
    uint64_t (*held)(const struct picture_info *info, const struct byte_buffer *head);
};

/* Any value is allowed: one that is not a format gets the row of PICTURE_NONE. */
const struct picture_format_row *picture_format_row(enum picture_format format);

/* All rows, in the order in which formats are recognised; ends in that of PICTURE_NONE. */
const struct picture_format_row *picture_format_rows(void);

const char *picture_format_name(enum picture_format format);

/* Does writing the picture restore every byte of the file? */
bool picture_format_is_exact(enum picture_format format);

/* The head record that a picture has unless its header has another one. */
enum bswz_status picture_implied_head(const struct picture_info *info, struct byte_buffer *head,
                                      struct bswz_error *error);

#endif
