/* SPDX-License-Identifier: MIT */
/*
 * Buffered output (output.h).
 *
 * Ownership: output->piece belongs to the thread that calls output_write; a full piece goes to the stage, which
 * frees it. PIECES_WAITING pieces may wait, so memory is limited to a few pieces, however slow the target is.
 */
#include "container/output.h"

#include "base/allocate.h"
#include "threads/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define PIECE ((size_t)256 << 10)
#define PIECES_WAITING 4

struct piece {
    size_t size;
    uint8_t bytes[];
};

struct output {
    struct bswz_output target;
    struct stage *stage;
    struct piece *piece; /* NULL, or under construction */
    XXH3_state_t *hash;
    uint64_t position;
};

static enum bswz_status write_piece(void *context, void *item, struct bswz_error *error) {
    const struct bswz_output *target = context;
    struct piece *piece = item;
    enum bswz_status status = BSWZ_OK;
    if (target->write(target->context, piece->bytes, piece->size) != 0) {
        status = bswz_fail(error, BSWZ_ERROR_WRITE, "cannot write the output: %s", strerror(errno));
    }
    free(piece);
    return status;
}

static void discard_piece(void *item) {
    free(item);
}

enum bswz_status output_open(struct bswz_output target, bool threaded, struct output **output,
                             struct bswz_error *error) {
    struct output *opened = bswz_allocate_zero(1, sizeof *opened);
    *output = opened;
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    opened->target = target;
    opened->hash = XXH3_createState();
    enum bswz_status status = BSWZ_OK;
    if (opened->hash == NULL) {
        status = bswz_no_memory(error);
    } else {
        XXH3_64bits_reset(opened->hash);
        const struct stage_work work = {write_piece, discard_piece, &opened->target};
        status = stage_create(work, threaded, PIECES_WAITING, &opened->stage, error);
    }
    if (status != BSWZ_OK) {
        output_close(opened);
        *output = NULL;
    }
    return status;
}

static enum bswz_status hand_on(struct output *output, struct bswz_error *error) {
    struct piece *piece = output->piece;
    output->piece = NULL;
    return piece == NULL ? BSWZ_OK : stage_push(output->stage, piece, error);
}

enum bswz_status output_write(struct output *output, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    if (size == 0) {
        return BSWZ_OK;
    }
    XXH3_64bits_update(output->hash, bytes, size);
    output->position += size;
    while (size > 0 && status == BSWZ_OK) {
        if (output->piece == NULL) {
            output->piece = bswz_allocate(sizeof *output->piece + PIECE, 1);
            if (output->piece == NULL) {
                return bswz_no_memory(error);
            }
            output->piece->size = 0;
        }
        struct piece *piece = output->piece;
        const size_t room = PIECE - piece->size, step = size < room ? size : room;
        memcpy(piece->bytes + piece->size, bytes, step);
        piece->size += step;
        bytes += step;
        size -= step;
        if (piece->size == PIECE) {
            status = hand_on(output, error);
        }
    }
    return status;
}

enum bswz_status output_finish(struct output *output, struct bswz_error *error) {
    const enum bswz_status last = hand_on(output, error);
    const enum bswz_status status = stage_finish(output->stage, error);
    return last != BSWZ_OK ? last : status;
}

void output_close(struct output *output) {
    if (output != NULL) {
        stage_destroy(output->stage);
        XXH3_freeState(output->hash);
        free(output->piece);
        free(output);
    }
}

uint64_t output_position(const struct output *output) {
    return output->position;
}

uint64_t output_hash(const struct output *output) {
    return XXH3_64bits_digest(output->hash);
}

static enum bswz_status write_sink(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    return output_write(context, bytes, size, error);
}

struct byte_sink output_sink(struct output *output) {
    return (struct byte_sink){write_sink, output};
}
