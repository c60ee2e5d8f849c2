/* SPDX-License-Identifier: MIT */
/*
 * Tuning malloc for this program; with a C library other than glibc, nothing is done.
 *
 * Small blocks. A kernel provides memory page by page, when each page is first touched, and for a small picture that
 * takes longer than everything that is done with the memory. So the first HEAP_PART bytes of the heap start with a
 * page of 2 MiB, as large blocks do (allocate.c), and blocks begin there: the space before it is taken by a block
 * that nobody touches.
 *
 * Large blocks. glibc learns to keep freed memory, in each thread, up to the size of the largest block so far. With
 * bands, that would be several times what is in use, so large blocks are returned to the system at once. A few MiB
 * are kept, since every trial of a drawing allocates and frees tables of one MiB.
 */
#include "cli/heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__GLIBC__) /* defined by the headers above */
#include <malloc.h>
#endif

#define LARGE_PAGE ((size_t)2 << 20)
#define HEAP_PART (2 * LARGE_PAGE)
/* Space that malloc needs after a block for its own bookkeeping. */
#define NOTES 64

void *heap_prepare(void) {
    void *unused = NULL;
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
    mallopt(M_MMAP_THRESHOLD, (int)HEAP_PART);
    mallopt(M_TRIM_THRESHOLD, (int)(2 * HEAP_PART));
    mallopt(M_TOP_PAD, (int)(2 * HEAP_PART)); /* the heap grows by this much from its end */
    const uintptr_t end = (uintptr_t)sbrk(0), start = (end / LARGE_PAGE + 1) * LARGE_PAGE;
    void *first = malloc(1);
    const uintptr_t next = (uintptr_t)first; /* where the next blocks will be */
    free(first);
    if (next < start && start - next > NOTES && start - next < 2 * LARGE_PAGE) {
        unused = malloc(start - next - NOTES);
        if ((uintptr_t)sbrk(0) >= start + HEAP_PART) {
            madvise((void *)start, HEAP_PART, MADV_HUGEPAGE); /* NOLINT: a hint, nothing is lost if it is refused */
        }
    }
#endif
    return unused;
}
