/* SPDX-License-Identifier: MIT */
/*
 * All bytes of a stream go through one zstd context. Data that is not a picture comes in runs, here a tar header,
 * there a text file, and each run may repeat what a previous one held, megabytes ago.
 *
 * A run is packed as one flush of a continuing zstd frame. So it can be restored as soon as it has arrived, but only
 * after all runs before it. The encoder may start over at any run; its packed bytes then begin with the end of the
 * previous zstd frame and the header of a new one, and the decoder follows without being told. That is so even if no
 * run of the previous frame is in the stream, because all were stored or dropped: the first run may begin like this.
 *
 * On both sides, memory is the window and little else (sizes in stream.c), and is allocated when the first run comes.
 */
#ifndef BSWZ_BYTES_STREAM_H
#define BSWZ_BYTES_STREAM_H

#include "base/buffer.h"

#include <stdbool.h>

/* The format does not allow larger windows (as a power of two): 128 MiB. */
#define BYTES_WINDOW_LOG_MAX 27

/* A packed run is never longer than the run by more than this. */
#define BYTES_PACKED_SLACK 1024

struct bytes_encoder;

/* level is bswz's, 1 ... 9. most: no more bytes than this will come; if they are few, the window is small and the
 * start fast. SIZE_MAX: not known */
enum bswz_status bytes_encoder_create(int level, size_t most, struct bytes_encoder **encoder, struct bswz_error *error);
/* Append to packed what restores these bytes, 1 ... 2^30 of them, after all previous runs. *fits is false if this
 * would take more than size + BYTES_PACKED_SLACK: then nothing is appended, the run does not count as one of the
 * previous ones, and the encoder starts over. */
enum bswz_status bytes_encoder_pack(struct bytes_encoder *encoder, const uint8_t *bytes, size_t size,
                                    struct byte_buffer *packed, bool *fits, struct bswz_error *error);
/* More bytes will come than was said, but no more than `most`; SIZE_MAX: not known. The encoder starts over. */
void bytes_encoder_expect(struct bytes_encoder *encoder, size_t most);
/* Forget all previous runs, including the last one: the next is the first of another zstd frame. */
void bytes_encoder_restart(struct bytes_encoder *encoder);
void bytes_encoder_free(struct bytes_encoder *encoder);

struct bytes_decoder;

/* A window that does not fit within memory_limit bytes is refused before it is allocated. */
enum bswz_status bytes_decoder_create(uint64_t memory_limit, struct bytes_decoder **decoder, struct bswz_error *error);
/* Restore exactly size bytes from packed, with nothing left over. CORRUPT: packed does not hold them. LIMIT: the
 * window is too large. */
enum bswz_status bytes_decoder_unpack(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                      uint8_t *bytes, size_t size, struct bswz_error *error);
/* The same for a run that may be truncated or damaged: its first *got bytes. After damage, only a run that starts a
 * zstd frame can be restored. */
enum bswz_status bytes_decoder_unpack_part(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                           uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error);
/* The same, but compare with the known bytes. CORRUPT: packed does not hold them. */
enum bswz_status bytes_decoder_compare(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                       const uint8_t *bytes, size_t size, struct bswz_error *error);
/* The next run is the first of another stream. */
void bytes_decoder_restart(struct bytes_decoder *decoder);
void bytes_decoder_free(struct bytes_decoder *decoder);

#endif
