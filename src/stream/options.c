/* SPDX-License-Identifier: MIT */
/*
 * Reading options (options.h). A caller may have been compiled with an older or newer header: its struct begins with
 * its size, and nothing beyond that is read.
 */
#include "stream/options.h"

#include "base/error.h"
#include "image/picture.h"
#include "image/scaled.h"
#include "threads/cores.h"

#include <string.h>

/* No struct of options will ever be this large: the size was never set. */
#define SIZE_LIMIT ((size_t)4096)

enum bswz_status options_take(const void *given, void *taken, size_t known, struct bswz_error *error) {
    size_t size = 0;
    memset(taken, 0, known);
    if (given == NULL) {
        return BSWZ_OK;
    }
    memcpy(&size, given, sizeof size);
    if (size < sizeof size || size > SIZE_LIMIT) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "the size field of a struct is not set");
    }
    for (size_t i = known; i < size; i++) {
        if (((const uint8_t *)given)[i] != 0) {
            return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "a field is set that this library does not know");
        }
    }
    memcpy(taken, given, size < known ? size : known);
    return BSWZ_OK;
}

static enum bswz_status take_threads(unsigned *threads, struct bswz_error *error) {
    if (*threads > BSWZ_THREADS_MAX) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "%u threads are too many (maximum %u)", *threads,
                         BSWZ_THREADS_MAX);
    }
    *threads = *threads != 0 ? *threads : cores_available();
    return BSWZ_OK;
}

static enum bswz_status check_raw(const struct bswz_compress_options *options, struct bswz_error *error) {
    const uint32_t width = options->raw_width, height = options->raw_height, channels = options->raw_channels;
    if (options->raw_bits != 0 && options->raw_bits != 8 && options->raw_bits != 16) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "raw samples of %u bits are impossible", options->raw_bits);
    }
    if (width == 0 && height == 0 && channels == 0) {
        return BSWZ_OK;
    }
    if (width == 0 || height == 0 || channels < 1 || channels > 4 || width > PICTURE_MAX_SIDE ||
        height > PICTURE_MAX_SIDE || (uint64_t)width * height > PICTURE_MAX_PIXELS) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "raw pictures cannot have %u x %u pixels with %u channels", width,
                         height, channels);
    }
    return BSWZ_OK;
}

enum bswz_status compress_options_take(const struct bswz_compress_options *given, struct bswz_compress_options *taken,
                                       struct bswz_error *error) {
    enum bswz_status status = options_take(given, taken, sizeof *taken, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (taken->level < 0 || taken->level > 9) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "invalid level %d", taken->level);
    }
    taken->level = taken->level != 0 ? taken->level : BSWZ_DEFAULT_LEVEL;
    status = take_threads(&taken->threads, error);
    return status == BSWZ_OK ? check_raw(taken, error) : status;
}

enum bswz_status decompress_options_take(const struct bswz_decompress_options *given,
                                         struct bswz_decompress_options *taken, struct bswz_error *error) {
    const enum bswz_status status = options_take(given, taken, sizeof *taken, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if ((unsigned)taken->target > BSWZ_TO_WEBP) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "invalid target %u", (unsigned)taken->target);
    }
    if (taken->scale > PICTURE_MAX_SCALE) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "invalid scale 1/2^%u", taken->scale);
    }
    return take_threads(&taken->threads, error);
}
