/* SPDX-License-Identifier: MIT */
/*
 * Groups of coefficients with NEON of 64-bit ARM: four blocks at a time.
 */
#include "coder/group.h"

#if defined(__aarch64__)
#include "coder/vector_neon.h"

#include "coder/group_lanes.h"

const struct group_coder group_neon = {prepare, push, pop};
#endif
