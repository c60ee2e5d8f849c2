/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the stream share: memory as input and output, and pictures of
 * every kind, drawn here.
 */
#ifndef TEST_STREAM_H
#define TEST_STREAM_H

#include "check.h"

#include "bswz.h"
#include "band/band.h"
#include "stream/compress.h"

#include <stdlib.h>
#include <string.h>

/* ---- input and output in memory ---- */

struct memory_input {
    const uint8_t *bytes;
    size_t size, at;
    size_t step;    /* largest read, 0: any */
    size_t fail_at; /* SIZE_MAX: never */
};

static inline size_t read_memory(void *context, uint8_t *bytes, size_t size) {
    struct memory_input *input = context;
    size_t got = input->size - input->at;
    if (input->at >= input->fail_at) {
        return SIZE_MAX;
    }
    got = got < size ? got : size;
    got = input->step != 0 && got > input->step ? input->step : got;
    if (got > 0) {
        memcpy(bytes, input->bytes + input->at, got);
        input->at += got;
    }
    return got;
}

struct memory_output {
    struct byte_buffer buffer;
    size_t fail_at; /* SIZE_MAX: never */
};

static inline int write_memory(void *context, const uint8_t *bytes, size_t size) {
    struct memory_output *output = context;
    if (output->buffer.size + size > output->fail_at) {
        return -1;
    }
    return byte_buffer_append(&output->buffer, bytes, size, NULL) == BSWZ_OK ? 0 : -1;
}

static const struct bswz_compress_options usual_options = {.size = sizeof usual_options, .level = 5, .threads = 1};

/* Instead of a size of bands: the usual size, for an input that has no work left (band/work_budget.h). */
#define NO_WORK UINT64_MAX

/* Compress with bands of about band_pixels pixels (0: the usual size). out is emptied first. */
static inline enum bswz_status compress(const struct byte_buffer *in, const struct bswz_compress_options *options,
                                        uint64_t band_pixels, struct byte_buffer *out, struct bswz_error *error) {
    struct memory_input input = {in->data, in->size, 0, 0, SIZE_MAX};
    struct memory_output output = {*out, SIZE_MAX};
    output.buffer.size = 0;
    const struct bswz_input source = {read_memory, &input};
    const struct bswz_output target = {write_memory, &output};
    const bool has_work = band_pixels != NO_WORK;
    enum bswz_status status = band_pixels == 0
                                  ? bswz_compress(source, target, options, error)
                                  : compress_in_bands(source, target, options, has_work ? band_pixels : BAND_PIXELS,
                                                      has_work ? 0 : UINT64_MAX / 2, error);
    *out = output.buffer;
    return status;
}

static inline enum bswz_status decompress_with(const struct byte_buffer *in,
                                               const struct bswz_decompress_options *options, struct byte_buffer *out,
                                               struct bswz_error *error) {
    struct memory_input input = {in->data, in->size, 0, 0, SIZE_MAX};
    struct memory_output output = {*out, SIZE_MAX};
    output.buffer.size = 0;
    enum bswz_status status = bswz_decompress((struct bswz_input){read_memory, &input},
                                              (struct bswz_output){write_memory, &output}, options, error);
    *out = output.buffer;
    return status;
}

static inline enum bswz_status decompress_to(const struct byte_buffer *in, enum bswz_target to, unsigned threads,
                                             struct byte_buffer *out, struct bswz_error *error) {
    const struct bswz_decompress_options options = {.size = sizeof options, .threads = threads, .target = to};
    return decompress_with(in, &options, out, error);
}

static inline enum bswz_status decompress(const struct byte_buffer *in, struct byte_buffer *out,
                                          struct bswz_error *error) {
    return decompress_to(in, BSWZ_TO_SOURCE, 1, out, error);
}

static inline bool same(const struct byte_buffer *a, const struct byte_buffer *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static inline void append(struct byte_buffer *buffer, const void *bytes, size_t size) {
    if (byte_buffer_append(buffer, bytes, size, NULL) != BSWZ_OK) {
        abort();
    }
}

/* Append the first size bytes of the buffer to itself. */
static inline void append_again(struct byte_buffer *buffer, size_t size) {
    struct byte_buffer copy = {0};
    append(&copy, buffer->data, size);
    append(buffer, copy.data, size);
    free(copy.data);
}

/* ---- pictures ---- */

enum motif {
    MOTIF_SMOOTH, /* a slope, soft texture, noise: like a photograph to a coder */
    MOTIF_GREY,   /* the same in all colours, opaque */
    MOTIF_CONSTANT,
    MOTIF_FEW,   /* two to four values in blocks */
    MOTIF_DRAWN, /* flat shapes of many values */
    MOTIF_NOISE,
    MOTIF_DISGUISED, /* with 16 bits, 8 bits scaled; with 8 bits, every third value */
    MOTIF_WINDOW     /* pixels of a JPEG file with a strip of two colours next to them; only 8 bits, and not counted in
                      * MOTIFS */
};
#define MOTIFS 7

/* 0 ... range - 1: noise at every second pixel of every second row, interpolated in between. Predicting it takes pixels
 * on both sides, which the model has, but a coder that goes row by row does not. */
static inline unsigned soft_noise(uint32_t x, uint32_t y, unsigned colour, unsigned range) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t column = (x + (i & 1)) / 2, row = (y + (i >> 1)) / 2;
        uint64_t hash = column * 0x9e3779b97f4a7c15u ^ (row + colour * 977ull) * 0xc2b2ae3d27d4eb4fu;
        hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
        sum += (uint32_t)((hash ^ hash >> 32) * 0x94d049bb133111ebu >> 56);
    }
    return (unsigned)((uint64_t)sum * range / (4 * 255 + 1));
}

/* Up and down between 0 and half of maxval, without a step. */
static inline unsigned soft_slope(uint32_t x, uint32_t y, unsigned colour, unsigned maxval) {
    const unsigned at = (unsigned)((x * 3 + y * 2 + colour * 40) * (uint64_t)maxval / 1024 % (maxval + 1u));
    return at > maxval / 2 ? maxval - at : at;
}

/* Red, green or blue, from JFIF colours. All three planes are noisy: RGB takes more than these. */
static inline unsigned jfif_sample(uint32_t x, uint32_t y, unsigned channel) {
    const int luma = (int)(60 + soft_slope(x, y, 0, 100) + soft_noise(x, y, 0, 85));
    const int b = (int)soft_noise(x, y, 1, 40) - 20, r = (int)soft_noise(x, y, 2, 40) - 20;
    const int value = luma + ((channel == 0   ? 91881 * r + 32768
                               : channel == 1 ? 32768 - 22554 * b - 46802 * r
                                              : 116130 * b + 32768) >>
                              16);
    return value < 0 ? 0 : value > 255 ? 255 : (unsigned)value;
}

static inline unsigned sample_of(enum motif motif, uint32_t x, uint32_t y, unsigned channel, unsigned channels,
                                 unsigned maxval, uint64_t *state) {
    const bool is_alpha = channels % 2 == 0 && channel == channels - 1;
    const unsigned colour = motif == MOTIF_GREY ? 0 : channel;
    const uint64_t random = noise(state);
    switch (motif) {
    case MOTIF_GREY:
    case MOTIF_SMOOTH:
        if (is_alpha) {
            return motif == MOTIF_GREY ? maxval : maxval * (x / 5 % 3 > 0);
        }
        if (motif == MOTIF_GREY) {
            return soft_slope(x, y, 0, maxval) + soft_noise(x, y, 0, 1 + maxval / 3);
        }
        return soft_slope(x, y, colour, maxval) + soft_noise(x, y, colour, 1 + maxval / 3) +
               (unsigned)(random % (1 + maxval / 128));
    case MOTIF_CONSTANT: return (maxval - colour * maxval / 8);
    case MOTIF_FEW: return maxval * ((x / 3 + y / 5 + colour) % 4) / 3;
    case MOTIF_DRAWN: return (unsigned)((uint64_t)maxval * ((x / 9 * 31 + y / 11 * 17 + colour * 7) % 64) / 63);
    case MOTIF_DISGUISED:
        if (maxval == 65535) {
            return ((x + y * 2 + colour * 30 + (unsigned)(random % 4)) & 255) * 257;
        }
        return (x + y * 2 + colour * 30 + (unsigned)(random % 4)) % (maxval + 1) / 3 * 3;
    case MOTIF_WINDOW:
        if (is_alpha) {
            return x % 96 < 64 ? x % 96 * 4 : 255;
        }
        return x % 96 < 64 ? jfif_sample(x, y, channel) : soft_noise(2 * x, 2 * y, 9, 2) * 100 + 40 + 77 * channel;
    case MOTIF_NOISE:
    default: return (unsigned)(random % (maxval + 1u));
    }
}

/* Append a PNM or (channels 2 and 4, or pam) PAM file. maxval 1 and one channel: a bitmap unless pam. */
static inline void draw_pnm(struct byte_buffer *buffer, enum motif motif, uint32_t width, uint32_t height,
                            unsigned channels, unsigned maxval, bool pam) {
    char text[200];
    uint64_t state = 88172645463325252ull + width + height;
    const bool bitmap = maxval == 1 && channels == 1 && !pam;
    int length;
    if (pam || channels % 2 == 0) {
        length = snprintf(text, sizeof text, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nENDHDR\n", width, height,
                          channels, maxval);
    } else if (bitmap) {
        length = snprintf(text, sizeof text, "P4\n%u %u\n", width, height);
    } else {
        length = snprintf(text, sizeof text, "P%c\n%u %u\n%u\n", channels == 1 ? '5' : '6', width, height, maxval);
    }
    append(buffer, text, (size_t)length);
    for (uint32_t y = 0; y < height; y++) {
        uint8_t byte = 0;
        for (uint32_t x = 0; x < width; x++) {
            for (unsigned channel = 0; channel < channels; channel++) {
                const unsigned sample = sample_of(motif, x, y, channel, channels, maxval, &state);
                const uint8_t bytes[2] = {(uint8_t)(sample >> 8), (uint8_t)sample};
                if (!bitmap) {
                    append(buffer, maxval > 255 ? bytes : bytes + 1, maxval > 255 ? 2 : 1);
                    continue;
                }
                byte = (uint8_t)(byte | (sample != 0) << (7 - x % 8));
                if (x % 8 == 7 || x + 1 == width) {
                    append(buffer, &byte, 1);
                    byte = 0;
                }
            }
        }
    }
}

/* Append size random bytes. */
static inline void draw_noise(struct byte_buffer *buffer, size_t size, uint64_t seed) {
    uint64_t state = seed | 1;
    for (size_t i = 0; i < size; i += 8) {
        const uint64_t value = noise(&state);
        append(buffer, &value, size - i < 8 ? size - i : 8);
    }
}

/* Append a PNM, PAM or raw file as PNG. */
static inline void append_png(struct byte_buffer *buffer, const struct byte_buffer *pnm) {
    struct byte_buffer stream = {0}, png = {0};
    if (compress(pnm, &usual_options, 0, &stream, NULL) != BSWZ_OK ||
        decompress_to(&stream, BSWZ_TO_PNG, 1, &png, NULL) != BSWZ_OK) {
        abort();
    }
    append(buffer, png.data, png.size);
    free(stream.data);
    free(png.data);
}

#endif
