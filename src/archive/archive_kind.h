/* SPDX-License-Identifier: MIT */
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
enum archive_answer cpio_next(struct archive *archive, const uint8_t *bytes, size_t size, struct archive_part *part);

#endif
