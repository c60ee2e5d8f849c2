/* SPDX-License-Identifier: MIT */
/*
 * Exceptions as decisions, with contexts.
 *
 * Exceptions come in groups: a block whose coefficients were not found, the last column of a picture, clipped colours. So
 * a bit for each tile of 8 x 8 pixels says whether it has any; then, row by row, each pixel of such a tile has a bit, and
 * each exception its residuals: is it zero, its sign, its class of magnitude, and its place in the class. That takes two
 * thirds of what zstd makes of the list (doc/jpeg.md).
 *
 * A decision has a few contexts, whose probabilities are mixed. Encoder and decoder run the same code on a map of the
 * residuals; the encoder fills it from the list, the decoder makes the list of it.
 */
#include "origin/exceptions_code.h"

#include "base/allocate.h"
#include "mixing/decisions.h"
#include "mixing/mixer.h"

#include <stdlib.h>
#include <string.h>

enum {
    TILE = 8,   /* pixels, in each direction */
    MARGIN = 4, /* columns around the flags */
    CONTEXTS = 7,
    INPUTS = CONTEXTS + 1,
    CELL_BITS = 13, /* of the number of cells of each context */
    CELL_LIMIT = 255,
    KINDS = 2 + 3 * 4, /* of decisions: a tile, a pixel, and four for each channel */
    SETS = 2,
    CHOICES = 64, /* of a set of weights, within a kind */
    LEARNING = 4,
    LEARNING_FIRST = 20,
    BIAS = 256,
    LARGEST = 128, /* magnitude of a residual */
    MOST_ACTIVE = 40
};

/* The kinds of decisions about a residual. */
enum { IS_NOT_ZERO, IS_POSITIVE, IS_LARGER_FIRST, IS_LARGER };

/* Owned by the thread that codes the list. */
struct exceptions_model {
    struct decisions decisions;
    uint32_t width, height, across, down; /* pixels, tiles */
    unsigned channels;
    uint8_t *map;        /* [height][width][channels]: residuals modulo 256 */
    uint8_t *flag;       /* [2 + height][MARGIN + width + MARGIN]: is the pixel an exception? */
    uint8_t *tile;       /* [down][across]: has it any? */
    uint8_t *count;      /* the same: how many so far */
    uint16_t (*size)[3]; /* the same: the sum of the magnitudes of each channel so far */
    cell *cells;         /* [CONTEXTS] << CELL_BITS; zero: not seen yet */
    int16_t *weights[SETS];
    int32_t last[KINDS][SETS];
};

static void close_model(struct exceptions_model *model) {
    free(model->map);
    free(model->flag);
    free(model->tile);
    free(model->count);
    free(model->size);
    free(model->cells);
    for (unsigned i = 0; i < SETS; i++) {
        free(model->weights[i]);
    }
}

static enum bswz_status open_model(struct exceptions_model *model, const struct exceptions_place *place,
                                   struct bswz_error *error) {
    int16_t first[INPUTS];
    *model = (struct exceptions_model){.width = place->width,
                                       .height = place->height,
                                       .across = (place->width + TILE - 1) / TILE,
                                       .down = (place->height + TILE - 1) / TILE,
                                       .channels = place->channels};
    const size_t pixels = (size_t)place->width * place->height, tiles = (size_t)model->across * model->down;
    model->map = bswz_allocate_zero(pixels, place->channels);
    model->flag = bswz_allocate_zero((size_t)place->height + 2, (size_t)place->width + 2 * MARGIN);
    model->tile = bswz_allocate_zero(tiles, 1);
    model->count = bswz_allocate_zero(tiles, 1);
    model->size = bswz_allocate_zero(tiles, sizeof *model->size);
    model->cells = bswz_allocate_zero((size_t)CONTEXTS << CELL_BITS, sizeof *model->cells);
    for (unsigned i = 0; i < CONTEXTS; i++) {
        first[i] = MIX_ONE / 4;
    }
    first[CONTEXTS] = 0;
    model->weights[0] = mix_weights(KINDS, INPUTS, first);
    model->weights[1] = mix_weights(KINDS * CHOICES, INPUTS, first);
    for (unsigned i = 0; i < KINDS; i++) {
        model->last[i][0] = model->last[i][1] = (1 << 16) / SETS;
    }
    const bool complete = model->map != NULL && model->flag != NULL && model->tile != NULL && model->count != NULL &&
                          model->size != NULL && model->cells != NULL && model->weights[0] != NULL &&
                          model->weights[1] != NULL;
    if (!complete) {
        close_model(model);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

/* ---- a decision ---- */

/* What a context's cell says; a context that there is none of says nothing. */
struct opinions {
    cell *at[CONTEXTS];
    cell value[INPUTS]; /* the last one stands for the bias, as do those without a context */
};

/* Stretched opinions, weighted by how much each is trusted. They are written together, since a processor waits for single
 * ones before it loads them together. */
static inline void ask(const struct opinions *opinions, int16_t input[INPUTS]) {
    _Static_assert((int)INPUTS == (int)MIX_STEP, "all inputs are written at once");
    const cell *value = opinions->value;
    uint16_t trust[INPUTS];
#define SAYS(i) stretch(clamp_probability(cell_probability(value[i])))
#define TRUST(i) mix_trust(cell_count(value[i]))
    MIX_PUT(input, SAYS(0), SAYS(1), SAYS(2), SAYS(3), SAYS(4), SAYS(5), SAYS(6), BIAS);
    MIX_PUT(trust, TRUST(0), TRUST(1), TRUST(2), TRUST(3), TRUST(4), TRUST(5), TRUST(6), 0);
#undef SAYS
#undef TRUST
    mix_differences(input, 0, trust, false);
}

/* choice: of the second set of weights. */
static inline __attribute__((always_inline)) unsigned code_with(struct exceptions_model *model, unsigned kind,
                                                                unsigned choice, const uint32_t *contexts,
                                                                unsigned count, unsigned bit) {
    struct mix mix;
    struct opinions opinions;
    for (unsigned i = 0; i < INPUTS; i++) {
        opinions.value[i] = CELL_EVEN;
    }
    for (unsigned i = 0; i < count; i++) {
        cell *at = model->cells + ((size_t)i << CELL_BITS) + (hash_2(contexts[i], kind) >> (32 - CELL_BITS));
        opinions.at[i] = at;
        opinions.value[i] = *at == 0 ? CELL_EVEN : *at;
    }
    ask(&opinions, mix.input);
    mix.last = model->last[kind];
    mix.weights[0] = model->weights[0] + (size_t)kind * mix_stride(INPUTS);
    mix.weights[1] = model->weights[1] + (size_t)(kind * CHOICES + choice) * mix_stride(INPUTS);
    bit = decide(&model->decisions, bit, clamp_probability(mix_probability_of(&mix, INPUTS, SETS)));
    mix_update_of(&mix, INPUTS, SETS, bit, LEARNING, LEARNING_FIRST);
    cells_update(opinions.value, INPUTS, bit, CELL_LIMIT);
    for (unsigned i = 0; i < count; i++) {
        *opinions.at[i] = opinions.value[i];
    }
    return bit;
}

static unsigned code(struct exceptions_model *model, unsigned kind, unsigned choice, const uint32_t contexts[CONTEXTS],
                     unsigned bit) {
    return code_with(model, kind, choice, contexts, CONTEXTS, bit);
}

static unsigned at_most(unsigned value, unsigned most) {
    return value < most ? value : most;
}

/* ---- tiles ---- */

static unsigned tile_at(const struct exceptions_model *model, int64_t row, int64_t column) {
    const bool is_inside = row >= 0 && column >= 0 && row < model->down && column < model->across;
    return is_inside ? model->tile[(size_t)row * model->across + (size_t)column] : 0;
}

static void code_tiles(struct exceptions_model *model) {
    for (int64_t y = 0; y < model->down; y++) {
        for (int64_t x = 0; x < model->across; x++) {
            uint8_t *tile = &model->tile[(size_t)y * model->across + (size_t)x];
            const unsigned left = tile_at(model, y, x - 1), above = tile_at(model, y - 1, x);
            const unsigned near =
                left | above << 1 | tile_at(model, y - 1, x - 1) << 2 | tile_at(model, y - 1, x + 1) << 3;
            unsigned sum = 0;
            for (int i = -2; i <= 2; i++) {
                sum += tile_at(model, y - 1, x + i) + tile_at(model, y - 2, x + i);
            }
            sum += left + tile_at(model, y, x - 2) + tile_at(model, y, x - 3);
            const uint32_t contexts[] = {
                near, left | above << 1 | tile_at(model, y, x - 2) << 2 | tile_at(model, y - 2, x) << 3, sum};
            *tile = (uint8_t)code_with(model, 0, near, contexts, 3, *tile);
        }
    }
}

/* ---- pixels ---- */

static uint8_t *flag_at(const struct exceptions_model *model, uint32_t row, uint32_t column) {
    return model->flag + ((size_t)row + 2) * ((size_t)model->width + 2 * MARGIN) + column + MARGIN;
}

/* A residual at a distance: 0 outside, and where nothing is known yet. */
static int residual_at(const struct exceptions_model *model, int64_t row, int64_t column, unsigned channel) {
    const bool is_inside = row >= 0 && column >= 0 && column < model->width;
    return is_inside ? (int8_t)model->map[((size_t)row * model->width + (size_t)column) * model->channels + channel]
                     : 0;
}

/* What is around a pixel. */
struct surroundings {
    unsigned near; /* six bits: the flags to the left, above, above to the left and to the right, and two away */
    size_t tile;
};

static unsigned code_flag(struct exceptions_model *model, uint32_t row, uint32_t column, const struct surroundings *at,
                          unsigned bit) {
    const uint8_t *flag = flag_at(model, row, column), *above = flag - (model->width + 2 * MARGIN);
    const uint8_t *above_2 = above - (model->width + 2 * MARGIN);
    const unsigned y = row % TILE, x = column % TILE, left = model->width - (column - x);
    const unsigned seen = y * at_most(left, TILE) + x, count = model->count[at->tile];
    const unsigned density = seen == 0 ? 0 : 1 + count * 10 / seen;
    const unsigned stage = seen < 8 ? seen / 4 : seen < 24 ? 2 : seen < 48 ? 3 : 4;
    const int64_t down = row / TILE, across = column / TILE;
    const unsigned tiles = tile_at(model, down, across - 1) | tile_at(model, down, across + 1) << 1 |
                           tile_at(model, down - 1, across) << 2 | tile_at(model, down + 1, across) << 3;
    const unsigned further =
        (unsigned)(flag[-3] + above[-2] + above[2] + above_2[-2] + above_2[-1] + above_2[1] + above_2[2]);
    const uint32_t contexts[] = {at->near << 6 | y << 3 | x, (density * 8 + stage) * 4 + (at->near & 3),
                                 (density * 8 + stage) * 16 + tiles, at->near * 8 + further};
    return code_with(model, 1, at->near, contexts, 4, bit);
}

/* ---- residuals ---- */

/* One of seven. */
static unsigned size_of(int residual) {
    return (unsigned)(residual < -3 ? 0 : residual > 3 ? 6 : residual + 3);
}

/* The mean magnitude nearby, in quarters, plus 1; 0: there are no exceptions. */
static unsigned activity(const struct exceptions_model *model, size_t tile, unsigned channel) {
    unsigned count = model->count[tile], sum = model->size[tile][channel];
    if (tile % model->across > 0) {
        count += model->count[tile - 1];
        sum += model->size[tile - 1][channel];
    }
    if (tile >= model->across) {
        count += model->count[tile - model->across];
        sum += model->size[tile - model->across][channel];
    }
    return count == 0 ? 0 : at_most(1 + (4 * sum + count / 2) / count, MOST_ACTIVE);
}

/* A magnitude, at least 1: classes 1, 2, 3 and 4, 5 to 8, ... */
static int code_magnitude(struct exceptions_model *model, unsigned kind, bool is_positive, const uint32_t *contexts,
                          int size) {
    uint32_t inner[CONTEXTS];
    int low = 1, high = 1;
    unsigned class = 0;
    while (high < LARGEST) {
        for (unsigned i = 0; i < CONTEXTS; i++) {
            inner[i] = contexts[i] * 32 + class * 2 + is_positive;
        }
        const unsigned which = class == 0 ? IS_LARGER_FIRST : IS_LARGER;
        if (!code(model, kind + which, class, inner, size > high)) {
            break;
        }
        low = high + 1;
        high *= 2;
        class ++;
    }
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        for (unsigned i = 0; i < CONTEXTS; i++) {
            inner[i] = contexts[i] * 1024 + 512 + (uint32_t)middle;
        }
        if (code(model, kind + IS_LARGER, 8 + class, inner, size >= middle)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* must: it cannot be zero. */
static int code_residual(struct exceptions_model *model, uint32_t row, uint32_t column, size_t tile, unsigned channel,
                         bool must, int residual) {
    const unsigned kind = 2 + 4 * channel;
    const int left = residual_at(model, row, (int64_t)column - 1, channel);
    const int above = residual_at(model, (int64_t)row - 1, column, channel);
    const int around = left + above + residual_at(model, (int64_t)row - 1, (int64_t)column - 1, channel) +
                       residual_at(model, (int64_t)row - 1, (int64_t)column + 1, channel);
    const int red = channel > 0 ? residual_at(model, row, column, 0) : 0;
    const int green = channel > 1 ? residual_at(model, row, column, 1) : 0;
    const unsigned own = size_of(red) * 7 + size_of(green), sides = size_of(left) * 7 + size_of(above);
    const unsigned two_away = size_of(residual_at(model, row, (int64_t)column - 2, channel)) * 7 +
                              size_of(residual_at(model, (int64_t)row - 2, column, channel));
    const uint32_t contexts[CONTEXTS] = {own,
                                         sides,
                                         own * 7 + size_of(left),
                                         own * 7 + size_of(around),
                                         own * 49 + two_away,
                                         (uint32_t)(red + LARGEST) * 256 + (uint32_t)(green + LARGEST),
                                         activity(model, tile, channel)};
    if (!must && !code(model, kind + IS_NOT_ZERO, sides, contexts, residual != 0)) {
        return 0;
    }
    const bool is_positive = code(model, kind + IS_POSITIVE, sides, contexts, residual > 0);
    const int size = code_magnitude(model, kind, is_positive, contexts, residual < 0 ? -residual : residual);
    return is_positive ? size : -size;
}

static void code_exception(struct exceptions_model *model, uint32_t row, uint32_t column, size_t tile) {
    uint8_t *pixel = model->map + ((size_t)row * model->width + column) * model->channels;
    bool is_zero = true;
    for (unsigned channel = 0; channel < model->channels; channel++) {
        const bool must = is_zero && channel + 1 == model->channels;
        const int residual = code_residual(model, row, column, tile, channel, must, (int8_t)pixel[channel]);
        pixel[channel] = (uint8_t)residual;
        is_zero &= residual == 0;
        model->size[tile][channel] =
            (uint16_t)(model->size[tile][channel] + (unsigned)(residual < 0 ? -residual : residual));
    }
    model->count[tile]++;
}

/* ---- all ---- */

static void code_row(struct exceptions_model *model, uint32_t row) {
    for (uint32_t column = 0; column < model->width; column++) {
        struct surroundings at = {.tile = (size_t)(row / TILE) * model->across + column / TILE};
        if (model->tile[at.tile] == 0) {
            column |= TILE - 1;
            continue;
        }
        uint8_t *flag = flag_at(model, row, column);
        const uint8_t *above = flag - (model->width + 2 * MARGIN), *above_2 = above - (model->width + 2 * MARGIN);
        at.near =
            (unsigned)(flag[-1] | above[0] << 1 | above[-1] << 2 | above[1] << 3 | flag[-2] << 4 | above_2[0] << 5);
        *flag = (uint8_t)code_flag(model, row, column, &at, *flag);
        if (*flag) {
            code_exception(model, row, column, at.tile);
        }
    }
}

static void code_all(struct exceptions_model *model) {
    code_tiles(model);
    for (uint32_t row = 0; row < model->height && !decisions_are_useless(&model->decisions); row++) {
        code_row(model, row);
    }
}

/* From the map, the flags of pixels and tiles. */
static void mark(struct exceptions_model *model) {
    const uint8_t *pixel = model->map;
    for (uint32_t row = 0; row < model->height; row++) {
        for (uint32_t column = 0; column < model->width; column++, pixel += model->channels) {
            unsigned any = 0;
            for (unsigned channel = 0; channel < model->channels; channel++) {
                any |= pixel[channel];
            }
            if (any != 0) {
                *flag_at(model, row, column) = 1;
                model->tile[(size_t)(row / TILE) * model->across + column / TILE] = 1;
            }
        }
    }
}

enum bswz_status exceptions_put(const struct byte_buffer *list, const struct exceptions_place *place,
                                struct byte_buffer *out, struct bswz_error *error) {
    struct exceptions_model model;
    struct byte_buffer coded = {0};
    const struct exceptions_place whole = {place->width, place->height, place->channels, 0};
    enum bswz_status status = open_model(&model, place, error);
    if (status != BSWZ_OK) {
        return status;
    }
    status = exceptions_apply(list, &whole, model.map, error);
    if (status == BSWZ_OK) {
        mark(&model);
        decisions_begin_encoding(&model.decisions, &coded, SIZE_MAX, NULL);
        model.decisions.are_proven = true;
        code_all(&model);
        if (!decisions_end(&model.decisions)) {
            status = model.decisions.is_damaged ? bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check")
                                                : bswz_no_memory(error);
        }
    }
    if (status == BSWZ_OK) {
        status = put_sized(out, &coded, error);
    }
    free(coded.data);
    close_model(&model);
    return status;
}

enum bswz_status exceptions_take(struct cursor *cursor, const struct exceptions_place *place, struct byte_buffer *list,
                                 struct bswz_error *error) {
    uint64_t size;
    const uint8_t *coded;
    if (!take_varint(cursor, SIZE_MAX, &size) || !take_bytes(cursor, (size_t)size, &coded)) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "a list of exceptions is truncated");
    }
    struct exceptions_model model;
    enum bswz_status status = open_model(&model, place, error);
    if (status != BSWZ_OK) {
        return status;
    }
    decisions_begin_decoding(&model.decisions, coded, (size_t)size);
    code_all(&model);
    if (!decisions_end(&model.decisions)) {
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "a list of exceptions is damaged");
    }
    if (status == BSWZ_OK) {
        status = exceptions_of_map(model.map, place, list, error);
    }
    close_model(&model);
    return status;
}
