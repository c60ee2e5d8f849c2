/* SPDX-License-Identifier: MIT */
/*
 * From image data to indices and choices (data.h).
 *
 * There are two passes over the codes. The first writes indices, and finds where the data stops being valid. The second
 * has the string table of an encoder, finds the longest string at each code, and notes differences. Finally the data is
 * written from the result, and compared.
 */
#include "gif/data.h"

#include "base/allocate.h"
#include "gif/lzw_choices.h"
#include "gif/lzw_table.h"

#include <stdlib.h>
#include <string.h>

/* Work per index that is spent on finding longest strings that are not used. */
enum { LOOKS = 16 };

/* ---- reading codes ---- */

/* Strings are runs of indices that have already been written. */
struct reader {
    const uint8_t *bytes;
    size_t size, bit; /* bit: position of the next code */
    unsigned index_bits;
    uint64_t since;  /* codes since the table was cleared */
    uint8_t *pixels; /* written in the first pass, and again, unchanged, in the second */
    size_t at, count;
    uint32_t start[LZW_CODES], length[LZW_CODES];
};

static void reader_begin(struct reader *reader) {
    reader->bit = 0;
    reader->since = 0;
    reader->at = 0;
}

/* The next code, without consuming it; LZW_CODES: there are not enough bits. */
static unsigned peek_code(const struct reader *reader) {
    const unsigned width = lzw_width(reader->index_bits, reader->since);
    const size_t byte = reader->bit / 8;
    uint32_t bits = 0;
    if (reader->bit + width > 8 * reader->size) {
        return LZW_CODES;
    }
    for (size_t i = 0; i < 3 && byte + i < reader->size; i++) {
        bits |= (uint32_t)reader->bytes[byte + i] << 8 * i;
    }
    return bits >> reader->bit % 8 & ((1u << width) - 1);
}

static void step_over_code(struct reader *reader) {
    reader->bit += lzw_width(reader->index_bits, reader->since);
}

/* Write the string of a code. False: the code is invalid. */
static bool read_string(struct reader *reader, unsigned code, uint32_t *length) {
    const unsigned clear = lzw_clear_code(reader->index_bits);
    const size_t left = reader->count - reader->at;
    uint8_t *to = reader->pixels + reader->at;
    if (code < clear) {
        *length = 1;
        if (left == 0) {
            return false;
        }
        *to = (uint8_t)code;
    } else {
        const unsigned last = lzw_next_entry(reader->index_bits, reader->since);
        if (code < clear + 2 || code >= last || reader->length[code] > left) {
            return false;
        }
        *length = reader->length[code];
        const uint8_t *from = reader->pixels + reader->start[code];
        for (uint32_t i = 0; i < *length; i++) { /* source and target may overlap */
            to[i] = from[i];
        }
    }
    const unsigned number = lzw_next_entry(reader->index_bits, reader->since);
    if (number < LZW_CODES) {
        reader->start[number] = (uint32_t)reader->at;
        reader->length[number] = *length + 1;
    }
    step_over_code(reader);
    reader->since++;
    reader->at += *length;
    return true;
}

enum event { CODE_CLEAR, CODE_STRING, CODE_END, CODE_NONE };

static enum event next_event(struct reader *reader, unsigned *code, uint32_t *length) {
    const unsigned clear = lzw_clear_code(reader->index_bits);
    *code = peek_code(reader);
    if (*code == clear) {
        step_over_code(reader);
        reader->since = 0;
        return CODE_CLEAR;
    }
    if (*code == clear + 1) {
        step_over_code(reader);
        return CODE_END;
    }
    return *code < LZW_CODES && read_string(reader, *code, length) ? CODE_STRING : CODE_NONE;
}

/* ---- taking apart ---- */

struct analysis {
    struct reader reader;
    struct lzw_strings strings;
    struct gif_choices choices;
    struct gif_choice_lists lists;
    struct byte_buffer data; /* the contents of the blocks */
};

/* Collect the contents of the blocks, and note their sizes. */
static enum bswz_status gather_blocks(struct analysis *analysis, const uint8_t *file, size_t size, size_t at,
                                      size_t *end, struct bswz_error *error) {
    struct gif_choices *choices = &analysis->choices;
    enum bswz_status status = BSWZ_OK;
    while (at < size && file[at] != 0 && status == BSWZ_OK) {
        const size_t promised = file[at++], length = size - at < promised ? size - at : promised;
        status = byte_buffer_append(&analysis->data, file + at, length, error);
        if (status == BSWZ_OK) {
            status = put_varint(&analysis->lists.blocks, length, error);
        }
        at += length;
        choices->cut = promised - length;
        gif_choices_add_block(choices, length, at == size || file[at] == 0);
    }
    if (at < size) {
        choices->flags |= GIF_TERMINATED;
        at++;
    }
    *end = at;
    return status;
}

/* The first pass. */
static void read_indices(struct analysis *analysis) {
    struct reader *reader = &analysis->reader;
    enum event event;
    unsigned code;
    uint32_t length, longest = 0;
    reader_begin(reader);
    do {
        event = next_event(reader, &code, &length);
        longest = event == CODE_STRING && length > longest ? length : longest;
    } while (event == CODE_CLEAR || event == CODE_STRING);
    analysis->choices.flags |= event == CODE_END ? GIF_ENDED : 0;
    analysis->choices.habits.longest = longest == 1 && reader->at >= 16 ? 1 : 0;
    analysis->choices.missing = reader->count - reader->at;
}

/* Find the longest string at position `at`; *found is the code of the string with `length` indices. */
static uint32_t look(const struct analysis *analysis, size_t at, size_t end, uint32_t length, unsigned *found) {
    const uint8_t *pixels = analysis->reader.pixels;
    const uint64_t longest = analysis->choices.habits.longest;
    unsigned code = pixels[at];
    uint32_t here = 1;
    *found = length == 1 ? code : LZW_CODES;
    while (at + here < end && (longest == 0 || here < longest)) {
        code = lzw_strings_find(&analysis->strings, code, pixels[at + here]);
        if (code == LZW_CODES) {
            break;
        }
        here++;
        *found = here == length ? code : *found;
    }
    return here;
}

/* Note a string of `length` indices where the longest string has another length. */
static enum bswz_status note_length(struct analysis *analysis, uint64_t gap, uint32_t length,
                                    struct bswz_error *error) {
    const enum bswz_status status = put_varint(&analysis->lists.lengths, gap, error);
    analysis->choices.lengths++;
    return status == BSWZ_OK ? put_varint(&analysis->lists.lengths, length, error) : status;
}

/* The second pass. *is_said: choices can describe all of the data. */
static enum bswz_status find_choices(struct analysis *analysis, bool *is_said, struct bswz_error *error) {
    struct reader *reader = &analysis->reader;
    struct gif_choices *choices = &analysis->choices;
    const size_t end = reader->at;
    const uint64_t usual = choices->habits.clear;
    uint64_t gap = 0, looks = 0, run = 0;
    enum bswz_status status = BSWZ_OK;
    *is_said = false;
    reader_begin(reader);
    while (status == BSWZ_OK) {
        const size_t at = reader->at;
        const uint64_t since = reader->since;
        const unsigned number = lzw_next_entry(reader->index_bits, since);
        unsigned code, found;
        uint32_t length;
        const enum event event = next_event(reader, &code, &length);
        if (event == CODE_END || event == CODE_NONE) {
            break;
        }
        if (event == CODE_CLEAR) {
            lzw_strings_clear(&analysis->strings);
            status = gif_choices_add_clear(choices, since, at == end, &analysis->lists.clears, error);
            continue;
        }
        const uint32_t longest = look(analysis, at, end, length, &found);
        looks += longest;
        if (found != code || looks > LOOKS * (uint64_t)end) {
            return BSWZ_OK;
        }
        status = longest != length ? note_length(analysis, gap, length, error) : BSWZ_OK;
        gap = longest != length ? 0 : gap + 1;
        run = reader->since;
        if (number < LZW_CODES && reader->at < end) {
            lzw_strings_add(&analysis->strings, code, reader->pixels[reader->at], number);
        }
    }
    gif_choices_end_clears(choices, run, usual);
    *is_said = true;
    return status;
}

/* Note everything after the last code. */
static void find_rest(struct analysis *analysis) {
    const struct reader *reader = &analysis->reader;
    struct gif_choices *choices = &analysis->choices;
    const size_t used = (reader->bit + 7) / 8;
    choices->fill = reader->bit % 8 != 0 ? analysis->data.data[used - 1] >> reader->bit % 8 : 0;
    choices->rest = analysis->data.size - used;
    analysis->lists.rest = analysis->data.data + used;
}

/* Do the indices and choices give the data back? */
static enum bswz_status check(const uint8_t *file, const struct gif_image *image, struct gif_habits habits,
                              const uint8_t *pixels, const struct byte_buffer *choices, size_t start, size_t end,
                              bool *comes_back, struct bswz_error *error) {
    struct cursor cursor = {.bytes = choices->data, .size = choices->size, .at = start};
    struct byte_buffer data = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    const size_t size = end - image->data;
    const enum bswz_status status = gif_data_write(image, &habits, pixels, false, size, &cursor, &data, &own);
    *comes_back = status == BSWZ_OK && data.size == size && cursor.at == choices->size &&
                  (size == 0 || memcmp(data.data, file + image->data, size) == 0);
    free(data.data);
    return status == BSWZ_ERROR_MEMORY ? bswz_fail(error, status, "%s", own.message) : BSWZ_OK;
}

static enum bswz_status take_apart(struct analysis *analysis, const uint8_t *file, size_t size,
                                   const struct gif_image *image, struct gif_habits *habits, uint8_t *pixels,
                                   struct byte_buffer *choices, size_t *end, bool *is_coded, struct bswz_error *error) {
    const size_t start = choices->size;
    const struct gif_habits before = *habits;
    analysis->choices.habits = *habits;
    enum bswz_status status = gather_blocks(analysis, file, size, image->data, end, error);
    if (status != BSWZ_OK) {
        return status;
    }
    analysis->reader.bytes = analysis->data.data;
    analysis->reader.size = analysis->data.size;
    analysis->reader.index_bits = image->index_bits;
    analysis->reader.pixels = pixels;
    analysis->reader.count = (size_t)image->width * image->height;
    read_indices(analysis);
    if (analysis->reader.at == 0) {
        return BSWZ_OK;
    }
    bool is_said;
    status = find_choices(analysis, &is_said, error);
    if (status != BSWZ_OK || !is_said) {
        return status;
    }
    find_rest(analysis);
    memset(pixels + analysis->reader.at, 0, analysis->reader.count - analysis->reader.at);
    status = gif_choices_put(&analysis->choices, &analysis->lists, habits, choices, error);
    if (status == BSWZ_OK) {
        status = check(file, image, before, pixels, choices, start, *end, is_coded, error);
    }
    if (!*is_coded) {
        choices->size = start;
        *habits = before;
    }
    return status;
}

enum bswz_status gif_data_take_apart(const uint8_t *file, size_t size, const struct gif_image *image,
                                     struct gif_habits *habits, uint8_t *pixels, struct byte_buffer *choices,
                                     size_t *end, bool *is_coded, struct bswz_error *error) {
    struct analysis *analysis = bswz_allocate_zero(1, sizeof *analysis);
    *is_coded = false;
    if (analysis == NULL) {
        return bswz_no_memory(error);
    }
    const enum bswz_status status =
        take_apart(analysis, file, size, image, habits, pixels, choices, end, is_coded, error);
    free(analysis->lists.clears.data);
    free(analysis->lists.lengths.data);
    free(analysis->lists.blocks.data);
    free(analysis->data.data);
    free(analysis);
    return status;
}
