/*
 * Recognises the kind of an archive (archive.h), and holds what the kinds share.
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
    case ARCHIVE_TAR:
        return tar_next(archive, bytes, size, at_end, part);
    case ARCHIVE_CPIO:
        return cpio_next(archive, bytes, size, part);
    case ARCHIVE_NONE:
    default:
        return ARCHIVE_OVER;
    }
}

size_t leading_zeros(const uint8_t *bytes, size_t size) {
    size_t count = 0;
    while (count < size && bytes[count] == 0) {
        count++;
    }
    return count;
}

bool parse_digits(const uint8_t *bytes, size_t size, unsigned base, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        const unsigned letter = bytes[i] | 0x20u;
        unsigned digit = base;
        if (bytes[i] >= '0' && bytes[i] <= '9') {
            digit = bytes[i] - '0';
        } else if (letter >= 'a' && letter <= 'f') {
            digit = letter - 'a' + 10;
        }
        if (digit >= base || *value > (UINT64_MAX - digit) / base) {
            return false;
        }
        *value = *value * base + digit;
    }
    return true;
}
