/* SPDX-License-Identifier: MIT */
/*
 * Tiny pictures come back: pictures of up to 64 x 64 pixels, of every kind that can be made here, with several motifs,
 * at every level; restored, and compared.
 *
 *     tiny [COUNT [FROM [SEED]]]      trips FROM, FROM + 1 ... (0), COUNT of them (all that follow)
 *     tiny count                      how many trips there are
 *     tiny at NUMBER                  a single trip, as named by a failure
 *
 * Every combination of kind, motif and level meets 400 of the 4096 sizes: n x n, 1 x n, n x 1 and n x (65 - n) for
 * each n from 1 to 64, and 144 that the seed chooses for this combination. All 4096 would take days. The order strides
 * over the combinations, so that any part of it is a sample of the whole; it depends only on the seed.
 *
 * A single PNG file promises its pixels or, if asked to, its bytes; for anything else, that makes no difference.
 */
#define compress zlib_compress /* the name is taken by the tests */
#include <png.h>
#include <zlib.h>
#undef compress

#include "test_stream.h"

#define SIDES 64

/* ---- the kinds ---- */

enum family { PNM, PAM, RAW, PNG, BMP, TIFF };

struct kind {
    enum family family;
    unsigned channels, depth, colour; /* depth: bits per sample; colour: PNG's type */
};

static const struct kind kinds[] = {
    {PNM, 1, 1, 0},  {PNM, 1, 8, 0}, {PNM, 1, 16, 0}, {PNM, 3, 8, 0},  {PNM, 3, 16, 0},  {PNM, 1, 5, 0},
    {PNM, 3, 10, 0}, {PAM, 1, 8, 0}, {PAM, 2, 8, 0},  {PAM, 3, 8, 0},  {PAM, 4, 8, 0},   {PAM, 2, 16, 0},
    {PAM, 4, 16, 0}, {PAM, 1, 1, 0}, {RAW, 1, 8, 0},  {RAW, 2, 8, 0},  {RAW, 3, 8, 0},   {RAW, 4, 8, 0},
    {BMP, 3, 8, 0},  {BMP, 4, 8, 0}, {TIFF, 1, 8, 0}, {TIFF, 3, 8, 0}, {TIFF, 1, 16, 0}, {TIFF, 3, 16, 0},
    {PNG, 1, 1, 0},  {PNG, 1, 2, 0}, {PNG, 1, 4, 0},  {PNG, 1, 8, 0},  {PNG, 1, 16, 0},  {PNG, 3, 8, 2},
    {PNG, 3, 16, 2}, {PNG, 1, 1, 3}, {PNG, 1, 2, 3},  {PNG, 1, 4, 3},  {PNG, 1, 8, 3},   {PNG, 2, 8, 4},
    {PNG, 2, 16, 4}, {PNG, 4, 8, 6}, {PNG, 4, 16, 6}};
#define KINDS (sizeof kinds / sizeof *kinds)
#define PNG_KINDS 15 /* the last ones, which occur twice: pixels will do, or the file is restored exactly */
#define LEVELS 9
#define COMBINATIONS ((KINDS + PNG_KINDS) * MOTIFS * LEVELS)

/* A trip is a number: kind, motif, level, width, height. */
struct trip {
    const struct kind *kind;
    enum motif motif;
    int level, exact;
    uint32_t width, height;
};

#define NUMBERS ((uint64_t)COMBINATIONS * SIDES * SIDES)

static struct trip trip_of(uint64_t number) {
    struct trip trip;
    trip.width = (uint32_t)(number % SIDES) + 1;
    number /= SIDES;
    trip.height = (uint32_t)(number % SIDES) + 1;
    number /= SIDES;
    trip.level = (int)(number % LEVELS) + 1;
    number /= LEVELS;
    trip.motif = (enum motif)(number % MOTIFS);
    number /= MOTIFS;
    trip.exact = number >= KINDS;
    trip.kind = &kinds[number - (trip.exact ? PNG_KINDS : 0)];
    return trip;
}

/* ---- which trips, and in which order ---- */

#define SHAPES 4
#define CHOSEN 144 /* sizes that the seed chooses for each combination */
#define SIZES (SHAPES * SIDES + CHOSEN)
#define TRIPS ((uint64_t)COMBINATIONS * SIZES)
#define STRIDE 841021 /* about the golden section of TRIPS, and without a common factor */

static uint64_t hash(uint64_t value) {
    value = (value ^ value >> 31) * 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 29) * 0xbf58476d1ce4e5b9u;
    return value ^ value >> 32;
}

/* The number of the trip at this place of the order. */
static uint64_t number_at(uint64_t place, uint64_t seed) {
    const uint64_t index = (place * STRIDE + hash(seed)) % TRIPS;
    const uint64_t size = index % SIZES, n = size % SIDES, chance = hash(index + seed * TRIPS);
    const uint64_t widths[] = {n, 0, n, n, chance % SIDES};
    const uint64_t heights[] = {n, n, 0, SIDES - 1 - n, chance / SIDES % SIDES};
    const uint64_t shape = size / SIDES < SHAPES ? size / SIDES : SHAPES;
    return (index / SIZES * SIDES + heights[shape]) * SIDES + widths[shape];
}

/* ---- drawing ---- */

static void put(struct byte_buffer *file, uint32_t value, unsigned bytes, bool is_big) {
    for (unsigned i = 0; i < bytes; i++) {
        const uint8_t byte = (uint8_t)(value >> 8 * (is_big ? bytes - 1 - i : i));
        append(file, &byte, 1);
    }
}

/* Rows of samples, each packed into bytes if they have fewer than 8 bits; before: a byte that precedes each row;
 * fill: rows are padded to a multiple of this. */
static void put_rows(struct byte_buffer *file, const struct trip *trip, bool is_big, bool before, unsigned fill) {
    const struct kind *kind = trip->kind;
    const unsigned maxval = (1u << kind->depth) - 1, bytes = kind->depth > 8 ? 2 : 1;
    const bool is_packed = kind->depth < 8 && (kind->family == PNG || (kind->family == PNM && kind->depth == 1));
    uint64_t state = 88172645463325252ull + trip->width * 64 + trip->height;
    for (uint32_t y = 0; y < trip->height; y++) {
        const size_t start = file->size + before;
        unsigned byte = 0, filled = 0;
        put(file, 0, before, false);
        for (uint32_t i = 0; i < trip->width * kind->channels; i++) {
            const unsigned value =
                sample_of(trip->motif, i / kind->channels, y, i % kind->channels, kind->channels, maxval, &state) &
                maxval;
            if (!is_packed) {
                put(file, value, bytes, is_big);
                continue;
            }
            byte = byte << kind->depth | value;
            filled += kind->depth;
            if (filled == 8 || i + 1 == trip->width) {
                put(file, byte << (8 - filled), 1, false);
                byte = filled = 0;
            }
        }
        while ((file->size - start) % fill != 0) {
            put(file, 0, 1, false);
        }
    }
}

static void put_pnm(struct byte_buffer *file, const struct trip *trip) {
    const struct kind *kind = trip->kind;
    const unsigned maxval = (1u << kind->depth) - 1;
    char text[200];
    if (kind->family == PAM) {
        snprintf(text, sizeof text, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nENDHDR\n", trip->width, trip->height,
                 kind->channels, maxval);
    } else if (kind->depth == 1) {
        snprintf(text, sizeof text, "P4\n%u %u\n", trip->width, trip->height);
    } else {
        snprintf(text, sizeof text, "P%c\n%u %u\n%u\n", kind->channels == 1 ? '5' : '6', trip->width, trip->height,
                 maxval);
    }
    append(file, text, strlen(text));
    put_rows(file, trip, true, false, 1);
}

static void put_chunk(struct byte_buffer *file, const char *type, const void *data, size_t size) {
    put(file, (uint32_t)size, 4, true);
    append(file, type, 4);
    append(file, data, size);
    put(file, (uint32_t)crc32(0, file->data + file->size - size - 4, (uInt)(size + 4)), 4, true);
}

static void put_png(struct byte_buffer *file, const struct trip *trip) {
    const struct kind *kind = trip->kind;
    struct byte_buffer rows = {0}, header = {0};
    uint8_t palette[768];
    put(&header, trip->width, 4, true);
    put(&header, trip->height, 4, true);
    put(&header, kind->depth, 1, true);
    put(&header, kind->colour, 1, true);
    put(&header, 0, 3, true);
    append(file, "\211PNG\r\n\032\n", 8);
    put_chunk(file, "IHDR", header.data, header.size);
    for (unsigned i = 0; i < sizeof palette; i++) {
        palette[i] = (uint8_t)(i * 7);
    }
    if (kind->colour == 3) {
        put_chunk(file, "PLTE", palette, (size_t)3 << kind->depth);
    }
    put_rows(&rows, trip, true, true, 1);
    uLongf size = compressBound(rows.size);
    uint8_t *packed = malloc(size);
    if (packed == NULL || compress2(packed, &size, rows.data, rows.size, 1 + trip->level % 9) != Z_OK) {
        abort();
    }
    put_chunk(file, "IDAT", packed, size);
    put_chunk(file, "IEND", "", 0);
    free(packed);
    free(rows.data);
    free(header.data);
}

static void put_bmp(struct byte_buffer *file, const struct trip *trip) {
    const uint32_t stride = (trip->width * trip->kind->channels + 3) / 4 * 4;
    append(file, "BM", 2);
    put(file, 54 + stride * trip->height, 4, false);
    put(file, 0, 4, false);
    put(file, 54, 4, false);
    put(file, 40, 4, false);
    put(file, trip->width, 4, false);
    put(file, trip->height, 4, false);
    put(file, 1, 2, false);
    put(file, trip->kind->channels * 8, 2, false);
    for (int i = 0; i < 6; i++) {
        put(file, 0, 4, false);
    }
    put_rows(file, trip, false, false, 4);
}

static void put_tiff(struct byte_buffer *file, const struct trip *trip) {
    const struct kind *kind = trip->kind;
    const uint32_t bytes = trip->width * trip->height * kind->channels * kind->depth / 8;
    const uint32_t tags[][4] = {{256, 4, 1, trip->width},
                                {257, 4, 1, trip->height},
                                {258, 3, kind->channels, kind->channels == 1 ? kind->depth : 122},
                                {259, 3, 1, 1},
                                {262, 3, 1, kind->channels == 1 ? 1 : 2},
                                {273, 4, 1, 128},
                                {277, 3, 1, kind->channels},
                                {278, 4, 1, trip->height},
                                {279, 4, 1, bytes}};
    append(file, "II*\0\10\0\0\0\11\0", 10);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        put(file, tags[i][0], 2, false);
        put(file, tags[i][1], 2, false);
        put(file, tags[i][2], 4, false);
        put(file, tags[i][3], 4, false);
    }
    put(file, 0, 4, false);
    for (unsigned i = 0; i < 3; i++) {
        put(file, kind->depth, 2, false);
    }
    put_rows(file, trip, false, false, 1);
}

static void draw(struct byte_buffer *file, const struct trip *trip) {
    file->size = 0;
    switch (trip->kind->family) {
    case PNM:
    case PAM: put_pnm(file, trip); break;
    case PNG: put_png(file, trip); break;
    case BMP: put_bmp(file, trip); break;
    case TIFF: put_tiff(file, trip); break;
    case RAW:
    default: put_rows(file, trip, false, false, 1); break;
    }
}

/* ---- comparing ---- */

struct png_input {
    const struct byte_buffer *file;
    size_t at;
};

static void read_png(png_structp png, png_bytep bytes, size_t size) {
    struct png_input *input = png_get_io_ptr(png);
    if (size > input->file->size - input->at) {
        png_error(png, "too short");
    }
    memcpy(bytes, input->file->data + input->at, size);
    input->at += size;
}

static void ignore(png_structp png, png_const_charp words) {
    (void)png;
    (void)words;
}

static void leave(png_structp png, png_const_charp words) {
    (void)words;
    png_longjmp(png, 1);
}

/* The header and the rows of a PNG file as libpng reads them; empty if it does not. */
static void load_png(const struct byte_buffer *file, struct byte_buffer *content) {
    struct png_input input = {file, 0};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, leave, ignore);
    png_infop info = png_create_info_struct(png);
    content->size = 0;
    if (info == NULL || setjmp(png_jmpbuf(png)) != 0) {
        content->size = 0;
    } else {
        png_set_read_fn(png, &input, read_png);
        png_read_png(png, info, PNG_TRANSFORM_PACKING, NULL);
        append(content, file->data + 16, 10);
        const size_t row_bytes = png_get_rowbytes(png, info);
        for (png_uint_32 y = 0; y < png_get_image_height(png, info); y++) {
            append(content, png_get_rows(png, info)[y], row_bytes);
        }
    }
    png_destroy_read_struct(&png, &info, NULL);
}

static bool same_pixels(const struct byte_buffer *one, const struct byte_buffer *other) {
    static struct byte_buffer one_content, other_content;
    load_png(one, &one_content);
    load_png(other, &other_content);
    return one_content.size > 0 && same(&one_content, &other_content);
}

static unsigned failures;

static void go(uint64_t number) {
    static struct byte_buffer file, stream, back;
    const struct trip trip = trip_of(number);
    struct bswz_compress_options options = {
        .size = sizeof options, .level = trip.level, .threads = 1, .exact = trip.exact};
    struct bswz_error error = {.status = BSWZ_OK};
    if (trip.kind->family == RAW) {
        options.raw_width = trip.width;
        options.raw_height = trip.height;
        options.raw_channels = trip.kind->channels;
    }
    draw(&file, &trip);
    const char *wrong = NULL;
    if (compress(&file, &options, 0, &stream, &error) != BSWZ_OK || decompress(&stream, &back, &error) != BSWZ_OK) {
        wrong = error.message;
    } else if (!same(&file, &back) && (trip.kind->family != PNG || trip.exact || !same_pixels(&file, &back))) {
        wrong = "another picture comes back";
    } else if (stream.size > file.size + file.size / 1000 + 64) {
        wrong = "the stream is larger than what is promised";
    }
    if (wrong != NULL && ++failures <= 20) {
        static const char *const families[] = {"PNM", "PAM", "raw", "PNG", "BMP", "TIFF"};
        static const char *const motifs[MOTIFS] = {"smooth", "grey", "constant", "few", "drawn", "noise", "disguised"};
        fprintf(stderr, "tiny at %llu: %s %ux%ux%u of %u bits, %s, level %d%s: %s\n", (unsigned long long)number,
                families[trip.kind->family], trip.width, trip.height, trip.kind->channels, trip.kind->depth,
                motifs[trip.motif], trip.level, trip.exact ? ", exact" : "", wrong);
    }
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "count") == 0) {
        printf("%llu\n", (unsigned long long)TRIPS);
        return 0;
    }
    if (count == 3 && strcmp(arguments[1], "at") == 0) {
        const uint64_t number = strtoull(arguments[2], NULL, 10);
        if (number < NUMBERS) {
            go(number);
        }
        printf("%u failed\n", failures);
        return failures != 0 || number >= NUMBERS;
    }
    const uint64_t from = count > 2 ? strtoull(arguments[2], NULL, 10) : 0;
    const uint64_t wanted = count > 1 ? strtoull(arguments[1], NULL, 10) : TRIPS;
    const uint64_t seed = count > 3 ? strtoull(arguments[3], NULL, 10) : 1;
    if (from >= TRIPS || wanted == 0) {
        fputs("usage: tiny [COUNT [FROM [SEED]]] | count | at NUMBER\n", stderr);
        return 2;
    }
    const uint64_t end = wanted < TRIPS - from ? from + wanted : TRIPS;
    for (uint64_t place = from; place < end; place++) {
        go(number_at(place, seed));
    }
    printf("%llu trips from %llu with seed %llu, %u failed\n", (unsigned long long)(end - from),
           (unsigned long long)from, (unsigned long long)seed, failures);
    return failures != 0;
}
