/*
 * The bytes of a whole stream through one zstd: what is no picture comes in runs,
 * a tar header here, a text file there, and each may repeat what any of the runs
 * before it held, megabytes ago.
 *
 * A run is packed as one flush of a zstd frame that goes on, so it can be restored
 * as soon as it is there, and only after all runs before it.  The encoder may start
 * over at any run: then its packed bytes begin with the end of the zstd frame before and the
 * header of a new one, which the decoder follows without being told.
 *
 * Memory is the window and little else (sizes in stream.c), on both sides; both
 * take it when the first run comes.
 */
#ifndef BSWZ_BYTES_STREAM_H
#define BSWZ_BYTES_STREAM_H

#include "buffer.h"

#include <stdbool.h>

/* Windows beyond this, as the power of two, are not in the format: 128 MiB. */
#define BYTES_WINDOW_LOG_MAX 27

/* Packed runs are never longer than the run by more than this. */
#define BYTES_PACKED_SLACK 1024

struct bytes_encoder;

/* level is bswz's, 1 ... 9. most: no more bytes than this will come, which makes the window short
 * and the start quick where they are few; SIZE_MAX: nobody knows */
enum bswz_status bytes_encoder_create(int level, size_t most, struct bytes_encoder **encoder, struct bswz_error *error);
/* Append to packed what restores these bytes, 1 ... 2^30 of them, after all runs before. *fits is
 * false where that would take more than size + BYTES_PACKED_SLACK: then nothing is
 * appended, the run is not among those before, and the encoder starts over. */
enum bswz_status bytes_encoder_pack(struct bytes_encoder *encoder, const uint8_t *bytes, size_t size,
                                    struct byte_buffer *packed, bool *fits, struct bswz_error *error);
/* Forget all runs before, and the last one: the next is the first of another zstd frame. */
void bytes_encoder_restart(struct bytes_encoder *encoder);
void bytes_encoder_free(struct bytes_encoder *encoder);

struct bytes_decoder;

/* A window that does not fit in memory_limit bytes is refused before it is allocated. */
enum bswz_status bytes_decoder_create(uint64_t memory_limit, struct bytes_decoder **decoder,
                                      struct bswz_error *error);
/* Restore exactly size bytes from what was packed, with nothing left over. CORRUPT:
 * packed does not hold them. LIMIT: the window is too large. */
enum bswz_status bytes_decoder_unpack(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                      uint8_t *bytes, size_t size, struct bswz_error *error);
/* The same for a run that may be cut off or damaged: the first *got bytes of it. After damage only a run that starts a
 * zstd frame can be restored. */
enum bswz_status bytes_decoder_unpack_part(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                           uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error);
/* The same, but compare with the bytes, which are known. CORRUPT: packed does not hold them. */
enum bswz_status bytes_decoder_compare(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                       const uint8_t *bytes, size_t size, struct bswz_error *error);
/* The next run is the first of another stream. */
void bytes_decoder_restart(struct bytes_decoder *decoder);
void bytes_decoder_free(struct bytes_decoder *decoder);

#endif
