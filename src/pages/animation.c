/* SPDX-License-Identifier: MIT */
/*
 * Splitting and joining animated PNG files (animation.h).
 *
 * Chunks are stepped over one by one, so time is linear in what is read and written. Neither direction checks what
 * chunks contain: what has been split is joined again and compared, and the caller of the other direction has a hash.
 */
#include "pages/animation.h"

#include "image/format.h"
#include "image/record.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE 8
#define HEADER 13       /* bytes in an IHDR chunk */
#define CONTROL 26      /* bytes in an fcTL chunk */
#define SEQUENCE 4      /* bytes of a sequence number, which begins fcTL and fdAT chunks */
#define CHUNK_EXTRA 12u /* length, type and checksum of a chunk */

/* What is repeated in each frame makes a file of tiny frames larger than this, for which a picture is not worth it. */
#define GROWTH_MOST 4

struct chunk {
    const uint8_t *bytes; /* all of them */
    const uint8_t *type, *data;
    uint32_t length; /* of data */
};

/* The chunk at *at, which is stepped over; false: it is not complete. */
static bool next_chunk(const uint8_t *bytes, size_t size, size_t *at, struct chunk *chunk) {
    if (*at > size || size - *at < CHUNK_EXTRA || load_big_32(bytes + *at) > size - *at - CHUNK_EXTRA) {
        return false;
    }
    *chunk = (struct chunk){
        .bytes = bytes + *at, .type = bytes + *at + 4, .data = bytes + *at + 8, .length = load_big_32(bytes + *at)};
    *at += (size_t)chunk->length + CHUNK_EXTRA;
    return true;
}

static bool is_type(const struct chunk *chunk, const char *type) {
    return memcmp(chunk->type, type, 4) == 0;
}

/* Chunks of the animation that its frames share. */
static bool is_shared(const struct chunk *chunk) {
    return is_type(chunk, "IHDR") || is_type(chunk, "PLTE") || is_type(chunk, "tRNS");
}

static enum bswz_status append(struct byte_buffer *out, const void *bytes, size_t size, size_t end,
                               struct bswz_error *error) {
    if (out->size > end || size > end - out->size) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "it holds too much");
    }
    return byte_buffer_append(out, bytes, size, error);
}

static enum bswz_status append_same(struct byte_buffer *out, const struct chunk *chunk, size_t end,
                                    struct bswz_error *error) {
    return append(out, chunk->bytes, (size_t)chunk->length + CHUNK_EXTRA, end, error);
}

/* A chunk whose data are in two parts. */
static enum bswz_status append_chunk(struct byte_buffer *out, const char *type, const uint8_t *front, size_t front_size,
                                     const uint8_t *data, size_t size, size_t end, struct bswz_error *error) {
    const size_t start = out->size;
    uint8_t number[4];
    store_big_32(number, (uint32_t)(front_size + size));
    enum bswz_status status = append(out, number, 4, end, error);
    if (status == BSWZ_OK) {
        status = append(out, type, 4, end, error);
    }
    if (status == BSWZ_OK && front_size > 0) {
        status = append(out, front, front_size, end, error);
    }
    if (status == BSWZ_OK) {
        status = append(out, data, size, end, error);
    }
    if (status == BSWZ_OK) {
        store_big_32(number, picture_chunk_crc(out->data + start + 4, front_size + size + 4));
        status = append(out, number, 4, end, error);
    }
    return status;
}

/* ---- taking apart ---- */

struct splitting {
    const uint8_t *file;
    size_t size, end;          /* end: of plain, at most */
    const uint8_t *header;     /* in the IHDR chunk; NULL: not yet */
    struct byte_buffer shared; /* PLTE and tRNS chunks before the first IDAT chunk */
    bool is_after_data;        /* that has come, */
    bool is_in_frame;          /* then an fcTL chunk, */
    bool has_frames;           /* and fdAT chunks */
    struct byte_buffer *plain;
    struct pages_summary *summary;
};

static enum bswz_status end_file(struct splitting *splitting, struct bswz_error *error) {
    static const uint8_t none[1] = {0};
    return append_chunk(splitting->plain, "IEND", none, 0, none, 0, splitting->end, error);
}

/* The beginning of the PNG file of a frame. */
static enum bswz_status begin_file(struct splitting *splitting, const struct chunk *control, struct bswz_error *error) {
    const uint8_t *sides = control->data + SEQUENCE; /* width and height, as in IHDR */
    if (control->length != CONTROL || splitting->header == NULL) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the frames are damaged");
    }
    splitting->summary->pages++;
    enum bswz_status status = append(splitting->plain, splitting->file, SIGNATURE, splitting->end, error);
    if (status == BSWZ_OK) {
        status =
            append_chunk(splitting->plain, "IHDR", sides, 8, splitting->header + 8, HEADER - 8, splitting->end, error);
    }
    return status == BSWZ_OK && splitting->shared.size > 0
               ? append(splitting->plain, splitting->shared.data, splitting->shared.size, splitting->end, error)
               : status;
}

static enum bswz_status take_chunk(struct splitting *splitting, const struct chunk *chunk, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    if (splitting->header == NULL && is_type(chunk, "IHDR") && chunk->length == HEADER) {
        splitting->header = chunk->data;
        splitting->summary->width = load_big_32(chunk->data);
        splitting->summary->height = load_big_32(chunk->data + 4);
    } else if (!splitting->is_after_data && is_shared(chunk)) {
        status = append_same(&splitting->shared, chunk, splitting->end, error);
    }
    splitting->is_after_data |= is_type(chunk, "IDAT");
    if (status == BSWZ_OK && splitting->is_after_data && is_type(chunk, "fcTL")) {
        status = end_file(splitting, error);
        if (!splitting->is_in_frame) {
            splitting->summary->first_size = (size_t)(chunk->bytes - splitting->file);
        }
        splitting->is_in_frame = true;
        if (status == BSWZ_OK) {
            status = begin_file(splitting, chunk, error);
        }
    }
    if (status == BSWZ_OK && splitting->is_in_frame && is_type(chunk, "fdAT") && chunk->length >= SEQUENCE) {
        splitting->has_frames = true;
        return append_chunk(splitting->plain, "IDAT", chunk->data, 0, chunk->data + SEQUENCE, chunk->length - SEQUENCE,
                            splitting->end, error);
    }
    return status == BSWZ_OK ? append_same(splitting->plain, chunk, splitting->end, error) : status;
}

bool pages_are_in_png(const uint8_t *file, size_t size) {
    struct chunk chunk;
    size_t at = SIGNATURE;
    while (next_chunk(file, size, &at, &chunk) && !is_type(&chunk, "IDAT")) {
        if (is_type(&chunk, "acTL")) {
            return true;
        }
    }
    return false;
}

/* ---- putting together ---- */

struct joining {
    size_t end;        /* of the buffer, at most */
    uint32_t sequence; /* of the next fdAT chunk */
    bool is_frame;     /* a file after the first */
    struct byte_buffer *file;
};

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the frames of an animation are damaged");
}

static enum bswz_status put_chunk(struct joining *joining, const struct chunk *chunk, struct bswz_error *error) {
    uint8_t number[SEQUENCE];
    if (is_type(chunk, "fcTL") && chunk->length >= SEQUENCE) {
        joining->sequence = load_big_32(chunk->data) + 1;
    }
    if (joining->is_frame && is_shared(chunk)) {
        return BSWZ_OK;
    }
    if (!joining->is_frame || !is_type(chunk, "IDAT")) {
        return append_same(joining->file, chunk, joining->end, error);
    }
    if (chunk->length > UINT32_MAX - SEQUENCE) {
        return damaged(error);
    }
    store_big_32(number, joining->sequence++);
    return append_chunk(joining->file, "fdAT", number, SEQUENCE, chunk->data, chunk->length, joining->end, error);
}

enum bswz_status animation_put_together(const uint8_t *plain, size_t size, size_t end, struct byte_buffer *file,
                                        struct bswz_error *error) {
    struct joining joining = {.end = end, .file = file};
    struct chunk chunk;
    enum bswz_status status = size < SIGNATURE ? damaged(error) : append(file, plain, SIGNATURE, end, error);
    size_t at = SIGNATURE;
    while (status == BSWZ_OK && at < size) {
        if (!next_chunk(plain, size, &at, &chunk)) {
            return damaged(error);
        }
        if (!is_type(&chunk, "IEND")) {
            status = put_chunk(&joining, &chunk, error);
        } else if (at == size) {
            status = append_same(file, &chunk, end, error);
        } else if (size - at < SIGNATURE) {
            return damaged(error);
        } else {
            at += SIGNATURE; /* of the next file */
            joining.is_frame = true;
        }
    }
    return status;
}

/* ---- both ---- */

/* Does the file come back? A sequence number that was not as usual does not. */
static enum bswz_status prove(const uint8_t *file, size_t size, const struct byte_buffer *plain,
                              struct bswz_error *error) {
    struct byte_buffer again = {0};
    enum bswz_status status = animation_put_together(plain->data, plain->size, size, &again, error);
    if (status == BSWZ_OK && (again.size != size || memcmp(again.data, file, size) != 0)) {
        status = bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "its frames do not come back");
    }
    free(again.data);
    return status;
}

enum bswz_status animation_take_apart(const uint8_t *file, size_t size, size_t most, struct byte_buffer *plain,
                                      struct pages_summary *summary, struct bswz_error *error) {
    struct splitting splitting = {.file = file, .size = size, .plain = plain, .summary = summary};
    struct chunk chunk;
    size_t at = SIGNATURE;
    splitting.end = most / GROWTH_MOST < size ? most : size * GROWTH_MOST;
    enum bswz_status status = size < SIGNATURE ? bswz_fail(error, BSWZ_ERROR_FORMAT, "it is cut off")
                                               : append(plain, file, SIGNATURE, splitting.end, error);
    while (status == BSWZ_OK && next_chunk(file, size, &at, &chunk)) {
        status = take_chunk(&splitting, &chunk, error);
    }
    if (status == BSWZ_OK && !splitting.has_frames) {
        status = bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "it has no frames in chunks of their own");
    }
    summary->pieces = ++summary->pages;
    free(splitting.shared.data);
    return status == BSWZ_OK ? prove(file, size, plain, error) : status;
}
