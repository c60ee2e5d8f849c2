/* SPDX-License-Identifier: MIT */
/*
 * Head and tail records of pictures (image/record.h), packed.
 *
 * Most are a few chunks of a few bytes: zstd, which needs some twenty bytes to begin with, cannot make them smaller. So
 * a small record is coded as decisions by a model that knows chunks. It has seen the usual ones, in a dictionary, and
 * palettes are coded like those of drawings. A record may refer to that of the picture before it in the stream, from
 * which whole chunks, such as a colour profile, are taken. Larger records are left to zstd.
 *
 *     varint  4 * size of what is stored + mode
 *                 bit 0 refers to the last record, bit 1 not a model
 *     varint  size of the record           if it is not a model
 *             decisions; or zstd; or, if the sizes are equal, the record unchanged
 */
#ifndef BSWZ_RECORD_CODE_H
#define BSWZ_RECORD_CODE_H

#include "base/fields.h"
#include "image/picture.h"

/* Larger records are not referred to. */
#define LAST_RECORD_MAX ((size_t)1 << 16)
/* Bytes that the model codes one by one, in all chunks of a record: more would take long. */
#define RECORD_MODELLED_MAX 4096

/* Models are kept from record to record, since making one takes longer than most records. Initially zero; for one thread
 * at a time. */
struct record_models {
    struct record_model *ready, *used; /* one that has learned the dictionary, and room for a copy */
};

void record_models_free(struct record_models *models);

/* What a record is coded with. */
struct record_context {
    const struct byte_buffer *last; /* NULL, or the head record of the last picture */
    struct record_models *models;   /* NULL: they are not kept */
};

/* What a record belongs to. */
struct record_place {
    const struct picture_info *info;      /* NULL: it is a tail record */
    const struct record_context *context; /* NULL: none */
};

/* level is bswz's, 1 ... 9 */
enum bswz_status record_put(const struct record_place *place, const struct byte_buffer *record, int level,
                            struct byte_buffer *out, struct bswz_error *error);

/* Step over a packed record. False: it is not valid, or, if cursor->is_short, more bytes are needed: at least *wanted,
 * counted like the cursor. limit: of the size of the record. */
bool record_skip(struct cursor *cursor, size_t limit, size_t *wanted);

/* Append the record to content. CORRUPT if that fails, even if only bytes are missing. */
enum bswz_status record_take(const struct record_place *place, struct cursor *cursor, size_t limit,
                             struct byte_buffer *content, struct bswz_error *error);

#endif
