/* SPDX-License-Identifier: MIT */
/*
 * Recognises the kind of an archive (archive.h).
 */
#include "archive/archive_kind.h"

bool archive_begins(struct archive *archive, const uint8_t *bytes, size_t size) {
    *archive = (struct archive){.kind = tar_begins(bytes, size)    ? ARCHIVE_TAR
                                        : cpio_begins(bytes, size) ? ARCHIVE_CPIO
                                                                   : ARCHIVE_NONE};
    return archive->kind != ARCHIVE_NONE;
}

enum archive_answer archive_next(struct archive *archive, const uint8_t *bytes, size_t size, bool at_end,
                                 struct archive_part *part) {
    *part = (struct archive_part){0};
    switch (archive->kind) {
    case ARCHIVE_TAR: return tar_next(archive, bytes, size, at_end, part);
    case ARCHIVE_CPIO: return cpio_next(archive, bytes, size, part);
    case ARCHIVE_NONE:
    default: return ARCHIVE_OVER;
    }
}
