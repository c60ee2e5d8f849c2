/*
 * Estimates of memory (memory.h).
 */
#include "container/memory.h"

/* What a pixel of a band costs in addition to its samples: planes, exceptions, the decoders' own; encoding, what
 * the search for a JPEG's coefficients needs. */
#define OVERHEAD_DECODING 16
#define OVERHEAD_ENCODING 28
/* How often its samples are held: being decoded and reduced, waiting to be written, being written. */
#define COPIES_DECODING 4
/* Being coded and reduced; with a reader, two more bands wait or are being filled. */
#define COPIES_ENCODING 2
#define COPIES_AHEAD 2

/* What prediction sample by sample remembers: of each channel's columns, and at all. */
#define COLUMN_PREDICTED 84
#define PREDICTED ((uint64_t)12 << 20)

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

/* Its samples, half as much again where they are reduced, colours without alpha, and for each pixel planes, what is
 * known of them, and coded data. */
uint64_t memory_of_band(const struct picture_info *info, uint32_t band_rows) {
    const uint64_t samples = info->channels * (info->depth / 8u), apart = info->channels % 2 == 0 ? info->channels : 0;
    return (uint64_t)info->width * band_rows * (samples + (samples + 1) / 2 + apart + 8);
}
