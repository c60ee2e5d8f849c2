/* SPDX-License-Identifier: MIT */
/*
 * Write PNG: libpng for the header, the palette and the pixels; every other chunk comes verbatim from the records
 * and goes where it was.
 *
 * What is not in a PNG's own records is derived: pictures from PNM, PAM and raw samples get the header that their
 * samples require, and no further chunks.
 */
#include "base/allocate.h"
#include "image/png_chunks.h"
#include "image/record.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* The size of an IDAT chunk: libpng's 8 KiB would waste space on framing. */
#define DATA_CHUNK_BYTES 65536

struct png_writing {
    png_structp png;
    png_infop png_info;
    struct byte_sink sink;
    bool interlaced;
    uint8_t *whole;           /* all rows of an interlaced picture */
    struct bswz_error *error; /* of the current call */
    enum bswz_status status;  /* set by libpng's callbacks */
};

static void on_error(png_structp png, png_const_charp message) {
    struct png_writing *state = png_get_error_ptr(png);
    if (state->status == BSWZ_OK) {
        state->status = bswz_fail(state->error, BSWZ_ERROR_FORMAT, "PNG: %s", message);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep bytes, size_t size) {
    struct png_writing *state = png_get_io_ptr(png);
    state->status = state->sink.write(state->sink.context, bytes, size, state->error);
    if (state->status != BSWZ_OK) {
        png_longjmp(png, 1);
    }
}

static void on_flush(png_structp png) {
    (void)png;
}

/* Write chunks of a record, up to PLTE (which is left to the caller) or the end. True if it stopped at PLTE;
 * *chunks and *size are then what follows PLTE. */
static bool write_chunks(struct png_writing *state, const uint8_t **chunks, size_t *size, struct picture_chunk *palette,
                         const struct byte_buffer *profile) {
    struct picture_chunk chunk;
    while (picture_chunk_next(chunks, size, &chunk)) {
        if (memcmp(chunk.type, "PLTE", 4) == 0) {
            *palette = chunk;
            return true;
        }
        if (memcmp(chunk.type, "ICCP", 4) == 0) {
            png_write_chunk(state->png, (png_const_bytep) "iCCP", profile->data, profile->size);
        } else if (png_chunk_fate(chunk.type) == PNG_CHUNK_KEEP) { /* skip what ties a PNG_FILE to its coding */
            png_write_chunk(state->png, chunk.type, chunk.data, chunk.length);
        }
    }
    return false;
}

/* Signature, IHDR and everything before the pixels. profile: the deflated form of the record's ICCP, if there is
 * one. */
static enum bswz_status write_head(struct png_writing *state, const struct picture_info *info,
                                   const struct picture_record *record, const struct byte_buffer *profile) {
    const uint8_t *chunks = record->chunks;
    size_t size = record->size;
    struct picture_chunk palette;
    png_color colours[256];
    if (setjmp(png_jmpbuf(state->png)) != 0) {
        return state->status;
    }
    png_set_write_fn(state->png, state, on_write, on_flush);
    png_set_user_limits(state->png, PICTURE_MAX_SIDE, PICTURE_MAX_SIDE);
    png_set_benign_errors(state->png, 1);
    png_set_check_for_invalid_index(state->png, 0);
    png_set_compression_level(state->png, 6);
    png_set_compression_buffer_size(state->png, DATA_CHUNK_BYTES);
    png_set_IHDR(state->png, state->png_info, info->width, info->height, record->bit_depth, record->colour_type,
                 state->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info_before_PLTE(state->png, state->png_info);
    if (write_chunks(state, &chunks, &size, &palette, profile)) {
        const int entries = (int)(palette.length / 3); /* at most 256: record.c */
        for (int i = 0; i < entries; i++) {
            colours[i] = (png_color){palette.data[3 * i], palette.data[3 * i + 1], palette.data[3 * i + 2]};
        }
        png_set_PLTE(state->png, state->png_info, colours, entries);
    }
    png_write_info(state->png, state->png_info); /* only PLTE remains to be written */
    write_chunks(state, &chunks, &size, &palette, profile);
    if (record->bit_depth < 8) {
        png_set_packing(state->png);
    } else if (record->bit_depth == 16) {
        png_set_swap(state->png);
    }
    png_set_interlace_handling(state->png);
    return BSWZ_OK;
}

/* The header for a picture that has no PNG record. */
static enum bswz_status derive_record(const struct picture_info *info, struct picture_record *record,
                                      struct bswz_error *error) {
    static const uint8_t types[5] = {0, 0, 4, 2, 6};
    uint8_t depth = 0;
    for (uint8_t bits = 1; bits <= 16; bits = (uint8_t)(2 * bits)) {
        depth = info->maxval == (1u << bits) - 1 ? bits : depth;
    }
    if (depth == 0 || info->indexed || (depth < 8 && info->channels != 1)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG cannot hold this picture");
    }
    *record = (struct picture_record){.bit_depth = depth, .colour_type = types[info->channels]};
    return BSWZ_OK;
}

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    const struct picture_info *info = &writer->info;
    struct picture_record record;
    struct picture_chunk chunk;
    struct byte_buffer profile = {0};
    struct png_writing *state = bswz_allocate_zero(1, sizeof *state);
    writer->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = picture_record_is_used(info->format) ? picture_record_parse(head, info, &record, error)
                                                                   : derive_record(info, &record, error);
    if (status != BSWZ_OK) {
        return status;
    }
    state->sink = writer->sink;
    state->interlaced = record.interlaced;
    state->error = error;
    if (state->interlaced) {
        state->whole = bswz_allocate(info->height, writer->row_bytes);
    }
    state->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, state, on_error, on_warning);
    state->png_info = state->png == NULL ? NULL : png_create_info_struct(state->png);
    if (state->png_info == NULL || (state->interlaced && state->whole == NULL)) {
        return bswz_no_memory(error);
    }
    if (picture_chunk_find(record.chunks, record.size, "ICCP", &chunk)) {
        status = picture_profile_deflate(chunk.data, chunk.length, &profile, error);
    }
    if (status == BSWZ_OK) {
        status = write_head(state, info, &record, &profile);
    }
    free(profile.data);
    return status;
}

static enum bswz_status encode_rows(struct png_writing *state, const uint8_t *rows, uint32_t count, size_t row_bytes) {
    if (setjmp(png_jmpbuf(state->png)) != 0) {
        return state->status;
    }
    for (uint32_t i = 0; i < count; i++) {
        png_write_row(state->png, rows + i * row_bytes);
    }
    return BSWZ_OK;
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    struct png_writing *state = writer->state;
    state->error = error;
    if (state->interlaced) {
        memcpy(state->whole + writer->next_row * writer->row_bytes, rows, count * writer->row_bytes);
        return BSWZ_OK;
    }
    return encode_rows(state, rows, count, writer->row_bytes);
}

static enum bswz_status finish_file(struct png_writing *state, const struct byte_buffer *tail) {
    const uint8_t *chunks = tail == NULL ? NULL : tail->data;
    size_t size = tail == NULL ? 0 : tail->size;
    struct picture_chunk none;
    if (setjmp(png_jmpbuf(state->png)) != 0) {
        return state->status;
    }
    write_chunks(state, &chunks, &size, &none, NULL); /* neither PLTE nor ICCP: record.c */
    png_write_end(state->png, NULL);
    return BSWZ_OK;
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    struct png_writing *state = writer->state;
    state->error = error;
    if (!picture_record_is_used(writer->info.format)) {
        tail = NULL;
    }
    enum bswz_status status = picture_record_check_tail(tail, error);
    for (int pass = 0; state->interlaced && pass < PNG_INTERLACE_ADAM7_PASSES && status == BSWZ_OK; pass++) {
        status = encode_rows(state, state->whole, writer->info.height, writer->row_bytes);
    }
    return status == BSWZ_OK ? finish_file(state, tail) : status;
}

static void close_writer(struct picture_writer *writer) {
    struct png_writing *state = writer->state;
    if (state == NULL) {
        return;
    }
    if (state->png != NULL) {
        png_destroy_write_struct(&state->png, &state->png_info);
    }
    free(state->whole);
    free(state);
}

const struct picture_writer_methods picture_png_writer = {open_writer, write_rows, finish_writer, close_writer};

/* Interlaced pictures are written in several passes. */
uint64_t png_held(const struct picture_info *info, const struct byte_buffer *head) {
    const bool is_interlaced = picture_record_is_used(info->format) && head->size >= 4 && head->data[3] != 0;
    return is_interlaced ? (uint64_t)info->width * info->height * info->channels * (info->depth / 8u) : 0;
}
