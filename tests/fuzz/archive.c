/* SPDX-License-Identifier: MIT */
/*
 * The walk through archives: it ends, never asks for more than there is, and no part is empty.
 */
#include "fuzz.h"

#include "archive/archive.h"

static size_t least(uint64_t a, size_t b) {
    return a < b ? (size_t)a : b;
}

/* Ask with no more bytes known than wanted. */
static enum archive_answer ask(struct archive *archive, const uint8_t *data, size_t left, struct archive_part *part) {
    size_t wanted = ARCHIVE_LOOK;
    for (;;) {
        const size_t known = least(wanted, left);
        uint8_t *shown = malloc(known + 1); /* a separate copy, so that a sanitizer detects reads beyond it */
        FUZZ_DEMAND(shown != NULL, "no memory");
        memcpy(shown + 1, data, known);
        const enum archive_answer answer = archive_next(archive, shown + 1, known, known == left, part);
        free(shown);
        if (answer != ARCHIVE_MORE) {
            return answer;
        }
        FUZZ_DEMAND(known < left && part->wanted > known, "%zu bytes wanted of %zu, known are %zu", part->wanted, left,
                    known);
        wanted = part->wanted;
    }
}

void fuzz_archive(const uint8_t *data, size_t size) {
    struct archive archive;
    size_t at = 0;
    while (archive_begins(&archive, data + at, least(ARCHIVE_LOOK, size - at))) {
        const size_t start = at;
        while (at < size) {
            struct archive_part part;
            if (ask(&archive, data + at, size - at, &part) == ARCHIVE_OVER) {
                break;
            }
            FUZZ_DEMAND(part.header > 0, "a part of nothing at %zu", at);
            at += least(part.header, size - at);
            at += least(part.data, size - at);
            at += least(part.padding, size - at);
        }
        FUZZ_DEMAND(at > start, "an archive of nothing at %zu", at);
    }
}
