/*
 * Pictures as the rest of the program sees them: a header, rows of samples, and
 * an opaque record of whatever else the file said.
 *
 * One file a format implements a reader and a writer behind the two interfaces
 * below (png_read.c, png_write.c, png_file_read.c, png_file_write.c, jpeg_read.c,
 * webp_read.c, webp_write.c, pnm.c for PNM and PAM, raw.c; bmp.c and tiff.c with
 * layout_*.c).  recognise.c tells formats apart by content.
 *
 * Samples are interleaved, rows top to bottom.  depth 8: one byte a sample;
 * depth 16: two bytes a sample, little-endian, on every machine.  Rows follow
 * each other without padding: row_bytes = width * channels * depth / 8.
 */
#ifndef BSWZ_PICTURE_H
#define BSWZ_PICTURE_H

#include "buffer.h"
#include "error.h"

#include <stdbool.h>

/* Values are part of the stream format. */
enum picture_format {
    PICTURE_NONE = 0, /* not a picture */
    PICTURE_RAW = 1,
    PICTURE_PNM = 2,  /* PBM, PGM, PPM, plain or binary */
    PICTURE_PAM = 3,
    PICTURE_PNG = 4,
    PICTURE_JPEG = 5,
    PICTURE_WEBP = 6,
    PICTURE_BMP = 7,
    PICTURE_TIFF = 8,
    PICTURE_PNG_FILE = 9 /* PNG whose very bytes come back; never recognised, asked for by name */
};

struct picture_info {
    uint32_t width, height; /* pixels, 1 ... */
    uint8_t channels;       /* 1 grey or palette index, 2 grey alpha, 3 RGB, 4 RGBA */
    uint8_t depth;          /* 8 or 16 bits a stored sample */
    uint16_t maxval;        /* largest possible sample, 1 ... 65535: (1 << bits) - 1 but for PNM */
    bool indexed;           /* channel 0 is a palette index; the palette is in the record */
    bool lossy;             /* the source is a lossy format: its own bytes may be the better choice */
    enum picture_format format; /* of the source */
};

/* Largest accepted width and height, and pixels (2^31 - 1): checked by every
 * reader before it allocates, and by the stream's parser. */
#define PICTURE_MAX_SIDE 0x3fffffffu
#define PICTURE_MAX_PIXELS 0x7fffffffull

/* Where bytes come from. read fills up to size bytes and returns how many (0
 * only at the end of the input); on failure it returns SIZE_MAX and has filled
 * in *error. */
struct byte_source {
    size_t (*read)(void *context, uint8_t *bytes, size_t size, struct bswz_error *error);
    void *context;
};

/* Bytes in memory as a source; the caller's, and what has not been read. bytes may be NULL if there are none. */
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

/* What the first bytes of an input are; size may be less than the file. 64
 * bytes are always enough to decide. Never returns PICTURE_RAW or PICTURE_PNG_FILE. */
enum picture_format picture_recognise(const uint8_t *bytes, size_t size);

/* How long is the PNG (also PNG_FILE), JPEG, WebP, BMP or TIFF file that starts at bytes, when
 * size bytes are known? The length; 0: more bytes are needed to tell (never when at_end);
 * SIZE_MAX: it is broken or cut off. Walks chunks or markers only, from the
 * start each time: let size grow geometrically between calls. A TIFF file does not
 * tell where it ends: it takes everything up to the end. */
size_t picture_extent(enum picture_format format, const uint8_t *bytes, size_t size, bool at_end);

/* The samples that a whole PNG file says it has, from its header alone. */
uint64_t png_claimed_samples(const uint8_t *file, size_t size);

/* ---- reading ---- */

struct picture_reader; /* opaque; one thread at a time */

struct raw_geometry { /* what --raw=WxHxC says */
    uint32_t width, height;
    uint8_t channels; /* 1 ... 4 */
    uint8_t bytes;    /* of a sample, 1 or 2 */
    bool is_big;      /* the upper one comes first */
};

/* Begin to read a picture of the given format from source: afterwards the info
 * and the head record are known and no pixel has been decoded to rows yet. For
 * PNM, PAM and raw the reader takes exactly the picture's own bytes from source
 * and holds O(one row); the others hold the whole file and may have read
 * up to twice as much: give them a source that ends where picture_extent() says,
 * if what follows matters. raw is used for PICTURE_RAW only. source must outlive
 * the reader.
 *
 * PNG_FILE decodes, and encodes at least once, in open already, and holds the
 * whole picture.
 *
 * UNSUPPORTED: a file that could not be restored (plain PNM, animations, print
 * colours, PNG chunks that bind the coded pixels; PNG_FILE: any whose bytes would
 * not come back). FORMAT, TRUNCATED, LIMIT: it is
 * broken or too large. What open cannot see (damage inside the coded pixels, a
 * PNM sample above maxval, stray bits in a PBM's rows) fails in rows or finish,
 * with the same words. */
enum bswz_status picture_reader_open(enum picture_format format, struct byte_source source,
                                     const struct raw_geometry *raw, struct picture_reader **reader,
                                     struct bswz_error *error);
const struct picture_info *picture_reader_info(const struct picture_reader *reader);
/* The head record: what the writer of the same format needs before the pixels
 * (PNM: the header's exact bytes; PNG: bit depth, interlacing, palette, and the
 * chunks worth keeping; JPEG, WebP: ICC, EXIF, XMP as the PNG chunks that will
 * carry them; BMP, TIFF: all of the file that is no pixel; PNG_FILE: PNG's and a recipe,
 * png_file.h). At most a few bytes when there is nothing to say, but for PNG_FILE. Owned by the
 * reader. */
const struct byte_buffer *picture_reader_head(const struct picture_reader *reader);
/* The next count rows into rows (count * row_bytes bytes). */
enum bswz_status picture_reader_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                     struct bswz_error *error);
/* After the last row: the tail record (PNG chunks that follow the pixels; empty
 * for most). Owned by the reader. Fails where damage shows only at the end. */
enum bswz_status picture_reader_finish(struct picture_reader *reader, const struct byte_buffer **tail,
                                       struct bswz_error *error);
void picture_reader_close(struct picture_reader *reader);

/* ---- writing ---- */

struct picture_writer; /* opaque; one thread at a time */

/* Begin to write a picture as target (RAW, PNM, PAM, PNG or WEBP; BMP, TIFF and PNG_FILE only
 * what was read as such; JPEG and NONE are refused). info and head are what a reader gave, perhaps years ago: head is
 * untrusted. If target is info->format the file is written as the source was;
 * otherwise the samples are converted (palettes expanded, alpha kept where the
 * target has it and an error where it would be lost, 16 bits kept or an error).
 * PNG: rows are compressed with the zlib level 6 and libpng's default filters.
 * info and head are copied. ARGUMENT: the target cannot hold the picture. FORMAT:
 * info and head contradict themselves or each other. */
enum bswz_status picture_writer_open(enum picture_format target, const struct picture_info *info,
                                     const struct byte_buffer *head, struct byte_sink sink,
                                     struct picture_writer **writer, struct bswz_error *error);
/* The rest will not be all as it was read: a PNG_FILE need not come out as it was, though as long where it can. */
void picture_writer_allow_changes(struct picture_writer *writer);
enum bswz_status picture_writer_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                     struct bswz_error *error);
/* tail is the reader's, untrusted. Everything has reached the sink on BSWZ_OK.
 * MACHINE: what has been written to a PNG_FILE is not the file that was read. */
enum bswz_status picture_writer_finish(struct picture_writer *writer, const struct byte_buffer *tail,
                                       struct bswz_error *error);
void picture_writer_close(struct picture_writer *writer);

#endif
