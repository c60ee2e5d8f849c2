/* SPDX-License-Identifier: MIT */
/*
 * What came before (recent.h).
 */
#include "bytes/recent.h"

#include <zstd.h>

void recent_free(struct recent *recent) {
    ZSTD_freeCCtx(recent->context);
    recent->context = NULL;
}

/* The parameters are those of zstd's level 3 for a few hundred kilobytes. */
static enum bswz_status begin(struct recent *recent, struct bswz_error *error) {
    static const struct {
        ZSTD_cParameter parameter;
        int value;
    } settings[] = {{ZSTD_c_compressionLevel, 3}, {ZSTD_c_windowLog, 17}, {ZSTD_c_hashLog, 16},
                    {ZSTD_c_chainLog, 16},        {ZSTD_c_minMatch, 4},   {ZSTD_c_strategy, ZSTD_dfast}};
    recent->context = ZSTD_createCCtx();
    for (size_t i = 0; i < sizeof settings / sizeof *settings && recent->context != NULL; i++) {
        ZSTD_CCtx_setParameter(recent->context, settings[i].parameter, settings[i].value);
    }
    return recent->context == NULL ? bswz_no_memory(error) : BSWZ_OK;
}

enum bswz_status recent_add(struct recent *recent, const uint8_t *bytes, size_t size, size_t *taken,
                            struct bswz_error *error) {
    uint8_t thrown_away[8192];
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left = 1;
    *taken = 0;
    enum bswz_status status = recent->context == NULL ? begin(recent, error) : BSWZ_OK;
    while (status == BSWZ_OK && left > 0) {
        ZSTD_outBuffer out = {thrown_away, sizeof thrown_away, 0};
        left = ZSTD_compressStream2(recent->context, &out, &in, ZSTD_e_flush);
        *taken += out.pos;
        status = ZSTD_isError(left) ? bswz_no_memory(error) : BSWZ_OK; /* nothing else can fail */
    }
    return status;
}
