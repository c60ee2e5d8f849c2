/* SPDX-License-Identifier: MIT */
/*
 * Frames of zstd (unzstd.h).
 */
#include "unzstd.h"

#include "base/fields.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_MAGIC 0xfd2fb528u

enum { BLOCK_RAW, BLOCK_REPEATED, BLOCK_COMPRESSED };

static enum bswz_status begin_frame(struct unzstd *unzstd, struct cursor *cursor, uint64_t window_most,
                                    struct bswz_error *error) {
    static const uint8_t dictionary_bytes[4] = {0, 1, 2, 4}, size_bytes[4] = {0, 2, 4, 8};
    uint32_t magic;
    uint8_t head, window = 0;
    uint64_t size, dictionary;
    if (!take_32(cursor, &magic) || magic != FRAME_MAGIC || !take_8(cursor, &head) || (head & 8) != 0) {
        return unzstd_damaged(error);
    }
    const bool is_single = (head & 32) != 0;
    if ((!is_single && !take_8(cursor, &window)) || !take_little(cursor, dictionary_bytes[head & 3], &dictionary) ||
        !take_little(cursor, is_single && head >> 6 == 0 ? 1 : size_bytes[head >> 6], &size)) {
        return unzstd_damaged(error);
    }
    const uint64_t base = (uint64_t)1 << (10 + (window >> 3));
    unzstd->window = is_single ? size : base + base / 8 * (window & 7);
    if (unzstd->window > window_most) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the bytes need a longer window than there is memory for");
    }
    unzstd->has_check = (head & 4) != 0;
    unzstd->is_in_frame = true;
    unzstd->literals.is_there = false;
    for (unsigned kind = 0; kind < SEQUENCE_TABLES; kind++) {
        unzstd->sequences[kind].is_there = false;
    }
    unzstd->repeats[0] = 1;
    unzstd->repeats[1] = 4;
    unzstd->repeats[2] = 8;
    return BSWZ_OK;
}

/* A block, and the end of the frame if it is the last. */
static enum bswz_status take_block(struct unzstd *unzstd, struct cursor *cursor, size_t room,
                                   struct bswz_error *error) {
    uint64_t head, check;
    const uint8_t *bytes;
    if (!take_little(cursor, 3, &head)) {
        return unzstd_damaged(error);
    }
    const unsigned type = head >> 1 & 3;
    const size_t size = (size_t)(head >> 3), before = unzstd->history.size;
    enum bswz_status status = BSWZ_OK;
    if (size > UNZSTD_BLOCK_MAX || type > BLOCK_COMPRESSED ||
        !take_bytes(cursor, type == BLOCK_REPEATED ? 1 : size, &bytes)) {
        return unzstd_damaged(error);
    }
    if (type == BLOCK_COMPRESSED) {
        status = unzstd_block(unzstd, bytes, size, error);
    } else {
        status = byte_buffer_reserve(&unzstd->history, size, error);
        if (status == BSWZ_OK && size > 0) {
            uint8_t *to = unzstd->history.data + unzstd->history.size;
            if (type == BLOCK_RAW) {
                memcpy(to, bytes, size);
            } else {
                memset(to, bytes[0], size);
            }
            unzstd->history.size += size;
        }
    }
    if (status != BSWZ_OK || unzstd->history.size - before > room) {
        unzstd->history.size = before;
        return status != BSWZ_OK ? status : unzstd_damaged(error);
    }
    if ((head & 1) != 0) {
        unzstd->is_in_frame = false;
        return unzstd->has_check && !take_little(cursor, 4, &check) ? unzstd_damaged(error) : BSWZ_OK;
    }
    return BSWZ_OK;
}

enum bswz_status unzstd_run(struct unzstd *unzstd, const uint8_t *packed, size_t packed_size, size_t most,
                            uint64_t window_most, struct bswz_error *error) {
    struct cursor cursor = {.bytes = packed, .size = packed_size};
    size_t room = most;
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK && cursor_left(&cursor) > 0) {
        if (!unzstd->is_in_frame) {
            status = begin_frame(unzstd, &cursor, window_most, error);
            continue;
        }
        const size_t before = unzstd->history.size;
        status = take_block(unzstd, &cursor, room, error);
        room -= unzstd->history.size - before;
    }
    return status;
}

void unzstd_free(struct unzstd *unzstd) {
    free(unzstd->history.data);
    free(unzstd->scratch);
}
