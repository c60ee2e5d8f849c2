/* SPDX-License-Identifier: MIT */
/*
 * Memory of the caller as input and output (bswz.h).
 */
#include "base/allocate.h"
#include "bswz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t read_memory(void *context, uint8_t *bytes, size_t size) {
    struct bswz_memory *memory = context;
    const size_t got = memory->size < size ? memory->size : size;
    if (got > 0) {
        memcpy(bytes, memory->bytes, got);
        memory->bytes += got;
        memory->size -= got;
    }
    return got;
}

struct bswz_input bswz_from_memory(struct bswz_memory *memory) {
    return (struct bswz_input){read_memory, memory};
}

#define LEAST_CAPACITY ((size_t)4096)

/* Make the buffer at least `wanted` bytes long, and half as large again as it was. */
static int grow(struct bswz_buffer *buffer, size_t wanted) {
    if (buffer->is_fixed) {
        errno = ENOBUFS;
        return -1;
    }
    size_t capacity = buffer->capacity < SIZE_MAX / 2 ? buffer->capacity + buffer->capacity / 2 : wanted;
    capacity = capacity < LEAST_CAPACITY ? LEAST_CAPACITY : capacity;
    capacity = capacity < wanted ? wanted : capacity;
    uint8_t *bytes = bswz_grow(buffer->bytes, buffer->size, capacity);
    if (bytes == NULL) {
        errno = ENOMEM;
        return -1;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

static int write_buffer(void *context, const uint8_t *bytes, size_t size) {
    struct bswz_buffer *buffer = context;
    const size_t most = buffer->limit != 0 ? buffer->limit : SIZE_MAX;
    if (buffer->size > most || size > most - buffer->size) {
        errno = ENOBUFS;
        return -1;
    }
    if (buffer->size + size > buffer->capacity && grow(buffer, buffer->size + size) != 0) {
        return -1;
    }
    if (size > 0) {
        memcpy(buffer->bytes + buffer->size, bytes, size);
        buffer->size += size;
    }
    return 0;
}

struct bswz_output bswz_to_buffer(struct bswz_buffer *buffer) {
    return (struct bswz_output){write_buffer, buffer};
}

void bswz_free(void *memory) {
    free(memory);
}

size_t bswz_compress_bound(size_t size) {
    const size_t more = size / 1000 + 1 + 64; /* 0.1 %, rounded up, and 64 bytes (tests/filter.bats) */
    return size > SIZE_MAX - more ? SIZE_MAX : size + more;
}
