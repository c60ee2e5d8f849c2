/* SPDX-License-Identifier: MIT */
/*
 * Deflate streams as their content and a recipe, from which they are rebuilt bit for bit.
 *
 * A stream is more than its content: its writer has chosen matches, block boundaries and codes. All writers decide in
 * similar ways, so each decision is guessed from the bytes before it (matcher.h, trees.h), with the settings that fit
 * the stream best, and the recipe only says where the stream differs. For zlib with any settings, that is next to
 * nothing; for optimising writers, a few bits in a hundred.
 *
 * The recipe:
 *
 *     settings (settings.c)
 *     decisions (mixing/decisions.h): for each block
 *         its type, whether the content ends with it, whether it is the last
 *         stored: the padding, and the size, unless the content ends with the block
 *         others: the number of tokens, unless it is the usual one or reaches to the end; the tokens; and
 *         for dynamic codes: where they differ from those guessed from the tokens, or foreseen without them
 *     and the padding at the end
 *
 * Every function that takes a recipe is total, and takes time proportional to the plain bytes and the recipe.
 */
#ifndef BSWZ_DEFLATE_DEFLATE_H
#define BSWZ_DEFLATE_DEFLATE_H

#include "base/buffer.h"
#include "deflate/guesses.h"

#include <stdbool.h>

/* Larger contents are not accepted. */
#define DEFLATE_PLAIN_MAX ((size_t)1 << 30)

/* Inflate the stream that begins with these bytes, and append its content to plain; *used: the size of the stream.
 * FORMAT: there is no stream; TRUNCATED: it does not end here; LIMIT: it holds more than `most` bytes. *used is then
 * the number of bytes examined. */
enum bswz_status deflate_inflate(const uint8_t *bytes, size_t size, size_t most, struct byte_buffer *plain,
                                 size_t *used, struct bswz_error *error);

/* Append the recipe that rebuilds the stream of exactly `size` bytes from its content. LIMIT: it takes more than `most`
 * bytes. FORMAT: this is not a deflate stream with this content. guesses: NULL, or where they are kept for the proof. */
enum bswz_status deflate_describe(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                  size_t most, struct byte_buffer *recipe, struct guesses *guesses,
                                  struct bswz_error *error);

/* The settings that described the last stream. Streams that follow each other usually have the same writer: then the
 * search for settings, which takes much longer than all else, is left out. All zero: there was none. */
struct deflate_writer {
    uint8_t settings[16]; /* as in a recipe */
    uint8_t size;
};
/* The same as deflate_describe; the writer is tried first, and replaced. LIMIT: or it takes more than *steps steps of the
 * matcher, without the search for settings. Those taken are subtracted; to rebuild the stream takes no more. */
enum bswz_status deflate_describe_next(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                       size_t most, struct deflate_writer *writer, uint64_t *steps,
                                       struct byte_buffer *recipe, struct guesses *guesses, struct bswz_error *error);

/* Rebuild the stream from its content and the recipe, and append it: at most `most` bytes. FORMAT: the recipe is
 * damaged, or belongs to other content. */
enum bswz_status deflate_rebuild(const uint8_t *plain, size_t plain_size, const uint8_t *recipe, size_t recipe_size,
                                 size_t most, struct byte_buffer *stream, struct bswz_error *error);

/* The same, with guesses that were kept while a stream with exactly this content was described. NULL: make them. */
enum bswz_status deflate_rebuild_recalling(const uint8_t *plain, size_t plain_size, const uint8_t *recipe,
                                           size_t recipe_size, size_t most, struct guesses *guesses,
                                           struct byte_buffer *stream, struct bswz_error *error);

/* Does the recipe rebuild exactly this stream? CORRUPT: no. guesses: NULL, or those kept while describing it, which
 * saves most of the time. */
enum bswz_status deflate_prove(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                               const uint8_t *recipe, size_t recipe_size, struct guesses *guesses,
                               struct bswz_error *error);

#endif
