/* SPDX-License-Identifier: MIT */
/*
 * Estimates of memory (memory.h).
 */
#include "container/memory.h"

/* Bytes per pixel of a band, in addition to its samples: planes, exceptions, the memory of decoders, above all the sums of four
 * views of coefficients; for encoding, the search for these. */
#define OVERHEAD_DECODING 32
#define OVERHEAD_ENCODING 44
/* Copies of the samples: being decoded and reduced, waiting to be written, being written, and kept for later. */
#define COPIES_DECODING 5
/* Copies being coded and reduced; with a reader, two more bands are waiting or being filled. */
#define COPIES_ENCODING 2
#define COPIES_AHEAD 2

/* The memory of the coder for deep samples: per column of each channel, and a constant part. */
#define COLUMN_PREDICTED 84
#define PREDICTED ((uint64_t)14 << 20)

static uint64_t memory_for(const struct picture_info *info, uint32_t band_rows, unsigned copies, unsigned overhead) {
    const uint64_t pixels = (uint64_t)info->width * band_rows; /* below 2^31 */
    const uint64_t predicted =
        info->indexed ? 0 : PREDICTED + (uint64_t)info->width * info->channels * COLUMN_PREDICTED;
    return pixels * (copies * info->channels * (info->depth / 8u) + overhead) + predicted;
}

uint64_t memory_to_decode(const struct picture_info *info, uint32_t band_rows) {
    return memory_for(info, band_rows, COPIES_DECODING, OVERHEAD_DECODING);
}

uint64_t memory_to_encode(const struct picture_info *info, uint32_t band_rows, bool read_ahead) {
    return memory_for(info, band_rows, COPIES_ENCODING + (read_ahead ? COPIES_AHEAD : 0), OVERHEAD_ENCODING);
}

/* Its samples, half as much again if they are reduced, colours without alpha, and for each pixel planes, the map of
 * known pixels, and coded data. */
uint64_t memory_of_band(const struct picture_info *info, uint32_t band_rows) {
    const uint64_t samples = info->channels * (info->depth / 8u), apart = info->channels % 2 == 0 ? info->channels : 0;
    return (uint64_t)info->width * band_rows * (samples + (samples + 1) / 2 + apart + 8);
}
