/* SPDX-License-Identifier: MIT */
/*
 * The chunks of a PNG file, walked with their checksums: what the header says, and everything worth keeping, put
 * into the records (record.h).
 */
#ifndef BSWZ_IMAGE_PNG_CHUNKS_H
#define BSWZ_IMAGE_PNG_CHUNKS_H

#include "image/format.h"

struct png_layout {
    uint8_t bit_depth, colour_type;
    bool interlaced;
    size_t data_start;   /* position of the first IDAT chunk in the file; the others follow it */
    uint64_t data_bytes; /* in all IDAT chunks */
};

/* What happens to a chunk that is not IHDR, PLTE, IDAT or IEND. */
enum png_chunk_fate {
    PNG_CHUNK_KEEP,
    PNG_CHUNK_DROP,  /* depends on the coded pixels, and is not needed once they are coded again */
    PNG_CHUNK_BOUND, /* may depend on them: kept if these stay unchanged */
    PNG_CHUNK_REFUSE
};

/* type is 4 letters. */
enum png_chunk_fate png_chunk_fate(const uint8_t *type);

/* Walk a file whose extent is known to be valid; fills in reader->info (and row_bytes), the head record, the tail
 * record and *layout. exact: the coded pixels will stay unchanged. FORMAT, LIMIT, UNSUPPORTED: as in
 * picture_reader_open. */
enum bswz_status png_walk_chunks(struct picture_reader *reader, const struct byte_buffer *file, bool exact,
                                 struct png_layout *layout, struct bswz_error *error);

#endif
