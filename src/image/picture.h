/* SPDX-License-Identifier: MIT */
/*
 * Pictures as the rest of the program sees them: a header, rows of samples, and an opaque record of everything
 * else in the file.
 *
 * For each format, one file implements a reader and one a writer for the two interfaces below (png_read.c,
 * png_write.c, png_file_read.c, png_file_write.c, jpeg_read.c, webp_read.c, webp_write.c, pnm.c for PNM and PAM,
 * raw.c; bmp.c and tiff.c with layout_*.c). formats.c has a row for each.
 *
 * Samples are interleaved, in rows from top to bottom. depth 8: one byte per sample; depth 16: two bytes per
 * sample, little-endian on every machine. Rows follow each other without padding: row_bytes = width * channels *
 * depth / 8.
 */
#ifndef BSWZ_PICTURE_H
#define BSWZ_PICTURE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>

/* Values are part of the stream format. */
enum picture_format {
    PICTURE_NONE = 0, /* not a picture */
    PICTURE_RAW = 1,
    PICTURE_PNM = 2, /* PBM, PGM, PPM */
    PICTURE_PAM = 3,
    PICTURE_PNG = 4,
    PICTURE_JPEG = 5,
    PICTURE_WEBP = 6,
    PICTURE_BMP = 7,
    PICTURE_TIFF = 8,
    PICTURE_PNG_FILE = 9, /* PNG restored byte for byte; never recognised, only requested */
    PICTURE_GIF = 10,     /* recognised, and coded as a file (SEGMENT_GIF); no reader or writer has it, nor a header */
    PICTURE_DICOM = 11,   /* the same, in SEGMENT_PAGES, as are the next two */
    PICTURE_FITS = 12,
    PICTURE_TEXT = 13, /* PNM whose samples are text: P1, P2, P3 */
    PICTURE_FORMATS
};

struct picture_info {
    uint32_t width, height;     /* pixels, 1 ... */
    uint8_t channels;           /* 1 grey or palette index, 2 grey alpha, 3 RGB, 4 RGBA */
    uint8_t depth;              /* 8 or 16 bits per stored sample */
    uint16_t maxval;            /* largest possible sample, 1 ... 65535: (1 << bits) - 1 except for PNM */
    bool indexed;               /* channel 0 is a palette index; the palette is in the record */
    bool lossy;                 /* the source format is lossy: its own bytes may be the better choice */
    enum picture_format format; /* of the source */
};

/* The largest accepted width and height, and number of pixels (2^31 - 1): checked by every reader before it
 * allocates, and by the stream's parser. */
#define PICTURE_MAX_SIDE 0x3fffffffu
#define PICTURE_MAX_PIXELS 0x7fffffffull

/* Where bytes come from. read fills in up to size bytes and returns their number (0 only at the end of the input);
 * on failure it returns SIZE_MAX and has filled in *error. */
struct byte_source {
    size_t (*read)(void *context, uint8_t *bytes, size_t size, struct bswz_error *error);
    void *context;
};

/* Bytes in memory as a source: owned by the caller, and those not read yet. bytes may be NULL if there are none. */
struct picture_memory {
    const uint8_t *bytes;
    size_t left;
};
struct byte_source picture_memory_source(struct picture_memory *memory);

/* Where bytes go: all of them, or a failing status with *error filled in. */
struct byte_sink {
    enum bswz_status (*write)(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error);
    void *context;
};

/* The format of an input from its first bytes; size may be less than the file. PICTURE_LOOK bytes are always enough
 * to decide. Never returns PICTURE_RAW or PICTURE_PNG_FILE. */
#define PICTURE_LOOK 136
enum picture_format picture_recognise(const uint8_t *bytes, size_t size);

/* The length of the file of a format that has an extent (all but RAW, PNM and PAM) that starts at bytes, of which size are
 * known. 0: more bytes are needed to tell (never when at_end); SIZE_MAX: it is invalid or truncated. Only walks
 * chunks or markers, from the start each time: let size grow geometrically between calls. A TIFF file does not say
 * where it ends: it extends to the end of the input, as do DICOM, FITS and PNM text. A GIF file may be truncated after its first image has begun, and
 * ends where something follows that is not part of one. */
size_t picture_extent(enum picture_format format, const uint8_t *bytes, size_t size, bool at_end);

/* The same for a JPEG file that may be damaged or truncated, or have bytes gone astray between its segments: with a
 * scan, it ends at its last marker, where the next file begins, or with the input. */
size_t jpeg_damaged_extent(const uint8_t *bytes, size_t size, bool at_end);

/* The size of the samples that a complete PNG file claims to have, from its header alone. */
uint64_t png_claimed_bytes(const uint8_t *file, size_t size);

/* ---- reading ---- */

struct picture_reader; /* opaque; one thread at a time */

struct raw_geometry { /* from --raw=WxHxC */
    uint32_t width, height;
    uint8_t channels; /* 1 ... 4 */
    uint8_t bytes;    /* of a sample, 1 or 2 */
    bool is_big;      /* the upper one comes first */
};

/* Start reading a picture of the given format from source: afterwards the info and the head record are known, and
 * no pixel has been decoded yet. For PNM, PAM and raw, the reader takes exactly the picture's own bytes from
 * source and holds O(one row); the others hold the whole file and may have read up to twice as much. If what
 * follows matters, pass a source that ends where picture_extent() says. raw is used only for PICTURE_RAW. source
 * must outlive the reader.
 *
 * PNG_FILE decodes, and encodes at least once, already in open, and holds the whole picture.
 *
 * UNSUPPORTED: a file that could not be restored (plain PNM, animations, CMYK colours, PNG chunks that depend on
 * the coded pixels; PNG_FILE: any whose bytes would not come back). FORMAT, TRUNCATED, LIMIT: it is invalid or too
 * large. What open cannot detect (damage inside the coded pixels, a PNM sample above maxval, stray bits in the
 * rows of a PBM) fails in rows or finish, with the same error. */
enum bswz_status picture_reader_open(enum picture_format format, struct byte_source source,
                                     const struct raw_geometry *raw, struct picture_reader **reader,
                                     struct bswz_error *error);
/* The same for a JPEG file that may be damaged or cut off: its pixels are those that decoders show. After finish: was
 * it? */
enum bswz_status picture_reader_open_damaged(enum picture_format format, struct byte_source source,
                                             struct picture_reader **reader, struct bswz_error *error);
bool picture_reader_is_damaged(const struct picture_reader *reader);
/* If the palette follows from the pixels, the picture is from now on one of colours (indices.h). Before the first row.
 * Errors: those of reading, and MEMORY. */
enum bswz_status picture_reader_find_colours(struct picture_reader *reader, struct bswz_error *error);

const struct picture_info *picture_reader_info(const struct picture_reader *reader);
/* The head record: what the writer of the same format needs before the pixels (PNM: the exact bytes of the header;
 * PNG: bit depth, interlacing, palette, and the chunks worth keeping; JPEG, WebP: ICC, EXIF, XMP as the PNG chunks
 * that will hold them; BMP, TIFF: everything in the file that is not a pixel; PNG_FILE: that of PNG and a recipe,
 * png_file.h). Except for PNG_FILE, it takes at most a few bytes if there is no metadata. Owned by the reader. */
const struct byte_buffer *picture_reader_head(const struct picture_reader *reader);
/* Read the next count rows into rows (count * row_bytes bytes). */
enum bswz_status picture_reader_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                     struct bswz_error *error);
/* After the last row: the tail record (PNG chunks that follow the pixels; usually empty). Owned by the reader.
 * Fails if damage shows only at the end. */
enum bswz_status picture_reader_finish(struct picture_reader *reader, const struct byte_buffer **tail,
                                       struct bswz_error *error);
void picture_reader_close(struct picture_reader *reader);

/* ---- writing ---- */

struct picture_writer; /* opaque; one thread at a time */

/* Start writing a picture as target (RAW, PNM, PAM, PNG or WEBP; BMP, TIFF and PNG_FILE only what was read as
 * such; JPEG and NONE are refused). info and head come from a reader, perhaps years ago: head is untrusted. If
 * target is info->format, the file is written as the source was. Otherwise the samples are converted: palettes are
 * expanded, alpha is kept if the target supports it and an error if it would be lost, and the same goes for 16
 * bits. PNG: rows are compressed with zlib level 6 and libpng's default filters. info and head are copied.
 * ARGUMENT: the target cannot hold the picture. FORMAT: info and head are inconsistent. */
enum bswz_status picture_writer_open(enum picture_format target, const struct picture_info *info,
                                     const struct byte_buffer *head, struct byte_sink sink,
                                     struct picture_writer **writer, struct bswz_error *error);
/* The rows to come may differ from those that were read: a PNG_FILE need not be restored exactly, but keeps its
 * length if possible. */
void picture_writer_allow_changes(struct picture_writer *writer);
enum bswz_status picture_writer_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                     struct bswz_error *error);
/* tail is the reader's, untrusted. On BSWZ_OK everything has reached the sink. MACHINE: what has been written for
 * a PNG_FILE is not the file that was read. */
enum bswz_status picture_writer_finish(struct picture_writer *writer, const struct byte_buffer *tail,
                                       struct bswz_error *error);
void picture_writer_close(struct picture_writer *writer);

/* How many bytes of a picture a writer holds beyond some rows: none, or about all of them. head is untrusted. */
uint64_t picture_writer_holds(enum picture_format target, const struct picture_info *info,
                              const struct byte_buffer *head);

#endif
