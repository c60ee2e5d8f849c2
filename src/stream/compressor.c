/* SPDX-License-Identifier: MIT */
/*
 * Shared by all parts of a compressing call: notices, limits of memory, and the position in the input (compress.h).
 */
#include "container/memory.h"
#include "stream/compress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void tell(const struct compressor *compressor, const char *member, const char *format, va_list arguments) {
    char line[sizeof compressor->member + 512];
    if (compressor->options->notice == NULL) {
        return;
    }
    const int length = snprintf(line, sizeof line, "%s", member);
    vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
    compressor->options->notice(compressor->options->notice_context, line);
}

void compressor_tell(const struct compressor *compressor, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tell(compressor, "", format, arguments);
    va_end(arguments);
}

void compressor_notice(const struct compressor *compressor, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tell(compressor, compressor->member, format, arguments);
    va_end(arguments);
}

/* A name comes from the input, and stays on its line. */
size_t compressor_enter(struct compressor *compressor, const char *name, size_t size) {
    static const char end[] = ": ";
    char *member = compressor->member;
    const size_t before = strlen(member), room = sizeof compressor->member - sizeof end - before;
    size_t at = before;
    if (before + sizeof end >= sizeof compressor->member) {
        return before; /* names in names in names */
    }
    for (size_t i = 0; i < size && i < room && name[i] != 0; i++) {
        member[at++] = (unsigned char)name[i] < ' ' || name[i] == 0x7f ? '?' : name[i];
    }
    memcpy(member + at, end, at > before ? sizeof end : 0);
    return before;
}

void compressor_leave(struct compressor *compressor, size_t before) {
    compressor->member[before] = 0;
}

enum bswz_status compressor_check_memory(const struct compressor *compressor, uint64_t wanted, const char *parts,
                                         struct bswz_error *reason) {
    const uint64_t limit = compressor->options->memory_limit;
    if (limit != 0 && wanted > limit) {
        return bswz_over_limit(compressor->error, 0, "the picture", wanted, limit);
    }
    if (wanted > DEFAULT_MEMORY_LIMIT) {
        bswz_fail(reason, BSWZ_ERROR_LIMIT, "its %s take %" PRIu64 " MiB of memory", parts, (wanted >> 20) + 1);
    }
    return BSWZ_OK;
}

uint64_t compressor_position(const struct compressor *compressor) {
    return compressor->depth > 0 ? compressor->paid : input_position(compressor->input);
}
