/* SPDX-License-Identifier: MIT */
/*
 * The kernels: integer convolutions, one file per instruction set, all giving the same numbers.
 *
 * A layer multiplies integers and adds them up in 32 bits. The order of additions does not change the result,
 * which is why streams are the same everywhere. Narrow layers take 8-bit hidden values and 8-bit weights; wide layers
 * (the first and the last of a network) take 16-bit inputs and weights of up to 12 bits. The bounds that this relies on
 * are proved from the weights when a model is loaded (layer_check).
 *
 * Tensors have the layout [height][width][channels].
 */
#ifndef BSWZ_KERNEL_H
#define BSWZ_KERNEL_H

#include "base/error.h"

#include <stdbool.h>

enum {
    LAYER_CHANNEL_STEP = 16, /* outputs of a layer, and inputs of a narrow one, come in multiples of this */
    LAYER_MAX_CHANNELS = 256,
    LAYER_INPUT_LARGEST = 255,    /* largest magnitude of an input of any layer */
    KERNEL_MAX_POSITIONS = 8 * 44 /* in the inputs of a call, rows times columns */
};

/* Which positions a layer has outputs for: all, or those of a checkerboard, where row plus column is even or odd. */
enum layer_half { HALF_NONE, HALF_EVEN, HALF_ODD };

struct layer {
    unsigned in, out; /* channels; a wide layer's in is a multiple of 2 */
    unsigned size;    /* 1 or 3: taps in each direction */
    bool wide;        /* int16 inputs; otherwise uint8 */
    enum layer_half half;
    int16_t *weight; /* [out][size * size][in]; may be freed once packed is set */
    int32_t *bias;   /* [out], added to the sums */
    uint8_t *shift;  /* [out], 0 ... 24: the rounding right shift after the bias */
    bool sparse;     /* wide, for add_pairs; set before it is packed */
    bool pairs_fit;  /* narrow: the magnitudes of neighbouring weights sum to at most 128 */
    bool bytes_fit;  /* set by a kernel that multiplies bytes alone: it can do so for this layer */
    void *packed;    /* the weights in the kernel's own layout, aligned to 64 bytes; NULL: unchanged */
};

/* How the positions of a call are arranged. Those of row r: `count[r]`, from column `first[r]` on, every `step` columns;
 * `apart` in the result, from number `at[r]` on. */
struct layer_rows {
    unsigned step, apart, first, count, at;
};

static inline struct layer_rows layer_row(const struct layer *layer, unsigned rows, unsigned row, unsigned columns) {
    if (layer->half == HALF_NONE) {
        return (struct layer_rows){1, 1, 0, columns, row * columns};
    }
    const unsigned first = (row + (layer->half == HALF_ODD)) % 2;
    return (struct layer_rows){2, rows, first, (columns - first + 1) / 2, rows == 2 ? first : 0};
}

/* A sparse layer is for inputs most of which are zero: those of a position come in pairs, numbers i and in / 2 + i, and only
 * pairs that are not zero are multiplied. */
struct input_pair {
    int16_t value[2];
    uint16_t column, number;
};

/* What becomes of the outputs of a layer afterwards: (output * factor + offset) >> shift, within 32 bits. */
struct layer_correction {
    _Alignas(64) int32_t factor[LAYER_MAX_CHANNELS];
    int32_t offset[LAYER_MAX_CHANNELS];
    int shift;
};

/* What sums become. All but the first add the bias and shift, and clamp. */
enum layer_form {
    FORM_SUMS,           /* int32_t, without bias */
    FORM_BYTES,          /* uint8_t, 0 ... 255: hidden values */
    FORM_BYTES_AS_WORDS, /* the same in int16_t, for a wide layer */
    FORM_WORDS           /* int16_t: outputs */
};

struct kernel {
    const char *name;
    bool (*available)(void);
    /* Set layer->packed. */
    enum bswz_status (*pack)(struct layer *layer, struct bswz_error *error);
    /* result [rows][columns][out] = the products of the (rows + size - 1) x (columns + size - 1) inputs that start
     * at in and whose rows are row_stride elements apart, in the given form. A narrow layer with a half has one
     * or two rows: of two, the result [columns][out] has the one position of each column; of one, it is packed. scratch:
     * kernel_scratch_size() bytes, aligned to 64. */
    void (*multiply)(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch);
    /* Sums to which something has been added, in FORM_BYTES: hidden [positions][out] = clamp((sums + bias + half) >>
     * shift, 0, 255). */
    void (*hidden)(const struct layer *layer, const int32_t *sums, unsigned positions, uint8_t *hidden);
    /* Correct outputs [positions][out] in place, clamped to int16 again; out: a multiple of LAYER_CHANNEL_STEP. */
    void (*correct)(const struct layer_correction *correction, unsigned positions, unsigned out, int16_t *outputs);
    /* For sparse layers: add to sums [columns][out] what a row of inputs gives under row number `tap` of
     * the taps. pair [count]: the inputs that are not zero, column by column. */
    void (*add_pairs)(const struct layer *layer, unsigned tap, const struct input_pair *pair, size_t count,
                      unsigned columns, int32_t *sums);
};

extern const struct kernel kernel_reference;
#if defined(__wasm__)
extern const struct kernel kernel_simd128;
#else
extern const struct kernel kernel_blas;
#endif
#if defined(__x86_64__)
extern const struct kernel kernel_avx2, kernel_vnni;
#if defined(__linux__) && !defined(__ILP32__)
#define KERNEL_HAS_AMX
extern const struct kernel kernel_amx;
#endif
#elif defined(__aarch64__)
extern const struct kernel kernel_neon, kernel_neon_dot;
#endif

/* Multiply a small layer with the kernel and with the reference, and compare. */
enum bswz_status kernel_self_check(const struct kernel *kernel, struct bswz_error *error);

/* Prove, for inputs up to largest in magnitude, that no sum of the layer can exceed 32 bits, or 2^24 while it is a
 * float in the BLAS kernel; sets pairs_fit. */
enum bswz_status layer_check(struct layer *layer, int32_t largest, struct bswz_error *error);

/* Set layer->packed of a sparse layer, the same for all kernels: [in / 2][size][size][out], from the output on the left to
 * that on the right; the lower half of each is the weight of the first of a pair. */
enum bswz_status layer_pack_pairs(struct layer *layer, struct bswz_error *error);

void layer_free(struct layer *layer);

/* The scratch memory in bytes that multiply may need for KERNEL_MAX_POSITIONS input positions. */
size_t kernel_scratch_size(void);

/* aligned_alloc of count * size bytes, aligned to 64, with the product checked. */
void *kernel_allocate(size_t count, size_t size);

#endif
