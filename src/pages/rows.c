/* SPDX-License-Identifier: MIT */
/*
 * Rows of pieces and samples of pictures (rows.h).
 *
 * A row is an array of numbers in between: unpacked from the bytes, summed up where they are differences, and mapped
 * to unsigned numbers whose order is that of the values.
 */
#include "pages/rows.h"

#include <stdio.h>
#include <string.h>

/* ---- pictures ---- */

static bool is_wide(const struct page *page) {
    return page->bits == 32 && (page->flags & PAGE_NARROW) == 0;
}

size_t page_header(const struct page *page, unsigned channels, char text[PAGE_HEADER_MAX]) {
    static const char *const tuples[5] = {"", "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"};
    const unsigned maxval = page->bits > 16 ? 65535 : (1u << page->bits) - 1;
    const int length =
        channels == 1 || channels == 3
            ? snprintf(text, PAGE_HEADER_MAX, "P%c\n%u %u\n%u\n", channels == 3 ? '6' : '5', page->width, page->height,
                       maxval)
            : snprintf(text, PAGE_HEADER_MAX, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nTUPLTYPE %s\nENDHDR\n",
                       page->width, page->height, channels, maxval, tuples[channels]);
    return (size_t)length;
}

void page_find_pictures(const struct page *page, size_t at, struct page_pictures *pictures) {
    char text[PAGE_HEADER_MAX];
    const uint64_t pixels = (uint64_t)page->width * page->height;
    uint64_t end = at;
    if (page->coding == PAGE_JPEG) {
        *pictures = (struct page_pictures){.start = {at}, .end = end + page->jpeg_size};
        return;
    }
    pictures->bytes = page->bits > 8 ? 2 : 1;
    pictures->count = is_wide(page) ? 2u * page->samples : 1u + page->samples - page->together;
    for (unsigned i = 0; i < pictures->count; i++) {
        pictures->channels[i] = i == 0 ? page->together : 1;
        pictures->start[i] = (size_t)end;
        end += page_header(page, pictures->channels[i], text);
        pictures->samples[i] = (size_t)end;
        end += pixels * pictures->channels[i] * pictures->bytes; /* a sound page: below 2^31 each */
    }
    pictures->end = end;
}

uint64_t page_pictures_bytes(const struct page *page) {
    struct page_pictures pictures;
    page_find_pictures(page, 0, &pictures);
    return pictures.end;
}

/* Where in plain a sample of the pixel at column x of row y is, and how far the next pixel's is. */
struct sample_place {
    size_t at, step;
};

static struct sample_place find_sample(const struct page *page, const struct page_pictures *pictures, unsigned sample,
                                       uint32_t x, uint32_t y) {
    const bool is_first = sample < page->together;
    const unsigned picture = is_wide(page) ? 2 * sample : is_first ? 0 : 1 + sample - page->together;
    const size_t step = (size_t)pictures->channels[picture] * pictures->bytes;
    return (struct sample_place){pictures->samples[picture] + ((size_t)y * page->width + x) * step +
                                     (is_first && !is_wide(page) ? (size_t)sample * pictures->bytes : 0),
                                 step};
}

/* ---- numbers ---- */

size_t page_row_values(const struct page *page) {
    return (size_t)page->tile_width * ((page->flags & PAGE_PLANAR) != 0 ? 1u : page->samples);
}

uint8_t page_pixel_bytes(const struct page *page) {
    const unsigned bits = page->bits * ((page->flags & PAGE_PLANAR) != 0 ? 1u : page->samples);
    return (uint8_t)(bits < 8 ? 1 : bits / 8); /* a sound page: at most 64 */
}

static void undo_float_bytes(const struct page *page, uint8_t *bytes, uint32_t *values, size_t count, size_t step) {
    (void)page;
    for (size_t i = step; i < 4 * count; i++) {
        bytes[i] = (uint8_t)(bytes[i] + bytes[i - step]);
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = (uint32_t)bytes[i] << 24 | (uint32_t)bytes[count + i] << 16 | (uint32_t)bytes[2 * count + i] << 8 |
                    bytes[3 * count + i];
    }
}

static void do_float_bytes(const uint32_t *values, uint8_t *bytes, size_t count, size_t step) {
    for (size_t i = 0; i < count; i++) {
        for (unsigned b = 0; b < 4; b++) {
            bytes[b * count + i] = (uint8_t)(values[i] >> (24 - 8 * b));
        }
    }
    for (size_t i = 4 * count; i-- > step;) {
        bytes[i] = (uint8_t)(bytes[i] - bytes[i - step]);
    }
}

static void unpack(const struct page *page, const uint8_t *bytes, uint32_t *values, size_t count) {
    const bool is_big = (page->flags & PAGE_BIG) != 0;
    const unsigned bits = page->bits;
    if (bits == 8) {
        for (size_t i = 0; i < count; i++) {
            values[i] = bytes[i];
        }
    } else if (bits == 16) {
        const size_t high = is_big ? 0 : 1;
        for (size_t i = 0; i < count; i++) {
            values[i] = (uint32_t)bytes[2 * i + high] << 8 | bytes[2 * i + 1 - high];
        }
    } else if (bits == 32) {
        const size_t flip = is_big ? 0 : 3;
        for (size_t i = 0; i < count; i++, bytes += 4) {
            values[i] = (uint32_t)bytes[flip] << 24 | (uint32_t)bytes[flip ^ 1] << 16 | (uint32_t)bytes[flip ^ 2] << 8 |
                        bytes[flip ^ 3];
        }
    } else {
        uint32_t window = 0;
        unsigned held = 0;
        for (size_t i = 0; i < count; i++) {
            while (held < bits) {
                window = window << 8 | *bytes++;
                held += 8;
            }
            held -= bits;
            values[i] = window >> held & ((1u << bits) - 1);
        }
    }
}

static void pack(const struct page *page, const uint32_t *values, uint8_t *bytes, size_t count) {
    const bool is_big = (page->flags & PAGE_BIG) != 0;
    const unsigned bits = page->bits;
    if (bits == 8) {
        for (size_t i = 0; i < count; i++) {
            bytes[i] = (uint8_t)values[i];
        }
    } else if (bits == 16) {
        const size_t high = is_big ? 0 : 1;
        for (size_t i = 0; i < count; i++) {
            bytes[2 * i + high] = (uint8_t)(values[i] >> 8);
            bytes[2 * i + 1 - high] = (uint8_t)values[i];
        }
    } else if (bits == 32) {
        const size_t flip = is_big ? 0 : 3;
        for (size_t i = 0; i < count; i++, bytes += 4) {
            for (size_t b = 0; b < 4; b++) {
                bytes[flip ^ b] = (uint8_t)(values[i] >> (24 - 8 * b));
            }
        }
    } else {
        uint32_t window = 0;
        unsigned held = 0;
        for (size_t i = 0; i < count; i++) {
            window = window << bits | (values[i] & ((1u << bits) - 1));
            for (held += bits; held >= 8; held -= 8) {
                *bytes++ = (uint8_t)(window >> (held - 8));
            }
        }
        if (held > 0) {
            *bytes = (uint8_t)(window << (8 - held));
        }
    }
}

static uint32_t mask_of(const struct page *page) {
    return page->bits == 32 ? UINT32_MAX : (1u << page->bits) - 1;
}

/* Numbers whose order is that of the values. */
static void to_unsigned(const struct page *page, uint32_t *values, size_t count) {
    const uint32_t sign = 1u << (page->bits - 1);
    for (size_t i = 0; i < count && page->values == PAGE_SIGNED; i++) {
        values[i] ^= sign;
    }
    for (size_t i = 0; i < count && page->values == PAGE_FLOAT; i++) {
        values[i] = (values[i] & sign) != 0 ? ~values[i] : values[i] | sign;
    }
}

static void from_unsigned(const struct page *page, uint32_t *values, size_t count) {
    const uint32_t sign = 1u << (page->bits - 1);
    for (size_t i = 0; i < count && page->values == PAGE_SIGNED; i++) {
        values[i] ^= sign;
    }
    for (size_t i = 0; i < count && page->values == PAGE_FLOAT; i++) {
        values[i] = (values[i] & sign) != 0 ? values[i] & ~sign : ~values[i];
    }
}

static void values_of_row(const struct page *page, unsigned samples, uint8_t *bytes, uint32_t *values) {
    const size_t count = page_row_values(page);
    if ((page->flags & PAGE_FLOAT_BYTES) != 0) {
        undo_float_bytes(page, bytes, values, count, samples);
    } else {
        unpack(page, bytes, values, count);
    }
    if ((page->flags & PAGE_DIFFERENCES) != 0) {
        const uint32_t mask = mask_of(page);
        for (size_t i = samples; i < count; i++) {
            values[i] = (values[i] + values[i - samples]) & mask;
        }
    }
    to_unsigned(page, values, count);
}

static void row_of_values(const struct page *page, unsigned samples, uint32_t *values, uint8_t *bytes) {
    const size_t count = page_row_values(page);
    from_unsigned(page, values, count);
    if ((page->flags & PAGE_DIFFERENCES) != 0) {
        const uint32_t mask = mask_of(page);
        for (size_t i = count; i-- > samples;) {
            values[i] = (values[i] - values[i - samples]) & mask;
        }
    }
    if ((page->flags & PAGE_FLOAT_BYTES) != 0) {
        do_float_bytes(values, bytes, count, samples);
    } else {
        pack(page, values, bytes, count);
    }
}

/* What is beyond the edges is zero in the file. */
static uint32_t zero_of(const struct page *page) {
    uint32_t zero = 0;
    to_unsigned(page, &zero, 1);
    return zero;
}

void pages_reverse_bits(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned b = bytes[i];
        b = (b & 0xf0) >> 4 | (b & 0x0f) << 4;
        b = (b & 0xcc) >> 2 | (b & 0x33) << 2;
        bytes[i] = (uint8_t)((b & 0xaa) >> 1 | (b & 0x55) << 1);
    }
}

/* ---- pieces ---- */

/* The row of the picture that is row i of a piece; at least the height: it is beyond the edge. */
static uint32_t picture_row(const struct page *page, const struct page_place *place, uint32_t i) {
    return (page->flags & PAGE_BOTTOM_UP) != 0 ? page->height - 1 - i : place->y + i;
}

static uint32_t columns_within(const struct page *page, const struct page_place *place) {
    const uint32_t left = page->width - place->x;
    return left < page->tile_width ? left : page->tile_width;
}

static void store(const struct page *page, const struct page_pictures *pictures, const uint32_t *values,
                  unsigned samples, uint32_t columns, struct sample_place place, uint8_t *plain) {
    const uint32_t base = (page->flags & PAGE_NARROW) != 0 ? page->base : 0;
    uint8_t *to = plain + place.at;
    if (is_wide(page)) {
        const size_t low = pictures->samples[1] - pictures->samples[0];
        for (uint32_t x = 0; x < columns; x++, to += 2) {
            const uint32_t value = values[(size_t)x * samples];
            to[0] = (uint8_t)(value >> 24);
            to[1] = (uint8_t)(value >> 16);
            to[low] = (uint8_t)(value >> 8);
            to[low + 1] = (uint8_t)value;
        }
    } else if (pictures->bytes == 2) {
        for (uint32_t x = 0; x < columns; x++, to += place.step) {
            const uint32_t value = values[(size_t)x * samples] - base;
            to[0] = (uint8_t)(value >> 8);
            to[1] = (uint8_t)value;
        }
    } else {
        for (uint32_t x = 0; x < columns; x++, to += place.step) {
            *to = (uint8_t)values[(size_t)x * samples];
        }
    }
}

static void load(const struct page *page, const struct page_pictures *pictures, const uint8_t *plain,
                 struct sample_place place, unsigned samples, uint32_t columns, uint32_t *values) {
    const uint32_t base = (page->flags & PAGE_NARROW) != 0 ? page->base : 0;
    const uint8_t *from = plain + place.at;
    if (is_wide(page)) {
        const size_t low = pictures->samples[1] - pictures->samples[0];
        for (uint32_t x = 0; x < columns; x++, from += 2) {
            values[(size_t)x * samples] =
                (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[low] << 8 | from[low + 1];
        }
    } else if (pictures->bytes == 2) {
        for (uint32_t x = 0; x < columns; x++, from += place.step) {
            values[(size_t)x * samples] = ((uint32_t)from[0] << 8 | from[1]) + base;
        }
    } else {
        for (uint32_t x = 0; x < columns; x++, from += place.step) {
            values[(size_t)x * samples] = *from;
        }
    }
}

static bool is_zero_from(const uint32_t *values, size_t from, size_t count, uint32_t zero) {
    uint32_t differs = 0;
    for (size_t i = from; i < count; i++) {
        differs |= values[i] ^ zero;
    }
    return differs == 0;
}

void page_rows_to_samples(const struct page *page, const struct page_pictures *pictures, const struct page_place *place,
                          uint8_t *bytes, uint32_t *values, uint8_t *plain, bool *is_empty) {
    const size_t stride = page_row_bytes(page), count = page_row_values(page);
    const uint32_t columns = columns_within(page, place), zero = zero_of(page);
    for (uint32_t i = 0; i < place->rows; i++, bytes += stride) {
        const uint32_t y = picture_row(page, place, i);
        const bool is_within = y < page->height;
        values_of_row(page, place->samples, bytes, values);
        *is_empty &= is_zero_from(values, is_within ? (size_t)columns * place->samples : 0, count, zero);
        for (unsigned s = 0; s < place->samples && is_within; s++) {
            store(page, pictures, values + s, place->samples, columns,
                  find_sample(page, pictures, place->first + s, place->x, y), plain);
        }
    }
}

void page_samples_to_rows(const struct page *page, const struct page_pictures *pictures, const struct page_place *place,
                          const uint8_t *plain, uint32_t *values, uint8_t *bytes) {
    const size_t stride = page_row_bytes(page), count = page_row_values(page);
    const uint32_t columns = columns_within(page, place), zero = zero_of(page);
    memset(bytes, 0, stride * place->rows);
    for (uint32_t i = 0; i < place->rows; i++, bytes += stride) {
        const uint32_t y = picture_row(page, place, i);
        const bool is_within = y < page->height;
        for (size_t k = is_within ? (size_t)columns * place->samples : 0; k < count; k++) {
            values[k] = zero;
        }
        for (unsigned s = 0; s < place->samples && is_within; s++) {
            load(page, pictures, plain, find_sample(page, pictures, place->first + s, place->x, y), place->samples,
                 columns, values + s);
        }
        row_of_values(page, place->samples, values, bytes);
    }
}

void page_find_range(const struct page *page, const struct page_place *place, uint8_t *bytes, uint32_t *values,
                     uint32_t *least, uint32_t *largest) {
    const size_t stride = page_row_bytes(page), count = page_row_values(page);
    for (uint32_t i = 0; i < place->rows; i++, bytes += stride) {
        values_of_row(page, place->samples, bytes, values);
        for (size_t k = 0; k < count; k++) {
            *least = values[k] < *least ? values[k] : *least;
            *largest = values[k] > *largest ? values[k] : *largest;
        }
    }
}
