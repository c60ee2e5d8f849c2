/* SPDX-License-Identifier: MIT */
/*
 * The engine: the one place where an instruction set is chosen, for networks (kernel/kernel.h), for mixtures of pixels
 * (coder/mixture.h) and for groups of coefficients (coder/group.h). All engines give the same streams.
 */
#ifndef BSWZ_ENGINE_H
#define BSWZ_ENGINE_H

#include "coder/group.h"
#include "coder/mixture.h"
#include "kernel/kernel.h"

struct engine {
    const struct kernel *kernel;
    const struct mixture_coder *mixture;
    const struct group_coder *group;
};

/* The fastest engine of this machine, or the one whose kernel BSWZ_KERNEL names (ref, blas, avx2, vnni, amx, neon, neondot).
 * NULL with an error if it is unknown or cannot run here. */
const struct engine *engine_choose(struct bswz_error *error);

#endif
