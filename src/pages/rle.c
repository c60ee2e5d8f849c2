/* SPDX-License-Identifier: MIT */
/*
 * The run lengths of BMP: runs of a colour (with 4 bits, of two alternating colours), literal colours, ends of lines and
 * of the bitmap, and steps across pixels that stay 0.
 *
 *     notes = rule (1), then for each wrong guess: right ones before it (varint), the code: count (1), if that is 0 what
 *             it is (1), with a step how far (1, 1)
 *
 * Rules describe how writers choose: the shortest run, and whether there are literal colours at all.
 */
#include "pages/coding.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { RULES = 4, LONGEST = 255, LEAST_PLAIN = 3 };
enum { LINE_END = 0, ALL_END = 1, STEP = 2 };

/* The number of bytes by which the rule is chosen; and a rule is given up if more guesses are wrong than WRONG_FREE plus
 * one in WRONG_PIXELS pixels. */
#define LOOK ((size_t)65536)
#define WRONG_FREE 1000
#define WRONG_PIXELS 16

struct code {
    uint8_t count, what; /* what: where count is 0 */
    uint8_t right, down; /* of a step */
};

/* A bitmap in progress: one byte per pixel. */
struct bitmap {
    const struct piece_shape *shape;
    uint8_t *pixels;
    uint32_t x, y;
    bool is_over;
};

static uint8_t *here(const struct bitmap *bitmap) {
    return bitmap->pixels + (size_t)bitmap->y * bitmap->shape->width + bitmap->x;
}

/* Pixels of a run from here on. */
static uint32_t run_at(const struct piece_shape *shape, const uint8_t *pixels, uint32_t left) {
    const uint32_t most = left < LONGEST ? left : LONGEST, period = shape->bits == 4 ? 2 : 1;
    uint32_t length = period < most ? period : most;
    while (length < most && pixels[length] == pixels[length - period]) {
        length++;
    }
    return length;
}

static struct code guess(unsigned rule, const struct bitmap *bitmap) {
    const struct piece_shape *shape = bitmap->shape;
    if (bitmap->y == shape->rows) {
        return (struct code){.what = ALL_END};
    }
    const uint32_t left = shape->width - bitmap->x;
    if (left == 0) {
        return (struct code){.what = LINE_END};
    }
    const uint32_t run = run_at(shape, here(bitmap), left), least = (rule & 1 ? 4u : 3u) + (shape->bits == 4 ? 1u : 0u);
    if ((rule & 2) == 0 || run >= least || run == left) {
        return (struct code){.count = (uint8_t)run};
    }
    uint32_t plain = 1;
    while (plain < LONGEST && plain < left && run_at(shape, here(bitmap) + plain, left - plain) < least) {
        plain++;
    }
    return plain >= LEAST_PLAIN ? (struct code){.what = (uint8_t)plain} : (struct code){.count = (uint8_t)run};
}

/* Move to where a code leads; false: that is outside. */
static bool step(struct bitmap *bitmap, const struct code *code) {
    const struct piece_shape *shape = bitmap->shape;
    if (code->count == 0 && code->what == ALL_END) {
        bitmap->is_over = true;
        return true;
    }
    if (bitmap->y == shape->rows) {
        return false;
    }
    if (code->count == 0 && code->what == LINE_END) {
        bitmap->x = 0;
        bitmap->y++;
        return true;
    }
    const uint32_t right = code->count > 0 ? code->count : code->what == STEP ? code->right : code->what;
    const uint32_t down = code->count == 0 && code->what == STEP ? code->down : 0;
    if (right > shape->width - bitmap->x || down >= shape->rows - bitmap->y) {
        return false;
    }
    bitmap->x += right;
    bitmap->y += down;
    return true;
}

static bool is_same(const struct code *a, const struct code *b) {
    return a->count == b->count &&
           (a->count > 0 || (a->what == b->what && (a->what != STEP || (a->right == b->right && a->down == b->down))));
}

/* ---- rows and pixels ---- */

static void unpack_rows(const struct piece_shape *shape, const uint8_t *bytes, uint8_t *pixels) {
    for (uint32_t y = 0; y < shape->rows; y++, bytes += shape->row_bytes) {
        for (uint32_t x = 0; x < shape->width; x++) {
            *pixels++ = shape->bits == 8 ? bytes[x] : (uint8_t)(bytes[x / 2] >> (x % 2 == 0 ? 4 : 0) & 15);
        }
    }
}

static void pack_rows(const struct piece_shape *shape, const uint8_t *pixels, uint8_t *bytes) {
    memset(bytes, 0, shape->row_bytes * shape->rows);
    for (uint32_t y = 0; y < shape->rows; y++, bytes += shape->row_bytes) {
        for (uint32_t x = 0; x < shape->width; x++, pixels++) {
            if (shape->bits == 8) {
                bytes[x] = *pixels;
            } else {
                bytes[x / 2] = (uint8_t)(bytes[x / 2] | *pixels << (x % 2 == 0 ? 4 : 0));
            }
        }
    }
}

/* ---- decoding ---- */

/* The bytes that literal colours take in the file. */
static size_t plain_bytes(const struct piece_shape *shape, unsigned count) {
    const size_t bytes = shape->bits == 8 ? count : (count + 1u) / 2;
    return (bytes + 1) / 2 * 2;
}

static bool take_code(const uint8_t *coded, size_t size, size_t *at, struct code *code) {
    if (size - *at < 2) {
        return false;
    }
    *code = (struct code){.count = coded[*at], .what = coded[*at + 1]};
    *at += 2;
    if (code->count == 0 && code->what == STEP) {
        if (size - *at < 2) {
            return false;
        }
        code->right = coded[*at];
        code->down = coded[*at + 1];
        *at += 2;
    }
    return true;
}

/* The pixels of a code, from the bytes after it, or from `what` of a run. */
static bool draw_code(const struct bitmap *bitmap, const struct code *code, const uint8_t *coded, size_t size,
                      size_t *at) {
    const struct piece_shape *shape = bitmap->shape;
    uint8_t *to = here(bitmap);
    for (unsigned i = 0; i < code->count; i++) {
        to[i] = shape->bits == 8 ? code->what : (uint8_t)(code->what >> (i % 2 == 0 ? 4 : 0) & 15);
    }
    if (code->count > 0 || code->what <= STEP) {
        return true;
    }
    const size_t bytes = plain_bytes(shape, code->what);
    if (bytes > size - *at) {
        return false;
    }
    for (unsigned i = 0; i < code->what; i++) {
        to[i] = shape->bits == 8 ? coded[*at + i] : (uint8_t)(coded[*at + i / 2] >> (i % 2 == 0 ? 4 : 0) & 15);
    }
    *at += bytes;
    return true;
}

static size_t draw(struct bitmap *bitmap, const uint8_t *coded, size_t size) {
    size_t at = 0;
    while (!bitmap->is_over) {
        struct code code;
        struct bitmap before = *bitmap;
        if (!take_code(coded, size, &at, &code) || !step(bitmap, &code) ||
            !draw_code(&before, &code, coded, size, &at)) {
            return 0;
        }
    }
    return at;
}

/* Wrong guesses in the first `look` bytes; false: no memory, or far too many. */
static bool note(unsigned rule, const struct piece_shape *shape, uint8_t *pixels, const uint8_t *coded, size_t size,
                 size_t look, struct byte_buffer *notes, size_t *wrong) {
    struct bitmap bitmap = {.shape = shape, .pixels = pixels};
    size_t at = 0;
    uint64_t right = 0;
    *wrong = 0;
    while (!bitmap.is_over && at < look) {
        struct code code;
        const struct code guessed = guess(rule, &bitmap);
        take_code(coded, size, &at, &code);
        if (is_same(&guessed, &code)) {
            right++;
        } else {
            if (++*wrong > WRONG_FREE + ((size_t)bitmap.y * shape->width + bitmap.x) / WRONG_PIXELS) {
                return false;
            }
            if (notes != NULL &&
                (put_varint(notes, right, NULL) != BSWZ_OK || put_8(notes, code.count, NULL) != BSWZ_OK ||
                 (code.count == 0 && put_8(notes, code.what, NULL) != BSWZ_OK) ||
                 (code.count == 0 && code.what == STEP &&
                  put_16(notes, code.right | (unsigned)code.down << 8, NULL) != BSWZ_OK))) {
                return false;
            }
            right = 0;
        }
        at += code.count == 0 && code.what > STEP ? plain_bytes(shape, code.what) : 0;
        step(&bitmap, &code);
    }
    return true;
}

size_t rle_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                  struct byte_buffer *notes) {
    uint8_t *pixels = bswz_allocate_zero((size_t)shape->width * shape->rows, 1);
    struct bitmap bitmap = {.shape = shape, .pixels = pixels};
    if (pixels == NULL) {
        return SIZE_MAX;
    }
    size_t used = draw(&bitmap, coded, size), wrong, least = SIZE_MAX;
    unsigned best = 0;
    for (unsigned rule = 0; rule < RULES && used > 0; rule++) {
        note(rule, shape, pixels, coded, size, LOOK, NULL, &wrong);
        best = wrong < least ? rule : best;
        least = wrong < least ? wrong : least;
    }
    if (used > 0) {
        pack_rows(shape, pixels, bytes);
        used = put_8(notes, best, NULL) == BSWZ_OK && note(best, shape, pixels, coded, size, SIZE_MAX, notes, &wrong)
                   ? used
                   : 0;
    }
    free(pixels);
    return used;
}

/* ---- encoding ---- */

static bool next_wrong(struct cursor *notes, uint64_t *right) {
    *right = UINT64_MAX;
    return cursor_left(notes) == 0 || take_varint(notes, UINT64_MAX - 1, right);
}

static bool take_noted(struct cursor *notes, struct code *code) {
    *code = (struct code){.count = 0};
    return take_8(notes, &code->count) &&
           (code->count > 0 || (take_8(notes, &code->what) &&
                                (code->what != STEP || (take_8(notes, &code->right) && take_8(notes, &code->down)))));
}

static bool put_code(const struct bitmap *bitmap, const struct code *code, struct byte_buffer *out) {
    const struct piece_shape *shape = bitmap->shape;
    const uint8_t *from = here(bitmap);
    uint8_t bytes[2 + LONGEST + 1] = {code->count, code->what};
    size_t size = 2;
    if (code->count > 0) {
        bytes[1] = shape->bits == 8 ? from[0] : (uint8_t)(from[0] << 4 | (code->count > 1 ? from[1] : 0));
    } else if (code->what == STEP) {
        bytes[2] = code->right;
        bytes[3] = code->down;
        size = 4;
    } else if (code->what > STEP) {
        for (unsigned i = 0; i < code->what; i++) {
            uint8_t *to = &bytes[2 + (shape->bits == 8 ? i : i / 2)];
            *to = shape->bits == 8 ? from[i] : (uint8_t)(*to | from[i] << (i % 2 == 0 ? 4 : 0));
        }
        size += plain_bytes(shape, code->what);
    }
    return byte_buffer_append(out, bytes, size, NULL) == BSWZ_OK;
}

static bool write_codes(struct bitmap *bitmap, unsigned rule, struct cursor *notes, size_t most,
                        struct byte_buffer *out) {
    const size_t start = out->size;
    uint64_t right;
    if (!next_wrong(notes, &right)) {
        return false;
    }
    while (!bitmap->is_over) {
        const struct bitmap before = *bitmap;
        struct code code;
        if (right > 0) {
            code = guess(rule, bitmap);
            right--;
        } else if (!take_noted(notes, &code) || !next_wrong(notes, &right)) {
            return false;
        }
        if (!step(bitmap, &code) || !put_code(&before, &code, out) || out->size - start > most) {
            return false;
        }
    }
    return cursor_left(notes) == 0;
}

bool rle_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                struct byte_buffer *out, struct bswz_error *error) {
    uint8_t rule;
    if (!take_8(notes, &rule) || rule >= RULES) {
        return false;
    }
    uint8_t *pixels = bswz_allocate((size_t)shape->width * shape->rows, 1);
    struct bitmap bitmap = {.shape = shape, .pixels = pixels};
    if (pixels == NULL) {
        bswz_no_memory(error);
        return false;
    }
    unpack_rows(shape, bytes, pixels);
    const bool is_good = write_codes(&bitmap, rule, notes, most, out);
    free(pixels);
    return is_good;
}
