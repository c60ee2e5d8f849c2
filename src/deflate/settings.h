/*
 * The settings that a recipe names, and how those that fit a stream are found.
 */
#ifndef BSWZ_DEFLATE_SETTINGS_H
#define BSWZ_DEFLATE_SETTINGS_H

#include "deflate/coder.h"
#include "fields.h"

enum bswz_status deflate_settings_put(unsigned preset, const struct deflate_settings *settings,
                                      struct byte_buffer *out, struct bswz_error *error);
/* false: broken. */
bool deflate_settings_take(struct cursor *cursor, struct deflate_settings *settings);

/* Look for those under which the stream's beginning takes the least. plain is what the stream holds. */
enum bswz_status deflate_settings_find(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                       unsigned *preset, struct deflate_settings *settings, struct bswz_error *error);

/* How much of a stream is looked at in a trial, and how many wrong guesses end it. */
struct trial {
    size_t from; /* place in the plain bytes */
    size_t tokens, misses;
    uint64_t steps; /* of the matcher, at most; those that were taken are subtracted */
    size_t missed; /* how many there were */
};

/* Append the decisions of the stream; of a part of it, if trial is not NULL. LIMIT: they take more than `most` bytes, or
 * more time than a stream of this size is worth. */
enum bswz_status deflate_encode(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                const struct deflate_settings *settings, struct trial *trial, size_t most,
                                struct byte_buffer *out, struct bswz_error *error);

#endif
