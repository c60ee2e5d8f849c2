/* SPDX-License-Identifier: MIT */
/*
 * Filling in an error and its message.
 */
#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

void bswz_forget(struct bswz_error *error) {
    if (error != NULL) {
        *error = (struct bswz_error){.status = BSWZ_OK};
    }
}

static void describe(struct bswz_error *error, enum bswz_status status, uint64_t offset, const char *format,
                     va_list arguments) {
    if (error == NULL || error->status != BSWZ_OK) {
        return;
    }
    error->status = status;
    error->offset = offset;
    vsnprintf(error->message, sizeof error->message, format, arguments);
}

enum bswz_status bswz_fail(struct bswz_error *error, enum bswz_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    describe(error, status, 0, format, arguments);
    va_end(arguments);
    return status;
}

enum bswz_status bswz_fail_at(struct bswz_error *error, enum bswz_status status, uint64_t offset, const char *format,
                              ...) {
    va_list arguments;
    va_start(arguments, format);
    describe(error, status, offset, format, arguments);
    va_end(arguments);
    return status;
}

enum bswz_status bswz_no_memory(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
}

enum bswz_status bswz_over_limit(struct bswz_error *error, uint64_t offset, const char *what, uint64_t wanted,
                                 uint64_t limit) {
    const bool is_small = limit < (uint64_t)1 << 20;
    const unsigned shift = is_small ? 10 : 20;
    const char *unit = is_small ? "KiB" : "MiB";
    return bswz_fail_at(error, BSWZ_ERROR_LIMIT, offset,
                        "%s takes %" PRIu64 " %s of memory, the limit is %" PRIu64 " %s", what, (wanted >> shift) + 1,
                        unit, limit >> shift, unit);
}

enum bswz_status bswz_forgive(struct bswz_error *error) {
    if (error != NULL) {
        *error = (struct bswz_error){.status = BSWZ_OK};
    }
    return BSWZ_OK;
}
