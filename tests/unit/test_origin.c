/* SPDX-License-Identifier: MIT */
/*
 * Origins: round trips of drawn pictures of every kind and size, libjpeg's own, and the list of exceptions under damage.
 */
#include "check.h"
#include "test_origin_draw.h"

#include "origin/exceptions.h"
#include "origin/steps.h"

#include <math.h>
#include <string.h>

/* ---- round trips ---- */

/* The workers for every second search and for restoring. */
static struct worker_pool *workers;

/* With and without workers. */
static bool restores(const struct origin_planes *planes, const uint8_t *rgb) {
    size_t bytes = (size_t)3 * planes->width * planes->height;
    uint8_t *restored = get(bytes);
    bool same = true;
    for (int i = 0; i < 2; i++) {
        memset(restored, 0xa5, bytes);
        same = same && origin_restore(planes, i == 0 ? NULL : workers, restored, NULL) == BSWZ_OK &&
               memcmp(restored, rgb, bytes) == 0;
    }
    free(restored);
    return same;
}

static bool interpolation_holds(const struct origin_planes *planes) {
    size_t pixels = (size_t)planes->width * planes->height;
    bool holds = true;
    for (int k = 1; k < 3; k++) {
        uint8_t *copy = get(pixels);
        memcpy(copy, planes->plane[k], pixels);
        origin_interpolate_half(copy, planes->width, planes->height);
        holds = holds && memcmp(copy, planes->plane[k], pixels) == 0;
        free(copy);
    }
    return holds;
}

/* How many pixels the list names: its first varint. */
static size_t count_exceptions(const struct origin_planes *planes) {
    size_t count = 0;
    for (size_t i = 0; i < planes->exceptions.size; i++) {
        count |= (size_t)(planes->exceptions.data[i] & 127) << (7 * i);
        if (planes->exceptions.data[i] < 128) {
            break;
        }
    }
    return count;
}

static bool same_planes(const struct origin_planes *a, const struct origin_planes *b) {
    bool same = a->kind == b->kind && a->half_chroma == b->half_chroma && a->flip_x == b->flip_x &&
                a->flip_y == b->flip_y && a->exceptions.size == b->exceptions.size &&
                (a->exceptions.size == 0 || memcmp(a->exceptions.data, b->exceptions.data, a->exceptions.size) == 0);
    for (int i = 0; i < (a->kind == ORIGIN_GREY ? 1 : 3) && same; i++) {
        same = memcmp(a->plane[i], b->plane[i], (size_t)a->width * a->height) == 0;
    }
    return same;
}

/* Find, alone and with others, check, restore; the result remains for more checks. */
static struct origin_planes find(const uint8_t *rgb, uint32_t width, uint32_t height, const char *what) {
    struct origin_planes planes, shared;
    struct bswz_error error = {0};
    enum bswz_status status = origin_find(rgb, width, height, true, NULL, &planes, &error);
    CHECK(status == BSWZ_OK, "%s %ux%u: %s", what, width, height, error.message);
    CHECK(restores(&planes, rgb), "%s %ux%u, kind %d", what, width, height, planes.kind);
    if (planes.half_chroma) {
        CHECK(interpolation_holds(&planes), "%s %ux%u", what, width, height);
    }
    status = origin_find(rgb, width, height, true, workers, &shared, &error);
    CHECK(status == BSWZ_OK && same_planes(&planes, &shared), "%s %ux%u with threads", what, width, height);
    CHECK(origin_grid_phase(planes.plane[0], width, height, NULL) ==
              origin_grid_phase(planes.plane[0], width, height, workers),
          "%s %ux%u with threads", what, width, height);
    origin_planes_free(&shared);
    return planes;
}

static void round_trip(const uint8_t *rgb, uint32_t width, uint32_t height, const char *what) {
    struct origin_planes planes = find(rgb, width, height, what);
    origin_planes_free(&planes);
}

static void test_small_sizes(void) {
    uint8_t rgb[3 * 81];
    uint64_t state = 1;
    for (uint32_t height = 1; height <= 9; height++) {
        for (uint32_t width = 1; width <= 9; width++) {
            size_t pixels = (size_t)width * height;
            for (size_t i = 0; i < 3 * pixels; i++) {
                rgb[i] = (uint8_t)(noise(&state) >> 40);
            }
            round_trip(rgb, width, height, "noise");
            for (size_t i = 0; i < 3 * pixels; i++) {
                rgb[i] = noise(&state) & 1 ? 255 : 0;
            }
            round_trip(rgb, width, height, "clipped");
            for (size_t i = 0; i < 3 * pixels; i++) {
                rgb[i] = (uint8_t)(i / 3 * 3);
            }
            struct origin_planes planes = find(rgb, width, height, "grey");
            CHECK(planes.kind == ORIGIN_GREY, "kind %d", planes.kind);
            CHECK(planes.plane[1] == NULL && planes.exceptions.size == 0, "grey has one plane");
            origin_planes_free(&planes);
            for (enum origin_kind kind = ORIGIN_JFIF; kind <= ORIGIN_PHOTOYCC; kind++) {
                for (size_t i = 0; i < pixels; i++) {
                    reference_forward(kind, 90 + (int)(noise(&state) >> 60), 135 + (int)(noise(&state) >> 60),
                                      130 + (int)(noise(&state) >> 60), rgb + 3 * i);
                }
                planes = find(rgb, width, height, "converted");
                CHECK(planes.kind == kind || pixels < 20, "kind %d, wanted %d, %zu pixels", planes.kind, kind, pixels);
                origin_planes_free(&planes);
            }
        }
    }
}

static void test_no_origin(void) {
    enum { WIDTH = 150, HEIGHT = 97, BYTES = 3 * WIDTH * HEIGHT };
    uint8_t *rgb = get(BYTES);
    uint64_t state = 7;
    for (size_t i = 0; i < BYTES; i++) {
        rgb[i] = (uint8_t)(noise(&state) >> 40);
    }
    struct origin_planes planes = find(rgb, WIDTH, HEIGHT, "noise");
    CHECK(planes.kind == ORIGIN_RGB && planes.exceptions.size == 0, "kind %d", planes.kind);
    for (size_t i = 0; i < 5; i++) {
        CHECK(planes.plane[0][i] == rgb[3 * i + 1] && planes.plane[1][i] == rgb[3 * i] &&
                  planes.plane[2][i] == rgb[3 * i + 2],
              "planes are G, R, B");
    }
    origin_planes_free(&planes);

    struct drawing photo = draw_rgb(WIDTH, HEIGHT, 20, 20, 240);
    planes = find(photo.bytes, WIDTH, HEIGHT, "drawing");
    CHECK(planes.kind == ORIGIN_RGB, "kind %d", planes.kind);
    origin_planes_free(&planes);
    free(photo.bytes);

    photo = draw_rgb(WIDTH, HEIGHT, 20, -300, 500);
    round_trip(photo.bytes, WIDTH, HEIGHT, "clipped drawing");
    free(photo.bytes);

    /* grey, except for one pixel; black, white and a few pure colours */
    memset(rgb, 0, BYTES);
    for (size_t i = 0; i < BYTES; i++) {
        rgb[i] = (uint8_t)(i / 3 * 7);
    }
    rgb[BYTES / 2] ^= 9;
    planes = find(rgb, WIDTH, HEIGHT, "nearly grey");
    CHECK(planes.kind == ORIGIN_RGB, "kind %d", planes.kind);
    origin_planes_free(&planes);
    for (size_t i = 0; i < BYTES; i++) {
        rgb[i] = noise(&state) & 3 ? 255 : 0;
    }
    round_trip(rgb, WIDTH, HEIGHT, "pure colours");
    free(rgb);

    struct bswz_error error = {0};
    uint8_t one[3] = {1, 2, 3};
    CHECK(origin_find(one, 0x80000000u, 1, true, NULL, &planes, &error) == BSWZ_ERROR_LIMIT, "too many pixels");
}

/* A picture made by a conversion from drawn planes, with chroma and luma in the given ranges. half: chroma
 * interpolated, with known samples at odd columns, rows. */
static struct drawing draw_converted(enum origin_kind kind, uint32_t width, uint32_t height, uint32_t seed, int low,
                                     int high, bool half, bool odd_columns, bool odd_rows, uint8_t *drawn[3]) {
    size_t pixels = (size_t)width * height;
    struct drawing drawing = {width, height, get(3 * pixels)};
    for (int k = 0; k < 3; k++) {
        drawn[k] = get(pixels);
        /* As the decoder will hold them: mirrored so that known samples are even. */
        for (uint32_t y = 0; y < height; y++) {
            for (uint32_t x = 0; x < width; x++) {
                int centre = k == 1 ? 150 : 135;
                int value = k == 0 ? texture(x, y, seed, low, high)
                                   : centre - 30 + 60 * smooth_noise(x, y, 23, seed + 9 + (uint32_t)k) / 255;
                drawn[k][(size_t)y * width + x] = clip(value);
            }
        }
        if (half && k > 0) {
            origin_interpolate_half(drawn[k], width, height);
        }
    }
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            size_t i = (size_t)(odd_rows ? height - 1 - y : y) * width + (odd_columns ? width - 1 - x : x);
            reference_forward(kind, drawn[0][i], drawn[1][i], drawn[2][i], drawing.bytes + 3 * ((size_t)y * width + x));
        }
    }
    return drawing;
}

static void free_drawn(struct drawing *drawing, uint8_t *drawn[3]) {
    free(drawing->bytes);
    for (int k = 0; k < 3; k++) {
        free(drawn[k]);
    }
}

static bool planes_equal(const struct origin_planes *planes, uint8_t *drawn[3]) {
    for (int k = 0; k < 3; k++) {
        if (memcmp(planes->plane[k], drawn[k], (size_t)planes->width * planes->height) != 0) {
            return false;
        }
    }
    return true;
}

static void test_photoycc(void) {
    for (int variant = 0; variant < 16; variant++) {
        bool odd_columns = variant & 1, odd_rows = variant & 2;
        uint32_t width = variant & 4 ? 99 : 98, height = variant & 8 ? 75 : 74;
        bool possible = !(odd_columns && width % 2) && !(odd_rows && height % 2);
        uint8_t *drawn[3];
        if (!possible) { /* the drawing cannot be mirrored either: cut a column and a row off a larger one */
            struct drawing larger = draw_converted(ORIGIN_PHOTOYCC, 100, 76, 31, 40, 150, true, false, false, drawn);
            struct drawing cut = {width, height, get((size_t)3 * width * height)};
            for (uint32_t y = 0; y < height; y++) {
                memcpy(cut.bytes + (size_t)3 * y * width,
                       larger.bytes + 3 * ((size_t)(y + odd_rows) * 100 + odd_columns), (size_t)3 * width);
            }
            struct origin_planes planes = find(cut.bytes, width, height, "half chroma, impossible");
            CHECK(planes.kind == ORIGIN_PHOTOYCC && !planes.half_chroma && !planes.flip_x && !planes.flip_y &&
                      planes.exceptions.size == 0,
                  "kind %d", planes.kind);
            origin_planes_free(&planes);
            free(cut.bytes);
            free_drawn(&larger, drawn);
            continue;
        }
        /* nothing clipped: exactly these planes come back */
        struct drawing drawing =
            draw_converted(ORIGIN_PHOTOYCC, width, height, 31, 60, 130, true, odd_columns, odd_rows, drawn);
        struct origin_planes planes = find(drawing.bytes, width, height, "half chroma");
        CHECK(planes.kind == ORIGIN_PHOTOYCC && planes.half_chroma && planes.flip_x == odd_columns &&
                  planes.flip_y == odd_rows,
              "kind %d half %d", planes.kind, planes.half_chroma);
        CHECK(planes.exceptions.size == 0 && planes_equal(&planes, drawn), "planes differ, variant %d", variant);
        origin_planes_free(&planes);
        free_drawn(&drawing, drawn);

        /* a good part clipped */
        drawing = draw_converted(ORIGIN_PHOTOYCC, width, height, 57, 0, 235, true, odd_columns, odd_rows, drawn);
        planes = find(drawing.bytes, width, height, "half chroma, clipped");
        size_t count = count_exceptions(&planes);
        CHECK(planes.half_chroma && count * 50 < (size_t)width * height, "variant %d: %zu exceptions", variant, count);
        origin_planes_free(&planes);
        free_drawn(&drawing, drawn);
    }

    /* chroma of full resolution */
    uint8_t *drawn[3];
    struct drawing drawing = draw_converted(ORIGIN_PHOTOYCC, 120, 90, 31, 60, 130, false, false, false, drawn);
    uint64_t state = 5;
    for (size_t i = 0; i < 120 * 90; i++) {
        drawn[1][i] = (uint8_t)(drawn[1][i] + (noise(&state) >> 61));
        reference_forward(ORIGIN_PHOTOYCC, drawn[0][i], drawn[1][i], drawn[2][i], drawing.bytes + 3 * i);
    }
    struct origin_planes planes = find(drawing.bytes, 120, 90, "PhotoYCC");
    CHECK(planes.kind == ORIGIN_PHOTOYCC && !planes.half_chroma && planes_equal(&planes, drawn), "kind %d",
          planes.kind);
    origin_planes_free(&planes);
    free_drawn(&drawing, drawn);
}

static void test_interpolation(void) {
    uint64_t state = 3;
    for (uint32_t height = 1; height <= 9; height++) {
        for (uint32_t width = 1; width <= 9; width++) {
            uint8_t plane[81], known[81];
            for (size_t i = 0; i < 81; i++) {
                plane[i] = known[i] = (uint8_t)(noise(&state) >> 40);
            }
            origin_interpolate_half(plane, width, height);
            int wrong = 0;
            for (uint32_t y = 0; y < height; y++) {
                for (uint32_t x = 0; x < width; x++) {
                    uint32_t left = x - x % 2, top = y - y % 2;
                    uint32_t right = x % 2 && x + 1 < width ? x + 1 : left, low = y % 2 && y + 1 < height ? y + 1 : top;
                    int a = known[top * width + left], b = known[top * width + right];
                    int c = known[low * width + left], d = known[low * width + right];
                    int wanted = x % 2 && y % 2 ? (a + b + c + d + 2) >> 2
                                 : x % 2        ? (a + b + 1) >> 1
                                                : (a + c + 1) >> 1;
                    wrong += plane[y * width + x] != wanted;
                }
            }
            CHECK(wrong == 0, "%ux%u: %d wrong", width, height, wrong);
        }
    }
}

/* ---- JPEG ---- */

static void test_jfif(void) {
    for (int variant = 0; variant < 8; variant++) {
        bool clipped = variant & 2, odd = variant & 4;
        struct drawing drawing =
            draw_rgb(odd ? 203 : 160, odd ? 117 : 128, 77, clipped ? -90 : 30, clipped ? 360 : 220);
        struct memory jpeg = compress_jpeg(&drawing, 3, 85, 1 + variant % 2);
        struct drawing rgb = decompress_jpeg(&jpeg, JCS_RGB), planes_drawn = decompress_jpeg(&jpeg, JCS_YCbCr);
        size_t pixels = (size_t)rgb.width * rgb.height, differ = 0, unclipped = 0;
        struct origin_planes planes = find(rgb.bytes, rgb.width, rgb.height, "JPEG");
        CHECK(planes.kind == ORIGIN_JFIF, "variant %d: kind %d", variant, planes.kind);
        CHECK(planes.exceptions.size == 0, "variant %d: %zu exceptions", variant, count_exceptions(&planes));
        for (size_t i = 0; i < pixels && planes.kind == ORIGIN_JFIF; i++) {
            uint8_t wanted[3];
            const uint8_t *drawn = planes_drawn.bytes + 3 * i;
            reference_forward(ORIGIN_JFIF, drawn[0], drawn[1], drawn[2], wanted);
            differ += memcmp(wanted, rgb.bytes + 3 * i, 3) != 0;
            if (!conversion_clipped(rgb.bytes + 3 * i)) {
                unclipped++;
                for (int k = 0; k < 3; k++) {
                    differ += planes.plane[k][i] != drawn[k];
                }
            }
        }
        CHECK(differ == 0, "variant %d: %zu values differ from libjpeg's", variant, differ);
        CHECK(clipped ? unclipped < pixels : unclipped * 10 > pixels * 9, "%zu of %zu unclipped", unclipped, pixels);
        origin_planes_free(&planes);

        struct bswz_error error = {0};
        CHECK(origin_find(rgb.bytes, rgb.width, rgb.height, false, NULL, &planes, &error) == BSWZ_OK, "%s",
              error.message);
        CHECK(planes.kind == ORIGIN_RGB && restores(&planes, rgb.bytes), "search was not asked for");
        origin_planes_free(&planes);

        /* a few pixels edited: exceptions; half of them: another origin */
        uint64_t state = 11;
        for (size_t i = 0; i < 3 * pixels; i++) {
            rgb.bytes[i] = (uint8_t)(rgb.bytes[i] + (noise(&state) % 200 == 0));
        }
        planes = find(rgb.bytes, rgb.width, rgb.height, "edited JPEG");
        CHECK(planes.kind == ORIGIN_JFIF && planes.exceptions.size > 0, "variant %d: kind %d", variant, planes.kind);
        origin_planes_free(&planes);
        for (size_t i = 0; i < 3 * pixels; i++) {
            rgb.bytes[i] = (uint8_t)(rgb.bytes[i] + noise(&state) % 2);
        }
        planes = find(rgb.bytes, rgb.width, rgb.height, "destroyed JPEG");
        CHECK(planes.kind == ORIGIN_RGB, "variant %d: kind %d", variant, planes.kind);
        origin_planes_free(&planes);

        free(jpeg.bytes);
        free(drawing.bytes);
        free(rgb.bytes);
        free(planes_drawn.bytes);
    }
}

/* ---- the list of exceptions ---- */

/* A copy of exactly the right size, so that a sanitizer detects every byte too many. */
static enum bswz_status restore_with(const struct origin_planes *planes, const uint8_t *list, size_t size,
                                     uint8_t *rgb) {
    struct origin_planes changed = *planes;
    struct bswz_error error = {0};
    changed.exceptions = (struct byte_buffer){get(size), size, size};
    if (size > 0) {
        memcpy(changed.exceptions.data, list, size);
    }
    enum bswz_status status = origin_restore(&changed, NULL, rgb, &error);
    free(changed.exceptions.data);
    return status;
}

static void test_exceptions(void) {
    enum { WIDTH = 67, HEIGHT = 41, BYTES = 3 * WIDTH * HEIGHT };
    uint8_t *drawn[3];
    struct drawing drawing = draw_converted(ORIGIN_JFIF, WIDTH, HEIGHT, 5, 60, 180, false, false, false, drawn);
    uint64_t state = 17;
    for (int i = 0; i < 40; i++) { /* the corners and some others */
        size_t place = i == 0 ? 0 : i == 1 ? BYTES - 3 : noise(&state) % BYTES;
        drawing.bytes[place] = (uint8_t)(drawing.bytes[place] + 1 + noise(&state) % 3);
    }
    struct origin_planes planes = find(drawing.bytes, WIDTH, HEIGHT, "exceptions");
    CHECK(planes.kind == ORIGIN_JFIF && count_exceptions(&planes) > 20, "%zu exceptions", count_exceptions(&planes));
    const uint8_t *list = planes.exceptions.data;
    size_t size = planes.exceptions.size;
    uint8_t *rgb = get(BYTES), *damaged = get(size + 1);
    int unexpected = 0;
    for (size_t i = 1; i < size; i++) { /* truncated: the list says how long it is */
        unexpected += restore_with(&planes, list, i, rgb) != BSWZ_ERROR_CORRUPT;
    }
    memcpy(damaged, list, size);
    damaged[size] = 0;
    unexpected += restore_with(&planes, damaged, size + 1, rgb) != BSWZ_ERROR_CORRUPT;
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(damaged, list, size);
            damaged[i] ^= (uint8_t)(1 << bit);
            enum bswz_status status = restore_with(&planes, damaged, size, rgb);
            unexpected += status != BSWZ_OK && status != BSWZ_ERROR_CORRUPT;
            unexpected += status == BSWZ_OK && memcmp(rgb, drawing.bytes, BYTES) == 0;
        }
    }
    for (int i = 0; i < 20000; i++) {
        size_t length = noise(&state) % 24;
        for (size_t j = 0; j < length; j++) {
            damaged[j] = (uint8_t)(noise(&state) >> (noise(&state) & 1 ? 40 : 62));
        }
        enum bswz_status status = restore_with(&planes, damaged, length, rgb);
        unexpected += status != BSWZ_OK && status != BSWZ_ERROR_CORRUPT;
    }
    CHECK(unexpected == 0, "%d unexpected results", unexpected);

    static const struct {
        uint8_t bytes[16];
        size_t size;
        enum bswz_status status;
        const char *what;
    } cases[] = {
        {{0}, 1, BSWZ_ERROR_CORRUPT, "an empty list has no bytes"},
        {{1, 0, 1, 1, 1}, 5, BSWZ_OK, "the first pixel"},
        {{1, 0xba, 0x15, 1, 1, 1}, 6, BSWZ_OK, "the last pixel, 2746"},
        {{1, 0xbb, 0x15, 1, 1, 1}, 6, BSWZ_ERROR_CORRUPT, "beyond the last pixel"},
        {{2, 0xba, 0x15, 0, 1, 1, 1, 1, 1, 1}, 10, BSWZ_ERROR_CORRUPT, "one after the last pixel"},
        {{1, 0x80, 0, 1, 1, 1}, 6, BSWZ_ERROR_CORRUPT, "a needless byte"},
        {{1, 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 1, 1}, 9, BSWZ_ERROR_CORRUPT, "more than 32 bits"},
        {{1, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 1}, 9, BSWZ_ERROR_CORRUPT, "a varint without an end"},
        {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, BSWZ_ERROR_CORRUPT, "a count of 2^32 - 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(restore_with(&planes, cases[i].bytes, cases[i].size, rgb) == cases[i].status, "%s", cases[i].what);
    }

    /* Contradictions that only a damaged stream can contain. */
    struct bswz_error error = {0};
    struct origin_planes changed = planes;
    changed.half_chroma = true;
    CHECK(origin_restore(&changed, NULL, rgb, &error) == BSWZ_ERROR_CORRUPT, "half chroma in JFIF");
    changed = planes;
    changed.flip_y = true;
    CHECK(origin_restore(&changed, NULL, rgb, &error) == BSWZ_ERROR_CORRUPT, "flipped JFIF");
    changed = planes;
    changed.kind = ORIGIN_RGB;
    CHECK(origin_restore(&changed, NULL, rgb, &error) == BSWZ_ERROR_CORRUPT, "exceptions in RGB");
    changed = planes;
    changed.kind = (enum origin_kind)4;
    changed.exceptions.size = 0;
    CHECK(origin_restore(&changed, NULL, rgb, &error) == BSWZ_ERROR_CORRUPT, "unknown kind");
    changed = planes;
    changed.width = changed.height = 0x3fffffff;
    CHECK(origin_restore(&changed, NULL, rgb, &error) == BSWZ_ERROR_LIMIT, "too many pixels");

    free(rgb);
    free(damaged);
    origin_planes_free(&planes);
    free_drawn(&drawing, drawn);
}

/* The bits of a run of bytes, in floating point. */
static double run_bits(const uint8_t *bytes, size_t size) {
    double bits = 0.0;
    for (int value = 0; value < 256; value++) {
        double count = 0.0;
        for (size_t i = 0; i < size; i++) {
            count += bytes[i] == value;
        }
        bits += count > 0.0 ? count * log2((double)size / count) : 0.0;
    }
    return bits;
}

/* The cost of a list, computed with integers, equals the definition: entropies of the gaps and of each channel. */
static void test_costs(void) {
    enum { MOST = 5000 };
    uint64_t state = 31;
    uint8_t *bytes = get(2 + 4 * MOST);
    for (size_t count = 1; count <= MOST; count += count < 300 ? 1 : 613) {
        for (unsigned channels = 1; channels <= 3; channels += 2) {
            struct byte_buffer list = {.data = bytes};
            const size_t start = count < 128 ? 1 : 2;
            bytes[0] = (uint8_t)(count < 128 ? count : count % 128 + 128);
            bytes[1] = (uint8_t)(count / 128); /* unless it is a gap */
            list.size = start + (1 + channels) * count;
            for (size_t i = start; i < list.size; i++) {
                bytes[i] = (uint8_t)(noise(&state) >> 57 & noise(&state) >> (57 + count % 7));
            }
            double expected = 64.0 + run_bits(bytes + start, count);
            for (unsigned channel = 0; channel < channels; channel++) {
                expected += run_bits(bytes + start + (1 + channel) * count, count);
            }
            const double got = (double)exceptions_bits(&list, channels) / EXCEPTIONS_BIT;
            CHECK(fabs(got - expected) < 0.001 * (1.0 + (double)count / 1000), "%zu exceptions: %f bits, not %f", count,
                  got, expected);
        }
    }
    CHECK(exceptions_bits(&(struct byte_buffer){.size = 0}, 3) == 0, "no exceptions");
    free(bytes);
}

int main(void) {
    CHECK(worker_pool_create(3, &workers, NULL) == BSWZ_OK, "workers");
    test_small_sizes();
    test_no_origin();
    test_interpolation();
    test_photoycc();
    test_jfif();
    test_exceptions();
    test_costs();
    worker_pool_destroy(workers);
    return check_summary();
}
