/* SPDX-License-Identifier: MIT */
/*
 * The mixture with AVX-512: sixteen pixels at a time.
 */
#include "coder/mixture.h"

#if defined(__x86_64__)
#include "coder/vector_avx512.h"

#include "coder/mixture_lanes.h"

const struct mixture_coder mixture_avx512 = {prepare, await, push_run, pop_run};
#endif
