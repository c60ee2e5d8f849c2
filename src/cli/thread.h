/* SPDX-License-Identifier: MIT */
/*
 * Threads of the command, with stacks that are large enough for calls of the library. The library has the same for its own
 * threads (threads/thread.h), but the command uses nothing of it except bswz.h.
 */
#ifndef BSWZ_CLI_THREAD_H
#define BSWZ_CLI_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* false: there cannot be another thread */
bool run_in_thread(pthread_t *thread, void *(*run)(void *), void *context);

#endif
