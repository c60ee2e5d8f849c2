/* SPDX-License-Identifier: MIT */
/*
 * The heap of the process.
 */
#ifndef BSWZ_HEAP_H
#define BSWZ_HEAP_H

/* Tune malloc, before anything else is done. free() the result, which may be NULL, at the end. */
void *heap_prepare(void);

#endif
