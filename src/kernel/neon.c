/* SPDX-License-Identifier: MIT */
/*
 * The NEON kernel for every 64-bit ARM processor.
 *
 * Hidden values are widened to 16 bits, because without dot products (neon_dot.c) the widest multiplication that
 * accumulates in 32 bits takes 16-bit numbers. It is exact: the bounds of layer_check hold for every partial sum.
 */
#include "kernel/kernel.h"

#if defined(__aarch64__)
/* there are no narrow products */
#define DOT_NARROW(sum, x, w) DOT_WIDE(sum, x, w)
#include "kernel/neon_words.h"

static bool available(void) {
    return true;
}

#define WIDEN(to, from) vst1q_s16(to, vreinterpretq_s16_u16(vmovl_u8(vld1_u8(from))))
#include "kernel/widened.h"

const struct kernel kernel_neon = {"neon", available, pack_words, multiply, hidden, correct, plain_add_pairs};
#endif
