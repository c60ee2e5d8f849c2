/* SPDX-License-Identifier: MIT */
/*
 * The default number of threads: the cores on which the scheduler may run this process (taskset, cpusets, containers),
 * which may be fewer than the machine has.
 */
#include "threads/cores.h"

#include "bswz.h"

#include <errno.h>
#include <sched.h>

unsigned cores_available(void) {
    /* A machine may have more cores than cpu_set_t has bits: grow until it fits. */
    for (int cores = 1024; cores <= 1 << 20; cores *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)cores);
        if (set == NULL) {
            break;
        }
        size_t size = CPU_ALLOC_SIZE((size_t)cores);
        int failed = sched_getaffinity(0, size, set);
        int reason = errno;
        int count = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (count > 0) {
            return (unsigned)count < BSWZ_THREADS_MAX ? (unsigned)count : BSWZ_THREADS_MAX;
        }
        if (reason != EINVAL) {
            break;
        }
    }
    return 1;
}
