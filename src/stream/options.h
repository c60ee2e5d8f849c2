/* SPDX-License-Identifier: MIT */
/*
 * Converting the options of callers, structs of any version of the interface or NULL (bswz.h), to those that the
 * library uses.
 */
#ifndef BSWZ_STREAM_OPTIONS_H
#define BSWZ_STREAM_OPTIONS_H

#include "bswz.h"

/* Copy the struct given, whose first member is its size, into *taken of known bytes; what it is too short for is zero. NULL:
 * everything is. Errors: ARGUMENT. */
enum bswz_status options_take(const void *given, void *taken, size_t known, struct bswz_error *error);

/* Fill in *taken from the struct given (NULL: defaults), with a definite number of threads and level. Errors:
 * ARGUMENT. */
enum bswz_status compress_options_take(const struct bswz_compress_options *given, struct bswz_compress_options *taken,
                                       struct bswz_error *error);
enum bswz_status decompress_options_take(const struct bswz_decompress_options *given,
                                         struct bswz_decompress_options *taken, struct bswz_error *error);

#endif
