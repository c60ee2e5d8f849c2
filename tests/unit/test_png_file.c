/* SPDX-License-Identifier: MIT */
/*
 * PNG files that come back byte for byte: files of every type, filter and zlib setting, files that cannot be rebuilt,
 * and damaged files and records.
 */
#include "test_image.h"

#include "png_exact/png_file.h"

static struct byte_buffer drawn_png(int colour_type, int bit_depth, uint32_t width, uint32_t height, bool interlaced) {
    const struct picture_info info = png_info_of(PICTURE_PNG_FILE, width, height, bit_depth, colour_type);
    struct byte_buffer rows;
    draw(&info, &rows);
    struct byte_buffer file = make_png(&info, bit_depth, colour_type, interlaced, rows.data, NULL, NULL, NULL);
    free(rows.data);
    return file;
}

enum plainly { PNG_REFUSED, PNG_READ, PNG_EITHER }; /* what the PNG reader does */

/* The file comes back, and its samples are those that the PNG reader finds. */
static void expect_rebuilt(const char *name, struct byte_buffer file, enum plainly plainly) {
    struct picture picture = picture_load(PICTURE_PNG_FILE, &file);
    CHECK(picture.status == BSWZ_OK, "%s: %s", name, picture.error.message);
    if (picture.status == BSWZ_OK) {
        static const uint32_t steps[] = {0, 1, 3};
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            struct byte_buffer again;
            struct bswz_error error = {0};
            const enum bswz_status status = picture_save(PICTURE_PNG_FILE, &picture, steps[i], &again, &error);
            CHECK(status == BSWZ_OK && same_bytes(&file, &again), "%s by %u rows: %s", name, steps[i], error.message);
            free(again.data);
        }
    }
    struct picture plain = picture_load(PICTURE_PNG, &file);
    CHECK(plainly == PNG_EITHER || (plain.status == BSWZ_OK) == (plainly == PNG_READ), "%s", name);
    if (plain.status == BSWZ_OK && picture.status == BSWZ_OK) {
        plain.info.format = PICTURE_PNG_FILE;
        CHECK(same_info(&plain.info, &picture.info) && same_bytes(&plain.rows, &picture.rows), "%s", name);
    }
    picture_free(&plain);
    picture_free(&picture);
    free(file.data);
}

static void expect_refused(const char *name, struct byte_buffer file, enum bswz_status expected) {
    struct picture picture = picture_load(PICTURE_PNG_FILE, &file);
    CHECK(picture.status == expected && picture.error.message[0] != 0, "%s: %d %s", name, (int)picture.status,
          picture.error.message);
    picture_free(&picture);
    free(file.data);
}

static const struct {
    int colour, depth;
} types[] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
             {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};

static void test_types(void) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        static const uint32_t sizes[][2] = {{61, 47}, {1, 1}, {1, 9}, {9, 1}, {3, 5}, {5, 2}};
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (int interlaced = 0; interlaced < 2; interlaced++) {
                char name[64];
                snprintf(name, sizeof name, "type %d, %d bits, %u x %u%s", types[i].colour, types[i].depth, sizes[s][0],
                         sizes[s][1], interlaced ? ", interlaced" : "");
                expect_rebuilt(name,
                               drawn_png(types[i].colour, types[i].depth, sizes[s][0], sizes[s][1], interlaced != 0),
                               PNG_READ);
            }
        }
    }
}

/* ---- our own files, made with zlib alone ---- */

struct coding {
    int level, strategy, window, memory;
    int filter;        /* 5: in turn, 6: at random except in the first row */
    uint32_t chunk;    /* bytes of an IDAT chunk, 0: all */
    int header_window; /* the window in the header, 0: the actual one */
    int flush_rows;    /* flush after every that many rows, 0: never */
};

/* RGB rows, filtered and joined. */
static struct byte_buffer filtered_rows(const struct picture_info *info, int kind) {
    struct byte_buffer rows, data = {0};
    const size_t row_bytes = picture_row_bytes(info);
    uint64_t state = 12345;
    draw(info, &rows);
    uint8_t *zeros = calloc(1, row_bytes), *filtered = malloc(row_bytes);
    for (uint32_t y = 0; y < info->height; y++) {
        const uint8_t *row = rows.data + y * row_bytes, *above = y == 0 ? zeros : row - row_bytes;
        const unsigned filter = kind == 5   ? y % PNG_FILTERS
                                : kind == 6 ? (unsigned)(noise(&state) % PNG_FILTERS)
                                            : (unsigned)kind;
        const uint8_t byte = (uint8_t)filter;
        byte_buffer_append(&data, &byte, 1, NULL);
        png_row_filter(filter, row, above, row_bytes, info->channels, filtered);
        byte_buffer_append(&data, filtered, row_bytes, NULL);
    }
    free(zeros);
    free(filtered);
    free(rows.data);
    return data;
}

static struct byte_buffer deflated(const struct byte_buffer *data, size_t row_bytes, const struct coding *coding) {
    z_stream stream = {0};
    struct byte_buffer out = {0};
    deflateInit2(&stream, coding->level, Z_DEFLATED, coding->window, coding->memory, coding->strategy);
    byte_buffer_reserve(&out, deflateBound(&stream, data->size) + 6 * data->size / row_bytes + 64, NULL);
    stream.next_out = out.data;
    stream.avail_out = (uInt)out.capacity;
    for (size_t at = 0, row = 1; at < data->size; at += row_bytes, row++) {
        stream.next_in = data->data + at;
        stream.avail_in = (uInt)(data->size - at < row_bytes ? data->size - at : row_bytes);
        const bool flushed = coding->flush_rows != 0 && row % (unsigned)coding->flush_rows == 0;
        deflate(&stream, flushed ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    }
    deflate(&stream, Z_FINISH);
    out.size = stream.total_out;
    deflateEnd(&stream);
    if (coding->header_window != 0) {
        out.data[0] = (uint8_t)((coding->header_window - 8) << 4 | 8);
        out.data[1] = (uint8_t)(out.data[1] & 0xe0);
        out.data[1] = (uint8_t)(out.data[1] + 31 - (out.data[0] << 8 | out.data[1]) % 31);
    }
    return out;
}

/* A file around a zlib stream; chunk 0: one IDAT. */
static struct byte_buffer wrap(const struct picture_info *info, const struct byte_buffer *stream, uint32_t chunk) {
    struct byte_buffer file = {0};
    uint8_t header[13] = {0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0};
    put_big_32(header, info->width);
    put_big_32(header + 4, info->height);
    byte_buffer_append(&file, "\x89PNG\r\n\x1a\n", 8, NULL);
    put_chunk(&file, "IHDR", header, sizeof header);
    for (size_t at = 0; at < stream->size;) {
        const size_t left = stream->size - at, take = chunk == 0 || left < chunk ? left : chunk;
        put_chunk(&file, "IDAT", stream->data + at, take);
        at += take;
    }
    put_chunk(&file, "IEND", "", 0);
    return file;
}

static struct byte_buffer coded_png(uint32_t width, uint32_t height, const struct coding *coding) {
    const struct picture_info info = png_info_of(PICTURE_PNG_FILE, width, height, 8, 2);
    struct byte_buffer data = filtered_rows(&info, coding->filter);
    struct byte_buffer stream = deflated(&data, picture_row_bytes(&info) + 1, coding);
    struct byte_buffer file = wrap(&info, &stream, coding->chunk);
    free(data.data);
    free(stream.data);
    return file;
}

/* Every level, strategy and memory level, with filters and chunks in turn. */
static void test_settings(void) {
    static const uint32_t chunks[] = {0, 8192, 1000, 1, 37};
    for (int level = 0; level <= 9; level++) {
        for (int strategy = 0; strategy <= 4; strategy++) {
            for (int memory = 8; memory <= 9; memory++) {
                const int turn = level + strategy + memory;
                const struct coding coding = {.level = level,
                                              .strategy = strategy,
                                              .window = 15,
                                              .memory = memory,
                                              .filter = turn % 7,
                                              .chunk = chunks[turn % 5]};
                char name[64];
                snprintf(name, sizeof name, "level %d, strategy %d, memory %d", level, strategy, memory);
                expect_rebuilt(name, coded_png(140, 73, &coding), PNG_READ);
            }
        }
    }
    for (int window = 9; window <= 15; window++) {
        for (int said = window; said >= 9; said--) { /* libpng reduces it in the header */
            const struct coding coding = {
                .level = 6, .window = window, .memory = 8, .filter = 6, .header_window = said};
            char name[64];
            snprintf(name, sizeof name, "window %d that looks like %d", window, said);
            expect_rebuilt(name, coded_png(100, 60, &coding), said == window ? PNG_READ : PNG_EITHER);
        }
    }
}

/* ---- odd files ---- */

static void add_ends(struct byte_buffer *file, const char *type, const char *data, size_t size, bool before) {
    struct byte_buffer changed = {0};
    const size_t at = before ? 8 + 25 : file->size - 12; /* after IHDR, or before IEND */
    byte_buffer_append(&changed, file->data, at, NULL);
    put_chunk(&changed, type, data, size);
    byte_buffer_append(&changed, file->data + at, file->size - at, NULL);
    free(file->data);
    *file = changed;
}

static struct byte_buffer with_chunk(const char *type, const char *data, size_t size, bool before) {
    struct byte_buffer file = drawn_png(2, 8, 20, 10, false);
    add_ends(&file, type, data, size, before);
    return file;
}

/* A stream that was damaged before it was put into a file. */
static struct byte_buffer odd_stream(int kind) {
    const struct picture_info info = png_info_of(PICTURE_PNG_FILE, 30, 20, 8, 2);
    const struct coding coding = {.level = kind == 3 ? 0 : 6, .window = 15, .memory = 8, .flush_rows = kind == 4};
    struct byte_buffer data = filtered_rows(&info, 4);
    if (kind == 1) {
        data.data[91] = 5; /* the second row's filter */
    } else if (kind == 2) {
        data.size--;
    } else if (kind == 5) {
        byte_buffer_append(&data, "x", 1, NULL);
    }
    struct byte_buffer stream = deflated(&data, 91, &coding);
    if (kind == 6) {
        stream.data[stream.size - 1] ^= 1; /* the checksum */
    } else if (kind == 7) {
        byte_buffer_append(&stream, "x", 1, NULL);
    } else if (kind == 8) {
        stream.data[1] ^= 1; /* the header's */
    }
    struct byte_buffer file = wrap(&info, &stream, 0);
    free(stream.data);
    free(data.data);
    return file;
}

/* An empty IDAT at the front and at the end. */
static struct byte_buffer empty_data(void) {
    const struct picture_info info = png_info_of(PICTURE_PNG_FILE, 30, 20, 8, 2);
    const struct coding coding = {.level = 6, .window = 15, .memory = 8};
    struct byte_buffer data = filtered_rows(&info, 4);
    struct byte_buffer stream = deflated(&data, 91, &coding);
    struct byte_buffer file = wrap(&info, &stream, 0);
    add_ends(&file, "IDAT", "", 0, true);
    add_ends(&file, "IDAT", "", 0, true);
    add_ends(&file, "IDAT", "", 0, false);
    free(stream.data);
    free(data.data);
    return file;
}

static void test_odd_files(void) {
    expect_rebuilt("text in front", with_chunk("tEXt", "a\0b", 3, true), PNG_READ);
    expect_rebuilt("text after the pixels", with_chunk("tEXt", "a\0b", 3, false), PNG_READ);
    expect_rebuilt("Apple's offsets", with_chunk("iDOT", "0123", 4, true), PNG_READ);
    expect_rebuilt("unsafe to copy", with_chunk("prVW", "0123", 4, false), PNG_REFUSED);
    expect_rebuilt("empty IDAT chunks", empty_data(), PNG_READ);
    expect_rebuilt("stored blocks", odd_stream(3), PNG_READ);
    expect_rebuilt("animated", with_chunk("acTL", "01234567", 8, true), PNG_REFUSED);
    expect_refused("critical", with_chunk("CgBI", "0123", 4, true), BSWZ_ERROR_UNSUPPORTED);
    expect_refused("unknown filter", odd_stream(1), BSWZ_ERROR_FORMAT);
    expect_refused("too few pixels", odd_stream(2), BSWZ_ERROR_UNSUPPORTED);
    expect_rebuilt("flushed", odd_stream(4), PNG_READ);
    expect_refused("too many pixels", odd_stream(5), BSWZ_ERROR_UNSUPPORTED);
    expect_refused("wrong checksum", odd_stream(6), BSWZ_ERROR_UNSUPPORTED);
    expect_refused("bytes after the stream", odd_stream(7), BSWZ_ERROR_UNSUPPORTED);
    expect_refused("wrong zlib header", odd_stream(8), BSWZ_ERROR_FORMAT);
}

/* ---- conversion ---- */

/* The pixels in another format are the same, whether the file was read as PNG or as its bytes. */
static void test_conversion(void) {
    static const enum picture_format targets[] = {PICTURE_PNG, PICTURE_PAM, PICTURE_PNM, PICTURE_RAW, PICTURE_WEBP};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct byte_buffer file = drawn_png(types[i].colour, types[i].depth, 21, 13, i % 2 == 1);
        struct picture exact = picture_load(PICTURE_PNG_FILE, &file), plain = picture_load(PICTURE_PNG, &file);
        for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
            struct byte_buffer one, other;
            const enum bswz_status first = picture_save(targets[t], &exact, 0, &one, NULL);
            const enum bswz_status second = picture_save(targets[t], &plain, 0, &other, NULL);
            CHECK(first == second && (first != BSWZ_OK || same_bytes(&one, &other)), "type %zu, target %zu: %d %d", i,
                  t, (int)first, (int)second);
            free(one.data);
            free(other.data);
        }
        struct byte_buffer none;
        CHECK(picture_save(PICTURE_PNG_FILE, &plain, 0, &none, NULL) != BSWZ_OK, "a file without a recipe");
        free(none.data);
        picture_free(&exact);
        picture_free(&plain);
        free(file.data);
    }
    /* chunks that depend on the coded pixels are left out when these are coded again */
    struct byte_buffer file = with_chunk("iDOT", "0123", 4, true), again;
    struct picture picture = picture_load(PICTURE_PNG_FILE, &file);
    CHECK(picture_save(PICTURE_PNG, &picture, 0, &again, NULL) == BSWZ_OK, "as PNG");
    struct byte_buffer chunks = list_chunks(&again, NULL), wanted = list_chunks(&file, "iDOT");
    CHECK(same_bytes(&chunks, &wanted), "no iDOT");
    free(chunks.data);
    free(wanted.data);
    free(again.data);
    free(file.data);
    picture_free(&picture);
}

/* ---- damage ---- */

/* Accepted files come back; others give an error message. */
static void try_file(const struct byte_buffer *file) {
    struct picture picture = picture_load(PICTURE_PNG_FILE, file);
    struct byte_buffer again = {0};
    if (picture.status == BSWZ_OK) {
        const enum bswz_status status = picture_save(PICTURE_PNG_FILE, &picture, 0, &again, NULL);
        if (status != BSWZ_OK || again.size > file->size || memcmp(again.data, file->data, again.size) != 0) {
            CHECK(false, "accepted, and not the same");
        }
    } else if (picture.error.message[0] == 0) {
        CHECK(false, "an error without words: %d", (int)picture.status);
    }
    free(again.data);
    picture_free(&picture);
}

static void spoil_file(struct byte_buffer file) {
    static const uint8_t masks[] = {0x01, 0x10, 0x80, 0xff};
    for (size_t at = 0; at < file.size; at++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            struct byte_buffer copy = {0};
            byte_buffer_append(&copy, file.data, file.size, NULL);
            copy.data[at] ^= masks[m];
            try_file(&copy);
            mend_checksums(&copy);
            try_file(&copy);
            free(copy.data);
        }
    }
    for (size_t size = 0; size < file.size; size++) { /* in memory of exactly that size, so that overruns are
                                                       * detected */
        struct byte_buffer cut = {malloc(size ? size : 1), size, size};
        memcpy(cut.data, file.data, size);
        struct picture picture = picture_load(PICTURE_PNG_FILE, &cut);
        if (picture.status == BSWZ_OK) {
            CHECK(false, "cut to %zu and accepted", size);
        }
        picture_free(&picture);
        free(cut.data);
    }
    free(file.data);
}

/* A file with damaged pixels must be refused or come back unchanged: the writer ends, with no more bytes than the
 * picture and the record explain, and never says that a wrong file is right. */
static void try_record(const struct picture *picture, const struct byte_buffer *file) {
    struct byte_buffer again;
    struct bswz_error error = {0};
    const enum bswz_status status = picture_save(PICTURE_PNG_FILE, picture, 0, &again, &error);
    if (again.size > 2 * file->size + 16 * (picture->head.size + picture->tail.size) + picture->rows.size) {
        CHECK(false, "%zu bytes", again.size);
    }
    if (status == BSWZ_OK ? !same_bytes(&again, file) : error.message[0] == 0) {
        CHECK(false, "a damaged record, and the writer says %d", (int)status);
    }
    free(again.data);
    const enum bswz_status other = picture_save(PICTURE_PAM, picture, 0, &again, NULL); /* any result is acceptable */
    (void)other;
    free(again.data);
}

static void spoil_record(struct byte_buffer file) {
    static const uint8_t masks[] = {0x01, 0x02, 0x10, 0x40, 0x80, 0xff};
    struct picture picture = picture_load(PICTURE_PNG_FILE, &file);
    CHECK(picture.status == BSWZ_OK, "%s", picture.error.message);
    for (int r = 0; r < 2 && picture.status == BSWZ_OK; r++) {
        struct byte_buffer *record = r == 0 ? &picture.head : &picture.tail, good = *record;
        for (size_t at = 0; at < good.size; at++) {
            for (size_t m = 0; m < sizeof masks; m++) {
                good.data[at] ^= masks[m];
                try_record(&picture, &file);
                good.data[at] ^= masks[m];
            }
        }
        for (size_t size = 0; size < good.size; size++) {
            *record = (struct byte_buffer){malloc(size ? size : 1), size, size};
            memcpy(record->data, good.data, size);
            try_record(&picture, &file);
            free(record->data);
        }
        *record = good;
    }
    /* a different sample: the hash detects it */
    for (size_t at = 0; at < picture.rows.size; at += 7) {
        struct byte_buffer again;
        struct bswz_error error = {0};
        picture.rows.data[at] ^= 1;
        const enum bswz_status status = picture_save(PICTURE_PNG_FILE, &picture, 0, &again, &error);
        if (status != BSWZ_ERROR_MACHINE || strstr(error.message, "does not come out as it was") == NULL) {
            CHECK(false, "another sample, and the writer says %d: %s", (int)status, error.message);
        }
        picture.rows.data[at] ^= 1;
        free(again.data);
    }
    CHECK(picture.rows.size > 0, "samples");
    picture_free(&picture);
    free(file.data);
}

/* Random recipes. */
static void test_recipes(void) {
    uint64_t state = 99;
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[40];
        struct png_recipe recipe;
        struct bswz_error error = {0};
        const size_t size = noise(&state) % sizeof bytes;
        for (size_t k = 0; k < size; k++) {
            const uint64_t random = noise(&state);
            bytes[k] = (uint8_t)((random & 255) >> (random >> 8 & 7)); /* small numbers more often */
        }
        bytes[10] = i % 3 == 0 ? 0 : 0x16; /* stored, or level 6 filtered */
        bytes[11] = i % 3 == 0 ? 0 : 0x8f;
        bytes[12] = (uint8_t)(i % 8);
        uint64_t sum = 0, one;
        if (png_recipe_take(bytes, size, 4, 100, &recipe, &error) == BSWZ_OK) {
            for (int k = 0; k < 1000 && png_sizes_next(&recipe.blocks, &one); k++) {
                sum += one;
            }
            CHECK(sum == (recipe.settings.level == 0 ? 100 : 0), "blocks of %u bytes", (unsigned)sum);
        } else if (error.status != BSWZ_ERROR_FORMAT) {
            CHECK(false, "%d", (int)error.status);
        }
    }
}

static void test_damage(void) {
    const struct coding stored = {.level = 0, .window = 15, .memory = 8, .filter = 6, .chunk = 50};
    const struct coding random = {
        .level = 9, .strategy = Z_FILTERED, .window = 15, .memory = 9, .filter = 6, .chunk = 20};
    struct byte_buffer chunks = drawn_png(3, 4, 21, 10, true);
    add_ends(&chunks, "tEXt", "a\0b", 3, false);
    spoil_file(drawn_png(2, 8, 9, 7, false));
    spoil_file(chunks);
    spoil_file(coded_png(7, 9, &stored));
    spoil_record(drawn_png(2, 8, 19, 17, false));
    spoil_record(coded_png(17, 19, &stored));
    spoil_record(coded_png(17, 19, &random));
    chunks = drawn_png(0, 2, 21, 10, true);
    add_ends(&chunks, "tEXt", "a\0b", 3, true);
    add_ends(&chunks, "tEXt", "a\0b", 3, false);
    spoil_record(chunks);
    test_recipes();
}

int main(void) {
    test_types();
    test_settings();
    test_odd_files();
    test_conversion();
    test_damage();
    return check_summary();
}
