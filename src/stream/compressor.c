/* SPDX-License-Identifier: MIT */
/*
 * Shared by all parts of a compressing call: notices, limits of memory, and the position in the input (compress.h).
 */
#include "container/memory.h"
#include "stream/compress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void compressor_notice(const struct compressor *compressor, const char *format, ...) {
    char line[512];
    va_list arguments;
    if (compressor->options->notice == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    compressor->options->notice(compressor->options->notice_context, line);
}

enum bswz_status compressor_check_memory(const struct compressor *compressor, uint64_t wanted, const char *parts,
                                         struct bswz_error *reason) {
    const uint64_t limit = compressor->options->memory_limit;
    if (limit != 0 && wanted > limit) {
        return bswz_fail(compressor->error, BSWZ_ERROR_LIMIT,
                         "the picture takes %" PRIu64 " MiB of memory, the limit is %" PRIu64 " MiB",
                         (wanted >> 20) + 1, limit >> 20);
    }
    if (wanted > DEFAULT_MEMORY_LIMIT) {
        bswz_fail(reason, BSWZ_ERROR_LIMIT, "its %s take %" PRIu64 " MiB of memory", parts, (wanted >> 20) + 1);
    }
    return BSWZ_OK;
}

uint64_t compressor_position(const struct compressor *compressor) {
    return compressor->depth > 0 ? compressor->paid : input_position(compressor->input);
}
