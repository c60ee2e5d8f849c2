/* SPDX-License-Identifier: MIT */
/*
 * The output of a call: collects bytes in pieces, counts and hashes them, and passes them to the caller's write
 * function, in a thread of its own if requested, so that a slow reader of the output does not stop the coding.
 *
 * One thread at a time calls these functions; the caller's function runs in the output's thread or, if there is
 * none, in that of the caller.
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
/* Bytes that output_finish has not waited for may be lost. NULL is allowed. */
void output_close(struct output *output);

/* The number, and the hash, of the bytes passed to output_write so far. */
uint64_t output_position(const struct output *output);
uint64_t output_hash(const struct output *output);

struct byte_sink output_sink(struct output *output);

#endif
