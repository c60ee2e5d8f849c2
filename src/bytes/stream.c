/* SPDX-License-Identifier: MIT */
/*
 * One zstd context for all runs (stream.h).
 *
 * Long-distance matching finds repetitions as far back as the window reaches, at any effort; a shorter search finds
 * the near ones. zstd skips incompressible data at some hundred megabytes per second, but keeps it in the window, so
 * a second copy of a JPEG file is still found.
 */
#include "bytes/stream.h"

#include "base/allocate.h"
#include "bytes/zstd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/* For levels 1 to 9. The encoder needs about the window plus the memory for its effort, the decoder the window:
 * doc/decisions.md has the figures. */
static const int window_logs[9] = {23, 23, 23, 25, 25, 25, 25, 27, 27};

/* What a decoder needs in addition to the window. */
#define DECODER_OVERHEAD ((uint64_t)1 << 20)
#define WINDOW_LOG_MIN 10

static enum bswz_status out_of_memory(struct bswz_error *error) {
    return bswz_no_memory(error);
}

/* ---- packing ---- */

struct bytes_encoder {
    ZSTD_CCtx *context; /* in the middle of a frame, which ends only when another begins */
    size_t most;        /* no more bytes than this will come; SIZE_MAX: not known */
    bool is_begun;      /* a run of this frame has been handed out */
    size_t ending;      /* bytes at the start of the next run that end the previous frame */
};

/* An empty last block. */
static const uint8_t frame_end[3] = {1, 0, 0};

enum bswz_status bytes_encoder_create(int level, size_t most, struct bytes_encoder **encoder,
                                      struct bswz_error *error) {
    struct bytes_encoder *created = bswz_allocate_zero(1, sizeof *created);
    *encoder = created;
    if (created == NULL || (created->context = ZSTD_createCCtx()) == NULL) {
        bytes_encoder_free(created);
        *encoder = NULL;
        return out_of_memory(error);
    }
    /* zstd has known these parameters since 1.4.0, so it accepts them */
    ZSTD_CCtx_setParameter(created->context, ZSTD_c_compressionLevel, bytes_effort(level, most));
    ZSTD_CCtx_setParameter(created->context, ZSTD_c_checksumFlag, 0);
    if (most != SIZE_MAX) {
        /* the size itself is not written, since fewer bytes may come */
        ZSTD_CCtx_setParameter(created->context, ZSTD_c_contentSizeFlag, 0);
    } else {
        ZSTD_CCtx_setParameter(created->context, ZSTD_c_windowLog, window_logs[level - 1]);
        ZSTD_CCtx_setParameter(created->context, ZSTD_c_enableLongDistanceMatching, 1);
    }
    bytes_encoder_expect(created, most);
    return BSWZ_OK;
}

enum bswz_status bytes_encoder_pack(struct bytes_encoder *encoder, const uint8_t *bytes, size_t size,
                                    struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    const size_t limit = size + BYTES_PACKED_SLACK;
    enum bswz_status status = byte_buffer_reserve(packed, limit, error);
    *fits = false;
    if (status != BSWZ_OK) {
        return status;
    }
    ZSTD_inBuffer in = {bytes, size, 0};
    ZSTD_outBuffer out = {packed->data + packed->size, limit, encoder->ending};
    size_t left;
    memcpy(out.dst, frame_end, encoder->ending);
    do {
        left = ZSTD_compressStream2(encoder->context, &out, &in, ZSTD_e_flush);
    } while (left > 0 && !ZSTD_isError(left) && out.pos < out.size);
    if (left == 0) {
        packed->size += out.pos;
        *fits = encoder->is_begun = true;
        encoder->ending = 0;
        return BSWZ_OK;
    }
    if (ZSTD_isError(left) && ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) {
        return out_of_memory(error);
    }
    bytes_encoder_restart(encoder);
    return BSWZ_OK;
}

void bytes_encoder_expect(struct bytes_encoder *encoder, size_t most) {
    encoder->most = most;
    bytes_encoder_restart(encoder);
}

void bytes_encoder_restart(struct bytes_encoder *encoder) {
    ZSTD_CCtx_reset(encoder->context, ZSTD_reset_session_only);
    if (encoder->most != SIZE_MAX) {
        ZSTD_CCtx_setPledgedSrcSize(encoder->context, encoder->most); /* by which zstd chooses its window and tables */
    }
    encoder->ending = encoder->is_begun ? sizeof frame_end : encoder->ending;
    encoder->is_begun = false;
}

void bytes_encoder_free(struct bytes_encoder *encoder) {
    if (encoder != NULL) {
        ZSTD_freeCCtx(encoder->context);
        free(encoder);
    }
}

/* ---- unpacking ---- */

struct bytes_decoder {
    ZSTD_DCtx *context;
    uint64_t memory_limit;
    int window_log;   /* the largest that the limit allows */
    bool is_at_start; /* of a zstd frame */
};

enum bswz_status bytes_decoder_create(uint64_t memory_limit, struct bytes_decoder **decoder, struct bswz_error *error) {
    struct bytes_decoder *created = bswz_allocate_zero(1, sizeof *created);
    *decoder = created;
    if (created == NULL || (created->context = ZSTD_createDCtx()) == NULL) {
        bytes_decoder_free(created);
        *decoder = NULL;
        return out_of_memory(error);
    }
    const uint64_t room = memory_limit > DECODER_OVERHEAD ? memory_limit - DECODER_OVERHEAD : 0;
    int log = WINDOW_LOG_MIN;
    while (log < BYTES_WINDOW_LOG_MAX && (uint64_t)2 << log <= room) {
        log++;
    }
    created->memory_limit = memory_limit;
    created->window_log = log;
    created->is_at_start = true;
    ZSTD_DCtx_setParameter(created->context, ZSTD_d_windowLogMax, log);
    return BSWZ_OK;
}

static enum bswz_status unpacking_failed(const struct bytes_decoder *decoder, size_t result, struct bswz_error *error) {
    const ZSTD_ErrorCode code = ZSTD_isError(result) ? ZSTD_getErrorCode(result) : ZSTD_error_no_error;
    if (code == ZSTD_error_memory_allocation) {
        return out_of_memory(error);
    }
    if (code == ZSTD_error_frameParameter_windowTooLarge && decoder->window_log < BYTES_WINDOW_LOG_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT,
                         "the bytes need a longer window than fits into the memory limit of %" PRIu64 " MiB",
                         decoder->memory_limit >> 20);
    }
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "packed bytes are damaged");
}

/* The number of bytes at the start of a run that end a frame which the decoder has forgotten. No zstd frame begins
 * like this. */
static size_t ending_of(const struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size) {
    return decoder->is_at_start && packed_size > sizeof frame_end && memcmp(packed, frame_end, sizeof frame_end) == 0
               ? sizeof frame_end
               : 0;
}

static enum bswz_status unpack(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size, uint8_t *bytes,
                               size_t size, size_t *got, struct bswz_error *error) {
    ZSTD_inBuffer in = {packed, packed_size, ending_of(decoder, packed, packed_size)};
    ZSTD_outBuffer out = {bytes, size, 0};
    decoder->is_at_start = false;
    while (in.pos < in.size || out.pos < out.size) {
        const size_t before = in.pos + out.pos;
        const size_t result = ZSTD_decompressStream(decoder->context, &out, &in);
        *got = out.pos;
        if (ZSTD_isError(result) || in.pos + out.pos == before) {
            return unpacking_failed(decoder, result, error);
        }
    }
    return BSWZ_OK;
}

enum bswz_status bytes_decoder_unpack(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                      uint8_t *bytes, size_t size, struct bswz_error *error) {
    size_t got = 0;
    return unpack(decoder, packed, packed_size, bytes, size, &got, error);
}

enum bswz_status bytes_decoder_unpack_part(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                           uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error) {
    struct bswz_error own = {.status = BSWZ_OK};
    *got = 0;
    const enum bswz_status status = unpack(decoder, packed, packed_size, bytes, size, got, &own);
    if (status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT) {
        if (status == BSWZ_ERROR_CORRUPT) {
            bytes_decoder_restart(decoder);
        }
        return BSWZ_OK;
    }
    return bswz_fail(error, status, "%s", own.message);
}

enum bswz_status bytes_decoder_compare(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                       const uint8_t *bytes, size_t size, struct bswz_error *error) {
    uint8_t piece[1 << 14];
    ZSTD_inBuffer in = {packed, packed_size, ending_of(decoder, packed, packed_size)};
    size_t at = 0, got;
    decoder->is_at_start = false;
    do {
        ZSTD_outBuffer out = {piece, sizeof piece, 0};
        const size_t before = in.pos, result = ZSTD_decompressStream(decoder->context, &out, &in);
        got = out.pos;
        if (ZSTD_isError(result) || got > size - at || memcmp(piece, bytes + at, got) != 0) {
            return unpacking_failed(decoder, result, error);
        }
        at += got;
        got += in.pos - before;
    } while (got > 0);
    return at == size && in.pos == in.size ? BSWZ_OK : unpacking_failed(decoder, 0, error);
}

void bytes_decoder_restart(struct bytes_decoder *decoder) {
    ZSTD_DCtx_reset(decoder->context, ZSTD_reset_session_only);
    decoder->is_at_start = true;
}

void bytes_decoder_free(struct bytes_decoder *decoder) {
    if (decoder != NULL) {
        ZSTD_freeDCtx(decoder->context);
        free(decoder);
    }
}
