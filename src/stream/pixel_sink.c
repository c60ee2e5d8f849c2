/* SPDX-License-Identifier: MIT */
/*
 * Pixels for the caller (pixel_sink.h).
 */
#include "stream/pixel_sink.h"

#include "base/allocate.h"
#include "image/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void pixel_sink_open(struct pixel_sink *sink, struct bswz_pixels *pixels, uint64_t memory_limit) {
    *sink = (struct pixel_sink){
        .first = pixels->first_row, .rows = pixels->height, .memory_limit = memory_limit, .pixels = pixels};
}

void pixel_sink_close(struct pixel_sink *sink) {
    free(sink->row);
}

bool pixel_sink_wants(const struct pixel_sink *sink, uint32_t first, uint32_t end) {
    return end > sink->first && end > first && (sink->rows == 0 || first < (uint64_t)sink->first + sink->rows);
}

enum bswz_status pixel_sink_refuse(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "the stream is not a single picture with pixels");
}

/* Fill in what the caller has left open, and check the rest. */
static enum bswz_status settle_size(const struct pixel_sink *sink, struct bswz_error *error) {
    struct bswz_pixels *pixels = sink->pixels;
    const struct picture_info *info = &sink->info;
    if (pixels->first_row >= info->height || pixels->height > info->height - pixels->first_row ||
        (pixels->width != 0 && pixels->width != info->width)) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "the picture is %" PRIu32 " x %" PRIu32 " pixels large",
                         info->width, info->height);
    }
    pixels->width = info->width;
    pixels->height = pixels->height != 0 ? pixels->height : info->height - pixels->first_row;
    return BSWZ_OK;
}

static enum bswz_status settle_samples(const struct pixel_sink *sink, struct bswz_error *error) {
    struct bswz_pixels *pixels = sink->pixels;
    const struct picture_info *info = &sink->info;
    pixels->maxval = pixels->bits == 0 ? info->maxval : pixels->bits == 8 ? 255 : 65535;
    pixels->bits = pixels->bits != 0 ? pixels->bits : info->depth;
    pixels->channels = pixels->channels != 0 ? pixels->channels : info->channels;
    if (pixels->channels < 3 && info->channels >= 3) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "the picture has colours, and does not become grey");
    }
    return BSWZ_OK;
}

static enum bswz_status settle_memory(const struct pixel_sink *sink, struct bswz_error *error) {
    struct bswz_pixels *pixels = sink->pixels;
    const uint64_t row_bytes = (uint64_t)pixels->width * pixels->channels * (pixels->bits / 8u);
    const uint64_t stride = pixels->stride != 0 ? pixels->stride : row_bytes;
    if (stride < row_bytes) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "a row takes %" PRIu64 " bytes", row_bytes);
    }
    if (stride > SIZE_MAX) {
        return bswz_no_memory(error);
    }
    pixels->stride = (size_t)stride;
    if (pixels->samples != NULL) {
        return BSWZ_OK;
    }
    if (stride > sink->memory_limit / pixels->height) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT,
                         "%" PRIu32 " rows of %" PRIu64 " bytes take more than the limit of %" PRIu64 " MiB of memory",
                         pixels->height, stride, sink->memory_limit >> 20);
    }
    pixels->samples = bswz_allocate_zero(pixels->height, (size_t)stride);
    return pixels->samples != NULL ? BSWZ_OK : bswz_no_memory(error);
}

enum bswz_status pixel_sink_begin(struct pixel_sink *sink, const struct picture_info *info,
                                  const struct byte_buffer *head, struct bswz_error *error) {
    if (sink->is_begun) {
        return pixel_sink_refuse(error);
    }
    sink->is_begun = true;
    enum bswz_status status = picture_check_info(info, &sink->source_row_bytes, error);
    if (status == BSWZ_OK) {
        status = picture_convert_plan(PICTURE_RAW, info, head, &sink->conversion, &sink->info, error);
    }
    if (status == BSWZ_OK && sink->info.indexed) {
        status = bswz_fail(error, BSWZ_ERROR_FORMAT, "a palette picture without a palette");
    }
    if (status == BSWZ_OK) {
        status = settle_size(sink, error);
    }
    if (status == BSWZ_OK) {
        status = settle_samples(sink, error);
    }
    if (status == BSWZ_OK) {
        status = settle_memory(sink, error);
    }
    if (status != BSWZ_OK || !picture_converts(&sink->conversion)) {
        return status;
    }
    sink->row = bswz_allocate(sink->info.width, (size_t)sink->info.channels * (sink->info.depth / 8u));
    return sink->row != NULL ? BSWZ_OK : bswz_no_memory(error);
}

static inline uint32_t load_sample(const uint8_t *from, size_t at, bool is_wide) {
    return is_wide ? load_little_16(from + 2 * at) : from[at];
}

static inline void store_sample(void *to, size_t at, bool is_wide, uint32_t value) {
    const uint16_t sample = (uint16_t)value;
    if (is_wide) {
        memcpy((uint8_t *)to + 2 * at, &sample, 2);
    } else {
        ((uint8_t *)to)[at] = (uint8_t)value;
    }
}

/* Which channel of the picture becomes a channel of the pixels; -1: it is opaque. */
static int channel_for(unsigned channel, unsigned from, unsigned to) {
    const bool is_alpha = to % 2 == 0 && channel == to - 1;
    if (is_alpha) {
        return from % 2 == 0 ? (int)from - 1 : -1;
    }
    return from >= 3 ? (int)channel : 0;
}

/* Scale a sample to the caller's range, rounded. Both ranges have at most 16 bits. */
static inline uint32_t scaled(uint32_t value, uint32_t from, uint32_t to) {
    const uint32_t most = value < from ? value : from;
    return (uint32_t)(((uint64_t)most * to * 2 + from) / ((uint64_t)from * 2));
}

static void convert_channels(const struct pixel_sink *sink, const uint8_t *from, void *to) {
    const struct bswz_pixels *pixels = sink->pixels;
    const struct picture_info *info = &sink->info;
    const bool wide_in = info->depth == 16, wide_out = pixels->bits == 16;
    const bool is_scaled = pixels->maxval != info->maxval;
    if (!wide_in && !wide_out && !is_scaled && pixels->channels == info->channels) {
        memcpy(to, from, (size_t)info->width * info->channels);
        return;
    }
    for (unsigned channel = 0; channel < pixels->channels; channel++) {
        const int source = channel_for(channel, info->channels, pixels->channels);
        for (uint32_t x = 0; x < info->width; x++) {
            uint32_t value = pixels->maxval;
            if (source >= 0) {
                value = load_sample(from, (size_t)x * info->channels + (unsigned)source, wide_in);
                value = is_scaled ? scaled(value, info->maxval, pixels->maxval) : value;
            }
            store_sample(to, (size_t)x * pixels->channels + channel, wide_out, value);
        }
    }
}

enum bswz_status pixel_sink_rows(struct pixel_sink *sink, const uint8_t *rows, uint32_t count,
                                 struct bswz_error *error) {
    const struct bswz_pixels *pixels = sink->pixels;
    if (!sink->is_begun || count > sink->info.height - sink->next_row) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a picture has more rows than its header says");
    }
    const uint32_t first = sink->next_row;
    sink->next_row += count;
    for (uint32_t i = 0; i < count && rows != NULL; i++) {
        if (pixel_sink_wants(sink, first + i, first + i + 1)) {
            const uint8_t *row = rows + i * sink->source_row_bytes;
            if (sink->row != NULL) {
                picture_convert(&sink->conversion, row, sink->row, sink->info.width);
                row = sink->row;
            }
            convert_channels(sink, row, (uint8_t *)pixels->samples + (first + i - sink->first) * pixels->stride);
        }
    }
    return BSWZ_OK;
}
