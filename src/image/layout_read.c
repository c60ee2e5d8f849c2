/* SPDX-License-Identifier: MIT */
/*
 * Reading BMP and TIFF once a parser has found where the samples are (layout.h).
 *
 * The whole file is held in memory. All of it is checked before the first row is handed out, so that a file which
 * could not be restored is refused while the caller can still store it as bytes.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/layout.h"

#include <stdlib.h>
#include <string.h>

/* A file with more other bytes than samples, and more than this, is not really a picture: its samples are not
 * worth extracting. */
#define OTHERS_ALLOWED ((size_t)65536)

struct layout_reading {
    struct byte_buffer file;
    struct sample_layout layout; /* of the reader's record */
    size_t stride;
    size_t position;    /* in the file, of the next row; if bottom-up, of the first row */
    uint32_t rows_left; /* of the current run; not used if bottom-up */
};

enum bswz_status layout_read_file(struct picture_reader *reader, const struct byte_buffer **file,
                                  struct bswz_error *error) {
    struct layout_reading *state = bswz_allocate_zero(1, sizeof *state);
    reader->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    *file = &state->file;
    return picture_read_file(reader->info.format, reader->source, &state->file, error);
}

/* ---- making the record ---- */

/* Is the fourth byte of all pixels the same? Then it has no meaning and is a filler. */
static bool find_filler(const struct byte_buffer *file, const struct picture_info *info,
                        const struct sample_layout *layout, const struct sample_run *runs, size_t run_count,
                        uint8_t *filler) {
    const size_t stride = layout_stride(layout, info);
    *filler = file->data[runs[0].at + 3];
    for (size_t i = 0; i < run_count; i++) {
        for (uint32_t y = 0; y < runs[i].rows; y++) {
            const uint8_t *row = file->data + runs[i].at + y * stride;
            uint8_t differs = 0;
            for (size_t x = 0; x < info->width; x++) {
                differs |= row[4 * x + 3] ^ *filler;
            }
            if (differs != 0) {
                return false;
            }
        }
    }
    return true;
}

/* Are all rows what layout_pack_row() would make of their samples, where that is uncertain: do they end in zeros? */
static bool ends_in_zeros(const struct byte_buffer *file, const struct picture_info *info,
                          const struct sample_layout *layout, const struct sample_run *runs, size_t run_count) {
    const size_t stride = layout_stride(layout, info), bytes = stride - layout->padding;
    const unsigned used = layout->bits < 8 ? (unsigned)((uint64_t)info->width * layout->bits % 8) : 0;
    const unsigned stray = used != 0 ? 0xffu >> used : 0;
    unsigned set = 0;
    for (size_t i = 0; i < run_count; i++) {
        for (uint32_t y = 0; y < runs[i].rows; y++) {
            const uint8_t *end = file->data + runs[i].at + y * stride + bytes;
            set |= end[-1] & stray;
            for (unsigned k = 0; k < layout->padding; k++) {
                set |= end[k];
            }
        }
    }
    return set == 0;
}

/* The position in the other bytes of a run of size bytes at a position in the file; SIZE_MAX if it is not entirely
 * there. */
static size_t place_in_others(size_t at, size_t size, const struct sample_run *runs, size_t run_count, size_t stride) {
    size_t taken_out = 0;
    for (size_t i = 0; i < run_count && runs[i].at < at + size; i++) {
        const size_t end = runs[i].at + runs[i].rows * stride;
        if (end > at) {
            return SIZE_MAX;
        }
        taken_out += end - runs[i].at;
    }
    return at - taken_out;
}

/* Are these shades of grey in order, black to white (1) or white to black (-1)? Otherwise 0. */
static int order_of_greys(const struct sample_layout *layout) {
    uint8_t table[256][3];
    const unsigned count = 1u << layout->bits;
    bool rises = layout->colours == count, falls = rises;
    layout_colours(layout, table);
    for (unsigned i = 0; i < count && (rises || falls); i++) {
        const unsigned grey = i * 255 / (count - 1);
        const bool is_grey = table[i][0] == table[i][1] && table[i][1] == table[i][2];
        rises = rises && is_grey && table[i][0] == grey;
        falls = falls && is_grey && table[i][0] == 255 - grey;
    }
    return rises ? 1 : falls ? -1 : 0;
}

/* Remove a palette that has no meaning; set the position of any other among the other bytes. */
static enum bswz_status settle_palette(struct picture_info *info, struct sample_layout *layout,
                                       const struct byte_buffer *file, const struct sample_run *runs, size_t run_count,
                                       struct bswz_error *error) {
    const size_t size = layout_palette_bytes(layout);
    layout->others = file->data; /* to look at the palette where it is now */
    const int order = order_of_greys(layout);
    if (order != 0) {
        layout->palette = PALETTE_NONE;
        layout->inverted = order < 0;
        info->indexed = false;
        return BSWZ_OK;
    }
    layout->palette_at = place_in_others(layout->palette_at, size, runs, run_count, layout_stride(layout, info));
    if (layout->palette_at == SIZE_MAX) {
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "the palette overlaps the pixels");
    }
    return BSWZ_OK;
}

static enum bswz_status make_record(struct byte_buffer *head, const struct byte_buffer *file, size_t stride,
                                    const struct sample_layout *layout, const struct sample_run *runs, size_t run_count,
                                    struct bswz_error *error) {
    enum bswz_status status = layout_put(layout, head, error);
    if (status == BSWZ_OK) {
        status = put_varint(head, run_count, error);
    }
    size_t at = 0;
    for (size_t i = 0; i < run_count && status == BSWZ_OK; i++) {
        status = put_varint(head, runs[i].at - at, error);
        if (status == BSWZ_OK) {
            status = put_varint(head, runs[i].rows, error);
        }
        at = runs[i].at + runs[i].rows * stride;
    }
    at = 0;
    for (size_t i = 0; i < run_count && status == BSWZ_OK; i++) {
        status = byte_buffer_append(head, file->data + at, runs[i].at - at, error);
        at = runs[i].at + runs[i].rows * stride;
    }
    return status == BSWZ_OK ? byte_buffer_append(head, file->data + at, file->size - at, error) : status;
}

enum bswz_status layout_reader_start(struct picture_reader *reader, const struct sample_layout *found,
                                     const struct sample_run *runs, size_t run_count, bool has_alpha,
                                     struct bswz_error *error) {
    struct layout_reading *state = reader->state;
    struct picture_info *info = &reader->info;
    struct sample_layout layout = *found;
    const size_t stride = layout_stride(&layout, info), samples = info->height * stride;
    if (state->file.size - samples > samples + OTHERS_ALLOWED) {
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "the pixels make up less than half of the file");
    }
    if (!ends_in_zeros(&state->file, info, &layout, runs, run_count)) {
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "the padding of the rows is not zero");
    }
    if (info->channels == 4 && layout.bits == 8 && !has_alpha &&
        find_filler(&state->file, info, &layout, runs, run_count, &layout.filler)) {
        layout.has_filler = true;
        info->channels = 3;
    }
    enum bswz_status status = BSWZ_OK;
    if (info->indexed) {
        status = settle_palette(info, &layout, &state->file, runs, run_count, error);
    }
    if (status == BSWZ_OK) {
        status = picture_check_info(info, &reader->row_bytes, error);
    }
    if (status == BSWZ_OK) {
        status = make_record(&reader->head, &state->file, stride, &layout, runs, run_count, error);
    }
    if (status == BSWZ_OK) {
        status = layout_take(&reader->head, info, &state->layout, error);
    }
    state->stride = stride;
    if (status == BSWZ_OK && layout.bottom_up) {
        state->position = runs[0].at;
    }
    return status;
}

/* ---- rows ---- */

static const uint8_t *next_row(struct layout_reading *state) {
    if (state->rows_left == 0) {
        size_t gap;
        layout_next_run(&state->layout.runs, &gap, &state->rows_left);
        state->position += gap;
    }
    const uint8_t *row = state->file.data + state->position;
    state->position += state->stride;
    state->rows_left--;
    return row;
}

enum bswz_status layout_reader_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                    struct bswz_error *error) {
    struct layout_reading *state = reader->state;
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const size_t from_below = reader->info.height - 1 - (reader->next_row + i);
        const uint8_t *row =
            state->layout.bottom_up ? state->file.data + state->position + from_below * state->stride : next_row(state);
        layout_unpack_row(&state->layout, &reader->info, row, rows + i * reader->row_bytes);
    }
    return BSWZ_OK;
}

void layout_reader_close(struct picture_reader *reader) {
    struct layout_reading *state = reader->state;
    if (state != NULL) {
        free(state->file.data);
        free(state);
    }
}
