/* SPDX-License-Identifier: MIT */
/*
 * For every file whose floating-point arithmetic affects the stream: the encoder's searches and fits.
 *
 * A stream must be the same on every processor. So these files use only + - * / and square roots, which IEEE 754
 * rounds correctly, in an order fixed by the source; sums and differences of integers below 2^24 (2^53) are exact
 * anyway. They call no function of the mathematics library whose last bit the library may choose: logarithms and
 * exponentials are polynomials or integers. What else could change a bit:
 *
 *     excess precision       rejected here; the Makefile has the flags for machines that have it
 *     fused operations       -ffp-contract=off in the Makefile
 *     reordering             rejected here, because only -ffast-math allows it
 *     conversion to integers out-of-range results differ between processors, so values are limited first
 */
#ifndef BSWZ_EXACT_FLOAT_H
#define BSWZ_EXACT_FLOAT_H

#include <float.h>

#if defined(__FAST_MATH__)
#error "-ffast-math would change what is in a stream"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif
_Static_assert(FLT_EVAL_METHOD == 0, "floats must be rounded to their own type after every operation");
_Static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24 && FLT_MAX_EXP == 128 && DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024,
               "float and double must be those of IEEE 754");

#endif
