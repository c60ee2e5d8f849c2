/* SPDX-License-Identifier: MIT */
/*
 * Write lossless WebP, keeping the colours under transparent pixels (libwebp clears them by default). The encoder
 * needs the whole picture, so rows are collected as ARGB and coded at the end. libwebp's multiplexer puts profile,
 * EXIF and XMP around the coded pixels.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/record.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

/* libwebp's effort for lossless coding, 0 ... 9, like zlib's levels. */
#define EFFORT 6

struct webp_writing {
    WebPPicture picture;
    bool started; /* picture holds memory */
    struct byte_buffer profile, exif, xmp;
};

/* Get profile, EXIF and XMP from a run of chunks, the first of each. */
static enum bswz_status collect_metadata(struct webp_writing *state, const uint8_t *chunks, size_t size,
                                         struct bswz_error *error) {
    struct picture_chunk chunk;
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK && picture_chunk_next(&chunks, &size, &chunk)) {
        if (state->profile.size == 0) {
            status = picture_chunk_profile(&chunk, &state->profile, error);
        }
        if (status == BSWZ_OK && state->xmp.size == 0) {
            status = picture_chunk_xmp(&chunk, &state->xmp, error);
        }
        if (status == BSWZ_OK && state->exif.size == 0 && memcmp(chunk.type, "eXIf", 4) == 0) {
            status = byte_buffer_append(&state->exif, chunk.data, chunk.length, error);
        }
    }
    return status;
}

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    const struct picture_info *info = &writer->info;
    struct webp_writing *state = bswz_allocate_zero(1, sizeof *state);
    writer->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    if (info->depth != 8 || info->maxval != 255 || info->indexed) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "WebP cannot hold this picture");
    }
    if (info->width > WEBP_MAX_DIMENSION || info->height > WEBP_MAX_DIMENSION) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "WebP pictures have at most %d x %d pixels", WEBP_MAX_DIMENSION,
                         WEBP_MAX_DIMENSION);
    }
    if (picture_record_is_used(info->format)) {
        struct picture_record record;
        enum bswz_status status = picture_record_parse(head, &writer->source_info, &record, error);
        if (status == BSWZ_OK) {
            status = collect_metadata(state, record.chunks, record.size, error);
        }
        if (status != BSWZ_OK) {
            return status;
        }
    }
    if (!WebPPictureInit(&state->picture)) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "libwebp is not the version that this program was built with");
    }
    state->started = true;
    state->picture.use_argb = 1;
    state->picture.width = (int)info->width;
    state->picture.height = (int)info->height;
    return WebPPictureAlloc(&state->picture) ? BSWZ_OK : bswz_no_memory(error);
}

/* One row of samples to ARGB words. */
static void fill_row(const uint8_t *from, uint32_t *to, uint32_t width, uint8_t channels) {
    switch (channels) {
    case 1:
        for (size_t i = 0; i < width; i++) {
            to[i] = 0xff000000u | from[i] * 0x010101u;
        }
        break;
    case 2:
        for (size_t i = 0; i < width; i++) {
            to[i] = (uint32_t)from[2 * i + 1] << 24 | from[2 * i] * 0x010101u;
        }
        break;
    case 3:
        for (size_t i = 0; i < width; i++) {
            to[i] = 0xff000000u | (uint32_t)from[3 * i] << 16 | (uint32_t)from[3 * i + 1] << 8 | from[3 * i + 2];
        }
        break;
    default:
        for (size_t i = 0; i < width; i++) {
            to[i] = (uint32_t)from[4 * i + 3] << 24 | (uint32_t)from[4 * i] << 16 | (uint32_t)from[4 * i + 1] << 8 |
                    from[4 * i + 2];
        }
        break;
    }
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    struct webp_writing *state = writer->state;
    (void)error;
    uint32_t *to = state->picture.argb + (size_t)writer->next_row * (size_t)state->picture.argb_stride;
    for (uint32_t i = 0; i < count; i++) {
        fill_row(rows, to, writer->info.width, writer->info.channels);
        rows += writer->row_bytes;
        to += state->picture.argb_stride;
    }
    return BSWZ_OK;
}

/* Code the pixels into coded. */
static enum bswz_status encode(struct webp_writing *state, WebPMemoryWriter *coded, struct bswz_error *error) {
    WebPConfig config;
    if (!WebPConfigInit(&config) || !WebPConfigLosslessPreset(&config, EFFORT)) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "libwebp is not the version that this program was built with");
    }
    config.exact = 1;
    state->picture.writer = WebPMemoryWrite;
    state->picture.custom_ptr = coded;
    if (WebPEncode(&config, &state->picture)) {
        return BSWZ_OK;
    }
    switch (state->picture.error_code) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BAD_WRITE: /* the memory writer can fail for only one reason */ return bswz_no_memory(error);
    default:
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "WebP cannot hold this picture (%d)", (int)state->picture.error_code);
    }
}

/* Are the coded pixels those of the picture? Without memory, some versions of libwebp cut the result off, and report
 * success. */
static enum bswz_status check(const struct webp_writing *state, const WebPMemoryWriter *coded,
                              struct bswz_error *error) {
    int width, height;
    uint8_t *decoded = WebPDecodeARGB(coded->mem, coded->size, &width, &height);
    bool same = decoded != NULL && width == state->picture.width && height == state->picture.height;
    const uint8_t *at = decoded;
    for (int y = 0; y < state->picture.height && same; y++) {
        const uint32_t *row = state->picture.argb + (size_t)y * (size_t)state->picture.argb_stride;
        for (int x = 0; x < state->picture.width && same; x++, at += 4) {
            same = row[x] == ((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
        }
    }
    WebPFree(decoded);
    return same ? BSWZ_OK
                : bswz_fail(error, BSWZ_ERROR_MEMORY, "libwebp has not coded the picture correctly; is memory short?");
}

static bool set_chunk(WebPMux *mux, const char *name, const struct byte_buffer *content) {
    const WebPData data = {content->data, content->size};
    return content->size == 0 || WebPMuxSetChunk(mux, name, &data, 0) == WEBP_MUX_OK;
}

/* Put the metadata around the coded pixels and write the file. */
static enum bswz_status assemble(const struct webp_writing *state, const WebPMemoryWriter *coded, struct byte_sink sink,
                                 struct bswz_error *error) {
    const WebPData pixels = {coded->mem, coded->size};
    WebPData file = {0};
    WebPMux *mux = WebPMuxNew();
    const bool assembled = mux != NULL && WebPMuxSetImage(mux, &pixels, 0) == WEBP_MUX_OK &&
                           set_chunk(mux, "ICCP", &state->profile) && set_chunk(mux, "EXIF", &state->exif) &&
                           set_chunk(mux, "XMP ", &state->xmp) && WebPMuxAssemble(mux, &file) == WEBP_MUX_OK;
    const enum bswz_status status =
        assembled ? sink.write(sink.context, file.bytes, file.size, error) : bswz_no_memory(error);
    WebPDataClear(&file);
    WebPMuxDelete(mux);
    return status;
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    struct webp_writing *state = writer->state;
    enum bswz_status status = BSWZ_OK;
    if (tail != NULL && picture_record_is_used(writer->info.format)) {
        status = picture_record_check_tail(tail, error);
        if (status == BSWZ_OK) {
            status = collect_metadata(state, tail->data, tail->size, error);
        }
    }
    if (status != BSWZ_OK) {
        return status;
    }
    WebPMemoryWriter coded;
    WebPMemoryWriterInit(&coded);
    status = encode(state, &coded, error);
    if (status == BSWZ_OK) {
        status = check(state, &coded, error);
    }
    if (status == BSWZ_OK && state->profile.size + state->exif.size + state->xmp.size > 0) {
        status = assemble(state, &coded, writer->sink, error);
    } else if (status == BSWZ_OK) {
        status = writer->sink.write(writer->sink.context, coded.mem, coded.size, error);
    }
    WebPMemoryWriterClear(&coded);
    return status;
}

static void close_writer(struct picture_writer *writer) {
    struct webp_writing *state = writer->state;
    if (state == NULL) {
        return;
    }
    if (state->started) {
        WebPPictureFree(&state->picture);
    }
    free(state->profile.data);
    free(state->exif.data);
    free(state->xmp.data);
    free(state);
}

const struct picture_writer_methods picture_webp_writer = {open_writer, write_rows, finish_writer, close_writer};

/* libwebp takes a whole picture, with four bytes per pixel. */
uint64_t webp_held(const struct picture_info *info, const struct byte_buffer *head) {
    (void)head;
    return (uint64_t)info->width * info->height * 4;
}
