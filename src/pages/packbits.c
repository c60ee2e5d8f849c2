/* SPDX-License-Identifier: MIT */
/*
 * PackBits, the run lengths of TIFF: a control byte, then bytes as they are or one that is repeated.
 *
 *     notes = nothing: rule 0, and no control byte but as guessed
 *           | rule (1), then for each wrong guess: right ones before it (varint), the control byte (1)
 *
 * Rules are how writers choose: where runs begin, and whether rows are coded by themselves.
 */
#include "pages/coding.h"

#include <string.h>

enum { RULES = 6, LONGEST = 128, NOTHING = 128 };

/* Rules are compared by this many bytes. */
#define LOOK ((size_t)65536)
/* A rule is given up if more guesses are wrong than WRONG_FREE plus one in WRONG_BYTES bytes. */
#define WRONG_FREE 1000
#define WRONG_BYTES 16

/* Bytes from `at` on that are equal. */
static size_t run_at(const uint8_t *bytes, size_t at, size_t end) {
    size_t length = 1;
    while (length < LONGEST && at + length < end && bytes[at + length] == bytes[at]) {
        length++;
    }
    return length;
}

/* Does a literal that has begun end before this place? */
static bool ends_literal(unsigned rule, const uint8_t *bytes, size_t at, size_t end) {
    const size_t run = run_at(bytes, at, end);
    switch (rule % 3) {
    case 0: /* a run of two is worth it only next to another run */
        return run >= 3 || (run == 2 && (at + 2 == end || run_at(bytes, at + 2, end) >= 2));
    case 1: return run >= 3;
    default: return run >= 2;
    }
}

static uint8_t guess(unsigned rule, const struct piece_shape *shape, const uint8_t *bytes, size_t at) {
    const size_t all = shape->row_bytes * shape->rows;
    const size_t row_end = (at / shape->row_bytes + 1) * shape->row_bytes, end = rule < 3 ? row_end : all;
    const size_t run = run_at(bytes, at, end);
    if (run >= (rule % 3 == 1 ? 3u : 2u)) {
        return (uint8_t)(257 - run);
    }
    size_t length = 1;
    while (length < LONGEST && at + length < end && !ends_literal(rule, bytes, at + length, end)) {
        length++;
    }
    return (uint8_t)(length - 1);
}

/* Step over the bytes of a control byte; false: there are fewer. */
static bool step(uint8_t control, size_t *at, size_t all) {
    const size_t length = control < NOTHING ? control + 1u : control == NOTHING ? 0 : 257u - control;
    if (length > all - *at) {
        return false;
    }
    *at += length;
    return true;
}

static size_t unpack(const uint8_t *coded, size_t size, uint8_t *bytes, size_t all) {
    size_t from = 0, to = 0;
    while (to < all) {
        if (from == size) {
            return 0;
        }
        const uint8_t control = coded[from++];
        const size_t start = to, taken = control < NOTHING ? control + 1u : control == NOTHING ? 0 : 1;
        if (!step(control, &to, all) || taken > size - from) {
            return 0;
        }
        if (control < NOTHING) {
            memcpy(bytes + start, coded + from, taken);
        } else if (taken > 0) {
            memset(bytes + start, coded[from], to - start);
        }
        from += taken;
    }
    return from;
}

/* Wrong guesses of a rule, as notes; false: no memory, or far too many. */
static bool note(unsigned rule, const struct piece_shape *shape, const uint8_t *coded, const uint8_t *bytes,
                 size_t look, struct byte_buffer *notes, size_t *wrong) {
    const size_t all = shape->row_bytes * shape->rows;
    size_t right = 0, at = 0, from = 0;
    *wrong = 0;
    while (at < all && at < look) {
        const uint8_t control = coded[from];
        if (guess(rule, shape, bytes, at) == control) {
            right++;
        } else {
            if (++*wrong > WRONG_FREE + at / WRONG_BYTES) { /* guesses take their time */
                return false;
            }
            if (notes != NULL &&
                (put_varint(notes, right, NULL) != BSWZ_OK || put_8(notes, control, NULL) != BSWZ_OK)) {
                return false;
            }
            right = 0;
        }
        from += control < NOTHING ? control + 2u : control == NOTHING ? 1 : 2;
        step(control, &at, all);
    }
    return true;
}

size_t packbits_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                       struct byte_buffer *notes) {
    const size_t all = shape->row_bytes * shape->rows, used = unpack(coded, size, bytes, all);
    size_t wrong, least = SIZE_MAX;
    unsigned best = 0;
    for (unsigned rule = 0; rule < RULES && used > 0 && least > 0; rule++) {
        note(rule, shape, coded, bytes, LOOK, NULL, &wrong);
        best = wrong < least ? rule : best;
        least = wrong < least ? wrong : least;
    }
    if (used == 0) {
        return 0;
    }
    const size_t start = notes->size;
    if (put_8(notes, best, NULL) != BSWZ_OK || !note(best, shape, coded, bytes, SIZE_MAX, notes, &wrong)) {
        return 0;
    }
    if (best == 0 && wrong == 0) {
        notes->size = start;
    }
    return used;
}

/* Right guesses before the next wrong one; false: damaged. */
static bool next_wrong(struct cursor *notes, uint64_t *right) {
    *right = UINT64_MAX;
    return cursor_left(notes) == 0 || take_varint(notes, UINT64_MAX - 1, right);
}

bool packbits_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                     struct byte_buffer *out, struct bswz_error *error) {
    const size_t all = shape->row_bytes * shape->rows, start = out->size;
    uint8_t rule = 0;
    uint64_t right;
    if ((cursor_left(notes) > 0 && (!take_8(notes, &rule) || rule >= RULES)) || !next_wrong(notes, &right)) {
        return false;
    }
    for (size_t at = 0; at < all;) {
        const size_t before = at;
        uint8_t control;
        if (right > 0) {
            control = guess(rule, shape, bytes, at);
            right--;
        } else if (!take_8(notes, &control) || !next_wrong(notes, &right)) {
            return false;
        }
        const size_t taken = control < NOTHING ? control + 1u : control == NOTHING ? 0 : 1;
        if (!step(control, &at, all) || taken + 1 > most - (out->size - start) ||
            put_8(out, control, error) != BSWZ_OK || byte_buffer_append(out, bytes + before, taken, error) != BSWZ_OK) {
            return false;
        }
    }
    return cursor_left(notes) == 0;
}
