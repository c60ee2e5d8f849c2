/* SPDX-License-Identifier: MIT */
/*
 * What the page in the browser has in the place of libzstd (web/unzstd.h, web/packzstd.h), next to libzstd.
 */
#include "fuzz.h"

#include "web_bytes.h"

#include <zstd.h>

#define FRAME_MAGIC 0xfd2fb528u

enum { OUTPUT_MOST = 1 << 17 };

static uint32_t little(const uint8_t *bytes, unsigned count) {
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        value |= (uint32_t)bytes[i] << 8 * i;
    }
    return value;
}

/* Twice the first byte says how many bytes after it are known to both sides beforehand. */
static size_t take_known(const uint8_t **data, size_t *size, const uint8_t **known) {
    const size_t wanted = 2 * fuzz_choice(data, size), count = wanted < *size ? wanted : *size;
    *known = *data;
    *data += count;
    *size -= count;
    return count;
}

/* Is it a single frame, not one to be skipped or of an old version? After known bytes, libzstd begins each frame anew. */
static bool is_frame(const uint8_t *data, size_t size) {
    return size >= 4 && little(data, 4) == FRAME_MAGIC && ZSTD_findFrameCompressedSize(data, size) == size;
}

/* Where a part of whole blocks ends: after the header of a frame and its first block, or after the next block. 0: there
 * is no such place. */
static size_t part_end(const uint8_t *data, size_t size, bool *is_in_frame, bool *has_check) {
    static const uint8_t dictionary_bytes[4] = {0, 1, 2, 4}, size_bytes[4] = {0, 2, 4, 8};
    size_t at = 0;
    if (!*is_in_frame) {
        if (size < 5) {
            return 0;
        }
        const unsigned head = data[4];
        const bool is_single = (head & 32) != 0;
        *has_check = (head & 4) != 0;
        at = 5u + (is_single ? 0 : 1) + dictionary_bytes[head & 3] +
             (is_single && head < 64 ? 1 : size_bytes[head >> 6]);
    }
    if (size < at + 3) {
        return 0;
    }
    const uint32_t head = little(data + at, 3);
    *is_in_frame = (head & 1) == 0;
    at += 3 + ((head >> 1 & 3) == 1 ? 1 : head >> 3) + (!*is_in_frame && *has_check ? 4 : 0);
    return at <= size ? at : 0;
}

/* An exact copy, so that a sanitizer detects reads beyond it. */
static uint8_t *copy(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 1);
    FUZZ_DEMAND(bytes != NULL, "no memory");
    if (size > 0) {
        memcpy(bytes + 1, data, size);
    }
    return bytes;
}

/* Unpack part by part: *got bytes. */
static enum bswz_status unpack_parts(const uint8_t *data, size_t size, uint8_t *bytes, size_t *got) {
    struct bytes_decoder *decoder;
    bool is_in_frame = false, has_check = false;
    enum bswz_status status = web_decoder_create(UINT64_MAX, &decoder, NULL);
    *got = 0;
    while (status == BSWZ_OK && size > 0) {
        const size_t end = part_end(data, size, &is_in_frame, &has_check), part = end > 0 ? end : size;
        uint8_t *shown = copy(data, part);
        size_t more;
        status = web_decoder_unpack_part(decoder, shown + 1, part, bytes + *got, OUTPUT_MOST - *got, &more, NULL);
        free(shown);
        FUZZ_DEMAND(more <= OUTPUT_MOST - *got, "%zu bytes", more);
        *got += more;
        if (status == BSWZ_OK && decoder->is_at_start) {
            status = BSWZ_ERROR_CORRUPT;
        }
        data += part;
        size -= part;
    }
    web_decoder_free(decoder);
    return status;
}

/* Once more, in parts. Of a frame that refers beyond its window, they may give less. */
static void demand_parts(const uint8_t *data, size_t size, enum bswz_status status, const struct byte_buffer *whole) {
    struct byte_buffer parts = {.data = malloc(OUTPUT_MOST)};
    FUZZ_DEMAND(parts.data != NULL, "no memory");
    const enum bswz_status status_parts = unpack_parts(data, size, parts.data, &parts.size);
    FUZZ_DEMAND(parts.size <= whole->size && fuzz_agrees(whole, &parts) &&
                    (status_parts != BSWZ_OK || (status == BSWZ_OK && parts.size == whole->size)),
                "status %d, %zu bytes; in parts %d, %zu", (int)status, whole->size, (int)status_parts, parts.size);
    free(parts.data);
}

/* Does libzstd accept the frame? Then it must give the same, as far as ours got: of the bits at the end of literals, it
 * tolerates too few. */
static bool accepted_by_theirs(const uint8_t *data, size_t size, const uint8_t *known, size_t known_size,
                               enum bswz_status status, const struct byte_buffer *ours) {
    struct byte_buffer theirs = {.data = malloc(OUTPUT_MOST)};
    ZSTD_DCtx *context = ZSTD_createDCtx();
    FUZZ_DEMAND(theirs.data != NULL && context != NULL, "no memory");
    theirs.size = ZSTD_decompress_usingDict(context, theirs.data, OUTPUT_MOST, data, size, known, known_size);
    const bool is_accepted = !ZSTD_isError(theirs.size);
    FUZZ_DEMAND(!is_accepted || (status == BSWZ_OK ? fuzz_is_same(ours, &theirs)
                                                   : ours->size <= theirs.size && fuzz_agrees(ours, &theirs)),
                "status %d, %zu bytes; libzstd: %zu", (int)status, ours->size, theirs.size);
    ZSTD_freeDCtx(context);
    free(theirs.data);
    return is_accepted;
}

/* Known bytes and a frame: what libzstd unpacks, the page unpacks to the same. */
void fuzz_page_unpack(const uint8_t *data, size_t size) {
    const uint8_t *known;
    const size_t known_size = take_known(&data, &size, &known);
    uint8_t *shown = copy(data, size);
    struct byte_buffer ours = {.data = malloc(OUTPUT_MOST)};
    struct bswz_error error = {.status = BSWZ_OK};
    FUZZ_DEMAND(ours.data != NULL, "no memory");
    const enum bswz_status status =
        unpack(known, known_size, shown + 1, size, ours.data, OUTPUT_MOST, &ours.size, &error);
    fuzz_demand_words(status, &error);
    FUZZ_DEMAND(ours.size <= OUTPUT_MOST, "%zu bytes", ours.size);
    if (is_frame(data, size)) {
        accepted_by_theirs(data, size, known, known_size, status, &ours);
    }
    if (known_size == 0 && size >= 4 && little(data, 4) == FRAME_MAGIC) {
        demand_parts(data, size, status, &ours);
    }
    free(ours.data);
    free(shown);
}

static void demand_unpacks(const struct byte_buffer *packed, const uint8_t *known, size_t known_size,
                           const struct byte_buffer *wanted) {
    struct byte_buffer ours = {.data = malloc(wanted->size + 1), .size = wanted->size};
    struct bswz_error error;
    FUZZ_DEMAND(ours.data != NULL, "no memory");
    const enum bswz_status status =
        web_unpack_against(known, known_size, packed->data, packed->size, ours.data, ours.size, &error);
    FUZZ_DEMAND(status == BSWZ_OK && fuzz_is_same(&ours, wanted), "%s", error.message);
    free(ours.data);
}

/* With libzstd. */
static void pack_theirs(const uint8_t *known, size_t known_size, const struct byte_buffer *wanted, unsigned choice,
                        struct byte_buffer *packed) {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    packed->size = ZSTD_compressBound(wanted->size);
    packed->data = malloc(packed->size);
    FUZZ_DEMAND(context != NULL && packed->data != NULL, "no memory");
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, (int)(choice / 2 % 27) - 4);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, choice % 2);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 14);
    ZSTD_CCtx_refPrefix(context, known, known_size);
    packed->size = ZSTD_compress2(context, packed->data, packed->size, wanted->data, wanted->size);
    FUZZ_DEMAND(!ZSTD_isError(packed->size), "%s", ZSTD_getErrorName(packed->size));
    ZSTD_freeCCtx(context);
}

/* A byte that chooses, known bytes, and others: what libzstd packs, the page unpacks, and what the page packs, both do. */
void fuzz_page_pack(const uint8_t *data, size_t size) {
    const unsigned choice = fuzz_choice(&data, &size);
    const uint8_t *known;
    const size_t known_size = take_known(&data, &size, &known);
    const struct byte_buffer wanted = {.data = (uint8_t *)(uintptr_t)data, .size = size};
    struct byte_buffer ours = {0}, theirs = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    bool fits;
    const enum bswz_status status = web_pack_against(known, known_size, data, size, SIZE_MAX, &ours, &fits, &error);
    FUZZ_DEMAND(status == BSWZ_OK && fits == (size > 0), "%s", error.message);
    pack_theirs(known, known_size, &wanted, choice, &theirs);
    demand_unpacks(&theirs, known, known_size, &wanted);
    if (fits) {
        FUZZ_DEMAND(accepted_by_theirs(ours.data, ours.size, known, known_size, BSWZ_OK, &wanted),
                    "libzstd refuses it");
        demand_unpacks(&ours, known, known_size, &wanted);
    }
    free(ours.data);
    free(theirs.data);
}
