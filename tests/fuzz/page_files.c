/* SPDX-License-Identifier: MIT */
/*
 * What the page in the browser has in the place of libpng and zlib (web/png_read.c, web/zlib.c), next to them. What the
 * page inflates, zlib inflates; of damaged PNG files, one may refuse what the other accepts, but if both read a file, they
 * must agree.
 *
 * The Makefile compiles them with other names: page_png_reader, and z_ before those of zlib.
 */
#include "fuzz.h"

#include "image/format.h"

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

extern const struct picture_reader_methods page_png_reader;
int z_inflateInit2_(z_streamp stream, int window_bits, const char *version, int size);
int z_inflate(z_streamp stream, int flush);
int z_inflateEnd(z_streamp stream);

/* ---- inflating ---- */

enum { PLAIN_MOST = 1 << 20 };

struct inflated {
    int result; /* of the last call */
    size_t size, used;
    uint8_t bytes[PLAIN_MOST];
};

static void run_inflate(int (*inflate_some)(z_streamp, int), z_stream *stream, const uint8_t *data, size_t size,
                        size_t step, struct inflated *out) {
    stream->next_in = data;
    stream->avail_in = (uInt)size;
    *out = (struct inflated){.result = Z_OK};
    while (out->result == Z_OK && out->size < PLAIN_MOST) {
        const size_t room = PLAIN_MOST - out->size < step ? PLAIN_MOST - out->size : step;
        stream->next_out = out->bytes + out->size;
        stream->avail_out = (uInt)room;
        out->result = inflate_some(stream, Z_NO_FLUSH);
        out->size += room - stream->avail_out;
    }
    out->used = size - stream->avail_in;
}

/* The first byte: whether there is a header, and how much is inflated by each call. */
void fuzz_page_inflate(const uint8_t *data, size_t size) {
    static struct inflated ours, theirs;
    const unsigned choice = fuzz_choice(&data, &size);
    const size_t step = choice < 128 ? PLAIN_MOST : 1 + choice;
    const int window_bits = choice % 2 == 0 ? MAX_WBITS : -MAX_WBITS;
    z_stream stream = {0};
    FUZZ_DEMAND(z_inflateInit2_(&stream, window_bits, ZLIB_VERSION, sizeof stream) == Z_OK, "no memory");
    run_inflate(z_inflate, &stream, data, size, step, &ours);
    z_inflateEnd(&stream);
    stream = (z_stream){0};
    FUZZ_DEMAND(inflateInit2(&stream, window_bits) == Z_OK, "no memory");
    run_inflate(inflate, &stream, data, size, step, &theirs);
    inflateEnd(&stream);
    const size_t both = ours.size < theirs.size ? ours.size : theirs.size;
    FUZZ_DEMAND(memcmp(ours.bytes, theirs.bytes, both) == 0, "inflated to other bytes");
    if (ours.result == Z_STREAM_END) {
        FUZZ_DEMAND(theirs.result == Z_STREAM_END, "zlib says %d", theirs.result);
        FUZZ_DEMAND(ours.size == theirs.size && ours.used == theirs.used, "%zu bytes of %zu, in place of %zu of %zu",
                    ours.size, ours.used, theirs.size, theirs.used);
    }
}

/* ---- PNG ---- */

struct read {
    struct picture_reader *reader;
    struct byte_buffer rows, tail;
};

/* false: it is no picture, or too large to read here. */
static bool read_png(const struct picture_reader_methods *methods, const uint8_t *data, size_t size,
                     struct read *read) {
    struct picture_memory memory = {data, size};
    struct bswz_error error = {.status = BSWZ_OK};
    struct picture_reader *reader = calloc(1, sizeof *reader);
    const struct byte_buffer *tail;
    FUZZ_DEMAND(reader != NULL, "no memory");
    *reader = (struct picture_reader){
        .methods = methods, .source = picture_memory_source(&memory), .info = {.format = PICTURE_PNG}};
    *read = (struct read){.reader = reader};
    enum bswz_status status = methods->open(reader, NULL, &error);
    if (status == BSWZ_OK) {
        status = picture_check_info(&reader->info, &reader->row_bytes, &error);
    }
    if (status != BSWZ_OK || reader->row_bytes > PLAIN_MOST / reader->info.height) {
        fuzz_demand_words(status, &error);
        return false;
    }
    read->rows.size = reader->row_bytes * reader->info.height;
    read->rows.data = malloc(read->rows.size);
    FUZZ_DEMAND(read->rows.data != NULL, "no memory");
    status = picture_reader_rows(reader, read->rows.data, reader->info.height, &error);
    if (status == BSWZ_OK) {
        status = picture_reader_finish(reader, &tail, &error);
    }
    fuzz_demand_words(status, &error);
    return status == BSWZ_OK;
}

static void free_read(struct read *read) {
    picture_reader_close(read->reader);
    free(read->rows.data);
}

void fuzz_page_png(const uint8_t *data, size_t size) {
    struct read ours, theirs;
    uint8_t *file = malloc(size + 1);
    FUZZ_DEMAND(file != NULL, "no memory");
    size = fuzz_correct_chunks(data, size, file);
    const bool we_do = read_png(&page_png_reader, file, size, &ours),
               they_do = read_png(&picture_png_reader, file, size, &theirs);
    if (we_do && they_do) {
        const struct picture_info *info = &ours.reader->info, *other = &theirs.reader->info;
        FUZZ_DEMAND(info->width == other->width && info->height == other->height && info->channels == other->channels &&
                        info->depth == other->depth,
                    "another shape");
        FUZZ_DEMAND(fuzz_is_same(&ours.rows, &theirs.rows), "other pixels");
        FUZZ_DEMAND(fuzz_is_same(&ours.reader->head, &theirs.reader->head) &&
                        fuzz_is_same(&ours.reader->tail, &theirs.reader->tail),
                    "another record");
    }
    free_read(&ours);
    free_read(&theirs);
    free(file);
}
