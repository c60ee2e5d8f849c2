/* SPDX-License-Identifier: MIT */
/*
 * The NEON kernel for processors with dot products (ARMv8.2 and later, nearly all).
 *
 * sdot multiplies four signed bytes by four signed bytes and adds all products in 32 bits. Hidden values are
 * unsigned, so 128 is subtracted from each of them, which flips its top bit, and added back as a constant of the
 * output channel:
 *
 *     sum w x = sum w (x - 128) + 128 sum w
 *
 * The constants precede the packed weights, and the sums start with them. This is exact, because layer_check
 * proves 255 sum |w| < 2^24: a constant is below 2^24 in magnitude, and so is what any subset of the products can
 * add to it, so all partial sums fit in 32 bits.
 */
#include "kernel/kernel.h"

#if defined(__aarch64__)
#include <sys/auxv.h>

#define DOT_NARROW(sum, x, w) vdotq_s32(sum, vreinterpretq_s8_s32(x), vreinterpretq_s8_s32(w))
#define STARTS(wide) (!(wide))
#include "kernel/neon_words.h"

#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1ul << 20)
#endif

static bool available(void) {
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
}

static enum bswz_status pack(struct layer *layer, struct bswz_error *error) {
    if (layer->wide) {
        return pack_words(layer, error);
    }
    enum bswz_status status = pack_groups(layer, false, error);
    const size_t each = (size_t)layer->size * layer->size * layer->in;
    int32_t *start = layer->packed;
    for (unsigned o = 0; o < layer->out && status == BSWZ_OK; o++) {
        start[o] = 0;
        for (size_t i = 0; i < each; i++) {
            start[o] += 128 * layer->weight[o * each + i];
        }
    }
    return status;
}

static void multiply(const struct layer *layer, const void *in, size_t row_stride, unsigned rows, unsigned columns,
                     enum layer_form form, void *result, void *scratch) {
    if (layer->wide) {
        multiply_words(layer, in, row_stride, rows, columns, form, result);
        return;
    }
    const size_t width = (size_t)(columns + layer->size - 1) * layer->in; /* a multiple of 16 */
    uint8_t *flipped = scratch;
    for (unsigned row = 0; row < rows + layer->size - 1; row++) {
        const uint8_t *from = (const uint8_t *)in + row * row_stride;
        for (size_t i = 0; i < width; i += 16) {
            vst1q_u8(flipped + row * width + i, veorq_u8(vld1q_u8(from + i), vdupq_n_u8(128)));
        }
    }
    convolve(layer, layer->packed, flipped, width, rows, columns, form, result, false);
}

const struct kernel kernel_neon_dot = {"neondot", available, pack, multiply, hidden, correct, plain_add_pairs};
#endif
