/*
 * What malloc is told about this program; with a C library other than glibc, nothing.
 *
 * Small blocks.  A kernel fills memory page by page, at the first touch of each, and for a small picture that
 * takes longer than anything that is done with the memory.  So the heap's first HEAP_PART bytes
 * begin with a page of 2 MiB, as large blocks do (allocate.c), and blocks begin there: what lies before it is
 * taken by a block that nobody touches.
 *
 * Large blocks.  glibc learns to keep what has been freed, in each thread, in blocks as large as any that
 * has been: with bands that would be several times what is in use.  They go back to the system at
 * once.  A few MiB are kept, since every trial of a drawing takes and returns tables of one MiB.
 */
#include "cli/heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__GLIBC__) /* which the headers above say */
#include <malloc.h>
#endif

#define LARGE_PAGE ((size_t)2 << 20)
#define HEAP_PART (2 * LARGE_PAGE)
/* Kept of a block for what malloc itself notes before the next one. */
#define NOTES 64

void *heap_prepare(void) {
    void *unused = NULL;
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
    mallopt(M_MMAP_THRESHOLD, (int)HEAP_PART);
    mallopt(M_TRIM_THRESHOLD, (int)(2 * HEAP_PART));
    mallopt(M_TOP_PAD, (int)(2 * HEAP_PART)); /* the heap grows by this from where it ends */
    const uintptr_t end = (uintptr_t)sbrk(0), start = (end / LARGE_PAGE + 1) * LARGE_PAGE;
    void *first = malloc(1);
    const uintptr_t next = (uintptr_t)first; /* where blocks begin */
    free(first);
    if (next < start && start - next > NOTES && start - next < 2 * LARGE_PAGE) {
        unused = malloc(start - next - NOTES);
        if ((uintptr_t)sbrk(0) >= start + HEAP_PART) {
            madvise((void *)start, HEAP_PART, MADV_HUGEPAGE); /* NOLINT: a wish, nothing is lost when it is refused */
        }
    }
#endif
    return unused;
}
