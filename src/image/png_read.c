/*
 * Read PNG: libpng for the pixels, a walk of our own for everything else.
 *
 * libpng parses the ancillary chunks that it knows, and what it parses it cannot
 * give back byte for byte.  So the file is held whole, its chunks are walked here
 * (with their checksums, so that damage shows when the file is opened, while the
 * caller can still keep it as bytes), all that is worth keeping goes verbatim
 * into the records, and libpng is told to ignore it.
 *
 * What cannot be restored is UNSUPPORTED: animations, and unknown chunks that
 * are critical or say that they depend on the coded pixels.
 */
#include "image/format.h"
#include "image/record.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* No deflate stream expands further: 258 bytes for two bits. A file that claims
 * more pixels is refused before they cost memory. */
#define DEFLATE_MAX_RATIO 1040

struct png_reading {
    struct byte_buffer file;
    size_t position;     /* of libpng in file */
    uint64_t data_bytes; /* in all IDAT chunks */
    uint8_t bit_depth, colour_type;
    bool interlaced;
    png_structp png;
    png_infop png_info;
    uint8_t *whole;           /* all rows of an interlaced picture; NULL before the first call */
    struct bswz_error *error; /* of the current call */
    enum bswz_status status;  /* what libpng's callbacks left */
};

/* ---- the walk ---- */

static enum bswz_status broken(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: %s", what);
}

static bool is_type(const uint8_t *type, const char *name) {
    return memcmp(type, name, 4) == 0;
}

enum chunk_fate { CHUNK_KEEP, CHUNK_DROP, CHUNK_REFUSE };

/* What to do with a chunk that is not IHDR, PLTE, IDAT or IEND. */
static enum chunk_fate fate_of(const uint8_t *type) {
    /* "unsafe to copy" by their names, but about the picture and not its coding */
    static const char *const independent[] = {"bKGD", "cHRM", "cICP", "gAMA", "hIST", "iCCP", "mDCV", "mDCv", "cLLI",
                                              "cLLi", "pCAL", "sBIT", "sCAL", "sRGB", "sPLT", "sTER", "tIME", "tRNS"};
    static const char *const animated[] = {"acTL", "fcTL", "fdAT"};
    if (is_type(type, "iDOT")) {
        return CHUNK_DROP; /* offsets into the coded pixels, wrong once they are coded anew and needed by nobody */
    }
    for (size_t i = 0; i < sizeof animated / sizeof *animated; i++) {
        if (is_type(type, animated[i])) {
            return CHUNK_REFUSE;
        }
    }
    for (size_t i = 0; i < sizeof independent / sizeof *independent; i++) {
        if (is_type(type, independent[i])) {
            return CHUNK_KEEP;
        }
    }
    const bool critical = (type[0] & 0x20) == 0, safe_to_copy = (type[3] & 0x20) != 0;
    return critical || !safe_to_copy ? CHUNK_REFUSE : CHUNK_KEEP;
}

/* IHDR to info; its combination of depth and colour must be one of the 15. */
static enum bswz_status parse_header(struct picture_reader *reader, const uint8_t *header, struct bswz_error *error) {
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    struct png_reading *state = reader->state;
    struct picture_info *info = &reader->info;
    const uint8_t depth = header[8], type = header[9];
    const bool small = depth == 1 || depth == 2 || depth == 4;
    if (type > 6 || channels[type] == 0 || !(small || depth == 8 || depth == 16) || (small && type != 0 && type != 3) ||
        (depth == 16 && type == 3) || header[10] != 0 || header[11] != 0 || header[12] > 1) {
        return broken(error, "the header is broken");
    }
    state->bit_depth = depth;
    state->colour_type = type;
    state->interlaced = header[12] == 1;
    info->width = load_big_32(header);
    info->height = load_big_32(header + 4);
    info->channels = channels[type];
    info->depth = depth == 16 ? 16 : 8;
    info->maxval = (uint16_t)((1u << depth) - 1);
    info->indexed = type == 3;
    enum bswz_status status = picture_check_info(info, &reader->row_bytes, error);
    if (status == BSWZ_OK) {
        status = picture_record_begin(&reader->head, depth, type, state->interlaced, error);
    }
    return status;
}

/* All chunks of the file, whose extent is known to be sound. */
static enum bswz_status walk_chunks(struct picture_reader *reader, struct bswz_error *error) {
    struct png_reading *state = reader->state;
    const uint8_t *bytes = state->file.data;
    enum { BEFORE_DATA, IN_DATA, AFTER_DATA } place = BEFORE_DATA;
    bool palette_seen = false;
    for (size_t at = 8; at < state->file.size;) {
        const uint32_t length = load_big_32(bytes + at);
        const uint8_t *type = bytes + at + 4, *data = bytes + at + 8;
        enum bswz_status status = BSWZ_OK;
        if (picture_chunk_crc(type, (size_t)length + 4) != load_big_32(data + length)) {
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: the %.4s chunk's checksum is wrong", (const char *)type);
        }
        at += (size_t)length + 12;
        if (is_type(type, "IDAT")) {
            if (place == AFTER_DATA) {
                return broken(error, "the pixels are not in one piece");
            }
            place = IN_DATA;
            state->data_bytes += length;
            continue;
        }
        place = place == IN_DATA ? AFTER_DATA : place;
        if (is_type(type, "IHDR")) { /* the first chunk and no other: picture_extent() */
            status = parse_header(reader, data, error);
        } else if (is_type(type, "PLTE")) {
            const uint32_t limit = state->colour_type == 3 ? 1u << state->bit_depth : 256;
            if (palette_seen || place != BEFORE_DATA || (state->colour_type & 2) == 0 || length == 0 ||
                length % 3 != 0 || length / 3 > limit) {
                return broken(error, "the palette is broken");
            }
            palette_seen = true;
            status = picture_record_add(&reader->head, "PLTE", data, length, error);
        } else if (!is_type(type, "IEND")) {
            const enum chunk_fate fate = fate_of(type);
            if (fate == CHUNK_REFUSE) {
                return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "PNG: the %.4s chunk is not supported",
                                 (const char *)type);
            }
            if (fate == CHUNK_KEEP) {
                status = picture_record_add(place == BEFORE_DATA ? &reader->head : &reader->tail, (const char *)type,
                                            data, length, error);
            }
        }
        if (status != BSWZ_OK) {
            return status;
        }
    }
    if (place == BEFORE_DATA) {
        return broken(error, "there are no pixels");
    }
    if (state->colour_type == 3 && !palette_seen) {
        return broken(error, "the palette is missing");
    }
    const uint64_t row_bits = (uint64_t)reader->info.width * reader->info.channels * state->bit_depth;
    if ((row_bits + 7) / 8 * reader->info.height / DEFLATE_MAX_RATIO > state->data_bytes) {
        return broken(error, "fewer pixels than the header claims");
    }
    return BSWZ_OK;
}

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
    png_set_check_for_invalid_index(state->png, 0); /* stray indices are samples like others */
    png_read_info(state->png, state->png_info);
    if (state->bit_depth < 8) {
        png_set_packing(state->png);
    } else if (state->bit_depth == 16) {
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
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    enum bswz_status status = picture_read_file(PICTURE_PNG, reader->source, &state->file, error);
    if (status == BSWZ_OK) {
        status = walk_chunks(reader, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, on_error, on_warning);
    state->png_info = state->png == NULL ? NULL : png_create_info_struct(state->png);
    if (state->png_info == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
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
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
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
    if (!state->interlaced) {
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
