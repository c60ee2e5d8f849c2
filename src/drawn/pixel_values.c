/* SPDX-License-Identifier: MIT */
/*
 * Values of pixels (pixel_values.h):
 *
 *     is there a palette (1 bit)? the palette, or what each channel is (2 bits), with its constant (8), and for indices
 *     their bound less 1 (8)
 */
#include "drawn/pixel_values.h"

enum { CHANNEL_KEPT, CHANNEL_CONSTANT, CHANNEL_LIKE_FIRST };

static void find_channels(struct pixel_values *values, const uint8_t *samples, size_t pixels) {
    const unsigned channels = values->channels;
    for (unsigned c = 0; c < channels; c++) {
        bool is_constant = true, is_like_first = c > 0;
        for (size_t i = 0; i < pixels && (is_constant || is_like_first); i++) {
            is_constant &= samples[i * channels + c] == samples[c];
            is_like_first &= samples[i * channels + c] == samples[i * channels];
        }
        values->kinds[c] = is_constant ? CHANNEL_CONSTANT : is_like_first ? CHANNEL_LIKE_FIRST : CHANNEL_KEPT;
        values->constants[c] = samples[c];
    }
}

/* A palette takes some bytes for each colour, and with its numbers the samples of a new colour cannot be predicted from
 * those around it. */
static bool palette_pays(uint32_t count, size_t pixels, unsigned channels) {
    enum { FEW = 32, OFTEN = 128 };
    return count <= 2 || (count <= pixels / 4 && (channels == 1 || count <= FEW || count <= pixels / OFTEN));
}

/* Use a palette, or, for indexed pictures, a bound on the numbers if that saves bits. */
void pixel_values_find(struct pixel_values *values, const uint8_t *samples, size_t pixels, unsigned channels,
                       bool is_indexed) {
    values->channels = channels;
    values->has_palette = palette_find(&values->palette, samples, pixels, channels);
    const uint32_t count = values->palette.count;
    const uint32_t largest = values->palette.colours[count - 1];
    if (channels == 1 && count > 2) {
        values->has_palette = is_indexed ? largest + 1 > 2 * count : count <= 64;
        values->colours = largest + 1;
    }
    values->has_palette &= palette_pays(count, pixels, channels);
    find_channels(values, samples, pixels);
}

static void code_channels(struct pixel_values *values, struct decisions *decisions) {
    values->kept = 0;
    for (unsigned c = 0; c < values->channels; c++) {
        values->kinds[c] = (uint8_t)decide_number(decisions, values->kinds[c], 2);
        if (values->kinds[c] == CHANNEL_CONSTANT) {
            values->constants[c] = (uint8_t)decide_number(decisions, values->constants[c], 8);
        } else if (values->kinds[c] != CHANNEL_LIKE_FIRST) {
            values->place[values->kept++] = c;
        }
    }
    decisions->is_damaged |= values->kept == 0;
}

void pixel_values_code(struct pixel_values *values, struct decisions *decisions, unsigned channels, bool is_indexed) {
    values->channels = channels;
    values->has_palette = decide_number(decisions, values->has_palette, 1);
    if (values->has_palette) {
        palette_code(&values->palette, decisions, channels);
        palette_index(&values->palette);
        values->colours = values->palette.count;
    } else {
        code_channels(values, decisions);
        values->colours = is_indexed ? decide_number(decisions, values->colours - 1, 8) + 1 : 0;
    }
}

void pixel_values_take(const struct pixel_values *values, const uint8_t *samples, uint32_t count, uint32_t *out) {
    const unsigned channels = values->channels;
    if (values->has_palette) {
        uint32_t colour = pack_pixel(samples, channels), number = palette_number(&values->palette, colour);
        for (uint32_t k = 0; k < count; k++) {
            const uint32_t here = pack_pixel(samples + (size_t)k * channels, channels);
            number = here == colour ? number : palette_number(&values->palette, here);
            out[k] = number;
            colour = here;
        }
        return;
    }
    for (unsigned i = 0; i < values->kept; i++) {
        const uint8_t *plane = samples + values->place[i];
        for (uint32_t k = 0; k < count; k++) {
            out[k] = (i > 0 ? out[k] : 0) | (uint32_t)plane[(size_t)k * channels] << 8 * i;
        }
    }
}

void pixel_values_take_other(const struct pixel_values *values, const uint8_t *samples, uint32_t count, uint32_t *out) {
    pixel_values_take(values, samples, count, out);
    for (uint32_t k = 0; k < count && values->colours != 0; k++) {
        out[k] = out[k] < values->colours ? out[k] : 0;
    }
}

void pixel_values_put(const struct pixel_values *values, const uint32_t *in, uint32_t count, uint8_t *samples) {
    const unsigned channels = values->channels;
    if (values->has_palette) {
        for (uint32_t k = 0; k < count; k++) {
            unpack_pixel(values->palette.colours[in[k]], samples + (size_t)k * channels, channels);
        }
        return;
    }
    for (unsigned c = 0, i = 0; c < channels; c++) {
        const bool is_kept = values->kinds[c] != CHANNEL_CONSTANT && values->kinds[c] != CHANNEL_LIKE_FIRST;
        for (uint32_t k = 0; k < count; k++) {
            uint8_t *pixel = samples + (size_t)k * channels;
            pixel[c] = is_kept                                ? (uint8_t)(in[k] >> 8 * i)
                       : values->kinds[c] == CHANNEL_CONSTANT ? values->constants[c]
                                                              : pixel[0];
        }
        i += is_kept;
    }
}
