/* SPDX-License-Identifier: MIT */
/*
 * Shared by all parts of a decompressing call: notices, limits of memory, and the places of errors (decompress.h).
 */
#include "stream/decompress.h"

#include <inttypes.h>
#include <stdio.h>

void decompressor_notice(const struct decompressor *decompressor, const char *what) {
    char line[256];
    const uint64_t size = input_position(decompressor->input) - decompressor->walk.segment_start;
    if (decompressor->options->notice != NULL) {
        snprintf(line, sizeof line, "%s: %" PRIu64 " -> %" PRIu64 " bytes", what, size, decompressor->restored);
        decompressor->options->notice(decompressor->options->notice_context, line);
    }
}

enum bswz_status decompressor_check_target(const struct decompressor *decompressor, const struct byte_buffer *head) {
    const struct picture_info *info = &decompressor->info;
    const enum picture_format target = restorer_target(decompressor->restorer, info, decompressor->walk.depth > 0);
    const uint64_t wanted = picture_writer_holds(target, info, head);
    if (wanted > decompressor->walk.memory_limit) {
        return bswz_over_limit(decompressor->error, decompressor->walk.segment_start, "writing the picture", wanted,
                               decompressor->walk.memory_limit);
    }
    return BSWZ_OK;
}

enum bswz_status decompressor_placed(const struct decompressor *decompressor, enum bswz_status status) {
    struct bswz_error *error = decompressor->error;
    if (status != BSWZ_OK && error->offset == 0) {
        error->offset = input_position(decompressor->input);
    }
    return status;
}
