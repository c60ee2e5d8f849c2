/* SPDX-License-Identifier: MIT */
/*
 * Runs of bytes without libzstd (bytes/zstd.h, bytes/stream.h, bytes/recent.h): everything that zstd packed can be
 * unpacked (unzstd.h), and short runs, such as the headers of JPEG files, are packed so that zstd can unpack them
 * (packzstd.h). Longer runs, which are not pictures, are refused: the page is for pictures.
 */
#include "base/allocate.h"
#include "bytes/recent.h"
#include "bytes/stream.h"
#include "bytes/zstd.h"
#include "packzstd.h"
#include "unzstd.h"

#include <stdlib.h>
#include <string.h>

/* The end of a frame: an empty last block. */
static const uint8_t frame_end[3] = {1, 0, 0};

/* ---- packing ---- */

int bytes_effort(int level, size_t size) {
    (void)size;
    return level;
}

enum bswz_status bytes_pack_after(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                  int effort, size_t limit, struct byte_buffer *packed, bool *fits,
                                  struct bswz_error *error) {
    struct byte_buffer all = {0}, out = {0};
    (void)effort;
    *fits = false;
    if (size == 0 || size > PACKZSTD_MOST || known_size > PACKZSTD_MOST) {
        return BSWZ_OK;
    }
    enum bswz_status status = byte_buffer_append(&all, known, known_size, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&all, bytes, size, error);
    }
    if (status == BSWZ_OK) {
        status = packzstd(all.data, known_size, all.size, &out, error);
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

/* Nothing is like what came before: there is no window. */
enum bswz_status recent_add(struct recent *recent, const uint8_t *bytes, size_t size, size_t *taken,
                            struct bswz_error *error) {
    (void)recent;
    (void)bytes;
    (void)error;
    *taken = size;
    return BSWZ_OK;
}

void recent_free(struct recent *recent) {
    (void)recent;
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

void bytes_encoder_expect(struct bytes_encoder *encoder, size_t most) {
    (void)encoder;
    (void)most;
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
