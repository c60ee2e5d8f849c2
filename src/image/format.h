/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of this directory, and hidden from all others: the contents of the opaque reader and writer, a
 * table of functions for each format, and the small helpers that several formats need.
 *
 * reader.c and writer.c own the objects, count rows, convert samples and remember failures. The functions of a
 * format only see a legal sequence of calls: open, rows until all are done, finish, and close at any time after
 * open was called (even if open failed).
 */
#ifndef BSWZ_IMAGE_FORMAT_H
#define BSWZ_IMAGE_FORMAT_H

#include "image/picture.h"
#include "image/sample_conversion.h"

/* ---- readers ---- */

/* open fills in info and head; rows delivers count rows (never more than remain); finish may fill in tail, and may
 * be NULL. close frees state, which may be NULL. */
struct picture_reader_methods {
    enum bswz_status (*open)(struct picture_reader *reader, const struct raw_geometry *raw, struct bswz_error *error);
    enum bswz_status (*rows)(struct picture_reader *reader, uint8_t *rows, uint32_t count, struct bswz_error *error);
    enum bswz_status (*finish)(struct picture_reader *reader, struct bswz_error *error);
    void (*close)(struct picture_reader *reader);
};

struct picture_reader {
    const struct picture_reader_methods *methods;
    struct byte_source source;
    struct picture_info info;
    size_t row_bytes;
    uint32_t next_row;       /* rows handed out so far */
    enum bswz_status failed; /* the first failure; every later call returns it again */
    bool is_lenient;         /* a damaged JPEG file is read as decoders show it */
    bool is_damaged;         /* and it is one */
    struct byte_buffer head, tail;
    uint8_t *colours; /* NULL, or the whole picture: picture_reader_find_colours */
    void *state;      /* owned by the format */
};

extern const struct picture_reader_methods picture_raw_reader, picture_pnm_reader, picture_png_reader,
    picture_png_file_reader, picture_jpeg_reader, picture_webp_reader, picture_bmp_reader, picture_tiff_reader;

/* ---- writers ---- */

/* head is the source's record and exists only during open; tail only during finish. Both are untrusted. */
struct picture_writer_methods {
    enum bswz_status (*open)(struct picture_writer *writer, const struct byte_buffer *head, struct bswz_error *error);
    enum bswz_status (*rows)(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                             struct bswz_error *error);
    enum bswz_status (*finish)(struct picture_writer *writer, const struct byte_buffer *tail, struct bswz_error *error);
    void (*close)(struct picture_writer *writer);
};

struct picture_writer {
    const struct picture_writer_methods *methods;
    struct byte_sink sink;
    enum picture_format target;
    struct picture_info source_info; /* what the caller passes in */
    struct picture_info info;        /* what the format's functions get: converted, with the source's format */
    struct picture_conversion conversion;
    size_t source_row_bytes, row_bytes;
    uint8_t *converted; /* converted_rows rows of row_bytes each; NULL if nothing is converted */
    uint32_t converted_rows;
    uint32_t next_row;       /* rows accepted so far */
    bool may_change;         /* picture_writer_allow_changes */
    enum bswz_status failed; /* as in the reader */
    void *state;
};

extern const struct picture_writer_methods picture_raw_writer, picture_pnm_writer, picture_png_writer,
    picture_png_file_writer, picture_webp_writer, picture_layout_writer, picture_indices_writer;

/* ---- other functions of the table (formats.h describes them) ---- */

bool bmp_begins(const uint8_t *bytes, size_t size);
bool dicom_begins(const uint8_t *bytes, size_t size);
bool fits_begins(const uint8_t *bytes, size_t size);
bool gif_begins(const uint8_t *bytes, size_t size);
bool jpeg_begins(const uint8_t *bytes, size_t size);
bool pam_begins(const uint8_t *bytes, size_t size);
bool png_begins(const uint8_t *bytes, size_t size);
bool pnm_begins(const uint8_t *bytes, size_t size);
bool pnm_text_begins(const uint8_t *bytes, size_t size);
bool tiff_begins(const uint8_t *bytes, size_t size);
bool webp_begins(const uint8_t *bytes, size_t size);

size_t gif_extent(const uint8_t *bytes, size_t size, bool at_end);
size_t jpeg_extent(const uint8_t *bytes, size_t size, bool at_end);
size_t png_extent(const uint8_t *bytes, size_t size, bool at_end);
size_t tiff_extent(const uint8_t *bytes, size_t size, bool at_end);
size_t webp_extent(const uint8_t *bytes, size_t size, bool at_end);
/* Of files that do not say where they end: everything up to the end of the input. */
size_t whole_extent(const uint8_t *bytes, size_t size, bool at_end);

enum bswz_status accepts_all(const struct picture_info *info, bool *is_stretched, struct bswz_error *error);
enum bswz_status pnm_accepts(const struct picture_info *info, bool *is_stretched, struct bswz_error *error);
enum bswz_status png_accepts(const struct picture_info *info, bool *is_stretched, struct bswz_error *error);
enum bswz_status webp_accepts(const struct picture_info *info, bool *is_stretched, struct bswz_error *error);

uint64_t bmp_held(const struct picture_info *info, const struct byte_buffer *head);
uint64_t png_held(const struct picture_info *info, const struct byte_buffer *head);
uint64_t png_file_held(const struct picture_info *info, const struct byte_buffer *head);
uint64_t webp_held(const struct picture_info *info, const struct byte_buffer *head);

/* Parts of picture_scale_head (scaled.c). */
enum bswz_status scale_pnm(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                           struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status scale_pam(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                           struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status scale_record(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                              struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status scale_layout(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                              struct picture_info *scaled, struct byte_buffer *out, struct bswz_error *error);

/* ---- helpers (support.c) ---- */

/* Is info within the limits and consistent? If so, sets its row size in bytes; if not, FORMAT or LIMIT. */
enum bswz_status picture_check_info(const struct picture_info *info, size_t *row_bytes, struct bswz_error *error);

/* Exactly size bytes, or TRUNCATED, or READ if the source fails without an error message. */
enum bswz_status picture_read_exactly(struct byte_source source, uint8_t *bytes, size_t size, struct bswz_error *error);

/* Everything that the source has. */
enum bswz_status picture_read_all(struct byte_source source, struct byte_buffer *buffer, struct bswz_error *error);

/* Read the whole file (of a format that has an extent) from the start of source: buffer->size is its extent. More
 * of the source may have been read. */
enum bswz_status picture_read_file(enum picture_format format, struct byte_source source, struct byte_buffer *buffer,
                                   struct bswz_error *error);

/* Swap the bytes of count 16-bit samples. from and to may be the same. */
void picture_swap_samples(uint8_t *to, const uint8_t *from, size_t count);

static inline uint32_t load_big_32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint16_t load_little_16(const uint8_t *bytes) {
    return (uint16_t)(bytes[1] << 8 | bytes[0]);
}

static inline uint16_t load_big_16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t load_little_32(const uint8_t *bytes) {
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static inline void store_big_32(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static inline void store_little_32(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)(value >> 16);
    bytes[3] = (uint8_t)(value >> 24);
}

#endif
