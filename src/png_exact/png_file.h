/* SPDX-License-Identifier: MIT */
/*
 * PNG files that come back byte for byte: samples and a recipe.
 *
 * Most PNG files were made by zlib, with one of a few dozen settings. The samples, the filter of each row, these
 * settings and the sizes of the IDAT chunks are enough to make the same file again, so its bytes need not be stored. In
 * files from other writers, the deflate stream is described (deflate/deflate.h). The reader (png_file_read.c) searches
 * for the settings and proves them by writing the file again with the writer (png_file_write.c). A file that cannot be
 * proved is UNSUPPORTED, and stored as bytes.
 *
 * The head record is that of PNG (record.h), with all chunks of the file, and with a chunk "IDAT" at the end, which
 * holds the recipe:
 *
 *     64 bits XXH3 of the file
 *     2 bytes the zlib header
 *     byte    bits 0-3 level of zlib, 0: stored blocks, 15: described; bits 4-7 strategy of zlib
 *     byte    bits 0-3 windowBits, bits 4-7 memLevel; 0 with stored blocks or a description
 *     byte    0-4 the filter of all rows; 5: a byte for each row follows; 6: the same, each minus the
 *             filter that the sum of absolute values chooses, modulo 5
 *     sizes   of the IDAT chunks
 *     sizes   of the stored blocks, if there are any
 *             the description of the deflate stream, if there is one
 *
 * Sizes are a varint with the number of runs, and for each run two varints: the size and how often it occurs. A size of
 * 0 occurs once. Rows are those of the file; in an interlaced file, pass by pass.
 *
 * This header declares what reader and writer share: the recipe (png_file_recipe.c), rows and their filters
 * (png_file_rows.c), and deflating (png_file_deflate.c).
 */
#ifndef BSWZ_PNG_FILE_H
#define BSWZ_PNG_FILE_H

#include "base/fields.h"
#include "deflate/guesses.h"
#include "image/picture.h"

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

/* Larger pictures, coded or as samples, are not accepted, since the picture is held in memory. */
#define PNG_FILE_MAX ((uint64_t)1 << 30)

/* ---- sizes ---- */

/* Runs of equal sizes, given out one by one. */
struct png_sizes {
    struct cursor cursor; /* at the next run */
    uint32_t runs;        /* left at the cursor */
    uint64_t size, count; /* the current run: count more of that size */
};

/* The next size; false at the end. */
bool png_sizes_next(struct png_sizes *sizes, uint64_t *size);

/* A list under construction. Initially {0}; the caller frees runs.data. */
struct png_sizes_builder {
    struct byte_buffer runs; /* all runs except the last, encoded */
    uint32_t closed;         /* their number */
    uint64_t size, count;    /* the last run */
};

enum bswz_status png_sizes_add(struct png_sizes_builder *builder, uint64_t size, struct bswz_error *error);
/* After the last size: append the list. */
enum bswz_status png_sizes_put(struct png_sizes_builder *builder, struct byte_buffer *out, struct bswz_error *error);

/* ---- the recipe ---- */

#define PNG_FILTERS 5 /* kinds of filter: none, sub, up, average, Paeth */
#define PNG_FILTER_EACH 5
#define PNG_FILTER_GUESSED 6

#define PNG_LEVEL_DESCRIBED 15 /* instead of a level of zlib */

struct png_settings {
    uint8_t level, strategy; /* level 0 or PNG_LEVEL_DESCRIBED: the other settings are 0 */
    uint8_t window_bits, memory_level;
};

/* Pointers go into the record. */
struct png_recipe {
    uint64_t hash;
    uint8_t zlib_header[2];
    struct png_settings settings;
    uint8_t filter_kind;    /* 0 ... 6 */
    const uint8_t *filters; /* one per row, if filter_kind is 5 or 6 */
    struct png_sizes chunks, blocks;
    uint64_t chunk_bytes;       /* of all chunks */
    const uint8_t *description; /* if there is one */
    size_t description_size;
};

/* Take an untrusted recipe for a picture of `rows` coded rows and `data_size` bytes. FORMAT: it is incomplete or
 * invalid, exceeds the limits of zlib or PNG, or its stored blocks do not hold exactly the data. */
enum bswz_status png_recipe_take(const uint8_t *bytes, size_t size, uint64_t rows, uint64_t data_size,
                                 struct png_recipe *recipe, struct bswz_error *error);

/* Append everything before the sizes. */
enum bswz_status png_recipe_put(const struct png_recipe *recipe, size_t rows, struct byte_buffer *out,
                                struct bswz_error *error);

/* ---- rows ---- */

/* One of the seven pictures in an interlaced file, or the only one in other files: every dx-th pixel of every dy-th
 * row, from x0 and y0 on. */
struct png_pass {
    uint32_t x0, y0, dx, dy;
    uint32_t width, height; /* in its own pixels, 1 ... */
    size_t bytes;           /* of a coded row without its filter */
};

struct png_shape {
    struct png_pass passes[7];
    unsigned count; /* of passes */
    uint8_t channels, bit_depth;
    size_t pixel_bytes;   /* how far filters look back: bytes of a pixel, at least 1 */
    size_t longest;       /* the largest `bytes` of a pass */
    uint64_t rows, bytes; /* of all passes: coded rows, and their bytes including filters */
};

/* info is within the picture's limits. */
void png_shape_of(const struct picture_info *info, uint8_t bit_depth, bool interlaced, struct png_shape *shape);

/* From a row of samples (of the width of the whole picture) to a coded row, and back. Packing writes the whole coded
 * row; unpacking writes only the samples of the pass. */
void png_row_pack(const struct png_shape *shape, const struct png_pass *pass, const uint8_t *samples, uint8_t *coded);
void png_row_unpack(const struct png_shape *shape, const struct png_pass *pass, const uint8_t *coded, uint8_t *samples);

/* Filter size bytes of row into out; above is the previous row; zeros for the first row of a pass. */
void png_row_filter(unsigned filter, const uint8_t *row, const uint8_t *above, size_t size, size_t pixel_bytes,
                    uint8_t *out);
/* In place. */
void png_row_unfilter(unsigned filter, uint8_t *row, const uint8_t *above, size_t size, size_t pixel_bytes);

/* The first filter whose output has the smallest sum of absolute values, which is
 * what libpng and others choose. scratch holds size bytes. */
unsigned png_row_guess(const uint8_t *row, const uint8_t *above, size_t size, size_t pixel_bytes, uint8_t *scratch);

/* ---- deflating ---- */

struct png_deflater {
    struct byte_sink sink;
    struct png_settings settings;
    z_stream stream;
    bool is_open; /* stream is to be ended */
    uint32_t adler;
    struct png_sizes blocks; /* of stored data, */
    uint64_t block_left;     /* and what is left of the current block */
    const struct png_recipe *recipe;
    struct byte_buffer plain; /* the whole data, if there is a description */
    const struct png_described *described;
};

/* The guesses that were kept while this data was described. */
struct png_described {
    struct byte_buffer plain;
    struct guesses *guesses;
};

/* For the proof: guesses are recalled if the data turns out to be the same. */
void png_file_writer_recall(struct picture_writer *writer, const struct png_described *described);

/* Begin a zlib stream according to the recipe, which must outlive the deflater. Close it even after a failure. */
enum bswz_status png_deflater_open(struct png_deflater *deflater, const struct png_recipe *recipe,
                                   struct byte_sink sink, struct bswz_error *error);
enum bswz_status png_deflater_write(struct png_deflater *deflater, const uint8_t *bytes, size_t size,
                                    struct bswz_error *error);
/* may_change: the data may not fit the description. */
enum bswz_status png_deflater_finish(struct png_deflater *deflater, bool may_change, struct bswz_error *error);
void png_deflater_close(struct png_deflater *deflater);

#endif
