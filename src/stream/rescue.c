/* SPDX-License-Identifier: MIT */
/*
 * Reports of what could not be restored (rescue.h).
 */
#include "stream/rescue.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void rescue_note(struct rescue *rescue, enum bswz_status status, uint64_t offset, const char *words) {
    bswz_fail_at(&rescue->first, status, offset, "%s", words); /* keeps the first */
}

static void report(struct rescue *rescue, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void report(struct rescue *rescue, uint64_t offset, const char *format, ...) {
    char line[240];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    rescue_note(rescue, BSWZ_ERROR_CORRUPT, offset, line);
    if (rescue->report != NULL) {
        rescue->report(rescue->context, line);
    }
}

/* ---- pictures ---- */

void rescue_begin_picture(struct rescue *rescue) {
    rescue->rows = 0;
    rescue->is_bad = false;
    rescue->pixels = (struct pixel_loss){0};
}

bool rescue_rows(struct rescue *rescue, uint32_t rows, const struct frame_loss *loss) {
    const bool is_exact = !loss->is_damaged && loss->pixels.guessed == 0 && loss->pixels.unknown == 0;
    if (!is_exact && rows > 0) {
        rescue->first_bad = rescue->is_bad ? rescue->first_bad : rescue->rows;
        rescue->last_bad = rescue->rows + rows - 1;
        rescue->is_bad = true;
        pixel_loss_add(&rescue->pixels, &loss->pixels);
    }
    rescue->rows += rows;
    return is_exact;
}

void rescue_end_picture(struct rescue *rescue, const struct picture_info *info, bool is_whole, uint64_t offset) {
    char what[64], where[64];
    const uint64_t guessed = rescue->pixels.guessed, unknown = rescue->pixels.unknown;
    picture_describe(info, what);
    snprintf(where, sizeof where, "rows %" PRIu32 " to %" PRIu32, rescue->first_bad, rescue->last_bad);
    if (guessed + unknown > 0) {
        report(rescue, offset, "%s: %s are not exact, %" PRIu64 " pixels are interpolated, %" PRIu64 " unknown", what,
               where, guessed, unknown);
    } else if (rescue->is_bad) {
        report(rescue, offset, "%s: %s are damaged", what, where);
    } else if (!is_whole) {
        report(rescue, offset, "%s: its pixels are all there, but not what follows them", what);
    }
}

void rescue_report_missing(struct rescue *rescue, const struct picture_info *info, uint64_t offset) {
    char what[64];
    picture_describe(info, what);
    report(rescue, offset, "%s: none of its pixels are there", what);
}

void rescue_report_file(struct rescue *rescue, const char *what, bool is_written, uint64_t offset) {
    report(rescue, offset, is_written ? "%s: the file is damaged" : "%s: the file is lost", what);
}

/* ---- bytes ---- */

void rescue_begin_bytes(struct rescue *rescue) {
    rescue->bad_bytes = 0;
}

void rescue_end_bytes(struct rescue *rescue, uint64_t size, bool is_whole, uint64_t offset) {
    if (rescue->bad_bytes > 0) {
        report(rescue, offset, "bytes: up to %" PRIu64 " of %" PRIu64 " are wrong%s", rescue->bad_bytes, size,
               is_whole ? "" : ", and what follows is missing");
    } else if (!is_whole) {
        report(rescue, offset, "bytes: what follows the first %" PRIu64 " is missing", size);
    }
}
