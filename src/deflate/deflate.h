/*
 * Deflate streams as the bytes that they hold and a recipe, from which they come back bit for bit.
 *
 * A stream is more than its bytes: which matches its writer took, where it began a block, how it built its codes.
 * All writers decide much alike, so each decision is guessed from the bytes before it (matcher.h, trees.h),
 * with settings that fit the stream best, and the recipe says only where the stream is otherwise.  For what zlib has
 * written, with any settings, that is next to nothing; about one bit in ten for what an optimising writer has.
 *
 * The recipe:
 *
 *     settings (recipe.c)
 *     decisions (drawn/decisions.h): for each block
 *         its type, whether all bytes end with it, whether it is the last
 *         stored: the padding, the size, where it is not the last block's
 *         others: the number of tokens, where it is neither the usual one nor up to the end; the tokens; and
 *         if its codes are its own: what of them is not as guessed from the tokens
 *     and the padding at the end
 *
 * Everything that takes a recipe is total, and takes time in proportion to the plain bytes and the recipe.
 */
#ifndef BSWZ_DEFLATE_DEFLATE_H
#define BSWZ_DEFLATE_DEFLATE_H

#include "base/buffer.h"

#include <stdbool.h>

/* More plain bytes are not taken. */
#define DEFLATE_PLAIN_MAX ((size_t)1 << 30)

/* The plain bytes of the stream that begins with these bytes, appended to plain, and how many bytes it takes. FORMAT: there
 * is none; TRUNCATED: it does not end here; LIMIT: it holds more than `most` bytes. *used is what was looked at then. */
enum bswz_status deflate_inflate(const uint8_t *bytes, size_t size, size_t most, struct byte_buffer *plain,
                                 size_t *used, struct bswz_error *error);

/* Append to recipe what rebuilds the stream, of exactly `size` bytes, from the plain bytes that it holds. LIMIT: this takes
 * more than `most` bytes. FORMAT: it is not a deflate stream of these bytes. */
enum bswz_status deflate_describe(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                  size_t most, struct byte_buffer *recipe, struct bswz_error *error);

/* Append to stream what the recipe makes of the plain bytes, `most` bytes or fewer. FORMAT: the recipe is damaged, or is for
 * other bytes. */
enum bswz_status deflate_rebuild(const uint8_t *plain, size_t plain_size, const uint8_t *recipe, size_t recipe_size,
                                 size_t most, struct byte_buffer *stream, struct bswz_error *error);

/* Does the recipe give this very stream back? CORRUPT: no. */
enum bswz_status deflate_prove(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                               const uint8_t *recipe, size_t recipe_size, struct bswz_error *error);

#endif
