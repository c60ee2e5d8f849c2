/* SPDX-License-Identifier: MIT */
/*
 * The input of a call: a window of buffered bytes on top of the caller's read function, which looks ahead, goes
 * back, counts and hashes.
 *
 *     discarded | kept since the mark | ahead: peeked, not consumed | unread
 *               ^ mark                ^ position
 *
 * Used by one thread at a time. The window grows with what has been read, never with a size that a header claims, and
 * holds no more than the caller has asked to peek at or keep.
 */
#ifndef BSWZ_INPUT_H
#define BSWZ_INPUT_H

#include "image/picture.h"

struct input;

/* hashed: keep a hash of all bytes consumed since input_restart_hash. */
enum bswz_status input_open(struct bswz_input source, bool hashed, struct input **input, struct bswz_error *error);
void input_close(struct input *input);

/* Bytes consumed so far. */
uint64_t input_position(const struct input *input);

/* Look at the next bytes: at least wanted of them, fewer only at the end of the input. Valid until the next call
 * other than input_consume. */
enum bswz_status input_peek(struct input *input, size_t wanted, const uint8_t **bytes, size_t *available,
                            struct bswz_error *error);

/* Skip size bytes, which have been peeked. */
void input_consume(struct input *input, size_t size);

/* Copy and consume up to size bytes; *got is 0 only at the end. */
enum bswz_status input_read(struct input *input, uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error);

/* Skip size bytes without looking at them; *skipped is less only at the end. */
enum bswz_status input_skip(struct input *input, uint64_t size, uint64_t *skipped, struct bswz_error *error);

/* Make the input appear to end after size more bytes, until that is lifted. */
void input_limit(struct input *input, uint64_t size);
void input_lift_limit(struct input *input);

/* Keep all bytes from the current position on, until the mark is set again or lifted. */
void input_mark(struct input *input);
void input_lift_mark(struct input *input);
/* Go back to the mark, and lift it. Not for hashed inputs. */
void input_rewind(struct input *input);

void input_restart_hash(struct input *input);
/* The hash with the next `ahead` bytes, which input_peek has shown. */
uint64_t input_hash(struct input *input, size_t ahead);

/* The input as a source of bytes for a picture reader. */
struct byte_source input_source(struct input *input);

#endif
