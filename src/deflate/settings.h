/* SPDX-License-Identifier: MIT */
/*
 * The settings in a recipe, and the search for those that fit a stream.
 */
#ifndef BSWZ_DEFLATE_SETTINGS_H
#define BSWZ_DEFLATE_SETTINGS_H

#include "base/fields.h"
#include "deflate/coder.h"

enum bswz_status deflate_settings_put(unsigned preset, const struct deflate_settings *settings, struct byte_buffer *out,
                                      struct bswz_error *error);
/* false: they are invalid. */
bool deflate_settings_take(struct cursor *cursor, struct deflate_settings *settings);

/* Find the settings with which the beginning of the stream takes the fewest bits. plain: the content of the stream.
 * found[1]: the best that take less time, in case describing the stream with found[0] takes too long. */
struct deflate_found {
    unsigned preset;
    struct deflate_settings settings;
};
enum bswz_status deflate_settings_find(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                       struct deflate_found found[2], struct bswz_error *error);

/* Adapt settings that described another stream of the same writer: what differs from stream to stream is replaced. */
enum bswz_status deflate_settings_adapt(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                        struct deflate_settings *settings, struct bswz_error *error);

/* How much of a stream a trial covers, and how many wrong guesses end it. */
struct trial {
    size_t from; /* position in the plain bytes */
    size_t tokens, misses;
    uint64_t steps; /* of the matcher, at most; those taken are subtracted */
    size_t missed;  /* the number of wrong guesses */
};

/* Append the decisions for the stream, or for a part of it if trial is not NULL. LIMIT: they take more than `most`
 * bytes, or more time than a stream of this size is worth, or more than *steps steps of the matcher. Those taken are
 * subtracted; NULL: for a trial. guesses: they are noted there, if it is not NULL. */
enum bswz_status deflate_encode(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                const struct deflate_settings *settings, struct trial *trial, uint64_t *steps,
                                size_t most, struct byte_buffer *out, struct guesses *guesses,
                                struct bswz_error *error);

#endif
