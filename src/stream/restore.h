/*
 * The last stage of decompression: pictures are written in their format, bytes as
 * they are.  With threads it runs in parallel with the decoding, since compressing a PNG
 * takes as long as decoding the pixels did.
 *
 * A call hands a job over and returns; it fails when a job before it has failed.
 */
#ifndef BSWZ_RESTORE_H
#define BSWZ_RESTORE_H

#include "container/deflate_header.h"
#include "image/picture.h"

struct restorer;

enum bswz_status restorer_open(struct bswz_output output, enum bswz_target target, bool threaded,
                               struct restorer **restorer, struct bswz_error *error);

/* How this picture will be written; is_held: in a deflate stream, as it was. */
enum picture_format restorer_target(const struct restorer *restorer, const struct picture_info *info, bool is_held);

enum bswz_status restorer_picture(struct restorer *restorer, const struct picture_info *info,
                                  const struct byte_buffer *head, struct bswz_error *error);
/* samples become the restorer's. is_exact: they are what was compressed. */
enum bswz_status restorer_rows(struct restorer *restorer, uint8_t *samples, uint32_t rows, bool is_exact,
                               struct bswz_error *error);
/* tail is copied; NULL: it is lost, and the picture need not come out as it was. is_short: the picture has fewer rows
 * than it should, bytes follow. */
enum bswz_status restorer_picture_end(struct restorer *restorer, const struct byte_buffer *tail, bool is_short,
                                      struct bswz_error *error);
/* bytes become the restorer's. */
enum bswz_status restorer_bytes(struct restorer *restorer, uint8_t *bytes, size_t size, struct bswz_error *error);

/* A deflate stream begins: all up to its end is what it holds. The header is copied. */
enum bswz_status restorer_deflate(struct restorer *restorer, const struct deflate_header *header,
                                  struct bswz_error *error);
/* It ends. is_rescue: what it holds may not be as it was, and it is written as good as may be. */
enum bswz_status restorer_deflate_end(struct restorer *restorer, bool is_rescue, struct bswz_error *error);

/* Wait until everything that was handed over is written. */
enum bswz_status restorer_finish(struct restorer *restorer, struct bswz_error *error);
void restorer_close(struct restorer *restorer);

#endif
