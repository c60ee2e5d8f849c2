/* SPDX-License-Identifier: MIT */
/*
 * Memory for planes of coefficients (planes.h).
 */
#include "jpeg/planes.h"

#include "base/allocate.h"
#include "threads/loop.h"

#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)2 << 20) /* bytes */

struct zeros {
    uint8_t *bytes;
    size_t size;
};

static void clear(void *context, size_t number, unsigned worker) {
    (void)worker;
    const struct zeros *zeros = context;
    const size_t from = number * PIECE, left = zeros->size - from;
    memset(zeros->bytes + from, 0, left < PIECE ? left : PIECE);
}

/* Large blocks are cleared by several threads, because it is then that the kernel provides their pages. */
static void *allocate_zero(size_t blocks, size_t size, struct worker_pool *pool) {
    size_t bytes;
    if (pool == NULL || __builtin_mul_overflow(blocks, size, &bytes) || bytes < 2 * PIECE) {
        return bswz_allocate_zero(blocks, size);
    }
    struct zeros zeros = {bswz_allocate(bytes, 1), bytes};
    if (zeros.bytes != NULL) {
        loop_run(pool, (bytes + PIECE - 1) / PIECE, clear, &zeros);
    }
    return zeros.bytes;
}

enum bswz_status jpeg_planes_allocate_shared(struct jpeg_planes *planes, struct worker_pool *pool,
                                             struct bswz_error *error) {
    for (unsigned c = 0; c < planes->count; c++) {
        planes->component[c].block = NULL;
    }
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        size_t blocks;
        if (component->columns == 0 || component->rows == 0 ||
            __builtin_mul_overflow((size_t)component->columns, (size_t)component->rows, &blocks)) {
            jpeg_planes_free(planes);
            return bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: invalid dimensions of components");
        }
        component->block = allocate_zero(blocks, sizeof *component->block, pool);
        if (component->block == NULL) {
            jpeg_planes_free(planes);
            return bswz_no_memory(error);
        }
    }
    return BSWZ_OK;
}

enum bswz_status jpeg_planes_allocate(struct jpeg_planes *planes, struct bswz_error *error) {
    return jpeg_planes_allocate_shared(planes, NULL, error);
}

void jpeg_planes_free(struct jpeg_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        free(planes->component[c].block);
        planes->component[c].block = NULL;
    }
}
