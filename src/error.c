/*
 * The words of an error, and allocation with checked products.
 *
 * A kernel fills memory page by page, at the first touch of each: for pages of 4 KiB that takes longer than
 * many a pass over the samples in them (on a virtual machine 20 microseconds each, 60 ms for the
 * samples of a band).  Large blocks therefore begin and end with pages of 2 MiB, of which the kernel
 * takes one at a touch where it has them, and ordinary ones where it has not.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_BLOCK ((size_t)384 << 10)
#define LARGE_PAGE ((size_t)2 << 20)

static void describe(struct bswz_error *error, enum bswz_status status, uint64_t offset, const char *format,
                     va_list arguments) {
    if (error == NULL || error->status != BSWZ_OK) {
        return;
    }
    error->status = status;
    error->offset = offset;
    vsnprintf(error->message, sizeof error->message, format, arguments);
}

enum bswz_status bswz_fail(struct bswz_error *error, enum bswz_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    describe(error, status, 0, format, arguments);
    va_end(arguments);
    return status;
}

enum bswz_status bswz_fail_at(struct bswz_error *error, enum bswz_status status, uint64_t offset,
                              const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    describe(error, status, offset, format, arguments);
    va_end(arguments);
    return status;
}

static void *allocate_large(size_t size) {
    void *block;
    const size_t rounded = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    if (rounded < size || posix_memalign(&block, LARGE_PAGE, rounded) != 0) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    madvise(block, rounded, MADV_HUGEPAGE); /* a wish: nothing is lost when it is refused */
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

void *bswz_allocate_zero(size_t count, size_t size) {
    return calloc(count ? count : 1, size ? size : 1);
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
