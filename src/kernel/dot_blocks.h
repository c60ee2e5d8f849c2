/* SPDX-License-Identifier: MIT */
/*
 * The loops of the vector kernels, written once for every vector length.
 *
 * Both kinds of layer reduce to the same thing: 32-bit groups of inputs (four bytes or two int16) times 32-bit
 * groups of weights. The including file defines
 *
 *     VECTOR, LANES               the register type and the number of its 32-bit lanes
 *     ZERO(), LOAD(p), STORE(p, v), SPREAD(p)   SPREAD copies 32 bits to all lanes
 *     LOAD_ANY(p)                 LOAD takes aligned vectors, this any
 *     DOT_NARROW(sum, x, w), DOT_WIDE(sum, x, w)
 *     BLOCK_COLUMNS, BLOCK_VECTORS              sums held in registers at a time
 *     MOST_COLUMNS                              the same when there is one vector of outputs
 *     TO_BYTES(sum, half, shift, p)             a vector of sums, finished, to bytes at p
 *     TO_BYTES_AS_WORDS(sum, half, shift, p)    the same values to int16 at p
 *     TO_WORDS(sum, half, shift, p)             finished, to int16 at p
 *     CORRECT_WORDS(p, factor, offset, shift)   16 int16 at p, corrected
 *     STARTS(wide)                              optional: do sums start with values other than 0?
 *
 * Packed weights: [group of a row of taps, row by row][out] 32-bit groups, so that a block of outputs for one
 * group is one load per vector; with STARTS, preceded by the [out] values that the sums start with, which the
 * including file sets.
 */
#include "kernel/finish.h"

#include <string.h>

#ifndef STARTS
#define STARTS(wide) false
#endif

/* What SPREAD copies to all lanes. */
static inline int32_t read_group(const uint8_t *bytes) {
    int32_t group;
    memcpy(&group, bytes, sizeof group);
    return group;
}

/* Where sums go. They are finished while they are in registers: to store and to load them again would take a tenth of
 * the time. */
struct sink {
    enum layer_form form;
    uint8_t *to;
    size_t apart;                /* outputs from a position to the next one */
    const int32_t *half, *shift; /* of finish_constants, from the first of a block on; aligned to 64 bytes */
};

static inline __attribute__((always_inline)) struct sink sink_at(struct sink sink, size_t number) {
    sink.to += number * (sink.form == FORM_SUMS ? sizeof(int32_t) : sink.form == FORM_BYTES ? 1 : sizeof(int16_t));
    return sink;
}

/* sum [columns][vectors]. The choice of a form comes first: for each vector anew, it
 * would take a fifth of the time of small layers. */
static inline __attribute__((always_inline)) void keep(struct sink sink, VECTOR sum[][BLOCK_VECTORS], unsigned columns,
                                                       unsigned vectors) {
#define EACH_SUM(type, store)                                                                                          \
    for (unsigned p = 0; p < columns; p++) {                                                                           \
        for (unsigned v = 0; v < vectors; v++) {                                                                       \
            const int32_t *half = sink.half + v * LANES, *shift = sink.shift + v * LANES;                              \
            type *to = (type *)(void *)sink.to + p * sink.apart + v * LANES;                                           \
            (void)half, (void)shift;                                                                                   \
            store;                                                                                                     \
        }                                                                                                              \
    }
    switch (sink.form) {
    case FORM_SUMS: EACH_SUM(int32_t, STORE(to, sum[p][v])) break;
    case FORM_BYTES: EACH_SUM(uint8_t, TO_BYTES(sum[p][v], half, shift, to)) break;
    case FORM_BYTES_AS_WORDS: EACH_SUM(int16_t, TO_BYTES_AS_WORDS(sum[p][v], half, shift, to)) break;
    case FORM_WORDS: EACH_SUM(int16_t, TO_WORDS(sum[p][v], half, shift, to)) break;
    }
#undef EACH_SUM
}

/* The sums of `columns` (at most MOST_COLUMNS) positions x `vectors` (at most BLOCK_VECTORS) registers of outputs;
 * both are constants after inlining. */
static inline __attribute__((always_inline)) void block(const uint8_t *in, size_t row_bytes, size_t step_bytes,
                                                        unsigned size, unsigned groups, const int32_t *weights,
                                                        unsigned out, struct sink sink, bool wide, unsigned columns,
                                                        unsigned vectors) {
    VECTOR sum[MOST_COLUMNS][BLOCK_VECTORS];
    for (unsigned p = 0; p < columns; p++) {
        for (unsigned v = 0; v < vectors; v++) {
            sum[p][v] = STARTS(wide) ? LOAD(weights + v * LANES) : ZERO();
        }
    }
    weights += STARTS(wide) ? out : 0;
    for (unsigned y = 0; y < size; y++) {
        const uint8_t *row = in + y * row_bytes;
        for (unsigned g = 0; g < groups; g++) {
            VECTOR w[BLOCK_VECTORS];
            for (unsigned v = 0; v < vectors; v++) {
                w[v] = LOAD(weights + v * LANES);
            }
            weights += out;
            for (unsigned p = 0; p < columns; p++) {
                VECTOR x = SPREAD(row + p * step_bytes + 4 * g);
                for (unsigned v = 0; v < vectors; v++) {
                    sum[p][v] = wide ? DOT_WIDE(sum[p][v], x, w[v]) : DOT_NARROW(sum[p][v], x, w[v]);
                }
            }
        }
    }
    keep(sink, sum, columns, vectors);
}

static inline __attribute__((always_inline)) void row_of_blocks(const uint8_t *in, size_t row_bytes, size_t step_bytes,
                                                                unsigned size, unsigned groups, const int32_t *weights,
                                                                unsigned out, struct sink sink, bool wide,
                                                                unsigned columns, unsigned vectors) {
    /* with only a few sums at a time, each addition waits for the last: the remainder is done in blocks, too */
    const unsigned most = vectors == 1 ? MOST_COLUMNS : BLOCK_COLUMNS;
    unsigned p = 0;
#define BLOCKS_OF(n)                                                                                                   \
    for (; p + (n) <= columns; p += (n)) {                                                                             \
        block(in + p * step_bytes, row_bytes, step_bytes, size, groups, weights, out, sink_at(sink, p * sink.apart),   \
              wide, (n), vectors);                                                                                     \
    }
    BLOCKS_OF(most)
    if (most > 8) {
        BLOCKS_OF(8u)
    }
    if (most > 4) {
        BLOCKS_OF(4u)
    }
    BLOCKS_OF(2u)
    BLOCKS_OF(1u)
#undef BLOCKS_OF
}

static inline __attribute__((always_inline)) void convolve(const struct layer *layer, const int32_t *packed,
                                                           const void *in, size_t row_bytes, unsigned rows,
                                                           unsigned columns, enum layer_form form, void *result,
                                                           bool wide) {
    _Alignas(64) int32_t half[LAYER_MAX_CHANNELS], shift[LAYER_MAX_CHANNELS];
    const unsigned out = layer->out, size = layer->size;
    const size_t each = layer->in * (wide ? sizeof(int16_t) : sizeof(uint8_t));
    const size_t step_bytes = each * layer_row(layer, rows, 0, columns).step;
    const unsigned groups = (unsigned)(size * each / 4);
    if (form != FORM_SUMS) {
        finish_constants(layer, half, shift);
    }
    /* blocks of outputs are the outermost loop: their weights stay in the first-level cache for all rows */
    unsigned o = 0;
    while (o < out) {
        const unsigned left = (out - o) / LANES;
        /* a single vector is slowest: rather than leave one over, take two and two */
        const unsigned vectors = left >= BLOCK_VECTORS && left != BLOCK_VECTORS + 1 ? BLOCK_VECTORS : left >= 2 ? 2 : 1;
        for (unsigned row = 0; row < rows; row++) {
            const struct layer_rows at = layer_row(layer, rows, row, columns);
            const uint8_t *from = (const uint8_t *)in + row * row_bytes + at.first * each;
            const unsigned count = at.count;
            const struct sink to = sink_at((struct sink){form, result, (size_t)at.apart * out, half + o, shift + o},
                                           (size_t)at.at * out + o);
            if (vectors == BLOCK_VECTORS) {
                row_of_blocks(from, row_bytes, step_bytes, size, groups, packed + o, out, to, wide, count,
                              BLOCK_VECTORS);
            } else if (vectors == 2) {
                row_of_blocks(from, row_bytes, step_bytes, size, groups, packed + o, out, to, wide, count, 2);
            } else {
                row_of_blocks(from, row_bytes, step_bytes, size, groups, packed + o, out, to, wide, count, 1);
            }
        }
        o += vectors * LANES;
    }
}

/* Pack in groups of four 8-bit weights, or of two 16-bit weights. */
static enum bswz_status pack_groups(struct layer *layer, bool wide, struct bswz_error *error) {
    const size_t each = (size_t)layer->size * layer->size * layer->in, grouped = wide ? 2 : 4;
    const unsigned starts = STARTS(wide) ? layer->out : 0;
    int32_t *packed = kernel_allocate(each / grouped * layer->out + starts, sizeof *packed);
    if (packed == NULL) {
        return bswz_no_memory(error);
    }
    for (unsigned o = 0; o < layer->out; o++) {
        const int16_t *weight = layer->weight + o * each;
        int32_t *to = packed + starts + o;
        for (size_t i = 0; i < each; i += grouped, to += layer->out) {
            if (wide) {
                memcpy(to, weight + i, sizeof *to);
            } else {
                const int8_t group[4] = {(int8_t)weight[i], (int8_t)weight[i + 1], (int8_t)weight[i + 2],
                                         (int8_t)weight[i + 3]};
                memcpy(to, group, sizeof *to);
            }
        }
    }
    layer->packed = packed;
    return BSWZ_OK;
}

/* ---- sparse layers, unless the including file has PLAIN_PAIRS ---- */

#ifndef PLAIN_PAIRS

/* Add a pair to some vectors of sums. */
static inline __attribute__((always_inline)) void add_pair(int32_t *sums, const int32_t *weights, VECTOR x,
                                                           unsigned vectors) {
    for (unsigned v = 0; v < vectors; v++) {
        STORE(sums + v * LANES, DOT_WIDE(LOAD_ANY(sums + v * LANES), x, LOAD(weights + v * LANES)));
    }
}

/* One by one: to keep the sums of a column in registers takes branches that nobody can foresee. */
static void add_pairs(const struct layer *layer, unsigned tap, const struct input_pair *pair, size_t count,
                      unsigned columns, int32_t *sums) {
    const unsigned out = layer->out, size = layer->size, reach = size / 2, most = 12;
    const size_t each = (size_t)size * size * out;
    const int32_t *weights = (const int32_t *)layer->packed + (size_t)tap * size * out;
    for (; count > 0; count--, pair++) {
        const unsigned column = pair->column;
        const unsigned first = column < reach ? reach - column : 0;
        const unsigned end = columns - column <= reach ? reach + columns - column : size;
        const unsigned vectors = (end - first) * out / LANES;
        const VECTOR x = SPREAD((const uint8_t *)pair->value);
        int32_t *to = sums + ((size_t)column + first - reach) * out;
        const int32_t *from = weights + pair->number * each + (size_t)first * out;
        unsigned v = 0;
        for (; v + most <= vectors; v += most) {
            add_pair(to + v * LANES, from + v * LANES, x, most);
        }
        add_pair(to + v * LANES, from + v * LANES, x, vectors - v);
    }
}
#endif

static void hidden(const struct layer *layer, const int32_t *sums, unsigned positions, uint8_t *to) {
    _Alignas(64) int32_t half[LAYER_MAX_CHANNELS], shift[LAYER_MAX_CHANNELS];
    finish_constants(layer, half, shift);
    for (unsigned p = 0; p < positions; p++) {
        for (unsigned o = 0; o < layer->out; o += LANES, sums += LANES, to += LANES) {
            TO_BYTES(LOAD_ANY(sums), half + o, shift + o, to);
        }
    }
}

static void correct(const struct layer_correction *correction, unsigned positions, unsigned out, int16_t *outputs) {
    for (unsigned p = 0; p < positions; p++) {
        for (unsigned o = 0; o < out; o += LAYER_CHANNEL_STEP, outputs += LAYER_CHANNEL_STEP) {
            CORRECT_WORDS(outputs, correction->factor + o, correction->offset + o, correction->shift);
        }
    }
}
