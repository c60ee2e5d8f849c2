/* SPDX-License-Identifier: MIT */
/*
 * Allocation with checked products, in large pages where that pays off.
 *
 * A kernel provides memory page by page, when each page is first touched. For pages of 4 KiB that takes longer than
 * many a pass over the samples in them (doc/decisions.md has the figures). Large blocks therefore begin with a page
 * of 2 MiB. The kernel provides such a page in one go if it has any, and ordinary pages otherwise.
 */
#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

#if defined(__wasm__)
#define IS_EXACT 1 /* there are no pages to choose */
#else
#include <sys/mman.h>
#endif

/* Under a sanitizer, no block is rounded up, so that it sees where the block ends. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_EXACT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) /* the same in clang's terms */
#define IS_EXACT 1
#endif
#endif
#ifdef IS_EXACT
#define LARGE_BLOCK SIZE_MAX
#define LARGE_ZEROS SIZE_MAX
#else
#define LARGE_BLOCK ((size_t)384 << 10)
#define LARGE_ZEROS ((size_t)2 << 20) /* of zeros, much may never be touched */
#endif
#define LARGE_PAGE ((size_t)2 << 20)

static size_t rounded_up(size_t size) {
    return (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
}

static void *allocate_large(size_t size) {
    void *block;
    const size_t rounded = rounded_up(size);
    if (rounded < size || posix_memalign(&block, LARGE_PAGE, rounded) != 0) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    madvise(block, rounded, MADV_HUGEPAGE); /* a hint: nothing is lost if it is refused */
#endif
    return block;
}

void *bswz_allocate(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    return bytes >= LARGE_BLOCK ? allocate_large(bytes) : malloc(bytes ? bytes : 1);
}

size_t bswz_room(size_t bytes) {
    return bytes >= LARGE_BLOCK ? rounded_up(bytes) : 0;
}

void *bswz_allocate_zero(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    if (bytes < LARGE_ZEROS) {
        return calloc(1, bytes ? bytes : 1);
    }
    void *block = allocate_large(bytes);
    if (block != NULL) {
        memset(block, 0, bytes); /* takes less than to touch small pages */
    }
    return block;
}

void *bswz_grow(void *block, size_t used, size_t size) {
    if (size < LARGE_BLOCK) {
        return realloc(block, size);
    }
    void *grown = allocate_large(size);
    if (grown != NULL && used > 0) {
        memcpy(grown, block, used);
    }
    if (grown != NULL) {
        free(block);
    }
    return grown;
}
