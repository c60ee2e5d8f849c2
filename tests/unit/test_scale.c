/* SPDX-License-Identifier: MIT */
/*
 * Smaller pictures from streams: exactly every 2nd, 4th ... row and column of the full picture, however a frame was
 * coded and wherever bands begin, with one thread and with two.
 */
#include "test_archive.h"
#include "test_origin_draw.h"
#include "test_stream_trip.h"
#include "toy_model.h"

#include "band/plane.h"
#include "image/scaled.h"
#include "model/model_private.h"
#include "origin/origin.h"
#include "pyramid/hierarchy.h"

/* ---- pictures in memory ---- */

struct pam {
    uint32_t width, height, pixel_bytes;
    const uint8_t *samples;
};

static struct pam parse_pam(const struct byte_buffer *file, const char *what) {
    struct pam pam = {0};
    unsigned depth = 0, maxval = 0;
    char text[300] = "";
    memcpy(text, file->data, file->size < sizeof text - 1 ? file->size : sizeof text - 1);
    const char *end = strstr(text, "ENDHDR\n");
    CHECK(end != NULL &&
              sscanf(text, "P7 WIDTH %u HEIGHT %u DEPTH %u MAXVAL %u", &pam.width, &pam.height, &depth, &maxval) == 4,
          "%s: no PAM", what);
    pam.pixel_bytes = depth * (maxval > 255 ? 2 : 1);
    pam.samples = end == NULL ? NULL : file->data + (end - text) + 7;
    return pam;
}

/* Does `small` consist of the rows and columns of `whole` that are divisible by 2^scale? */
static bool is_sampled(const struct byte_buffer *whole, const struct byte_buffer *small, unsigned scale,
                       const char *what) {
    const struct pam from = parse_pam(whole, what), to = parse_pam(small, what);
    const uint32_t step = 1u << scale;
    const uint8_t *at = to.samples;
    if (to.samples == NULL || to.width != (from.width + step - 1) / step ||
        to.height != (from.height + step - 1) / step || to.pixel_bytes != from.pixel_bytes ||
        small->data + small->size != at + (size_t)to.width * to.height * to.pixel_bytes) {
        return false;
    }
    for (size_t y = 0; y < from.height; y += step) {
        for (size_t x = 0; x < from.width; x += step, at += to.pixel_bytes) {
            if (memcmp(at, from.samples + (y * from.width + x) * from.pixel_bytes, to.pixel_bytes) != 0) {
                return false;
            }
        }
    }
    return true;
}

static enum bswz_status decompress_scaled(const struct byte_buffer *in, enum bswz_target to, unsigned scale,
                                          unsigned threads, struct byte_buffer *out, struct bswz_error *error) {
    const struct bswz_decompress_options options = {
        .size = sizeof options, .threads = threads, .target = to, .scale = scale};
    return decompress_with(in, &options, out, error);
}

/* Restore the single picture in `stream` at all scales; in its own format, each result has the same pixels. */
static void check_stream(const char *what) {
    struct byte_buffer whole = {0}, small = {0}, file = {0}, inner = {0}, again_small = {0};
    struct bswz_error error;
    const bool is_picture = list_stream(&stream, what).entries[0].is_picture;
    CHECK(decompress_to(&stream, BSWZ_TO_PAM, 1, &whole, &error) == BSWZ_OK, "%s: %s", what, error.message);
    for (unsigned scale = 1; scale <= PICTURE_MAX_SCALE; scale++) {
        for (unsigned threads = 1; threads <= 2; threads++) {
            enum bswz_status status = decompress_scaled(&stream, BSWZ_TO_PAM, scale, threads, &small, &error);
            const bool is_right = is_picture ? is_sampled(&whole, &small, scale, what) : same(&whole, &small);
            CHECK(status == BSWZ_OK && is_right, "%s at 1/%u, %u threads: %s", what, 1u << scale, threads,
                  status == BSWZ_OK ? "other pixels" : error.message);
        }
        enum bswz_status status = decompress_scaled(&stream, BSWZ_TO_SOURCE, scale, 1, &file, &error);
        status = status == BSWZ_OK ? compress(&file, &usual_options, 0, &inner, &error) : status;
        status = status == BSWZ_OK ? decompress_to(&inner, BSWZ_TO_PAM, 1, &again_small, &error) : status;
        const bool is_kept = status == BSWZ_OK && !list_stream(&inner, what).entries[0].is_picture; /* a tiny one */
        CHECK(status == BSWZ_OK && same(is_kept ? &file : &small, &again_small), "%s at 1/%u as a file: %s", what,
              1u << scale, status == BSWZ_OK ? "other pixels" : error.message);
    }
    free(whole.data);
    free(small.data);
    free(file.data);
    free(inner.data);
    free(again_small.data);
}

static void check_picture(const struct byte_buffer *input, const struct bswz_compress_options *options,
                          uint64_t band_pixels, const char *what) {
    struct bswz_error error;
    CHECK(compress(input, options, band_pixels, &stream, &error) == BSWZ_OK, "%s: %s", what, error.message);
    check_stream(what);
}

/* ---- all kinds of frames ---- */

static void test_kinds(void) {
    static const struct {
        uint32_t width, height;
        uint64_t band_pixels;
    } shapes[] = {{1, 1, 0}, {33, 17, 0}, {70, 100, 70 * 32}, {150, 130, 150 * 32}, {40, 45, 40 * 7}};
    static const unsigned maxvals[] = {255, 1, 1000, 65535, 100};
    unsigned number = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (unsigned channels = 1; channels <= 4; channels++) {
            for (int motif = 0; motif < MOTIFS; motif++) {
                const unsigned maxval = maxvals[number % 5];
                if (number++ % 3 != 0) {
                    continue; /* a sample of the combinations */
                }
                struct byte_buffer input = {0};
                char what[100];
                draw_pnm(&input, (enum motif)motif, shapes[i].width, shapes[i].height, channels, maxval, number % 2);
                snprintf(what, sizeof what, "motif %d, %ux%ux%u, maxval %u", motif, shapes[i].width, shapes[i].height,
                         channels, maxval);
                check_picture(&input, &usual_options, shapes[i].band_pixels, what);
                free(input.data);
            }
        }
    }
}

/* ---- origins ---- */

static void put_ppm(struct byte_buffer *file, const struct drawing *drawing) {
    char text[60];
    append(file, text, (size_t)snprintf(text, sizeof text, "P6\n%u %u\n255\n", drawing->width, drawing->height));
    append(file, drawing->bytes, (size_t)drawing->width * drawing->height * 3);
}

static void check_origin(const struct drawing *drawing, const char *origin) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    put_ppm(&input, drawing);
    for (unsigned bands = 0; bands <= 1; bands++) {
        CHECK(compress(&input, &usual_options, bands * 32 * drawing->width, &stream, &error) == BSWZ_OK, "%s: %s",
              origin, error.message);
        const struct bswz_entry entry = list_stream(&stream, origin).entries[0];
        CHECK(strcmp(entry.origin, origin) == 0, "%s, not %s", entry.origin, origin);
        check_stream(origin);
    }
    free(input.data);
}

/* Pixels changed here and there: exceptions. */
static void change_pixels(struct drawing *drawing) {
    for (size_t i = 0; i < (size_t)3 * drawing->width * drawing->height; i += 3 * 101) {
        drawing->bytes[i] ^= 5;
    }
    for (size_t i = 0; i < 12; i += 3) { /* and some on the grid of every scale */
        drawing->bytes[16 * (i / 3 * drawing->width * 3 + i)] ^= 9;
    }
}

/* Colours of JFIF; then the output of a JPEG decoder. */
static void test_jfif(void) {
    struct drawing jfif = draw_jfif(203, 170, 3);
    change_pixels(&jfif);
    check_origin(&jfif, "JFIF");
    free(jfif.bytes);
    struct drawing drawn = draw_rgb(203, 170, 3, 0, 255);
    struct memory coded = compress_jpeg(&drawn, 3, 90, 1);
    struct drawing decoded = decompress_jpeg(&coded, JCS_RGB);
    change_pixels(&decoded);
    check_origin(&decoded, "JPEG");
    free(decoded.bytes);
    free(drawn.bytes);
    free(coded.bytes);
}

/* Those of a Photo CD, from half-resolution chroma, unchanged and mirrored. */
static void test_photo_cd(void) {
    for (unsigned flips = 0; flips < 4; flips++) {
        struct origin_planes planes = {.kind = ORIGIN_PHOTOYCC,
                                       .half_chroma = true,
                                       .flip_x = (flips & 1) != 0,
                                       .flip_y = (flips & 2) != 0,
                                       .width = 180,
                                       .height = 128};
        struct drawing rgb = {planes.width, planes.height, get((size_t)planes.width * planes.height * 3)};
        for (uint32_t c = 0; c < 3; c++) {
            planes.plane[c] = get((size_t)planes.width * planes.height);
            for (uint32_t i = 0; i < planes.width * planes.height; i++) {
                const uint32_t x = i % planes.width, y = i / planes.width;
                planes.plane[c][i] = c == 0 ? clip(texture(x, y, 7, 40, 160)) : clip(texture(x, y, 7 + c, 110, 180));
            }
            if (c > 0) {
                origin_interpolate_half(planes.plane[c], planes.width, planes.height);
            }
        }
        struct bswz_error error;
        CHECK(origin_restore(&planes, NULL, rgb.bytes, &error) == BSWZ_OK, "%s", error.message);
        for (size_t i = 0; i < (size_t)planes.width * planes.height * 3; i += 3 * 311) {
            rgb.bytes[i] ^= 1;
        }
        check_origin(&rgb, "PhotoYCC");
        free(rgb.bytes);
        origin_planes_free(&planes);
    }
}

/* ---- models with few levels ---- */

static void test_few_levels(void) {
    for (unsigned levels = 0; levels <= 5; levels++) {
        struct byte_buffer file = toy_model(levels, levels % 3, 16, 1), coded = {0};
        struct bswz_model *model = NULL;
        struct bswz_error error = {0};
        struct progress progress;
        const uint32_t width = 75, height = 54;
        struct coded_planes planes = {.width = width,
                                      .height = height,
                                      .count = 3,
                                      .head = HEAD_PHOTOYCC,
                                      .half_chroma = levels > 0,
                                      .grid_phase = -1};
        CHECK(bswz_model_load(file.data, file.size, &model, &error) == BSWZ_OK, "%s", error.message);
        progress_open(&progress, NULL, NULL);
        struct coding_context coding = {.threads = 2, .level = 6, .model = model, .progress = &progress};
        progress_begin_band(&coding.band, &progress, (uint64_t)width * height);
        for (unsigned c = 0; c < 3; c++) {
            planes.plane[c] = get((size_t)width * height);
            for (uint32_t i = 0; i < width * height; i++) {
                planes.plane[c][i] = (uint8_t)texture(i % width, i / width, c, 0, 255);
            }
            if (c > 0) {
                origin_interpolate_half(planes.plane[c], width, height);
            }
        }
        CHECK(model_planes_encode(&coding, &planes, &coded, &error) == BSWZ_OK, "%s", error.message);
        for (unsigned scale = 0; scale <= PICTURE_MAX_SCALE; scale++) {
            struct coded_planes small = planes;
            struct model_reference reference = {.hash = bswz_model_hash(model), .name = "toy"};
            struct cursor payload = {.bytes = coded.data, .size = coded.size};
            const size_t size = (size_t)picture_scaled_side(width, scale) * picture_scaled_side(height, scale);
            uint8_t *expected = get(size);
            small.scale = scale;
            for (unsigned c = 0; c < 3; c++) {
                small.plane[c] = get(size);
            }
            CHECK(model_planes_decode(&coding, &small, &reference, &payload, &error) == BSWZ_OK, "%s", error.message);
            for (unsigned c = 0; c < 3; c++) {
                picture_scale_samples(planes.plane[c], width, 0, height, 1, scale, expected);
                CHECK(memcmp(expected, small.plane[c], size) == 0, "%u levels, 1/%u, plane %u", levels, 1u << scale, c);
                free(small.plane[c]);
            }
            free(expected);
        }
        for (unsigned c = 0; c < 3; c++) {
            free(planes.plane[c]);
        }
        coding_close(&coding);
        progress_close(&progress);
        bswz_model_free(model);
        free(file.data);
        free(coded.data);
    }
}

/* ---- files ---- */

static void test_files(void) {
    const struct bswz_compress_options exact = {.size = sizeof exact, .level = 2, .threads = 1, .exact = 1};
    struct byte_buffer pnm = {0}, png = {0};
    draw_pnm(&pnm, MOTIF_SMOOTH, 190, 171, 3, 255, false);
    append_png(&png, &pnm);
    check_picture(&png, &usual_options, 190 * 64, "PNG");
    check_picture(&png, &exact, 190 * 64, "a PNG file");
    const struct bswz_entry entry = list_stream(&stream, "a PNG file").entries[0];
    CHECK(strcmp(entry.promise, "bytes") == 0, "a recipe was found");
    free(pnm.data);
    free(png.data);
}

/* ---- headers ---- */

/* The scaled record of a picture with this head record. */
static struct byte_buffer scaled_head(const struct picture_info *info, const void *head, size_t size, unsigned scale,
                                      enum bswz_status expected) {
    struct byte_buffer whole = {0}, small = {0};
    struct picture_info scaled;
    struct bswz_error error = {0};
    append(&whole, head, size);
    const enum bswz_status status = picture_scale_head(info, &whole, scale, &scaled, &small, &error);
    CHECK(status == expected, "status %d: %s", (int)status, error.message);
    free(whole.data);
    return small;
}

static void test_headers(void) {
    static const struct {
        const char *whole, *small;
        struct picture_info info;
    } texts[] = {
        {"P5 # a comment\n9 7 200\n", "P5\n3 2\n200\n", {9, 7, 1, 8, 200, false, false, PICTURE_PNM}},
        {"P4\n17\t4\n", "P4\n5 1\n", {17, 4, 1, 8, 1, false, false, PICTURE_PNM}},
        {"P5 16 4 255 ", "P5\n4 1\n255\n", {16, 4, 1, 8, 255, false, false, PICTURE_PNM}},
        {"P7\n#hi\nHEIGHT 4\n  WIDTH  17\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nTUPLTYPE x\nENDHDR\n",
         "P7\n#hi\nHEIGHT 1\nWIDTH 5\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nTUPLTYPE x\nENDHDR\n",
         {17, 4, 4, 8, 255, false, false, PICTURE_PAM}},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct byte_buffer head = scaled_head(&texts[i].info, texts[i].whole, strlen(texts[i].whole), 2, BSWZ_OK);
        CHECK(head.size == strlen(texts[i].small) && memcmp(head.data, texts[i].small, head.size) == 0, "%.*s",
              (int)head.size, (char *)head.data);
        free(head.data);
    }
    struct picture_info info = texts[3].info;
    free(scaled_head(&info, "P5 1 1 255 ", 11, 1, BSWZ_ERROR_FORMAT).data);
    info.format = PICTURE_PNM;
    free(scaled_head(&info, texts[3].whole, strlen(texts[3].whole), 1, BSWZ_ERROR_FORMAT).data);
    free(scaled_head(&info, "P5 1 x 1 ", 9, 1, BSWZ_ERROR_FORMAT).data);

    /* PNG: the pixels are larger; chunks that would be wrong are left out, and so is interlacing */
    static const uint8_t record[] = "\1\10\2\1"
                                    "gAMA\4\0\0\0abcd"
                                    "pHYs\11\0\0\0\0\0\13\23\0\0\0\1\1"
                                    "oFFs\2\0\0\0xx"
                                    "tEXt\3\0\0\0k\0v"
                                    "hIST\2\0\0\0hh";
    static const uint8_t expected[] = "\1\10\2\0"
                                      "gAMA\4\0\0\0abcd"
                                      "pHYs\11\0\0\0\0\0\1\142\0\0\0\1\1"
                                      "tEXt\3\0\0\0k\0v";
    info = (struct picture_info){50, 40, 3, 8, 255, false, false, PICTURE_PNG};
    struct byte_buffer head = scaled_head(&info, record, sizeof record - 1, 3, BSWZ_OK);
    CHECK(head.size == sizeof expected - 1 && memcmp(head.data, expected, head.size) == 0, "%zu bytes", head.size);
    free(head.data);
}

/* ---- anything that is not a single picture ---- */

static void test_other_streams(void) {
    struct byte_buffer input = {0}, pnm = {0}, expected = {0}, part = {0};
    struct bswz_error error;
    /* pictures in a row, and bytes after them */
    draw_pnm(&input, MOTIF_SMOOTH, 50, 40, 3, 255, false);
    draw_pnm(&input, MOTIF_SMOOTH, 50, 40, 3, 255, false);
    append(&input, "the end", 7);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    draw_pnm(&pnm, MOTIF_SMOOTH, 50, 40, 3, 255, false);
    CHECK(compress(&pnm, &usual_options, 0, &again, &error) == BSWZ_OK &&
              decompress_scaled(&again, BSWZ_TO_SOURCE, 2, 1, &part, &error) == BSWZ_OK,
          "%s", error.message);
    append(&expected, part.data, part.size);
    append(&expected, part.data, part.size);
    append(&expected, "the end", 7);
    CHECK(decompress_scaled(&stream, BSWZ_TO_SOURCE, 2, 2, &restored, &error) == BSWZ_OK && same(&expected, &restored),
          "%zu bytes, not %zu", restored.size, expected.size);
    CHECK(decompress_scaled(&stream, BSWZ_TO_SOURCE, 5, 1, &restored, &error) == BSWZ_ERROR_ARGUMENT, "scale 5");

    /* a picture in an archive */
    input.size = 0;
    tar_member(&input, TAR_USTAR, '0', "a.ppm", pnm.data, pnm.size);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    CHECK(list_stream(&stream, "tar").count >= 2, "the picture was found");
    CHECK(decompress_scaled(&stream, BSWZ_TO_SOURCE, 1, 1, &restored, &error) == BSWZ_ERROR_UNSUPPORTED &&
              strstr(error.message, "archive") != NULL,
          "%s", error.message);

    /* nothing but bytes, and a stream followed by one with a picture */
    input.size = 0;
    append(&input, "hello", 5);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    append(&stream, again.data, again.size);
    CHECK(decompress_scaled(&stream, BSWZ_TO_SOURCE, 2, 1, &restored, &error) == BSWZ_OK &&
              restored.size == 5 + part.size && memcmp(restored.data, "hello", 5) == 0 &&
              memcmp(restored.data + 5, part.data, part.size) == 0,
          "%s", error.message);

    /* a picture truncated after a band: the rest of it is bytes */
    input.size = 0;
    draw_pnm(&input, MOTIF_SMOOTH, 50, 150, 3, 255, false);
    input.size -= 1000;
    CHECK(compress(&input, &usual_options, 50 * 32, &stream, &error) == BSWZ_OK, "%s", error.message);
    CHECK(decompress_scaled(&stream, BSWZ_TO_SOURCE, 1, 1, &restored, &error) == BSWZ_ERROR_UNSUPPORTED, "%s",
          error.message);

    /* damage shows at the end of the stream, at the latest */
    CHECK(compress(&pnm, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    for (size_t at = 0; at < stream.size; at += 1 + stream.size / 300) {
        stream.data[at] ^= 0x20;
        CHECK(decompress_scaled(&stream, BSWZ_TO_SOURCE, 1 + at % 4, 1, &restored, &error) != BSWZ_OK, "damage at %zu",
              at);
        stream.data[at] ^= 0x20;
        const struct byte_buffer cut = {stream.data, at, 0};
        CHECK(decompress_scaled(&cut, BSWZ_TO_SOURCE, 1 + at % 4, 2, &restored, &error) == BSWZ_ERROR_TRUNCATED,
              "cut at %zu: %s", at, error.message);
    }
    free(input.data);
    free(pnm.data);
    free(expected.data);
    free(part.data);
}

int main(void) {
    test_kinds();
    test_jfif();
    test_photo_cd();
    test_few_levels();
    test_files();
    test_headers();
    test_other_streams();
    free_trip();
    return check_summary();
}
