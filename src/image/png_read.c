/* SPDX-License-Identifier: MIT */
/*
 * Read PNG: libpng for the pixels, a walk of our own for everything else.
 *
 * The whole file is held in memory and its chunks are walked (png_chunks.h). Everything worth keeping goes into
 * the records verbatim, and libpng is told to ignore it.
 */
#include "base/allocate.h"
#include "image/png_chunks.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct png_reading {
    struct byte_buffer file;
    size_t position; /* libpng's position in file */
    struct png_layout layout;
    png_structp png;
    png_infop png_info;
    uint8_t *whole;           /* all rows of an interlaced picture; NULL before the first call */
    struct bswz_error *error; /* of the current call */
    enum bswz_status status;  /* set by libpng's callbacks */
};

/* ---- libpng ---- */

static void on_error(png_structp png, png_const_charp message) {
    struct png_reading *state = png_get_error_ptr(png);
    state->status = bswz_fail(state->error, BSWZ_ERROR_FORMAT, "PNG: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep bytes, size_t size) {
    struct png_reading *state = png_get_io_ptr(png);
    if (size > state->file.size - state->position) {
        png_error(png, "the file ends too early");
    }
    memcpy(bytes, state->file.data + state->position, size);
    state->position += size;
}

/* Everything up to the first IDAT, and the transformations to our samples. */
static enum bswz_status start_libpng(struct png_reading *state, size_t row_bytes) {
    if (setjmp(png_jmpbuf(state->png)) != 0) {
        return state->status;
    }
    png_set_read_fn(state->png, state, on_read);
    png_set_user_limits(state->png, PICTURE_MAX_SIDE, PICTURE_MAX_SIDE);
    png_set_chunk_malloc_max(state->png, (png_alloc_size_t)256 << 20);
    png_set_keep_unknown_chunks(state->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_benign_errors(state->png, 1);
    png_set_check_for_invalid_index(state->png, 0); /* invalid indices are samples like any other */
    png_read_info(state->png, state->png_info);
    if (state->layout.bit_depth < 8) {
        png_set_packing(state->png);
    } else if (state->layout.bit_depth == 16) {
        png_set_swap(state->png);
    }
    png_set_interlace_handling(state->png);
    png_read_update_info(state->png, state->png_info);
    if (png_get_rowbytes(state->png, state->png_info) != row_bytes) {
        png_error(state->png, "the row size is wrong");
    }
    return BSWZ_OK;
}

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    struct png_reading *state = bswz_allocate_zero(1, sizeof *state);
    reader->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = picture_read_file(PICTURE_PNG, reader->source, &state->file, error);
    if (status == BSWZ_OK) {
        status = png_walk_chunks(reader, &state->file, false, &state->layout, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, on_error, on_warning);
    state->png_info = state->png == NULL ? NULL : png_create_info_struct(state->png);
    if (state->png_info == NULL) {
        return bswz_no_memory(error);
    }
    state->error = error;
    return start_libpng(state, reader->row_bytes);
}

static enum bswz_status decode_rows(struct png_reading *state, uint8_t *rows, uint32_t count, size_t row_bytes) {
    if (setjmp(png_jmpbuf(state->png)) != 0) {
        return state->status;
    }
    for (uint32_t i = 0; i < count; i++) {
        png_read_row(state->png, rows + i * row_bytes, NULL);
    }
    return BSWZ_OK;
}

/* All seven passes over the whole picture. */
static enum bswz_status decode_interlaced(struct picture_reader *reader, struct bswz_error *error) {
    struct png_reading *state = reader->state;
    enum bswz_status status = BSWZ_OK;
    state->whole = bswz_allocate(reader->info.height, reader->row_bytes);
    if (state->whole == NULL) {
        return bswz_no_memory(error);
    }
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES && status == BSWZ_OK; pass++) {
        status = decode_rows(state, state->whole, reader->info.height, reader->row_bytes);
    }
    return status;
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    struct png_reading *state = reader->state;
    state->error = error;
    if (!state->layout.interlaced) {
        return decode_rows(state, rows, count, reader->row_bytes);
    }
    if (state->whole == NULL) {
        enum bswz_status status = decode_interlaced(reader, error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    memcpy(rows, state->whole + reader->next_row * reader->row_bytes, count * reader->row_bytes);
    return BSWZ_OK;
}

static enum bswz_status finish_libpng(struct png_reading *state) {
    if (setjmp(png_jmpbuf(state->png)) != 0) {
        return state->status;
    }
    png_read_end(state->png, NULL);
    return BSWZ_OK;
}

static enum bswz_status finish_reader(struct picture_reader *reader, struct bswz_error *error) {
    struct png_reading *state = reader->state;
    state->error = error;
    return finish_libpng(state);
}

static void close_reader(struct picture_reader *reader) {
    struct png_reading *state = reader->state;
    if (state == NULL) {
        return;
    }
    if (state->png != NULL) {
        png_destroy_read_struct(&state->png, &state->png_info, NULL);
    }
    free(state->whole);
    free(state->file.data);
    free(state);
}

const struct picture_reader_methods picture_png_reader = {open_reader, read_rows, finish_reader, close_reader};
