/* SPDX-License-Identifier: MIT */
/*
 * Read WebP, lossless or lossy. The pixels are decoded as a whole when the first rows are requested. Profile, EXIF
 * and XMP go into the record in PNG's form, so that the picture can be written in either format.
 *
 * Animations are UNSUPPORTED.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/record.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

struct webp_reading {
    struct byte_buffer file;
    uint8_t *pixels; /* NULL before the first rows are requested */
};

/* The record: colour type and metadata. demuxer covers the whole file. */
static enum bswz_status make_record(struct picture_reader *reader, const WebPDemuxer *demuxer,
                                    struct bswz_error *error) {
    const uint8_t colour_type = reader->info.channels == 4 ? 6 : 2;
    WebPChunkIterator chunk;
    enum bswz_status status = picture_record_begin(&reader->head, 8, colour_type, false, error);
    if (status == BSWZ_OK && WebPDemuxGetChunk(demuxer, "ICCP", 1, &chunk)) {
        status = picture_record_add(&reader->head, "ICCP", chunk.chunk.bytes, chunk.chunk.size, error);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (status == BSWZ_OK && WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        status = picture_record_add_exif(&reader->head, chunk.chunk.bytes, chunk.chunk.size, error);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (status == BSWZ_OK && WebPDemuxGetChunk(demuxer, "XMP ", 1, &chunk)) {
        status = picture_record_add_xmp(&reader->head, chunk.chunk.bytes, chunk.chunk.size, error);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    return status;
}

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    struct webp_reading *state = bswz_allocate_zero(1, sizeof *state);
    reader->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = picture_read_file(PICTURE_WEBP, reader->source, &state->file, error);
    if (status != BSWZ_OK) {
        return status;
    }
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(state->file.data, state->file.size, &features) != VP8_STATUS_OK) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "WebP: invalid header");
    }
    if (features.has_animation || (features.format != 1 && features.format != 2)) {
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "WebP: animations are not supported");
    }
    struct picture_info *info = &reader->info;
    info->width = (uint32_t)features.width;
    info->height = (uint32_t)features.height;
    info->channels = features.has_alpha ? 4 : 3;
    info->depth = 8;
    info->maxval = 255;
    info->lossy = features.format == 1;
    status = picture_check_info(info, &reader->row_bytes, error);
    if (status != BSWZ_OK) {
        return status;
    }
    const WebPData data = {state->file.data, state->file.size};
    WebPDemuxer *demuxer = WebPDemux(&data);
    if (demuxer == NULL) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "WebP: invalid chunks");
    }
    status = make_record(reader, demuxer, error);
    WebPDemuxDelete(demuxer);
    return status;
}

static enum bswz_status decode(struct picture_reader *reader, struct bswz_error *error) {
    struct webp_reading *state = reader->state;
    const struct picture_info *info = &reader->info;
    WebPDecoderConfig config;
    if (reader->row_bytes > INT32_MAX || !WebPInitDecoderConfig(&config)) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "WebP: the rows are too long");
    }
    state->pixels = bswz_allocate(info->height, reader->row_bytes);
    if (state->pixels == NULL) {
        return bswz_no_memory(error);
    }
    config.output.colorspace = info->channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = state->pixels;
    config.output.u.RGBA.stride = (int)reader->row_bytes;
    config.output.u.RGBA.size = info->height * reader->row_bytes;
    const VP8StatusCode code = WebPDecode(state->file.data, state->file.size, &config);
    WebPFreeDecBuffer(&config.output);
    if (code == VP8_STATUS_OUT_OF_MEMORY) {
        return bswz_no_memory(error);
    }
    if (code != VP8_STATUS_OK) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "WebP: the pixels are damaged");
    }
    return BSWZ_OK;
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    struct webp_reading *state = reader->state;
    if (state->pixels == NULL) {
        enum bswz_status status = decode(reader, error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    memcpy(rows, state->pixels + reader->next_row * reader->row_bytes, count * reader->row_bytes);
    return BSWZ_OK;
}

static void close_reader(struct picture_reader *reader) {
    struct webp_reading *state = reader->state;
    if (state != NULL) {
        free(state->pixels);
        free(state->file.data);
        free(state);
    }
}

const struct picture_reader_methods picture_webp_reader = {open_reader, read_rows, NULL, close_reader};
