/*
 * What the files of this directory share: one set of functions for each kind of archive.
 */
#ifndef BSWZ_ARCHIVE_FORMAT_H
#define BSWZ_ARCHIVE_FORMAT_H

#include "archive/archive.h"

/* The functions of archive.h for one kind. part is initially zero. */
bool tar_begins(const uint8_t *bytes, size_t size);
enum archive_answer tar_next(struct archive *archive, const uint8_t *bytes, size_t size, bool at_end,
                             struct archive_part *part);
bool cpio_begins(const uint8_t *bytes, size_t size);
enum archive_answer cpio_next(struct archive *archive, const uint8_t *bytes, size_t size,
                              struct archive_part *part);

/* The number of zero bytes at the start. */
size_t leading_zeros(const uint8_t *bytes, size_t size);

/* Parse a number in base 8 or 16 from exactly size digits. */
bool parse_digits(const uint8_t *bytes, size_t size, unsigned base, uint64_t *value);

/* The padding from position to the next multiple of unit, a power of two. */
static inline uint64_t padding_to(uint64_t position, uint64_t unit) {
    return (0 - position) & (unit - 1);
}

#endif
