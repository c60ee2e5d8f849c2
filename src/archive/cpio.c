/* SPDX-License-Identifier: MIT */
/*
 * cpio: newc and its variant with checksums (used by kernels and packages), and odc, the old portable one.
 *
 *     newc   070701 or 070702, 13 numbers of 8 hexadecimal digits; the name and the
 *            data are padded to multiples of 4
 *     odc    070707, octal numbers; no padding
 *
 * A member called TRAILER!!! is the last, and zeros may follow it.
 */
#include "archive/archive_kind.h"
#include "archive/digits.h"

#include <string.h>

#define NEWC_HEADER 110
#define ODC_HEADER 76
/* No system creates longer names. */
#define NAME_MAX_SIZE 65536

#define FILE_KIND 0170000
#define ORDINARY_FILE 0100000

struct header {
    size_t size;   /* without the name */
    unsigned unit; /* the name and the data are padded to a multiple of this */
    uint64_t mode, name_size, file_size;
};

static bool parse_header(const uint8_t *bytes, size_t size, struct header *header) {
    if (size >= NEWC_HEADER && (memcmp(bytes, "070701", 6) == 0 || memcmp(bytes, "070702", 6) == 0)) {
        uint64_t numbers[13];
        for (size_t i = 0; i < 13; i++) {
            if (!parse_digits(bytes + 6 + 8 * i, 8, 16, &numbers[i])) {
                return false;
            }
        }
        *header = (struct header){NEWC_HEADER, 4, numbers[1], numbers[11], numbers[6]};
    } else if (size >= ODC_HEADER && memcmp(bytes, "070707", 6) == 0) {
        uint64_t numbers[8], time;
        for (size_t i = 0; i < 7; i++) { /* device, inode, mode, user, group, links, special device */
            if (!parse_digits(bytes + 6 + 6 * i, 6, 8, &numbers[i])) {
                return false;
            }
        }
        *header = (struct header){.size = ODC_HEADER, .unit = 1, .mode = numbers[2]};
        if (!parse_digits(bytes + 48, 11, 8, &time) || !parse_digits(bytes + 59, 6, 8, &header->name_size) ||
            !parse_digits(bytes + 65, 11, 8, &header->file_size)) {
            return false;
        }
    } else {
        return false;
    }
    return header->name_size > 0 && header->name_size <= NAME_MAX_SIZE;
}

bool cpio_begins(const uint8_t *bytes, size_t size) {
    struct header header;
    return parse_header(bytes, size, &header);
}

enum archive_answer cpio_next(struct archive *archive, const uint8_t *bytes, size_t size, struct archive_part *part) {
    static const char trailer[] = "TRAILER!!!";
    struct header header;
    if (archive->is_ended) {
        part->header = leading_zeros(bytes, size);
        return part->header > 0 ? ARCHIVE_PART : ARCHIVE_OVER;
    }
    if (!parse_header(bytes, size, &header)) {
        return ARCHIVE_OVER;
    }
    part->header = header.size + header.name_size;
    part->header += padding_to(part->header, header.unit);
    part->data = header.file_size;
    part->padding = padding_to(header.file_size, header.unit);
    part->is_file = (header.mode & FILE_KIND) == ORDINARY_FILE;
    const size_t known = size > header.size ? size - header.size : 0;
    const size_t length = known < header.name_size ? known : (size_t)header.name_size;
    memcpy(part->name, bytes + header.size, length < ARCHIVE_NAME_MAX ? length : ARCHIVE_NAME_MAX);
    /* size reaches beyond the trailer's name, or the input ends before it does */
    archive->is_ended = header.name_size == sizeof trailer && size >= header.size + sizeof trailer &&
                        memcmp(bytes + header.size, trailer, sizeof trailer) == 0;
    return ARCHIVE_PART;
}
