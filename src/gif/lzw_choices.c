/* SPDX-License-Identifier: MIT */
/*
 * The usual and unusual choices of writers (lzw_choices.h).
 */
#include "gif/lzw_choices.h"

enum { CHOICES_KEPT = 0, CHOICES_USUAL = 1, CHOICES_ALL = 2 };

enum bswz_status gif_choices_add_clear(struct gif_choices *choices, uint64_t since, bool is_last,
                                       struct byte_buffer *list, struct bswz_error *error) {
    uint64_t *usual = &choices->habits.clear;
    bool is_usual;
    if (choices->clears == 0) {
        is_usual = since == 0;
        *usual = 0;
    } else if (is_last) {
        is_usual = (choices->flags & GIF_CLEAR_AT_END) == 0;
        choices->flags |= GIF_CLEAR_AT_END;
    } else {
        is_usual = since > 0 && (*usual == 0 || since == *usual);
        *usual = *usual == 0 ? since : *usual;
    }
    choices->flags |= is_usual ? 0 : GIF_LISTED_CLEARS;
    choices->clears++;
    return put_varint(list, since, error);
}

void gif_choices_end_clears(struct gif_choices *choices, uint64_t last_run, uint64_t usual) {
    uint64_t *every = &choices->habits.clear;
    if (choices->clears == 0) {
        choices->flags |= GIF_LISTED_CLEARS;
    }
    if ((choices->flags & GIF_LISTED_CLEARS) != 0) {
        choices->flags &= ~(unsigned)GIF_CLEAR_AT_END;
        *every = usual;
    } else if (*every == 0) {
        *every = last_run <= usual ? usual : 0;
    } else if (last_run > *every) {
        choices->flags |= GIF_LISTED_CLEARS;
        choices->flags &= ~(unsigned)GIF_CLEAR_AT_END;
    }
}

void gif_choices_add_block(struct gif_choices *choices, uint64_t size, bool is_last) {
    uint64_t *usual = &choices->habits.block;
    if (choices->blocks == 0 && (!is_last || size > *usual)) {
        *usual = size;
    }
    if (is_last ? size > *usual || size == 0 : size != *usual) {
        choices->flags |= GIF_LISTED_BLOCKS;
    }
    choices->blocks++;
}

/* Are there only habits, the same as those of the last image? */
static bool is_usual(const struct gif_choices *choices, const struct gif_habits *habits) {
    return choices->flags == (GIF_ENDED | GIF_TERMINATED) && choices->habits.clear == habits->clear &&
           choices->habits.block == habits->block && choices->habits.longest == habits->longest &&
           choices->missing == 0 && choices->lengths == 0 && choices->fill == 0 && choices->rest == 0 &&
           choices->cut == 0;
}

static enum bswz_status put_list(uint64_t count, const struct byte_buffer *list, struct byte_buffer *out,
                                 struct bswz_error *error) {
    const enum bswz_status status = put_varint(out, count, error);
    return status == BSWZ_OK ? byte_buffer_append(out, list->data, list->size, error) : status;
}

enum bswz_status gif_choices_put(const struct gif_choices *choices, const struct gif_choice_lists *lists,
                                 struct gif_habits *habits, struct byte_buffer *out, struct bswz_error *error) {
    if (is_usual(choices, habits)) {
        return put_8(out, CHOICES_USUAL, error);
    }
    const uint64_t numbers[] = {CHOICES_ALL,    choices->habits.clear, choices->habits.block, choices->habits.longest,
                                choices->flags, choices->missing};
    enum bswz_status status = BSWZ_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == BSWZ_OK; i++) {
        status = put_varint(out, numbers[i], error);
    }
    if (status == BSWZ_OK && (choices->flags & GIF_LISTED_CLEARS) != 0) {
        status = put_list(choices->clears, &lists->clears, out, error);
    }
    if (status == BSWZ_OK) {
        status = put_list(choices->lengths, &lists->lengths, out, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, choices->fill, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, choices->rest, error);
    }
    if (status == BSWZ_OK && choices->rest > 0) {
        status = byte_buffer_append(out, lists->rest, (size_t)choices->rest, error);
    }
    if (status == BSWZ_OK && (choices->flags & GIF_LISTED_BLOCKS) != 0) {
        status = put_list(choices->blocks, &lists->blocks, out, error);
    }
    *habits = choices->habits;
    return status == BSWZ_OK ? put_varint(out, choices->cut, error) : status;
}

bool gif_data_is_kept(const struct cursor *choices) {
    return cursor_left(choices) == 0 || choices->bytes[choices->at] == CHOICES_KEPT;
}

enum bswz_status gif_data_keep(struct byte_buffer *choices, struct bswz_error *error) {
    return put_8(choices, CHOICES_KEPT, error);
}

void gif_data_skip_kept(struct cursor *choices) {
    choices->at += cursor_left(choices) > 0;
}
