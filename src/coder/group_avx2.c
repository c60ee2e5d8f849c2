/* SPDX-License-Identifier: MIT */
/*
 * Groups of coefficients with AVX2: eight blocks at a time.
 */
#include "coder/group.h"

#if defined(__x86_64__)
#include "coder/vector_avx2.h"

#include "coder/group_lanes.h"

const struct group_coder group_avx2 = {prepare, push, pop};
#endif
