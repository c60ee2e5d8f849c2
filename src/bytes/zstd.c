/* SPDX-License-Identifier: MIT */
/*
 * zstd, one run at a time (zstd.h).
 */
#include "bytes/zstd.h"

#include "base/allocate.h"
#include "bytes/stream.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/* Runs up to this size use zstd's last ordinary level: they are too short for the time to matter at any level. */
#define SMALL_RUN ((size_t)256 << 10)
#define SMALL_RUN_EFFORT 19

/* For inputs up to BYTES_MEDIUM: from the usual level on, a byte takes about as long as a pixel. */
static const int medium_efforts[9] = {1, 3, 5, 12, 16, 17, 18, 19, 19};

/* Larger inputs may be a whole disk, so the levels range from 200 MB/s to 2. */
static const int efforts[9] = {1, 3, 5, 7, 9, 12, 16, 17, 19};

int bytes_effort(int level, size_t size) {
    return size <= SMALL_RUN ? SMALL_RUN_EFFORT : size <= BYTES_MEDIUM ? medium_efforts[level - 1] : efforts[level - 1];
}

/* effort is zstd's; known may be NULL. */
static enum bswz_status pack(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size, int effort,
                             size_t limit, struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    *fits = false;
    if (size == 0 || limit == 0) {
        return BSWZ_OK;
    }
    size_t room = ZSTD_compressBound(size);
    room = room < limit - 1 ? room : limit - 1;
    uint8_t *result = bswz_allocate(room, 1);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (result == NULL || context == NULL) {
        free(result);
        ZSTD_freeCCtx(context);
        return bswz_no_memory(error);
    }
    enum bswz_status status = BSWZ_OK;
    const size_t got = ZSTD_compress_usingDict(context, result, room, bytes, size, known, known_size, effort);
    if (!ZSTD_isError(got)) {
        status = byte_buffer_append(packed, result, got, error);
        *fits = status == BSWZ_OK;
    } else if (ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation) {
        status = bswz_no_memory(error);
    } /* otherwise it does not fit */
    ZSTD_freeCCtx(context);
    free(result);
    return status;
}

/* The status of restoring size bytes, when zstd returned got. */
static enum bswz_status unpacked(size_t got, size_t size, struct bswz_error *error) {
    if (got == size) {
        return BSWZ_OK;
    }
    if (ZSTD_isError(got) && ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation) {
        return bswz_no_memory(error);
    }
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "packed bytes are damaged");
}

enum bswz_status bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit, struct byte_buffer *packed,
                            bool *fits, struct bswz_error *error) {
    return pack(NULL, 0, bytes, size, bytes_effort(level, size), limit, packed, fits, error);
}

enum bswz_status bytes_pack_after(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                  int effort, size_t limit, struct byte_buffer *packed, bool *fits,
                                  struct bswz_error *error) {
    return pack(known, known_size, bytes, size, effort, limit, packed, fits, error);
}

enum bswz_status bytes_pack_against(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                    size_t limit, struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    return pack(known, known_size, bytes, size, SMALL_RUN_EFFORT, limit, packed, fits, error);
}

enum bswz_status bytes_unpack(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size,
                              struct bswz_error *error) {
    return unpacked(ZSTD_decompress(bytes, size, packed, packed_size), size, error);
}

enum bswz_status bytes_unpack_against(const uint8_t *known, size_t known_size, const uint8_t *packed,
                                      size_t packed_size, uint8_t *bytes, size_t size, struct bswz_error *error) {
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (context == NULL) {
        return bswz_no_memory(error);
    }
    const size_t got = ZSTD_decompress_usingDict(context, bytes, size, packed, packed_size, known, known_size);
    ZSTD_freeDCtx(context);
    return unpacked(got, size, error);
}

/* A window of this size is large enough for whatever bytes_pack makes of size bytes. */
static int window_log(size_t size) {
    int log = 10;
    while (log < BYTES_WINDOW_LOG_MAX && (size_t)1 << log < size) {
        log++;
    }
    return log;
}

enum bswz_status bytes_unpack_part(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size, size_t *got,
                                   struct bswz_error *error) {
    ZSTD_DCtx *context = ZSTD_createDCtx();
    uint8_t *result = bswz_allocate(size, 1); /* zstd writes beyond the part that it vouches for */
    *got = 0;
    if (context == NULL || result == NULL) {
        ZSTD_freeDCtx(context);
        free(result);
        return bswz_no_memory(error);
    }
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log(size));
    /* given a complete frame, zstd restores all or nothing, so the last byte is held back */
    ZSTD_inBuffer in = {packed, packed_size > 0 ? packed_size - 1 : 0, 0};
    ZSTD_outBuffer out = {result, size, 0};
    while (out.pos < size) {
        const size_t before = in.pos + out.pos;
        if (ZSTD_isError(ZSTD_decompressStream(context, &out, &in))) {
            break;
        }
        if (in.pos + out.pos == before || in.pos == in.size) {
            if (in.size == packed_size && in.pos + out.pos == before) {
                break;
            }
            in.size = packed_size;
        }
    }
    *got = out.pos;
    memcpy(bytes, result, *got);
    ZSTD_freeDCtx(context);
    free(result);
    return BSWZ_OK;
}
