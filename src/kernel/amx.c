/* SPDX-License-Identifier: MIT */
/*
 * The AMX kernel: registers of 16 rows of 64 bytes, here called matrices. One instruction multiplies 64 bytes of each
 * of 16 positions by 64 weights of each of 16 outputs and adds the 16384 products to 16 x 16 sums of 32 bits, without
 * saturation. Everything else, and what is too small for matrices, is done by the VNNI kernel.
 *
 *     inputs    16 positions x up to 64 bytes: a row of taps is one run of memory, and that of the next position
 *               starts `step` bytes later, so a matrix is loaded from where the inputs are, with rows that overlap
 *     weights   16 groups of four inputs x 16 outputs: the order in which the VNNI kernel packs them, too
 *     sums      16 positions x 16 outputs, stored before they are finished
 *
 * Positions are numbered through the rows of a call: where the inputs of one row end, those of the next one begin, and
 * the sums in between, size - 1 for each row, are not kept.
 *
 * A wide layer has larger weights: w is split into 128 h + l, and the sums of h and of l are added up when they are
 * finished. Its inputs may be -255 ... 255, but most are interpolations and small differences, or hidden values, so most
 * calls have inputs that are bytes, with or without a sign. In the others, an input x becomes max(x, 0) and max(-x, 0).
 */
#include "kernel/kernel.h"

#ifdef KERNEL_HAS_AMX
#include "kernel/finish.h"

#include <cpuid.h>
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LANES = 16,        /* outputs, and positions, of a matrix */
    LONGEST = 64,      /* bytes of a row of a matrix */
    SHORTEST = 32,     /* inputs of an output that are worth a matrix */
    FEWEST = 8,        /* positions that are worth a matrix */
    LOW_BITS = 7,      /* of a wide weight in l */
    LARGEST = 127 << 7 /* magnitude of a weight that can be split, also when it is negated */
};

/* ---- instructions ---- */

/* Written as assembler: older compilers have no names for them. */
#define LOAD_MATRIX(number, from, stride)                                                                              \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #number ::"r"(from), "r"((size_t)(stride)) : "memory")
#define STORE_MATRIX(number, to, stride)                                                                               \
    __asm__ volatile("tilestored %%tmm" #number ", (%0,%1,1)" ::"r"(to), "r"((size_t)(stride)) : "memory")
#define ZERO_MATRIX(number) __asm__ volatile("tilezero %%tmm" #number ::)
#define DOT(sums, inputs, weights) __asm__ volatile("tdpbusd %%tmm" #weights ", %%tmm" #inputs ", %%tmm" #sums ::)
#define DOT_SIGNED(sums, inputs, weights)                                                                              \
    __asm__ volatile("tdpbssd %%tmm" #weights ", %%tmm" #inputs ", %%tmm" #sums ::)
#define DOT_EITHER(sums, inputs, weights)                                                                              \
    if (are_signed) {                                                                                                  \
        DOT_SIGNED(sums, inputs, weights);                                                                             \
    } else {                                                                                                           \
        DOT(sums, inputs, weights);                                                                                    \
    }

struct shapes { /* the operand of ldtilecfg */
    uint8_t palette, start, zero[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

/* 0 to 3: sums, 4 and 5: inputs, 6 and 7: weights. */
static void set_shapes(unsigned positions, unsigned bytes) {
    _Alignas(64) struct shapes shapes = {.palette = 1};
    for (unsigned i = 0; i < 8; i++) {
        shapes.rows[i] = (uint8_t)(i < 6 ? positions : bytes / 4);
        shapes.row_bytes[i] = (uint16_t)(i == 4 || i == 5 ? bytes : LONGEST);
    }
    __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
}

/* Only Linux gives a process the use of matrices, and only if it asks. */
static bool available(void) {
    enum { REQUEST_PERMISSION = 0x1023, MATRICES = 18, HAS_MATRICES = 1 << 24, HAS_BYTES = 1 << 25 };
    unsigned a, b, c, d;
    return kernel_vnni.available() && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & HAS_MATRICES) != 0 &&
           (d & HAS_BYTES) != 0 && syscall(SYS_arch_prctl, REQUEST_PERMISSION, MATRICES) == 0;
}

/* ---- weights ---- */

/* How a row of taps is divided: as few parts of a multiple of four bytes as possible, and of the same length. With
 * padding, the last one may go beyond the end. */
struct division {
    unsigned parts, bytes;
};

static struct division divide(unsigned bytes, bool padded) {
    unsigned parts = (bytes + LONGEST - 1) / LONGEST;
    while (!padded && bytes % (4 * parts) != 0) {
        parts++;
    }
    return (struct division){parts, (bytes + 4 * parts - 1) / (4 * parts) * 4};
}

/* The weights of a wide layer. One of a single tap, which does not get inputs that are no bytes: those of the VNNI
 * kernel, then those of this one. Others: those of this kernel, for inputs of one byte, then for inputs of two. Both are
 * [row of taps][group of four][l and h][out] groups of bytes. */
static struct division wide_division(const struct layer *layer, bool two) {
    return divide(layer->size * layer->in * (two ? 2 : 1), true);
}

/* In 32-bit groups. */
static size_t wide_size(const struct layer *layer, bool two) {
    const struct division division = wide_division(layer, two);
    return (size_t)layer->size * division.parts * division.bytes / 4 * 2 * layer->out;
}

static size_t vnni_size(const struct layer *layer) {
    return (size_t)layer->size * layer->size * layer->in / 2 * layer->out;
}

/* Four weights: a group of l, and one of h `apart` later. */
static void put_wide(const int16_t *weight, size_t apart, int32_t *to) {
    const int middle = 1 << (LOW_BITS - 1);
    int8_t low[4], high[4];
    for (int i = 0; i < 4; i++) {
        const int shifted = weight[i] + middle;
        high[i] = (int8_t)(shifted >> LOW_BITS);
        low[i] = (int8_t)((shifted & (2 * middle - 1)) - middle);
    }
    memcpy(to, low, sizeof low);
    memcpy(to + apart, high, sizeof high);
}

static void pack_wide(const struct layer *layer, bool two, int32_t *to) {
    int16_t row[3 * 2 * LAYER_MAX_CHANNELS + LONGEST] = {0}; /* of taps, with padding */
    const struct division division = wide_division(layer, two);
    const size_t in = layer->in, out = layer->out, groups = (size_t)division.parts * division.bytes / 4;
    const int16_t *weight = layer->weight;
    for (size_t o = 0; o < out; o++) {
        for (size_t y = 0; y < layer->size; y++) {
            int16_t *end = row;
            for (size_t x = 0; x < layer->size; x++, weight += in) {
                memcpy(end, weight, in * sizeof *end);
                end += in;
                for (size_t i = 0; i < in && two; i++) {
                    *end++ = (int16_t)-weight[i];
                }
            }
            for (size_t g = 0; g < groups; g++) {
                put_wide(row + 4 * g, out, to + (y * groups + g) * 2 * out + o);
            }
        }
    }
}

/* Can all weights of a wide layer be split? */
static bool can_split(const struct layer *layer) {
    const size_t count = (size_t)layer->out * layer->size * layer->size * layer->in;
    for (size_t i = 0; i < count; i++) {
        if (layer->weight[i] > LARGEST || layer->weight[i] < -LARGEST) {
            return false;
        }
    }
    return true;
}

static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    const bool single = layer->size == 1;
    layer->bytes_fit = !layer->wide || can_split(layer);
    if (!layer->wide || !layer->bytes_fit || single) {
        const enum bswz_status status = kernel_vnni.pack(layer, error);
        if (status != BSWZ_OK || !layer->wide || !layer->bytes_fit) {
            return status;
        }
    }
    const size_t before = single ? vnni_size(layer) : 0, bytes = wide_size(layer, false);
    int32_t *packed = kernel_allocate(before + bytes + (single ? 0 : wide_size(layer, true)), sizeof *packed);
    if (packed == NULL) {
        return bswz_no_memory(error);
    }
    if (single) {
        memcpy(packed, layer->packed, before * sizeof *packed);
    } else {
        pack_wide(layer, true, packed + bytes);
    }
    pack_wide(layer, false, packed + before);
    free(layer->packed);
    layer->packed = packed;
    return BSWZ_OK;
}

/* ---- products ---- */

struct product {
    unsigned size;
    bool are_signed; /* the bytes of inputs; wide layers only */
    struct division division;
    const uint8_t *in;      /* of position 0 */
    const int32_t *weights; /* of output 0 */
    size_t row_bytes, step; /* from a row of inputs to the next one, and from a position */
    size_t stride, other;   /* from a group of weights to the next one, and to the second matrix, in weights */
};

/* Do something for each part of each row of taps, whose first inputs and weights are `in` and `weights`. step and
 * stride are in bytes. */
#define EACH_PART(product, position, o, work)                                                                          \
    const size_t step = (product)->step, stride = (product)->stride * 4, row_bytes = (product)->row_bytes;             \
    const size_t bytes = (product)->division.bytes, group = bytes / 4 * (product)->stride;                             \
    const unsigned size = (product)->size, parts = (product)->division.parts;                                          \
    const uint8_t *row = (product)->in + (position)*step;                                                              \
    const int32_t *weights = (product)->weights + (o);                                                                 \
    for (unsigned y = 0; y < size; y++, row += row_bytes) {                                                            \
        const uint8_t *in = row;                                                                                       \
        for (unsigned part = 0; part < parts; part++, in += bytes, weights += group) {                                 \
            work;                                                                                                      \
        }                                                                                                              \
    }

/* sums [16 positions][3 * 16 outputs] */
static inline void one_by_three(const struct product *product, size_t position, size_t o, int32_t *sums) {
    ZERO_MATRIX(0);
    ZERO_MATRIX(1);
    ZERO_MATRIX(2);
    EACH_PART(product, position, o, {
        LOAD_MATRIX(4, in, step);
        LOAD_MATRIX(6, weights, stride);
        DOT(0, 4, 6);
        LOAD_MATRIX(7, weights + LANES, stride);
        DOT(1, 4, 7);
        LOAD_MATRIX(6, weights + 2 * LANES, stride);
        DOT(2, 4, 6);
    })
    STORE_MATRIX(0, sums, 3 * LONGEST);
    STORE_MATRIX(1, sums + LANES, 3 * LONGEST);
    STORE_MATRIX(2, sums + 2 * LANES, 3 * LONGEST);
}

/* sums [2][16 positions][2 * 16 outputs], for positions at two places; away: from the inputs of the one to those of the
 * other */
static inline __attribute__((always_inline)) void two_by_two(const struct product *product, size_t position,
                                                             ptrdiff_t away, size_t o, int32_t *sums, bool are_signed) {
    const size_t other = product->other;
    ZERO_MATRIX(0);
    ZERO_MATRIX(1);
    ZERO_MATRIX(2);
    ZERO_MATRIX(3);
    EACH_PART(product, position, o, {
        LOAD_MATRIX(4, in, step);
        LOAD_MATRIX(6, weights, stride);
        DOT_EITHER(0, 4, 6)
        LOAD_MATRIX(5, in + away, step);
        DOT_EITHER(2, 5, 6)
        LOAD_MATRIX(7, weights + other, stride);
        DOT_EITHER(1, 4, 7)
        DOT_EITHER(3, 5, 7)
    })
    STORE_MATRIX(0, sums, 2 * LONGEST);
    STORE_MATRIX(1, sums + LANES, 2 * LONGEST);
    STORE_MATRIX(2, sums + 2 * LANES * LANES, 2 * LONGEST);
    STORE_MATRIX(3, sums + 2 * LANES * LANES + LANES, 2 * LONGEST);
}

static inline __attribute__((always_inline)) void one_by_two(const struct product *product, size_t position, size_t o,
                                                             int32_t *sums, bool are_signed) {
    const size_t other = product->other;
    ZERO_MATRIX(0);
    ZERO_MATRIX(1);
    EACH_PART(product, position, o, {
        LOAD_MATRIX(4, in, step);
        LOAD_MATRIX(6, weights, stride);
        DOT_EITHER(0, 4, 6)
        LOAD_MATRIX(7, weights + other, stride);
        DOT_EITHER(1, 4, 7)
    })
    STORE_MATRIX(0, sums, 2 * LONGEST);
    STORE_MATRIX(1, sums + LANES, 2 * LONGEST);
}

/* sums [2][16 positions][16 outputs] */
static inline void two_by_one(const struct product *product, size_t position, ptrdiff_t away, size_t o, int32_t *sums) {
    ZERO_MATRIX(0);
    ZERO_MATRIX(2);
    EACH_PART(product, position, o, {
        LOAD_MATRIX(4, in, step);
        LOAD_MATRIX(6, weights, stride);
        DOT(0, 4, 6);
        LOAD_MATRIX(5, in + away, step);
        DOT(2, 5, 6);
    })
    STORE_MATRIX(0, sums, LONGEST);
    STORE_MATRIX(2, sums + LANES * LANES, LONGEST);
}

static inline void one_by_one(const struct product *product, size_t position, size_t o, int32_t *sums) {
    ZERO_MATRIX(0);
    EACH_PART(product, position, o, {
        LOAD_MATRIX(4, in, step);
        LOAD_MATRIX(6, weights, stride);
        DOT(0, 4, 6);
    })
    STORE_MATRIX(0, sums, LONGEST);
}

/* ---- results ---- */

/* Where the sums of positions go, some of which are not kept. */
struct target {
    enum layer_form form;
    uint8_t *result;
    unsigned out, columns, across; /* of `across` positions, the first `columns` are kept, */
    size_t apart;                  /* as many outputs apart */
    unsigned count;                /* of positions of a matrix */
    const int32_t *half, *shift;   /* of finish_constants */
};

static inline __m512i finished(__m512i sum, const int32_t *half, const int32_t *shift) {
    return _mm512_srav_epi32(_mm512_add_epi32(sum, _mm512_load_si512(half)), _mm512_load_si512(shift));
}

static inline __m512i not_below_zero(__m512i sum, const int32_t *half, const int32_t *shift) {
    return _mm512_max_epi32(finished(sum, half, shift), _mm512_setzero_si512());
}

/* sums [16 positions][matrices][16 outputs], for outputs from number o on; wide: l and h of 16 outputs. */
static inline __attribute__((always_inline)) void keep(const struct target *target, size_t position, size_t o,
                                                       const int32_t *sums, unsigned matrices, bool wide) {
    const size_t across = target->across, columns = target->columns;
    size_t column = position % across;
    size_t at = (position / across * columns + (column < columns ? column : columns)) * target->apart + o;
    const unsigned vectors = wide ? 1 : matrices, count = target->count;
    const int32_t *halves = target->half + o, *shifts = target->shift + o;
    uint8_t *result = target->result;
#define EACH_SUM(type, store)                                                                                          \
    for (unsigned p = 0; p < count; p++, sums += matrices * LANES) {                                                   \
        if (column < columns) {                                                                                        \
            for (unsigned v = 0; v < vectors; v++) {                                                                   \
                const int32_t *half = halves + v * LANES, *shift = shifts + v * LANES;                                 \
                type *to = (type *)(void *)result + at + v * LANES;                                                    \
                __m512i sum = _mm512_load_si512(sums + v * LANES);                                                     \
                if (wide) {                                                                                            \
                    const __m512i high = _mm512_load_si512(sums + LANES);                                              \
                    sum = _mm512_add_epi32(sum, _mm512_slli_epi32(high, LOW_BITS));                                    \
                }                                                                                                      \
                (void)half, (void)shift;                                                                               \
                store;                                                                                                 \
            }                                                                                                          \
            at += target->apart;                                                                                       \
        }                                                                                                              \
        column = column + 1 == across ? 0 : column + 1;                                                                \
    }
    switch (target->form) {
    case FORM_SUMS: EACH_SUM(int32_t, _mm512_storeu_si512(to, sum)) break;
    case FORM_BYTES:
        EACH_SUM(uint8_t,
                 _mm_storeu_si128((__m128i *)(void *)to, _mm512_cvtusepi32_epi8(not_below_zero(sum, half, shift))))
        break;
    case FORM_BYTES_AS_WORDS:
        EACH_SUM(int16_t, _mm256_storeu_si256((__m256i *)(void *)to,
                                              _mm512_cvtepi32_epi16(_mm512_min_epi32(not_below_zero(sum, half, shift),
                                                                                     _mm512_set1_epi32(255)))))
        break;
    case FORM_WORDS:
        EACH_SUM(int16_t,
                 _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtsepi32_epi16(finished(sum, half, shift))))
        break;
    }
#undef EACH_SUM
}

/* All positions for the outputs from number o on, a block of positions at a time. The last block ends with the last
 * position, so some of its sums may have been kept before. */
#define EACH_BLOCK(positions, each, work)                                                                              \
    for (size_t first = 0; first < (positions); first += (each)) {                                                     \
        const size_t position = first + (each) <= (positions) || (positions) < (each) ? first : (positions) - (each);  \
        work;                                                                                                          \
    }

static inline __attribute__((always_inline)) void in_pairs(const struct product *product, const struct target *target,
                                                           size_t positions, size_t o, int32_t *sums, bool wide,
                                                           bool are_signed) {
    size_t done = 0;
    while (positions - done > LANES) {
        const size_t second = positions - done >= 2 * LANES ? done + LANES : positions - LANES;
        two_by_two(product, done, (ptrdiff_t)((second - done) * product->step), o, sums, are_signed);
        keep(target, done, o, sums, 2, wide);
        keep(target, second, o, sums + 2 * LANES * LANES, 2, wide);
        done = second + LANES;
    }
    if (done < positions) {
        const size_t position = positions < LANES ? 0 : positions - LANES;
        one_by_two(product, position, o, sums, are_signed);
        keep(target, position, o, sums, 2, wide);
    }
}

static void multiply_positions(const struct product *product, struct target *target, size_t positions, bool wide) {
    _Alignas(64) int32_t sums[4 * LANES * LANES];
    target->count = positions < LANES ? (unsigned)positions : LANES;
    set_shapes(target->count, product->division.bytes);
    size_t o = 0;
    while (o < target->out) {
        const size_t left = (target->out - o) / LANES;
        if (wide && product->are_signed) {
            in_pairs(product, target, positions, o, sums, true, true);
            o += LANES;
        } else if (wide) {
            in_pairs(product, target, positions, o, sums, true, false);
            o += LANES;
        } else if (left == 3 || left >= 5) {
            EACH_BLOCK(positions, LANES, {
                one_by_three(product, position, o, sums);
                keep(target, position, o, sums, 3, false);
            })
            o += 3 * (size_t)LANES;
        } else if (left >= 2) {
            in_pairs(product, target, positions, o, sums, false, false);
            o += 2 * (size_t)LANES;
        } else {
            EACH_BLOCK(positions, LANES, {
                one_by_one(product, position, o, sums);
                keep(target, position, o, sums, 1, false);
            })
            o += LANES;
        }
    }
    __asm__ volatile("tilerelease" ::);
}

/* What the inputs of a wide layer are: 0 ... 255, -128 ... 127, or anything else. */
enum input_bytes { BYTES_UNSIGNED, BYTES_SIGNED, NO_BYTES };

/* Rows of inputs as bytes. */
static enum input_bytes to_bytes(const int16_t *in, size_t row_stride, size_t high, size_t count, uint8_t *bytes) {
    const __m512i middle = _mm512_set1_epi16(128);
    __m512i all = _mm512_setzero_si512(), shifted = all; /* shifted: so that -128 ... 127 become 0 ... 255 */
    for (size_t row = 0; row < high; row++, in += row_stride, bytes += count) {
        for (size_t i = 0; i < count; i += 32) {
            const __mmask32 mask = count - i < 32 ? (__mmask32)((1u << (count - i)) - 1) : ~(__mmask32)0;
            const __m512i x = _mm512_maskz_loadu_epi16(mask, in + i);
            _mm256_storeu_si256((__m256i *)(void *)(bytes + i), _mm512_cvtepi16_epi8(x));
            all = _mm512_or_si512(all, x);
            shifted = _mm512_or_si512(shifted, _mm512_add_epi16(x, middle));
        }
    }
    const __m512i above = _mm512_set1_epi16(~255);
    return _mm512_test_epi16_mask(all, above) == 0       ? BYTES_UNSIGNED
           : _mm512_test_epi16_mask(shifted, above) == 0 ? BYTES_SIGNED
                                                         : NO_BYTES;
}

/* Inputs [positions][in], each as two: bytes [positions][max(x, 0) and max(-x, 0)][in]. */
static void to_two_bytes(const int16_t *in, size_t positions, unsigned each, uint8_t *bytes) {
    const __m512i zero = _mm512_setzero_si512();
    for (; positions > 0; positions--, in += each, bytes += 2 * (size_t)each) {
        for (unsigned i = 0; i < each; i += 32) {
            const __mmask32 mask = each - i < 32 ? (__mmask32)((1u << (each - i)) - 1) : ~(__mmask32)0;
            const __m512i x = _mm512_maskz_loadu_epi16(mask, in + i);
            _mm512_mask_cvtepi16_storeu_epi8(bytes + i, mask, _mm512_max_epi16(x, zero));
            _mm512_mask_cvtepi16_storeu_epi8(bytes + each + i, mask, _mm512_max_epi16(_mm512_sub_epi16(zero, x), zero));
        }
    }
}

/* false: the inputs of a layer of a single tap are no bytes, and nothing has been done. */
static bool multiply_wide(const struct layer *layer, const int16_t *in, size_t row_stride, unsigned rows,
                          struct target *target, uint8_t *scratch) {
    const bool single = layer->size == 1;
    const size_t row_inputs = (size_t)target->across * layer->in, high = rows + layer->size - 1;
    const enum input_bytes bytes = to_bytes(in, row_stride, high, row_inputs, scratch);
    const bool two = bytes == NO_BYTES;
    if (two && single) {
        return false;
    }
    for (size_t row = 0; row < high && two; row++) {
        to_two_bytes(in + row * row_stride, target->across, layer->in, scratch + row * 2 * row_inputs);
    }
    const size_t before = single ? vnni_size(layer) : two ? wide_size(layer, false) : 0;
    const struct product product = {.size = layer->size,
                                    .are_signed = bytes == BYTES_SIGNED,
                                    .division = wide_division(layer, two),
                                    .in = scratch,
                                    .weights = (const int32_t *)layer->packed + before,
                                    .row_bytes = row_inputs * (two ? 2 : 1),
                                    .step = (size_t)layer->in * (two ? 2 : 1),
                                    .stride = 2 * (size_t)layer->out,
                                    .other = layer->out};
    multiply_positions(&product, target, (size_t)(rows - 1) * target->across + target->columns, true);
    return true;
}

static const uint8_t form_bytes[] = {[FORM_SUMS] = 4, [FORM_BYTES] = 1, [FORM_BYTES_AS_WORDS] = 2, [FORM_WORDS] = 2};

/* The positions of a row of a half, or of two rows side by side, which then share the weights. */
static void multiply_half(struct product *product, const struct layer *layer, unsigned rows, struct target *target) {
    _Alignas(64) int32_t sums[4 * LANES * LANES];
    struct product products[2] = {*product, *product};
    struct target targets[2] = {*target, *target};
    unsigned counts[2] = {0, 0};
    for (unsigned row = 0; row < rows; row++) {
        const struct layer_rows at = layer_row(layer, rows, row, target->columns);
        counts[row] = targets[row].columns = targets[row].across = at.count;
        targets[row].apart = (size_t)at.apart * target->out;
        targets[row].result += (size_t)at.at * target->out * form_bytes[target->form];
        products[row].in += row * product->row_bytes + at.first * (size_t)layer->in;
    }
    if (counts[0] != counts[1]) {
        for (unsigned row = 0; row < rows; row++) {
            multiply_positions(&products[row], &targets[row], counts[row], false);
        }
        return;
    }
    const unsigned count = counts[0] < LANES ? counts[0] : LANES;
    targets[0].count = targets[1].count = count;
    set_shapes(count, product->division.bytes);
    for (size_t o = 0; o < target->out; o += 2 * (size_t)LANES) {
        const bool is_pair = target->out - o >= 2 * (size_t)LANES;
        EACH_BLOCK(counts[0], LANES, {
            const ptrdiff_t away = products[1].in - products[0].in;
            if (is_pair) {
                two_by_two(&products[0], position, away, o, sums, false);
            } else {
                two_by_one(&products[0], position, away, o, sums);
            }
            keep(&targets[0], position, o, sums, is_pair ? 2 : 1, false);
            keep(&targets[1], position, o, sums + (is_pair ? 2 : 1) * LANES * LANES, is_pair ? 2 : 1, false);
        })
    }
    __asm__ volatile("tilerelease" ::);
}

static void multiply_narrow(const struct layer *layer, const uint8_t *in, size_t row_stride, unsigned rows,
                            struct target *target) {
    struct product product = {.size = layer->size,
                              .division = divide(layer->size * layer->in, false),
                              .in = in,
                              .weights = layer->packed,
                              .row_bytes = row_stride,
                              .step = layer->in * (layer->half == HALF_NONE ? 1 : (size_t)2),
                              .stride = layer->out,
                              .other = LANES};
    if (layer->half != HALF_NONE) {
        multiply_half(&product, layer, rows, target);
        return;
    }
    if (rows == 1 || row_stride == (size_t)target->across * layer->in) {
        multiply_positions(&product, target, (size_t)(rows - 1) * target->across + target->columns, false);
        return;
    }
    for (unsigned row = 0; row < rows; row++) {
        multiply_positions(&product, target, target->columns, false);
        product.in += row_stride;
        target->result += (size_t)target->columns * target->out * form_bytes[target->form];
    }
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch) {
    _Alignas(64) int32_t half[LAYER_MAX_CHANNELS], shift[LAYER_MAX_CHANNELS];
    struct target target = {.form = form,
                            .result = result,
                            .out = layer->out,
                            .apart = layer->out,
                            .columns = columns,
                            .across = columns + layer->size - 1,
                            .half = half,
                            .shift = shift};
    const bool is_large =
        layer->size * layer->size * layer->in >= SHORTEST && columns * (layer->wide ? rows : 1) >= FEWEST;
    const bool by_matrices = layer->bytes_fit && (is_large || (layer->wide && layer->size > 1));
    if (by_matrices && form != FORM_SUMS) {
        finish_constants(layer, half, shift);
    }
    if (by_matrices && !layer->wide) {
        multiply_narrow(layer, in, row_stride, rows, &target);
    } else if (!by_matrices || !multiply_wide(layer, in, row_stride, rows, &target, scratch)) {
        kernel_vnni.multiply(layer, in, row_stride, rows, columns, form, result, scratch);
    }
}

/* ---- the rest ---- */

static void hidden(const struct layer *layer, const int32_t *sums, unsigned positions, uint8_t *to) {
    kernel_vnni.hidden(layer, sums, positions, to);
}

static void correct(const struct layer_correction *correction, unsigned positions, unsigned out, int16_t *outputs) {
    kernel_vnni.correct(correction, positions, out, outputs);
}

static void add_pairs(const struct layer *layer, unsigned tap, const struct input_pair *pair, size_t count,
                      unsigned columns, int32_t *sums) {
    kernel_vnni.add_pairs(layer, tap, pair, count, columns, sums);
}

const struct kernel kernel_amx = {"amx", available, pack, multiply, hidden, correct, add_pairs};
#endif
