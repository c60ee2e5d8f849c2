/* SPDX-License-Identifier: MIT */
/*
 * Buffered input (input.h).
 */
#include "container/input.h"

#include "base/allocate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* The smallest read. */
#define PIECE ((size_t)64 << 10)
/* From this size on, up to LARGE_WINDOW, a window grows in larger steps. */
#define MANY_PIECES ((size_t)1 << 20)
#define LARGE_WINDOW ((size_t)16 << 20)

/*
 * window[0 ... filled) are the input's bytes window_start ... window_start + filled. Invariants: mark <= at <=
 * filled <= capacity, where mark counts only if marked. All three are offsets in the window. Bytes may be read beyond
 * the limit, but they are not shown.
 */
struct input {
    struct bswz_input source;
    uint8_t *window;
    size_t capacity, filled, at, mark;
    uint64_t window_start;
    uint64_t limit; /* a position, not before the current one; UINT64_MAX: none */
    bool marked;
    bool ended;          /* the source has reported its end and is not called again */
    XXH3_state_t *hash;  /* NULL: not hashed */
    XXH3_state_t *ahead; /* for input_hash */
};

enum bswz_status input_open(struct bswz_input source, bool hashed, struct input **input, struct bswz_error *error) {
    struct input *opened = bswz_allocate_zero(1, sizeof *opened);
    *input = opened;
    if (opened != NULL) {
        opened->source = source;
        opened->limit = UINT64_MAX;
        opened->capacity = 2 * PIECE; /* for a small input, and the read that finds its end */
        opened->window = bswz_allocate(opened->capacity, 1);
        if (hashed) {
            opened->hash = XXH3_createState();
            opened->ahead = XXH3_createState();
        }
    }
    if (opened == NULL || opened->window == NULL || (hashed && (opened->hash == NULL || opened->ahead == NULL))) {
        input_close(opened);
        *input = NULL;
        return bswz_no_memory(error);
    }
    if (hashed) {
        input_restart_hash(opened);
    }
    return BSWZ_OK;
}

void input_close(struct input *input) {
    if (input != NULL) {
        XXH3_freeState(input->hash);
        XXH3_freeState(input->ahead);
        free(input->window);
        free(input);
    }
}

uint64_t input_position(const struct input *input) {
    return input->window_start + input->at;
}

/* Make room for a read after filled: discard what is no longer needed, then grow. */
static enum bswz_status make_room(struct input *input, struct bswz_error *error) {
    const size_t first = input->marked ? input->mark : input->at;
    if (input->capacity - input->filled >= PIECE) {
        return BSWZ_OK;
    }
    if (first > input->capacity / 2 || first == input->filled) { /* discard at least as much as is moved */
        memmove(input->window, input->window + first, input->filled - first);
        input->window_start += first;
        input->filled -= first;
        input->at -= first;
        input->mark -= input->marked ? first : 0;
        if (input->capacity - input->filled >= PIECE) {
            return BSWZ_OK;
        }
    }
    /* Unused room takes no memory, while moving takes as much again: hence larger steps in the middle. */
    const size_t factor = input->capacity >= MANY_PIECES && input->capacity < LARGE_WINDOW ? 4 : 2;
    size_t grown;
    if (__builtin_mul_overflow(input->capacity, factor, &grown)) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the input is larger than the address space");
    }
    uint8_t *window = bswz_grow(input->window, input->filled, grown);
    if (window == NULL) {
        return bswz_no_memory(error);
    }
    input->window = window;
    input->capacity = grown;
    return BSWZ_OK;
}

/* Call the source once, and append what it returns. */
static enum bswz_status fill(struct input *input, struct bswz_error *error) {
    enum bswz_status status = make_room(input, error);
    if (status != BSWZ_OK) {
        return status;
    }
    const size_t room = input->capacity - input->filled;
    const size_t got = input->source.read(input->source.context, input->window + input->filled, room);
    if (got > room) { /* SIZE_MAX, or a function that lies */
        return bswz_fail_at(error, BSWZ_ERROR_READ, input->window_start + input->filled, "cannot read the input: %s",
                            strerror(errno));
    }
    input->ended = got == 0;
    input->filled += got;
    return BSWZ_OK;
}

enum bswz_status input_peek(struct input *input, size_t wanted, const uint8_t **bytes, size_t *available,
                            struct bswz_error *error) {
    const uint64_t left = input->limit - input_position(input);
    enum bswz_status status = BSWZ_OK;
    wanted = wanted < left ? wanted : (size_t)left;
    while (input->filled - input->at < wanted && !input->ended && status == BSWZ_OK) {
        status = fill(input, error);
    }
    *bytes = input->window + input->at;
    *available = input->filled - input->at;
    *available = *available < left ? *available : (size_t)left;
    return status;
}

void input_consume(struct input *input, size_t size) {
    if (input->hash != NULL) {
        XXH3_64bits_update(input->hash, input->window + input->at, size);
    }
    input->at += size;
}

enum bswz_status input_read(struct input *input, uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error) {
    const uint8_t *ahead;
    size_t available;
    enum bswz_status status = input_peek(input, size > 0 ? 1 : 0, &ahead, &available, error);
    *got = size < available ? size : available;
    if (status == BSWZ_OK && *got > 0) {
        memcpy(bytes, ahead, *got);
        input_consume(input, *got);
    }
    return status;
}

enum bswz_status input_skip(struct input *input, uint64_t size, uint64_t *skipped, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    *skipped = 0;
    while (*skipped < size && status == BSWZ_OK) {
        const uint8_t *ahead;
        size_t available;
        status = input_peek(input, 1, &ahead, &available, error);
        if (available == 0) {
            break;
        }
        const uint64_t left = size - *skipped;
        const size_t step = left < available ? (size_t)left : available;
        input_consume(input, step);
        *skipped += step;
    }
    return status;
}

void input_limit(struct input *input, uint64_t size) {
    const uint64_t position = input_position(input);
    input->limit = size < UINT64_MAX - position ? position + size : UINT64_MAX;
}

void input_lift_limit(struct input *input) {
    input->limit = UINT64_MAX;
}

void input_mark(struct input *input) {
    input->marked = true;
    input->mark = input->at;
}

void input_lift_mark(struct input *input) {
    input->marked = false;
    input->mark = 0;
}

void input_rewind(struct input *input) {
    if (input->marked) {
        input->at = input->mark;
        input_lift_mark(input);
    }
}

void input_restart_hash(struct input *input) {
    XXH3_64bits_reset(input->hash);
}

uint64_t input_hash(struct input *input, size_t ahead) {
    XXH3_copyState(input->ahead, input->hash);
    XXH3_64bits_update(input->ahead, input->window + input->at, ahead);
    return XXH3_64bits_digest(input->ahead);
}

static size_t read_source(void *context, uint8_t *bytes, size_t size, struct bswz_error *error) {
    size_t got;
    return input_read(context, bytes, size, &got, error) == BSWZ_OK ? got : SIZE_MAX;
}

struct byte_source input_source(struct input *input) {
    return (struct byte_source){read_source, input};
}
