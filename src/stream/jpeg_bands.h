/*
 * The bands of a JPEG file's coefficients, several at a time in lanes (pipeline/lanes.h): to payloads
 * and back. What is given on comes in order, in the caller's thread.
 */
#ifndef BSWZ_JPEG_BANDS_H
#define BSWZ_JPEG_BANDS_H

#include "buffer.h"
#include "jpeg/planes.h"
#include "stream/codec.h"

#include <stdbool.h>

/* Code all bands of the planes. */
enum bswz_status jpeg_bands_encode(struct codec *codec, const struct jpeg_planes *planes,
                                   enum bswz_status (*give)(void *context, const struct byte_buffer *payload,
                                                            struct bswz_error *error),
                                   void *context, struct bswz_error *error);

struct jpeg_decoder;

/* Begin to decode bands into the blocks of planes, all zero until then and all read until jpeg_decoder_close. rescue: bands
 * that are damaged, cut off, or missing are no failures. */
enum bswz_status jpeg_decoder_open(struct codec *codec, const struct jpeg_planes *planes, bool rescue,
                                   struct jpeg_decoder **decoder, struct bswz_error *error);

/* Add the payload of the next band, untrusted, which is not needed any more after the return. position: its place in
 * the input, for errors. CORRUPT: there are no more bands. A failure is that of any band so far. */
enum bswz_status jpeg_decoder_push(struct jpeg_decoder *decoder, const uint8_t *payload, size_t size,
                                   uint64_t position, struct bswz_error *error);

/* Wait until all is decoded. CORRUPT: bands are missing. *is_damaged: what rescue has kept from being a failure. */
enum bswz_status jpeg_decoder_finish(struct jpeg_decoder *decoder, bool *is_damaged, struct bswz_error *error);

/* NULL is allowed. */
void jpeg_decoder_close(struct jpeg_decoder *decoder);

#endif
