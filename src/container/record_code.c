/* SPDX-License-Identifier: MIT */
/*
 * Packing records (record_code.h).
 */
#include "container/record_code.h"

#include "base/allocate.h"
#include "bytes/zstd.h"
#include "container/record_model.h"

#include <stdlib.h>
#include <string.h>

enum { REFERS = 1, NOT_MODELLED = 2, MODE_BITS = 2, MODE_MASK = 3 };

/* Up to this size, zstd is not tried if the model makes a record smaller. */
#define MODEL_ALONE 64

static const struct byte_buffer *last_of(const struct record_place *place) {
    const struct byte_buffer *last = place->context != NULL ? place->context->last : NULL;
    return last != NULL && last->size > 0 && last->size <= LAST_RECORD_MAX ? last : NULL;
}

static struct record_models *models_of(const struct record_place *place) {
    return place->context != NULL ? place->context->models : NULL;
}

/* ---- writing ---- */

static enum bswz_status pack_modelled(const struct record_place *place, const struct byte_buffer *record,
                                      struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    struct decisions decisions;
    struct byte_buffer source = *record; /* only read */
    decisions_begin_encoding(&decisions, packed, SIZE_MAX, NULL);
    const enum bswz_status status =
        record_model_code(place->info, last_of(place), models_of(place), &decisions, &source, fits, error);
    const bool is_whole = decisions_end(&decisions);
    return status == BSWZ_OK && !is_whole ? bswz_no_memory(error) : status;
}

static enum bswz_status pack_plain(const struct record_place *place, const struct byte_buffer *record, int level,
                                   struct byte_buffer *packed, struct bswz_error *error) {
    const struct byte_buffer *last = last_of(place);
    bool fits = false;
    const enum bswz_status status =
        last != NULL ? bytes_pack_after(last->data, last->size, record->data, record->size,
                                        bytes_effort(level, record->size), record->size, packed, &fits, error)
                     : bytes_pack(record->data, record->size, level, record->size, packed, &fits, error);
    return status == BSWZ_OK && !fits ? byte_buffer_append(packed, record->data, record->size, error) : status;
}

enum bswz_status record_put(const struct record_place *place, const struct byte_buffer *record, int level,
                            struct byte_buffer *out, struct bswz_error *error) {
    const unsigned refers = last_of(place) != NULL ? REFERS : 0;
    struct byte_buffer modelled = {0}, plain = {0};
    bool fits = false;
    enum bswz_status status = pack_modelled(place, record, &modelled, &fits, error);
    if (status == BSWZ_OK && (!fits || record->size > MODEL_ALONE || modelled.size > record->size)) {
        status = pack_plain(place, record, level, &plain, error);
    }
    const bool is_modelled = fits && (plain.size == 0 || modelled.size <= plain.size);
    const struct byte_buffer *best = is_modelled ? &modelled : &plain;
    if (status == BSWZ_OK) {
        status = put_varint(out, (uint64_t)best->size << MODE_BITS | refers | (is_modelled ? 0 : NOT_MODELLED), error);
    }
    if (status == BSWZ_OK && !is_modelled) {
        status = put_varint(out, record->size, error);
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, best->data, best->size, error);
    }
    free(modelled.data);
    free(plain.data);
    return status;
}

/* ---- reading ---- */

struct packed_record {
    unsigned mode;
    size_t size; /* of the record, unless it is modelled */
    const uint8_t *bytes;
    size_t stored;
};

static bool parse(struct cursor *cursor, size_t limit, struct packed_record *packed, size_t *wanted) {
    uint64_t first, size = 0;
    *wanted = cursor->size + 1;
    if (!take_varint(cursor, (uint64_t)limit << MODE_BITS | MODE_MASK, &first)) {
        return false;
    }
    packed->mode = first & MODE_MASK;
    packed->stored = (size_t)(first >> MODE_BITS);
    if ((packed->mode & NOT_MODELLED) != 0 && (!take_varint(cursor, limit, &size) || size < packed->stored)) {
        return false;
    }
    packed->size = (size_t)size;
    *wanted = cursor->at + packed->stored;
    return take_bytes(cursor, packed->stored, &packed->bytes);
}

bool record_skip(struct cursor *cursor, size_t limit, size_t *wanted) {
    struct packed_record packed;
    return parse(cursor, limit, &packed, wanted);
}

static enum bswz_status bad_record(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the record of a picture is damaged");
}

static enum bswz_status unpack_modelled(const struct record_place *place, const struct byte_buffer *last,
                                        const struct packed_record *packed, struct byte_buffer *content,
                                        struct bswz_error *error) {
    struct decisions decisions;
    bool fits;
    decisions_begin_decoding(&decisions, packed->bytes, packed->stored);
    const enum bswz_status status =
        record_model_code(place->info, last, models_of(place), &decisions, content, &fits, error);
    const bool is_whole = decisions_end(&decisions);
    return status == BSWZ_OK && !(fits && is_whole) ? bad_record(error) : status;
}

static enum bswz_status unpack_plain(const struct byte_buffer *last, const struct packed_record *packed,
                                     struct byte_buffer *content, struct bswz_error *error) {
    if (packed->stored == packed->size) {
        return byte_buffer_append(content, packed->bytes, packed->size, error);
    }
    uint8_t *plain = bswz_allocate(packed->size, 1);
    if (plain == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = last != NULL ? bytes_unpack_against(last->data, last->size, packed->bytes, packed->stored,
                                                                  plain, packed->size, error)
                                           : bytes_unpack(packed->bytes, packed->stored, plain, packed->size, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(content, plain, packed->size, error);
    }
    free(plain);
    return status;
}

enum bswz_status record_take(const struct record_place *place, struct cursor *cursor, size_t limit,
                             struct byte_buffer *content, struct bswz_error *error) {
    struct packed_record packed;
    size_t wanted;
    if (!parse(cursor, limit, &packed, &wanted)) {
        return bad_record(error);
    }
    const bool refers = (packed.mode & REFERS) != 0;
    const struct byte_buffer *last = refers ? last_of(place) : NULL;
    if (refers && last == NULL) {
        return bad_record(error);
    }
    return (packed.mode & NOT_MODELLED) != 0 ? unpack_plain(last, &packed, content, error)
                                             : unpack_modelled(place, last, &packed, content, error);
}
