/* SPDX-License-Identifier: MIT */
/*
 * Reduction of samples to bytes (reduction.h).
 *
 * The data of each kind, in front of the coded samples:
 *
 *     REPEAT   nothing
 *     TABLES a sized blob: for each channel the number of its values minus one (a byte), the first
 *              value (a varint), and the difference between each further value and the one before, minus one (varints)
 *     SPLIT    a blob: the lower bits of all samples in their order, bits(maxval) - 8 each, the first sample in
 *              the lowest bits of the first byte; the last byte is filled up with zeros
 */
#include "band/reduction.h"

#include "base/allocate.h"
#include "image/scaled.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_LARGEST 256
/* The varints of the largest table and the number of its values. */
#define TABLES_MAX ((size_t)4 * (1 + 256 * 3))

/* With fewer pixels, gaps in the histogram mean nothing. */
#define FEWEST_PIXELS 16384
/* Gaps are worth it if a smooth histogram would have one in ENOUGH_GAPS pixels there: 1/32 saves about 0.04 bits per
 * sample. */
#define ENOUGH_GAPS 32

static unsigned load_16(const uint8_t *bytes) {
    return bytes[0] | (unsigned)bytes[1] << 8;
}

static void store_16(uint8_t *bytes, unsigned value) {
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

/* An unused value between used ones counts as many pixels as the rarer of the two
 * used values around it. */
static uint64_t missing_pixels(const uint32_t counts[256]) {
    uint64_t missing = 0;
    int last = -1;
    for (int value = 0; value < 256; value++) {
        if (counts[value] == 0) {
            continue;
        }
        if (last >= 0) {
            const uint32_t rarer = counts[last] < counts[value] ? counts[last] : counts[value];
            missing += (uint64_t)(value - last - 1) * rarer;
        }
        last = value;
    }
    return missing;
}

bool reduction_has_gaps(const uint8_t *samples, size_t pixels, unsigned channels) {
    if (pixels < FEWEST_PIXELS) {
        return false;
    }
    uint64_t missing = 0;
    const unsigned colours = channels > 2 ? 3 : 1;
    for (unsigned channel = 0; channel < colours; channel++) {
        uint32_t counts[256] = {0};
        for (size_t i = 0; i < pixels; i++) {
            counts[samples[i * channels + channel]]++;
        }
        missing += missing_pixels(counts);
    }
    return missing * ENOUGH_GAPS >= (uint64_t)pixels * colours;
}

/* ---- tables ---- */

/* Which values a channel uses, a bit for each; returns their number, or any number above TABLE_LARGEST. bytes: per
 * sample. */
static unsigned count_values(const uint8_t *samples, size_t pixels, unsigned channel, unsigned channels, unsigned bytes,
                             uint8_t used[65536 / 8]) {
    unsigned count = 0;
    memset(used, 0, 65536 / 8);
    for (size_t i = channel; i < pixels * channels && count <= TABLE_LARGEST; i += channels) {
        const unsigned value = bytes == 1 ? samples[i] : load_16(samples + 2 * i);
        count += (used[value / 8] >> value % 8 & 1) == 0;
        used[value / 8] |= (uint8_t)(1 << value % 8);
    }
    return count;
}

/* The values that each channel uses. bytes: per sample. false: a channel has more than TABLE_LARGEST. */
static bool collect_values(const uint8_t *samples, size_t pixels, unsigned channels, unsigned bytes,
                           struct reduction_tables *tables) {
    for (unsigned channel = 0; channel < channels; channel++) {
        uint8_t used[65536 / 8];
        unsigned count = count_values(samples, pixels, channel, channels, bytes, used);
        if (count > TABLE_LARGEST) {
            return false;
        }
        tables->counts[channel] = count;
        count = 0;
        for (unsigned value = 0; value < 65536; value++) {
            if ((used[value / 8] >> value % 8 & 1) != 0) {
                tables->values[channel][count++] = (uint16_t)value;
            }
        }
    }
    return true;
}

static enum bswz_status put_tables(const struct reduction_tables *tables, unsigned channels, int level,
                                   struct byte_buffer *data, struct bswz_error *error) {
    struct byte_buffer plain = {0};
    enum bswz_status status = BSWZ_OK;
    for (unsigned channel = 0; channel < channels && status == BSWZ_OK; channel++) {
        const uint16_t *values = tables->values[channel];
        status = put_8(&plain, tables->counts[channel] - 1, error);
        for (unsigned i = 0; i < tables->counts[channel] && status == BSWZ_OK; i++) {
            status = put_varint(&plain, i == 0 ? values[0] : values[i] - values[i - 1] - 1u, error);
        }
    }
    if (status == BSWZ_OK) {
        status = put_sized_blob(data, &plain, level, error);
    }
    free(plain.data);
    return status;
}

static enum bswz_status take_tables(struct cursor *payload, unsigned channels, struct reduction_tables *tables,
                                    struct bswz_error *error) {
    struct byte_buffer plain = {0};
    enum bswz_status status = take_sized_blob(payload, TABLES_MAX, &plain, error);
    struct cursor cursor = {.bytes = plain.data, .size = plain.size};
    bool sound = status == BSWZ_OK;
    for (unsigned channel = 0; channel < channels && sound; channel++) {
        uint8_t count;
        uint32_t next = 0;
        sound = take_8(&cursor, &count);
        tables->counts[channel] = sound ? count + 1u : 0;
        for (unsigned i = 0; i < tables->counts[channel] && sound; i++) {
            uint32_t step;
            sound = next <= 65535 && take_varint_32(&cursor, 65535 - next, &step);
            if (sound) {
                tables->values[channel][i] = (uint16_t)(next + step);
                next += step + 1;
            }
        }
    }
    sound = sound && cursor_left(&cursor) == 0;
    free(plain.data);
    if (status == BSWZ_OK && !sound) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "a table of sample values is damaged");
    }
    return status;
}

static void look_up(const uint8_t *samples, size_t pixels, unsigned channels, unsigned bytes,
                    const struct reduction_tables *tables, uint8_t *reduced) {
    for (unsigned channel = 0; channel < channels; channel++) {
        uint8_t index[65536];
        for (unsigned i = 0; i < tables->counts[channel]; i++) {
            index[tables->values[channel][i]] = (uint8_t)i;
        }
        for (size_t i = channel; i < pixels * channels; i += channels) {
            reduced[i] = index[bytes == 1 ? samples[i] : load_16(samples + 2 * i)];
        }
    }
}

/* ---- split ---- */

static unsigned low_bits(const struct picture_info *info) {
    return bit_width(info->maxval) - 8;
}

static size_t low_size(const struct picture_info *info, size_t count) {
    return (size_t)(((uint64_t)count * low_bits(info) + 7) / 8);
}

static enum bswz_status split(const struct picture_info *info, const uint8_t *samples, size_t count, int level,
                              struct reduction *reduction, struct bswz_error *error) {
    const unsigned bits = low_bits(info);
    const size_t size = low_size(info, count);
    uint8_t *packed = bswz_allocate(size, 1);
    if (packed == NULL) {
        return bswz_no_memory(error);
    }
    uint32_t pending = 0;
    unsigned filled = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned sample = load_16(samples + 2 * i);
        reduction->samples[i] = (uint8_t)(sample >> bits);
        pending |= (sample & ((1u << bits) - 1)) << filled;
        for (filled += bits; filled >= 8; filled -= 8) {
            packed[at++] = (uint8_t)pending;
            pending >>= 8;
        }
    }
    if (filled > 0) {
        packed[at++] = (uint8_t)pending;
    }
    const enum bswz_status status = put_blob(&reduction->data, packed, size, level, error);
    free(packed);
    return status;
}

/* The lower bits, 1 ... 8 of them, of sample number i. */
static unsigned low_at(const struct byte_buffer *low, unsigned bits, size_t i) {
    const uint64_t bit = (uint64_t)i * bits;
    const size_t at = (size_t)(bit / 8);
    const unsigned next = at + 1 < low->size ? low->data[at + 1] : 0;
    return (low->data[at] | next << 8) >> bit % 8 & ((1u << bits) - 1);
}

static void join(const struct picture_info *info, const struct byte_buffer *low, uint32_t rows, unsigned scale,
                 const uint8_t *reduced, uint8_t *samples) {
    const unsigned bits = low_bits(info);
    const size_t channels = info->channels, step = (size_t)1 << scale;
    for (size_t y = 0; y < rows; y += step) {
        for (size_t x = 0; x < info->width; x += step) {
            for (size_t c = 0; c < channels; c++, samples += 2) {
                store_16(samples,
                         (unsigned)*reduced++ << bits | low_at(low, bits, (y * info->width + x) * channels + c));
            }
        }
    }
}

/* ---- all kinds ---- */

static bool is_repeated(const uint8_t *samples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (samples[2 * i] != samples[2 * i + 1]) {
            return false;
        }
    }
    return true;
}

bool reduction_is_disguise(const struct picture_info *info, const uint8_t *samples, size_t pixels) {
    if (is_repeated(samples, pixels * info->channels)) {
        return true;
    }
    for (unsigned channel = 0; channel < info->channels; channel++) {
        uint8_t used[65536 / 8];
        if (count_values(samples, pixels, channel, info->channels, 2, used) > TABLE_LARGEST) {
            return false;
        }
    }
    return true;
}

size_t reduction_samples(const struct picture_info *info, size_t pixels) {
    return pixels * info->channels;
}

enum bswz_status reduction_apply(const struct picture_info *info, const uint8_t *samples, size_t pixels, bool tables,
                                 int level, struct reduction *reduction, struct bswz_error *error) {
    const size_t count = reduction_samples(info, pixels);
    const unsigned bytes = info->depth / 8u;
    *reduction = (struct reduction){0};
    if (bytes == 1 && !tables) {
        reduction->samples = (uint8_t *)(uintptr_t)samples; /* borrowed, and never written to */
        return BSWZ_OK;
    }
    struct reduction_tables *values = bswz_allocate_zero(1, sizeof *values);
    reduction->samples = bswz_allocate(count, 1);
    reduction->is_owned = true;
    enum bswz_status status = BSWZ_OK;
    if (values == NULL || reduction->samples == NULL) {
        status = bswz_no_memory(error);
    } else if (bytes == 2 && is_repeated(samples, count)) {
        reduction->kind = REDUCTION_REPEAT;
        for (size_t i = 0; i < count; i++) {
            reduction->samples[i] = samples[2 * i];
        }
    } else if (collect_values(samples, pixels, info->channels, bytes, values)) {
        reduction->kind = REDUCTION_TABLES;
        look_up(samples, pixels, info->channels, bytes, values, reduction->samples);
        status = put_tables(values, info->channels, level, &reduction->data, error);
    } else {
        reduction->kind = REDUCTION_SPLIT;
        status = split(info, samples, count, level, reduction, error);
    }
    free(values);
    if (status != BSWZ_OK) {
        reduction_free(reduction);
    }
    return status;
}

void reduction_free(struct reduction *reduction) {
    if (reduction->is_owned) {
        free(reduction->samples);
    }
    free(reduction->data.data);
    *reduction = (struct reduction){0};
}

enum bswz_status reduction_take(enum frame_reduction kind, const struct picture_info *info, size_t pixels,
                                struct cursor *payload, struct reduction_tables *tables, struct bswz_error *error) {
    if (kind != REDUCTION_TABLES && info->depth == 8) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a frame header is damaged");
    }
    if (kind == REDUCTION_TABLES) {
        return take_tables(payload, info->channels, tables, error);
    }
    if (kind == REDUCTION_REPEAT) {
        return BSWZ_OK;
    }
    const size_t size = low_size(info, reduction_samples(info, pixels));
    tables->low.data = bswz_allocate(size, 1);
    if (tables->low.data == NULL) {
        return bswz_no_memory(error);
    }
    tables->low.size = size;
    return take_blob(payload, tables->low.data, size, error);
}

enum bswz_status reduction_undo(enum frame_reduction kind, const struct picture_info *info, uint32_t rows,
                                unsigned scale, const struct reduction_tables *tables, const uint8_t *reduced,
                                uint8_t *samples, struct bswz_error *error) {
    const size_t count =
        reduction_samples(info, (size_t)picture_scaled_side(info->width, scale) * picture_scaled_side(rows, scale));
    if (kind == REDUCTION_REPEAT) {
        for (size_t i = 0; i < count; i++) {
            samples[2 * i] = samples[2 * i + 1] = reduced[i];
        }
        return BSWZ_OK;
    }
    if (kind == REDUCTION_SPLIT) {
        join(info, &tables->low, rows, scale, reduced, samples);
        return BSWZ_OK;
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned channel = (unsigned)(i % info->channels);
        if (reduced[i] >= tables->counts[channel]) {
            return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a sample beyond its table of values");
        }
        const unsigned value = tables->values[channel][reduced[i]];
        if (info->depth == 16) {
            store_16(samples + 2 * i, value);
        } else {
            samples[i] = (uint8_t)value;
        }
    }
    return BSWZ_OK;
}
