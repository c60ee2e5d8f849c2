/* SPDX-License-Identifier: MIT */
/*
 * The last stage of decompression: pictures are written in their format, bytes unchanged. With threads it runs in
 * parallel with the decoder, since compressing a PNG file takes as long as decoding its pixels.
 *
 * A call pushes a job and returns; it fails if an earlier job has failed.
 */
#ifndef BSWZ_RESTORE_H
#define BSWZ_RESTORE_H

#include "container/deflate_header.h"
#include "image/picture.h"
#include "stream/pixel_sink.h"

struct restorer;

enum bswz_status restorer_open(struct bswz_output output, enum bswz_target target, bool threaded,
                               struct restorer **restorer, struct bswz_error *error);

/* From now on, the samples of a single picture go to this sink, and nothing to the output. */
void restorer_give_pixels(struct restorer *restorer, struct pixel_sink *sink);

/* How this picture will be written; is_held: it is in a deflate stream, and keeps its format. */
enum picture_format restorer_target(const struct restorer *restorer, const struct picture_info *info, bool is_held);

enum bswz_status restorer_picture(struct restorer *restorer, const struct picture_info *info,
                                  const struct byte_buffer *head, struct bswz_error *error);
/* samples belong to the restorer from then on; NULL: rows that a sink of pixels does not want. is_exact: they equal
 * those that were compressed. */
enum bswz_status restorer_rows(struct restorer *restorer, uint8_t *samples, uint32_t rows, bool is_exact,
                               struct bswz_error *error);
/* tail is copied; NULL: it is lost, so the picture need not be exact. is_short: the picture has fewer rows than its
 * header says, and bytes follow. */
enum bswz_status restorer_picture_end(struct restorer *restorer, const struct byte_buffer *tail, bool is_short,
                                      struct bswz_error *error);
/* bytes belong to the restorer from then on. */
enum bswz_status restorer_bytes(struct restorer *restorer, uint8_t *bytes, size_t size, struct bswz_error *error);

/* A deflate stream begins: everything up to its end is its content. The header is copied. */
enum bswz_status restorer_deflate(struct restorer *restorer, const struct deflate_header *header,
                                  struct bswz_error *error);
/* It ends. is_rescue: its content may be damaged, so it is rebuilt as well as possible. */
enum bswz_status restorer_deflate_end(struct restorer *restorer, bool is_rescue, struct bswz_error *error);

/* Wait until everything that was pushed is written. */
enum bswz_status restorer_finish(struct restorer *restorer, struct bswz_error *error);
void restorer_close(struct restorer *restorer);

#endif
