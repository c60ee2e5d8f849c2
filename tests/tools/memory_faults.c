/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Out of memory: compressing and restoring small inputs of every kind, with each allocation failing in turn,
 * including those inside the libraries.
 *
 *     memory_faults [EVERY [KIND]]    one of EVERY allocations, of all kinds of input or of one
 *     memory_faults at KIND LEVEL compressing|restoring NUMBER THREADS    a single one, in this process, for a debugger
 *
 * Each call must end with an error, or its result must be right; it must not crash, and must leave nothing
 * allocated. Either a single allocation fails, or it and all that follow. Every call runs in a process of its own,
 * since a crash must not end the test.
 *
 * libwebp 1.2 crashes or leaks if some of its own allocations fail, which cannot be prevented from outside; that
 * is counted and tolerated, but a bad stream that results from it is not.
 *
 * The allocator below replaces the C library's for this program and all the libraries that it is linked with.
 */
#define compress zlib_compress /* the name is taken by the tests */
#include <zlib.h>
#undef compress

#include "test_stream.h"

#include <errno.h>
#include <stdio.h>

#include <dlfcn.h>
#include <jpeglib.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <webp/encode.h>

/* ---- the allocator ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* Allocations since the last arm(), and which of them fail: number fail_at, and with fail_all those after it. */
static atomic_long allocations, fail_at, live;
static atomic_bool fail_all;
static atomic_bool *in_webp; /* one of those that failed was in libwebp; shared with the parent */

static void arm(long number, bool all) {
    atomic_store(&allocations, 0);
    atomic_store(&fail_all, all);
    atomic_store(&fail_at, number);
}

static void *given(void *block) {
    live += block != NULL;
    return block;
}

static bool fails(const void *caller) {
    const long number = ++allocations, at = fail_at;
    const bool failing = at > 0 && (number == at || (number > at && fail_all));
    if (failing) {
        Dl_info info;
        if (dladdr(caller, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "libwebp") != NULL) {
            atomic_store(in_webp, true);
        }
        errno = ENOMEM;
    }
    return failing;
}

__attribute__((visibility("default"))) void *malloc(size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_malloc(size));
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_calloc(count, size));
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size) {
    if (fails(__builtin_return_address(0))) {
        return NULL;
    }
    return block == NULL ? given(__libc_malloc(size)) : __libc_realloc(block, size);
}

__attribute__((visibility("default"))) int posix_memalign(void **block, size_t alignment, size_t size) {
    void *got = fails(__builtin_return_address(0)) ? NULL : given(__libc_memalign(alignment, size));
    if (got != NULL) {
        *block = got;
    }
    return got == NULL ? ENOMEM : 0;
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_memalign(alignment, size));
}

__attribute__((visibility("default"))) void *memalign(size_t alignment, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_memalign(alignment, size));
}

__attribute__((visibility("default"))) void free(void *block) {
    live -= block != NULL;
    __libc_free(block);
}

/* ---- inputs ---- */

static void put_jpeg(struct byte_buffer *file, bool is_progressive) {
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    uint8_t row[40 * 3];
    uint64_t state = 1;
    encoder.err = jpeg_std_error(&manager);
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &bytes, &size);
    encoder.image_width = 40;
    encoder.image_height = 32;
    encoder.input_components = 3;
    encoder.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder);
    jpeg_set_quality(&encoder, 85, TRUE);
    if (is_progressive) {
        jpeg_simple_progression(&encoder);
    }
    jpeg_start_compress(&encoder, TRUE);
    for (uint32_t y = 0; y < 32; y++) {
        JSAMPROW rows[1] = {row};
        for (uint32_t i = 0; i < sizeof row; i++) {
            row[i] = (uint8_t)sample_of(MOTIF_SMOOTH, 4 * i / 3, 5 * y, i % 3, 3, 255, &state);
        }
        jpeg_write_scanlines(&encoder, rows, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    append(file, bytes, size);
    free(bytes);
}

/* The pixels that this JPEG file decodes to. */
static void put_decoded(struct byte_buffer *file) {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr manager;
    struct byte_buffer jpeg = {0};
    uint8_t row[40 * 3];
    put_jpeg(&jpeg, false);
    decoder.err = jpeg_std_error(&manager);
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, jpeg.data, jpeg.size);
    jpeg_read_header(&decoder, TRUE);
    jpeg_start_decompress(&decoder);
    append(file, "P6\n40 32\n255\n", 13);
    while (decoder.output_scanline < decoder.output_height) {
        JSAMPROW rows[1] = {row};
        jpeg_read_scanlines(&decoder, rows, 1);
        append(file, row, sizeof row);
    }
    jpeg_destroy_decompress(&decoder);
    free(jpeg.data);
}

static void put_webp(struct byte_buffer *file) {
    uint8_t samples[24 * 20 * 3], *bytes = NULL;
    uint64_t state = 1;
    for (uint32_t i = 0; i < sizeof samples; i++) {
        samples[i] = (uint8_t)sample_of(MOTIF_SMOOTH, i / 3 % 24, i / 72, i % 3, 3, 255, &state);
    }
    const size_t size = WebPEncodeLosslessRGB(samples, 24, 20, 24 * 3, &bytes);
    append(file, bytes, size);
    WebPFree(bytes);
}

static void put_png(struct byte_buffer *file, enum motif motif, unsigned channels, unsigned maxval) {
    struct byte_buffer pnm = {0};
    draw_pnm(&pnm, motif, 24, 20, channels, maxval, false);
    append_png(file, &pnm);
    free(pnm.data);
}

/* A member of a tar archive. */
static void put_member(struct byte_buffer *file, const char *name, const struct byte_buffer *content) {
    uint8_t header[512] = {0};
    unsigned sum = 0;
    snprintf((char *)header, 100, "%s", name);
    memcpy(header + 100, "0000644\0000000000\0000000000\0", 24);
    snprintf((char *)header + 124, 12, "%011zo", content->size);
    memcpy(header + 136, "00000000000\0        0", 21);
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof header; i++) {
        sum += header[i];
    }
    snprintf((char *)header + 148, 8, "%06o", sum & 0777777);
    append(file, header, sizeof header);
    append(file, content->data, content->size);
    memset(header, 0, sizeof header);
    append(file, header, (512 - content->size % 512) % 512);
}

static void put_archive(struct byte_buffer *file) {
    struct byte_buffer content = {0};
    draw_pnm(&content, MOTIF_SMOOTH, 30, 20, 3, 255, false);
    put_member(file, "a.ppm", &content);
    content.size = 0;
    put_png(&content, MOTIF_SMOOTH, 3, 255);
    put_member(file, "b.png", &content);
    const uint8_t zeros[1024] = {0};
    append(file, zeros, sizeof zeros);
    free(content.data);
}

static void put_bmp(struct byte_buffer *file) {
    static const uint8_t header[54] = {'B', 'M', 0xf6, 5,  0, 0, 0, 0,  0, 0, 54, 0, 0, 0, 40,
                                       0,   0,   0,    24, 0, 0, 0, 20, 0, 0, 0,  1, 0, 24};
    uint64_t state = 1;
    append(file, header, sizeof header);
    for (uint32_t i = 0; i < 24 * 20 * 3; i++) {
        const uint8_t sample = (uint8_t)sample_of(MOTIF_SMOOTH, i / 3 % 24, i / 72, i % 3, 3, 255, &state);
        append(file, &sample, 1);
    }
}

enum input_kind {
    PPM,
    GREY,
    DEEP,
    DRAWN,
    FEW,
    ALPHA,
    PNG_RGB,
    PNG_EXACT,
    PNG_DEEP,
    JPEG,
    JPEG_PROGRESSIVE,
    JPEG_PIXELS,
    DECODED,
    WEBP,
    BMP,
    ARCHIVE,
    INSIDE,
    TEXT,
    EMPTY,
    KINDS
};
static const char *const names[KINDS] = {"ppm",
                                         "grey",
                                         "deep",
                                         "drawn",
                                         "few",
                                         "alpha",
                                         "png",
                                         "png-exact",
                                         "png-deep",
                                         "jpeg",
                                         "jpeg-progressive",
                                         "jpeg-pixels",
                                         "decoded",
                                         "webp",
                                         "bmp",
                                         "archive",
                                         "inside",
                                         "text",
                                         "empty"};

static void make_input(enum input_kind kind, struct byte_buffer *file) {
    static const char text[] = "anything that is not a picture, anything that is not a picture, and so on ";
    switch (kind) {
    case PPM:
        draw_pnm(file, MOTIF_SMOOTH, 40, 30, 3, 255, false);
        break;
    case GREY:
        draw_pnm(file, MOTIF_SMOOTH, 40, 30, 1, 255, false);
        break;
    case DEEP:
        draw_pnm(file, MOTIF_SMOOTH, 30, 20, 3, 65535, false);
        break;
    case DRAWN:
        draw_pnm(file, MOTIF_DRAWN, 60, 50, 3, 255, false);
        break;
    case FEW:
        draw_pnm(file, MOTIF_FEW, 40, 30, 1, 255, false);
        break;
    case ALPHA:
        draw_pnm(file, MOTIF_SMOOTH, 30, 20, 4, 255, false);
        break;
    case PNG_RGB:
    case PNG_EXACT:
        put_png(file, MOTIF_SMOOTH, 3, 255);
        break;
    case PNG_DEEP:
        put_png(file, MOTIF_SMOOTH, 4, 65535);
        break;
    case JPEG:
    case JPEG_PIXELS:
        put_jpeg(file, false);
        break;
    case JPEG_PROGRESSIVE:
        put_jpeg(file, true);
        break;
    case DECODED:
        put_decoded(file);
        break;
    case WEBP:
        put_webp(file);
        break;
    case BMP:
        put_bmp(file);
        break;
    case ARCHIVE:
        put_archive(file);
        break;
    case INSIDE:
        append(file, text, sizeof text);
        put_jpeg(file, false);
        put_png(file, MOTIF_SMOOTH, 3, 255);
        append(file, text, sizeof text);
        break;
    case TEXT:
        append(file, text, sizeof text);
        break;
    case EMPTY:
    case KINDS:
    default:
        break;
    }
}

/* ---- calls ---- */

/* Memory, allocated in advance, that receives what is written. */
struct place {
    uint8_t *bytes;
    size_t size, room;
};

static int write_place(void *context, const uint8_t *bytes, size_t size) {
    struct place *place = context;
    if (size > place->room - place->size) {
        return -1;
    }
    memcpy(place->bytes + place->size, bytes, size);
    place->size += size;
    return 0;
}

struct call {
    const char *name;
    enum input_kind kind;
    int level;
    unsigned threads;
    bool restores;
    struct byte_buffer source, stream, expected; /* expected: of the stream restored */
};

#define ROOM ((size_t)1 << 20)

static enum bswz_status run_call(const struct call *call, bool restores, const struct byte_buffer *from,
                                 struct place *to, struct bswz_error *error) {
    struct memory_input input = {from->data, from->size, 0, 0, SIZE_MAX};
    const struct bswz_input source = {read_memory, &input};
    const struct bswz_output target = {write_place, to};
    if (restores) {
        const struct bswz_decompress_options options = {.size = sizeof options, .threads = call->threads};
        return bswz_decompress(source, target, &options, error);
    }
    const struct bswz_compress_options options = {.size = sizeof options,
                                                  .level = call->level,
                                                  .threads = call->threads,
                                                  .exact = call->kind == PNG_EXACT,
                                                  .keep_pixels = call->kind == JPEG_PIXELS};
    return bswz_compress(source, target, &options, error);
}

static bool holds(const struct place *place, const struct byte_buffer *bytes) {
    return place->size == bytes->size && memcmp(place->bytes, bytes->data, place->size) == 0;
}

/* Is this what comes back without faults, or the source's own bytes if a library reported that it cannot read them? */
static bool is_expected(const struct call *call, const struct place *place) {
    return holds(place, &call->expected) || (!call->restores && holds(place, &call->source));
}

enum outcome { FINE = 0, WRONG_RESULT, LEAK, NOT_RESTORED };

/* In a process of its own. */
static enum outcome try_fault(const struct call *call, long number, bool all, bool counts_leaks) {
    static uint8_t first[ROOM], second[ROOM];
    struct place result = {first, 0, ROOM}, again = {second, 0, ROOM};
    struct bswz_error error;
    const long before = live;
    arm(number, all);
    enum bswz_status status =
        run_call(call, call->restores, call->restores ? &call->stream : &call->source, &result, &error);
    arm(0, false);
    if (counts_leaks && live != before) {
        return LEAK;
    }
    if (status != BSWZ_OK) {
        return error.message[0] != 0 ? FINE : WRONG_RESULT;
    }
    if (call->restores) {
        return is_expected(call, &result) ? FINE : WRONG_RESULT;
    }
    const struct byte_buffer stream = {result.bytes, result.size, result.size};
    if (run_call(call, true, &stream, &again, &error) != BSWZ_OK) {
        return NOT_RESTORED;
    }
    return is_expected(call, &again) ? FINE : WRONG_RESULT;
}

static unsigned failures, forgiven, tries;

static void fork_fault(const struct call *call, long number, bool all, bool counts_leaks) {
    static const char *const words[] = {"", "a wrong result", "a leak", "the stream cannot be restored"};
    int state = 0;
    atomic_store(in_webp, false);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        _exit((int)try_fault(call, number, all, counts_leaks));
    }
    tries++;
    const bool is_over = child > 0 && waitpid(child, &state, 0) == child;
    if (is_over && atomic_load(in_webp) && (WIFSIGNALED(state) || WEXITSTATUS(state) == LEAK)) {
        forgiven++;
    } else if (!is_over || state != 0) {
        failures++;
        fprintf(stderr, "%s -%d, %u threads, %s, allocation %ld%s: %s\n", call->name, call->level, call->threads,
                call->restores ? "restoring" : "compressing", number, all ? " and all after it" : "",
                WIFEXITED(state) && WEXITSTATUS(state) < 4 ? words[WEXITSTATUS(state)] : "a crash");
    }
}

/* The largest number of allocations that a call makes; -1: it fails. */
static long count_allocations(const struct call *call) {
    static uint8_t bytes[ROOM];
    struct place result = {bytes, 0, ROOM};
    struct bswz_error error;
    arm(0, false);
    return run_call(call, call->restores, call->restores ? &call->stream : &call->source, &result, &error) == BSWZ_OK
               ? (long)allocations
               : -1;
}

static void sweep(struct call *call, long every) {
    for (int restores = 0; restores < 2; restores++) {
        call->restores = restores != 0;
        const long count = count_allocations(call);
        if (count < 0) {
            failures++;
            fprintf(stderr, "%s: fails without a fault\n", call->name);
            return;
        }
        for (long number = 1 + call->level % every; number <= count; number += every) {
            fork_fault(call, number, false, call->threads == 1);
            if (number / every % 4 == 0) {
                fork_fault(call, number, true, call->threads == 1);
            }
        }
    }
}

/* The first call in a process loads models, which remain. */
static void sweep_cold(long every) {
    struct call call = {.name = "first call", .kind = PPM, .level = 9, .threads = 1};
    make_input(PPM, &call.source);
    append(&call.expected, call.source.data, call.source.size);
    for (long number = 1; number <= 400; number += every) {
        fork_fault(&call, number, false, false);
    }
    free(call.source.data);
    free(call.expected.data);
}

/* what: the kind of input; NULL: all. */
static void sweep_kind(enum input_kind kind, int level, unsigned threads, long every, const char *what, long number) {
    struct call call = {.name = names[kind], .kind = kind, .level = level, .threads = threads};
    const struct bswz_compress_options options = {
        .size = sizeof options, .level = level, .threads = 1, .exact = kind == PNG_EXACT, .keep_pixels = kind == JPEG_PIXELS};
    make_input(kind, &call.source);
    if (compress(&call.source, &options, 0, &call.stream, NULL) != BSWZ_OK ||
        decompress(&call.stream, &call.expected, NULL) != BSWZ_OK) {
        failures++;
        fprintf(stderr, "%s: fails without a fault\n", call.name);
    } else if (what != NULL) {
        call.restores = strcmp(what, "restoring") == 0;
        count_allocations(&call);
        printf("outcome %d\n", (int)try_fault(&call, number, false, true));
    } else {
        sweep(&call, every);
    }
    free(call.source.data);
    free(call.stream.data);
    free(call.expected.data);
}

int main(int count, char **arguments) {
    static const int levels[] = {1, 5, 9};
    in_webp = mmap(NULL, sizeof *in_webp, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (in_webp == MAP_FAILED) {
        return 2;
    }
    const long every = count > 1 ? strtol(arguments[1], NULL, 10) : 1;
    if (count == 7 && strcmp(arguments[1], "at") == 0) {
        for (enum input_kind kind = 0; kind < KINDS; kind++) {
            if (strcmp(names[kind], arguments[2]) == 0) {
                sweep_kind(kind, atoi(arguments[3]), (unsigned)atoi(arguments[6]), 1, arguments[4],
                           strtol(arguments[5], NULL, 10));
            }
        }
        return 0;
    }
    if (every < 1) {
        fputs("usage: memory_faults [EVERY [KIND]]\n", stderr);
        return 2;
    }
    if (count < 3) {
        sweep_cold(every);
    }
    for (enum input_kind kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < 3 && (count < 3 || strcmp(arguments[2], names[kind]) == 0); i++) {
            sweep_kind(kind, levels[i], 1, every, NULL, 0);
            if (levels[i] == 5) {
                sweep_kind(kind, levels[i], 3, every, NULL, 0);
            }
        }
    }
    printf("%u faults, %u failed; %u crashes and leaks of libwebp's own\n", tries, failures, forgiven);
    return failures != 0 || tries == 0;
}
