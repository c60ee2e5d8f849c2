/*
 * The output of a call: gathers bytes into pieces, counts and hashes them, and
 * hands them to the caller's writing function, in a thread of its own if asked,
 * so that a slow reader of our output does not stop the coding.
 *
 * One thread at a time calls these functions; the caller's function runs in the
 * output's thread or, without one, in that of the caller.
 */
#ifndef BSWZ_OUTPUT_H
#define BSWZ_OUTPUT_H

#include "image/picture.h"

struct output;

enum bswz_status output_open(struct bswz_output target, bool threaded, struct output **output,
                             struct bswz_error *error);
enum bswz_status output_write(struct output *output, const uint8_t *bytes, size_t size, struct bswz_error *error);
/* Wait until everything is written. */
enum bswz_status output_finish(struct output *output, struct bswz_error *error);
/* What output_finish has not seen written may be lost. NULL is allowed. */
void output_close(struct output *output);

/* Bytes, and the hash of the bytes, given to output_write so far. */
uint64_t output_position(const struct output *output);
uint64_t output_hash(const struct output *output);

struct byte_sink output_sink(struct output *output);

#endif
