/* SPDX-License-Identifier: MIT */
/*
 * Runs of bytes without libzstd (bytes/zstd.h, bytes/stream.h): everything that zstd packed can be unpacked (unzstd.h),
 * and short runs, such as the headers of JPEG files, are packed so that zstd can unpack them. Longer runs of bytes,
 * which are not pictures, are refused: the page is for pictures.
 *
 * Packing finds long matches only, and puts each into a block of its own: the codes of its only sequence are then given
 * by three bytes instead of tables, and only its extra bits remain to be written.
 */
#include "base/allocate.h"
#include "bytes/stream.h"
#include "bytes/zstd.h"
#include "unzstd.h"

#include <stdlib.h>
#include <string.h>

/* The end of a frame: an empty last block. */
static const uint8_t frame_end[3] = {1, 0, 0};

/* ---- packing ---- */

enum {
    PACKED_MOST = 1 << 16, /* longer runs are not packed */
    MATCH_LEAST = 24,      /* its block takes up to 20 bytes */
    HASH_BITS = 12,
    HASHED = 8 /* bytes */
};

int bytes_effort(int level, size_t size) {
    (void)size;
    return level;
}

static unsigned hash_of(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, HASHED);
    return (unsigned)(value * 0x9e3779b97f4a7c15u >> (64 - HASH_BITS));
}

/* The code of a value, and the number of its other bits, in a list whose codes from `first` on have these bases. */
static unsigned code_of(uint32_t value, unsigned first, const uint32_t *bases, unsigned count, uint32_t *extra) {
    if (value < bases[0]) {
        return value - (bases[0] - first);
    }
    unsigned i = count - 1;
    while (value < bases[i]) {
        i--;
    }
    *extra = value - bases[i];
    return first + i;
}

/* A block with literals and a match. */
static enum bswz_status put_match(struct byte_buffer *out, const uint8_t *literals, uint32_t count, uint32_t offset,
                                  uint32_t length, struct bswz_error *error) {
    static const uint32_t literal_bases[] = {16,  18,  20,  22,   24,   28,   32,   40,    48,    64,
                                             128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536},
                          match_bases[] = {35,  37,  39,  41,   43,   47,   51,   59,    67,    83,   99,
                                           131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539};
    static const uint8_t literal_bits[] = {1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                         match_bits[] = {1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint32_t literal_extra = 0, match_extra = 0;
    const unsigned literal_code = code_of(count, 16, literal_bases, 20, &literal_extra);
    const unsigned match_code = code_of(length, 32, match_bases, 21, &match_extra);
    const unsigned offset_code = 31 - (unsigned)__builtin_clz(offset + 3);
    /* the decoder takes those of the offset first, from the end; a one marks the end */
    const unsigned bits_of_literals = literal_code >= 16 ? literal_bits[literal_code - 16] : 0;
    const unsigned bits_of_match = match_code >= 32 ? match_bits[match_code - 32] : 0;
    uint64_t bits = (uint64_t)1 << offset_code | (offset + 3 - (1u << offset_code));
    bits = bits << bits_of_match | match_extra;
    bits = bits << bits_of_literals | literal_extra;
    uint8_t head[3 + 3] = {0}, tail[5 + 8] = {1, 1 << 6 | 1 << 4 | 1 << 2, (uint8_t)literal_code, (uint8_t)offset_code,
                                              (uint8_t)match_code};
    size_t tail_size = 5;
    for (; bits > 0; bits >>= 8) {
        tail[tail_size++] = (uint8_t)bits;
    }
    const uint32_t literal_head = 0 | 3u << 2 | count << 4; /* raw, 20 bits of size */
    const uint32_t block_head = 2u << 1 | (uint32_t)(3 + count + tail_size) << 3;
    for (unsigned i = 0; i < 3; i++) {
        head[i] = (uint8_t)(block_head >> 8 * i);
        head[3 + i] = (uint8_t)(literal_head >> 8 * i);
    }
    enum bswz_status status = byte_buffer_append(out, head, sizeof head, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, literals, count, error);
    }
    return status == BSWZ_OK ? byte_buffer_append(out, tail, tail_size, error) : status;
}

/* The last block: literals only. */
static enum bswz_status put_rest(struct byte_buffer *out, const uint8_t *literals, uint32_t count,
                                 struct bswz_error *error) {
    const uint32_t head = 1u | count << 3;
    const uint8_t bytes[3] = {(uint8_t)head, (uint8_t)(head >> 8), (uint8_t)(head >> 16)};
    const enum bswz_status status = byte_buffer_append(out, bytes, sizeof bytes, error);
    return status == BSWZ_OK ? byte_buffer_append(out, literals, count, error) : status;
}

/* Pack what follows `start` known bytes in all. */
static enum bswz_status pack_all(const uint8_t *all, size_t start, size_t size, struct byte_buffer *out,
                                 struct bswz_error *error) {
    uint32_t last[1 << HASH_BITS] = {0};                         /* position + 1 */
    const uint8_t head[6] = {0x28, 0xb5, 0x2f, 0xfd, 0, 8 << 3}; /* a window of 256 KiB, and no size */
    size_t done = start;
    enum bswz_status status = byte_buffer_append(out, head, sizeof head, error);
    for (size_t at = 0; status == BSWZ_OK && at + HASHED <= size; at++) {
        uint32_t *place = &last[hash_of(all + at)];
        const size_t other = *place;
        *place = (uint32_t)at + 1;
        size_t length = 0;
        while (at >= done && other > 0 && at + length < size && all[other - 1 + length] == all[at + length]) {
            length++;
        }
        if (length >= MATCH_LEAST) {
            status = put_match(out, all + done, (uint32_t)(at - done), (uint32_t)(at - (other - 1)), (uint32_t)length,
                               error);
            done = at + length;
        }
    }
    return status == BSWZ_OK ? put_rest(out, all + done, (uint32_t)(size - done), error) : status;
}

enum bswz_status bytes_pack_after(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                  int effort, size_t limit, struct byte_buffer *packed, bool *fits,
                                  struct bswz_error *error) {
    struct byte_buffer all = {0}, out = {0};
    (void)effort;
    *fits = false;
    if (size == 0 || size > PACKED_MOST || known_size > PACKED_MOST) {
        return BSWZ_OK;
    }
    enum bswz_status status = byte_buffer_append(&all, known, known_size, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&all, bytes, size, error);
    }
    if (status == BSWZ_OK) {
        status = pack_all(all.data, known_size, all.size, &out, error);
    }
    if (status == BSWZ_OK && out.size < limit) {
        status = byte_buffer_append(packed, out.data, out.size, error);
        *fits = status == BSWZ_OK;
    }
    free(all.data);
    free(out.data);
    return status;
}

enum bswz_status bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit, struct byte_buffer *packed,
                            bool *fits, struct bswz_error *error) {
    return bytes_pack_after(NULL, 0, bytes, size, level, limit, packed, fits, error);
}

enum bswz_status bytes_pack_against(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                    size_t limit, struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    return bytes_pack_after(known, known_size, bytes, size, 0, limit, packed, fits, error);
}

static enum bswz_status refuse_bytes(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "the program in the browser compresses only pictures");
}

enum bswz_status bytes_encoder_create(int level, size_t most, struct bytes_encoder **encoder,
                                      struct bswz_error *error) {
    (void)level;
    (void)most;
    *encoder = NULL;
    return refuse_bytes(error);
}

enum bswz_status bytes_encoder_pack(struct bytes_encoder *encoder, const uint8_t *bytes, size_t size,
                                    struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    (void)encoder;
    (void)bytes;
    (void)size;
    (void)packed;
    *fits = false;
    return refuse_bytes(error);
}

void bytes_encoder_restart(struct bytes_encoder *encoder) {
    (void)encoder;
}

void bytes_encoder_free(struct bytes_encoder *encoder) {
    (void)encoder;
}

/* ---- unpacking ---- */

/* Unpack after known bytes; *got: how many of size bytes. */
static enum bswz_status unpack(const uint8_t *known, size_t known_size, const uint8_t *packed, size_t packed_size,
                               uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error) {
    struct unzstd *unzstd = bswz_allocate_zero(1, sizeof *unzstd);
    *got = 0;
    if (unzstd == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = byte_buffer_append(&unzstd->history, known, known_size, error);
    if (status == BSWZ_OK) {
        status = unzstd_run(unzstd, packed, packed_size, size, UINT64_MAX, error);
        *got = unzstd->history.size - known_size;
        if (*got > 0) {
            memcpy(bytes, unzstd->history.data + known_size, *got);
        }
    }
    unzstd_free(unzstd);
    free(unzstd);
    return status;
}

enum bswz_status bytes_unpack_against(const uint8_t *known, size_t known_size, const uint8_t *packed,
                                      size_t packed_size, uint8_t *bytes, size_t size, struct bswz_error *error) {
    size_t got;
    const enum bswz_status status = unpack(known, known_size, packed, packed_size, bytes, size, &got, error);
    return status == BSWZ_OK && got < size ? unzstd_damaged(error) : status;
}

enum bswz_status bytes_unpack(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size,
                              struct bswz_error *error) {
    return bytes_unpack_against(NULL, 0, packed, packed_size, bytes, size, error);
}

enum bswz_status bytes_unpack_part(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size, size_t *got,
                                   struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    const enum bswz_status status = unpack(NULL, 0, packed, packed_size, bytes, size, got, &own);
    return status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error) : BSWZ_OK;
}

struct bytes_decoder {
    struct unzstd unzstd;
    uint64_t window_most;
    bool is_at_start; /* of a zstd frame */
};

enum bswz_status bytes_decoder_create(uint64_t memory_limit, struct bytes_decoder **decoder, struct bswz_error *error) {
    const uint64_t most = (uint64_t)1 << BYTES_WINDOW_LOG_MAX;
    *decoder = bswz_allocate_zero(1, sizeof **decoder);
    if (*decoder == NULL) {
        return bswz_no_memory(error);
    }
    (*decoder)->window_most = memory_limit < most ? memory_limit : most;
    (*decoder)->is_at_start = true;
    return BSWZ_OK;
}

/* The history keeps what matches may refer to, and at most as much again. */
static void forget_the_oldest(struct unzstd *unzstd) {
    struct byte_buffer *history = &unzstd->history;
    const size_t window = (size_t)unzstd->window; /* checked */
    if (history->size / 2 > window) {
        memmove(history->data, history->data + history->size - window, window);
        history->size = window;
    }
}

enum bswz_status bytes_decoder_unpack_part(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                           uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    const size_t length = sizeof frame_end;
    forget_the_oldest(&decoder->unzstd);
    const size_t before = decoder->unzstd.history.size;
    if (decoder->is_at_start && packed_size > length && memcmp(packed, frame_end, length) == 0) {
        packed += length; /* the end of a frame that has been forgotten */
        packed_size -= length;
    }
    decoder->is_at_start = false;
    const enum bswz_status status = unzstd_run(&decoder->unzstd, packed, packed_size, size, decoder->window_most, &own);
    *got = decoder->unzstd.history.size - before;
    if (*got > 0) {
        memcpy(bytes, decoder->unzstd.history.data + before, *got);
    }
    if (status == BSWZ_ERROR_CORRUPT) {
        bytes_decoder_restart(decoder);
    }
    return status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT ? BSWZ_OK : bswz_fail(error, status, "%s", own.message);
}

enum bswz_status bytes_decoder_unpack(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                      uint8_t *bytes, size_t size, struct bswz_error *error) {
    size_t got;
    const enum bswz_status status = bytes_decoder_unpack_part(decoder, packed, packed_size, bytes, size, &got, error);
    return status == BSWZ_OK && (got < size || decoder->is_at_start) ? unzstd_damaged(error) : status;
}

/* Only runs that have been packed are compared, and none are. */
enum bswz_status bytes_decoder_compare(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                       const uint8_t *bytes, size_t size, struct bswz_error *error) {
    (void)decoder;
    (void)packed;
    (void)packed_size;
    (void)bytes;
    (void)size;
    return refuse_bytes(error);
}

void bytes_decoder_restart(struct bytes_decoder *decoder) {
    decoder->unzstd.is_in_frame = false;
    decoder->unzstd.history.size = 0;
    decoder->is_at_start = true;
}

void bytes_decoder_free(struct bytes_decoder *decoder) {
    if (decoder != NULL) {
        unzstd_free(&decoder->unzstd);
        free(decoder);
    }
}
