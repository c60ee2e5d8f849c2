/* SPDX-License-Identifier: MIT */
/*
 * Converting the options of callers, structs of any version of the interface or NULL (bswz.h), to those that the
 * library uses.
 */
#ifndef BSWZ_STREAM_OPTIONS_H
#define BSWZ_STREAM_OPTIONS_H

#include "bswz.h"

/* Fill in *taken from the struct given (NULL: defaults), with a definite number of threads and level. Errors:
 * ARGUMENT. */
enum bswz_status compress_options_take(const struct bswz_compress_options *given, struct bswz_compress_options *taken,
                                       struct bswz_error *error);
enum bswz_status decompress_options_take(const struct bswz_decompress_options *given,
                                         struct bswz_decompress_options *taken, struct bswz_error *error);

#endif
