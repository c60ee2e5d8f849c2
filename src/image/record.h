/* SPDX-License-Identifier: MIT */
/*
 * The head and tail records of PNG, JPEG and WebP: the same layout for all, so that any of them can be written as
 * PNG.
 *
 *   head:  version (1 byte, 1), PNG bit depth (1), PNG colour type (1),
 *          interlace method (1), then chunks
 *   tail:  chunks chunk: type (4 bytes), length (4, little-endian), that many bytes
 *
 * Chunks are PNG's own, in the order in which they appear in a PNG file between IHDR and the pixels (head) or
 * between the pixels and IEND (tail), with two exceptions. "ICCP" is a bare colour profile. JPEG and WebP store
 * theirs bare; deflating it here would make the record depend on the version of zlib, and make the record harder
 * to compress later. "INDX" says that the palette follows from the pixels (indices.h).
 *
 * A head record of PNG_FILE has one more chunk, the last, "IDAT": the recipe for the coded pixels (png_file.h).
 */
#ifndef BSWZ_IMAGE_RECORD_H
#define BSWZ_IMAGE_RECORD_H

#include "image/picture.h"

struct picture_chunk {
    const uint8_t *type; /* 4 letters */
    const uint8_t *data;
    uint32_t length;
};

/* A parsed head record; the chunks point into it. */
struct picture_record {
    uint8_t bit_depth, colour_type;
    bool interlaced;
    const uint8_t *chunks;
    size_t size;
    struct picture_chunk coding; /* for PNG_FILE, not among the chunks; otherwise empty */
};

/* Does this format have records of this layout? */
bool picture_record_is_used(enum picture_format format);

/* Start a head record. */
enum bswz_status picture_record_begin(struct byte_buffer *buffer, uint8_t bit_depth, uint8_t colour_type,
                                      bool interlaced, struct bswz_error *error);

/* Append the head record of a picture without chunks. */
enum bswz_status picture_record_implied(const struct picture_info *info, struct byte_buffer *head,
                                        struct bswz_error *error);

/* Add a chunk to a head or tail record. type is 4 letters. */
enum bswz_status picture_record_add(struct byte_buffer *buffer, const char *type, const void *data, size_t length,
                                    struct bswz_error *error);

/* Parse an untrusted head record: FORMAT unless it is complete, agrees with info, and has only chunks that may
 * occur there (at most one well-formed PLTE or INDX, exactly one if info is indexed; the recipe where it is required;
 * nothing else that is critical). */
enum bswz_status picture_record_parse(const struct byte_buffer *head, const struct picture_info *info,
                                      struct picture_record *record, struct bswz_error *error);

/* The same for a tail record, where PLTE and ICCP are not allowed either. tail may be NULL or empty. */
enum bswz_status picture_record_check_tail(const struct byte_buffer *tail, struct bswz_error *error);

/* Parse the chunk at *chunks, and skip it; false at the end, or if the rest is not a chunk. */
bool picture_chunk_next(const uint8_t **chunks, size_t *size, struct picture_chunk *chunk);

/* The first chunk of that type in a run of chunks. */
bool picture_chunk_find(const uint8_t *chunks, size_t size, const char *type, struct picture_chunk *chunk);

/* Of chunk INDX (indices.h): the bytes before the entries. */
enum { PICTURE_ENTRIES_MAX = 256, PICTURE_RULE_BYTES = 2 };

/* Is it valid in a record of this colour type? */
bool picture_rule_is_sound(const struct picture_chunk *chunk, uint8_t colour_type);

/* ---- contents of chunks (metadata.c) ---- */

#define PICTURE_XMP_KEYWORD "XML:com.adobe.xmp"

/* Add an XMP packet as the iTXt chunk that holds it. Packets that cannot be text (with a zero byte inside) are
 * left out. */
enum bswz_status picture_record_add_xmp(struct byte_buffer *buffer, const uint8_t *packet, size_t size,
                                        struct bswz_error *error);

/* Add an EXIF block, with or without the "Exif" that precedes it in JPEG. */
enum bswz_status picture_record_add_exif(struct byte_buffer *buffer, const uint8_t *block, size_t size,
                                         struct bswz_error *error);

/* If the chunk is an ICC profile (iCCP or ICCP), or an XMP packet, append it, decompressed, to content. A damaged
 * or oversized one does not count: metadata is not worth failing for. Only running out of memory is an error. */
enum bswz_status picture_chunk_profile(const struct picture_chunk *chunk, struct byte_buffer *content,
                                       struct bswz_error *error);
enum bswz_status picture_chunk_xmp(const struct picture_chunk *chunk, struct byte_buffer *content,
                                   struct bswz_error *error);

/* The body of an iCCP chunk for a bare profile. */
enum bswz_status picture_profile_deflate(const uint8_t *profile, size_t size, struct byte_buffer *body,
                                         struct bswz_error *error);

/* PNG's CRC of a chunk: type and data are contiguous, size bytes in all. */
uint32_t picture_chunk_crc(const uint8_t *type_and_data, size_t size);

#endif
