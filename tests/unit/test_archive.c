/* SPDX-License-Identifier: MIT */
/*
 * The walk through archives: it finds the existing members, whatever the dialect and however little it is shown at
 * a time; and after any damage or truncation, every byte is accounted for and the walk ends.
 */
#include "test_archive.h"

#include "check.h"

#include "archive/archive.h"

#define MEMBERS_MAX 64

/* Where the data of ordinary files is. */
struct members {
    size_t starts[MEMBERS_MAX], sizes[MEMBERS_MAX];
    unsigned count;
    size_t over; /* where the last archive ended */
    unsigned archives;
};

static size_t least(uint64_t a, size_t b) {
    return a < b ? (size_t)a : b;
}

/* Walk all archives that follow each other, as a compressor does, showing step more bytes than are asked for.
 * Checks that no part is empty and promises are kept. */
static struct members walk(const struct byte_buffer *bytes, size_t step, const char *what) {
    struct members members = {.count = 0};
    struct archive archive;
    size_t at = 0;
    while (archive_begins(&archive, bytes->data + at, least(ARCHIVE_LOOK + step, bytes->size - at))) {
        enum archive_answer answer = ARCHIVE_PART;
        size_t wanted = ARCHIVE_LOOK;
        members.archives++;
        while (answer != ARCHIVE_OVER && at < bytes->size) {
            struct archive_part part;
            const size_t left = bytes->size - at, known = least(wanted + step, left);
            /* a separate copy, so that a sanitizer detects reads beyond it */
            uint8_t *shown = malloc(known);
            memcpy(shown, bytes->data + at, known);
            answer = archive_next(&archive, shown, known, known < wanted || known == left, &part);
            free(shown);
            if (answer == ARCHIVE_MORE) {
                if (part.wanted <= known || known == left) {
                    CHECK(0, "%s: %zu bytes wanted, %zu known", what, part.wanted, known);
                    return members;
                }
                wanted = part.wanted;
            } else if (answer == ARCHIVE_PART) {
                if (part.header == 0) {
                    CHECK(0, "%s: a part of nothing at %zu", what, at);
                    return members;
                }
                wanted = ARCHIVE_LOOK;
                at += least(part.header, left);
                const size_t size = least(part.data, bytes->size - at);
                if (part.is_file && members.count < MEMBERS_MAX) {
                    members.starts[members.count] = at;
                    members.sizes[members.count++] = size;
                }
                at += size;
                at += least(part.padding, bytes->size - at);
            }
        }
        if (at == bytes->size) {
            break;
        }
    }
    members.over = at;
    CHECK(at <= bytes->size, "%s: %zu of %zu bytes", what, at, bytes->size);
    return members;
}

static bool same_members(const struct members *a, const struct members *b) {
    return a->count == b->count && a->over == b->over && a->archives == b->archives &&
           memcmp(a->starts, b->starts, a->count * sizeof a->starts[0]) == 0 &&
           memcmp(a->sizes, b->sizes, a->count * sizeof a->sizes[0]) == 0;
}

/* What the walk must find; the data of member i begins with the letter 'A' + i. */
static void expect(const struct byte_buffer *bytes, const size_t *sizes, unsigned count, unsigned archives, size_t over,
                   const char *what) {
    const struct members members = walk(bytes, 0, what);
    CHECK(members.count == count && members.archives == archives && members.over == over,
          "%s: %u members in %u archives, over at %zu of %zu", what, members.count, members.archives, members.over,
          bytes->size);
    for (unsigned i = 0; i < count && i < members.count; i++) {
        CHECK(members.sizes[i] == sizes[i] && (sizes[i] == 0 || bytes->data[members.starts[i]] == 'A' + i),
              "%s: member %u has %zu bytes at %zu", what, i, members.sizes[i], members.starts[i]);
    }
    for (size_t step = 1; step < 5000; step = step * 3 + 1) {
        const struct members again = walk(bytes, step, what);
        CHECK(same_members(&members, &again), "%s: depends on how much is shown (%zu)", what, step);
    }
}

static const size_t sizes[6] = {0, 1, 511, 512, 513, 5000};
static uint8_t data[6][5000];

static void fill_data(void) {
    uint64_t state = 5;
    for (unsigned i = 0; i < 6; i++) {
        for (size_t k = 0; k < sizeof data[i]; k++) {
            data[i][k] = (uint8_t)noise(&state);
        }
        data[i][0] = (uint8_t)('A' + i);
    }
}

/* ---- tar ---- */

/* A pax record. */
static void put_record(struct byte_buffer *records, const char *key, const char *value) {
    char line[300];
    const size_t rest = strlen(key) + strlen(value) + 3; /* space, equals sign, line end */
    size_t length = rest + 1;
    while (length != rest + (size_t)snprintf(NULL, 0, "%zu", length)) {
        length++;
    }
    snprintf(line, sizeof line, "%zu %s=%s\n", length, key, value);
    put(records, line, length);
}

static void draw_tar(struct byte_buffer *tar, enum tar_dialect dialect) {
    for (unsigned i = 0; i < 6; i++) {
        const char plain = i % 2 == 0 ? '0' : dialect == TAR_V7 ? 0 : '7';
        tar_member(tar, dialect, plain, "some/name", data[i], sizes[i]);
        if (i == 3) {
            tar_header(tar, dialect, '1', "a hard link that tells the size of its target", 12345);
            tar_header(tar, dialect, '2', "a link", 0);
            tar_header(tar, dialect, '5', "a folder/", 0);
        }
    }
}

static void test_tar(void) {
    static const char *const names[] = {"v7", "ustar", "base 256"};
    for (int dialect = TAR_V7; dialect <= TAR_GNU; dialect++) {
        struct byte_buffer tar = {0};
        draw_tar(&tar, (enum tar_dialect)dialect);
        expect(&tar, sizes, 6, 1, tar.size, names[dialect]);
        put_zeros(&tar, 1024);
        put_padding(&tar, 10240);
        expect(&tar, sizes, 6, 1, tar.size, names[dialect]);
        put(&tar, "and more", 8);
        expect(&tar, sizes, 6, 1, tar.size - 8, "followed by something");
        free(tar.data);
    }
}

static void test_tar_extensions(void) {
    struct byte_buffer tar = {0}, records = {0};
    char long_name[3000];
    memset(long_name, 'n', sizeof long_name);
    tar_member(&tar, TAR_GNU, 'L', "././@LongLink", long_name, sizeof long_name);
    tar_member(&tar, TAR_GNU, 'K', "././@LongLink", long_name, 600);
    tar_member(&tar, TAR_GNU, '0', "long", data[0], 700);
    put_record(&records, "comment", "size=3");
    put_record(&records, "size", "5000");
    put_record(&records, "path", "a\nb");
    tar_member(&tar, TAR_USTAR, 'g', "global", records.data, records.size);
    tar_member(&tar, TAR_USTAR, 'x', "records", records.data, records.size);
    tar_member(&tar, TAR_GNU, 'L', "././@LongLink", long_name, 200);
    tar_header(&tar, TAR_USTAR, '0', "its header says 7", 7);
    put(&tar, data[1], 5000);
    put_padding(&tar, 512);
    tar_member(&tar, TAR_USTAR, '0', "its header counts", data[2], 1000);
    /* a sparse file: the map continues for two more blocks, then come 1500 bytes of data, which are not examined */
    uint8_t header[512], map[512] = {0};
    tar_fill(header, TAR_GNU, 'S', "sparse", 1500);
    header[482] = 1;
    tar_sum(header, false);
    put(&tar, header, 512);
    map[504] = 1;
    put(&tar, map, 512);
    map[504] = 0;
    put(&tar, map, 512);
    put(&tar, data[5], 1500);
    put_padding(&tar, 512);
    tar_member(&tar, TAR_USTAR, '0', "after it", data[3], 100);
    /* a letter above 127 in the name, and a sum of signed bytes */
    tar_fill(header, TAR_V7, 0, "caf\xe9", 33);
    tar_sum(header, true);
    put(&tar, header, 512);
    put(&tar, data[4], 33);
    put_padding(&tar, 512);
    put_zeros(&tar, 1024);
    const size_t expected[5] = {700, 5000, 1000, 100, 33};
    expect(&tar, expected, 5, 1, tar.size, "extensions");
    free(tar.data);
    free(records.data);
}

/* A link with data, and a damaged header: some files are not found, but those after them are. */
static void test_tar_lost(void) {
    struct byte_buffer tar = {0};
    tar_member(&tar, TAR_USTAR, '0', "first", data[0], 100);
    tar_member(&tar, TAR_USTAR, '1', "a hard link with data", data[5], 3000);
    tar_member(&tar, TAR_USTAR, '0', "second", data[1], 200);
    const size_t damaged = tar.size;
    tar_member(&tar, TAR_USTAR, '0', "damaged", data[5], 5000);
    tar_member(&tar, TAR_USTAR, '0', "third", data[2], 300);
    tar.data[damaged + 20] ^= 4;
    const size_t expected[3] = {100, 200, 300};
    expect(&tar, expected, 3, 1, tar.size, "lost and found");
    /* concatenated, with an odd number of zero blocks in between */
    struct byte_buffer two = {0};
    draw_tar(&two, TAR_USTAR);
    const size_t one = two.size;
    put_zeros(&two, 512 * 23);
    put(&two, tar.data, damaged);
    CHECK(walk(&two, 0, "concatenated").count == 8, "%u members", walk(&two, 0, "concatenated").count);
    memset(two.data + one, 'x', 512); /* something that is not a header before the end */
    CHECK(walk(&two, 0, "rubbish").count == 8, "%u members", walk(&two, 0, "rubbish").count);
    free(tar.data);
    free(two.data);
}

static void test_no_archive(void) {
    struct archive archive;
    uint8_t header[512];
    tar_fill(header, TAR_USTAR, '0', "name", 10);
    CHECK(archive_begins(&archive, header, 512) && archive.kind == ARCHIVE_TAR, "a tar");
    CHECK(!archive_begins(&archive, header, 511), "less than a header");
    header[124] = 0xff; /* a negative size */
    tar_sum(header, false);
    CHECK(!archive_begins(&archive, header, 512), "a negative size");
    header[124] = 0x80;
    memset(header + 125, 0xff, 11);
    tar_sum(header, false);
    CHECK(!archive_begins(&archive, header, 512), "a size beyond belief");
    memset(header, 0, 512);
    CHECK(!archive_begins(&archive, header, 512), "zeros");
    memset(header, ' ', 512);
    CHECK(!archive_begins(&archive, header, 512), "spaces");
    CHECK(!archive_begins(&archive, header, 0) && !archive_begins(&archive, (const uint8_t *)"070701", 6), "nothing");
}

/* ---- cpio ---- */

static void draw_cpio(struct byte_buffer *cpio, bool newc) {
    for (unsigned i = 0; i < 6; i++) {
        cpio_member(cpio, newc, 0100644, i % 2 == 0 ? "name" : "another", data[i], sizes[i]);
        if (i == 3) {
            cpio_member(cpio, newc, 0040755, "folder", "", 0);
            cpio_member(cpio, newc, 0120777, "link", "target", 6);
        }
    }
    cpio_member(cpio, newc, 0, "TRAILER!!!", "", 0);
}

static void test_cpio(void) {
    for (int newc = 0; newc <= 1; newc++) {
        struct byte_buffer cpio = {0}, tar = {0};
        draw_cpio(&cpio, newc);
        expect(&cpio, sizes, 6, 1, cpio.size, newc ? "newc" : "odc");
        put_padding(&cpio, 512);
        const size_t one = cpio.size;
        expect(&cpio, sizes, 6, 1, one, "filled up");
        put(&cpio, "\x1f\x8b", 2); /* as in an initramfs */
        expect(&cpio, sizes, 6, 1, one, "something after it");
        cpio.size = one;
        draw_cpio(&cpio, !newc);
        draw_tar(&tar, TAR_USTAR);
        put(&cpio, tar.data, tar.size);
        CHECK(walk(&cpio, 0, "three archives").count == 18 && walk(&cpio, 0, "three archives").archives == 3,
              "%u members", walk(&cpio, 0, "three archives").count);
        free(cpio.data);
        free(tar.data);
    }
}

/* ---- damage ---- */

static void damage(const struct byte_buffer *whole, const char *what) {
    uint64_t state = 99;
    struct byte_buffer copy = {0};
    for (size_t size = 0; size <= whole->size; size += size < 2000 ? 1 : 97) {
        const struct byte_buffer part = {whole->data, size, 0};
        walk(&part, size % 600, what);
    }
    put(&copy, whole->data, whole->size);
    for (int i = 0; i < 20000; i++) {
        /* mostly in headers, some of which get a correct checksum again */
        size_t places[3];
        for (int k = 0; k < 3; k++) {
            places[k] = (size_t)(noise(&state) % copy.size);
            if (k > 0) {
                places[k] = places[k] / 512 * 512 + (size_t)(noise(&state) % 270);
                places[k] = places[k] < copy.size ? places[k] : 0;
            }
            copy.data[places[k]] ^= (uint8_t)(noise(&state) >> 40);
        }
        const size_t block = places[1] / 512 * 512;
        if (i % 2 == 0 && copy.size - block >= 512) {
            tar_sum(copy.data + block, i % 4 == 0);
        }
        walk(&copy, (size_t)(noise(&state) % 3000), what);
        memcpy(copy.data + block, whole->data + block, least(512, copy.size - block));
        for (int k = 0; k < 3; k++) {
            copy.data[places[k]] = whole->data[places[k]];
        }
    }
    free(copy.data);
}

static void test_damage(void) {
    struct byte_buffer archive = {0}, records = {0};
    put_record(&records, "size", "2000");
    tar_member(&archive, TAR_USTAR, 'x', "records", records.data, records.size);
    tar_member(&archive, TAR_GNU, 'S', "sparse", data[2], 2000);
    draw_tar(&archive, TAR_GNU);
    tar_member(&archive, TAR_GNU, 'L', "name", data[0], 300);
    draw_tar(&archive, TAR_V7);
    put_zeros(&archive, 2048);
    damage(&archive, "damaged tar");
    archive.size = 0;
    draw_cpio(&archive, true);
    put_padding(&archive, 512);
    draw_cpio(&archive, false);
    damage(&archive, "damaged cpio");
    free(archive.data);
    free(records.data);
}

int main(void) {
    fill_data();
    test_tar();
    test_tar_extensions();
    test_tar_lost();
    test_no_archive();
    test_cpio();
    test_damage();
    return check_summary();
}
