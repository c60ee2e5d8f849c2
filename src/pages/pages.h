/* SPDX-License-Identifier: MIT */
/*
 * Files of several pages, strips or tiles, compressed or not, as the pictures in them and a plan. From both, the file
 * comes back byte for byte.
 *
 *     plain = picture ..., plan, other bytes
 *
 * Each picture is a PNM or PAM file, which compresses like any other input. The plan (plan.h) says how the pictures'
 * samples are laid out in the file, and how each piece of the file that holds samples was written. Bytes outside of all
 * pieces are the other bytes. Without a plan, the pictures are PNG files: the frames of an animation (animation.h).
 *
 * Parsers find the pages and pieces of a file. Whatever they find, a piece becomes samples only if the samples give its
 * bytes back. Everything that takes a plan is total, and takes time in proportion to the plain bytes.
 */
#ifndef BSWZ_PAGES_PAGES_H
#define BSWZ_PAGES_PAGES_H

#include "base/buffer.h"
#include "image/picture.h"

/* Larger files, and those that contain more, are not taken apart. */
#define PAGES_FILE_MAX ((size_t)256 << 20)
#define PAGES_PLAIN_MAX ((size_t)256 << 20)

/* What was found in a file. */
struct pages_summary {
    unsigned pages, pieces; /* that became samples */
    unsigned kept;          /* pieces that did not */
    size_t pictures_size;   /* bytes of plain before the plan */
    size_t first_size;      /* of an animation: its bytes before the second picture; otherwise 0 */
    uint32_t width, height; /* of the largest page */
    uint64_t work;          /* what was done, in units of about ten nanoseconds */
};

/* What may be held, and what may be done, including what it takes at least to code the pictures. */
struct pages_limits {
    size_t plain; /* bytes */
    uint64_t work;
};

/* Are files of this format taken apart? */
bool pages_are_in(enum picture_format format);

/* Is this PNG file an animation? These are taken apart as well, although the format is not one of the above: most of
 * its files are a single picture. */
bool pages_are_in_png(const uint8_t *file, size_t size);

struct page;

/* Append the content of the file to plain. Pages beyond the limits stay among the other bytes. rows: NULL, or the file
 * is no more than a page of a single piece, and the format does not matter. UNSUPPORTED, FORMAT: nothing was found.
 * LIMIT: there is too much. On an error, nothing is appended. */
enum bswz_status pages_take_apart(enum picture_format format, const struct page *rows, const uint8_t *file, size_t size,
                                  const struct pages_limits *limits, struct byte_buffer *plain,
                                  struct pages_summary *summary, struct bswz_error *error);

/* Append the file, `most` bytes or fewer. FORMAT: plain is damaged. */
enum bswz_status pages_put_together(const uint8_t *plain, size_t size, size_t pictures_size, size_t most,
                                    struct byte_buffer *file, struct bswz_error *error);

#endif
