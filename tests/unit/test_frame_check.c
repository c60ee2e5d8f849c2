/* SPDX-License-Identifier: MIT */
/*
 * Faulty results are never written. Every part of the encoder is made to fail, by a replacement that the linker puts in
 * its place (Makefile: -Wl,--wrap). With checks, the stream restores its input, and a notice says what was not used.
 * Without them, the stream does not restore its input, which shows that the fault is real.
 */
#include "gif_draw.h"
#include "jpeg_draw.h"
#include "test_jpeg.h"
#include "test_stream.h"

#include "band/reduction.h"
#include "bytes/zstd.h"
#include "container/gif_header.h"
#include "container/jpeg_header.h"
#include "deep/deep.h"
#include "drawn/drawn.h"
#include "drawn/sequence.h"
#include "model/correction.h"
#include "origin/origin.h"
#include "pyramid/latents.h"
#include "unjpeg/unjpeg.h"

#include <stdatomic.h>
#include <zstd.h>

/* zlib's header has a function with the same name as one here */
unsigned long crc32(unsigned long check, const unsigned char *bytes, unsigned size);

/* The part that fails, and how often it has failed. */
static enum fault {
    NOTHING,
    DRAWING,
    DEEP_SAMPLES,
    ZSTD_RUN,
    ZSTD_STREAM,
    ORIGIN,
    COEFFICIENTS,
    REDUCTION,
    CORRECTIONS,
    LATENTS,
    STACK,
    FRAME_HEADER,
    PICTURE_HEADER,
    TAIL_RECORD,
    JPEG_HEADER,
    GIF_SEQUENCE,
    GIF_HEADER
} fault;
static atomic_int happened, deep_encodings, origin_searches;
static enum origin_kind origin_found;
#define USUAL_BAND (1 << 16)
static size_t band_pixels = USUAL_BAND;
static bool only_planes; /* so that their faults occur: other codings of these pictures may be smaller */

static bool goes_wrong(enum fault which) {
    happened += fault == which;
    return fault == which;
}

/* ---- replacements for the parts ---- */

enum bswz_status __real_drawn_encode(const struct drawn_picture *picture, const uint8_t *samples, int level,
                                     size_t limit, struct byte_buffer *out, bool *is_coded, double *bits,
                                     struct bswz_error *error);
enum bswz_status __wrap_drawn_encode(const struct drawn_picture *picture, const uint8_t *samples, int level,
                                     size_t limit, struct byte_buffer *out, bool *is_coded, double *bits,
                                     struct bswz_error *error);
enum bswz_status __wrap_drawn_encode(const struct drawn_picture *picture, const uint8_t *samples, int level,
                                     size_t limit, struct byte_buffer *out, bool *is_coded, double *bits,
                                     struct bswz_error *error) {
    const size_t before = out->size;
    if (only_planes) {
        *is_coded = false;
        return BSWZ_OK;
    }
    const enum bswz_status status = __real_drawn_encode(picture, samples, level, limit, out, is_coded, bits, error);
    if (status == BSWZ_OK && *is_coded && out->size > before && goes_wrong(DRAWING)) {
        out->data[before + (out->size - before) / 2] ^= 4;
    }
    return status;
}

enum bswz_status __real_deep_encode(const struct deep_picture *picture, const uint8_t *samples, int level, size_t limit,
                                    struct byte_buffer *out, bool *is_coded, struct bswz_error *error);
enum bswz_status __wrap_deep_encode(const struct deep_picture *picture, const uint8_t *samples, int level, size_t limit,
                                    struct byte_buffer *out, bool *is_coded, struct bswz_error *error);
enum bswz_status __wrap_deep_encode(const struct deep_picture *picture, const uint8_t *samples, int level, size_t limit,
                                    struct byte_buffer *out, bool *is_coded, struct bswz_error *error) {
    const size_t before = out->size;
    if (only_planes) {
        *is_coded = false;
        return BSWZ_OK;
    }
    deep_encodings++;
    const enum bswz_status status = __real_deep_encode(picture, samples, level, limit, out, is_coded, error);
    if (status == BSWZ_OK && *is_coded && out->size > before && goes_wrong(DEEP_SAMPLES)) {
        out->data[before + (out->size - before) / 2] ^= 4;
    }
    return status;
}

enum bswz_status __real_bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit,
                                   struct byte_buffer *packed, bool *fits, struct bswz_error *error);
enum bswz_status __wrap_bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit,
                                   struct byte_buffer *packed, bool *fits, struct bswz_error *error);
enum bswz_status __wrap_bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit,
                                   struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    const enum bswz_status status = __real_bytes_pack(bytes, size, level, limit, packed, fits, error);
    if (status == BSWZ_OK && *fits && goes_wrong(ZSTD_RUN)) {
        packed->size--;
    }
    return status;
}

size_t __real_ZSTD_compressStream2(ZSTD_CCtx *context, ZSTD_outBuffer *out, ZSTD_inBuffer *in, ZSTD_EndDirective end);
size_t __wrap_ZSTD_compressStream2(ZSTD_CCtx *context, ZSTD_outBuffer *out, ZSTD_inBuffer *in, ZSTD_EndDirective end);
size_t __wrap_ZSTD_compressStream2(ZSTD_CCtx *context, ZSTD_outBuffer *out, ZSTD_inBuffer *in, ZSTD_EndDirective end) {
    const size_t left = __real_ZSTD_compressStream2(context, out, in, end);
    if (out->pos > 30 && happened == 1 && goes_wrong(ZSTD_STREAM)) { /* the second part */
        ((uint8_t *)out->dst)[out->pos / 2] ^= 16;
    } else if (happened != 1) {
        goes_wrong(ZSTD_STREAM);
    }
    return left;
}

enum bswz_status __real_origin_find(const uint8_t *rgb, uint32_t width, uint32_t height, bool search,
                                    struct worker_pool *pool, struct origin_planes *planes, struct bswz_error *error);
enum bswz_status __wrap_origin_find(const uint8_t *rgb, uint32_t width, uint32_t height, bool search,
                                    struct worker_pool *pool, struct origin_planes *planes, struct bswz_error *error);
enum bswz_status __wrap_origin_find(const uint8_t *rgb, uint32_t width, uint32_t height, bool search,
                                    struct worker_pool *pool, struct origin_planes *planes, struct bswz_error *error) {
    origin_searches++;
    const enum bswz_status status = __real_origin_find(rgb, width, height, search, pool, planes, error);
    origin_found = planes->kind;
    if (status == BSWZ_OK && goes_wrong(ORIGIN)) {
        planes->plane[0][width + 1] ^= 1;
    }
    return status;
}

enum bswz_status __real_unjpeg_find(const uint8_t *pixels, uint32_t width, uint32_t height, unsigned channels,
                                    const struct origin_planes *origin, struct worker_pool *pool,
                                    struct recovered *recovered, bool *found, struct bswz_error *error);
enum bswz_status __wrap_unjpeg_find(const uint8_t *pixels, uint32_t width, uint32_t height, unsigned channels,
                                    const struct origin_planes *origin, struct worker_pool *pool,
                                    struct recovered *recovered, bool *found, struct bswz_error *error);
enum bswz_status __wrap_unjpeg_find(const uint8_t *pixels, uint32_t width, uint32_t height, unsigned channels,
                                    const struct origin_planes *origin, struct worker_pool *pool,
                                    struct recovered *recovered, bool *found, struct bswz_error *error) {
    const enum bswz_status status =
        __real_unjpeg_find(pixels, width, height, channels, origin, pool, recovered, found, error);
    if (status == BSWZ_OK && *found && goes_wrong(COEFFICIENTS)) {
        recovered->planes.component[0].block[3][0] += 5;
    }
    return status;
}

enum bswz_status __real_reduction_apply(const struct picture_info *info, const uint8_t *samples, size_t pixels,
                                        bool tables, int level, struct reduction *reduction, struct bswz_error *error);
enum bswz_status __wrap_reduction_apply(const struct picture_info *info, const uint8_t *samples, size_t pixels,
                                        bool tables, int level, struct reduction *reduction, struct bswz_error *error);
enum bswz_status __wrap_reduction_apply(const struct picture_info *info, const uint8_t *samples, size_t pixels,
                                        bool tables, int level, struct reduction *reduction, struct bswz_error *error) {
    const enum bswz_status status = __real_reduction_apply(info, samples, pixels, tables, level, reduction, error);
    if (status == BSWZ_OK && reduction->is_owned && goes_wrong(REDUCTION)) {
        reduction->samples[7] ^= 1;
    }
    return status;
}

void __real_correction_push(const struct picture_correction *correction, unsigned levels, const unsigned *channels,
                            struct ans *ans);
void __wrap_correction_push(const struct picture_correction *correction, unsigned levels, const unsigned *channels,
                            struct ans *ans);
void __wrap_correction_push(const struct picture_correction *correction, unsigned levels, const unsigned *channels,
                            struct ans *ans) {
    struct picture_correction other = *correction;
    if (goes_wrong(CORRECTIONS)) { /* for the finest level, which the check does not decode */
        other.pass[0][1].present = true;
        other.pass[0][1].scale[0] ^= 1;
    }
    __real_correction_push(&other, levels, channels, ans);
}

enum bswz_status __real_latents_push(const struct tile_context *context, enum latent_order order,
                                     struct net_scratch *scratch, struct ans *ans, struct bswz_error *error);
enum bswz_status __wrap_latents_push(const struct tile_context *context, enum latent_order order,
                                     struct net_scratch *scratch, struct ans *ans, struct bswz_error *error);
enum bswz_status __wrap_latents_push(const struct tile_context *context, enum latent_order order,
                                     struct net_scratch *scratch, struct ans *ans, struct bswz_error *error) {
    const bool wrong = goes_wrong(LATENTS);
    context->plane[0][0] ^= wrong;
    const enum bswz_status status = __real_latents_push(context, order, scratch, ans, error);
    context->plane[0][0] ^= wrong;
    return status;
}

enum bswz_status __real_ans_write(const struct ans *ans, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_ans_write(const struct ans *ans, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_ans_write(const struct ans *ans, struct byte_buffer *out, struct bswz_error *error) {
    const enum bswz_status status = __real_ans_write(ans, out, error);
    if (status == BSWZ_OK && goes_wrong(STACK)) {
        out->data[out->size - 2] ^= 4;
    }
    return status;
}

enum bswz_status __real_frame_header_put(struct frame_header *header, bool is_picture, uint64_t number,
                                         const uint8_t *restored, size_t size, struct byte_buffer *out,
                                         struct bswz_error *error);
enum bswz_status __wrap_frame_header_put(struct frame_header *header, bool is_picture, uint64_t number,
                                         const uint8_t *restored, size_t size, struct byte_buffer *out,
                                         struct bswz_error *error);
enum bswz_status __wrap_frame_header_put(struct frame_header *header, bool is_picture, uint64_t number,
                                         const uint8_t *restored, size_t size, struct byte_buffer *out,
                                         struct bswz_error *error) {
    const enum bswz_status status = __real_frame_header_put(header, is_picture, number, restored, size, out, error);
    if (status == BSWZ_OK && goes_wrong(FRAME_HEADER)) {
        out->data[out->size - 1] ^= 1;
    }
    return status;
}

enum bswz_status __real_picture_header_put(const struct picture_header *header, const struct record_context *context,
                                           int level, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_picture_header_put(const struct picture_header *header, const struct record_context *context,
                                           int level, struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_picture_header_put(const struct picture_header *header, const struct record_context *context,
                                           int level, struct byte_buffer *out, struct bswz_error *error) {
    struct picture_header other = *header;
    other.info.width += goes_wrong(PICTURE_HEADER); /* the valid header of another picture */
    return __real_picture_header_put(&other, context, level, out, error);
}

enum bswz_status __real_tail_record_put(const struct byte_buffer *tail, struct record_models *models, int level,
                                        struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_tail_record_put(const struct byte_buffer *tail, struct record_models *models, int level,
                                        struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_tail_record_put(const struct byte_buffer *tail, struct record_models *models, int level,
                                        struct byte_buffer *out, struct bswz_error *error) {
    struct byte_buffer other = *tail;
    other.size -= goes_wrong(TAIL_RECORD);
    return __real_tail_record_put(&other, models, level, out, error);
}

enum bswz_status __real_jpeg_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *recipe,
                                        const struct byte_buffer *thumbnails, struct byte_buffer *out,
                                        struct bswz_error *error);
enum bswz_status __wrap_jpeg_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *recipe,
                                        const struct byte_buffer *thumbnails, struct byte_buffer *out,
                                        struct bswz_error *error);
enum bswz_status __wrap_jpeg_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *recipe,
                                        const struct byte_buffer *thumbnails, struct byte_buffer *out,
                                        struct bswz_error *error) {
    struct byte_buffer other = {0};
    append(&other, recipe->data, recipe->size);
    if (goes_wrong(JPEG_HEADER)) {
        other.data[other.size - 1] ^= 1;
    }
    const enum bswz_status status = __real_jpeg_header_put(file, file_size, &other, thumbnails, out, error);
    free(other.data);
    return status;
}

enum bswz_status __real_drawn_sequence_frame(struct drawn_sequence *sequence, const struct drawn_frame *frame,
                                             uint32_t *known_rows, struct bswz_error *error);
enum bswz_status __wrap_drawn_sequence_frame(struct drawn_sequence *sequence, const struct drawn_frame *frame,
                                             uint32_t *known_rows, struct bswz_error *error);
enum bswz_status __wrap_drawn_sequence_frame(struct drawn_sequence *sequence, const struct drawn_frame *frame,
                                             uint32_t *known_rows, struct bswz_error *error) {
    static atomic_int frames;
    if (++frames % 7 == 3 && goes_wrong(GIF_SEQUENCE)) {
        frame->pixels[5] = frame->pixels[5] == frame->palette[0] ? frame->palette[1] : frame->palette[0];
    }
    return __real_drawn_sequence_frame(sequence, frame, known_rows, error);
}

enum bswz_status __real_gif_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *skeleton,
                                       const struct byte_buffer *choices, uint64_t largest, bool is_bare, int level,
                                       struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_gif_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *skeleton,
                                       const struct byte_buffer *choices, uint64_t largest, bool is_bare, int level,
                                       struct byte_buffer *out, struct bswz_error *error);
enum bswz_status __wrap_gif_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *skeleton,
                                       const struct byte_buffer *choices, uint64_t largest, bool is_bare, int level,
                                       struct byte_buffer *out, struct bswz_error *error) {
    struct byte_buffer other = {0};
    append(&other, skeleton->data, skeleton->size);
    if (goes_wrong(GIF_HEADER)) {
        other.data[other.size / 2] ^= 1;
    }
    const enum bswz_status status =
        __real_gif_header_put(file, file_size, &other, choices, largest, is_bare, level, out, error);
    free(other.data);
    return status;
}

/* ---- the tests ---- */

static char notices[4000];

static void notice(void *context, const char *line) {
    (void)context;
    const size_t length = strlen(notices);
    snprintf(notices + length, sizeof notices - length, "%s\n", line);
}

static bool restores(const struct byte_buffer *in, const struct bswz_compress_options *options, bool *is_coded) {
    struct byte_buffer stream = {0}, out = {0};
    *is_coded = compress(in, options, band_pixels, &stream, NULL) == BSWZ_OK;
    const bool restored = *is_coded && decompress(&stream, &out, NULL) == BSWZ_OK && same(in, &out);
    free(stream.data);
    free(out.data);
    return restored;
}

/* said: a part of the notice. NULL: nothing can replace the part, so the call fails. */
static void check_fault(enum fault which, const char *name, const struct byte_buffer *in, const char *said) {
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct bswz_compress_options options = {
            .size = sizeof options, .level = 5, .threads = threads, .exact = 1, .notice = notice};
        bool is_coded;
        notices[0] = 0;
        fault = which;
        happened = 0;
        const bool checked = restores(in, &options, &is_coded);
        CHECK(happened > 0, "%s: it did not happen", name);
        if (said != NULL) {
            CHECK(checked, "%s, %u threads: not restored", name, threads);
            CHECK(strstr(notices, said) != NULL, "%s: no notice: %s", name, notices);
        } else {
            CHECK(!is_coded, "%s, %u threads: written", name, threads);
        }
        options.no_verify = 1;
        happened = 0;
        CHECK(!restores(in, &options, &is_coded) && is_coded, "%s: it does no harm", name);
        fault = NOTHING;
    }
}

#define PHOTO ((enum motif)(MOTIFS + 1))
#define GREY_PHOTO ((enum motif)(MOTIFS + 2)) /* as RGB */

/* A photograph as a PAM file; 16 bits are the 8 bits twice, or with noise in the lower ones; alpha has two values. */
static void draw_photo(struct byte_buffer *in, bool is_grey, uint32_t width, uint32_t height, unsigned channels,
                       unsigned maxval) {
    char text[120];
    uint8_t *pixels = drawn_photo(width, height, channels, 1.0f, 5);
    append(in, text,
           (size_t)snprintf(text, sizeof text, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nENDHDR\n", width, height,
                            channels, maxval));
    for (size_t i = 0; i < (size_t)width * height * channels; i++) {
        const uint8_t sample =
            channels == 4 && i % 4 == 3 ? 255 * (i / 20 % 3 > 0) : pixels[is_grey ? i - i % channels : i];
        const uint8_t bytes[2] = {sample, (uint8_t)(channels == 1 ? i * i >> 3 : sample)};
        append(in, bytes, maxval > 255 ? 2 : 1);
    }
    free(pixels);
}

/* Pictures in small bands, which are checked by decoding, and in a large one, which is proved (SMALL_FRAME). */
static void pictures(void) {
    static const struct {
        enum fault fault;
        const char *name;
        enum motif motif;
        unsigned channels, maxval;
        const char *said;
    } cases[] = {
        {DRAWING, "a drawing", MOTIF_DRAWN, 3, 255, "a drawing"},
        {DRAWING, "a whole drawing", MOTIF_DRAWN, 4, 255, "a drawing"},
        {DRAWING, "alpha", PHOTO, 4, 255, "planes"},
        {STACK, "a mixed picture's stack", MOTIF_WINDOW, 4, 255, "a mixed picture"},
        {ORIGIN, "planes", PHOTO, 3, 255, "planes"},
        {ORIGIN, "grey planes", GREY_PHOTO, 3, 255, "planes"},
        {REDUCTION, "a reduction", PHOTO, 3, 65535, "planes"},
        {DEEP_SAMPLES, "deep samples", PHOTO, 1, 65535, "samples one by one"},
        {LATENTS, "x^n", PHOTO, 3, 255, "planes"},
        {STACK, "the stack", PHOTO, 3, 255, "planes"},
        {STACK, "the stack of grey", MOTIF_SMOOTH, 1, 255, "planes"},
        {CORRECTIONS, "corrections", PHOTO, 3, 255, "planes"},
        {FRAME_HEADER, "a frame's header", MOTIF_SMOOTH, 3, 255, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint32_t side = 80; side <= 140; side += 60) {
            struct byte_buffer in = {0};
            char name[80];
            snprintf(name, sizeof name, "%s, %u", cases[i].name, side);
            if (cases[i].motif < PHOTO) {
                draw_pnm(&in, cases[i].motif, side, side, cases[i].channels, cases[i].maxval, false);
            } else {
                draw_photo(&in, cases[i].motif == GREY_PHOTO, side, side, cases[i].channels, cases[i].maxval);
            }
            band_pixels = side > 128 ? USUAL_BAND : 1 << 12;
            only_planes = cases[i].said != NULL && strcmp(cases[i].said, "planes") == 0 && cases[i].fault != DRAWING;
            check_fault(cases[i].fault, name, &in, cases[i].said);
            only_planes = false;
            band_pixels = USUAL_BAND;
            free(in.data);
        }
    }
}

/* The coder of deep samples takes long, and no other one can do better: a band goes through it once. */
static void deep_once(void) {
    const struct bswz_compress_options options = {.size = sizeof options, .level = 1, .threads = 1};
    struct byte_buffer in = {0};
    bool is_coded;
    draw_photo(&in, false, 60, 40, 1, 65535);
    deep_encodings = 0;
    CHECK(restores(&in, &options, &is_coded), "a deep picture");
    CHECK(deep_encodings == 1, "coded %d times", deep_encodings);
    free(in.data);
}

/* RGB of a JFIF conversion that uses every fourth step of brightness, so that the histogram has gaps. */
static void draw_toned(struct byte_buffer *in, uint32_t side) {
    char text[40];
    uint8_t *pixels = drawn_photo(side, side, 3, 1.0f, 5);
    append(in, text, (size_t)snprintf(text, sizeof text, "P6\n%u %u\n255\n", side, side));
    for (size_t i = 0; i < (size_t)side * side; i++) {
        const double y = 40 + pixels[3 * i + 1] / 8 * 4, cb = 8, cr = -20 - 4.0 * (i % side > side / 2);
        const uint8_t rgb[3] = {(uint8_t)(y + 1.402 * cr + 0.5), (uint8_t)(y - 0.344136 * cb - 0.714136 * cr + 0.5),
                                (uint8_t)(y + 1.772 * cb + 0.5)};
        append(in, rgb, 3);
    }
    free(pixels);
}

/* The search for the origin of colours is done once, even if gaps in the histogram call for it early. */
static void origin_once(void) {
    const struct bswz_compress_options options = {.size = sizeof options, .level = 5, .threads = 1};
    struct byte_buffer in = {0};
    bool is_coded;
    draw_toned(&in, 160);
    origin_searches = 0;
    only_planes = true; /* and a picture that is not too small for the histogram to matter */
    CHECK(restores(&in, &options, &is_coded), "a picture with gaps");
    only_planes = false;
    CHECK(origin_found == ORIGIN_JFIF, "its origin: %d", (int)origin_found);
    CHECK(origin_searches == 1, "searched %d times", origin_searches);
    free(in.data);
}

/* Coefficients that pixels were decoded from: the pixels themselves are coded instead. */
static void coefficients(void) {
    struct drawn_jpeg jpeg;
    struct byte_buffer in = {0};
    char text[40];
    drawn_jpeg_make(&jpeg, 160, 112, 90, DRAWN_444, 3);
    append(&in, text, (size_t)snprintf(text, sizeof text, "P6\n160 112\n255\n"));
    append(&in, jpeg.pixels, (size_t)3 * 160 * 112);
    check_fault(COEFFICIENTS, "coefficients", &in, "JPEG's coefficients");
    check_fault(STACK, "the stack of coefficients", &in, "JPEG's coefficients");
    drawn_jpeg_free(&jpeg);
    free(in.data);
}

static void bytes(void) {
    struct byte_buffer in = {0};
    for (unsigned i = 0; i < 9000; i++) {
        char line[40];
        append(&in, line, (size_t)snprintf(line, sizeof line, "line %u of a text\n", i * i % 977));
    }
    check_fault(ZSTD_RUN, "bytes", &in, "bytes");
    const size_t size = in.size;
    while (in.size < 10 << 20) { /* some blocks */
        append_again(&in, size);
    }
    check_fault(ZSTD_STREAM, "a stream of bytes", &in, "bytes");
    free(in.data);
}

/* A PNG file with a text after the pixels; a JPEG file. */
static void files(void) {
    struct byte_buffer pnm = {0}, png = {0}, file = {0};
    static const char text[] = "\0\0\0\x0dtEXtTitle\0a title\0\0\0\0";
    uint8_t chunk[25];
    draw_pnm(&pnm, MOTIF_SMOOTH, 140, 120, 3, 255, false);
    append_png(&png, &pnm);
    memcpy(chunk, text, sizeof chunk);
    const unsigned long check = crc32(0, chunk + 4, 17);
    for (unsigned i = 0; i < 4; i++) {
        chunk[21 + i] = (uint8_t)(check >> (24 - 8 * i));
    }
    append(&file, png.data, png.size - 12);
    append(&file, chunk, sizeof chunk);
    append(&file, png.data + png.size - 12, 12);
    check_fault(TAIL_RECORD, "a tail record", &file, "its tail record does not come back");
    check_fault(PICTURE_HEADER, "the header of a file", &file, "its header does not come back");
    free(pnm.data);
    free(png.data);
    free(file.data);
    const struct jpeg_kind kind = {.components = 3};
    struct byte_buffer jpeg = make_jpeg(160, 112, &kind);
    check_fault(STACK, "the stack of a JPEG file", &jpeg, "its coefficients do not come back");
    check_fault(JPEG_HEADER, "the header of a JPEG file", &jpeg, "its coefficients do not come back");
    free(jpeg.data);
}

static void gifs(void) {
    struct gif_file still = gif_still(140, 120, &(struct gif_kind){.bits = 6});
    struct gif_file animation = gif_animation(100, 80, 7, true, &(struct gif_kind){.bits = 6});
    const struct byte_buffer one = {.data = still.bytes, .size = still.size};
    const struct byte_buffer several = {.data = animation.bytes, .size = animation.size};
    check_fault(DRAWING, "an image of a GIF file", &one, "its images do not come back");
    check_fault(GIF_HEADER, "the header of a GIF file", &one, "its images do not come back");
    check_fault(GIF_SEQUENCE, "an animation", &several, "its images do not come back");
    free(still.bytes);
    free(animation.bytes);
}

int main(void) {
    pictures();
    deep_once();
    origin_once();
    coefficients();
    bytes();
    files();
    gifs();
    return check_summary();
}
