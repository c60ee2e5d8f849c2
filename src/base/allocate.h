/* SPDX-License-Identifier: MIT */
/*
 * Allocation: products of sizes are checked, and large blocks use large pages. All blocks are released with free().
 */
#ifndef BSWZ_ALLOCATE_H
#define BSWZ_ALLOCATE_H

#include <stddef.h>
#include <stdint.h>

/* malloc(count * size) and calloc(count, size) with the product checked. Size zero allocates one byte, so NULL always
 * means failure. */
void *bswz_allocate(size_t count, size_t size);
void *bswz_allocate_zero(size_t count, size_t size);

/* How many bytes a block of this size has room for; 0: it is not a large one. */
size_t bswz_room(size_t bytes);

/* Make block (NULL: none yet), of which the first `used` bytes matter, at least size bytes long. size is larger than
 * before and not zero. As with realloc, NULL means failure, and block stays valid. */
void *bswz_grow(void *block, size_t used, size_t size);

#endif
