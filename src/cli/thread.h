/* SPDX-License-Identifier: MIT */
/*
 * Threads that call the library, with stacks that are large enough for it, as those that the library starts (threads/thread.h).
 */
#ifndef BSWZ_CLI_THREAD_H
#define BSWZ_CLI_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* false: there cannot be another thread */
bool run_in_thread(pthread_t *thread, void *(*run)(void *), void *context);

#endif
