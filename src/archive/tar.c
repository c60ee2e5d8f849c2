/* SPDX-License-Identifier: MIT */
/*
 * tar: blocks of 512 bytes, a header and then the member's data, padded to whole blocks.
 *
 * A block is a header if its checksum is right. What the dialects add:
 *
 *     ustar  a mark, which is all that matters here
 *     GNU    types L and K, whose data is a name for the next member; sizes in base
 *            256; type S, a sparse file: the map of its holes may need more blocks,
 *            which follow the header, and its data is what lies between the holes
 *     pax    types x and X, whose data are records about the next member: a size
 *            there overrides the one in that member's header; type g, records
 *            about all members, which never include sizes
 *
 * Two blocks of zeros end an archive; here one is enough, because whatever follows is examined anyway. If there is no
 * header where one should be, the walk is lost (a link with data, an absurd size): it then continues block by block
 * until it finds a header with the mark.
 */
#include "archive/archive_kind.h"
#include "archive/digits.h"

#include <string.h>

#define BLOCK ((size_t)512)

/* Positions in a header. */
enum { NAME_AT = 0, NAME_BYTES = 100, FOLDER_AT = 345, FOLDER_BYTES = 155 };
enum { SIZE_AT = 124, SIZE_BYTES = 12, SUM_AT = 148, SUM_BYTES = 8, TYPE_AT = 156, MARK_AT = 257 };
/* In type S, and in the blocks of its map: do more blocks follow? */
enum { HEADER_CONTINUES_AT = 482, MAP_CONTINUES_AT = 504 };

/* Larger members are not credible, and sums of sizes stay within 64 bits. */
#define SIZE_LIMIT ((uint64_t)1 << 60)

/* Longer records are not read. */
#define RECORDS_MAX ((uint64_t)1 << 20)

/* ---- headers ---- */

/* Octal digits, possibly after spaces, ended by a space, a zero or the end of the field; an empty field is 0. */
static bool parse_octal(const uint8_t *field, size_t width, uint64_t *value) {
    size_t first = 0, last;
    while (first < width && field[first] == ' ') {
        first++;
    }
    for (last = first; last < width && field[last] != ' ' && field[last] != 0; last++) {
    }
    return parse_digits(field + first, last - first, 8, value);
}

static bool parse_size(const uint8_t *header, uint64_t *size) {
    const uint8_t *field = header + SIZE_AT;
    if ((field[0] & 0x80) == 0) {
        return parse_octal(field, SIZE_BYTES, size) && *size < SIZE_LIMIT;
    }
    *size = field[0] & 0x7f; /* base 256; bit 6 is the sign, and too large for a size */
    for (size_t i = 1; i < SIZE_BYTES; i++) {
        if (*size >= SIZE_LIMIT >> 8) {
            return false;
        }
        *size = *size << 8 | field[i];
    }
    return true;
}

static bool sum_is_right(const uint8_t *header) {
    uint64_t expected;
    uint32_t sum = 0;
    int32_t signed_sum = 0; /* what some old programs wrote */
    if (!parse_octal(header + SUM_AT, SUM_BYTES, &expected) || expected == 0) {
        return false;
    }
    for (size_t i = 0; i < BLOCK; i++) {
        const uint8_t byte = i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : header[i];
        sum += byte;
        signed_sum += (int8_t)byte;
    }
    return expected == sum || (signed_sum >= 0 && expected == (uint32_t)signed_sum);
}

static bool has_mark(const uint8_t *header) {
    return memcmp(header + MARK_AT, "ustar", 5) == 0;
}

static bool is_header(const uint8_t *block, uint64_t *size) {
    return (block[NAME_AT] != 0 || has_mark(block)) && parse_size(block, size) && sum_is_right(block);
}

bool tar_begins(const uint8_t *bytes, size_t size) {
    uint64_t member_size;
    return size >= BLOCK && is_header(bytes, &member_size);
}

/* ---- records: "LENGTH KEY=VALUE\n", where LENGTH counts the whole record ---- */

/* The text of a record of that key; NULL: it has another one. */
static const uint8_t *value_of(const uint8_t *record, size_t size, const char *key, size_t *length) {
    const size_t key_length = strlen(key);
    const bool is_it = size > key_length && memcmp(record, key, key_length) == 0 && record[size - 1] == '\n';
    *length = is_it ? size - key_length - 1 : 0;
    return is_it ? record + key_length : NULL;
}

static void set_name(struct archive *archive, const uint8_t *name, size_t size) {
    size = strnlen((const char *)name, size < ARCHIVE_NAME_MAX ? size : ARCHIVE_NAME_MAX);
    memcpy(archive->name, name, size);
    archive->name[size] = 0;
}

/* What the records give for the next member. */
static void read_records(struct archive *archive, const uint8_t *records, size_t left) {
    archive->has_size = false;
    while (left > 0) {
        size_t length = 0, digits = 0, size;
        while (digits < left && records[digits] >= '0' && records[digits] <= '9' && length <= left) {
            length = 10 * length + (records[digits++] - (size_t)'0');
        }
        if (digits == 0 || length <= digits || length > left) {
            return; /* not a record: zeros, or garbage */
        }
        const uint8_t *value = value_of(records + digits, length - digits, " size=", &size);
        uint64_t number;
        if (value != NULL && size > 0 && size < 20 && parse_digits(value, size, 10, &number) && number < SIZE_LIMIT) {
            archive->size = number;
            archive->has_size = true;
        }
        value = value_of(records + digits, length - digits, " path=", &size);
        if (value != NULL) {
            set_name(archive, value, size);
        }
        records += length;
        left -= length;
    }
}

/* ---- the walk ---- */

static void set_data(struct archive_part *part, uint64_t size) {
    part->data = size;
    part->padding = padding_to(size, BLOCK);
}

/* The member's name, from a record before its header, or from there. POSIX has room for a folder; GNU, whose mark goes on
 * differently, has other things there. */
static void take_name(struct archive *archive, const uint8_t *header, struct archive_part *part) {
    if (archive->name[0] != 0) {
        memcpy(part->name, archive->name, sizeof part->name);
        return;
    }
    const bool has_folder = memcmp(header + MARK_AT, "ustar", 6) == 0 && header[FOLDER_AT] != 0;
    size_t size = 0;
    if (has_folder) {
        size = strnlen((const char *)header + FOLDER_AT, FOLDER_BYTES);
        memcpy(part->name, header + FOLDER_AT, size);
        part->name[size++] = '/';
    }
    const size_t length = strnlen((const char *)header + NAME_AT, NAME_BYTES);
    memcpy(part->name + size, header + NAME_AT, length); /* 155, 1 and 100 */
}

/* A header whose size field is size. */
static enum archive_answer enter_member(struct archive *archive, const uint8_t *bytes, size_t known, bool at_end,
                                        uint64_t size, struct archive_part *part) {
    const uint8_t type = bytes[TYPE_AT];
    part->header = BLOCK;
    switch (type) {
    case 'x':
    case 'X':
        if (size <= RECORDS_MAX) {
            part->wanted = BLOCK + (size_t)size;
            if (known < part->wanted && !at_end) {
                return ARCHIVE_MORE;
            }
            const size_t records = known - BLOCK < size ? known - BLOCK : (size_t)size;
            read_records(archive, bytes + BLOCK, records);
        }
        set_data(part, size);
        return ARCHIVE_PART;
    case 'L':
        part->wanted = BLOCK + (size < ARCHIVE_NAME_MAX ? (size_t)size : ARCHIVE_NAME_MAX);
        if (known < part->wanted && !at_end) {
            return ARCHIVE_MORE;
        }
        set_name(archive, bytes + BLOCK, (known < part->wanted ? known : part->wanted) - BLOCK);
        set_data(part, size);
        return ARCHIVE_PART;
    case 'g':
    case 'K': set_data(part, size); return ARCHIVE_PART;
    default: break;
    }
    size = archive->has_size ? archive->size : size;
    archive->has_size = false;
    take_name(archive, bytes, part);
    archive->name[0] = 0;
    if (type >= '1' && type <= '6') { /* links, devices, directories: if they have a size, it does not mean data */
        return ARCHIVE_PART;
    }
    if (type == 'S' && bytes[HEADER_CONTINUES_AT] != 0) {
        archive->in_sparse_map = true;
        archive->pending = size;
        return ARCHIVE_PART;
    }
    part->is_file = type == '0' || type == 0 || type == '7';
    set_data(part, size);
    return ARCHIVE_PART;
}

/* The number of blocks to skip, up to one that is a header with the mark. */
static uint64_t blocks_to_next_header(const uint8_t *bytes, size_t known) {
    uint64_t size;
    size_t at = BLOCK;
    while (known - at >= BLOCK && !(has_mark(bytes + at) && is_header(bytes + at, &size))) {
        at += BLOCK;
    }
    return at;
}

enum archive_answer tar_next(struct archive *archive, const uint8_t *bytes, size_t known, bool at_end,
                             struct archive_part *part) {
    uint64_t size;
    if (known < BLOCK) {
        return ARCHIVE_OVER;
    }
    if (archive->in_sparse_map) {
        archive->in_sparse_map = bytes[MAP_CONTINUES_AT] != 0;
        part->header = BLOCK;
        if (!archive->in_sparse_map) {
            set_data(part, archive->pending);
        }
        return ARCHIVE_PART;
    }
    if (is_header(bytes, &size) && (!archive->is_lost || has_mark(bytes))) {
        archive->is_lost = archive->is_ended = false;
        return enter_member(archive, bytes, known, at_end, size, part);
    }
    archive->has_size = false;
    archive->name[0] = 0;
    const size_t zeros = leading_zeros(bytes, known) / BLOCK * BLOCK;
    if (zeros > 0) {
        archive->is_ended = true;
        part->header = zeros;
        return ARCHIVE_PART;
    }
    if (archive->is_ended && !archive->is_lost) {
        return ARCHIVE_OVER;
    }
    archive->is_lost = true;
    part->header = blocks_to_next_header(bytes, known);
    return ARCHIVE_PART;
}
