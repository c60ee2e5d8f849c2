/* SPDX-License-Identifier: MIT */
/*
 * How threads start: with a stack of a size of our own, since what a C library provides differs, from 128 KiB (musl) to
 * whatever the limit of the process is (glibc).
 */
#ifndef BSWZ_THREAD_H
#define BSWZ_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* false: there cannot be another thread */
bool thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
