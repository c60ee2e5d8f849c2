/*
 * Archives, as far as it takes to find the files in them: tar (v7, ustar, GNU, pax)
 * and cpio (newc, crc, odc).
 *
 * An archive is walked part by part as it comes.  A part is a header, the data of a
 * member, and padding; nothing is changed, dropped or needed but their sizes.  So a
 * walk that goes wrong (a damaged header, a dialect that nobody has heard of) finds
 * fewer files and loses nothing: every byte belongs to some part, or is left when
 * the walk is over.
 *
 * The walk is total: it looks at memory of any content and size, answers in time
 * linear in that, and every part that it reports is longer than nothing.
 */
#ifndef BSWZ_ARCHIVE_ARCHIVE_H
#define BSWZ_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many bytes of what comes are always enough to recognise an archive. */
#define ARCHIVE_LOOK ((size_t)512)

struct archive {
    enum archive_kind { ARCHIVE_NONE, ARCHIVE_TAR, ARCHIVE_CPIO } kind;
    bool is_ended;        /* its end mark has been seen: zeros, or another archive, or anything may follow */
    bool is_lost;         /* tar: on the way to the next header */
    bool in_sparse_map;   /* tar: more blocks of a header follow, and then pending bytes of data */
    uint64_t pending;
    bool has_size;        /* tar: a pax record has said how large the next member is */
    uint64_t size;
};

/* What comes next: header bytes of header, data bytes of a member, padding bytes of padding. */
struct archive_part {
    uint64_t header, data, padding;
    bool is_file;  /* data is that of an ordinary file */
    size_t wanted; /* ARCHIVE_MORE: so many bytes must be known */
};

enum archive_answer {
    ARCHIVE_PART,
    ARCHIVE_MORE, /* never when at_end, nor when wanted bytes are known */
    ARCHIVE_OVER  /* the archive does not go on here, whatever this is */
};

/* Does an archive begin so? size is at least ARCHIVE_LOOK, or all there is. */
bool archive_begins(struct archive *archive, const uint8_t *bytes, size_t size);

/* The part that begins so. size is at least ARCHIVE_LOOK, or all there is (at_end). */
enum archive_answer archive_next(struct archive *archive, const uint8_t *bytes, size_t size, bool at_end,
                                 struct archive_part *part);

#endif
