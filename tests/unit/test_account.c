/* SPDX-License-Identifier: MIT */
/*
 * The account of the bits of a stream: it adds up to the byte, does not depend on the number of threads, attributes
 * everything to the right share, and survives damage.
 */
#include "test_origin_draw.h"
#include "test_stream_trip.h"
#include "toy_model.h"

#include "container/walk.h"
#include "pyramid/account.h"
#include "pyramid/hierarchy.h"

static enum bswz_status count(const struct byte_buffer *bytes, unsigned threads, struct bswz_account *account,
                              struct listing *listing, struct bswz_error *error) {
    const struct bswz_decompress_options options = {.size = sizeof options, .threads = threads};
    struct memory_input input = {bytes->data, bytes->size, 0, 0, SIZE_MAX};
    listing->count = 0;
    return bswz_count((struct bswz_input){read_memory, &input}, &options, note_entry, listing, account, error);
}

static int64_t sum_of(const struct bswz_account *account) {
    int64_t sum = 0;
    for (unsigned i = 0; i < BSWZ_SHARES; i++) {
        sum += account->shares[i].bytes;
    }
    return sum;
}

/* Sizes from a walk: headers are everything that is neither payload nor record; and the number of frames with
 * planes. */
static int64_t headers_of(const struct byte_buffer *bytes, unsigned *plane_frames) {
    struct memory_input memory = {bytes->data, bytes->size, 0, 0, SIZE_MAX};
    struct input *input;
    struct walk walk;
    enum walk_event event = WALK_BYTES;
    int64_t rest = (int64_t)bytes->size;
    *plane_frames = 0;
    CHECK(input_open((struct bswz_input){read_memory, &memory}, true, &input, NULL) == BSWZ_OK, "input");
    walk_begin(&walk, input, UINT64_MAX);
    while (event != WALK_END && walk_next(&walk, &event, NULL) == BSWZ_OK) {
        if (event == WALK_FRAME) {
            rest -= (int64_t)walk.frame.payload_size;
            *plane_frames += walk.place == WALK_IN_PICTURE &&
                             (walk.frame.method == FRAME_PLANES || walk.frame.method == FRAME_MIXED);
            walk_payload_skip(&walk, NULL);
        }
    }
    rest -= (int64_t)walk.record_bytes;
    walk_end(&walk);
    input_close(input);
    return rest;
}

/* Count `stream`, whose frames are all intact. expected: shares that must occur, separated by spaces. */
static void check_account(const char *what, const char *expected) {
    struct bswz_account account, other;
    struct listing listing, others;
    struct bswz_error error;
    unsigned plane_frames;
    CHECK(count(&stream, 1, &account, &listing, &error) == BSWZ_OK && account.failure.status == BSWZ_OK, "%s: %s %s",
          what, error.message, account.failure.message);
    CHECK(account.size == stream.size && sum_of(&account) == (int64_t)stream.size, "%s: %lld of %zu bytes", what,
          (long long)sum_of(&account), stream.size);
    CHECK(count(&stream, 2, &other, &others, &error) == BSWZ_OK, "%s: %s", what, error.message);
    const struct listing listed = list_stream(&stream, what);
    CHECK(listing.count == listed.count && memcmp(&listing.entries, &listed.entries,
                                                  (listed.count < 8 ? listed.count : 8) * sizeof *listed.entries) == 0,
          "%s: the list", what);
    const int64_t headers = headers_of(&stream, &plane_frames);
    for (unsigned i = 0; i < BSWZ_SHARES; i++) {
        const struct bswz_share *share = &account.shares[i];
        CHECK(share->bytes == other.shares[i].bytes && strcmp(share->name, other.shares[i].name) == 0, "%s: threads",
              what);
        CHECK(share->bytes >= 0 || strcmp(share->name, "latents") == 0 || share->bytes > -64, "%s: %lld bytes of %s",
              what, (long long)share->bytes, share->name);
        if (strcmp(share->name, "headers") == 0) {
            /* planes in a frame have a few bytes in addition: the kind, the phase, the length */
            CHECK(share->bytes >= headers - 1 && share->bytes <= headers + 1 + 16 * (int64_t)plane_frames,
                  "%s: %lld bytes of headers, %lld outside of frames", what, (long long)share->bytes,
                  (long long)headers);
        }
        char word[40];
        snprintf(word, sizeof word, " %s ", share->name);
        CHECK(strstr(expected, word) == NULL || share->bytes > 0, "%s: nothing for%s", what, word);
    }
}

static void check_picture(const char *what, const char *expected, enum motif motif, uint32_t width, uint32_t height,
                          unsigned channels, unsigned maxval, uint64_t band_pixels) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    draw_pnm(&input, motif, width, height, channels, maxval, false);
    CHECK(compress(&input, &usual_options, band_pixels, &stream, &error) == BSWZ_OK, "%s: %s", what, error.message);
    check_account(what, expected);
    free(input.data);
}

static void test_kinds(void) {
    check_picture("photograph", " level-0 level-1 index top stack headers ", MOTIF_SMOOTH, 200, 150, 3, 255, 0);
    check_picture("bands", " level-0 level-1 index top stack headers ", MOTIF_SMOOTH, 300, 200, 3, 255, 300 * 96);
    check_picture("alpha", " level-0 index drawn ", MOTIF_SMOOTH, 120, 100, 4, 255, 0);
    check_picture("12 bits", " deep ", MOTIF_SMOOTH, 120, 100, 1, 4095, 0);
    check_picture("tables", " reductions ", MOTIF_DISGUISED, 150, 120, 3, 255, 0);
    check_picture("pattern", " drawn ", MOTIF_FEW, 150, 120, 3, 255, 0);
    check_picture("few", " drawn ", MOTIF_FEW, 150, 120, 1, 1, 0);
    check_picture("noise", " stored ", MOTIF_NOISE, 150, 120, 3, 255, 150 * 32);
    check_picture("kept", " bytes ", MOTIF_NOISE, 5, 4, 3, 255, 0);
}

/* Metadata, bytes around pictures, an empty stream, several streams, zeros at the end. */
static void test_surroundings(void) {
    struct byte_buffer pnm = {0}, input = {0};
    struct bswz_error error;
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    check_account("nothing", " headers ");
    draw_pnm(&pnm, MOTIF_SMOOTH, 120, 90, 3, 255, false);
    append(&input, "P6 # a comment\n120 90\n255\n", 26);
    append(&input, pnm.data + pnm.size - 120 * 90 * 3, 120 * 90 * 3);
    append(&input, pnm.data, pnm.size);
    append(&input, "some more text", 14);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    append_again(&stream, stream.size);
    for (unsigned i = 0; i < 500; i++) {
        append(&stream, "", 1);
    }
    check_account("several", " bytes records headers ");
    free(pnm.data);
    free(input.data);
}

static void check_exceptions(struct drawing *drawing, const char *what, const char *expected) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    for (size_t i = 0; i < (size_t)3 * drawing->width * drawing->height; i += 3 * 101) {
        drawing->bytes[i] ^= 5;
    }
    append(&input, "P6\n203 170\n255\n", 15);
    append(&input, drawing->bytes, 203 * 170 * 3);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    check_account(what, expected);
    free(input.data);
}

/* Exceptions to the colours of JFIF, and to the output of a JPEG decoder. */
static void test_exceptions(void) {
    struct drawing jfif = draw_jfif(203, 170, 3), drawn = draw_rgb(203, 170, 3, 0, 255);
    struct memory coded = compress_jpeg(&drawn, 3, 90, 1);
    struct drawing decoded = decompress_jpeg(&coded, JCS_RGB);
    check_exceptions(&jfif, "JFIF", " exceptions level-0 corrections ");
    check_exceptions(&decoded, "JPEG", " exceptions coefficients ");
    free(jfif.bytes);
    free(decoded.bytes);
    free(drawn.bytes);
    free(coded.bytes);
}

/* A single stack, under models of every shape: the shares are its bytes to a fraction of a bit. */
static void test_stacks(void) {
    for (unsigned i = 0; i < 12; i++) {
        const unsigned levels = i % 4, latents = i / 4 * 2;
        struct byte_buffer file = toy_model(levels, latents, 16, 1), coded = {0};
        struct bswz_model *model = NULL;
        struct worker_pool *pool = NULL;
        struct account account = {.bits = {0}};
        struct coded_planes planes = {.width = 70 + i,
                                      .height = 65,
                                      .count = i % 2 ? 3 : 1,
                                      .head = HEAD_JFIF,
                                      .grid_phase = -1,
                                      .correct = true,
                                      .account = &account};
        struct bswz_error error = {0};
        CHECK(bswz_model_load(file.data, file.size, &model, &error) == BSWZ_OK, "%s", error.message);
        CHECK(worker_pool_create(2, &pool, &error) == BSWZ_OK, "%s", error.message);
        for (unsigned c = 0; c < planes.count; c++) {
            planes.plane[c] = get((size_t)planes.width * planes.height);
            for (uint32_t at = 0; at < planes.width * planes.height; at++) {
                planes.plane[c][at] = (uint8_t)texture(at % planes.width, at / planes.width, c, 0, 255);
            }
        }
        CHECK(hierarchy_encode(model, &planes, pool, &coded, &error) == BSWZ_OK, "%s", error.message);
        CHECK(hierarchy_decode(model, &planes, pool, coded.data, coded.size, &error) == BSWZ_OK, "%s", error.message);
        double sum = 0.0;
        for (unsigned share = 0; share < SHARES; share++) {
            sum += account.bits[share];
            CHECK(share < SHARE_LEVEL + 8 || share <= SHARE_STACK || account.bits[share] == 0.0, "share %u", share);
        }
        const double difference = sum - 8.0 * (double)coded.size;
        CHECK(difference > -0.001 && difference < 0.001, "%u levels, %u latents: off by %g bits", levels, latents,
              difference);
        for (unsigned level = 0; level < 8; level++) {
            CHECK((account.bits[SHARE_LEVEL + level] > 0.0) == (level < levels), "%u levels: level %u", levels, level);
        }
        CHECK((account.bits[SHARE_LATENTS] != 0.0) == (latents > 0) && account.bits[SHARE_TOP] > 0.0, "%u latents",
              latents);
        for (unsigned c = 0; c < planes.count; c++) {
            free(planes.plane[c]);
        }
        worker_pool_destroy(pool);
        bswz_model_free(model);
        free(file.data);
        free(coded.data);
    }
}

static void test_damage(void) {
    struct byte_buffer input = {0};
    struct bswz_account account;
    struct listing listing;
    struct bswz_error error;
    unsigned undecoded = 0;
    draw_pnm(&input, MOTIF_SMOOTH, 60, 70, 4, 255, false);
    CHECK(compress(&input, &usual_options, 60 * 32, &stream, &error) == BSWZ_OK, "%s", error.message);
    for (size_t at = 0; at < stream.size; at += 1 + stream.size / 120) {
        stream.data[at] ^= 0x11;
        /* damage to a payload shows in its frame, and again at the end of the stream */
        CHECK(count(&stream, 1, &account, &listing, &error) != BSWZ_OK, "damage at %zu", at);
        CHECK(sum_of(&account) == (int64_t)account.size && account.size <= stream.size, "%lld of %llu bytes",
              (long long)sum_of(&account), (unsigned long long)account.size);
        undecoded += account.failure.status != BSWZ_OK;
        stream.data[at] ^= 0x11;
        const struct byte_buffer part = {stream.data, at, 0};
        CHECK(count(&part, 1, &account, &listing, &error) == BSWZ_ERROR_TRUNCATED, "cut at %zu", at);
    }
    CHECK(undecoded > 60, "%u frames noticed", undecoded);
    /* too large for the limit: listed, but not decoded */
    const struct bswz_decompress_options options = {.size = sizeof options, .threads = 1, .memory_limit = 1000};
    struct memory_input memory = {stream.data, stream.size, 0, 0, SIZE_MAX};
    CHECK(bswz_count((struct bswz_input){read_memory, &memory}, &options, note_entry, &listing, &account, &error) ==
                  BSWZ_OK &&
              account.failure.status == BSWZ_ERROR_LIMIT && sum_of(&account) == (int64_t)stream.size &&
              account.shares[SHARE_UNDECODED].bytes > 1000,
          "%s", error.message);
    free(input.data);
}

int main(void) {
    test_kinds();
    test_surroundings();
    test_exceptions();
    test_stacks();
    test_damage();
    free_trip();
    return check_summary();
}
