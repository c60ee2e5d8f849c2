/*
 * Lossless WebP bitstreams (webp.h), by libwebp.
 */
#include "stream/webp.h"

#include "allocate.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

#define RIFF_BYTES 20 /* "RIFF", size, "WEBP", "VP8L", size */
#define BITSTREAM_LEAST 12 /* libwebp writes shorter ones, and does not read them */
#define PIXELS_MAX ((uint64_t)1 << 28) /* what the decoder's int arithmetic is safe with, four bytes each */

bool webp_holds(uint32_t width, uint32_t rows) {
    return width <= WEBP_MAX_DIMENSION && rows <= WEBP_MAX_DIMENSION && (uint64_t)width * rows < PIXELS_MAX;
}

static enum bswz_status no_memory(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
}

/* libwebp's effort, 0 ... 9, of which the last takes ten times as long as the one before. Below 6 it is
 * quicker and, on screenshots, up to a half larger: no level wants that. */
static int effort_of(int level) {
    static const int efforts[9] = {6, 6, 6, 6, 6, 6, 7, 8, 9};
    return efforts[level - 1];
}

static void fill_pixels(const uint8_t *samples, size_t count, unsigned channels, uint32_t *argb) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *pixel = samples + i * channels;
        const uint32_t alpha = channels == 2 ? pixel[1] : channels == 4 ? pixel[3] : 255;
        const uint32_t colours = channels < 3 ? (uint32_t)pixel[0] << 8
                                              : (uint32_t)pixel[0] << 16 | (uint32_t)pixel[1] << 8 | pixel[2];
        argb[i] = alpha << 24 | colours;
    }
}

/* The contents of the VP8L chunk, which is the file's only one. */
static enum bswz_status append_bitstream(const WebPMemoryWriter *file, struct byte_buffer *out,
                                         struct bswz_error *error) {
    if (file->size < RIFF_BYTES || memcmp(file->mem + 12, "VP8L", 4) != 0) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "libwebp wrote something else than a lossless picture");
    }
    const uint8_t *size = file->mem + 16;
    const uint32_t length = size[0] | (uint32_t)size[1] << 8 | (uint32_t)size[2] << 16 | (uint32_t)size[3] << 24;
    if (length > file->size - RIFF_BYTES) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "libwebp wrote a broken file");
    }
    return length < BITSTREAM_LEAST ? BSWZ_OK : byte_buffer_append(out, file->mem + RIFF_BYTES, length, error);
}

enum bswz_status webp_band_encode(const uint8_t *samples, uint32_t width, uint32_t rows, unsigned channels, int level,
                                  struct byte_buffer *out, struct bswz_error *error) {
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter file;
    if (!WebPConfigInit(&config) || !WebPConfigLosslessPreset(&config, effort_of(level)) ||
        !WebPPictureInit(&picture)) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "libwebp is not the one this program was built for");
    }
    config.exact = 1;
    picture.use_argb = 1;
    picture.width = (int)width;
    picture.height = (int)rows;
    if (!WebPPictureAlloc(&picture)) {
        return no_memory(error);
    }
    for (uint32_t y = 0; y < rows; y++) {
        fill_pixels(samples + (size_t)y * width * channels, width, channels,
                    picture.argb + (ptrdiff_t)y * picture.argb_stride);
    }
    WebPMemoryWriterInit(&file);
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &file;
    enum bswz_status status;
    if (WebPEncode(&config, &picture)) {
        status = append_bitstream(&file, out, error);
    } else { /* the picture is within the limits and nobody aborts: memory is all that can be wrong */
        status = no_memory(error);
    }
    WebPMemoryWriterClear(&file);
    WebPPictureFree(&picture);
    return status;
}

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame of WebP is damaged");
}

/* Decode to RGB or RGBA bytes; *known: the rows that have been. partly: an end that comes early, or damage, is no error. */
static enum bswz_status decode(const uint8_t *bytes, size_t size, uint32_t width, uint32_t rows, unsigned channels,
                               uint8_t *pixels, bool partly, uint32_t *known, struct bswz_error *error) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return bswz_fail(error, BSWZ_ERROR_MACHINE, "libwebp is not the one this program was built for");
    }
    config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)(width * channels);
    config.output.u.RGBA.size = (size_t)width * channels * rows;
    *known = rows;
    VP8StatusCode code;
    if (partly) {
        WebPIDecoder *decoder = WebPIDecode(NULL, 0, &config);
        int last_row = 0;
        if (decoder == NULL) {
            return no_memory(error);
        }
        code = WebPIAppend(decoder, bytes, size);
        const bool begun = WebPIDecGetRGB(decoder, &last_row, NULL, NULL, NULL) != NULL;
        *known = begun && last_row > 0 ? (uint32_t)last_row < rows ? (uint32_t)last_row : rows : 0;
        WebPIDelete(decoder);
        code = code == VP8_STATUS_OUT_OF_MEMORY ? code : VP8_STATUS_OK;
    } else {
        code = WebPDecode(bytes, size, &config);
    }
    WebPFreeDecBuffer(&config.output);
    if (code == VP8_STATUS_OUT_OF_MEMORY) {
        return no_memory(error);
    }
    return code == VP8_STATUS_OK ? BSWZ_OK : damaged(error);
}

static enum bswz_status decode_band(const uint8_t *bytes, size_t size, uint32_t width, uint32_t rows,
                                    unsigned channels, uint8_t *samples, bool partly, uint32_t *known,
                                    struct bswz_error *error) {
    WebPBitstreamFeatures features;
    *known = 0;
    /* a container would pass libwebp, too: the signature makes sure of a bare bitstream */
    if (!webp_holds(width, rows) || size < 5 || bytes[0] != 0x2f ||
        WebPGetFeatures(bytes, size, &features) != VP8_STATUS_OK || features.format != 2 ||
        (uint32_t)features.width != width || (uint32_t)features.height != rows) {
        return partly ? BSWZ_OK : damaged(error);
    }
    if (channels > 2) {
        return decode(bytes, size, width, rows, channels, samples, partly, known, error);
    }
    uint8_t *pixels = bswz_allocate((size_t)width * rows, 4);
    if (pixels == NULL) {
        return no_memory(error);
    }
    const enum bswz_status status = decode(bytes, size, width, rows, 4, pixels, partly, known, error);
    const size_t count = (size_t)width * *known;
    for (size_t i = 0; i < count && status == BSWZ_OK; i++) {
        samples[i * channels] = pixels[4 * i + 1];
        if (channels == 2) {
            samples[2 * i + 1] = pixels[4 * i + 3];
        }
    }
    free(pixels);
    return status;
}

enum bswz_status webp_band_decode(const uint8_t *bytes, size_t size, uint32_t width, uint32_t rows, unsigned channels,
                                  uint8_t *samples, struct bswz_error *error) {
    uint32_t known;
    return decode_band(bytes, size, width, rows, channels, samples, false, &known, error);
}

enum bswz_status webp_band_decode_part(const uint8_t *bytes, size_t size, uint32_t width, uint32_t rows,
                                       unsigned channels, uint8_t *samples, uint32_t *known,
                                       struct bswz_error *error) {
    return decode_band(bytes, size, width, rows, channels, samples, true, known, error);
}
