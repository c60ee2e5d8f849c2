/*
 * Options as given by callers, converted to what the library works with: structs of any version of the interface,
 * or none at all (bswz.h).
 */
#ifndef BSWZ_STREAM_OPTIONS_H
#define BSWZ_STREAM_OPTIONS_H

#include "bswz.h"

/* Fill in *taken from what was given (NULL: defaults), with a number of threads and a level. Errors: ARGUMENT. */
enum bswz_status compress_options_take(const struct bswz_compress_options *given, struct bswz_compress_options *taken,
                                       struct bswz_error *error);
enum bswz_status decompress_options_take(const struct bswz_decompress_options *given,
                                         struct bswz_decompress_options *taken, struct bswz_error *error);

#endif
