/* SPDX-License-Identifier: MIT */
/*
 * Writing the original PNG file from samples and its recipe (png_file.h).
 *
 * Rows are filtered and deflated as they come. An interlaced picture, whose first rows need its last samples, is held
 * completely in memory, and so is one whose stream is described. The output of zlib is divided into the chunks that the
 * recipe lists, and hashed together with everything else. If this zlib compresses differently from the one used by the
 * reader, the hash shows it, or an earlier error does.
 *
 * Samples from a rescue may differ from the original ones, and then do not deflate to chunks of these sizes. In that
 * case, additional chunks are added, or zeros after the end of the zlib stream, so that the file keeps its length if
 * possible, and an archive around it stays in order.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/record.h"
#include "png_exact/png_file.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define OUTPUT_BYTES 4096 /* collected for the sink; few, so that a wrong trial ends soon */

struct png_file_writing {
    const struct picture_writer *writer; /* for may_change */
    struct byte_sink sink;
    XXH3_state_t *hash;
    struct byte_buffer coding; /* the bytes of the recipe, into which recipe points */
    struct png_recipe recipe;
    struct png_shape shape;
    uint8_t *whole;       /* all samples of an interlaced picture; otherwise NULL */
    uint8_t *row, *above; /* coded rows, without filters */
    uint8_t *filtered;    /* one row, its filter in front */
    uint8_t *scratch;
    uint64_t next_row; /* coded rows written so far */
    struct png_deflater deflater;
    uint64_t chunk_left;   /* bytes missing in the current IDAT chunk */
    uint64_t data_written; /* in IDAT chunks */
    uint32_t crc;          /* of the current chunk so far */
    size_t gathered;
    uint8_t output[OUTPUT_BYTES];
};

/* ---- bytes out ---- */

static enum bswz_status flush(struct png_file_writing *state, struct bswz_error *error) {
    const size_t size = state->gathered;
    state->gathered = 0;
    if (size == 0) {
        return BSWZ_OK;
    }
    XXH3_64bits_update(state->hash, state->output, size);
    return state->sink.write(state->sink.context, state->output, size, error);
}

static enum bswz_status emit(struct png_file_writing *state, const uint8_t *bytes, size_t size,
                             struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    if (size == 0) {
        return BSWZ_OK; /* bytes may be NULL, with which zlib would restart the checksum */
    }
    state->crc = (uint32_t)crc32_z(state->crc, bytes, size);
    while (size > 0 && status == BSWZ_OK) {
        const size_t room = OUTPUT_BYTES - state->gathered, take = size < room ? size : room;
        memcpy(state->output + state->gathered, bytes, take);
        state->gathered += take;
        bytes += take;
        size -= take;
        if (state->gathered == OUTPUT_BYTES) {
            status = flush(state, error);
        }
    }
    return status;
}

static enum bswz_status begin_chunk(struct png_file_writing *state, const uint8_t *type, uint32_t length,
                                    struct bswz_error *error) {
    uint8_t number[4];
    store_big_32(number, length);
    enum bswz_status status = emit(state, number, sizeof number, error);
    state->crc = 0;
    return status == BSWZ_OK ? emit(state, type, 4, error) : status;
}

static enum bswz_status end_chunk(struct png_file_writing *state, struct bswz_error *error) {
    uint8_t number[4];
    store_big_32(number, state->crc);
    return emit(state, number, sizeof number, error);
}

static enum bswz_status write_chunk(struct png_file_writing *state, const void *type, const uint8_t *data,
                                    uint32_t length, struct bswz_error *error) {
    enum bswz_status status = begin_chunk(state, type, length, error);
    if (status == BSWZ_OK) {
        status = emit(state, data, length, error);
    }
    return status == BSWZ_OK ? end_chunk(state, error) : status;
}

static enum bswz_status write_chunks(struct png_file_writing *state, const uint8_t *chunks, size_t size,
                                     struct bswz_error *error) {
    struct picture_chunk chunk;
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK && picture_chunk_next(&chunks, &size, &chunk)) {
        status = write_chunk(state, chunk.type, chunk.data, chunk.length, error);
    }
    return status;
}

static enum bswz_status not_as_it_was(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_MACHINE,
                     "a PNG file does not come out as it was: the zlib of this machine compresses otherwise than the "
                     "one where the stream was made");
}

/* Begin the next IDAT chunk, passing empty ones; false: there is none, or a failure. */
static bool next_data_chunk(struct png_file_writing *state, enum bswz_status *status, struct bswz_error *error) {
    uint64_t length;
    while (*status == BSWZ_OK && png_sizes_next(&state->recipe.chunks, &length)) {
        *status = begin_chunk(state, (const uint8_t *)"IDAT", (uint32_t)length, error);
        state->chunk_left = length;
        if (*status == BSWZ_OK && length > 0) {
            return true;
        }
        *status = *status == BSWZ_OK ? end_chunk(state, error) : *status;
    }
    return false;
}

/* The sink of the deflater. */
static enum bswz_status write_data(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct png_file_writing *state = context;
    enum bswz_status status = BSWZ_OK;
    while (size > 0 && status == BSWZ_OK) {
        if (state->chunk_left == 0 && !next_data_chunk(state, &status, error)) {
            if (status != BSWZ_OK || !state->writer->may_change) {
                return status == BSWZ_OK ? not_as_it_was(error) : status;
            }
            status = begin_chunk(state, (const uint8_t *)"IDAT", (uint32_t)size, error); /* a piece from the deflater */
            state->chunk_left = size;
            continue;
        }
        const size_t take = size < state->chunk_left ? size : (size_t)state->chunk_left;
        status = emit(state, bytes, take, error);
        bytes += take;
        size -= take;
        state->chunk_left -= take;
        state->data_written += take;
        if (status == BSWZ_OK && state->chunk_left == 0) {
            status = end_chunk(state, error);
        }
    }
    return status;
}

/* ---- opening ---- */

static enum bswz_status allocate(struct png_file_writing *state, const struct picture_writer *writer, bool interlaced,
                                 struct bswz_error *error) {
    const size_t longest = state->shape.longest;
    state->row = bswz_allocate(longest, 1);
    state->above = bswz_allocate_zero(longest, 1);
    state->filtered = bswz_allocate(longest + 1, 1);
    state->scratch = bswz_allocate(longest, 1);
    state->whole = interlaced ? bswz_allocate(writer->info.height, writer->row_bytes) : NULL;
    state->hash = XXH3_createState();
    if (state->row == NULL || state->above == NULL || state->filtered == NULL || state->scratch == NULL ||
        (interlaced && state->whole == NULL) || state->hash == NULL) {
        return bswz_no_memory(error);
    }
    XXH3_64bits_reset(state->hash);
    return BSWZ_OK;
}

static enum bswz_status write_header(struct png_file_writing *state, const struct picture_info *info,
                                     const struct picture_record *record, struct bswz_error *error) {
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t header[13] = {0};
    store_big_32(header, info->width);
    store_big_32(header + 4, info->height);
    header[8] = record->bit_depth;
    header[9] = record->colour_type;
    header[12] = record->interlaced;
    enum bswz_status status = emit(state, signature, sizeof signature, error);
    return status == BSWZ_OK ? write_chunk(state, "IHDR", header, sizeof header, error) : status;
}

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    struct picture_record record;
    struct png_file_writing *state = bswz_allocate_zero(1, sizeof *state);
    writer->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    state->writer = writer;
    state->sink = writer->sink;
    enum bswz_status status = picture_record_parse(head, &writer->info, &record, error);
    if (status != BSWZ_OK) {
        return status;
    }
    png_shape_of(&writer->info, record.bit_depth, record.interlaced, &state->shape);
    status = byte_buffer_append(&state->coding, record.coding.data, record.coding.length, error);
    if (status == BSWZ_OK) {
        status = png_recipe_take(state->coding.data, state->coding.size, state->shape.rows, state->shape.bytes,
                                 &state->recipe, error);
    }
    if (status == BSWZ_OK) {
        status = allocate(state, writer, record.interlaced, error);
    }
    if (status == BSWZ_OK) {
        status = write_header(state, &writer->info, &record, error);
    }
    if (status == BSWZ_OK) {
        status = write_chunks(state, record.chunks, record.size, error);
    }
    if (status == BSWZ_OK) {
        status = png_deflater_open(&state->deflater, &state->recipe, (struct byte_sink){write_data, state}, error);
    }
    return status;
}

void png_file_writer_recall(struct picture_writer *writer, const struct png_described *described) {
    struct png_file_writing *state = writer->state;
    state->deflater.described = described;
}

/* ---- rows ---- */

/* Write one row of a pass from a row of samples. */
static enum bswz_status write_row(struct png_file_writing *state, const struct png_pass *pass, const uint8_t *samples,
                                  struct bswz_error *error) {
    const struct png_recipe *recipe = &state->recipe;
    const size_t pixel = state->shape.pixel_bytes;
    unsigned filter = recipe->filter_kind;
    png_row_pack(&state->shape, pass, samples, state->row);
    if (recipe->filter_kind == PNG_FILTER_EACH) {
        filter = recipe->filters[state->next_row];
    } else if (recipe->filter_kind == PNG_FILTER_GUESSED) {
        filter = (recipe->filters[state->next_row] +
                  png_row_guess(state->row, state->above, pass->bytes, pixel, state->scratch)) %
                 PNG_FILTERS;
    }
    state->filtered[0] = (uint8_t)filter;
    png_row_filter(filter, state->row, state->above, pass->bytes, pixel, state->filtered + 1);
    uint8_t *row = state->row;
    state->row = state->above;
    state->above = row;
    state->next_row++;
    return png_deflater_write(&state->deflater, state->filtered, pass->bytes + 1, error);
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    struct png_file_writing *state = writer->state;
    enum bswz_status status = BSWZ_OK;
    if (state->whole != NULL) {
        memcpy(state->whole + writer->next_row * writer->row_bytes, rows, count * writer->row_bytes);
        return BSWZ_OK;
    }
    for (uint32_t i = 0; i < count && status == BSWZ_OK; i++) {
        status = write_row(state, &state->shape.passes[0], rows + i * writer->row_bytes, error);
    }
    return status;
}

static enum bswz_status write_passes(struct png_file_writing *state, size_t row_bytes, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    for (unsigned i = 0; i < state->shape.count; i++) {
        const struct png_pass *pass = &state->shape.passes[i];
        memset(state->above, 0, state->shape.longest);
        for (size_t y = 0; y < pass->height && status == BSWZ_OK; y++) {
            status = write_row(state, pass, state->whole + (pass->y0 + y * pass->dy) * row_bytes, error);
        }
    }
    return status;
}

/* Write zeros up to the end of the last chunk, but no more than the data could ever have taken. */
static enum bswz_status fill_up(struct png_file_writing *state, struct bswz_error *error) {
    static const uint8_t zeros[1024];
    const uint64_t most = state->shape.bytes + state->shape.bytes / 64 + 65536;
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK && (state->chunk_left > 0 || next_data_chunk(state, &status, error))) {
        if (state->data_written + state->chunk_left > most) {
            return not_as_it_was(error);
        }
        const size_t count = state->chunk_left < sizeof zeros ? (size_t)state->chunk_left : sizeof zeros;
        status = write_data(state, zeros, count, error);
    }
    return status;
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    struct png_file_writing *state = writer->state;
    enum bswz_status status = picture_record_check_tail(tail, error);
    if (status == BSWZ_OK && state->whole != NULL) {
        status = write_passes(state, writer->row_bytes, error);
    }
    if (status == BSWZ_OK) {
        status = png_deflater_finish(&state->deflater, writer->may_change, error);
    }
    if (status == BSWZ_OK && writer->may_change) {
        status = fill_up(state, error);
    }
    if (status == BSWZ_OK && (state->chunk_left > 0 || next_data_chunk(state, &status, error))) {
        return not_as_it_was(error);
    }
    if (status == BSWZ_OK && tail != NULL) {
        status = write_chunks(state, tail->data, tail->size, error);
    }
    if (status == BSWZ_OK) {
        status = write_chunk(state, "IEND", NULL, 0, error);
    }
    if (status == BSWZ_OK) {
        status = flush(state, error);
    }
    if (status == BSWZ_OK && !writer->may_change && XXH3_64bits_digest(state->hash) != state->recipe.hash) {
        return not_as_it_was(error);
    }
    return status;
}

static void close_writer(struct picture_writer *writer) {
    struct png_file_writing *state = writer->state;
    if (state == NULL) {
        return;
    }
    png_deflater_close(&state->deflater);
    XXH3_freeState(state->hash);
    free(state->coding.data);
    free(state->whole);
    free(state->row);
    free(state->above);
    free(state->filtered);
    free(state->scratch);
    free(state);
}

static bool is_held(const struct byte_buffer *head) {
    const uint8_t *chunks = head->data;
    size_t left = head->size;
    struct picture_chunk chunk;
    struct cursor cursor = {0};
    uint64_t hash;
    const uint8_t *zlib_header;
    uint8_t method;
    if (left < 4) {
        return false;
    }
    chunks += 4; /* of the record (record.h); the recipe is its last chunk */
    left -= 4;
    while (picture_chunk_next(&chunks, &left, &chunk)) {
        cursor = (struct cursor){.bytes = chunk.data, .size = chunk.length};
    }
    return take_64(&cursor, &hash) && take_bytes(&cursor, 2, &zlib_header) && take_8(&cursor, &method) &&
           (method & 15) == PNG_LEVEL_DESCRIBED;
}

const struct picture_writer_methods picture_png_file_writer = {open_writer, write_rows, finish_writer, close_writer};

uint64_t png_file_held(const struct picture_info *info, const struct byte_buffer *head) {
    const uint64_t samples = (uint64_t)info->width * info->height * info->channels * (info->depth / 8u);
    return png_held(info, head) + (is_held(head) ? 2 * samples : 0); /* both as rows and coded */
}
