/*
 * For every file whose floating point decides what is in a stream: the encoder's searches and fits.
 *
 * A stream must be the same on every processor, so these files use + - * / and square roots alone,
 * which IEEE 754 rounds correctly, in an order that the source fixes; sums and differences of integers
 * below 2^24 (2^53) are exact anyway.  No function of the mathematics library whose last bit is the
 * library's own choice: logarithms and exponentials are polynomials or integers.  What else could
 * change a bit:
 *
 *     excess precision       refused here; the Makefile has the flags of machines that have it
 *     fused operations       -ffp-contract=off in the Makefile
 *     reordering             refused here, for -ffast-math alone allows it
 *     conversion to integers what is out of range differs between processors, so it is limited before
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
