/* SPDX-License-Identifier: MIT */
/*
 * The payload of a drawn picture: setting, colours, pixels.
 */
#include "drawn/drawn.h"

#include "base/allocate.h"
#include "drawn/drawn_model.h"
#include "drawn/earlier.h"
#include "drawn/pixel_values.h"

#include <stdlib.h>
#include <string.h>

enum { EARLIER_ROWS = 3 };

/* The earlier picture that this one refers to. */
struct earlier {
    uint32_t refers;              /* its number in picture->before, counted from 1; 0: there is none */
    uint32_t *rows[EARLIER_ROWS]; /* values of the row above the current one, of that row, and of the one below */
};

/* What the first way of coding a picture has taken up to the end of each row, in bits; others are compared with it. */
struct pace {
    uint64_t *bits; /* NULL: none is compared */
    uint32_t rows;  /* the first way may have ended early */
    bool is_first;
    uint64_t spent;
};

/* The state of an encoder or decoder. */
struct drawing {
    struct decisions decisions;
    const struct drawn_picture *picture;
    const uint8_t *source; /* encoder */
    uint8_t *samples;      /* decoder */
    enum drawn_setting setting;
    bool asks;
    struct pixel_values values;
    struct known_blocks known;
    uint32_t *block_bits;
    struct repeats repeats;
    struct earlier earlier;
    uint32_t known_rows;
    uint32_t *row;     /* values of the row under way */
    uint8_t *restored; /* encoder: NULL, or room for a row */
    bool differs;      /* from the source */
    struct pace pace;
    bool finds_colours; /* candidates are right in three pixels of four, of those that are not clear anyway */
    struct payload_proof proof;
};

static void take_values(const struct drawing *drawing, size_t pixel, uint32_t count, uint32_t *values) {
    pixel_values_take(&drawing->values, drawing->source + pixel * drawing->picture->channels, count, values);
}

/* A row of the earlier picture, with what contexts see beyond its ends. */
static void take_earlier(struct drawing *drawing, uint32_t y, uint32_t *row) {
    const struct drawn_picture *picture = drawing->picture;
    const uint32_t width = picture->width;
    const uint8_t *earlier = picture->before[drawing->earlier.refers - 1];
    pixel_values_take_other(&drawing->values, earlier + (size_t)y * width * picture->channels, width, row);
    for (unsigned i = 1; i <= MARGIN; i++) {
        row[-(ptrdiff_t)i] = row[0];
        row[width - 1 + i] = row[width - 1];
    }
}

/* What was in the places of row y and around them in the earlier picture. */
static void begin_earlier(struct drawing *drawing, struct model *model, uint32_t y) {
    struct earlier *earlier = &drawing->earlier;
    const uint32_t last = drawing->picture->height - 1;
    uint32_t *above = earlier->rows[0];
    if (y == 0) {
        take_earlier(drawing, 0, earlier->rows[0]);
        take_earlier(drawing, 0, earlier->rows[1]);
    } else {
        earlier->rows[0] = earlier->rows[1];
        earlier->rows[1] = earlier->rows[2];
        earlier->rows[2] = above;
    }
    take_earlier(drawing, y < last ? y + 1 : last, earlier->rows[2]);
    model->sources[0] = (struct source){
        .above = earlier->rows[0], .at = earlier->rows[1], .below = earlier->rows[2], .to = drawing->picture->width};
}

/* Pixels of row y have been coded: the decoder puts them into the picture, the encoder checks that a decoder would. */
static void finish_pixels(struct drawing *drawing, uint32_t y, uint32_t from, uint32_t count, const uint32_t *values) {
    const unsigned channels = drawing->picture->channels;
    const size_t at = ((size_t)y * drawing->picture->width + from) * channels;
    if (drawing->samples != NULL) {
        pixel_values_put(&drawing->values, values, count, drawing->samples + at);
    } else if (drawing->restored != NULL) {
        pixel_values_put(&drawing->values, values, count, drawing->restored);
        drawing->differs |= memcmp(drawing->restored, drawing->source + at, (size_t)count * channels) != 0;
    }
}

/* The same for row y, except the pixels that are known. */
static void finish_row(struct drawing *drawing, uint32_t y, const uint32_t *values) {
    const uint32_t width = drawing->picture->width;
    for (uint32_t column = 0; column < drawing->known.columns; column++) {
        const uint32_t first = column << KNOWN_SHIFT;
        if (!known_at(&drawing->known, 0, y, first)) {
            finish_pixels(drawing, y, first, width - first < KNOWN_BLOCK ? width - first : KNOWN_BLOCK, values + first);
        }
    }
}

static enum bswz_status code_two_valued(struct drawing *drawing, struct bswz_error *error) {
    const struct drawn_picture *picture = drawing->picture;
    const size_t pixels = (size_t)picture->width * picture->height;
    uint8_t *bits = bswz_allocate_zero(pixels, 1);
    if (bits == NULL) {
        return bswz_no_memory(error);
    }
    for (uint32_t y = 0; y < picture->height && drawing->source != NULL; y++) {
        uint8_t *row = bits + (size_t)y * picture->width;
        take_values(drawing, (size_t)y * picture->width, picture->width, drawing->row);
        for (uint32_t x = 0; x < picture->width; x++) {
            row[x] = (uint8_t)drawing->row[x];
        }
    }
    const enum bswz_status status =
        two_valued_code(&drawing->decisions, drawing->setting, picture->width, picture->height, &drawing->known, bits,
                        &drawing->known_rows, error);
    for (uint32_t y = 0; y < picture->height && status == BSWZ_OK; y++) {
        const uint8_t *row = bits + (size_t)y * picture->width;
        for (uint32_t x = 0; x < picture->width; x++) {
            drawing->row[x] = row[x];
        }
        finish_row(drawing, y, drawing->row);
    }
    free(bits);
    return status;
}

/* The pixels of row y that are in one column of blocks. */
static void code_part(struct drawing *drawing, struct model *model, uint32_t y, uint32_t column) {
    const uint32_t width = drawing->picture->width, first = column << KNOWN_SHIFT;
    const uint32_t count = width - first < KNOWN_BLOCK ? width - first : KNOWN_BLOCK;
    if (drawing->source != NULL) {
        take_values(drawing, (size_t)y * width + first, count, drawing->row + first);
    }
    model_code_pixels(model, first, first + count, drawing->source != NULL ? drawing->row : NULL);
    finish_pixels(drawing, y, first, count, model->window.pixels[0] + first);
}

/* A known part of a row. */
static void skip_part(struct window *window, uint32_t column) {
    const uint32_t first = column << KNOWN_SHIFT;
    for (uint32_t x = first; x < window->width && x < first + KNOWN_BLOCK; x++) {
        window_put(window, x, window->pixels[0][(int)x - 1]);
        window->missed[0][x] = window->errors[0][x] = 0;
    }
}

static void code_row(struct drawing *drawing, struct model *model, uint32_t y) {
    const uint32_t columns = drawing->known.columns;
    const size_t block = (size_t)(y >> KNOWN_SHIFT) * columns;
    drawing->decisions.row = y;
    for (uint32_t column = 0; column < columns; column++) {
        if (drawing->known.map != NULL && drawing->known.map[block + column] != 0) {
            skip_part(&model->window, column);
            continue;
        }
        code_part(drawing, model, y, column);
        if (drawing->block_bits != NULL) {
            const uint32_t bits = decisions_measure(&drawing->decisions);
            drawing->block_bits[block + column] += bits;
            drawing->pace.spent += bits;
        }
    }
}

/* In the light setting, which has one way only, a payload beyond its limit is given up at the end of a row: by the time
 * that a chunk of decisions is pushed, most has been coded in vain. The state at its end may save a few bytes. */
static void keep_limit(struct drawing *drawing) {
    struct decisions *decisions = &drawing->decisions;
    if (drawing->setting == DRAWN_LIGHT && decisions->limit < SIZE_MAX / 16 && !decisions->is_decoding) {
        drawing->pace.spent += decisions_measure(decisions);
        decisions->is_over |= drawing->pace.spent > 8 * ((uint64_t)decisions->limit + DECISION_STATE_BYTES + 1);
    }
}

/* Note what the first way has taken so far. Another one is given up if, after a quarter of the rows, it would have to take a sixteenth less than that
 * for the rows that are left, if these are like those before: it learns faster, so it hardly ever catches up. */
static void keep_pace(struct drawing *drawing, uint32_t y) {
    struct pace *pace = &drawing->pace;
    if (pace->bits == NULL) {
        return;
    }
    pace->spent += decisions_measure(&drawing->decisions);
    if (pace->is_first) {
        pace->bits[y] = pace->spent;
        pace->rows = y + 1;
    } else if (y < pace->rows && y >= drawing->picture->height / 4) {
        const uint64_t left = drawing->picture->height - 1 - y;
        drawing->decisions.is_over |= pace->spent > pace->bits[y] + pace->bits[y] / (16 * (y + 1)) * left;
    }
}

static enum bswz_status code_pixels(struct drawing *drawing, struct bswz_error *error) {
    const struct drawn_picture *picture = drawing->picture;
    struct decisions *decisions = &drawing->decisions;
    struct model *model;
    const unsigned channels = drawing->values.colours != 0 ? 1 : drawing->values.kept;
    const size_t stride = (size_t)picture->width + 2 * MARGIN;
    uint32_t *rows = NULL;
    static const struct repeats in_place = {.count = 1}; /* at distance zero, in the earlier picture */
    const struct repeats *repeats = drawing->earlier.refers > 0 ? &in_place : &drawing->repeats;
    if (drawing->earlier.refers == 0) {
        repeats_code(&drawing->repeats, decisions, picture->width, picture->height);
    }
    if (decisions->is_damaged) {
        return BSWZ_OK;
    }
    if (drawing->earlier.refers > 0) {
        rows = bswz_allocate(stride, EARLIER_ROWS * sizeof *rows);
        if (rows == NULL) {
            return bswz_no_memory(error);
        }
        for (unsigned i = 0; i < EARLIER_ROWS; i++) {
            drawing->earlier.rows[i] = rows + i * stride + MARGIN;
        }
    }
    const enum bswz_status status =
        model_create(&model, drawing->setting, drawing->asks, decisions, repeats, picture->width, picture->height,
                     channels, drawing->values.colours, error);
    decisions_pass(decisions);
    if (status == BSWZ_OK && picture->is_plain) {
        model_use_plain(model);
    }
    for (uint32_t y = 0; y < picture->height && status == BSWZ_OK && !decisions_are_useless(decisions); y++) {
        if (y > 0) {
            window_next_row(&model->window);
        }
        model_begin_row(model);
        if (drawing->earlier.refers > 0) {
            begin_earlier(drawing, model, y);
        }
        code_row(drawing, model, y);
        keep_pace(drawing, y);
        keep_limit(drawing);
        window_end_row(&model->window);
        drawing->known_rows += !decisions->is_dry;
    }
    drawing->finds_colours = status == BSWZ_OK && (uint64_t)model->missed * 4 < model->unsure;
    model_free(model);
    free(rows);
    return status;
}

static struct known_blocks known_of(const struct drawn_picture *picture) {
    return (struct known_blocks){.map = picture->known, .columns = known_blocks_across(picture->width)};
}

/* Set everything from that row on to zero, except known pixels. */
static void clear(const struct drawn_picture *picture, const struct known_blocks *known, uint8_t *samples,
                  uint32_t row) {
    const size_t row_size = (size_t)picture->width * picture->channels;
    if (known->map == NULL) {
        memset(samples + row_size * row, 0, row_size * (picture->height - row));
    }
    for (; row < picture->height && known->map != NULL; row++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            if (!known_at(known, 0, row, x)) {
                memset(samples + row * row_size + (size_t)x * picture->channels, 0, picture->channels);
            }
        }
    }
}

/* Setting (2 bits), are there candidates (1)? Then values, and the earlier picture that this one refers to. */
static enum bswz_status code_picture(struct drawing *drawing, struct bswz_error *error) {
    const struct drawn_picture *picture = drawing->picture;
    struct decisions *decisions = &drawing->decisions;
    decisions->part = DRAWN_HEADER;
    const uint32_t setting = decide_number(decisions, drawing->setting, 2);
    if (setting >= DRAWN_SETTINGS) {
        decisions->is_damaged = true;
        return BSWZ_OK;
    }
    drawing->setting = (enum drawn_setting)setting;
    drawing->asks = decide_number(decisions, drawing->asks, 1);
    pixel_values_code(&drawing->values, decisions, picture->channels, picture->is_indexed);
    if (!decisions->is_damaged && drawing->values.colours != 1 && drawing->values.colours != 2) {
        drawing->earlier.refers = decide_reference(decisions, drawing->earlier.refers, picture->before_count);
    }
    if (decisions->is_damaged) {
        return BSWZ_OK;
    }
    if (drawing->values.colours == 1) {
        memset(drawing->row, 0, picture->width * sizeof *drawing->row);
        for (uint32_t y = 0; y < picture->height; y++) {
            finish_row(drawing, y, drawing->row);
        }
        if (decisions->place != NULL) {
            cost_add(decisions->place, 0, 0, picture->width, picture->height, COST_DRAWN, 8.0 * (double)decisions->at);
        }
        drawing->known_rows = picture->height;
        return BSWZ_OK;
    }
    return drawing->values.colours == 2 ? code_two_valued(drawing, error) : code_pixels(drawing, error);
}

/* Appends nothing if the payload would be larger than limit, or does not come back. */
static enum bswz_status encode_once(struct drawing *drawing, bool asks, size_t limit, struct byte_buffer *out,
                                    bool *is_coded, double *bits, struct bswz_error *error) {
    const size_t start = out->size;
    drawing->asks = asks;
    drawing->differs = false;
    drawing->pace.spent = 0;
    decisions_begin_encoding(&drawing->decisions, out, limit, bits);
    drawing->decisions.are_proven = drawing->restored != NULL;
    enum bswz_status status = code_picture(drawing, error);
    if (!decisions_end(&drawing->decisions) && status == BSWZ_OK) {
        status = bswz_no_memory(error);
    }
    const bool is_wrong = drawing->differs || drawing->decisions.is_damaged;
    drawing->proof.is_wrong |= is_wrong;
    *is_coded = status == BSWZ_OK && !drawing->decisions.is_over && !is_wrong;
    out->size = *is_coded ? out->size : start;
    if (*is_coded && drawing->restored != NULL) {
        payload_proof_make(&drawing->proof, out->data + start, out->size - start);
    }
    return status;
}

enum { NOISE_SMALL = 1 << 16 }; /* pixels */

/* Noise is coded better without candidates. A picture that takes half a bit per pixel may be noise, and is coded in
 * both ways. In the full setting the threshold for large pictures is two bits, since trying is slow and rarely pays;
 * and candidates must have failed for a quarter of the pixels. (Trying a strip of the picture is not enough: within a
 * few rows, contexts of exact colours do not learn enough.) */
static bool may_be_noise(const struct drawing *drawing, size_t size) {
    const uint64_t pixels = (uint64_t)drawing->picture->width * drawing->picture->height;
    const bool is_cheap = drawing->setting == DRAWN_MOST || pixels <= NOISE_SMALL;
    return drawing->setting != DRAWN_LIGHT && drawing->values.colours != 2 &&
           (is_cheap ? 16 * (uint64_t)size > pixels : 4 * (uint64_t)size > pixels && !drawing->finds_colours);
}

/* Green is searched, or the first channel. */
static enum bswz_status find_repeats(const struct drawn_picture *picture, const uint8_t *samples,
                                     struct repeats *repeats, struct bswz_error *error) {
    return repeats_find(repeats, samples + (picture->channels > 2 ? 1 : 0), picture->channels, picture->width,
                        picture->height, error);
}

enum bswz_status drawn_repeats(const struct drawn_picture *picture, const uint8_t *samples, bool *repeats,
                               struct bswz_error *error) {
    struct repeats found;
    const enum bswz_status status = find_repeats(picture, samples, &found, error);
    *repeats = status == BSWZ_OK && found.count > 0;
    return status;
}

/* The smallest payload so far. */
struct best {
    struct byte_buffer payload;
    bool is_coded;
    bool counts_bits;
    double bits[DRAWN_PARTS];
    uint32_t *block_bits; /* NULL, or of each block */
};

/* Code the picture in one way, and keep the payload if it is smaller than the best one. */
static enum bswz_status try_way(struct drawing *drawing, enum drawn_setting setting, bool asks, size_t limit,
                                struct best *best, struct bswz_error *error) {
    const size_t blocks = (size_t)drawing->known.columns * known_blocks_across(drawing->picture->height);
    struct best other = {.counts_bits = best->counts_bits};
    drawing->setting = setting;
    other.block_bits = best->block_bits != NULL ? bswz_allocate_zero(blocks, sizeof *other.block_bits) : NULL;
    if (best->block_bits != NULL && other.block_bits == NULL) {
        return bswz_no_memory(error);
    }
    drawing->block_bits = other.block_bits;
    const enum bswz_status status =
        encode_once(drawing, asks, best->is_coded ? best->payload.size - 1 : limit, &other.payload, &other.is_coded,
                    other.counts_bits ? other.bits : NULL, error);
    if (status == BSWZ_OK && other.is_coded) {
        const struct best loser = *best;
        *best = other;
        other = loser;
    }
    free(other.payload.data);
    free(other.block_bits);
    return status;
}

/* With candidates, and also without them if it may be noise. */
static enum bswz_status try_setting(struct drawing *drawing, enum drawn_setting setting, size_t limit,
                                    struct best *best, struct bswz_error *error) {
    const struct drawn_picture *picture = drawing->picture;
    const bool is_noise = picture->is_noise || (picture->is_photo && drawing->values.colours == 0);
    enum bswz_status status = try_way(drawing, setting, !is_noise, limit, best, error);
    drawing->pace.is_first = false;
    if (status == BSWZ_OK && !is_noise && may_be_noise(drawing, best->is_coded ? best->payload.size : SIZE_MAX / 16)) {
        status = try_way(drawing, setting, false, limit, best, error);
    }
    return status;
}

/* The many contexts of the highest setting learn too slowly on some pictures, so the full setting is tried, too. */
static enum bswz_status encode(struct drawing *drawing, size_t limit, struct byte_buffer *out, bool *is_coded,
                               double *bits, struct bswz_error *error) {
    enum drawn_setting setting = drawing->setting;
    unsigned like = 0;
    const unsigned refers = earlier_find(drawing->picture, drawing->source, &like);
    const size_t blocks = (size_t)drawing->known.columns * known_blocks_across(drawing->picture->height);
    uint32_t *block_bits = drawing->block_bits;
    struct best best = {.counts_bits = bits != NULL,
                        .block_bits = block_bits != NULL ? bswz_allocate_zero(blocks, sizeof *block_bits) : NULL};
    pixel_values_find(&drawing->values, drawing->source, (size_t)drawing->picture->width * drawing->picture->height,
                      drawing->picture->channels, drawing->picture->is_indexed);
    if (setting == DRAWN_FULL && drawing->picture->is_noise && drawing->values.colours == 2) {
        setting = DRAWN_LIGHT; /* more templates find no more in it */
    }
    drawing->earlier.refers = like >= EARLIER_SURELY ? refers : 0;
    enum bswz_status status = block_bits != NULL && best.block_bits == NULL
                                  ? bswz_no_memory(error)
                                  : find_repeats(drawing->picture, drawing->source, &drawing->repeats, error);
    if (status == BSWZ_OK && setting != DRAWN_LIGHT) { /* which has one way only */
        drawing->pace.bits = bswz_allocate(drawing->picture->height, sizeof *drawing->pace.bits);
        drawing->pace.is_first = true;
        status = drawing->pace.bits == NULL ? bswz_no_memory(error) : BSWZ_OK;
    }
    if (status == BSWZ_OK) {
        status = try_setting(drawing, setting, limit, &best, error);
    }
    if (status == BSWZ_OK && setting == DRAWN_MOST) {
        status = try_setting(drawing, DRAWN_FULL, limit, &best, error);
    }
    free(drawing->pace.bits);
    drawing->pace.bits = NULL; /* a reference may help from any row on */
    if (status == BSWZ_OK && setting == DRAWN_MOST && like >= EARLIER_MAYBE && like < EARLIER_SURELY) {
        drawing->earlier.refers = refers;
        status = try_setting(drawing, setting, limit, &best, error);
    }
    if (status == BSWZ_OK && best.is_coded) {
        status = byte_buffer_append(out, best.payload.data, best.payload.size, error);
        *is_coded = status == BSWZ_OK;
    }
    for (unsigned i = 0; i < DRAWN_PARTS && bits != NULL; i++) {
        bits[i] += best.bits[i];
    }
    for (size_t i = 0; i < blocks && best.block_bits != NULL; i++) {
        block_bits[i] += best.block_bits[i];
    }
    free(best.payload.data);
    free(best.block_bits);
    return status;
}

/* A copy of the samples in which each known pixel has the colour of the last coded pixel before it, or of the first one
 * after it: only coded pixels must have an influence. */
static uint8_t *without_known(const struct drawing *drawing, const uint8_t *samples) {
    const struct drawn_picture *picture = drawing->picture;
    const size_t unit = picture->channels, size = (size_t)picture->width * picture->height * unit;
    uint8_t *copy = bswz_allocate(size, 1);
    size_t first = size; /* all pixels before it are known */
    for (size_t at = 0; at < size && copy != NULL; at += unit) {
        const size_t pixel = at / unit;
        if (!known_at(&drawing->known, 0, (uint32_t)(pixel / picture->width), (uint32_t)(pixel % picture->width))) {
            memcpy(copy + at, samples + at, unit);
            first = first == size ? at : first;
        } else if (first < size) {
            memcpy(copy + at, copy + at - unit, unit);
        }
    }
    for (size_t at = 0; at < first && copy != NULL; at += unit) {
        memcpy(copy + at, first < size ? samples + first : samples, unit);
    }
    return copy;
}

static void drawing_free(struct drawing *drawing) {
    free(drawing->row);
    free(drawing->restored);
    free(drawing);
}

static enum bswz_status make_rows(struct drawing *drawing, bool restores, struct bswz_error *error) {
    const struct drawn_picture *picture = drawing->picture;
    drawing->row = bswz_allocate(picture->width, sizeof *drawing->row);
    drawing->restored = restores ? bswz_allocate(picture->width, picture->channels) : NULL;
    return drawing->row != NULL && (!restores || drawing->restored != NULL) ? BSWZ_OK : bswz_no_memory(error);
}

enum bswz_status drawn_encode(const struct drawn_picture *picture, const uint8_t *samples, int level, size_t limit,
                              struct byte_buffer *out, bool *is_coded, double bits[DRAWN_PARTS],
                              struct bswz_error *error) {
    *is_coded = false;
    struct drawing *drawing = bswz_allocate_zero(1, sizeof *drawing);
    if (drawing == NULL) {
        return bswz_no_memory(error);
    }
    uint8_t *copy = NULL;
    drawing->picture = picture;
    drawing->known = known_of(picture);
    enum bswz_status status = make_rows(drawing, picture->proof != NULL, error);
    drawing->block_bits = picture->block_bits;
    drawing->source = samples;
    drawing->setting = setting_of_level(level);
    if (picture->known != NULL && status == BSWZ_OK) {
        copy = without_known(drawing, samples);
        drawing->source = copy;
        status = copy == NULL ? bswz_no_memory(error) : BSWZ_OK;
    }
    if (status == BSWZ_OK) {
        status = encode(drawing, limit, out, is_coded, bits, error);
    }
    if (picture->proof != NULL) {
        *picture->proof = drawing->proof;
    }
    free(copy);
    drawing_free(drawing);
    return status;
}

enum bswz_status drawn_decode(const struct drawn_picture *picture, const uint8_t *bytes, size_t size, bool is_cut,
                              uint8_t *samples, uint32_t *known_rows, struct bswz_error *error) {
    struct drawing *drawing = bswz_allocate_zero(1, sizeof *drawing);
    if (drawing == NULL) {
        return bswz_no_memory(error);
    }
    drawing->picture = picture;
    drawing->known = known_of(picture);
    clear(picture, &drawing->known, samples, 0);
    drawing->samples = samples;
    decisions_begin_decoding(&drawing->decisions, bytes, size);
    drawing->decisions.place = picture->place;
    enum bswz_status status = make_rows(drawing, false, error);
    if (status == BSWZ_OK) {
        status = code_picture(drawing, error);
    }
    const bool is_whole = decisions_end(&drawing->decisions) && !is_cut;
    /* without the complete state, nothing can be decoded */
    const uint32_t known = is_whole ? picture->height : size < DECISION_STATE_BYTES ? 0 : drawing->known_rows;
    if (status == BSWZ_OK && !is_whole) {
        clear(picture, &drawing->known, samples, known);
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "the payload of a drawing is damaged");
    }
    if (known_rows != NULL) {
        *known_rows = known;
    }
    drawing_free(drawing);
    return status;
}
