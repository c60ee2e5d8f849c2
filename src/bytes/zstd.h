/*
 * Runs of bytes that stand alone (the records and the samples of pictures, an input
 * of a few bytes): zstd, or as they are where zstd gains nothing.  What continues
 * earlier runs is stream.h.
 *
 * Each run is a zstd frame without a checksum: the stream around them knows their
 * sizes and checks what comes out.
 */
#ifndef BSWZ_BYTES_ZSTD_H
#define BSWZ_BYTES_ZSTD_H

#include "buffer.h"

#include <stdbool.h>

/* The zstd level for size bytes under a bswz level of 1 ... 9. */
int bytes_effort(int level, size_t size);

/* Compress size bytes for a bswz level of 1 ... 9 and append them to packed if
 * that takes fewer than limit bytes; *fits tells. Nothing is appended otherwise. */
enum bswz_status bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit, struct byte_buffer *packed,
                            bool *fits, struct bswz_error *error);

/* Restore exactly size bytes. CORRUPT: packed does not hold them. */
enum bswz_status bytes_unpack(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size,
                              struct bswz_error *error);

/* The same for short runs that have much in common with known bytes: against those, at most a few thousand. */
enum bswz_status bytes_pack_against(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                    size_t limit, struct byte_buffer *packed, bool *fits, struct bswz_error *error);
enum bswz_status bytes_unpack_against(const uint8_t *known, size_t known_size, const uint8_t *packed,
                                      size_t packed_size, uint8_t *bytes, size_t size, struct bswz_error *error);

/* Restore as much as there is of size bytes from what may be cut off or damaged: *got of them. */
enum bswz_status bytes_unpack_part(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size, size_t *got,
                                   struct bswz_error *error);

#endif
