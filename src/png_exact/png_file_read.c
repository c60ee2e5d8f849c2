/* SPDX-License-Identifier: MIT */
/*
 * Reading a PNG file so that its bytes come back (png_file.h).
 *
 * Everything happens in open: it takes the file apart, and searches for settings with which the writer gives the same
 * bytes again. A trial is the writer itself with a sink that compares. So accepted settings are proved, and a wrong
 * trial ends at the first wrong byte, usually within the first block of the stream: the whole search takes little
 * longer than writing the file once. If there are no such settings, the stream is described.
 */
#include "base/allocate.h"
#include "deflate/deflate.h"
#include "image/format.h"
#include "image/png_chunks.h"
#include "image/record.h"
#include "png_exact/png_file.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define ZLIB_HEADER 2
#define ZLIB_CHECK 4
#define MIN_LOOKAHEAD 262 /* of zlib: it looks back this much less than its window */

struct png_file_reading {
    uint8_t *samples; /* of the whole picture */
    /* during open only */
    struct byte_buffer file;
    struct png_layout layout;
    struct png_shape shape;
    struct byte_buffer stream;             /* the contents of the IDAT chunks, joined */
    uint8_t *data;                         /* inflated: shape.bytes and one more */
    uint8_t *filters;                      /* of all rows, unchanged or minus the guesses */
    struct png_recipe recipe;              /* without sizes, */
    struct byte_buffer sizes;              /* which are here, encoded */
    struct byte_buffer description;        /* the description, if there is one */
    const struct png_described *described; /* while it is proved */
};

static enum bswz_status unsupported(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "PNG: %s", what);
}

/* ---- the zlib stream ---- */

/* Join the IDAT chunks, whose sizes and checksums have been checked. */
static enum bswz_status join_chunks(struct png_file_reading *state, struct bswz_error *error) {
    struct png_sizes_builder builder = {0};
    const uint8_t *chunk = state->file.data + state->layout.data_start;
    enum bswz_status status = byte_buffer_reserve(&state->stream, (size_t)state->layout.data_bytes, error);
    for (; memcmp(chunk + 4, "IDAT", 4) == 0 && status == BSWZ_OK; chunk += load_big_32(chunk) + (size_t)12) {
        const uint32_t length = load_big_32(chunk); /* IEND comes after the last */
        status = byte_buffer_append(&state->stream, chunk + 8, length, error);
        if (status == BSWZ_OK) {
            status = png_sizes_add(&builder, length, error);
        }
    }
    if (status == BSWZ_OK) {
        status = png_sizes_put(&builder, &state->sizes, error);
    }
    free(builder.runs.data);
    return status;
}

/* Inflate the stream, which must hold exactly the rows of the picture, with nothing after it. */
static enum bswz_status inflate_rows(struct png_file_reading *state, struct bswz_error *error) {
    const struct byte_buffer *stream = &state->stream;
    const size_t wanted = (size_t)state->shape.bytes;
    if (stream->size < ZLIB_HEADER + ZLIB_CHECK || (stream->data[0] & 15) != Z_DEFLATED || stream->data[0] >> 4 > 7 ||
        (stream->data[1] & 32) != 0 || (stream->data[0] << 8 | stream->data[1]) % 31 != 0) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: the compressed pixels are damaged");
    }
    if (stream->size > UINT32_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "PNG: there is too much pixel data");
    }
    z_stream zlib = {.next_in = stream->data + ZLIB_HEADER, .avail_in = (uInt)(stream->size - ZLIB_HEADER)};
    if (inflateInit2(&zlib, -MAX_WBITS) != Z_OK) { /* however small the window in the header is */
        return bswz_no_memory(error);
    }
    zlib.next_out = state->data;
    zlib.avail_out = (uInt)(wanted + 1); /* shape.bytes is at most PNG_FILE_MAX */
    const int result = inflate(&zlib, Z_FINISH);
    const bool whole = result == Z_STREAM_END && zlib.avail_out == 1, last = zlib.avail_in == ZLIB_CHECK;
    inflateEnd(&zlib);
    if (!whole || !last ||
        load_big_32(stream->data + stream->size - ZLIB_CHECK) != (uint32_t)adler32_z(1, state->data, wanted)) {
        return unsupported(error, "the coded pixels are broken, or not alone");
    }
    return BSWZ_OK;
}

/* Does the stream consist of stored blocks only? If so, list their sizes. */
static enum bswz_status list_stored(struct png_file_reading *state, bool *stored, struct bswz_error *error) {
    struct png_sizes_builder builder = {0};
    const uint8_t *block = state->stream.data + ZLIB_HEADER;
    const uint8_t *end = state->stream.data + state->stream.size - ZLIB_CHECK;
    enum bswz_status status = BSWZ_OK;
    *stored = false;
    while (status == BSWZ_OK && !*stored && end - block >= 5 && block[0] <= 1) {
        const size_t size = (size_t)block[1] | (size_t)block[2] << 8; /* the inflater has checked its complement */
        status = png_sizes_add(&builder, size, error);
        *stored = block[0] == 1;
        block += size + 5 < (size_t)(end - block) ? size + 5 : (size_t)(end - block);
    }
    if (status == BSWZ_OK && *stored) {
        status = png_sizes_put(&builder, &state->sizes, error);
    }
    free(builder.runs.data);
    return status;
}

/* ---- rows ---- */

/* Find the filters of the coded rows, which are in data, one after another. */
static bool find_filters(struct png_file_reading *state) {
    const uint8_t *at = state->data;
    size_t row = 0;
    for (unsigned i = 0; i < state->shape.count; i++) {
        const struct png_pass *pass = &state->shape.passes[i];
        for (uint32_t y = 0; y < pass->height; y++, at += pass->bytes + 1) {
            state->filters[row++] = at[0];
            if (at[0] >= PNG_FILTERS) {
                return false;
            }
        }
    }
    return true;
}

/* Undo the filters. guesses: NULL, or where to store each filter minus its guess. */
static enum bswz_status unfilter_rows(struct png_file_reading *state, uint8_t *guesses, struct bswz_error *error) {
    const size_t pixel = state->shape.pixel_bytes;
    uint8_t *none = bswz_allocate_zero(state->shape.longest, 1), *scratch = bswz_allocate(state->shape.longest, 1);
    uint8_t *at = state->data;
    size_t row = 0;
    for (unsigned i = 0; i < state->shape.count && none != NULL && scratch != NULL; i++) {
        const struct png_pass *pass = &state->shape.passes[i];
        const uint8_t *above = none;
        for (uint32_t y = 0; y < pass->height; y++, row++) {
            const unsigned filter = at[0];
            uint8_t *coded = at + 1;
            png_row_unfilter(filter, coded, above, pass->bytes, pixel);
            if (guesses != NULL) {
                const unsigned guess = png_row_guess(coded, above, pass->bytes, pixel, scratch);
                guesses[row] = (uint8_t)((filter + PNG_FILTERS - guess) % PNG_FILTERS);
            }
            above = coded;
            at = coded + pass->bytes;
        }
    }
    const bool done = none != NULL && scratch != NULL;
    free(none);
    free(scratch);
    return done ? BSWZ_OK : bswz_no_memory(error);
}

static void unpack_rows(struct png_file_reading *state, size_t row_bytes) {
    const uint8_t *coded = state->data + 1;
    for (unsigned i = 0; i < state->shape.count; i++) {
        const struct png_pass *pass = &state->shape.passes[i];
        for (size_t y = 0; y < pass->height; y++, coded += pass->bytes + 1) {
            png_row_unpack(&state->shape, pass, coded, state->samples + (pass->y0 + y * pass->dy) * row_bytes);
        }
    }
}

/* How often a value differs from the one before, the first from 0: this tells which list packs better. */
static size_t count_changes(const uint8_t *values, size_t count) {
    size_t changes = values[0] != 0;
    for (size_t i = 1; i < count; i++) {
        changes += values[i] != values[i - 1];
    }
    return changes;
}

/* Split data into samples and filters. */
static enum bswz_status decode_rows(struct picture_reader *reader, struct bswz_error *error) {
    struct png_file_reading *state = reader->state;
    struct png_recipe *recipe = &state->recipe;
    const size_t rows = (size_t)state->shape.rows;
    if (!find_filters(state)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: unknown row filter");
    }
    const bool constant = memcmp(state->filters, state->filters + 1, rows - 1) == 0;
    uint8_t *guesses = constant ? NULL : bswz_allocate(rows, 1);
    if (!constant && guesses == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = unfilter_rows(state, guesses, error);
    if (status != BSWZ_OK) {
        free(guesses);
        return status;
    }
    unpack_rows(state, reader->row_bytes);
    recipe->filter_kind = constant ? state->filters[0] : PNG_FILTER_EACH;
    if (!constant && count_changes(guesses, rows) < count_changes(state->filters, rows)) {
        recipe->filter_kind = PNG_FILTER_GUESSED;
        uint8_t *filters = state->filters;
        state->filters = guesses;
        guesses = filters;
    }
    recipe->filters = state->filters;
    free(guesses);
    return BSWZ_OK;
}

/* ---- the search ---- */

/* Comparing the output of a trial with the file. */
struct comparison {
    const struct byte_buffer *file;
    size_t at;
};

static enum bswz_status compare(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct comparison *comparison = context;
    if (size > comparison->file->size - comparison->at ||
        memcmp(comparison->file->data + comparison->at, bytes, size) != 0) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the file differs");
    }
    comparison->at += size;
    return BSWZ_OK;
}

/* Write the file again from head, samples and tail; BSWZ_OK if it is the same. */
static enum bswz_status rebuild(const struct picture_reader *reader) {
    const struct png_file_reading *state = reader->state;
    struct comparison comparison = {.file = &state->file};
    struct picture_writer *writer;
    enum bswz_status status = picture_writer_open(PICTURE_PNG_FILE, &reader->info, &reader->head,
                                                  (struct byte_sink){compare, &comparison}, &writer, NULL);
    if (status != BSWZ_OK) {
        return status;
    }
    png_file_writer_recall(writer, state->described);
    for (uint32_t y = 0; y < reader->info.height && status == BSWZ_OK; y++) { /* one by one: to stop early */
        status = picture_writer_rows(writer, state->samples + y * reader->row_bytes, 1, NULL);
    }
    if (status == BSWZ_OK) {
        status = picture_writer_finish(writer, &reader->tail, NULL);
    }
    picture_writer_close(writer);
    return status == BSWZ_OK && comparison.at != state->file.size ? BSWZ_ERROR_CORRUPT : status;
}

/* Complete the head record with these settings and try them. *same: they give the file back. */
static enum bswz_status try_settings(struct picture_reader *reader, struct png_settings settings, bool *same,
                                     struct bswz_error *error) {
    struct png_file_reading *state = reader->state;
    struct byte_buffer coding = {0};
    const size_t head_size = reader->head.size;
    state->recipe.settings = settings;
    enum bswz_status status = png_recipe_put(&state->recipe, (size_t)state->shape.rows, &coding, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&coding, state->sizes.data, state->sizes.size, error);
    }
    if (status == BSWZ_OK && settings.level == PNG_LEVEL_DESCRIBED) {
        status = byte_buffer_append(&coding, state->description.data, state->description.size, error);
    }
    if (status == BSWZ_OK) {
        status = picture_record_add(&reader->head, "IDAT", coding.data, coding.size, error);
    }
    free(coding.data);
    if (status != BSWZ_OK) {
        return status;
    }
    status = rebuild(reader);
    *same = status == BSWZ_OK;
    if (!*same) {
        reader->head.size = head_size;
    }
    return status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error) : BSWZ_OK;
}

/* The levels of zlib, by the hint in the header. On photographs, 7, 8 and 9 give the same bytes for a long time, so the
 * likeliest comes first. */
static const uint8_t levels_of[4][4] = {{1}, {2, 3, 4, 5}, {6}, {9, 8, 7}};

/* Try the levels for which a strategy makes a difference. */
static enum bswz_status try_levels(struct picture_reader *reader, struct png_settings settings, unsigned header_level,
                                   bool *same, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    if (settings.strategy == Z_HUFFMAN_ONLY || settings.strategy == Z_RLE) {
        settings.level = 6; /* any */
        return try_settings(reader, settings, same, error);
    }
    if (settings.strategy == Z_FIXED) {
        for (settings.level = 1; settings.level <= 9 && !*same && status == BSWZ_OK; settings.level++) {
            status = try_settings(reader, settings, same, error);
        }
        return status;
    }
    for (int i = 0; i < 4 && levels_of[header_level][i] != 0 && !*same && status == BSWZ_OK; i++) {
        settings.level = levels_of[header_level][i];
        if (settings.strategy == Z_DEFAULT_STRATEGY || settings.level > 3) { /* below, filtered is the same as
                                                                              * default */
            status = try_settings(reader, settings, same, error);
        }
    }
    return status;
}

/* Try strategies, the likelier first: libpng uses "filtered" for filtered rows. */
static enum bswz_status try_strategies(struct picture_reader *reader, struct png_settings settings, bool *same,
                                       struct bswz_error *error) {
    const struct png_file_reading *state = reader->state;
    const unsigned header_level = state->stream.data[1] >> 6;
    const bool fixed = (state->stream.data[ZLIB_HEADER] >> 1 & 3) != 2; /* the first block does not have dynamic
                                                                         * codes */
    const bool filtered = state->recipe.filter_kind != 0;
    const uint8_t strategies[] = {filtered ? Z_FILTERED : Z_DEFAULT_STRATEGY,
                                  filtered ? Z_DEFAULT_STRATEGY : Z_FILTERED, Z_RLE, Z_HUFFMAN_ONLY, Z_FIXED};
    enum bswz_status status = BSWZ_OK;
    for (size_t i = 0; i < sizeof strategies && !*same && status == BSWZ_OK; i++) {
        settings.strategy = strategies[i];
        if (settings.strategy < Z_HUFFMAN_ONLY || (header_level == 0 && (settings.strategy != Z_FIXED || fixed))) {
            status = try_levels(reader, settings, header_level, same, error);
        }
    }
    return status;
}

/* If no settings give the file back: describe its stream. UNSUPPORTED: that would take most of its size. */
static enum bswz_status describe(struct picture_reader *reader, bool *same, struct bswz_error *error) {
    struct png_file_reading *state = reader->state;
    const uint8_t *stream = state->stream.data + ZLIB_HEADER;
    const size_t size = state->stream.size - ZLIB_HEADER - ZLIB_CHECK;
    struct guesses guesses = {0};
    struct png_described described = {.guesses = &guesses};
    struct byte_buffer *plain = &described.plain; /* again, since the filters have been undone */
    struct bswz_error own = {.status = BSWZ_OK};
    size_t used;
    enum bswz_status status = deflate_inflate(stream, size, (size_t)state->shape.bytes, plain, &used, &own);
    if (status == BSWZ_OK) {
        status =
            deflate_describe(stream, size, plain->data, plain->size, size / 2, &state->description, &guesses, &own);
    }
    if (status == BSWZ_OK) {
        state->described = &described;
        status = try_settings(reader, (struct png_settings){.level = PNG_LEVEL_DESCRIBED}, same, error);
        state->described = NULL;
    } else {
        status = status == BSWZ_ERROR_MEMORY
                     ? bswz_no_memory(error)
                     : unsupported(error, "the writer of the coded pixels did nothing that can be guessed");
    }
    free(plain->data);
    guesses_free(&guesses);
    return status;
}

/* Find settings that give the file back, or a description; UNSUPPORTED if there is neither. */
static enum bswz_status search(struct picture_reader *reader, struct bswz_error *error) {
    struct png_file_reading *state = reader->state;
    bool same = false, stored;
    enum bswz_status status = list_stored(state, &stored, error);
    if (status == BSWZ_OK && stored) {
        status = try_settings(reader, (struct png_settings){0}, &same, error);
    }
    /* The window is that of the header or a larger one, since it may have been reduced afterwards; beyond the size of
     * the data, it makes no difference. zlib uses 9 for 8. */
    const unsigned bits = (unsigned)(state->stream.data[0] >> 4) + 8;
    for (unsigned window = bits < 9 ? 9 : bits; window <= 15 && !stored && !same && status == BSWZ_OK; window++) {
        if (window < 15 && state->shape.bytes + MIN_LOOKAHEAD <= 1u << window) {
            window = 15;
        }
        for (uint8_t memory = 8; memory <= 9 && !same && status == BSWZ_OK; memory++) {
            status = try_strategies(
                reader, (struct png_settings){.window_bits = (uint8_t)window, .memory_level = memory}, &same, error);
        }
    }
    if (status == BSWZ_OK && !same && !stored) {
        status = describe(reader, &same, error);
    }
    return status == BSWZ_OK && !same ? unsupported(error, "the coded pixels do not come back") : status;
}

/* ---- the reader ---- */

static void free_open(struct png_file_reading *state) {
    free(state->file.data);
    free(state->stream.data);
    free(state->data);
    free(state->filters);
    free(state->sizes.data);
    free(state->description.data);
    state->file = state->stream = state->sizes = state->description = (struct byte_buffer){0};
    state->data = state->filters = NULL;
}

static enum bswz_status allocate(struct picture_reader *reader, struct bswz_error *error) {
    struct png_file_reading *state = reader->state;
    png_shape_of(&reader->info, state->layout.bit_depth, state->layout.interlaced, &state->shape);
    if (state->shape.bytes > PNG_FILE_MAX || (uint64_t)reader->info.height * reader->row_bytes > PNG_FILE_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "PNG: too large to hold in memory");
    }
    state->data = bswz_allocate((size_t)state->shape.bytes + 1, 1);
    state->samples = bswz_allocate(reader->info.height, reader->row_bytes);
    state->filters = bswz_allocate((size_t)state->shape.rows, 1);
    return state->data == NULL || state->samples == NULL || state->filters == NULL ? bswz_no_memory(error) : BSWZ_OK;
}

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    struct png_file_reading *state = bswz_allocate_zero(1, sizeof *state);
    reader->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = picture_read_file(PICTURE_PNG_FILE, reader->source, &state->file, error);
    if (status == BSWZ_OK) {
        status = png_walk_chunks(reader, &state->file, true, &state->layout, error);
    }
    if (status == BSWZ_OK) {
        status = join_chunks(state, error);
    }
    if (status == BSWZ_OK) {
        status = allocate(reader, error);
    }
    if (status == BSWZ_OK) {
        status = inflate_rows(state, error);
    }
    if (status == BSWZ_OK) {
        status = decode_rows(reader, error);
    }
    if (status == BSWZ_OK) {
        free(state->data);
        state->data = NULL;
        state->recipe.hash = XXH3_64bits(state->file.data, state->file.size);
        memcpy(state->recipe.zlib_header, state->stream.data, ZLIB_HEADER);
        status = search(reader, error);
    }
    free_open(state);
    return status;
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    const struct png_file_reading *state = reader->state;
    (void)error;
    memcpy(rows, state->samples + reader->next_row * reader->row_bytes, count * reader->row_bytes);
    return BSWZ_OK;
}

static void close_reader(struct picture_reader *reader) {
    struct png_file_reading *state = reader->state;
    if (state == NULL) {
        return;
    }
    free_open(state);
    free(state->samples);
    free(state);
}

const struct picture_reader_methods picture_png_file_reader = {open_reader, read_rows, NULL, close_reader};
