/* SPDX-License-Identifier: MIT */
/*
 * Missing pixels (loss.h).
 */
#include "image/loss.h"

#include <string.h>

void pixel_loss_add(struct pixel_loss *loss, const struct pixel_loss *more) {
    loss->guessed += more->guessed;
    loss->unknown += more->unknown;
}

void pixel_loss_scale(struct pixel_loss *loss, unsigned scale) {
    const uint64_t part = ((uint64_t)1 << 2 * scale) - 1; /* rounded up, so that something remains */
    loss->guessed = (loss->guessed + part) >> 2 * scale;
    loss->unknown = (loss->unknown + part) >> 2 * scale;
}

void picture_fill_unknown(const struct picture_info *info, uint8_t *samples, size_t pixels) {
    const unsigned channels = info->channels;
    const size_t pixel_bytes = channels * (info->depth / 8u);
    for (unsigned c = 0; c < channels && pixels > 0; c++) {
        const bool is_alpha = channels % 2 == 0 && c == channels - 1;
        const unsigned value = is_alpha ? info->maxval : info->indexed ? 0 : (info->maxval + 1u) / 2;
        if (info->depth == 16) {
            samples[2 * c] = (uint8_t)value;
            samples[2 * c + 1] = (uint8_t)(value >> 8);
        } else {
            samples[c] = (uint8_t)value;
        }
    }
    for (size_t done = 1; done < pixels;) { /* doubles in each step */
        const size_t more = done < pixels - done ? done : pixels - done;
        memcpy(samples + done * pixel_bytes, samples, more * pixel_bytes);
        done += more;
    }
}
