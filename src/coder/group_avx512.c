/* SPDX-License-Identifier: MIT */
/*
 * Groups of coefficients with AVX-512: sixteen blocks at a time.
 */
#include "coder/group.h"

#if defined(__x86_64__)
#include "coder/vector_avx512.h"

#include "coder/group_lanes.h"

const struct group_coder group_avx512 = {prepare, push, pop};
#endif
