/* SPDX-License-Identifier: MIT */
/*
 * The mixture with NEON of 64-bit ARM: four pixels at a time.
 */
#include "coder/mixture.h"

#if defined(__aarch64__)
#include "coder/vector_neon.h"

#include "coder/mixture_lanes.h"

const struct mixture_coder mixture_neon = {prepare, await, push_run, pop_run};
#endif
