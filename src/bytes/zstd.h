/* SPDX-License-Identifier: MIT */
/*
 * Independent runs of bytes (the records and samples of pictures, an input of a few bytes): compressed with zstd, or
 * unchanged if zstd gains nothing. stream.h is for runs that continue earlier ones.
 *
 * Each run is a zstd frame without a checksum: the stream around it knows its size and checks the result.
 */
#ifndef BSWZ_BYTES_ZSTD_H
#define BSWZ_BYTES_ZSTD_H

#include "base/buffer.h"

#include <stdbool.h>

/* Up to this size, an input gets the effort that documents and small archives, which hold much text, deserve. */
#define BYTES_MEDIUM ((size_t)16 << 20)

/* The zstd level for size bytes at a bswz level of 1 ... 9. */
int bytes_effort(int level, size_t size);

/* Compress size bytes at a bswz level of 1 ... 9 and append them to packed if the result is smaller than limit bytes;
 * *fits says so. Otherwise nothing is appended. */
enum bswz_status bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit, struct byte_buffer *packed,
                            bool *fits, struct bswz_error *error);

/* The same with an effort of zstd, after known bytes, if there are any. */
enum bswz_status bytes_pack_after(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                  int effort, size_t limit, struct byte_buffer *packed, bool *fits,
                                  struct bswz_error *error);

/* Restore exactly size bytes. CORRUPT: packed does not hold them. */
enum bswz_status bytes_unpack(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size,
                              struct bswz_error *error);

/* The same for short runs that have much in common with known bytes, which are few as well. */
enum bswz_status bytes_pack_against(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                    size_t limit, struct byte_buffer *packed, bool *fits, struct bswz_error *error);
enum bswz_status bytes_unpack_against(const uint8_t *known, size_t known_size, const uint8_t *packed,
                                      size_t packed_size, uint8_t *bytes, size_t size, struct bswz_error *error);

/* Restore as many of size bytes as possible from data that may be truncated or damaged: *got bytes. */
enum bswz_status bytes_unpack_part(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size, size_t *got,
                                   struct bswz_error *error);

#endif
