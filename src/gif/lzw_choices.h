/* SPDX-License-Identifier: MIT */
/*
 * The choices of the writer of image data (data.h), as numbers.
 */
#ifndef BSWZ_GIF_CHOICES_H
#define BSWZ_GIF_CHOICES_H

#include "base/fields.h"
#include "gif/data.h"

enum {
    GIF_ENDED = 1,          /* there is an end code */
    GIF_TERMINATED = 2,     /* the blocks end with an empty one */
    GIF_CLEAR_AT_END = 4,   /* a clear code follows the last string */
    GIF_LISTED_CLEARS = 8,  /* otherwise there is one at the beginning, and one after every habits.clear codes */
    GIF_LISTED_BLOCKS = 16, /* otherwise all except the last have habits.block bytes */
    GIF_FLAGS = 32
};

struct gif_choices {
    struct gif_habits habits;
    unsigned flags;
    uint64_t missing, clears, lengths, fill, rest, blocks, cut; /* in the order of data.h */
};

/* The lists for these, as in the stream, without their lengths. */
struct gif_choice_lists {
    struct byte_buffer clears, lengths, blocks;
    const uint8_t *rest;
};

/* Append everything; *habits is updated for the next image. */
enum bswz_status gif_choices_put(const struct gif_choices *choices, const struct gif_choice_lists *lists,
                                 struct gif_habits *habits, struct byte_buffer *out, struct bswz_error *error);

/* Add a clear code after `since` codes to the list; is_last: no string follows it. */
enum bswz_status gif_choices_add_clear(struct gif_choices *choices, uint64_t since, bool is_last,
                                       struct byte_buffer *list, struct bswz_error *error);
/* The last run of strings had last_run codes. usual: the codes between clear codes so far. */
void gif_choices_end_clears(struct gif_choices *choices, uint64_t last_run, uint64_t usual);
/* Add a block of `size` bytes; is_last: no other follows. */
void gif_choices_add_block(struct gif_choices *choices, uint64_t size, bool is_last);

#endif
