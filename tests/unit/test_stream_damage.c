/* SPDX-License-Identifier: MIT */
/*
 * Streams that are damaged, truncated, or from the future, and callers that fail: there is always an error or the right
 * data, and everything written before an error is right.
 */
#include "test_stream.h"

#include "container/walk.h"
#include "threads/stage.h"

static struct byte_buffer stream, restored;

/* ---- every byte, every length ---- */

#ifdef __SANITIZE_ADDRESS__
enum { STEP = 5 }; /* the fuzz targets damage more than this, with the same sanitizers */
#else
enum { STEP = 1 };
#endif

static bool is_prefix(const struct byte_buffer *part, const struct byte_buffer *whole) {
    return part->size <= whole->size && (part->size == 0 || memcmp(part->data, whole->data, part->size) == 0);
}

static void ignore_entry(void *context, const struct bswz_entry *entry) {
    (void)context;
    (void)entry;
}

static enum bswz_status list_quietly(const struct byte_buffer *bytes) {
    struct memory_input input = {bytes->data, bytes->size, 0, 0, SIZE_MAX};
    struct bswz_error error;
    return bswz_list((struct bswz_input){read_memory, &input}, ignore_entry, NULL, &error);
}

static void damage(const struct byte_buffer *input, uint64_t band_pixels, const char *what) {
    struct bswz_error error;
    CHECK(compress(input, &usual_options, band_pixels, &stream, &error) == BSWZ_OK, "%s: %s", what, error.message);
    const uint8_t *whole = stream.data;
    for (size_t at = 0; at < stream.size; at += STEP) {
        const uint8_t kept = stream.data[at];
        stream.data[at] = (uint8_t)(kept ^ (at % 9 == 8 ? 0xffu : 1u << at % 9));
        const enum bswz_status status = decompress(&stream, &restored, &error);
        const bool right = status == BSWZ_OK ? same(input, &restored) : is_prefix(&restored, input);
        if (!right || (status != BSWZ_OK && error.message[0] == 0)) {
            CHECK(0, "%s: damage at %zu: %s", what, at, status == BSWZ_OK ? "no error" : "wrong prefix");
        }
        list_quietly(&stream);
        stream.data[at] = kept;
    }
    CHECK(decompress(&stream, &restored, &error) == BSWZ_OK && same(input, &restored), "%s: %s", what, error.message);
    CHECK(list_quietly(&stream) == BSWZ_OK, "%s", what);
    for (size_t size = 0; size < stream.size; size += STEP) {
        const struct byte_buffer part = {(uint8_t *)(uintptr_t)whole, size, 0};
        enum bswz_status status = decompress(&part, &restored, &error);
        if (status != BSWZ_ERROR_TRUNCATED || !is_prefix(&restored, input)) {
            CHECK(0, "%s: %zu of %zu bytes: %s", what, size, stream.size,
                  status == BSWZ_OK ? "no error" : error.message);
        }
        status = list_quietly(&part);
        if (status != BSWZ_ERROR_TRUNCATED) {
            CHECK(0, "%s: %zu of %zu bytes: listed with status %d", what, size, stream.size, (int)status);
        }
    }
}

static void test_damage(void) {
    static const struct {
        enum motif motif;
        uint32_t width, height;
        unsigned channels, maxval;
        uint64_t band_pixels;
    } cases[] = {
        {MOTIF_SMOOTH, 12, 40, 3, 255, 384}, {MOTIF_GREY, 16, 12, 3, 255, 0},       {MOTIF_FEW, 30, 40, 1, 1, 900},
        {MOTIF_SMOOTH, 9, 10, 4, 255, 0},    {MOTIF_FEW, 20, 20, 4, 200, 0},        {MOTIF_DRAWN, 40, 30, 1, 255, 0},
        {MOTIF_SMOOTH, 8, 9, 2, 1000, 0},    {MOTIF_DISGUISED, 10, 9, 3, 65535, 0}, {MOTIF_FEW, 20, 20, 2, 4095, 0},
        {MOTIF_NOISE, 8, 6, 3, 255, 0},      {MOTIF_CONSTANT, 30, 20, 3, 7, 0},     {MOTIF_DRAWN, 24, 20, 3, 255, 0},
    };
    struct byte_buffer input = {0}, png = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char what[40];
        input.size = 0;
        draw_pnm(&input, cases[i].motif, cases[i].width, cases[i].height, cases[i].channels, cases[i].maxval, false);
        snprintf(what, sizeof what, "case %zu", i);
        damage(&input, cases[i].band_pixels, what);
    }
    input.size = 0;
    damage(&input, 0, "nothing");
    append(&input, "hello hello hello hello hello hello hello", 41);
    damage(&input, 0, "bytes");
    input.size = 0;
    for (unsigned i = 0; i < 3; i++) {
        draw_pnm(&input, MOTIF_DRAWN, 20, 12, 3, 255, false);
    }
    draw_noise(&input, 20, 7);
    damage(&input, 0, "three pictures and noise");
    input.size = 0;
    draw_pnm(&input, MOTIF_FEW, 20, 70, 1, 15, false);
    input.size -= 50;
    damage(&input, 640, "a short picture");
    input.size = 0;
    draw_pnm(&input, MOTIF_SMOOTH, 16, 10, 3, 255, false);
    append_png(&png, &input);
    damage(&png, 0, "PNG");
    free(input.data);
    free(png.data);
}

/* ---- what may and may not surround a stream ---- */

static void test_surroundings(void) {
    struct byte_buffer input = {0}, two = {0};
    struct bswz_error error;
    draw_pnm(&input, MOTIF_SMOOTH, 20, 20, 3, 255, false);
    append(&input, "tail", 4);
    compress(&input, &usual_options, 0, &stream, &error);
    const size_t size = stream.size;
    append(&two, input.data, input.size);
    append(&two, input.data, input.size);
    append_again(&stream, size);
    CHECK(decompress(&stream, &restored, &error) == BSWZ_OK && same(&two, &restored), "concatenated: %s",
          error.message);
    for (unsigned i = 0; i < 1000; i++) {
        append(&stream, "", 1);
    }
    CHECK(decompress(&stream, &restored, &error) == BSWZ_OK && same(&two, &restored), "zeros: %s", error.message);
    append(&stream, "x", 1);
    CHECK(decompress(&stream, &restored, &error) == BSWZ_ERROR_FORMAT && same(&two, &restored) &&
              strstr(error.message, "trailing garbage") != NULL && error.offset == 2 * size + 1000,
          "garbage after zeros: %s", error.message);
    stream.size = size;
    append(&stream, "garbage", 7);
    CHECK(decompress(&stream, &restored, &error) == BSWZ_ERROR_FORMAT && same(&input, &restored), "garbage: %s",
          error.message);
    CHECK(decompress(&input, &restored, &error) == BSWZ_ERROR_FORMAT && restored.size == 0, "foreign: %s",
          error.message);
    CHECK(bswz_recognise(stream.data, 12) && !bswz_recognise(input.data, 12) && !bswz_recognise(stream.data, 7),
          "recognition");
    CHECK(strcmp(bswz_version(), BSWZ_VERSION) == 0, "%s", bswz_version());
    free(input.data);
    free(two.data);
}

static void expect_version(size_t at, uint8_t value, const char *what) {
    struct bswz_error error;
    const uint8_t kept = stream.data[at];
    stream.data[at] = value;
    CHECK(decompress(&stream, &restored, &error) == BSWZ_ERROR_VERSION && restored.size == 0 &&
              strstr(error.message, "needs a newer bswz") != NULL,
          "%s: %s", what, error.message);
    stream.data[at] = kept;
}

static void test_future(void) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    draw_pnm(&input, MOTIF_SMOOTH, 20, 20, 3, 255, false);
    compress(&input, &usual_options, 0, &stream, &error);
    expect_version(8, STREAM_VERSION + 1, "format version");
    expect_version(9, 1, "flags");
    expect_version(10, 7, "kind of segment");
    expect_version(11, 10, "kind of picture");
    expect_version(11, 0x42, "reserved bit of a picture");
    expect_version(12, 0x82, "reserved bit of a shape");
    free(input.data);
}

/* The picture needs a model that does not exist. */
static void test_missing_model(void) {
    struct byte_buffer input = {0}, changed = {0};
    struct picture_header header;
    struct bswz_error error;
    const size_t start = STREAM_HEADER_SIZE + 1;
    size_t used;
    draw_pnm(&input, MOTIF_SMOOTH, 150, 120, 3, 255, false);
    compress(&input, &usual_options, 0, &stream, &error);
    CHECK(picture_header_take(stream.data + start, stream.size - start, NULL, &header, &used, &error) == BSWZ_OK,
          "header");
    CHECK(header.model.name[0] != 0, "the model is used");
    header.model.hash = 0x0123456789abcdef;
    strcpy(header.model.name, "unheard-of");
    append(&changed, stream.data, start);
    CHECK(picture_header_put(&header, NULL, 6, &changed, &error) == BSWZ_OK, "%s", error.message);
    append(&changed, stream.data + start + used, stream.size - start - used);
    CHECK(decompress(&changed, &restored, &error) == BSWZ_ERROR_MODEL && restored.size == 0 &&
              strcmp(error.message, "needs model unheard-of (0123456789abcdef)") == 0,
          "%s", error.message);
    free(header.head.data);
    free(input.data);
    free(changed.data);
}

/* Headers that ask for too much are refused before they cost anything. */
static void test_limits(void) {
    struct byte_buffer bytes = {0};
    struct bswz_error error;
    struct picture_header header = {
        .info = {.width = 30000, .height = 30000, .channels = 4, .depth = 16, .maxval = 65535, .format = PICTURE_RAW},
        .band_rows = 30000};
    append(&bytes, stream_magic, 8);
    static const uint8_t start_of_picture[3] = {STREAM_VERSION, 0, SEGMENT_PICTURE};
    append(&bytes, start_of_picture, sizeof start_of_picture);
    CHECK(picture_header_put(&header, NULL, 6, &bytes, &error) == BSWZ_OK, "header");
    CHECK(decompress(&bytes, &restored, &error) == BSWZ_ERROR_LIMIT, "a large band: %s", error.message);
    const size_t start = STREAM_HEADER_SIZE + 1;
    header.info.format = PICTURE_PNM;
    header.info.channels = 1;
    header.band_rows = 32;
    bytes.size = start;
    picture_header_put(&header, NULL, 6, &bytes, &error);
    CHECK(decompress_to(&bytes, BSWZ_TO_WEBP, 1, &restored, &error) == BSWZ_ERROR_LIMIT, "WebP: %s", error.message);
    CHECK(decompress(&bytes, &restored, &error) == BSWZ_ERROR_TRUNCATED, "bands: %s", error.message);
    header.info.width = PICTURE_MAX_SIDE;
    bytes.size = start;
    picture_header_put(&header, NULL, 6, &bytes, &error);
    CHECK(decompress(&bytes, &restored, &error) == BSWZ_ERROR_CORRUPT, "too many pixels: %s", error.message);
    /* a frame may not be larger than its band */
    struct frame_header frame = {.method = FRAME_DRAWN, .payload_size = 100};
    struct frame_header taken;
    size_t used;
    bytes.size = 0;
    frame_header_put(&frame, true, 0, bytes.data, 0, &bytes, &error);
    CHECK(frame_header_take(bytes.data, bytes.size, true, 0, 101, &taken, &used, &error) == BSWZ_OK, "fits");
    CHECK(frame_header_take(bytes.data, bytes.size, true, 0, 100, &taken, &used, &error) == BSWZ_ERROR_CORRUPT,
          "does not fit");
    free(bytes.data);
}

/* Numbers have only one valid form. */
static void test_fields(void) {
    static const uint64_t values[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX >> 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct byte_buffer bytes = {0};
        uint64_t value = 0;
        put_varint(&bytes, values[i], NULL);
        struct cursor cursor = {.bytes = bytes.data, .size = bytes.size};
        CHECK(take_varint(&cursor, UINT64_MAX, &value) && value == values[i] && bytes.size == varint_size(value), "%zu",
              i);
        cursor.at = 0;
        CHECK(values[i] == 0 || !take_varint(&cursor, values[i] - 1, &value), "beyond the limit");
        cursor = (struct cursor){.bytes = bytes.data, .size = bytes.size - 1};
        CHECK(!take_varint(&cursor, UINT64_MAX, &value) && cursor.is_short, "short");
        free(bytes.data);
    }
    static const uint8_t bad[][11] = {{0x80, 0},
                                      {0xff, 0xff, 0},
                                      {255, 255, 255, 255, 255, 255, 255, 255, 255, 2},
                                      {128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cursor cursor = {.bytes = bad[i], .size = 11};
        uint64_t value;
        CHECK(!take_varint(&cursor, UINT64_MAX, &value) && !cursor.is_short, "bad varint %zu", i);
    }
}

/* ---- callers that fail ---- */

static void test_failing_callers(void) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    draw_pnm(&input, MOTIF_NOISE, 200, 600, 3, 255, false); /* more than the output buffers */
    draw_noise(&input, 100000, 3);
    compress(&input, &usual_options, 200 * 64, &stream, &error);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct bswz_compress_options options = usual_options;
        const struct bswz_decompress_options decompress_options = {.size = sizeof decompress_options,
                                                                   .threads = threads};
        options.threads = threads;
        for (size_t fail_at = 0; fail_at < input.size; fail_at += 70001) {
            struct memory_input in = {input.data, input.size, 0, 1000, fail_at};
            struct memory_output out = {{0}, SIZE_MAX};
            enum bswz_status status =
                compress_in_bands((struct bswz_input){read_memory, &in}, (struct bswz_output){write_memory, &out},
                                  &options, 200 * 64, 0, &error);
            CHECK(status == BSWZ_ERROR_READ, "%zu bytes: %d", fail_at, (int)status);
            if (fail_at < stream.size) {
                in = (struct memory_input){stream.data, stream.size, 0, 1000, fail_at};
                out.buffer.size = 0;
                status = bswz_decompress((struct bswz_input){read_memory, &in},
                                         (struct bswz_output){write_memory, &out}, &decompress_options, &error);
                CHECK(status == BSWZ_ERROR_READ && is_prefix(&out.buffer, &input), "%zu bytes: %d", fail_at,
                      (int)status);
                in = (struct memory_input){input.data, input.size, 0, 0, SIZE_MAX};
                out = (struct memory_output){out.buffer, fail_at};
                out.buffer.size = 0;
                status = compress_in_bands((struct bswz_input){read_memory, &in},
                                           (struct bswz_output){write_memory, &out}, &options, 200 * 64, 0, &error);
                CHECK(status == BSWZ_ERROR_WRITE, "%zu bytes: %d", fail_at, (int)status);
            }
            in = (struct memory_input){stream.data, stream.size, 0, 0, SIZE_MAX};
            out = (struct memory_output){out.buffer, fail_at};
            out.buffer.size = 0;
            status = bswz_decompress((struct bswz_input){read_memory, &in}, (struct bswz_output){write_memory, &out},
                                     &decompress_options, &error);
            CHECK(status == BSWZ_ERROR_WRITE, "%zu bytes: %d", fail_at, (int)status);
            free(out.buffer.data);
        }
    }
    free(input.data);
}

/* ---- stages ---- */

struct counting {
    int applied, fail_at;
};

static int discarded; /* by one thread at a time: the stage's owner, or its thread before it is joined */

static enum bswz_status count_item(void *context, void *item, struct bswz_error *error) {
    struct counting *counting = context;
    free(item);
    return counting->applied++ == counting->fail_at ? bswz_fail(error, BSWZ_ERROR_LIMIT, "enough") : BSWZ_OK;
}

static void discard_item(void *item) {
    discarded++;
    free(item);
}

static void test_stages(void) {
    for (int threaded = 0; threaded <= 1; threaded++) {
        for (int fail_at = -1; fail_at < 20; fail_at += 7) {
            for (int finish = 0; finish <= 1; finish++) {
                struct counting counting = {0, fail_at};
                struct bswz_error error = {.status = BSWZ_OK};
                struct stage *stage;
                enum bswz_status status =
                    stage_create((struct stage_work){count_item, discard_item, &counting}, threaded, 2, &stage, &error);
                CHECK(status == BSWZ_OK, "%s", error.message);
                int pushed = 0;
                discarded = 0;
                for (; pushed < 20 && status == BSWZ_OK; pushed++) {
                    status = stage_push(stage, malloc(10), &error);
                }
                if (finish && status == BSWZ_OK) {
                    status = stage_finish(stage, &error);
                }
                CHECK(!finish || fail_at < 0 || (status == BSWZ_ERROR_LIMIT && strcmp(error.message, "enough") == 0),
                      "%d", (int)status);
                stage_destroy(stage);
                CHECK(counting.applied + discarded == pushed, "%d pushed, %d applied, %d discarded", pushed,
                      counting.applied, discarded);
                CHECK(!finish || fail_at >= 0 || counting.applied == 20, "%d applied", counting.applied);
            }
        }
    }
}

int main(void) {
    test_fields();
    test_stages();
    test_damage();
    test_surroundings();
    test_future();
    test_missing_model();
    test_limits();
    test_failing_callers();
    free(stream.data);
    free(restored.data);
    return check_summary();
}
