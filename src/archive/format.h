/*
 * What the files of this folder share: an entry for each kind of archive.
 */
#ifndef BSWZ_ARCHIVE_FORMAT_H
#define BSWZ_ARCHIVE_FORMAT_H

#include "archive/archive.h"

/* The functions of archive.h for one kind; part is all zeros. */
bool tar_begins(const uint8_t *bytes, size_t size);
enum archive_answer tar_next(struct archive *archive, const uint8_t *bytes, size_t size, bool at_end,
                             struct archive_part *part);
bool cpio_begins(const uint8_t *bytes, size_t size);
enum archive_answer cpio_next(struct archive *archive, const uint8_t *bytes, size_t size,
                              struct archive_part *part);

/* How many of the bytes are zero, from the first on? */
size_t leading_zeros(const uint8_t *bytes, size_t size);

/* The digits of a number, all size of them valid, in base 8 or 16. */
bool parse_digits(const uint8_t *bytes, size_t size, unsigned base, uint64_t *value);

/* What brings position to a multiple of unit, a power of two. */
static inline uint64_t padding_to(uint64_t position, uint64_t unit) {
    return (0 - position) & (unit - 1);
}

#endif
