/* SPDX-License-Identifier: MIT */
/*
 * JPEG files that are damaged, cut off, or not quite as the standard has them: they come back, and their good part is
 * kept as coefficients.
 */
#include "test_jpeg_trip.h"

#define PARTS_MAX 400

/* A file's headers, the segments between its restart markers, and the end marker. */
struct segments {
    struct byte_buffer file;
    size_t at[PARTS_MAX + 1]; /* after a marker */
    unsigned count;
};

/* Where the bytes of the first scan begin. */
static size_t scan_start(const struct byte_buffer *file) {
    const size_t at = find_segment(file, 0xda);
    return at + 2 + file->data[at + 3];
}

static struct segments split(const struct jpeg_kind *kind, uint32_t width, uint32_t height) {
    struct segments segments = {.file = make_jpeg(width, height, kind)};
    segments.at[segments.count++] = scan_start(&segments.file);
    for (size_t at = segments.at[0]; at + 1 < segments.file.size; at++) {
        const uint8_t next = segments.file.data[at + 1];
        if (segments.file.data[at] == 0xff && next >= 0xd0 && next <= 0xd9 && segments.count <= PARTS_MAX) {
            segments.at[segments.count++] = at + 2;
        }
    }
    segments.count--; /* the last one was the end */
    return segments;
}

/* The planes of a file that must come back. */
static struct jpeg_planes planes_of(const char *what, const struct byte_buffer *file, size_t *recipe) {
    struct jpeg_planes planes = {.count = 0};
    struct byte_buffer packed = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = take_apart(file, &planes, &packed, &error);
    CHECK(status == BSWZ_OK, "%s: %s", what, error.message);
    if (status == BSWZ_OK) {
        check_written(what, file, &planes, &packed);
    } else {
        planes.count = 0;
    }
    *recipe = packed.size;
    free(packed.data);
    return planes;
}

/* How many blocks of a component are the same; the planes have the same shape. */
static size_t same_blocks(const struct jpeg_planes *a, const struct jpeg_planes *b, unsigned component) {
    const struct jpeg_component *one = &a->component[component], *other = &b->component[component];
    size_t same = 0;
    for (size_t i = 0; a->count > component && b->count > component && i < (size_t)one->rows * one->columns; i++) {
        same += memcmp(one->block[i], other->block[i], sizeof one->block[i]) == 0;
    }
    return same;
}

/* ---- cut off ---- */

static void test_cut_off(void) {
    static const struct jpeg_kind kinds[] = {
        {.components = 3, .sampling = {22}},
        {.components = 1, .restart = 3},
        {.components = 3, .sampling = {21}, .is_progressive = true},
        {.components = 3, .script = odd_script, .restart = 5},
        {.components = 3, .script = sequential_script},
        {.components = 4},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct byte_buffer file = make_jpeg(83, 60, &kinds[k]);
        size_t whole_recipe;
        struct jpeg_planes whole = planes_of("whole", &file, &whole_recipe);
        const size_t blocks = (size_t)whole.component[0].rows * whole.component[0].columns, start = scan_start(&file);
        size_t before = 0;
        for (size_t size = start + 500; size < file.size; size += 1 + file.size / 53) {
            const struct byte_buffer part = {file.data, size, 0};
            char what[64];
            size_t recipe;
            snprintf(what, sizeof what, "kind %zu, %zu of %zu bytes", k, size, file.size);
            struct jpeg_planes planes = planes_of(what, &part, &recipe);
            /* nothing of the scans but the last MCU is in the recipe */
            CHECK(recipe < whole_recipe + 250, "%s: a recipe of %zu bytes, that of the whole has %zu", what, recipe,
                  whole_recipe);
            const size_t same = same_blocks(&whole, &planes, 0);
            CHECK(same >= before, "%s: %zu blocks, then %zu", what, before, same);
            before = same;
            jpeg_planes_free(&planes);
        }
        CHECK(before > blocks / 3, "kind %zu: %zu of %zu blocks", k, before, blocks);
        jpeg_planes_free(&whole);
        free(file.data);
    }
}

/* ---- restart markers ---- */

enum change { NUMBERED_ZERO, NUMBERED_FROM_1, WITHOUT_SOME, STRAY_BYTES, LOST_SEGMENTS, DAMAGED, CHANGES };
static const char *const names[CHANGES] = {"all are RST0",      "they begin with RST1", "some are missing",
                                           "bytes before some", "segments are missing", "damaged segments"};

static struct byte_buffer change_segments(const struct segments *segments, enum change change) {
    struct byte_buffer out = {0};
    append_or_abort(&out, segments->file.data, segments->at[0]);
    for (unsigned i = 0; i < segments->count; i++) {
        const uint8_t *bytes = segments->file.data + segments->at[i];
        const size_t size = segments->at[i + 1] - segments->at[i] - 2;
        const bool is_changed = i % 7 == 3;
        uint8_t marker[2] = {0xff, bytes[size + 1]};
        if (change == LOST_SEGMENTS && is_changed) {
            continue;
        }
        append_or_abort(&out, bytes, size);
        if (change == DAMAGED && is_changed && size > 4) {
            memset(out.data + out.size - size, 0xfe, 4); /* a run of ones is no code */
        }
        if (change == STRAY_BYTES && is_changed) {
            append_or_abort(&out, "\1\2\3", 3);
        }
        if (marker[1] != 0xd9 && change == NUMBERED_ZERO) {
            marker[1] = 0xd0;
        } else if (marker[1] != 0xd9 && change == NUMBERED_FROM_1) {
            marker[1] = (uint8_t)(0xd0 + (marker[1] + 1) % 8);
        }
        if (!(change == WITHOUT_SOME && is_changed) || marker[1] == 0xd9) {
            append_or_abort(&out, marker, 2);
        }
    }
    return out;
}

static void test_restarts(void) {
    static const struct jpeg_kind kinds[] = {{.components = 3, .sampling = {22}, .restart = 2},
                                             {.components = 1, .restart = 7, .quality = 95}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct segments segments = split(&kinds[k], 160, 120);
        size_t recipe;
        struct jpeg_planes whole = planes_of("whole", &segments.file, &recipe);
        const size_t blocks = (size_t)whole.component[0].rows * whole.component[0].columns;
        for (enum change change = 0; change < CHANGES; change++) {
            struct byte_buffer file = change_segments(&segments, change);
            struct jpeg_planes planes = planes_of(names[change], &file, &recipe);
            const size_t same = same_blocks(&whole, &planes, 0);
            const bool is_complete = change < LOST_SEGMENTS;
            CHECK(is_complete ? same == blocks : same > blocks * 2 / 3, "%s: %zu of %zu blocks", names[change], same,
                  blocks);
            CHECK(recipe < segments.file.size / 4 + 100, "%s: a recipe of %zu bytes", names[change], recipe);
            jpeg_planes_free(&planes);
            free(file.data);
        }
        jpeg_planes_free(&whole);
        free(segments.file.data);
    }
}

/* ---- other damage ---- */

/* Bytes that make no sense, in the middle: what is before stays, and so does the size of the recipe. */
static void test_damage(void) {
    static const struct jpeg_kind kinds[] = {{.components = 3, .sampling = {22}},
                                             {.components = 3, .is_progressive = true},
                                             {.components = 1, .script = NULL, .quality = 90},
                                             {.components = 3, .script = odd_script}};
    uint64_t state = 2;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct byte_buffer file = make_jpeg(120, 100, &kinds[k]);
        size_t whole_recipe, recipe;
        struct jpeg_planes whole = planes_of("whole", &file, &whole_recipe);
        for (unsigned way = 0; way < 24; way++) {
            const size_t middle = (scan_start(&file) + file.size) / 2, count = 1 + 4 * way;
            uint8_t kept[128];
            memcpy(kept, file.data + middle, count);
            for (size_t i = 0; i < count; i++) {
                file.data[middle + i] = way % 3 == 0 ? 0 : way % 3 == 1 ? 0xff : (uint8_t)(noise(&state) & 0x7f);
            }
            struct jpeg_planes planes = planes_of("damaged", &file, &recipe);
            CHECK(recipe < file.size / 2, "kind %zu, way %u: a recipe of %zu bytes", k, way, recipe);
            size_t blocks = (size_t)whole.component[0].columns * whole.component[0].rows, first = 0;
            while (kinds[k].script == NULL && !kinds[k].is_progressive && first < blocks && planes.count > 0 &&
                   memcmp(planes.component[0].block[first], whole.component[0].block[first], 128) == 0) {
                first++;
            }
            CHECK(kinds[k].script != NULL || kinds[k].is_progressive || first > blocks / 4, "kind %zu: %zu of %zu", k,
                  first, blocks);
            jpeg_planes_free(&planes);
            memcpy(file.data + middle, kept, count);
        }
        jpeg_planes_free(&whole);
        free(file.data);
    }
}

/* ---- segments ---- */

static struct byte_buffer insert(const struct byte_buffer *file, size_t at, const char *bytes, size_t size) {
    struct byte_buffer out = {0};
    append_or_abort(&out, file->data, at);
    append_or_abort(&out, bytes, size);
    append_or_abort(&out, file->data + at, file->size - at);
    return out;
}

static void test_segments(void) {
    static const struct jpeg_kind kinds[] = {{.components = 3, .sampling = {22}},
                                             {.components = 3, .is_progressive = true}};
    for (size_t k = 0; k < 2; k++) {
        struct byte_buffer file = make_jpeg(50, 37, &kinds[k]);
        size_t end = scan_start(&file);
        while (file.data[end] != 0xff || file.data[end + 1] == 0) {
            end++;
        }
        const size_t frame = find_segment(&file, k == 0 ? 0xc0 : 0xc2);
        expect_rebuilt("bytes before a segment", insert(&file, find_segment(&file, 0xdb), "stray\0\xff\0\xff\1", 10));
        expect_rebuilt("bytes after a scan", insert(&file, end, "stray\0\xff\0\xff\1\xff\xd3", 12));
        expect_rebuilt("bytes before the end", insert(&file, file.size - 2, "stray", 5));
        expect_rebuilt("fill bytes", insert(&file, end, "\xff\xff\xff", 3));
        expect_rebuilt("a height that is there", insert(&file, end, "\xff\xdc\0\4\0\45", 6));
        struct byte_buffer later = insert(&file, end, "\xff\xdc\0\4\0\45", 6);
        memset(later.data + frame + 5, 0, 2);
        struct jpeg_planes planes;
        size_t recipe;
        planes = planes_of("a height after the scan", &later, &recipe);
        CHECK(planes.height == 37, "%u", planes.height);
        jpeg_planes_free(&planes);
        free(later.data);
        free(file.data);
    }
}

int main(void) {
    test_cut_off();
    test_restarts();
    test_damage();
    test_segments();
    return check_summary();
}
