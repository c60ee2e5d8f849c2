/*
 * Allocation: products of sizes are checked, and large blocks come in large pages.
 * All blocks are given back with free().
 */
#ifndef BSWZ_ALLOCATE_H
#define BSWZ_ALLOCATE_H

#include <stddef.h>
#include <stdint.h>

/* malloc(count * size) and calloc(count, size) with the product checked; size
 * zero gives one byte, so NULL always means failure. */
void *bswz_allocate(size_t count, size_t size);
void *bswz_allocate_zero(size_t count, size_t size);

/* Make block (NULL: none yet), of which the first `used` bytes count, at least size bytes long, more than it was and not
 * zero, as realloc does: NULL is failure, and block stays. */
void *bswz_grow(void *block, size_t used, size_t size);

#endif
