/* SPDX-License-Identifier: MIT */
/*
 * A sequence of pictures with one model (sequence.h).
 *
 * The model sees what was in a place before as a repeat: at distance zero, in the rows of another picture.
 */
#include "drawn/sequence.h"

#include "base/allocate.h"
#include "drawn/colour_table.h"
#include "drawn/drawn_model.h"

#include <stdlib.h>
#include <string.h>

enum { PAD = 4, ROWS = 3, MODEL_PIXELS = 1 << 17 };

struct drawn_sequence {
    struct decisions decisions;
    struct model *model;
    struct table_coder tables;
    bool is_ended;
    uint32_t *rows;      /* ROWS rows of what was there before, with PAD pixels at both ends */
    size_t row_capacity; /* pixels per row that fit */
    int16_t *index_of;
    uint32_t numbers; /* entries that fit in index_of */
};

/* The setting (2 bits), and the size of the model's tables (5 bits): they are made for 2 to the power of that
 * pixels. */
static enum bswz_status begin(struct drawn_sequence *sequence, enum drawn_setting setting, unsigned size,
                              struct bswz_error *error) {
    struct decisions *decisions = &sequence->decisions;
    const struct repeats before = {.count = 1};
    decisions->part = DRAWN_HEADER;
    table_coder_init(&sequence->tables);
    setting = (enum drawn_setting)decide_number(decisions, setting, 2);
    size = decide_number(decisions, size, 5);
    if (setting >= DRAWN_SETTINGS || 1u << size > MODEL_PIXELS) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a sequence of pictures is damaged");
    }
    return model_create(&sequence->model, setting, true, decisions, &before, 1, 1u << size, 1, SEQUENCE_PALETTE, error);
}

enum bswz_status drawn_sequence_encode(int level, uint64_t pixels, size_t limit, struct byte_buffer *out,
                                       struct drawn_sequence **created, struct bswz_error *error) {
    struct drawn_sequence *sequence = *created = bswz_allocate_zero(1, sizeof *sequence);
    unsigned size = 8;
    if (sequence == NULL) {
        return bswz_no_memory(error);
    }
    while (1u << size < MODEL_PIXELS && (uint64_t)1 << size < pixels) {
        size++;
    }
    decisions_begin_encoding(&sequence->decisions, out, limit, NULL);
    return begin(sequence, setting_of_level(level), size, error);
}

enum bswz_status drawn_sequence_decode(const uint8_t *bytes, size_t size, struct drawn_sequence **created,
                                       struct bswz_error *error) {
    struct drawn_sequence *sequence = *created = bswz_allocate_zero(1, sizeof *sequence);
    if (sequence == NULL) {
        return bswz_no_memory(error);
    }
    decisions_begin_decoding(&sequence->decisions, bytes, size);
    return begin(sequence, DRAWN_FULL, 0, error);
}

/* ---- the palette of a picture ---- */

static bool make_room_for_numbers(struct drawn_sequence *sequence, const struct drawn_frame *frame) {
    uint32_t wanted = sequence->numbers;
    for (unsigned i = 0; i < frame->colours; i++) {
        wanted = frame->palette[i] >= wanted ? frame->palette[i] + 1 : wanted;
    }
    if (wanted > sequence->numbers) {
        const uint32_t room = wanted + wanted / 2;
        int16_t *grown = bswz_grow(sequence->index_of, sequence->numbers * sizeof *grown, (size_t)room * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        for (uint32_t i = sequence->numbers; i < room; i++) {
            grown[i] = -1;
        }
        sequence->index_of = grown;
        sequence->numbers = room;
    }
    return true;
}

static void set_indices(struct drawn_sequence *sequence, const struct drawn_frame *frame, bool are_possible) {
    for (unsigned i = 0; i < frame->colours; i++) {
        sequence->index_of[frame->palette[i]] = are_possible ? (int16_t)i : -1;
    }
}

/* ---- rows of what was there before ---- */

static uint32_t *row_of(const struct drawn_sequence *sequence, uint32_t y) {
    return sequence->rows + y % ROWS * (sequence->row_capacity + 2 * PAD) + PAD;
}

static bool make_room_for_rows(struct drawn_sequence *sequence, uint32_t width) {
    if (width > sequence->row_capacity) {
        free(sequence->rows);
        sequence->rows = bswz_allocate((size_t)width + 2 * PAD, ROWS * sizeof *sequence->rows);
        sequence->row_capacity = sequence->rows == NULL ? 0 : width;
    }
    return sequence->rows != NULL;
}

static void take_row(const struct drawn_sequence *sequence, const struct drawn_frame *frame, uint32_t y) {
    uint32_t *row = row_of(sequence, y);
    const uint32_t width = frame->width;
    memcpy(row, frame->before + (size_t)y * width, width * sizeof *row);
    for (unsigned i = 0; i < PAD; i++) {
        row[(int)i - PAD] = row[0];
        row[width + i] = row[width - 1];
    }
}

static void begin_row(struct drawn_sequence *sequence, const struct drawn_frame *frame, uint32_t y) {
    const uint32_t below = y + 1 < frame->height ? y + 1 : y;
    if (y == 0) {
        take_row(sequence, frame, 0);
    }
    if (below > y) {
        take_row(sequence, frame, below);
    }
    sequence->model->sources[0] = (struct source){.above = row_of(sequence, y > 0 ? y - 1 : 0),
                                                  .at = row_of(sequence, y),
                                                  .below = row_of(sequence, below),
                                                  .to = frame->width};
}

/* ---- pictures ---- */

static void code_rows(struct drawn_sequence *sequence, const struct drawn_frame *frame, uint32_t *known_rows) {
    struct model *model = sequence->model;
    struct decisions *decisions = &sequence->decisions;
    uint32_t *pixel = frame->pixels;
    for (uint32_t y = 0; y < frame->height && !decisions_are_useless(decisions); y++) {
        if (y > 0) {
            window_next_row(&model->window);
        }
        begin_row(sequence, frame, y);
        decisions->row = y;
        model_code_pixels(model, 0, frame->width, decisions->is_decoding ? NULL : pixel);
        memcpy(pixel, model->window.pixels[0], frame->width * sizeof *pixel);
        pixel += frame->width;
        window_end_row(&model->window);
        *known_rows += !decisions->is_dry;
    }
    if (decisions->is_decoding) {
        for (const uint32_t *end = frame->pixels + (size_t)frame->width * frame->height; pixel < end; pixel++) {
            *pixel = frame->palette[0];
        }
    }
}

enum bswz_status drawn_sequence_frame(struct drawn_sequence *sequence, const struct drawn_frame *frame,
                                      uint32_t *known_rows, struct bswz_error *error) {
    struct model *model = sequence->model;
    uint32_t known = 0;
    window_free(&model->window);
    if (!window_init(&model->window, frame->width, WINDOW_ROWS) || !make_room_for_rows(sequence, frame->width) ||
        !make_room_for_numbers(sequence, frame)) {
        return bswz_no_memory(error);
    }
    sequence->decisions.place = frame->place;
    decisions_pass(&sequence->decisions); /* tables have no place */
    set_indices(sequence, frame, true);
    model->palette = frame->palette;
    model->index_of = sequence->index_of;
    model->numbers = sequence->numbers;
    model->colours = frame->colours;
    code_rows(sequence, frame, &known);
    set_indices(sequence, frame, false);
    if (known_rows != NULL) {
        *known_rows = known;
    }
    return BSWZ_OK;
}

void drawn_sequence_known_table(struct drawn_sequence *sequence, const uint8_t *entries, unsigned count) {
    table_know(&sequence->tables, entries, count);
}

void drawn_sequence_table(struct drawn_sequence *sequence, uint8_t *entries, unsigned count) {
    table_code(&sequence->tables, &sequence->decisions, entries, count);
}

enum bswz_status drawn_sequence_end(struct drawn_sequence *sequence, bool *is_good, struct bswz_error *error) {
    struct decisions *decisions = &sequence->decisions;
    sequence->is_ended = true;
    *is_good = decisions_end(decisions);
    if (!decisions->is_decoding) {
        if (decisions->failed) {
            return bswz_no_memory(error);
        }
        *is_good = !decisions->is_over;
    }
    return BSWZ_OK;
}

void drawn_sequence_free(struct drawn_sequence *sequence) {
    if (sequence == NULL) {
        return;
    }
    if (!sequence->is_ended) {
        free(sequence->decisions.noted);
    }
    model_free(sequence->model);
    free(sequence->rows);
    free(sequence->index_of);
    free(sequence);
}
