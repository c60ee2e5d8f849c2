/*
 * The choices of the writer of an image's data (data.h), in numbers.
 */
#ifndef BSWZ_GIF_CHOICES_H
#define BSWZ_GIF_CHOICES_H

#include "base/fields.h"
#include "gif/data.h"

enum {
    GIF_ENDED = 1,          /* there is an end code */
    GIF_TERMINATED = 2,     /* the blocks end with an empty one */
    GIF_CLEAR_AT_END = 4,   /* a clear code follows the last string */
    GIF_LISTED_CLEARS = 8,  /* otherwise there is one in front, and one after each habits.clear codes */
    GIF_LISTED_BLOCKS = 16, /* otherwise all but the last have habits.block bytes */
    GIF_FLAGS = 32
};

struct gif_choices {
    struct gif_habits habits;
    unsigned flags;
    uint64_t missing, clears, lengths, fill, rest, blocks, cut; /* numbers, in the order of data.h */
};

/* The lists that belong to them: as they are in the stream, without their numbers. */
struct gif_choice_lists {
    struct byte_buffer clears, lengths, blocks;
    const uint8_t *rest;
};

/* Append all; *habits becomes what it is for the next image. */
enum bswz_status gif_choices_put(const struct gif_choices *choices, const struct gif_choice_lists *lists,
                                 struct gif_habits *habits, struct byte_buffer *out, struct bswz_error *error);

/* A clear code after `since` codes; is_last: no string follows. Appends it to the list. */
enum bswz_status gif_choices_add_clear(struct gif_choices *choices, uint64_t since, bool is_last,
                                       struct byte_buffer *list, struct bswz_error *error);
/* The last run of strings had that many codes. usual: codes between clear codes so far. */
void gif_choices_end_clears(struct gif_choices *choices, uint64_t last_run, uint64_t usual);
/* A block of that many bytes has come; is_last: no other follows. */
void gif_choices_add_block(struct gif_choices *choices, uint64_t size, bool is_last);

#endif
