/* SPDX-License-Identifier: MIT */
/*
 * Counting parts for notices (tally.h).
 */
#include "stream/tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void tally_coded(struct tally *tally, enum picture_format format, enum frame_method method) {
    tally->pictures[format][frame_method_row(method) - frame_method_rows]++;
    tally->parts++;
}

void tally_pages(struct tally *tally, enum picture_format format) {
    tally->pictures[format][TALLY_PAGES]++;
    tally->parts++;
}

void tally_kept(struct tally *tally, enum picture_format format) {
    tally->pictures[format][TALLY_KEPT]++;
    tally->parts++;
}

void tally_bytes(struct tally *tally) {
    tally->parts++;
}

static void append(char *line, size_t size, size_t *length, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void append(char *line, size_t size, size_t *length, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int added = vsnprintf(line + *length, size - *length, format, arguments);
    va_end(arguments);
    *length += added > 0 ? (size_t)added : 0;
    *length = *length < size ? *length : size - 1;
}

void tally_describe(const struct tally *tally, char *line, size_t size) {
    size_t length = 0;
    line[0] = 0;
    if (tally->parts < 2) {
        return;
    }
    for (int path = 0; path < TALLY_PATHS; path++) {
        bool found = false;
        for (int format = PICTURE_RAW; format < PICTURE_FORMATS; format++) {
            const uint64_t count = tally->pictures[format][path];
            if (count > 0) {
                append(line, size, &length, "%s%" PRIu64 " %s",
                       found        ? " and "
                       : length > 0 ? ", "
                                    : "",
                       count, picture_format_name((enum picture_format)format));
                found = true;
            }
        }
        if (found) {
            append(line, size, &length, " %s",
                   path < FRAME_METHODS  ? frame_method_rows[path].summary
                   : path == TALLY_PAGES ? "by pages"
                                         : "kept as bytes");
        }
    }
    if (length == 0) {
        append(line, size, &length, "no pictures");
    }
}
