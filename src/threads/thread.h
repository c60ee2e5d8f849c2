/* SPDX-License-Identifier: MIT */
/*
 * Starting threads with a stack of a fixed size. The default differs between C libraries, from 128 KiB (musl) to the
 * limit of the process (glibc).
 */
#ifndef BSWZ_THREAD_H
#define BSWZ_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* false: there cannot be another thread */
bool thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
