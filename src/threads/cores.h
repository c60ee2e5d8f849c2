/* SPDX-License-Identifier: MIT */
/*
 * How many threads to run if the caller does not say.
 */
#ifndef BSWZ_CORES_H
#define BSWZ_CORES_H

/* The cores that this process may use, 1 ... BSWZ_THREADS_MAX. */
unsigned cores_available(void);

#endif
