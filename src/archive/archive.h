/* SPDX-License-Identifier: MIT */
/*
 * Archives, as far as needed to find the files in them: tar (v7, ustar, GNU, pax) and cpio (newc, crc, odc).
 *
 * An archive is walked part by part as it arrives. A part is a header, the data of a member, and padding. Nothing is
 * changed or dropped, and only the sizes of the parts matter. So a walk that goes wrong (a damaged header, an unknown
 * dialect) finds fewer files but loses nothing: every byte belongs to some part, or is left over when the walk ends.
 *
 * The walk handles memory of any content and size, takes time linear in the size, and never reports an empty part.
 */
#ifndef BSWZ_ARCHIVE_ARCHIVE_H
#define BSWZ_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* This many bytes are always enough to recognise an archive. */
#define ARCHIVE_LOOK ((size_t)512)

/* Longer names are cut off. */
#define ARCHIVE_NAME_MAX 256

struct archive {
    enum archive_kind { ARCHIVE_NONE, ARCHIVE_TAR, ARCHIVE_CPIO } kind;
    bool is_ended;      /* its end mark has been seen; zeros, another archive, or anything may follow */
    bool is_lost;       /* tar: searching for the next header */
    bool in_sparse_map; /* tar: more blocks of a header follow, then pending bytes of data */
    uint64_t pending;
    bool has_size; /* tar: a pax record has given the size of the next member */
    uint64_t size;
    char name[ARCHIVE_NAME_MAX + 1]; /* tar: a record of its own has given that of the next member; "": none has */
};

/* The next part: header bytes of header, data bytes of a member, padding bytes of padding. */
struct archive_part {
    uint64_t header, data, padding;
    bool is_file;                    /* data belongs to an ordinary file, */
    char name[ARCHIVE_NAME_MAX + 1]; /* which has this name, for messages */
    size_t wanted;                   /* ARCHIVE_MORE: the number of bytes that must be known */
};

enum archive_answer {
    ARCHIVE_PART,
    ARCHIVE_MORE, /* never when at_end, nor when wanted bytes are known */
    ARCHIVE_OVER  /* the archive does not continue here, whatever this is */
};

/* Do these bytes begin an archive? size is at least ARCHIVE_LOOK, or all there is. */
bool archive_begins(struct archive *archive, const uint8_t *bytes, size_t size);

/* The part that these bytes begin. size is at least ARCHIVE_LOOK, or all there is (at_end). */
enum archive_answer archive_next(struct archive *archive, const uint8_t *bytes, size_t size, bool at_end,
                                 struct archive_part *part);

#endif
